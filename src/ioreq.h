/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ioreq server, as far as its kicks are ours: what ioreq.c serves and
 * ioeventfd.c binds. Copyright (C) 2026 the xen-privcmd authors
 */
#ifndef PRIVCMD_IOREQ_H
#define PRIVCMD_IOREQ_H

#include "privcmd.h"

struct privcmd_ioreq_slot;

/* The event channel of a vcpu. */
struct privcmd_ioreq_port {
	struct privcmd_ioreq *server;
	u32 port;
	int irq;
	bool shared;			/* with /dev/xen/evtchn, which unmasks
					 * it then */
};

struct privcmd_ioreq {
	struct list_head list;		/* privcmd_file.servers */
	struct privcmd_file *pf;	/* whose list it is on; outlives it */
	struct privcmd_map *map;	/* a reference, which keeps the pages; of
					 * any file */
	unsigned long idx;		/* of the first one in it */
	struct privcmd_ioreq_slot *slots;	/* in the window */
	spinlock_t lock;		/* kicks, against the interrupt */
	struct list_head kicks;
	unsigned int bound;		/* ports with a handler */
	unsigned int vcpus;
	struct privcmd_ioreq_port ports[];
};

/* A binding of IOEVENTFD. */
struct privcmd_kick {
	struct list_head list;		/* privcmd_ioreq.kicks */
	struct privcmd_ioreq *server;
	struct eventfd_ctx *eventfd;
	u64 addr;			/* of the register */
	u32 len;
	u32 vq;
};

unsigned int privcmd_ioreq_pages(unsigned int vcpus);
struct privcmd_ioreq *privcmd_ioreq_new(struct file *file,
					const struct privcmd_ioeventfd *op);
int privcmd_ioreq_start(struct privcmd_ioreq *server, domid_t dom,
			struct privcmd_kick *kick);
bool privcmd_ioreq_allowed(const struct privcmd_ioreq *server);
void privcmd_ioreq_free(struct privcmd_ioreq *server);
bool privcmd_ioreq_same_ports(const struct privcmd_ioreq *a,
			      const struct privcmd_ioreq *b);
struct privcmd_kick *privcmd_ioreq_match(struct privcmd_ioreq *server, u64 addr,
					 u32 len, u64 data);

#endif /* PRIVCMD_IOREQ_H */
