// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The open files whose restriction counts for a mapping: the file that made it, and
 * every other file that has populated it.
 *
 * A gate holds a reference on its struct privcmd_file. The reference does not keep the
 * open file open: a program may close that at any time, and its bindings end then. A
 * privcmd_file refers to mappings only through its ioreq servers, which are freed when
 * the open file is closed. So there is no cycle of references.
 */
#include <linux/slab.h>

#include "file.h"
#include "gate.h"

/*
 * May the mapping show frames of @dom, as all of its files are restricted now? The
 * caller holds the populate lock or the mapping's lock. An ioreq server needs neither:
 * its mapping is a populated resource, and no call populates or empties that again.
 */
bool privcmd_gates_allow(const struct privcmd_gates *gates, domid_t dom)
{
	const struct privcmd_gate *gate;

	if (!privcmd_file_allows(gates->file, dom))
		return false;
	for (gate = gates->others; gate; gate = gate->next)
		if (!privcmd_file_allows(gate->pf, dom))
			return false;
	return true;
}

/* Remove the gate that @link points to, and put its reference. */
static void gate_remove(struct privcmd_gates *gates, struct privcmd_gate **link)
{
	struct privcmd_gate *gate = *link;

	mutex_lock(gates->lock);
	*link = gate->next;
	mutex_unlock(gates->lock);
	privcmd_file_put(gate->pf);
	kfree(gate);
}

/*
 * Remove the gates that can never refuse: a closed file cannot be restricted any more,
 * so it allows @dom for ever if it allows it now. A mapping therefore has at most one
 * gate for each file that was open when its newest gate was added.
 */
static void gate_prune(struct privcmd_gates *gates, domid_t dom)
{
	struct privcmd_gate **link = &gates->others;

	while (*link) {
		struct privcmd_file *pf = (*link)->pf;

		if (smp_load_acquire(&pf->closed) &&
		    privcmd_file_allows(pf, dom))
			gate_remove(gates, link);
		else
			link = &(*link)->next;
	}
}

/*
 * Add a gate for @pf: its restriction counts from now on, because a call of @pf
 * is about to populate it. @dom is the domain that the mapping shows, if it
 * shows one. Takes a reference on @pf, which privcmd_gates_clear() puts, or
 * gate_prune() when the file was closed. Called with the populate lock held.
 * -ENOMEM.
 */
int privcmd_gates_add(struct privcmd_gates *gates, struct privcmd_file *pf,
		      domid_t dom)
{
	struct privcmd_gate *gate;

	if (pf == gates->file)
		return 0;
	for (gate = gates->others; gate; gate = gate->next)
		if (gate->pf == pf)
			return 0;
	gate_prune(gates, dom);
	gate = kmalloc(sizeof(*gate), GFP_KERNEL_ACCOUNT);
	if (!gate)
		return -ENOMEM;
	privcmd_file_get(pf);
	gate->pf = pf;
	mutex_lock(gates->lock);
	gate->next = gates->others;
	gates->others = gate;
	mutex_unlock(gates->lock);
	return 0;
}

/*
 * Put the references on all files but the one that made the mapping. The caller holds
 * the populate lock and the mapping is not populated, or nobody else refers to it.
 */
void privcmd_gates_clear(struct privcmd_gates *gates)
{
	while (gates->others)
		gate_remove(gates, &gates->others);
}
