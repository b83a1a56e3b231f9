// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a VMA of /dev/xen/privcmd: made, found, moved, protected and gone.
 * fill.c puts frames into it, touch.c entries. Copyright (C) 2026 the xen-privcmd
 * authors
 *
 * .mmap makes the mapping; vm_ops and what it sets in vm_flags never change
 * afterwards, so whoever holds the mmap lock and finds our vm_ops can trust the rest.
 * There is no .map_pages, and so the core calls .fault and .pfn_mkwrite with the mmap
 * lock held for read, not with a VMA's own lock alone. If it did, it would be told to
 * come again.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "privcmd.h"
#include "trace.h"

static vm_fault_t map_fault(struct vm_fault *vmf);

/*
 * The mapping of an area, NULL if that is none of ours. Not found by vm_private_data,
 * which is NULL for ever: other drivers take what stands there in an area of
 * privcmd's for an array of struct pages, as the in-tree driver has one on PVH and
 * Arm. So each mapping has a vm_operations_struct of its own, and is where that is.
 * The core does not look at it after .close, which drops the area's reference.
 */
static struct privcmd_map *map_of(const struct vm_area_struct *vma)
{
	if (!vma->vm_ops || vma->vm_ops->fault != map_fault)
		return NULL;
	return container_of((struct vm_operations_struct *)vma->vm_ops,
			    struct privcmd_map, vm_ops);
}

/* Kinds that fdinfo reports; the others are nobody's business. */
static void account(struct privcmd_map *map, const unsigned long *before)
{
	unsigned int k;

	for (k = PRIVCMD_KIND_LAZY; k < PRIVCMD_KINDS; k++) {
		long delta = map->record.count[k] - before[k];

		if (delta)
			atomic_long_add(delta, &map->file->count[k]);
	}
}

/* privcmd_record_set() on the record of a mapping, whose lock is held. */
int privcmd_map_set(struct privcmd_map *map, const struct privcmd_span *span,
		    const s16 *status)
{
	unsigned long before[PRIVCMD_KINDS];
	int ret;

	lockdep_assert_held(&map->lock);
	memcpy(before, map->record.count, sizeof(before));
	ret = privcmd_record_set(&map->record, span, status);
	account(map, before);
	return ret;
}

/* Frames of a kind, at this moment: a touch may change them without populate. */
unsigned long privcmd_map_count(struct privcmd_map *map, enum privcmd_kind kind)
{
	unsigned long nr;

	mutex_lock(&map->lock);
	nr = map->record.count[kind];
	mutex_unlock(&map->lock);
	return nr;
}

/* The same for all that no chunk of the record knows. */
void privcmd_map_set_rest(struct privcmd_map *map, s16 status)
{
	unsigned long before[PRIVCMD_KINDS];

	lockdep_assert_held(&map->lock);
	memcpy(before, map->record.count, sizeof(before));
	privcmd_record_set_rest(&map->record, status);
	account(map, before);
}

/* privcmd_record_take(); the mapping is not populated, and populate is held. */
int privcmd_map_take(struct privcmd_map *map, struct privcmd_record *from,
		     s16 status)
{
	unsigned long before[PRIVCMD_KINDS];
	int ret;

	lockdep_assert_held(&map->populate);
	memcpy(before, map->record.count, sizeof(before));
	ret = privcmd_record_take(&map->record, from, status);
	account(map, before);
	return ret;
}

/*
 * Return what a failed call was charged: map->charged becomes nr if the mapping is
 * populated, else 0. Released frames stay charged. Called with populate held.
 */
void privcmd_map_settle(struct privcmd_map *map)
{
	unsigned long nr = map->populated ? map->nr : 0;

	lockdep_assert_held(&map->populate);
	privcmd_file_uncharge(map->file, map->charged - nr);
	map->charged = nr;
}

/*
 * Remove the frames that map->held counts from our physmap, and return what the
 * mapping was charged. Nobody looks at it any more.
 */
void privcmd_map_empty(struct privcmd_map *map)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	for (i = 0;
	     map->held && (chunk = privcmd_record_next(&map->record, &i));
	     i++) {
		if (i)
			cond_resched();
		privcmd_backend->empty(chunk);
	}
	map->held = 0;
	privcmd_file_uncharge(map->file, map->charged);
	map->charged = 0;
}

/* Give back the places of frames that were removed, and forget what was there. */
static void give_back(struct privcmd_map *map)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	for (i = 0; privcmd_backend->give_back &&
		    (chunk = privcmd_record_next(&map->record, &i));
	     i++) {
		if (i)
			cond_resched();
		privcmd_backend->give_back(chunk);
	}
	privcmd_record_destroy(&map->record);
}

/*
 * Forget every frame, and the files that brought them: the mapping is as .mmap made
 * it. It is not populated and the caller holds the populate lock.
 */
void privcmd_map_reset(struct privcmd_map *map)
{
	unsigned long before[PRIVCMD_KINDS];

	lockdep_assert_held(&map->populate);
	memcpy(before, map->record.count, sizeof(before));
	privcmd_map_empty(map);
	give_back(map);
	memset(&map->record, 0, sizeof(map->record));
	privcmd_record_init(&map->record, 0, map->nr);
	account(map, before);
	privcmd_gate_remove_all(map);
}

/*
 * Nobody has @map any more: the end of it. Puts its references on files, which it
 * needed until here: the frames count for map->file until they are given back.
 */
void privcmd_map_free(struct privcmd_map *map)
{
	privcmd_map_empty(map);
	give_back(map);
	privcmd_gate_remove_all(map);
	privcmd_file_put(map->file);
	mutex_destroy(&map->lock);
	mutex_destroy(&map->populate);
	kfree(map);
}

/*
 * Its frames are no longer those of a mapping, whenever they are given back. The mmap
 * lock may be held, which places must not be given back with.
 */
static void map_release(struct kref *ref)
{
	struct privcmd_map *map = container_of(ref, struct privcmd_map, ref);
	unsigned long before[PRIVCMD_KINDS];

	memcpy(before, map->record.count, sizeof(before));
	if (privcmd_backend->empty)
		map->held = before[PRIVCMD_KIND_RW] + before[PRIVCMD_KIND_RO];
	memset(map->record.count, 0, sizeof(before));
	account(map, before);
	if (map->held)
		privcmd_later(map);
	else
		privcmd_map_free(map);
}

void privcmd_map_put(struct privcmd_map *map)
{
	kref_put(&map->ref, map_release);
}

/* Not an area that mremap() left behind because it could not unmap it. */
static bool is_current(const struct vm_area_struct *vma)
{
	return vma->vm_start == map_of(vma)->addr;
}

/*
 * The mapping that holds all @nr pages from @addr, made through any open file of
 * this driver; @idx is the first one's place in it. The caller gets a reference on
 * the mapping, and through it on the file that made it, which the program may close
 * meanwhile. Whether the caller's own file may use the mapping is for the caller to
 * ask (gate.c). -EINVAL: there is no such mapping.
 */
struct privcmd_map *privcmd_map_claim(unsigned long addr, unsigned long nr,
				      unsigned long *idx)
{
	struct mm_struct *mm = current->mm;
	struct privcmd_map *map = ERR_PTR(-EINVAL);
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return ERR_PTR(-EINTR);
	vma = find_vma(mm, addr);
	if (vma && map_of(vma) &&
	    range_inside(addr, nr, vma->vm_start, vma->vm_end) &&
	    is_current(vma)) {
		map = map_of(vma);
		kref_get(&map->ref);
		*idx = (addr - vma->vm_start) >> PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	return map;
}

/*
 * The VMA of @map; the mmap lock is held. NULL: munmap() has taken it out of
 * the tree. That does not mean that its entries are gone: munmap() lets others
 * have the lock for read before it drops them. They are when .close is called.
 */
struct vm_area_struct *privcmd_map_vma(struct privcmd_map *map)
{
	struct vm_area_struct *vma;

	lockdep_assert_held(&current->mm->mmap_lock);
	vma = find_vma(current->mm, map->addr);
	if (!vma || vma->vm_start != map->addr || map_of(vma) != map)
		return NULL;
	return vma;
}

/* Drop @nr entries from the @idx-th on, and flush them from every TLB. */
void privcmd_map_drop(struct vm_area_struct *vma, unsigned long idx,
		      unsigned long nr)
{
	const struct privcmd_map *map = map_of(vma);
	unsigned long start = vma->vm_start + (idx << PAGE_SHIFT);

	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	if (map->notified && nr > 1)
		privcmd_backend->clear(vma->vm_mm, start,
				       start + (nr << PAGE_SHIFT));
	zap_special_vma_range(vma, start, nr << PAGE_SHIFT);
}

static bool all_writable(struct privcmd_map *map, unsigned long idx,
			 unsigned long nr)
{
	struct privcmd_span span;

	lockdep_assert_held(&map->lock);
	for (; nr; idx++, nr--) {
		privcmd_record_span(&map->record, idx, 1, &span);
		if (privcmd_chunk_status(span.chunk, span.slot) != PRIVCMD_X_RW)
			return false;
	}
	return true;
}

/*
 * Where the kernel sees @nr pages of @map from the @idx-th on, which must be a
 * resource of @dom. -EPERM: the mapping's files may not name that domain. -EINVAL: it
 * is no such resource. -EINTR, -ENOMEM. The window can be used until
 * privcmd_backend.close_window(), and for as long as the caller keeps its reference on
 * the mapping, whatever happens to the VMA.
 */
void *privcmd_map_window(struct privcmd_map *map, domid_t dom,
			 unsigned long idx, unsigned int nr)
{
	void *window = ERR_PTR(-EINVAL);

	/* A call that is still at work may take back what it brought. */
	if (mutex_lock_killable(&map->populate))
		return ERR_PTR(-EINTR);
	mutex_lock(&map->lock);
	if (!privcmd_gate_allows(map, dom))
		window = ERR_PTR(-EPERM);
	else if (map->populated && map->resource && map->dom == dom &&
		 all_writable(map, idx, nr))
		window = privcmd_backend->open_window(map, idx, nr);
	mutex_unlock(&map->lock);
	mutex_unlock(&map->populate);
	return window;
}

/*
 * Only mremap() copies a VMA of ours, under the mmap lock for write, before it
 * moves the entries. A PV guest may not move foreign ones itself: there are
 * none then, and the new place is filled as it is touched.
 */
static void map_open(struct vm_area_struct *vma)
{
	struct privcmd_map *map = map_of(vma);
	struct vm_area_struct *old;

	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	kref_get(&map->ref);
	old = privcmd_map_vma(map);
	if (old && old != vma && !privcmd_backend->moves)
		privcmd_map_drop(old, 0, map->nr);
}

/*
 * The old area of the mapping has no entries left: map_open() dropped them, or
 * the core moved them. One case differs, on backends whose entries the core moves:
 * an earlier move failed to unmap its old area, and that area moves now. Drop what
 * is left in the area that is abandoned, since map->addr no longer leads to it.
 */
static int map_mremap(struct vm_area_struct *vma)
{
	struct privcmd_map *map = map_of(vma);
	struct vm_area_struct *old;

	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	old = privcmd_map_vma(map);
	if (old && old != vma && privcmd_backend->moves)
		privcmd_map_drop(old, 0, map->nr);
	map->addr = vma->vm_start;
	return 0;
}

static void map_close(struct vm_area_struct *vma)
{
	struct privcmd_map *map = map_of(vma);

	trace_privcmd_unmap(map->dom, vma->vm_start, map->nr);
	if (is_current(vma))
		privcmd_notifier_remove(map);
	privcmd_map_put(map);
}

/* One VMA, one mapping: whatever would split it is refused. */
static int map_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

/*
 * Runs before the core splits and changes entries. On PV the core's own change
 * would be refused by the hypervisor and nobody told; without entries there is
 * nothing to change, and touches fill them in with the new access.
 */
static int map_mprotect(struct vm_area_struct *vma, unsigned long start,
			unsigned long end, unsigned long newflags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	if (newflags == vma->vm_flags)
		return 0;
	if (start != vma->vm_start || end != vma->vm_end)
		return -EINVAL;
	if (!privcmd_backend->moves)
		privcmd_map_drop(vma, 0, vma_pages(vma));
	return 0;
}

static vm_fault_t map_fault(struct vm_fault *vmf)
{
	if (compat_end_vma_lock(vmf))
		return VM_FAULT_RETRY;
	return privcmd_touch(map_of(vmf->vma), vmf);
}

static vm_fault_t map_pfn_mkwrite(struct vm_fault *vmf)
{
	if (compat_end_vma_lock(vmf))
		return VM_FAULT_RETRY;
	return privcmd_touch_write(map_of(vmf->vma), vmf);
}

static const struct vm_operations_struct map_vm_ops = {
	.open = map_open,
	.close = map_close,
	.may_split = map_may_split,
	.mremap = map_mremap,
	.mprotect = map_mprotect,
	.fault = map_fault,
	.pfn_mkwrite = map_pfn_mkwrite,
};

int privcmd_map_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct privcmd_map *map;

	/* A private mapping would copy on write, and its guest never know. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	kref_init(&map->ref);
	mutex_init(&map->populate);
	mutex_init(&map->lock);
	map->file = file->private_data;
	privcmd_file_get(map->file); /* privcmd_map_free() puts it */
	map->addr = vma->vm_start;
	map->nr = vma_pages(vma);
	map->dom = DOMID_INVALID;
	privcmd_record_init(&map->record, 0, map->nr);
	privcmd_notifier_add(map, vma->vm_mm);
	map->vm_ops = map_vm_ops;
	vma->vm_private_data = NULL;
	vma->vm_ops = &map->vm_ops;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND |
				  VM_DONTDUMP);
	return 0;
}
