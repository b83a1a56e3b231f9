// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Stops a call at its answers: see held.h.
 *
 * The array of frame numbers is late (late.h). Its first page holds one
 * element: the frame that fails, which is also where the answer goes. The
 * driver reads frame numbers one page table at a time. When it waits for the
 * second page, it has read the first one. That page is then taken away, so the
 * driver waits for it again when it wants to write the answer. The array is
 * read-only, so the answer cannot be written.
 */
#include "dom0/held.h"

#define TABLE (512 * PAGE)

struct area held_area(int fd, size_t before, size_t n)
{
	struct area a = { .fd = fd, .n = n };
	unsigned long va = (unsigned long)aside(before + n + 1024);

	va = (va + before * PAGE + PAGE + TABLE - 1) & -TABLE;
	a.va = (unsigned char *)va - PAGE;
	must(mmap(a.va, n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 0) == a.va);
	return a;
}

void held_begin(struct held *h, const struct area *a, const struct domain *d,
		const __u64 *frames)
{
	struct late *l = &h->late;
	__u64 *arr;

	late_new(l, 1 + ((a->n - 1) * sizeof(*arr) + PAGE - 1) / PAGE);
	arr = late_array(l->copy, sizeof(*arr));
	memcpy(arr, frames, a->n * sizeof(*arr));
	arr[0] = BAD_FRAME;
	memcpy(l->pages, l->copy, l->n * PAGE);
	must(!mprotect(l->pages, l->n * PAGE, PROT_READ));
	h->batch = (struct privcmd_mmapbatch){
		.num = a->n,
		.dom = d->id,
		.addr = (unsigned long)a->va,
		.arr = late_array(l->pages, sizeof(*arr)),
	};

	late_call_again(l, a->fd, IOCTL_PRIVCMD_MMAPBATCH, &h->batch);
}

void held_fail(struct held *h)
{
	late_give(&h->late, 0);
	check_errno(late_end(&h->late), EFAULT);
}

void held_lose(struct held *h)
{
	late_lose(&h->late, 0);
	check_errno(late_end(&h->late), EFAULT);
}

void held_end(struct held *h)
{
	late_done(&h->late);
}
