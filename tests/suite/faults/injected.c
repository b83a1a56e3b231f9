// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Failures that no hypervisor of the rig can produce: frames that are paged
 * out, and frames that cannot be removed. The module of `make INJECT=1`
 * produces them; on any other module these cases are skipped.
 */
#include "dom0/held.h"
#include "faults/injected.h"

/* From <xen/xen.h>, which device.h excludes: see domain.h. */
#define DOMCTL 36UL

#define N	 7
#define NO_FRAME "18446744073709551615"

void need_injection(void)
{
	char value[32];

	if (!param_get("inject_gfn", value, sizeof(value)))
		skip("needs the injection build");
}

/* Sets a parameter of the injection build. Its old value is restored at exit. */
static void set(const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	must(check(param_set(name, text)));
}

void fail_frame(__u64 gfn, int error)
{
	need_injection();
	set("inject_error", error);
	set("inject_gfn", gfn);
}

void fail_no_frame(void)
{
	must(check(param_set("inject_gfn", NO_FRAME)));
}

void slots_limit(unsigned long nr)
{
	set("inject_max_places", nr);
}

static bool one_works(int fd, const struct domain *d)
{
	struct area a = area_new(fd, 1);
	int err, ret = v2(fd, d->id, a.va, d->frame, &err, 1);

	must(!munmap(a.va, PAGE));
	return !ret;
}

unsigned long slots_lost(const struct domain *d)
{
	int fd = privcmd_open();
	unsigned long nr = 0;

	do
		slots_limit(++nr);
	while (!one_works(fd, d) && nr < 100);
	close(fd);
	return nr - 1;
}

/* All pages but @bad show their frames. Page @bad is a hole. */
static void all_but(const struct area *a, const struct domain *d, size_t bad,
		    int error)
{
	struct privcmd_x_frame f[N];
	size_t i;

	must(!status(a->fd, a->va, f, N));
	for (i = 0; i < N; i++) {
		check_eq(f[i].state, i == bad ? PRIVCMD_X_NONE : PRIVCMD_X_RW);
		check_eq(f[i].error, i == bad ? error : 0);
		check_eq(touch(page_at(a, i)), i == bad ? SIGBUS : 0);
		if (i != bad)
			check(page_has(page_at(a, i), domain_seed(d, i)));
	}
	check_eq(fdinfo(a->fd, "xen-privcmd-frames"), N - 1);
	check_eq(fdinfo(a->fd, "xen-privcmd-failed"), 1);
}

/* Retries only the failed page: first without success, then with success. */
static void retry(const struct area *a, const struct domain *d, size_t bad)
{
	int err = 1;
	size_t i;

	check_errno(v2(a->fd, d->id, page_at(a, bad), &d->frame[bad], &err, 1),
		    ENOENT);
	check_eq(err, -ENOENT);
	all_but(a, d, bad, -ENOENT);
	fail_no_frame();
	check_eq(v2(a->fd, d->id, page_at(a, bad), &d->frame[bad], &err, 1), 0);
	check_eq(err, 0);
	for (i = 0; i < N; i++)
		check(page_has(page_at(a, i), domain_seed(d, i)));
	check_eq(fdinfo(a->fd, "xen-privcmd-frames"), N);
	check_eq(fdinfo(a->fd, "xen-privcmd-failed"), 0);
}

/* The paged-out frame is the first, a middle or the last one. */
static void paged_out(enum domain_kind kind)
{
	static const size_t at[] = { 0, 3, N - 1 };
	struct domain *d = domain_new(kind, N);
	int fd = privcmd_open();
	size_t i, k;

	for (k = 0; k < ARRAY_SIZE(at); k++) {
		struct area a = area_new(fd, N);
		int err[N];

		fail_frame(d->frame[at[k]], ENOENT);
		memset(err, 0x55, sizeof(err));
		check_errno(v2(fd, d->id, a.va, d->frame, err, N), ENOENT);
		for (i = 0; i < N; i++)
			check_eq(err[i], i == at[k] ? -ENOENT : 0);
		all_but(&a, d, at[k], -ENOENT);
		retry(&a, d, at[k]);
		area_done(&a);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(mmapbatch_v2_injected_paged_out, .rows = "A6 B6")
{
	paged_out(DOMAIN_ANY);
}

TAP_CASE(mmapbatch_v2_injected_paged_out_hvm, .rows = "A6 B6")
{
	paged_out(DOMAIN_HVM);
}

/* Beside frames that fail for good. Those alone would not fail the call. */
TAP_CASE(mmapbatch_v2_injected_paged_out_among_bad, .rows = "A6 B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	__u64 frame[N];
	int err[N];
	size_t i;

	for (i = 0; i < N; i++)
		frame[i] = i % 3 ? d->frame[i] : BAD_FRAME + i;
	fail_frame(d->frame[2], ENOENT);
	check_errno(v2(a.fd, d->id, a.va, frame, err, N), ENOENT);
	for (i = 0; i < N; i++) {
		if (i == 2)
			check_eq(err[i], -ENOENT);
		else if (i % 3)
			check_eq(err[i], 0);
		else
			check(err[i] < 0 && err[i] != -ENOENT);
		check_eq(touch(page_at(&a, i)), err[i] ? SIGBUS : 0);
	}
	fail_no_frame();
	check_eq(v2(a.fd, d->id, page_at(&a, 2), &d->frame[2], err, 1), 0);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	area_done(&a);
}

/*
 * V1 marks a paged-out frame differently from a frame that fails for another
 * reason.
 */
TAP_CASE(mmapbatch_injected_paged_out, .rows = "A6 B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	__u64 arr[N];
	size_t i;

	memcpy(arr, d->frame, sizeof(arr));
	fail_frame(d->frame[3], ENOENT);
	check_errno(v1(a.fd, d->id, a.va, arr, N), ENOENT);
	for (i = 0; i < N; i++)
		check_eq(arr[i], d->frame[i] | (i == 3 ? 0x80000000 : 0));
	all_but(&a, d, 3, -ENOENT);
	retry(&a, d, 3);
	area_done(&a);

	a = area_new(a.fd, N);
	memcpy(arr, d->frame, sizeof(arr));
	fail_frame(d->frame[3], EBUSY);
	check_eq(v1(a.fd, d->id, a.va, arr, N), 0);
	for (i = 0; i < N; i++)
		check_eq(arr[i], d->frame[i] | (i == 3 ? 0xf0000000 : 0));
	area_done(&a);
}

/* MMAP maps all frames or none. */
TAP_CASE(mmap_injected_paged_out, .rows = "B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	struct privcmd_mmap_entry e[N];
	struct privcmd_mmap m = { .num = N, .dom = d->id, .entry = e };
	size_t i;

	need_pv("MMAP is PV only");
	for (i = 0; i < N; i++)
		e[i] = (struct privcmd_mmap_entry){
			(unsigned long)page_at(&a, i), d->frame[i], 1
		};
	fail_frame(d->frame[3], ENOENT);
	check_errno(ioctl(a.fd, IOCTL_PRIVCMD_MMAP, &m), ENOENT);
	for (i = 0; i < N; i++)
		check_eq(touch(page_at(&a, i)), SIGBUS);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	fail_no_frame();
	check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP, &m), 0);
	for (i = 0; i < N; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}

/*
 * The caller gets exactly the hypervisor's errno for a frame. On PV some of
 * these errnos make the driver try read-only; that attempt is refused, too.
 */
TAP_CASE(mmapbatch_v2_injected_errnos, .rows = "A5 A22")
{
	static const int error[] = { EBUSY,  EPERM,  EACCES, ENOMEM,
				     EINVAL, EFAULT, 4095 };
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int fd = privcmd_open(), err[N];
	size_t i, k;

	for (k = 0; k < ARRAY_SIZE(error); k++) {
		struct area a = area_new(fd, N);

		fail_frame(d->frame[3], error[k]);
		check_eq(v2(fd, d->id, a.va, d->frame, err, N), 0);
		for (i = 0; i < N; i++)
			check_eq(err[i], i == 3 ? -error[k] : 0);
		all_but(&a, d, 3, -error[k]);
		check_eq(fdinfo(fd, "xen-privcmd-readonly"), 0);
		fail_no_frame();
		check_eq(v2(fd, d->id, page_at(&a, 3), d->frame + 3, err, 1),
			 0);
		check_eq(err[0], 0);
		check_eq(poke(page_at(&a, 3), *page_at(&a, 3)), 0);
		check_eq(state_at(&a, 3), PRIVCMD_X_RW);
		area_done(&a);
	}
}

/*
 * The entry of a page was dropped, and now its frame cannot be mapped. The page
 * is not lost: its frame belongs to the mapping, and the next access tries
 * again.
 */
TAP_CASE(vma_injected_refill, .rows = "B1 B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	unsigned char *va = aside(N);
	size_t i;

	need_pv("entries move with the mapping, nothing is refilled");
	must(map_frames(&a, d, 0));
	fail_frame(d->frame[3], ENOENT);
	must(mremap(a.va, N * PAGE, N * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	for (i = 0; i < N; i++)
		check_eq(touch(page_at(&a, i)), i == 3 ? SIGBUS : 0);
	check_eq(state_at(&a, 3), PRIVCMD_X_RW);
	check_errno(v2(a.fd, d->id, page_at(&a, 3), d->frame, (int[1]){ 0 }, 1),
		    EINVAL);
	fail_no_frame();
	for (i = 0; i < N; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The same for a read-only page that cannot be made writable yet. */
TAP_CASE(readonly_injected_upgrade, .rows = "A22 B13")
{
	struct area a = area_new(privcmd_open(), N);
	struct domain *d;

	need_pv("pinned frames map writable");
	need_injection();
	d = domain_new(DOMAIN_PV, N);
	must(map_frames(&a, d, 0));
	memset(page_at(&a, 3), 0, PAGE);
	area_done(&a);
	must(check_eq(domain_pin_l1(d, 3), 0));
	a = area_new(a.fd, N);
	must(map_frames(&a, d, 0));
	must(check_eq(domain_unpin(d, 3), 0));
	fail_frame(d->frame[3], EBUSY);
	check_eq(poke(page_at(&a, 3), 1), SIGBUS);
	check_eq(state_at(&a, 3), PRIVCMD_X_RO);
	fail_no_frame();
	check_eq(*page_at(&a, 3), 0);
	check_eq(poke(page_at(&a, 3), 1), 0);
	check_eq(state_at(&a, 3), PRIVCMD_X_RW);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Has the kernel logged this text since @log was opened? */
static bool log_says(int log, const char *text)
{
	char line[1024];
	ssize_t n;

	while ((n = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = 0;
		if (strstr(line, text))
			return true;
	}
	return false;
}

static int log_from_here(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	must(fd >= 0 && lseek(fd, 0, SEEK_END) >= 0);
	return fd;
}

/*
 * Makes the removal of the next @nr frames fail. These frames must be the
 * case's, so first the reaper has to remove all frames that were mapped to fill
 * new domains.
 *
 * Before a domctl that destroys a domain, the driver waits for the reaper to
 * remove that domain's frames. It does so even if the hypervisor does not know
 * the domctl's interface version. So the domctls here make the driver wait and
 * destroy nothing. No boot of the rig has more than 1024 domains.
 */
void fail_unmaps(unsigned int nr)
{
	uint32_t destroy[64] = { 2 }; /* XEN_DOMCTL_destroydomain */
	int fd;

	if (!xlate())
		skip("PV dom0: nothing is removed from a physmap");
	need_injection();
	fd = privcmd_open();
	for (destroy[2] = 0; destroy[2] < 1024; destroy[2]++)
		check_errno(hypercall(fd, DOMCTL, (uintptr_t)destroy, 0, 0, 0,
				      0),
			    EACCES);
	close(fd);
	set("inject_unmaps", nr);
}

/*
 * One frame of the domain is still mapped, so the domain cannot go, but all its
 * other memory is freed. The slot of that frame is never used again, so other
 * mappings work.
 */
void lost(struct domain *d)
{
	struct domain *other = domain_new(DOMAIN_ANY, 600);
	long before;
	int i;

	before = xen_free_pages();
	domain_destroy(d);
	check(domain_held(d));
	check(xen_free_pages_back(before + d->n - 1, 16));
	for (i = 0; i < 3; i++) {
		struct area a = area_new(privcmd_open(), 600);
		size_t k;

		must(map_frames(&a, other, 0));
		for (k = 0; k < 600; k++)
			check(page_has(page_at(&a, k), domain_seed(other, k)));
		area_done(&a);
		close(a.fd);
	}
	domain_destroy(other);
	check(domain_gone(other));
	check(domain_held(d));
}

TAP_CASE(mmapbatch_v2_injected_unmap_refused, .rows = "A7 B17")
{
	struct domain *d = domain_new(DOMAIN_ANY, 200);
	struct area a = area_new(privcmd_open(), 200);
	int log = log_from_here();

	fail_unmaps(0);
	must(map_frames(&a, d, 0));
	fail_unmaps(1);
	area_done(&a);
	/* The frames may be removed after munmap() has returned. */
	check(tap_soon(fdinfo(a.fd, "xen-privcmd-later") <= 0,
		       fdinfo(a.fd, "xen-privcmd-later")));
	check(log_says(log, "page lost"));
	lost(d);
}

/*
 * The undo of a failed call meets a frame that cannot be removed. The call
 * fails as it gets no slots for its second page table, twice. Everything else
 * is undone, and the area stays usable.
 */
TAP_CASE(mmapbatch_injected_undo_refused, .rows = "A7 B12 B17")
{
	struct domain *d = domain_new(DOMAIN_ANY, 200);
	struct domain *other = domain_new(DOMAIN_ANY, 200);
	struct area a = held_area(privcmd_open(), 0, 200);
	int log = log_from_here();
	int err[200];

	fail_unmaps(1);
	set("inject_error", ENOMEM);
	set("inject_times", 2);
	/*
	 * The first two hypercalls are those for the slots and the frames of
	 * the first page table.
	 */
	set("inject_nth", 3);
	check_errno(v2(a.fd, d->id, a.va, d->frame, err, 200), ENOMEM);
	set("inject_nth", 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check(log_says(log, "page lost"));
	area_works(&a, other);
	lost(d);
}
