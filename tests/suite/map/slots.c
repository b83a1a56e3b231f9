// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Slots: pages of the physmap of a PVH or Arm dom0 that hold foreign frames.
 * How many a file may have, what a fault does that gets none, and how often the
 * kernel is asked for more.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include <pthread.h>

#include "dom0/events.h"
#include "faults/injected.h"
#include "x/copy.h"

#define ALL 1000

static void need_places(void)
{
	need_injection();
	if (!xlate())
		skip("PV dom0: foreign frames need no slots there");
}

static struct area mapped(int fd, const struct domain *d, size_t n)
{
	struct area a = area_new(fd, n);

	check(map_frames(&a, d, 0));
	return a;
}

static void unmap(const struct area *a)
{
	check_eq(munmap(a->va, a->n * PAGE), 0);
}

static int map_one(int fd, const struct domain *d)
{
	struct area a = area_new(fd, 1);
	int err, ret;

	ret = v2(fd, d->id, a.va, d->frame, &err, 1);
	unmap(&a);
	return ret;
}

static void refused(int fd, const struct domain *d)
{
	check_errno(map_one(fd, d), ENOMEM);
}

static int restricted(const struct domain *d)
{
	int fd = privcmd_open();

	must(!restrict_to(fd, d->id));
	return fd;
}

/*
 * One restricted file may have half of all slots, all restricted files together
 * three quarters.
 */
TAP_CASE(places_injected_share, .rows = "A47")
{
	struct domain *d = domain_new(DOMAIN_ANY, ALL);
	unsigned long lost, half, both;
	int one, other, free;
	struct area a, b, c;

	need_places();
	one = restricted(d);
	other = restricted(d);
	free = privcmd_open();
	lost = slots_lost(d);
	slots_limit(ALL + lost);
	half = (ALL + lost) / 2;
	both = (ALL + lost) / 4 * 3 - lost;
	a = mapped(one, d, half);
	refused(one, d);
	b = mapped(other, d, both - half);
	refused(other, d);
	c = mapped(free, d, ALL - both);
	refused(free, d);
	/* Slots that one file gives back are available to the others at once. */
	unmap(&a);
	a = mapped(free, d, half);
	refused(free, d);
	unmap(&a);
	unmap(&c);
	a = mapped(other, d, half - b.n);
	refused(other, d);
	unmap(&a);
	unmap(&b);
	a = mapped(one, d, half);
	refused(one, d);
	unmap(&a);
	a = mapped(free, d, ALL);
	refused(free, d);
	unmap(&a);
}

/* Slots count for the file that made the mapping, whichever file populates it. */
TAP_CASE(places_injected_share_of_another_file, .rows = "A24 A47")
{
	struct domain *d = domain_new(DOMAIN_ANY, ALL);
	int one, other = privcmd_open();
	unsigned long lost, half;
	struct area a;

	need_places();
	one = restricted(d);
	lost = slots_lost(d);
	slots_limit(ALL + lost);
	half = (ALL + lost) / 2;
	a = area_new(one, half + 1);
	check_errno(batch(2, other, d->id, a.va, d->frame, NULL, half + 1),
		    ENOMEM);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
	a = area_new(one, half);
	check_eq(batch(2, other, d->id, a.va, d->frame, NULL, half), 0);
	check(page_has(page_at(&a, half - 1), domain_seed(d, half - 1)));
	refused(one, d);
	area_done(&a);
	/* The file of the calls has used nothing of its own share. */
	check_eq(restrict_to(other, d->id), 0);
	a = mapped(other, d, half);
	area_done(&a);
}

/* The same for frames that a fault maps, alone or with others around it. */
TAP_CASE(places_injected_share_of_touches, .rows = "A47")
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a;
	size_t i;

	need_places();
	around("16");
	a = aligned_area(restricted(d), 64);
	must(!x_map_area(&a, d, 0, LAZY));
	/*
	 * The file may have half of 40, which is 20. Lost slots belong to no
	 * file.
	 */
	must(slots_lost(d) <= 10);
	slots_limit(40);
	check_eq(touch(page_at(&a, 0)), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 16);
	/* There are no slots for 16 more frames, so the page is mapped alone. */
	for (i = 20; i < 24; i++)
		check_eq(touch(page_at(&a, i)), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 20);
	check_eq(touch(page_at(&a, 24)), SIGBUS);
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 44);
	area_done(&a);
}

/* The kernel accesses the page for the program: EFAULT. */
static int kernel_reads(int pipe, const void *page)
{
	return write(pipe, page, 8) == 8 ? 0 : errno;
}

/* A fault that gets no slot ends with SIGBUS. The next access asks again. */
TAP_CASE(places_injected_want, .rows = "A47")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a;
	int pipes[2], i;

	need_places();
	must(!pipe(pipes));
	a = aligned_area(privcmd_open(), 4);
	must(!x_map_area(&a, d, 0, LAZY));
	slots_limit(slots_lost(d) + 1);
	around("4");
	check_eq(touch(page_at(&a, 1)), 0);
	for (i = 0; i < 3; i++) {
		check_eq(touch(page_at(&a, 2)), SIGBUS);
		check_eq(poke(page_at(&a, 2), 1), SIGBUS);
		check_eq(kernel_reads(pipes[1], page_at(&a, 2)), EFAULT);
		check_eq(state_at(&a, 2), PRIVCMD_X_LAZY);
		check_eq(error_at(&a, 2), 0);
	}
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	slots_limit(0);
	check_eq(kernel_reads(pipes[1], page_at(&a, 3)), 0);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 4);
	area_done(&a);
}

static void *page_in(void *unused)
{
	(void)unused;
	check(tap_soon(events_seen(" status=-2") > 0, 0));
	fail_no_frame();
	return NULL;
}

/*
 * A fault got no slot. The next one gets a slot, and its frame is paged out: it
 * waits for the frame, as any other fault does.
 *
 * The other thread brings the frame back when a fault has met the missing
 * frame, as the event says.
 */
TAP_CASE(places_injected_want_then_paged_out, .rows = "A6 A47")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a;
	pthread_t t;

	need_places();
	a = aligned_area(privcmd_open(), 4);
	must(!x_map_area(&a, d, 0, LAZY));
	around("1");
	slots_limit(slots_lost(d) + 1);
	check_eq(touch(page_at(&a, 1)), 0);
	check_eq(touch(page_at(&a, 2)), SIGBUS);
	slots_limit(0);
	fail_frame(d->frame[2], ENOENT);
	events_record("privcmd_lazy");
	must(!pthread_create(&t, NULL, page_in, NULL));
	if (check_eq(touch(page_at(&a, 2)), 0))
		check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	pthread_join(t, NULL);
	area_done(&a);
}

static long left_to_fail(void)
{
	char value[32];

	must(param_get("inject_left", value, sizeof(value)));
	return strtol(value, NULL, 10);
}

/* The number of refused requests is bounded, as the kernel logs each one. */
TAP_CASE(places_injected_asks, .rows = "A48")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	void *page = buffer(8);
	time_t begun = time(NULL);
	struct area a, held;
	int fd, i;
	long nr;

	need_places();
	fd = restricted(d);
	held = mapped(privcmd_open(), d, 8);
	a = aligned_area(fd, 8);
	must(!x_map_area(&a, d, 0, LAZY));
	must(param_set("inject_error", "12") &&
	     param_set("inject_times", "1000") && param_set("inject_nth", "1"));
	for (i = 0; i < 50; i++) {
		check_errno(x_copy(fd, d->id, d->frame, 8, 0, 8 * PAGE, page,
				   0),
			    ENOMEM);
		check_eq(touch(page_at(&a, i % 8)), SIGBUS);
		refused(fd, d);
	}
	/*
	 * At most ten refusals in five seconds, and as many for smaller
	 * requests, for as long as it took.
	 */
	nr = 1000 - left_to_fail();
	tap_note("%ld requests for slots were refused in %ld s", nr,
		 (long)(time(NULL) - begun));
	check(nr > 0);
	check(nr <= 20 * ((time(NULL) - begun) / 5 + 2));
	must(param_set("inject_nth", "0"));
	/* Slots that came back are available at once. */
	area_done(&held);
	check_eq(x_copy(fd, d->id, d->frame, 8, 0, 8 * PAGE, page, 0), 0);
	check(page_has(page, domain_seed(d, 0)));
	/*
	 * After some seconds the kernel is asked again, and all slots are
	 * available.
	 */
	sleep(6);
	check_eq(touch(a.va), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 8);
	area_done(&a);
	/* Refusals of large requests do not keep small requests from their slots. */
	must(param_set("inject_nth", "1"));
	for (i = 0; i < 10; i++)
		check_errno(x_copy(fd, d->id, d->frame, 8, 0, 8 * PAGE, page,
				   0),
			    ENOMEM);
	must(param_set("inject_nth", "0"));
	check_eq(map_one(fd, d), 0);
}

static char top[] = "/tmp/privcmd-test-XXXXXX";
static char group[64];

static void leave_cpuset(void)
{
	put_text("0", "%s/tasks", top);
	rmdir(group);
	umount2(top, MNT_DETACH);
	rmdir(top);
}

/*
 * A process that joins a cpuset gets another memory policy, for which the
 * kernel takes the mmap lock under the lock of CPU hotplug. A kernel that runs
 * short of slots takes the lock of CPU hotplug under the lock of its list of
 * slots. So the driver must not take the lock of that list under the mmap lock.
 *
 * A kernel with lockdep reports a wrong order even if no deadlock happens, and the
 * rig fails on that report.
 *
 * The case needs cgroup version 1: version 2 takes the mmap lock only if the CPUs or
 * the memory nodes of the process change, and the rig has one node.
 */
TAP_CASE(places_cpuset, .rows = "A49")
{
	static const size_t sizes[] = { 1, 7, 8, 600 };
	struct domain *d = domain_new(DOMAIN_ANY, 600);
	int fd = privcmd_open();
	struct area a;
	size_t i;

	must(mkdtemp(top));
	if (mount("none", top, "cgroup", 0, "cpuset")) {
		rmdir(top);
		skip("this kernel has no cpusets of cgroup version 1");
	}
	snprintf(group, sizeof(group), "%s/one", top);
	atexit(leave_cpuset);
	must(!mkdir(group, 0755));
	must(put_text("0", "%s/cpuset.cpus", group) &&
	     put_text("0", "%s/cpuset.mems", group));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		a = mapped(fd, d, sizes[i]);
		check(put_text("0", "%s/tasks", group));
		check_eq(munmap(a.va, sizes[i] * PAGE), 0);
		check(put_text("0", "%s/tasks", top));
		/* Replaced, and left to the end of the process. */
		a = mapped(fd, d, sizes[i]);
		must(mmap(a.va, sizes[i] * PAGE, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			  0) == a.va);
		must(!munmap(a.va, sizes[i] * PAGE));
		a = mapped(fd, d, sizes[i]);
	}
}
