// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Auto-translated (PVH, Arm): the hypervisor puts foreign frames into slots of
 * our physmap. Page-table entries point to these slots as to ordinary pages.
 *
 * A frame is added only to an empty slot: adding to an occupied slot fails, or
 * crashes dom0 or Xen. So a slot whose frame cannot be removed is never given
 * back; it is lost.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "acquire.h"
#include "args.h"
#include "backend.h"
#include "inject.h"
#include "map.h"
#include "slots.h"
#include "xlate_copy.h"

/*
 * For each frame: its number, the number of its slot, and the hypervisor's
 * answer.
 */
#define XLATE_SCRATCH (2 * sizeof(xen_pfn_t) + sizeof(int))
static_assert(XLATE_SCRATCH <= PRIVCMD_SCRATCH);

/*
 * The hypervisor has not answered for this frame. The hypervisor's errnos are
 * never positive.
 */
#define XLATE_UNANSWERED 1

static int xlate_alloc(struct privcmd_file *pf, const struct privcmd_span *span)
{
	struct privcmd_chunk *chunk = span->chunk;

	if (!chunk->pages && privcmd_chunk_add_pages(chunk))
		return -ENOMEM;
	chunk->payer = pf;
	return privcmd_slots_alloc(pf, chunk->pages + span->first, span->nr);
}

static void xlate_unalloc(const struct privcmd_span *span)
{
	struct page **pages = span->chunk->pages + span->first;

	privcmd_slots_free(span->chunk->payer, pages, span->nr);
	memset(pages, 0, span->nr * sizeof(*pages));
}

/*
 * Remove the frame in the slot @page. @expected: the caller knows that a frame
 * is there, so ENOENT is an error. Returns whether the slot is empty now.
 */
static bool xlate_remove_frame(struct xen_remove_from_physmap *remove,
			       const struct page *page, bool expected)
{
	int ret;

	remove->gpfn = page_to_xen_pfn(page);
	ret = privcmd_inject_unmap() ?:
		      HYPERVISOR_memory_op(XENMEM_remove_from_physmap, remove);
	if (ret == -ENOENT && !expected)
		ret = 0;
	if (ret)
		pr_warn_ratelimited(
			"frame at gpfn %#llx cannot be removed (%d): page lost\n",
			(unsigned long long)remove->gpfn, ret);
	return !ret;
}

/*
 * Call cond_resched() after this many removals. Each removal may wait for all
 * other CPUs, which may take long.
 */
#define XLATE_AT_ONCE 32

/*
 * Remove the frames in @nr slots. Returns the number of empty slots. They are
 * moved to the beginning of @pages; the rest of @pages becomes NULL.
 */
static unsigned int xlate_remove_frames(struct page **pages, unsigned int nr,
					bool expected)
{
	struct privcmd_args *args = privcmd_args_get();
	struct xen_remove_from_physmap spare, *remove = &spare;
	unsigned int i, empty = 0;

	if (args)
		remove = &args->remove;
	remove->domid = DOMID_SELF;
	for (i = 0; i < nr; i++) {
		if (pages[i] && xlate_remove_frame(remove, pages[i], expected))
			pages[empty++] = pages[i];
		if (i % XLATE_AT_ONCE == XLATE_AT_ONCE - 1)
			cond_resched();
	}
	privcmd_args_put(args);
	memset(pages + empty, 0, (nr - empty) * sizeof(*pages));
	return empty;
}

static void xlate_free_slots(const struct privcmd_span *span, bool expected)
{
	struct page **pages = span->chunk->pages + span->first;
	unsigned int empty = xlate_remove_frames(pages, span->nr, expected);

	privcmd_slots_free(span->chunk->payer, pages, empty);
	memset(pages, 0, empty * sizeof(*pages));
}

static void xlate_unmap(const struct privcmd_span *span)
{
	if (span->chunk->pages)
		xlate_free_slots(span, true);
}

static void xlate_remove(struct privcmd_chunk *chunk)
{
	if (chunk->pages)
		xlate_remove_frames(chunk->pages, chunk->nr, true);
}

static void xlate_free(struct privcmd_chunk *chunk)
{
	unsigned int empty = 0;

	if (!chunk->pages)
		return;
	while (empty < chunk->nr && chunk->pages[empty])
		empty++;
	privcmd_slots_free(chunk->payer, chunk->pages, empty);
}

/* Give back the slots of frames that failed. */
static void xlate_free_failed(const struct privcmd_frames *frames)
{
	const struct privcmd_span *span = &frames->span;
	struct page **pages = span->chunk->pages + span->first;
	struct page **empty = frames->scratch;
	const s16 *status = frames->status;
	unsigned int i, failed = 0;

	for (i = 0; i < span->nr; i++) {
		if (status[i] >= 0 || !pages[i])
			continue;
		empty[failed++] = pages[i];
		pages[i] = NULL;
	}
	privcmd_slots_free(span->chunk->payer, empty, failed);
}

/*
 * Returns the error that a test injects for frame @i, or 0. With an error, the
 * frame is removed again.
 */
static int xlate_injected(const struct privcmd_span *span, unsigned int i,
			  xen_pfn_t gfn)
{
	const struct privcmd_span one = { span->chunk, span->first + i, 1 };
	int error = privcmd_inject_map(gfn);

	if (error)
		xlate_unmap(&one);
	return error;
}

/*
 * Can the domain have frames? On Arm, Xen 4.17 and 4.20 use a frame number of
 * DOMID_IO as a machine frame number and do not check it. Frame 0 crashes them.
 * On Arm, DOMID_XEN is the only reserved domid that has frames.
 */
static bool xlate_has_frames(domid_t dom)
{
	return !IS_ENABLED(CONFIG_ARM64) || dom < DOMID_FIRST_RESERVED ||
	       dom == DOMID_XEN;
}

static void xlate_fail(const struct privcmd_frames *frames, int error)
{
	unsigned int i;

	for (i = 0; i < frames->span.nr; i++)
		frames->status[i] = error;
	xlate_free_failed(frames);
}

static void xlate_map(domid_t dom, const struct privcmd_frames *frames)
{
	const struct privcmd_span *span = &frames->span;
	struct page **pages = span->chunk->pages + span->first;
	xen_pfn_t *gpfns = frames->scratch;
	xen_pfn_t *gfns = gpfns + span->nr;
	int *errors = (int *)(gfns + span->nr);
	s16 *status = frames->status;
	struct xen_add_to_physmap_range spare, *add = &spare;
	struct privcmd_args *args;
	const xen_pfn_t *gfn;
	unsigned int i;
	int ret;

	if (!xlate_has_frames(dom)) {
		xlate_fail(frames, -EINVAL);
		return;
	}
	args = privcmd_args_get();
	if (args) {
		add = &args->add;
		gpfns = args->gpfns;
		gfns = args->gfns;
		errors = args->errs;
	}
	gfn = privcmd_span_gfns(span, gfns);
	if (args && gfn != gfns)
		gfn = memcpy(gfns, gfn, span->nr * sizeof(*gfns));
	*add = (struct xen_add_to_physmap_range){
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_gmfn_foreign,
		.size = span->nr,
		.foreign_domid = dom,
	};
	for (i = 0; i < span->nr; i++) {
		gpfns[i] = page_to_xen_pfn(pages[i]);
		errors[i] = XLATE_UNANSWERED;
	}
	set_xen_guest_handle(add->idxs, (xen_ulong_t *)gfn);
	set_xen_guest_handle(add->gpfns, gpfns);
	set_xen_guest_handle(add->errs, errors);
	ret = privcmd_inject_hypercall() ?:
		      HYPERVISOR_memory_op(XENMEM_add_to_physmap_range, add);
	for (i = 0; i < span->nr; i++) {
		if (!errors[i])
			errors[i] = xlate_injected(span, i, gfn[i]);
		if (!errors[i])
			status[i] = PRIVCMD_X_RW;
		else if (errors[i] != XLATE_UNANSWERED)
			status[i] = errors[i];
		else
			status[i] = ret < 0 ? ret : -EIO;
	}
	privcmd_args_put(args);
	xlate_free_failed(frames);
}

/*
 * Map all frames of the resource, or none. If the hypercall fails, the
 * hypervisor may have added some frames, and it does not report how many.
 */
static void xlate_map_resource(const struct privcmd_mmap_resource *resource,
			       unsigned long first,
			       const struct privcmd_frames *frames)
{
	const struct privcmd_span *span = &frames->span;
	struct page **pages = span->chunk->pages + span->first;
	xen_pfn_t *gpfns = frames->scratch;
	unsigned int i;
	int ret;

	for (i = 0; i < span->nr; i++)
		gpfns[i] = page_to_xen_pfn(pages[i]);
	ret = privcmd_acquire(resource, first, span->nr, gpfns);
	if (ret)
		xlate_free_slots(span, false);
	for (i = 0; i < span->nr; i++)
		frames->status[i] = ret ?: PRIVCMD_X_RW;
}

struct xlate_entries {
	struct mm_struct *mm;
	struct page **pages;
	const s16 *status;
	unsigned int nr;
	pgprot_t prot;
	bool write;
};

/*
 * apply_to_page_range() calls this for the first entry only, with the page
 * table locked. The loop makes the other entries of the same page table.
 */
static int xlate_make_entries(pte_t *pte, unsigned long addr, void *data)
{
	struct xlate_entries *e = data;
	unsigned int i;
	pte_t new;

	for (i = 0; i < e->nr; i++, pte++, addr += PAGE_SIZE) {
		if (!privcmd_status_present(e->status[i]) ||
		    pte_present(ptep_get(pte)))
			continue;
		new = pfn_pte(page_to_pfn(e->pages[i]), e->prot);
		new = pte_mkyoung(pte_mkspecial(new));
		/*
		 * A clean entry would cost a fault on hardware that does not
		 * set the dirty bit.
		 */
		if (e->write)
			new = pte_mkdirty(new);
		set_pte_at(e->mm, addr, pte, new);
	}
	return 0;
}

static int xlate_enter(struct vm_area_struct *vma, unsigned long addr,
		       const struct privcmd_map *map,
		       const struct privcmd_frames *frames)
{
	const struct privcmd_span *span = &frames->span;
	struct xlate_entries e = {
		.mm = vma->vm_mm,
		.pages = span->chunk->pages + span->first,
		.status = frames->status,
		.nr = span->nr,
		.prot = vm_get_page_prot(vma->vm_flags),
		.write = vma->vm_flags & VM_WRITE,
	};

	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	lockdep_assert_held(&map->lock);
	return apply_to_page_range(vma->vm_mm, addr, PAGE_SIZE,
				   xlate_make_entries, &e);
}

static void *xlate_open_window(struct privcmd_map *map, unsigned long idx,
			       unsigned int nr)
{
	struct privcmd_span span;
	struct page **pages;
	unsigned int i;
	void *window;

	lockdep_assert_held(&map->lock);
	pages = kmalloc_array(nr, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < nr; i++) {
		privcmd_record_span(&map->record, idx + i, 1, &span);
		pages[i] = span.chunk->pages[span.first];
	}
	window = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	kfree(pages);
	return window ?: ERR_PTR(-ENOMEM);
}

static void xlate_close_window(void *window, unsigned int nr)
{
	vunmap(window);
}

const struct privcmd_backend privcmd_backend_xlate = {
	.id = PRIVCMD_X_BACKEND_XLATE,
	.moves = true,
	.scratch = XLATE_SCRATCH,
	.alloc = xlate_alloc,
	.unalloc = xlate_unalloc,
	.map = xlate_map,
	.map_resource = xlate_map_resource,
	.unmap = xlate_unmap,
	.remove = xlate_remove,
	.free = xlate_free,
	.enter = xlate_enter,
	.open_window = xlate_open_window,
	.close_window = xlate_close_window,
	.copy = privcmd_xlate_copy,
};
