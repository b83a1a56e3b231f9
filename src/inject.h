/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Failures on demand that the hypervisors of the rig do not have: a frame that
 * is paged out, a frame that cannot be removed, any hypercall that fails. A
 * hypercall that ends what another one began never fails here: memory would be
 * lost, or an entry would stay, and the driver could do nothing. Only a build
 * with INJECT=1 has them; it is for tests and is never installed.
 */
#ifndef PRIVCMD_INJECT_H
#define PRIVCMD_INJECT_H

#include <linux/types.h>
#include <xen/interface/xen.h>

#ifdef PRIVCMD_INJECT
int privcmd_inject_map(xen_pfn_t gfn);
int privcmd_inject_unmap(void);
int privcmd_inject_hypercall(void);
bool privcmd_inject_poison(void);
unsigned long privcmd_inject_max_places(void);
#else
static inline int privcmd_inject_map(xen_pfn_t gfn)
{
	return 0;
}

static inline int privcmd_inject_unmap(void)
{
	return 0;
}

static inline int privcmd_inject_hypercall(void)
{
	return 0;
}

static inline bool privcmd_inject_poison(void)
{
	return false;
}

static inline unsigned long privcmd_inject_max_places(void)
{
	return 0;
}
#endif

#endif /* PRIVCMD_INJECT_H */
