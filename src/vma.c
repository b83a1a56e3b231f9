// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas: how a VMA of /dev/xen/privcmd or of a memory file is made, found,
 * moved, protected and closed.
 *
 * .mmap makes the mapping. vm_ops, and the bits that .mmap sets in vm_flags,
 * never change afterwards. So code that holds the mmap lock and finds our
 * vm_ops knows that the area has its mapping and these flags. There is no
 * .map_pages, so the core calls .fault and .pfn_mkwrite with the mmap lock held
 * for read. If a kernel calls with only the VMA's lock, the handler releases
 * that lock and returns VM_FAULT_RETRY (compat_end_vma_lock()).
 */
#include "backend.h"
#include "compat.h"
#include "fault.h"
#include "file.h"
#include "map.h"
#include "range.h"
#include "trace.h"
#include "vma.h"

static vm_fault_t vma_fault(struct vm_fault *vmf);

/*
 * The mapping of an area, or NULL if @vma is not an area of this driver.
 *
 * vm_private_data is always NULL. On PVH and Arm the in-tree driver keeps an
 * array of struct page pointers in it, and other drivers read it as such an
 * array. So each mapping has a vm_operations_struct of its own, and vma->vm_ops
 * leads to the mapping. .close puts the area's reference on the mapping; the
 * core does not use vm_ops after .close.
 */
static struct privcmd_map *vma_map(const struct vm_area_struct *vma)
{
	if (!vma->vm_ops || vma->vm_ops->fault != vma_fault)
		return NULL;
	return container_of((struct vm_operations_struct *)vma->vm_ops,
			    struct privcmd_map, vm_ops);
}

/* False: mremap() moved the mapping but could not unmap this old area. */
static bool vma_is_current(const struct vm_area_struct *vma)
{
	return vma->vm_start == vma_map(vma)->addr;
}

/*
 * Find the mapping that contains all @nr pages from @addr on. Any open file of
 * this driver may have made the mapping. @idx: the index of the first page in
 * the mapping. The caller gets a reference on the mapping; the mapping holds a
 * reference on the struct privcmd_file that made it. The caller must check
 * whether its own file may use the mapping (privcmd_call_interrupted(),
 * privcmd_map_admits(), privcmd_map_allows()). -EINVAL: there is no such
 * mapping. -EINTR: killed.
 */
struct privcmd_map *privcmd_vma_claim(unsigned long addr, unsigned long nr,
				      unsigned long *idx)
{
	struct privcmd_map *map = ERR_PTR(-EINVAL);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return ERR_PTR(-EINTR);
	vma = find_vma(mm, addr);
	if (vma && vma_map(vma) &&
	    range_inside(addr, nr, vma->vm_start, vma->vm_end) &&
	    vma_is_current(vma)) {
		map = vma_map(vma);
		privcmd_map_get(map);
		*idx = (addr - vma->vm_start) >> PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	return map;
}

/*
 * The VMA of @map. Called with the mmap lock held. NULL: munmap() has taken the
 * VMA out of the tree. Its entries may still be there, because munmap()
 * downgrades the mmap lock before it drops them. They have been dropped before
 * .close is called.
 */
struct vm_area_struct *privcmd_vma_find(struct privcmd_map *map)
{
	struct vm_area_struct *vma;

	lockdep_assert_held(&current->mm->mmap_lock);
	vma = find_vma(current->mm, map->addr);
	if (!vma || vma->vm_start != map->addr || vma_map(vma) != map)
		return NULL;
	return vma;
}

/*
 * Only mremap() copies a VMA of this driver. It does so under the mmap lock for
 * write, before it moves the entries. A PV guest may not move entries of
 * foreign frames, so drop them first: faults make them again at the new
 * address.
 */
static void vma_open(struct vm_area_struct *vma)
{
	struct privcmd_map *map = vma_map(vma);
	struct vm_area_struct *old;

	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	privcmd_map_get(map);
	old = privcmd_vma_find(map);
	if (old && old != vma && !privcmd_backend->moves)
		privcmd_map_drop(map, old, 0, map->nr);
}

/*
 * Usually the old area has no entries now: vma_open() dropped them, or the core
 * moved them. One case is different, on backends where the core moves entries.
 * An earlier mremap() could not unmap its old area, and now that leftover area
 * is moved. The entries are then in a third area, the one at map->addr. Drop
 * them, because map->addr changes to @vma now.
 */
static int vma_mremap(struct vm_area_struct *vma)
{
	struct privcmd_map *map = vma_map(vma);
	struct vm_area_struct *old;

	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	old = privcmd_vma_find(map);
	if (old && old != vma && privcmd_backend->moves)
		privcmd_map_drop(map, old, 0, map->nr);
	privcmd_map_move(map, vma->vm_start);
	return 0;
}

static void vma_close(struct vm_area_struct *vma)
{
	struct privcmd_map *map = vma_map(vma);

	trace_privcmd_unmap(map->dom, vma->vm_start, map->nr);
	if (vma_is_current(vma))
		privcmd_notifier_remove(&map->notifier);
	privcmd_map_put(map);
}

/* A mapping has one VMA, so refuse whatever would split it. */
static int vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

/*
 * The core calls this before it splits the area or changes entries. On PV the
 * hypervisor would refuse the core's change, and the core would not notice. So
 * drop the entries on PV: faults make them again with the new access.
 */
static int vma_mprotect(struct vm_area_struct *vma, unsigned long start,
			unsigned long end, unsigned long newflags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	if (newflags == vma->vm_flags)
		return 0;
	if (start != vma->vm_start || end != vma->vm_end)
		return -EINVAL;
	if (!privcmd_backend->moves)
		privcmd_map_drop(vma_map(vma), vma, 0, vma_pages(vma));
	return 0;
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	if (compat_end_vma_lock(vmf))
		return VM_FAULT_RETRY;
	return privcmd_fault(vma_map(vmf->vma), vmf);
}

static vm_fault_t vma_pfn_mkwrite(struct vm_fault *vmf)
{
	if (compat_end_vma_lock(vmf))
		return VM_FAULT_RETRY;
	return privcmd_fault_write(vma_map(vmf->vma), vmf);
}

static const struct vm_operations_struct vma_ops = {
	.open = vma_open,
	.close = vma_close,
	.may_split = vma_may_split,
	.mremap = vma_mremap,
	.mprotect = vma_mprotect,
	.fault = vma_fault,
	.pfn_mkwrite = vma_pfn_mkwrite,
};

/* Make the mapping of a new area, and the area's flags. */
static struct privcmd_map *vma_make(struct file *file,
				    struct vm_area_struct *vma)
{
	struct privcmd_map *map;

	/* The guest would not see what a program writes into a private mapping. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return ERR_PTR(-EINVAL);
	map = privcmd_map_new(file->private_data, vma->vm_start, vma_pages(vma),
			      &vma_ops);
	if (!map)
		return ERR_PTR(-ENOMEM);
	privcmd_notifier_add(&map->notifier, vma->vm_mm, &map->addr, map->nr);
	vma->vm_private_data = NULL;
	vma->vm_ops = &map->vm_ops;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND |
				  VM_DONTDUMP);
	return map;
}

int privcmd_vma_mmap(struct file *file, struct vm_area_struct *vma)
{
	return PTR_ERR_OR_ZERO(vma_make(file, vma));
}

/*
 * mmap() of a memory file: the area shows the frames of @dom from @base on.
 * file->private_data is a struct privcmd_file that allows @dom.
 */
int privcmd_vma_mmap_fixed(struct file *file, struct vm_area_struct *vma,
			   domid_t dom, xen_pfn_t base)
{
	struct privcmd_map *map = vma_make(file, vma);

	if (!IS_ERR(map))
		privcmd_map_fix(map, dom, base);
	return PTR_ERR_OR_ZERO(map);
}
