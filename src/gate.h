/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The gates of a mapping: the open files whose restriction counts for it.
 */
#ifndef PRIVCMD_GATE_H
#define PRIVCMD_GATE_H

#include <linux/mutex.h>
#include <xen/interface/xen.h>

struct privcmd_file;

/* A file other than the mapping's own: it has populated the mapping. */
struct privcmd_gate {
	struct privcmd_gate *next;
	struct privcmd_file *pf;	/* a reference */
};

/*
 * @file never changes. @others changes with the mapping's populate lock and @lock
 * held, so a holder of either may read it.
 */
struct privcmd_gates {
	struct privcmd_file *file;	/* the one that made the mapping; a reference */
	struct privcmd_gate *others;
	struct mutex *lock;		/* the mapping's lock */
};

bool privcmd_gates_allow(const struct privcmd_gates *gates, domid_t dom);
int privcmd_gates_add(struct privcmd_gates *gates, struct privcmd_file *pf,
		      domid_t dom);
void privcmd_gates_clear(struct privcmd_gates *gates);

#endif /* PRIVCMD_GATE_H */
