// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Stops a call at its answers: see held.h.
 *
 * The array of frames is on a userfaultfd. Its first page holds the element of
 * the frame that fails, which is where the answer goes. The driver takes frame
 * numbers a page table at a time: when it waits for the second page it has had
 * the first one, which is then taken away. So it waits for that page again when
 * it wants to answer; and the array is read-only.
 */
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "held.h"

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

static int watch(void *pages, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)pages, len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("this kernel has no userfaultfd");
	must(!ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &reg));
	return fd;
}

/* The call wants the @i-th page of its array. */
static void wait_until_wanted(struct held *h, size_t i)
{
	struct uffd_msg msg;

	must(read(h->uffd, &msg, sizeof(msg)) == sizeof(msg));
	must(msg.event == UFFD_EVENT_PAGEFAULT);
	must(check_eq((msg.arg.pagefault.address & -PAGE) -
			      (unsigned long)h->pages,
		      i * PAGE));
}

static void take(struct held *h, size_t i)
{
	must(!madvise(h->pages + i * PAGE, PAGE, MADV_DONTNEED));
}

static void give(struct held *h, size_t i)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)h->pages + i * PAGE,
		.src = (unsigned long)h->copy + i * PAGE,
		.len = PAGE,
	};

	must(!ioctl(h->uffd, UFFDIO_COPY, &copy));
}

static void *call(void *arg)
{
	struct held *h = arg;

	h->ret = v1(h->a.fd, h->dom, h->a.va, (__u64 *)(h->pages + PAGE) - 1,
		    h->a.n);
	h->e = errno;
	return NULL;
}

void held_begin(struct held *h, const struct area *a, const struct domain *d,
		const __u64 *frames)
{
	__u64 *arr;

	*h = (struct held){ .a = *a, .dom = d->id };
	h->n = 1 + ((a->n - 1) * sizeof(*arr) + PAGE - 1) / PAGE;
	h->copy = buffer(h->n);
	arr = (__u64 *)(h->copy + PAGE) - 1;
	memcpy(arr, frames, a->n * sizeof(*arr));
	arr[0] = BAD_FRAME;
	h->pages = buffer(h->n);
	memcpy(h->pages, h->copy, h->n * PAGE);
	must(!mprotect(h->pages, h->n * PAGE, PROT_READ));
	h->uffd = watch(h->pages, h->n * PAGE);

	take(h, 1);
	must(!pthread_create(&h->thread, NULL, call, h));
	wait_until_wanted(h, 1);
	take(h, 0);
	give(h, 1);
	wait_until_wanted(h, 0);
}

void held_fail(struct held *h)
{
	give(h, 0);
	pthread_join(h->thread, NULL);
	check(h->ret == -1 && h->e == EFAULT);
}

void held_end(struct held *h)
{
	close(h->uffd);
	munmap(h->pages, (h->n + 1) * PAGE);
	munmap(h->copy, (h->n + 1) * PAGE);
}
