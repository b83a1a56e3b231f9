// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_COPY: foreign memory is read and written without a mapping,
 * whatever the frames are. copy_caller.c has buffers, arguments and threads.
 */
#include "x/copy.h"

__u64 x_copied;

int x_copy(int fd, unsigned int dom, const void *frames, __u64 num,
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

	x_copied = c.done;
	errno = e;
	return ret;
}

unsigned char *contents(struct domain *d)
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
		check_eq(x_copied, n);
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
		check_eq(x_copied, n);
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

/* A bad frame ends the call. The bytes before it are copied. */
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
		/* The errno is the same as that of a mapping. */
		must(check_eq(v2(a.fd, d->id, a.va, frame, err, 20), 0));
		check_eq(x_unmap(a.fd, a.va, 20), 0);
		memset(buf, 0, 20 * PAGE);
		check_errno(x_copy(a.fd, d->id, frame, 20, 9, 20 * PAGE - 9,
				   buf, 0),
			    -err[at[i]]);
		check_eq(x_copied, good);
		check(!memcmp(buf, want + 9, good));
		check(buf[good] == 0);
		check_errno(x_copy(a.fd, d->id, frame, 20, 9, 20 * PAGE - 9,
				   want + 9, WRITE),
			    -err[at[i]]);
		check_eq(x_copied, good);
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

/* A hole in a guest's memory, and a domain that does not exist. */
TAP_CASE(x_copy_hole_of_hvm)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	unsigned char *buf = buffer(3);
	int fd = privcmd_open();

	need_ours();
	check_errno(x_copy(fd, d->id, (void *)d->frame[0], 3, 0, 3 * PAGE, buf,
			   PRIVCMD_X_COPY_CONTIGUOUS),
		    EINVAL);
	check_eq(x_copied, 2 * PAGE);
	check_errno(x_copy(fd, NO_DOMAIN, d->frame, 1, 0, 1, buf, 0), ESRCH);
	check_eq(x_copied, 0);
}

/* A page table of a PV domain can be read but not written. */
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
	check_eq(x_copied, 3 * PAGE);
	check(page_has(buf, domain_seed(d, 0)));
	check_eq(buf[PAGE], 0);
	check(page_has(buf + 2 * PAGE, domain_seed(d, 2)));
	check_errno(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, buf, WRITE),
		    EBUSY);
	check_eq(x_copied, PAGE);
	check_eq(domain_unpin(d, 1), 0);
	check_eq(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, buf, WRITE), 0);
}
