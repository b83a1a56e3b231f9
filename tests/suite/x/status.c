// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_STATUS: the state of each page of a mapping.
 */
#include "x/map.h"

static struct privcmd_x_frame frames[16];

static void check_frame(size_t i, int state, int error)
{
	check_eq(frames[i].state, state);
	check_eq(frames[i].pad, 0);
	check_eq(frames[i].error, error);
}

static void get(const struct area *a, size_t first, size_t n)
{
	memset(frames, 0xee, sizeof(frames));
	must(check_eq(status(a->fd, page_at(a, first), frames, n), 0));
	/* Not one element more was written. */
	if (n < ARRAY_SIZE(frames))
		check_eq(frames[n].state, 0xee);
}

TAP_CASE(x_status_follows_the_mapping)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area a = area_new(privcmd_open(), 8);
	__u64 frame[8];
	int err[8];
	size_t i;

	need_ours();
	get(&a, 0, 8);
	for (i = 0; i < 8; i++)
		check_frame(i, PRIVCMD_X_NONE, 0);

	for (i = 0; i < 8; i++)
		frame[i] = i % 3 == 2 ? BAD_FRAME + i : d->frame[i];
	must(check_eq(v2(a.fd, d->id, a.va, frame, err, 8), 0));
	get(&a, 0, 8);
	for (i = 0; i < 8; i++)
		check_frame(i, err[i] ? PRIVCMD_X_NONE : PRIVCMD_X_RW, err[i]);

	/* A part of the mapping. */
	get(&a, 2, 3);
	check_frame(0, PRIVCMD_X_NONE, err[2]);
	check_frame(1, PRIVCMD_X_RW, 0);
	check_frame(2, PRIVCMD_X_RW, 0);

	/* A failed page that is populated now has no error any more. */
	check_eq(v2(a.fd, d->id, page_at(&a, 2), d->frame + 2, err, 1), 0);
	get(&a, 0, 8);
	check_frame(2, PRIVCMD_X_RW, 0);
	check_frame(5, PRIVCMD_X_NONE, err[5]);
	area_done(&a);
}

/* A mapping of one page: the record has the status of no other page beside it. */
TAP_CASE(x_status_of_one_page)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	need_ours();
	must(map_frames(&a, d, 0));
	get(&a, 0, 1);
	check_frame(0, PRIVCMD_X_RW, 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 1);
	/* The entry is dropped, and made again from the record. */
	must(!mprotect(a.va, PAGE, PROT_READ));
	must(!mprotect(a.va, PAGE, PROT_READ | PROT_WRITE));
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(x_unmap(a.fd, a.va, 1), 0);
	get(&a, 0, 1);
	check_frame(0, PRIVCMD_X_NONE, 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
}

TAP_CASE(x_status_restricted)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	need_ours();
	must(map_frames(&a, d, 0));
	check_eq(restrict_to(a.fd, NO_DOMAIN), 0);
	get(&a, 0, 2);
	check_frame(0, PRIVCMD_X_RW, 0);
	area_done(&a);
}

struct bigger {
	struct privcmd_x_status s;
	unsigned char tail[40];
};

TAP_CASE(x_status_size)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct bigger b = { .s = {
				    .addr = (unsigned long)a.va,
				    .num = 1,
				    .status = (unsigned long)frames,
			    } };
	unsigned int i;

	need_ours();
	must(map_frames(&a, d, 0));
	for (i = 0; i < PRIVCMD_X_STATUS_SIZE_V1; i++) {
		b.s.size = i;
		check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, &b), EINVAL);
	}
	b.s.size = PRIVCMD_X_STATUS_SIZE_V1;
	check_eq(ioctl(a.fd, PRIVCMD_X_STATUS, &b), 0);
	for (i = 1; i <= sizeof(b.tail); i++) {
		b.s.size = sizeof(b.s) + i;
		check_eq(ioctl(a.fd, PRIVCMD_X_STATUS, &b), 0);
	}
	for (i = 0; i < sizeof(b.tail); i++) {
		b.tail[i] = 1;
		check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, &b), E2BIG);
		b.tail[i] = 0;
	}
	area_done(&a);
}

TAP_CASE(x_status_unreadable)
{
	unsigned char *p = buffer(1);
	struct area a = area_new(privcmd_open(), 1);
	struct privcmd_x_status *s = (void *)(p + PAGE - sizeof(*s));

	need_ours();
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, NULL), EFAULT);
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, KERNEL_POINTER), EFAULT);
	*(__u32 *)(p + PAGE - 4) = sizeof(*s);
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, p + PAGE - 4), EFAULT);
	*s = (struct privcmd_x_status){
		.size = sizeof(*s),
		.addr = (unsigned long)a.va,
		.num = 1,
		.status = (unsigned long)frames,
	};
	check_eq(ioctl(a.fd, PRIVCMD_X_STATUS, s), 0);
	s->size++;
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, s), EFAULT);
	area_done(&a);
}

TAP_CASE(x_status_array_unwritable)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	unsigned char *p = buffer(1);

	need_ours();
	must(map_frames(&a, d, 0));
	check_errno(status(a.fd, a.va, NULL, 3), EFAULT);
	check_errno(status(a.fd, a.va, KERNEL_POINTER, 3), EFAULT);
	check_errno(status(a.fd, a.va, (void *)(p + PAGE - 8), 3), EFAULT);
	check_eq(status(a.fd, a.va, (void *)(p + PAGE - 12), 3), 0);
	must(!mprotect(p, PAGE, PROT_READ));
	check_errno(status(a.fd, a.va, (void *)p, 3), EFAULT);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
}

TAP_CASE(x_status_wrong)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	struct area b = area_new(privcmd_open(), 4);
	struct privcmd_x_status s = {
		.size = sizeof(s),
		.flags = 1,
		.addr = (unsigned long)a.va,
		.num = 4,
		.status = (unsigned long)frames,
	};
	static const __u64 num[] = {
		0,
		5,
		0x10000,
		1ULL << 32,
		(1ULL << 32) + 4,
		1ULL << 52,
		(1ULL << 52) + 4,
		1ULL << 62,
		(1ULL << 62) + 4,
		~0ULL,
	};
	size_t i;

	need_ours();
	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, &s), EINVAL);
	s.flags = 1u << 31;
	check_errno(ioctl(a.fd, PRIVCMD_X_STATUS, &s), EINVAL);
	for (i = 0; i < ARRAY_SIZE(num); i++)
		check_errno(status(a.fd, a.va, frames, num[i]), EINVAL);
	check_errno(status(a.fd, a.va + 1, frames, 1), EINVAL);
	check_errno(status(a.fd, a.va + 4095, frames, 1), EINVAL);
	check_errno(status(a.fd, page_at(&a, 1), frames, 4), EINVAL);
	check_errno(status(a.fd, a.va - PAGE, frames, 4), EINVAL);
	check_errno(status(a.fd, (void *)-PAGE, frames, 2), EINVAL);
	check_errno(status(a.fd, NULL, frames, 1), EINVAL);
	check_errno(status(a.fd, (void *)((long)frames & -PAGE), frames, 1),
		    EINVAL);
	check_errno(status(a.fd, KERNEL_POINTER - 4096, frames, 1), EINVAL);
	/* A mapping of another open file: both files may query it. */
	check_eq(status(a.fd, b.va, frames, 4), 0);
	check_eq(status(b.fd, b.va, frames, 4), 0);
	area_done(&a);
	area_done(&b);
}
