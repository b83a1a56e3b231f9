// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_COPY as its caller sees it: buffers that are absent or in unusual
 * memory, wrong arguments, a restricted file, several threads.
 */
#include "dom0/late.h"
#include "x/copy.h"

/*
 * The call cannot write back how much it has copied. It fails with EFAULT,
 * whatever else is wrong.
 */
static void struct_unwritable(int fd, const struct domain *d)
{
	struct privcmd_x_copy *c = (void *)buffer(1);
	unsigned char *buf = buffer(1);

	*c = (struct privcmd_x_copy){
		.size = sizeof(*c),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = 1,
		.len = PAGE,
		.buf = (unsigned long)buf,
		.done = 0x5555,
	};
	must(!mprotect(c, PAGE, PROT_READ));
	check_errno(ioctl(fd, PRIVCMD_X_COPY, c), EFAULT);
	check_eq(c->done, 0x5555);
	check(page_has(buf, domain_seed(d, 0)));
	must(!mprotect(c, PAGE, PROT_READ | PROT_WRITE));
	c->num = 0;
	must(!mprotect(c, PAGE, PROT_READ));
	check_errno(ioctl(fd, PRIVCMD_X_COPY, c), EFAULT);
	must(!mprotect(c, PAGE, PROT_READ | PROT_WRITE));
	check_errno(ioctl(fd, PRIVCMD_X_COPY, c), EINVAL);
	check_eq(c->done, 0);
}

TAP_CASE(x_copy_unreadable)
{
	struct domain *d = domain_new(DOMAIN_ANY, 12);
	unsigned char *want = contents(d), *buf = buffer(11);
	int fd = privcmd_open();
	size_t i;

	need_ours();
	check_errno(ioctl(fd, PRIVCMD_X_COPY, NULL), EFAULT);
	check_errno(x_copy(fd, d->id, NULL, 12, 0, 1, buf, 0), EFAULT);
	check_eq(x_copied, 0);
	check_errno(x_copy(fd, d->id, KERNEL_POINTER, 12, 0, 1, buf, 0),
		    EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, NULL, 0), EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, KERNEL_POINTER, 0),
		    EFAULT);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 1, NULL, WRITE), EFAULT);
	check_eq(x_copied, 0);
	struct_unwritable(fd, d);
	/*
	 * The buffer ends in the second piece. The bytes up to the end of the
	 * buffer are copied, and they count.
	 */
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 12 * PAGE, buf, 0),
		    EFAULT);
	check_eq(x_copied, 11 * PAGE);
	check(!memcmp(buf, want, 11 * PAGE));
	for (i = 0; i < 12; i++)
		page_fill(want + i * PAGE,
			  i < 11 ? 100 + i : domain_seed(d, i));
	memcpy(buf, want, 11 * PAGE);
	check_errno(x_copy(fd, d->id, d->frame, 12, 0, 12 * PAGE, buf, WRITE),
		    EFAULT);
	check_eq(x_copied, 11 * PAGE);
	check(!memcmp(contents(d), want, 12 * PAGE));
}

/*
 * Pages of the buffer that the program has not accessed yet are faulted in. A
 * buffer that cannot be written cannot be read into.
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
		check_eq(x_copied, MANY * PAGE - 5);
		check(!memcmp(buf, want + 5, MANY * PAGE - 5));
		must(!mprotect(buf + 10 * PAGE, PAGE, PROT_READ));
		check_errno(x_copy(fd, d->id, d->frame, MANY, 0, MANY * PAGE,
				   buf, 0),
			    EFAULT);
		check_eq(x_copied, 10 * PAGE);
		check(!memcmp(buf, want, 10 * PAGE));
		munmap(buf, MANY * PAGE);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A bad frame ends a read whose bytes go through the driver's buffer, because the pages
 * of the caller are absent. The caller gets the bytes before the bad frame, and none of
 * those that are behind them in the buffer.
 */
TAP_CASE(x_copy_bad_frame_untouched)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	unsigned char *want = contents(d), *buf, *old = buffer(8);
	int fd = privcmd_open(), file = memfd_create("bytes", MFD_CLOEXEC);
	struct area a = area_new(fd, 8);
	size_t bad;

	need_ours();
	memset(old, 0xee, 8 * PAGE);
	for (bad = 0; bad < 8; bad++) {
		__u64 frame[8];
		int err[8];

		memcpy(frame, d->frame, sizeof(frame));
		frame[bad] = BAD_FRAME;
		must(check_eq(v2(fd, d->id, a.va, frame, err, 8), 0));
		check_eq(x_unmap(fd, a.va, 8), 0);
		must(pwrite(file, old, 8 * PAGE, 0) == (ssize_t)(8 * PAGE));
		buf = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			   file, 0);
		must(buf != MAP_FAILED);
		check_errno(x_copy(fd, d->id, frame, 8, 0, 8 * PAGE, buf, 0),
			    -err[bad]);
		check_eq(x_copied, bad * PAGE);
		check(!memcmp(buf, want, bad * PAGE));
		check(!memcmp(buf + bad * PAGE, old, (8 - bad) * PAGE));
		munmap(buf, 8 * PAGE);
	}
	area_done(&a);
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
	/* One frame more than a call may name, although it needs only the first. */
	check_errno(x_copy(fd, d->id, d->frame, 1ULL << 29, 0, 1, buf, 0),
		    EINVAL);
	check_errno(x_copy(fd, d->id, (void *)-3UL, 4, 0, 1, buf,
			   PRIVCMD_X_COPY_CONTIGUOUS),
		    EINVAL);
	check_eq(x_copied, 0);
	check_eq(takes_longer(fd, PRIVCMD_X_COPY, &good), 0);
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
	check_eq(x_copied, 0x5555);
	check(page_has(buf, domain_seed(d, 0)));
}

/* The file is restricted while the second of three pieces is copied. */
TAP_HAZARD(x_copy_restricted_meanwhile, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 24);
	unsigned char *want = contents(d);
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = 24,
		.len = 24 * PAGE,
	};
	int fd = privcmd_open();
	struct late l;

	need_ours();
	late_new(&l, 24);
	c.buf = (unsigned long)l.pages;
	late_take(&l, 8);
	late_call(&l, fd, PRIVCMD_X_COPY, &c);
	late_wanted(&l, 8);
	check_eq(restrict_to(fd, NO_DOMAIN), 0);
	late_give(&l, 8);
	check_errno(late_end(&l), EPERM);
	check_eq(c.done, 16 * PAGE);
	check(!memcmp(l.pages, want, 16 * PAGE));
	check(!memcmp(l.pages + 16 * PAGE, l.copy + 16 * PAGE, 8 * PAGE));
	late_done(&l);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A call that waits for a page of its caller holds no frame of the domain: the domain
 * can go. The call has read the frames before, so it ends as if nothing had happened.
 */
TAP_HAZARD(x_copy_domain_ends_meanwhile, .rows = "B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	unsigned char *want = contents(d);
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = 8,
		.len = 8 * PAGE,
	};
	int fd = privcmd_open();
	struct late l;

	need_ours();
	late_new(&l, 8);
	c.buf = (unsigned long)l.pages;
	late_take(&l, 3);
	late_call(&l, fd, PRIVCMD_X_COPY, &c);
	late_wanted(&l, 3);
	domain_destroy(d);
	check(domain_gone(d));
	late_give(&l, 3);
	check_eq(late_end(&l), 0);
	check_eq(c.done, 8 * PAGE);
	check(!memcmp(l.pages, want, 8 * PAGE));
	late_done(&l);
}

/* To and from a lazy mapping of the domain's own memory. */
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

/*
 * Four threads read through one file, each a page of its own, 300 times. The
 * pages have different patterns, so bytes of another thread's page would be
 * noticed.
 */
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
