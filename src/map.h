/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A mapping: the object behind an area, which is a VMA of /dev/xen/privcmd.
 */
#ifndef PRIVCMD_MAP_H
#define PRIVCMD_MAP_H

#include <linux/kref.h>
#include <linux/mm_types.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "gate.h"
#include "notifier.h"
#include "reaper.h"
#include "record.h"

struct privcmd_file;
struct task_struct;

/*
 * A fault that found no slot: which thread, for which page. @task is compared
 * only, never followed.
 */
struct privcmd_no_slot {
	const struct task_struct *task;
	unsigned long idx;
};

/*
 * Page-table entries are a cache of @record: any of them may be dropped at any
 * time, and a fault makes it again. map.c writes the fields; other files change
 * the record only by functions of record.c.
 *
 * References: one of each VMA (two while mremap() moves it), one of each call
 * at work on the mapping, one of each fault that has released the mmap lock,
 * one of each ioreq server. The calls and servers may be those of other open
 * files. When the last reference goes, the frames are removed, perhaps by the
 * reaper.
 */
struct privcmd_map {
	struct kref ref;
	struct privcmd_reap reap;	/* when there is no reference any more */
	struct vm_operations_struct vm_ops;	/* the VMA's, see vma.c */
	unsigned long addr;		/* of the VMA; mmap lock */
	unsigned long nr;		/* pages of the VMA */
	struct privcmd_notifier notifier;
	struct privcmd_gates gates;	/* gate.h says how it is locked */
	struct mutex populate;		/* one populating call at a time */
	unsigned long charged;		/* frames charged to gates.file: 0 or @nr between
					 * calls; populate */
	struct mutex lock;		/* what follows, and the entries */
	bool populated;			/* if not, the next four mean nothing */
	bool resource;			/* PV: numbers are machine frames; else: there are
					 * no numbers */
	bool strict;			/* no frame is retried read-only */
	bool fixed;			/* an area of a memory file: it shows its
					 * frames for ever, and no call populates it;
					 * set by .mmap */
	domid_t dom;
	struct privcmd_record record;
	struct privcmd_no_slot no_slot;
};

struct privcmd_map *privcmd_map_new(struct privcmd_file *pf, unsigned long addr,
				    unsigned long nr,
				    const struct vm_operations_struct *vm_ops);
void privcmd_map_get(struct privcmd_map *map);
void privcmd_map_put(struct privcmd_map *map);
void privcmd_map_move(struct privcmd_map *map, unsigned long addr);
void privcmd_map_drop(struct privcmd_map *map, struct vm_area_struct *vma,
		      unsigned long idx, unsigned long nr);

int privcmd_map_join(struct privcmd_map *map, struct privcmd_file *pf,
		     unsigned long charged);
int privcmd_map_adopt(struct privcmd_map *map, struct privcmd_record *from,
		      s16 status);
void privcmd_map_fix(struct privcmd_map *map, domid_t dom, xen_pfn_t base);
void privcmd_map_begin(struct privcmd_map *map, domid_t dom, bool resource,
		       bool strict);
void privcmd_map_end(struct privcmd_map *map);
void privcmd_map_reset(struct privcmd_map *map);
bool privcmd_map_reset_if_empty(struct privcmd_map *map);

int privcmd_map_set(struct privcmd_map *map, const struct privcmd_span *span,
		    const s16 *status);
void privcmd_map_set_rest(struct privcmd_map *map, s16 status);
unsigned long privcmd_map_count(struct privcmd_map *map,
				enum privcmd_kind kind);

bool privcmd_map_admits(const struct privcmd_map *map,
			const struct privcmd_file *pf);
void privcmd_map_set_no_slot(struct privcmd_map *map, unsigned long idx);
bool privcmd_map_had_no_slot(struct privcmd_map *map, unsigned long idx);

/* May the mapping show frames of @dom? See privcmd_gates_allow(). */
static inline bool privcmd_map_allows(const struct privcmd_map *map, domid_t dom)
{
	return privcmd_gates_allow(&map->gates, dom);
}

#endif /* PRIVCMD_MAP_H */
