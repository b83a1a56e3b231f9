// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_COPY: foreign memory read and written without a mapping.
 */
#include <pthread.h>

#include "x_map.h"

#define WRITE PRIVCMD_X_COPY_WRITE
#define MANY  40 /* frames: several pieces */

static __u64 done;

static int x_copy(int fd, unsigned int dom, const void *frames, __u64 num,
		  __u64 offset, __u64 len, void *buf, unsigned int flags)
{
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.flags = flags,
		.dom = dom,
		.frames = (unsigned long)frames,
		.num = num,
		.offset = offset,
		.len = len,
		.buf = (unsigned long)buf,
		.done = 0x5555,
	};
	int ret = ioctl(fd, PRIVCMD_X_COPY, &c), e = errno;

	done = c.done;
	errno = e;
	return ret;
}

/* What the whole domain holds, by a mapping. */
static unsigned char *contents(struct domain *d)
{
	struct area a = area_new(privcmd_open(), d->n);
	unsigned char *copy = buffer(d->n);

	must(map_frames(&a, d, 0));
	memcpy(copy, a.va, d->n * PAGE);
	area_done(&a);
	close(a.fd);
	return copy;
}

static const struct {
	size_t offset, len;
} shape[] = {
	{ 0, 0 },
	{ 0, 1 },
	{ 4095, 1 },
	{ 4095, 2 },
	{ 0, PAGE },
	{ 1, PAGE },
	{ 17, 3 * PAGE },
	{ 4090, 8 * PAGE + 7 },
	{ 0, 8 * PAGE },
	{ 5, 8 * PAGE },
	{ 100, 33 * PAGE - 1 },
	{ 0, MANY *PAGE },
};

static size_t pages_of(size_t offset, size_t len)
{
	return len ? (offset + len + PAGE - 1) / PAGE : 1;
}

static void reads(enum domain_kind kind, unsigned int flags)
{
	struct domain *d = domain_new(kind, MANY);
	unsigned char *want = contents(d), *buf = buffer(MANY + 1);
	int fd = privcmd_open();
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(shape); i++) {
		size_t o = shape[i].offset, n = shape[i].len;

		memset(buf, 0xee, (MANY + 1) * PAGE);
		check_eq(x_copy(fd, d->id,
				flags ? (void *)d->frame[0] : d->frame,
				pages_of(o, n), o, n, buf + 3, flags),
			 0);
		check_eq(done, n);
		check(!memcmp(buf + 3, want + o, n));
		check(buf[2] == 0xee && buf[3 + n] == 0xee);
	}
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_copy_reads)
{
	reads(DOMAIN_ANY, 0);
}

TAP_CASE(x_copy_reads_hvm)
{
	reads(DOMAIN_HVM, 0);
}

TAP_CASE(x_copy_reads_contiguous)
{
	reads(DOMAIN_HVM, PRIVCMD_X_COPY_CONTIGUOUS);
}

static void writes(enum domain_kind kind)
{
	struct domain *d = domain_new(kind, MANY);
	unsigned char *want = contents(d), *buf = buffer(MANY), *now;
	int fd = privcmd_open();
	size_t i, k;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(shape); i++) {
		size_t o = shape[i].offset, n = shape[i].len;

		for (k = 0; k < n; k++)
			buf[k] = k * 7 + i;
		memcpy(want + o, buf, n);
		check_eq(x_copy(fd, d->id, d->frame, pages_of(o, n), o, n, buf,
				WRITE),
			 0);
		check_eq(done, n);
		now = contents(d);
		check(!memcmp(now, want, MANY * PAGE));
		munmap(now, (MANY + 1) * PAGE);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_copy_writes)
{
	writes(DOMAIN_ANY);
}

TAP_CASE(x_copy_writes_hvm)
{
	writes(DOMAIN_HVM);
}

/* A bad frame ends it, and what came before is there. */
static void copy_bad_frame(enum domain_kind kind)
{
	struct domain *d = domain_new(kind, 20);
	struct area a = area_new(privcmd_open(), 20);
	unsigned char *want = contents(d), *buf = buffer(20);
	static const size_t at[] = { 0, 1, 7, 8, 9, 19 };
	__u64 frame[20];
	int err[20];
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		size_t good = at[i] ? at[i] * PAGE - 9 : 0;

		memcpy(frame, d->frame, sizeof(frame));
		frame[at[i]] = BAD_FRAME;
		/* The same errno that a mapping gives. */
		must(check_eq(v2(a.fd, d->id, a.va, frame, err, 20), 0));
		check_eq(x_unmap(a.fd, a.va, 20), 0);
		memset(buf, 0, 20 * PAGE);
		check_errno(x_copy(a.fd, d->id, frame, 20, 9, 20 * PAGE - 9,
				   buf, 0),
			    -err[at[i]]);
		check_eq(done, good);
		check(!memcmp(buf, want + 9, good));
		check(buf[good] == 0);
		check_errno(x_copy(a.fd, d->id, frame, 20, 9, 20 * PAGE - 9,
				   want + 9, WRITE),
			    -err[at[i]]);
		check_eq(done, good);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_copy_bad_frame)
{
	copy_bad_frame(DOMAIN_ANY);
}

TAP_CASE(x_copy_bad_frame_hvm)
{
	copy_bad_frame(DOMAIN_HVM);
}

/* Holes of a guest, and its end. */
TAP_CASE(x_copy_hole_of_hvm)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	unsigned char *buf = buffer(3);
	int fd = privcmd_open();

	need_ours();
	check_errno(x_copy(fd, d->id, (void *)d->frame[0], 3, 0, 3 * PAGE, buf,
			   PRIVCMD_X_COPY_CONTIGUOUS),
		    EINVAL);
	check_eq(done, 2 * PAGE);
	check_errno(x_copy(fd, NO_DOMAIN, d->frame, 1, 0, 1, buf, 0), ESRCH);
	check_eq(done, 0);
}

/* A page table of a PV domain may be read and not written. */
TAP_CASE(x_copy_readonly)
{
	struct domain *d = domain_new(DOMAIN_PV, 3);
	unsigned char *buf = buffer(3);
	int fd = privcmd_open();

	need_ours();
	need_pv("pinned frames map writable");
	check_eq(x_copy(fd, d->id, d->frame + 1, 1, 0, PAGE, buf, WRITE), 0);
	must(check_eq(domain_pin_l1(d, 1), 0));
	check_eq(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, buf, 0), 0);
	check_eq(done, 3 * PAGE);
	check(page_has(buf, domain_seed(d, 0)));
	check_eq(buf[PAGE], 0);
	check(page_has(buf + 2 * PAGE, domain_seed(d, 2)));
	check_errno(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, buf, WRITE),
		    EBUSY);
	check_eq(done, PAGE);
	check_eq(domain_unpin(d, 1), 0);
	check_eq(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, buf, WRITE), 0);
}

TAP_CASE(x_copy_unreadable)
{
	struct domain *d = domain_new(DOMAIN_ANY, 12);
	unsigned char *want = contents(d), *buf = buffer(11);
	int fd = privcmd_open();

	need_ours();
	check_errno(ioctl(fd, PRIVCMD_X_COPY, NULL), EFAULT);
	check_errno(x_copy(fd, d->id, NULL, 12, 0, 1, buf, 0), EFAULT);
	check_eq(done, 0);
	check_errno(x_copy(fd, d->id, KERNEL_POINTER, 12, 0, 1, buf, 0),
		    EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, NULL, 0), EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, KERNEL_POINTER, 0),
		    EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, NULL, WRITE), EFAULT);
	check_eq(done, 0);
	/* The buffer ends in the second piece; a piece that it has no room for
	 * does not count. */
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 12 * PAGE, buf, 0),
		    EFAULT);
	check_eq(done, 8 * PAGE);
	check(!memcmp(buf, want, 8 * PAGE));
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 12 * PAGE, buf, WRITE),
		    EFAULT);
	check_eq(done, 8 * PAGE);
}

/*
 * Memory that nobody has touched yet, in part or whole, takes a page fault, and
 * what cannot be written to is no memory to read into.
 */
TAP_CASE(x_copy_untouched)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	unsigned char *want = contents(d), *buf;
	int fd = privcmd_open();
	size_t touched;

	need_ours();
	for (touched = 0; touched < 12; touched++) {
		buf = mmap(NULL, MANY * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		must(buf != MAP_FAILED);
		memset(buf, 0xee, touched * PAGE);
		check_eq(x_copy(fd, d->id, d->frame, MANY, 5, MANY * PAGE - 5,
				buf, 0),
			 0);
		check_eq(done, MANY * PAGE - 5);
		check(!memcmp(buf, want + 5, MANY * PAGE - 5));
		must(!mprotect(buf + 10 * PAGE, PAGE, PROT_READ));
		check_errno(x_copy(fd, d->id, d->frame, MANY, 0, MANY * PAGE,
				   buf, 0),
			    EFAULT);
		check_eq(done, 8 * PAGE);
		munmap(buf, MANY * PAGE);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_copy_wrong)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	unsigned char *buf = buffer(4);
	struct privcmd_x_copy good = {
		.size = sizeof(good),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = 4,
		.len = 4 * PAGE,
		.buf = (unsigned long)buf,
	}, c;
	int fd = privcmd_open();
	unsigned int i;

	need_ours();
	for (i = 2; i < 32; i++) {
		c = good;
		c.flags = 1U << i;
		check_errno(ioctl(fd, PRIVCMD_X_COPY, &c), EINVAL);
	}
	for (i = 0; i < 3; i++) {
		c = good;
		c.pad[i] = 1;
		check_errno(ioctl(fd, PRIVCMD_X_COPY, &c), EINVAL);
	}
	for (i = 0; i < PRIVCMD_X_COPY_SIZE_V1; i++) {
		c = good;
		c.size = i;
		check_errno(ioctl(fd, PRIVCMD_X_COPY, &c), EINVAL);
	}
	check_errno(x_copy(fd, d->id, d->frame, 0, 0, 0, buf, 0), EINVAL);
	check_errno(x_copy(fd, d->id, d->frame, 4, PAGE, 1, buf, 0), EINVAL);
	check_errno(x_copy(fd, d->id, d->frame, 4, 1, 4 * PAGE, buf, 0),
		    EINVAL);
	check_errno(x_copy(fd, d->id, d->frame, 4, 1, ~0ULL, buf, 0), EINVAL);
	check_errno(x_copy(fd, d->id, d->frame, 1ULL << 52, 1, PAGE, buf, 0),
		    EINVAL);
	check_errno(x_copy(fd, d->id, (void *)-3UL, 4, 0, 1, buf,
			   PRIVCMD_X_COPY_CONTIGUOUS),
		    EINVAL);
	check_eq(done, 0);
	check_eq(ioctl(fd, PRIVCMD_X_COPY, &good), 0);
	check_eq(good.done, 4 * PAGE);
}

TAP_CASE(x_copy_restricted, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct domain *other = domain_new(DOMAIN_ANY, 1);
	unsigned char *buf = buffer(1);
	int fd = privcmd_open();

	need_ours();
	must(check_eq(restrict_to(fd, d->id), 0));
	check_eq(x_copy(fd, d->id, d->frame, 1, 0, PAGE, buf, 0), 0);
	check_errno(x_copy(fd, other->id, other->frame, 1, 0, PAGE, buf, 0),
		    EPERM);
	check_eq(done, 0x5555);
	check(page_has(buf, domain_seed(d, 0)));
}

/* To and from a mapping of the domain's own memory, lazy at that. */
TAP_HAZARD(x_copy_into_a_mapping, .rows = "B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 24);
	struct area a = area_new(privcmd_open(), 12);
	size_t i;

	need_ours();
	must(param_set("fault_around", "1"));
	must(check_eq(x_map_area(&a, d, 12, LAZY), 0));
	check_eq(x_copy(a.fd, d->id, d->frame, 12, 0, 12 * PAGE, a.va, 0), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 12);
	for (i = 0; i < 12; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	page_fill(page_at(&a, 4), 5);
	check_eq(x_copy(a.fd, d->id, d->frame + 2, 1, 0, PAGE, page_at(&a, 4),
			WRITE),
		 0);
	check_eq(x_copy(a.fd, d->id, d->frame + 2, 1, 0, PAGE, page_at(&a, 1),
			0),
		 0);
	check(page_has(page_at(&a, 1), 5));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

struct copier {
	struct domain *d;
	int fd;
	size_t i;
};

static void *copy_many(void *arg)
{
	struct copier *c = arg;
	unsigned char *buf = buffer(1);
	struct privcmd_x_copy x = {
		.size = sizeof(x),
		.dom = c->d->id,
		.frames = (unsigned long)(c->d->frame + c->i),
		.num = 1,
		.len = PAGE,
		.buf = (unsigned long)buf,
	};
	int k;

	for (k = 0; k < 300; k++) {
		memset(buf, 0, PAGE);
		must(check_eq(ioctl(c->fd, PRIVCMD_X_COPY, &x), 0));
		must(check(page_has(buf, domain_seed(c->d, c->i))));
	}
	return NULL;
}

/* Nobody sees what another one reads. */
TAP_HAZARD(x_copy_by_several_threads)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct copier c[4];
	pthread_t t[4];
	int fd = privcmd_open();
	size_t i;

	need_ours();
	for (i = 0; i < 4; i++) {
		c[i] = (struct copier){ d, fd, i };
		must(!pthread_create(&t[i], NULL, copy_many, &c[i]));
	}
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	domain_destroy(d);
	check(domain_gone(d));
}
