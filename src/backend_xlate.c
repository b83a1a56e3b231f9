// SPDX-License-Identifier: GPL-2.0-only
/*
 * Auto-translated (PVH, Arm): foreign frames are put into our own physmap, at
 * pages that have no memory behind them, and entries are ordinary entries of
 * those pages. Copyright (C) 2026 the xen-privcmd authors
 *
 * A frame is added only where the physmap is empty, once: overwriting an
 * occupied place fails or is fatal. So a page whose frame cannot be removed is
 * lost, never given back.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "args.h"
#include "inject.h"
#include "places.h"
#include "privcmd.h"

/* Of each frame: its number, where it goes, and the hypervisor's word on it. */
#define SCRATCH (2 * sizeof(xen_pfn_t) + sizeof(int))
static_assert(SCRATCH <= PRIVCMD_SCRATCH);

/* No answer for this frame; the hypervisor's errnos are never positive. */
#define UNANSWERED 1

static int xlate_alloc(struct privcmd_file *pf, const struct privcmd_span *span)
{
	struct privcmd_chunk *chunk = span->chunk;

	if (!chunk->pages && privcmd_chunk_add_pages(chunk))
		return -ENOMEM;
	chunk->payer = pf;
	return privcmd_places_take(pf, chunk->pages + span->slot, span->nr);
}

static void xlate_unalloc(const struct privcmd_span *span)
{
	struct page **pages = span->chunk->pages + span->slot;

	privcmd_places_give_back(span->chunk->payer, pages, span->nr);
	memset(pages, 0, span->nr * sizeof(*pages));
}

/*
 * Can @page be used again? Unless @sure that a frame is there, none is an answer
 * too.
 */
static bool remove_frame(struct xen_remove_from_physmap *remove,
			 const struct page *page, bool sure)
{
	int ret;

	remove->gpfn = page_to_xen_pfn(page);
	ret = privcmd_inject_unmap() ?:
		      HYPERVISOR_memory_op(XENMEM_remove_from_physmap, remove);
	if (ret == -ENOENT && !sure)
		ret = 0;
	if (ret)
		pr_warn_ratelimited(
			"frame at gpfn %#llx cannot be removed (%d): page lost\n",
			(unsigned long long)remove->gpfn, ret);
	return !ret;
}

/* Removals without rescheduling: each may wait for all other CPUs, for long. */
#define AT_ONCE 32

/*
 * Remove the frames at @nr places. Returns how many of these are empty then; they
 * stand at the beginning of @pages, and NULL behind them.
 */
static unsigned int empty_places(struct page **pages, unsigned int nr,
				 bool sure)
{
	struct privcmd_args *args = privcmd_args_get();
	struct xen_remove_from_physmap spare, *remove = &spare;
	unsigned int i, empty = 0;

	if (args)
		remove = &args->remove;
	remove->domid = DOMID_SELF;
	for (i = 0; i < nr; i++) {
		if (pages[i] && remove_frame(remove, pages[i], sure))
			pages[empty++] = pages[i];
		if (i % AT_ONCE == AT_ONCE - 1)
			cond_resched();
	}
	privcmd_args_put(args);
	memset(pages + empty, 0, (nr - empty) * sizeof(*pages));
	return empty;
}

static void free_places(const struct privcmd_span *span, bool sure)
{
	struct page **pages = span->chunk->pages + span->slot;
	unsigned int empty = empty_places(pages, span->nr, sure);

	privcmd_places_give_back(span->chunk->payer, pages, empty);
	memset(pages, 0, empty * sizeof(*pages));
}

static void xlate_unmap(const struct privcmd_span *span)
{
	if (span->chunk->pages)
		free_places(span, true);
}

static void xlate_empty(struct privcmd_chunk *chunk)
{
	if (chunk->pages)
		empty_places(chunk->pages, chunk->nr, true);
}

static void xlate_give_back(struct privcmd_chunk *chunk)
{
	unsigned int empty = 0;

	if (!chunk->pages)
		return;
	while (empty < chunk->nr && chunk->pages[empty])
		empty++;
	privcmd_places_give_back(chunk->payer, chunk->pages, empty);
}

/* Places of frames that failed would be memory that nothing accounts for. */
static void give_back_failed(const struct privcmd_span *span, const s16 *status,
			     void *scratch)
{
	struct page **pages = span->chunk->pages + span->slot;
	struct page **empty = scratch;
	unsigned int i, failed = 0;

	for (i = 0; i < span->nr; i++) {
		if (status[i] >= 0 || !pages[i])
			continue;
		empty[failed++] = pages[i];
		pages[i] = NULL;
	}
	privcmd_places_give_back(span->chunk->payer, empty, failed);
}

/* The @i-th frame of @span, if it is to fail, is taken out again. */
static int injected(const struct privcmd_span *span, unsigned int i,
		    xen_pfn_t gfn)
{
	const struct privcmd_span one = { span->chunk, span->slot + i, 1 };
	int error = privcmd_inject_map(gfn);

	if (error)
		xlate_unmap(&one);
	return error;
}

/*
 * On Arm a frame number of DOMID_IO's is taken for a machine frame without a look,
 * and frame 0 ends Xen 4.17 and 4.20. No reserved domid has frames there but DOMID_XEN.
 */
static bool has_frames(domid_t dom)
{
	return !IS_ENABLED(CONFIG_ARM64) || dom < DOMID_FIRST_RESERVED ||
	       dom == DOMID_XEN;
}

static void xlate_map(domid_t dom, const struct privcmd_span *span, s16 *status,
		      void *scratch)
{
	struct page **pages = span->chunk->pages + span->slot;
	xen_pfn_t *gpfns = scratch;
	xen_pfn_t *gfns = gpfns + span->nr;
	int *errors = (int *)(gfns + span->nr);
	struct privcmd_args *args = privcmd_args_get();
	struct xen_add_to_physmap_range spare, *add = &spare;
	const xen_pfn_t *gfn;
	unsigned int i;
	int ret;

	if (!has_frames(dom)) {
		for (i = 0; i < span->nr; i++)
			status[i] = -EINVAL;
		privcmd_args_put(args);
		give_back_failed(span, status, scratch);
		return;
	}
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
		errors[i] = UNANSWERED;
	}
	set_xen_guest_handle(add->idxs, (xen_ulong_t *)gfn);
	set_xen_guest_handle(add->gpfns, gpfns);
	set_xen_guest_handle(add->errs, errors);
	ret = privcmd_inject_hypercall() ?:
		      HYPERVISOR_memory_op(XENMEM_add_to_physmap_range, add);
	for (i = 0; i < span->nr; i++) {
		if (!errors[i])
			errors[i] = injected(span, i, gfn[i]);
		if (!errors[i])
			status[i] = PRIVCMD_X_RW;
		else if (errors[i] != UNANSWERED)
			status[i] = errors[i];
		else
			status[i] = ret < 0 ? ret : -EIO;
	}
	privcmd_args_put(args);
	give_back_failed(span, status, scratch);
}

/*
 * All of them or none; but when the hypervisor fails it may leave behind what it
 * did first, and does not say how much that is.
 */
static void xlate_map_resource(const struct privcmd_mmap_resource *resource,
			       unsigned long first,
			       const struct privcmd_span *span, s16 *status,
			       void *scratch)
{
	struct page **pages = span->chunk->pages + span->slot;
	xen_pfn_t *gpfns = scratch;
	unsigned int i;
	int ret;

	for (i = 0; i < span->nr; i++)
		gpfns[i] = page_to_xen_pfn(pages[i]);
	ret = privcmd_resource_acquire(resource, first, span->nr, gpfns);
	if (ret)
		free_places(span, false);
	for (i = 0; i < span->nr; i++)
		status[i] = ret ?: PRIVCMD_X_RW;
}

struct entries {
	struct mm_struct *mm;
	struct page **pages;
	const s16 *status;
	unsigned int nr;
	pgprot_t prot;
	bool write;
};

/* Called once, for the first entry, with the page table locked. */
static int make_entries(pte_t *pte, unsigned long addr, void *data)
{
	struct entries *e = data;
	unsigned int i;
	pte_t new;

	for (i = 0; i < e->nr; i++, pte++, addr += PAGE_SIZE) {
		if (!privcmd_status_present(e->status[i]) ||
		    pte_present(ptep_get(pte)))
			continue;
		new = pfn_pte(page_to_pfn(e->pages[i]), e->prot);
		new = pte_mkyoung(pte_mkspecial(new));
		/* Dirty, or a core without hardware tracking faults for it. */
		if (e->write)
			new = pte_mkdirty(new);
		set_pte_at(e->mm, addr, pte, new);
	}
	return 0;
}

static int xlate_enter(struct vm_area_struct *vma, unsigned long addr,
		       const struct privcmd_map *map,
		       const struct privcmd_span *span, s16 *status,
		       void *scratch)
{
	struct entries e = {
		.mm = vma->vm_mm,
		.pages = span->chunk->pages + span->slot,
		.status = status,
		.nr = span->nr,
		.prot = vm_get_page_prot(vma->vm_flags),
		.write = vma->vm_flags & VM_WRITE,
	};

	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	lockdep_assert_held(&map->lock);
	return apply_to_page_range(vma->vm_mm, addr, PAGE_SIZE, make_entries,
				   &e);
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
		pages[i] = span.chunk->pages[span.slot];
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
	.scratch = SCRATCH,
	.alloc = xlate_alloc,
	.unalloc = xlate_unalloc,
	.map = xlate_map,
	.map_resource = xlate_map_resource,
	.unmap = xlate_unmap,
	.empty = xlate_empty,
	.give_back = xlate_give_back,
	.enter = xlate_enter,
	.open_window = xlate_open_window,
	.close_window = xlate_close_window,
	.copy = privcmd_xlate_copy,
};
