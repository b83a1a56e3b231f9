// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Ioctls and memory files. No ioctl puts another frame into an area of a memory
 * file. X_UNMAP makes its pages lazy again, X_STATUS tells their state, and a memory
 * file has no other ioctl but X_INFO.
 */
#include <sys/ioctl.h>

#include "resource/resource.h"
#include "memory/memory.h"

#define N 8

static __u64 frame[N]; /* another frame for each page */

static int by_v1(int fd, const struct area *a, const struct domain *d)
{
	return batch(1, fd, d->id, a->va, frame, NULL, a->n);
}

static int by_v2(int fd, const struct area *a, const struct domain *d)
{
	return batch(2, fd, d->id, a->va, frame, NULL, a->n);
}

static int by_x_map(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, frame, a->n, 0, NULL);
}

static int by_strict_x_map(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, frame, a->n, STRICT, NULL);
}

static int by_lazy_x_map(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, frame, a->n, LAZY, NULL);
}

static int by_first_frame(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, (void *)frame[0], a->n,
		     LAZY | CONTIGUOUS, NULL);
}

static int by_resource(int fd, const struct area *a, const struct domain *d)
{
	return resource(fd, d->id, GRANTS, 0, 0, a->n, a->va);
}

static int by_mmap(int fd, const struct area *a, const struct domain *d)
{
	struct privcmd_mmap_entry e[N];
	struct privcmd_mmap m = { .num = a->n, .dom = d->id, .entry = e };
	size_t i;

	for (i = 0; i < a->n; i++)
		e[i] = (struct privcmd_mmap_entry){
			(unsigned long)page_at(a, i), frame[i], 1
		};
	return ioctl(fd, IOCTL_PRIVCMD_MMAP, &m);
}

static int (*const populate[])(int fd, const struct area *a,
			       const struct domain *d) = {
	by_v1,	       by_v2,	       by_x_map,    by_strict_x_map,
	by_lazy_x_map, by_first_frame, by_resource, by_mmap,
};

#define POPULATE (ARRAY_SIZE(populate) - xlate())

/* No call populates any page of the area, or all of it. */
static void cannot_be_populated(int fd, const struct area *a,
				const struct domain *d)
{
	size_t i, k;

	for (i = 0; i < POPULATE; i++) {
		if (!check_errno(populate[i](fd, a, d), EINVAL))
			tap_note("call %zu, whole area", i);
		for (k = 0; k < a->n; k++) {
			struct area one = { .va = page_at(a, k), .n = 1 };

			if (!check_errno(populate[i](fd, &one, d), EINVAL))
				tap_note("call %zu, page %zu", i, k);
		}
	}
}

/*
 * Pages in each state: one that shows its frame, one that is lazy, a hole that was
 * accessed, and another lazy one. Then a part is released, then all. Neither the frames
 * of the file's own domain nor those of another get in. The area is no larger than a
 * grant table.
 */
TAP_CASE(memory_cannot_be_populated)
{
	struct domain *d = memory_domain("##.#"), *other = memory_full(1);
	struct domain *which[] = { d, other };
	int file = memory_of(d, 0, 4, 0), fd = privcmd_open();
	struct area a = area_new(file, 4);
	size_t i, k;

	around("1");
	for (i = 0; i < 2; i++) {
		check_eq(touch(a.va), 0);
		check_eq(touch(page_at(&a, 2)), SIGBUS);
		for (k = 0; k < 4; k++)
			frame[k] = which[i]->frame[0];
		cannot_be_populated(fd, &a, which[i]);
		memory_has(file, 1, 2, 1);
		check_eq(x_unmap(fd, page_at(&a, 1), 2), 0);
		cannot_be_populated(fd, &a, which[i]);
		memory_has(file, 1, 3, 0);
		check_eq(x_unmap(fd, a.va, 4), 0);
		cannot_be_populated(fd, &a, which[i]);
		memory_has(file, 0, 4, 0);
	}
	for (i = 0; i < 4; i++)
		if (i == 2)
			check_eq(touch(page_at(&a, i)), SIGBUS);
		else
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	memory_end(other);
	memory_end(d);
}

/* X_UNMAP gives frames back, through the file itself or through the device. */
TAP_CASE(memory_unmap)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, READ_ONLY), fd = privcmd_open(), i;
	struct area a = area_prot(file, N, PROT_READ);
	int by[3] = { file, fd, privcmd_open() };

	around("1");
	check_eq(restrict_to(by[2], d->id), 0);
	for (i = 0; i < 3; i++) {
		memory_shows(&a, d, 0);
		memory_has(file, N, 0, 0);
		check_eq(x_unmap(by[i], page_at(&a, 2), 3), 0);
		memory_has(file, N - 3, 3, 0);
		check_eq(state_at(&a, 1), PRIVCMD_X_RW);
		check_eq(state_at(&a, 2), PRIVCMD_X_LAZY);
		check_eq(state_at(&a, 4), PRIVCMD_X_LAZY);
		check_eq(state_at(&a, 5), PRIVCMD_X_RW);
		check(page_has(page_at(&a, 3), domain_seed(d, 3)));
		memory_has(file, N - 2, 2, 0);
		check_eq(x_unmap(by[i], a.va, N), 0);
		memory_has(file, 0, N, 0);
		/* Pages that are lazy already. */
		check_eq(x_unmap(by[i], a.va, N), 0);
		check_eq(x_unmap(by[i], a.va, 1), 0);
		memory_has(file, 0, N, 0);
	}
	check_errno(x_unmap(file, page_at(&a, 1), N), EINVAL);
	memory_shows(&a, d, 0);
	check_eq(x_unmap(file, a.va, N), 0);
	/* The area has no frames, so it does not keep the domain. */
	memory_end(d);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
}

/* The area is huge, and only the accessed pages cost anything. */
TAP_CASE(memory_unmap_terabyte)
{
	const size_t n = 1UL << 28;
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, n, 0);
	struct area a = area_new(file, n);

	around("8");
	memory_has(file, 0, n, 0);
	memory_shows(&(struct area){ file, a.va, 4 }, d, 0);
	check_eq(touch(page_at(&a, n - 1)), SIGBUS);
	memory_has(file, 4, n - 5, 1);
	check_eq(x_unmap(file, page_at(&a, 2), n / 2), 0);
	memory_has(file, 2, n - 3, 1);
	check_eq(x_unmap(file, a.va, n), 0);
	memory_has(file, 0, n, 0);
	memory_shows(&(struct area){ file, a.va, 4 }, d, 0);
	area_done(&a);
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

/*
 * X_STATUS and X_UNMAP of a file that names another domain are refused, whichever of
 * the two files is a memory file.
 */
TAP_CASE(memory_gate, .rows = "B16")
{
	struct domain *d = memory_full(2), *other = memory_full(2);
	int file = memory_of(d, 0, 2, 0), stranger = privcmd_open();
	int foreign = memory_of(other, 0, 2, 0), same = memory_of(d, 1, 1, 0);
	struct area a = area_new(file, 2), b = area_new(privcmd_open(), 2);
	struct privcmd_x_frame f[2];

	must(check_eq(restrict_to(stranger, other->id), 0));
	must(map_frames(&b, d, 0));
	memory_shows(&a, d, 0);
	memset(f, 0x55, sizeof(f));
	check_errno(status(stranger, a.va, f, 2), EPERM);
	check_errno(status(foreign, a.va, f, 2), EPERM);
	check_errno(status(foreign, b.va, f, 2), EPERM);
	check_eq(f[0].state, 0x55);
	check_errno(x_unmap(stranger, a.va, 2), EPERM);
	check_errno(x_unmap(foreign, a.va, 1), EPERM);
	check_errno(x_unmap(foreign, b.va, 2), EPERM);
	memory_has(file, 2, 0, 0);
	memory_shows(&b, d, 0);
	/* One that names the same domain may do both. */
	check_eq(status(same, a.va, f, 2), 0);
	check_eq(f[0].state, PRIVCMD_X_RW);
	check_eq(x_unmap(same, a.va, 2), 0);
	memory_has(file, 0, 2, 0);
	check_eq(status(same, b.va, f, 2), 0);
	check_eq(f[1].state, PRIVCMD_X_RW);
	area_done(&a);
	area_done(&b);
	memory_end(d);
	memory_end(other);
}

TAP_CASE(memory_info)
{
	struct privcmd_x_info of_device = { .size = sizeof(of_device) };
	struct privcmd_x_info info = { .size = sizeof(info) };
	struct domain *d = memory_full(1);
	int file = memory_of(d, 0, 1, READ_ONLY);

	check_eq(ioctl(privcmd_open(), PRIVCMD_X_INFO, &of_device), 0);
	check_eq(ioctl(file, PRIVCMD_X_INFO, &info), 0);
	check(!memcmp(&info, &of_device, sizeof(info)));
	check(info.features & PRIVCMD_X_FEATURE_MEMORY);
}

/* What a memory file could do with these ioctls would be more than it may. */
TAP_CASE(memory_other_ioctls, .rows = "A4")
{
	static const unsigned long cmd[] = {
		IOCTL_PRIVCMD_HYPERCALL,
		IOCTL_PRIVCMD_MMAP,
		IOCTL_PRIVCMD_MMAPBATCH,
		IOCTL_PRIVCMD_MMAPBATCH_V2,
		IOCTL_PRIVCMD_DM_OP,
		IOCTL_PRIVCMD_RESTRICT,
		IOCTL_PRIVCMD_MMAP_RESOURCE,
		IOCTL_PRIVCMD_IRQFD,
		IOCTL_PRIVCMD_IOEVENTFD,
		IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		IOCTL_PRIVCMD_UNIMPLEMENTED,
		PRIVCMD_X_MAP,
		PRIVCMD_X_COPY,
		PRIVCMD_X_HYPERCALL,
		PRIVCMD_X_MEMORY,
		_IO('P', 0x47),
		_IO('P', 0x3f),
		TIOCGWINSZ,
	};
	static const unsigned int flags[] = { 0, READ_ONLY };
	struct domain *d = memory_full(1);
	unsigned char arg[256] = { 0 };
	size_t i, k;

	for (k = 0; k < ARRAY_SIZE(flags); k++) {
		int file = memory_of(d, 0, 1, flags[k]);
		struct area a = area_prot(file, 1, PROT_READ);

		for (i = 0; i < ARRAY_SIZE(cmd); i++) {
			check_errno(ioctl(file, cmd[i], arg), ENOTTY);
			check_errno(ioctl(file, cmd[i], NULL), ENOTTY);
		}
		/* Not even with arguments that the device would accept. */
		check_errno(memory_file(file, d, d->frame[0], 1, 0), ENOTTY);
		check_errno(restrict_to(file, d->id), ENOTTY);
		check_errno(hypercall(file, 17 /* xen_version */, 0, 0, 0, 0,
				      0),
			    ENOTTY);
		check_errno(v2(file, d->id, a.va, d->frame, (int[1]){ 0 }, 1),
			    ENOTTY);
		check_errno(x_map_area(&a, d, 0, LAZY), ENOTTY);
		memory_has(file, 0, 1, 0);
		area_done(&a);
		close(file);
	}
}
