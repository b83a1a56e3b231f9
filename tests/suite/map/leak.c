// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * After many calls that fail nothing is lost: the domain can go, Xen has its
 * memory again, and dom0 has what it had.
 */
#include "memory/memory.h"

static void gone_with_its_memory(struct domain *d, long free_with_it)
{
	domain_destroy(d);
	check(domain_gone(d));
	/* At least the domain's own pages must be free again. */
	check(xen_free_pages_back(free_with_it + d->n, 16));
}

/* What only the first call costs (pages for slots, slabs) is not a leak. */
static void warm_up(const struct domain *d, size_t n)
{
	struct area a = area_new(privcmd_open(), n);
	__u64 *frame = calloc(n, sizeof(*frame));
	int *err = calloc(n, sizeof(*err));
	size_t i;

	for (i = 0; i < n; i++)
		frame[i] = BAD_FRAME + i;
	check_eq(v2(a.fd, d->id, a.va, frame, err, n), 0);
	area_done(&a);
	close(a.fd);
	free(frame);
	free(err);
}

/*
 * A hundred thousand frames fail, in areas of 5000 pages. On an auto-translated
 * dom0 each of them takes a hypercall, and there are four thousand: a page lost for
 * each is twice what may be missing.
 */
static void fail_many(enum domain_kind kind)
{
	const size_t total = xlate() ? 4000 : 100000;
	const size_t size = xlate() ? 2000 : 5000;
	struct domain *d = domain_new(kind, 64);
	__u64 *frame = calloc(size, sizeof(*frame));
	int *err = calloc(size, sizeof(*err));
	long before, dom0;
	size_t i, done;

	warm_up(d, size);
	before = xen_free_pages();
	dom0 = meminfo("MemFree");
	for (i = 0; i < size; i++)
		frame[i] = BAD_FRAME + i;
	for (done = 0; done < total; done += size) {
		struct area a = area_new(privcmd_open(), size);

		must(check_eq(v2(a.fd, d->id, a.va, frame, err, size), 0));
		for (i = 0; i < size; i++)
			must(check_eq(err[i], bad_frame_error(2, d)));
		area_done(&a);
		close(a.fd);
	}
	check(meminfo("MemFree") > dom0 - 8 * 1024);
	gone_with_its_memory(d, before);
}

TAP_CASE(mmapbatch_v2_many_failing, .rows = "A22", .seconds = 240)
{
	fail_many(DOMAIN_ANY);
}

TAP_CASE(mmapbatch_v2_many_failing_hvm, .rows = "A22", .seconds = 240)
{
	fail_many(DOMAIN_HVM);
}

/*
 * All in one mapping: its record does not grow, and neither do the kernel's
 * structures for the process.
 */
TAP_CASE(mmapbatch_v2_fails_in_one_area, .rows = "A22 B5")
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a = area_new(privcmd_open(), 64);
	int err[64] = { 0 }, rounds = xlate() ? 100 : 500, i, k;
	__u64 bad[64];
	long before = xen_free_pages();

	hazard_if_xlate();
	for (i = 0; i < 64; i++)
		bad[i] = BAD_FRAME + i;
	for (i = 0; i < rounds; i++) {
		must(check_eq(v2(a.fd, d->id, a.va, bad, err, 64), 0));
		for (k = 0; k < 64; k++)
			must(check_eq(err[k], bad_frame_error(2, d)));
	}
	area_works(&a, d);
	gone_with_its_memory(d, before);
}

/* Batches of good and bad frames, mapped and unmapped often. */
TAP_CASE(mmapbatch_v2_half_failing_often, .rows = "A20 A22", .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	int fd = privcmd_open(), err[64] = { 0 }, i, k;
	__u64 frame[64];
	long before, dom0;

	for (i = 0; i < 64; i++)
		frame[i] = i % 2 ? BAD_FRAME + i : d->frame[i];
	warm_up(d, 64);
	before = xen_free_pages();
	dom0 = meminfo("MemFree");
	for (i = 0; i < 100; i++) {
		struct area a = area_new(fd, 64);

		must(check_eq(v2(fd, d->id, a.va, frame, err, 64), 0));
		for (k = 0; k < 64; k++)
			must(check(k % 2 ? err[k] < 0 : err[k] == 0));
		check(page_has(page_at(&a, 62), domain_seed(d, 62)));
		area_done(&a);
	}
	check(meminfo("MemFree") > dom0 - 4 * 1024);
	gone_with_its_memory(d, before);
}

/* Calls that are refused as a whole, at every stage, lose nothing. */
BATCH_CASE(refused_often, .rows = "A20 A21")
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a = area_new(privcmd_open(), 64);
	int err[64], i;
	long before, dom0;

	warm_up(d, 64);
	before = xen_free_pages();
	dom0 = meminfo("MemFree");
	for (i = 0; i < 3000; i++) {
		must(check_errno(batch(version, a.fd, d->id, a.va, d->frame,
				       err, 63),
				 EINVAL));
		must(check_errno(batch(version, a.fd, d->id, a.va + PAGE,
				       d->frame, err, 64),
				 EINVAL));
		must(check_errno(batch(version, a.fd, d->id, err, d->frame, err,
				       64),
				 EINVAL));
		must(check_errno(version == 1 ?
					 v1(a.fd, d->id, a.va, NULL, 64) :
					 v2(a.fd, d->id, a.va, d->frame, NULL,
					    64),
				 EFAULT));
	}
	check(meminfo("MemFree") > dom0 - 4 * 1024);
	area_works(&a, d);
	gone_with_its_memory(d, before);
}

TAP_CASE(leak_open_close)
{
	long dom0;
	int i;

	for (i = 0; i < 100; i++)
		close(privcmd_open());
	dom0 = meminfo("MemFree");
	for (i = 0; i < 2000; i++) {
		int fd = privcmd_open();

		munmap(mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0),
		       8 * PAGE);
		close(fd);
	}
	check(meminfo("MemFree") > dom0 - 4 * 1024);
}

/* @n files populate an area of their own and an area of another file, and are closed. */
static void files_come_and_go(const struct domain *d, int n)
{
	int maker = privcmd_open(), err;

	while (n--) {
		struct area own = area_new(privcmd_open(), 1);
		struct area other = area_new(maker, 1);

		must(!v2(own.fd, d->id, own.va, d->frame, &err, 1));
		must(!v2(own.fd, d->id, other.va, d->frame, &err, 1));
		area_done(&own);
		area_done(&other);
		close(own.fd);
	}
	close(maker);
}

/* Does the kernel have KASAN? It keeps freed memory for a while. */
static bool has_kasan(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[256];
	bool found = false;

	must(f);
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, " kasan_quarantine_put\n");
	fclose(f);
	return found;
}

/*
 * What the driver keeps for a file, a mapping, and a file that populated the mapping of
 * another is too small for MemFree. It is in slabs: 1000 structs of 256 bytes are 250 KiB.
 * The kernel frees a file some time after its close, so as many come and go beforehand.
 */
TAP_CASE(leak_files_with_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	long before;

	need_ours();
	if (has_kasan())
		skip("this kernel keeps freed memory");
	files_come_and_go(d, 1000);
	before = meminfo("SUnreclaim");
	files_come_and_go(d, 1000);
	domain_destroy(d);
	check(domain_gone(d));
	check(meminfo("SUnreclaim") < before + 128);
}

/*
 * Memory files are mapped, accessed, and closed before or after their area. Some are the
 * first ones of an open device, which makes a mount for them.
 */
static void memory_files_come_and_go(const struct domain *d, int n)
{
	int maker = privcmd_open(), own, file;
	unsigned char *va;

	while (n--) {
		own = n % 10 ? maker : privcmd_open();
		file = memory_file(own, d, d->frame[0], 1, 0);
		must(check(file >= 0));
		va = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file,
			  0);
		must(va != MAP_FAILED);
		if (n % 2)
			close(file);
		must(check_eq(touch(va), 0));
		must(!munmap(va, PAGE));
		if (n % 2 == 0)
			close(file);
		if (own != maker)
			close(own);
	}
	close(maker);
}

/*
 * What the driver keeps for a memory file is in slabs that cannot be reclaimed, and its
 * inode is in slabs that the kernel counts as reclaimable: 1000 inodes are 600 KiB.
 */
TAP_CASE(leak_memory_files, .seconds = 120)
{
	struct domain *d = memory_full(1);
	long xen, unreclaim, slab;

	if (has_kasan())
		skip("this kernel keeps freed memory");
	memory_files_come_and_go(d, 1000);
	xen = xen_free_pages();
	unreclaim = meminfo("SUnreclaim");
	slab = meminfo("Slab");
	memory_files_come_and_go(d, 1000);
	check(tap_soon(meminfo("SUnreclaim") < unreclaim + 128, 0));
	check(tap_soon(meminfo("Slab") < slab + 384, 0));
	gone_with_its_memory(d, xen);
}
