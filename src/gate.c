// SPDX-License-Identifier: GPL-2.0-only
/*
 * The open files whose restriction counts for a mapping: the one that made it, and
 * every other one that has populated it. Copyright (C) 2026 the xen-privcmd authors
 *
 * A mapping holds a reference on each of these. The reference keeps the struct
 * privcmd_file, not the open file: a program may close that at any time, and its
 * bindings end then. A privcmd_file refers to mappings only through its ioreq
 * servers, and the close of the open file frees these. So there is no cycle of
 * references.
 *
 * map->file is set by .mmap and never changes. map->gates changes with the populate
 * lock and the mapping's lock held, so that a holder of either may read it.
 */
#include <linux/slab.h>

#include "privcmd.h"

/*
 * May @map show frames of @dom, as all of its files are restricted now? The caller
 * holds the populate lock or the mapping's lock. An ioreq server needs neither: its
 * mapping is a populated resource, which no further call may populate or empty.
 */
bool privcmd_gate_allows(const struct privcmd_map *map, domid_t dom)
{
	const struct privcmd_gate *gate;

	if (!privcmd_file_may_touch(map->file, dom))
		return false;
	for (gate = map->gates; gate; gate = gate->next)
		if (!privcmd_file_may_touch(gate->pf, dom))
			return false;
	return true;
}

/*
 * May a call of @pf that names no domain (X_UNMAP, X_STATUS) be about what @map
 * shows? The file that made a mapping may always ask and release. For another file
 * the mapping's domain has to pass as if the call named it. Same locks.
 */
bool privcmd_gate_admits(const struct privcmd_map *map,
			 const struct privcmd_file *pf)
{
	return pf == map->file || !map->populated ||
	       (privcmd_file_may_touch(pf, map->dom) &&
		privcmd_gate_allows(map, map->dom));
}

/* Remove the gate that @link leads to, and put its reference. */
static void gate_remove(struct privcmd_map *map, struct privcmd_gate **link)
{
	struct privcmd_gate *gate = *link;

	mutex_lock(&map->lock);
	*link = gate->next;
	mutex_unlock(&map->lock);
	privcmd_file_put(gate->pf);
	kfree(gate);
}

/*
 * Nobody can restrict a closed file any more. If it allows the mapping's domain it
 * always will, and its gate can go. So a mapping has no more gates than there are
 * files open, at the time when the last one is added.
 */
static void gate_prune(struct privcmd_map *map)
{
	struct privcmd_gate **link = &map->gates;

	while (*link) {
		struct privcmd_file *pf = (*link)->pf;

		if (smp_load_acquire(&pf->closed) &&
		    privcmd_file_may_touch(pf, map->dom))
			gate_remove(map, link);
		else
			link = &(*link)->next;
	}
}

/*
 * From now on the restriction of @pf counts for @map: a call of @pf is about to
 * populate it. The mapping gets a reference on @pf, which it holds until
 * privcmd_gate_remove_all() or until gate_prune() finds the file closed. -ENOMEM.
 */
int privcmd_gate_add(struct privcmd_map *map, struct privcmd_file *pf)
{
	struct privcmd_gate *gate;

	lockdep_assert_held(&map->populate);
	if (pf == map->file)
		return 0;
	for (gate = map->gates; gate; gate = gate->next)
		if (gate->pf == pf)
			return 0;
	gate_prune(map);
	gate = kmalloc(sizeof(*gate), GFP_KERNEL_ACCOUNT);
	if (!gate)
		return -ENOMEM;
	privcmd_file_get(pf);
	gate->pf = pf;
	mutex_lock(&map->lock);
	gate->next = map->gates;
	map->gates = gate;
	mutex_unlock(&map->lock);
	return 0;
}

/*
 * Put the references on all files but the one that made @map. The caller holds the
 * populate lock and @map is not populated, or nobody else has @map any more.
 */
void privcmd_gate_remove_all(struct privcmd_map *map)
{
	while (map->gates)
		gate_remove(map, &map->gates);
}
