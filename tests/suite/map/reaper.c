// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The fast ways of unmapping: the frames that munmap() leaves to the reaper, and
 * that a program notices no difference but the time. reaper_limit.c has the
 * limits.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "map/reaper.h"

/*
 * So many frames that Arm's hypervisor does not finish with them between two
 * interrupts.
 */
#ifdef __aarch64__
#define PLENTY 65536
#else
#define PLENTY MANY
#endif

long waiting(int fd)
{
	return fdinfo(fd, "xen-privcmd-later");
}

bool all_given_back(int fd)
{
	return tap_soon(!waiting(fd), waiting(fd));
}

void round_trip(int fd, struct domain *d, size_t n, unsigned int seed)
{
	struct area a = area_new(fd, n);
	size_t i;

	check(map_frames(&a, d, 0));
	for (i = 0; i < n; i++)
		page_fill(page_at(&a, i), seed + i);
	check_eq(munmap(a.va, n * PAGE), 0);
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
	a = area_new(fd, n);
	check(map_frames(&a, d, 0));
	for (i = 0; i < n; i++)
		check(page_has(page_at(&a, i), seed + i));
	check_eq(munmap(a.va, n * PAGE), 0);
}

TAP_CASE(later_all_sizes)
{
	static const size_t sizes[] = { 1,  2,	 7,   8,   9,	15,  16,
					17, 100, 511, 512, 513, MANY };
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	int fd = privcmd_open();
	size_t i;

	need_ours();
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		round_trip(fd, d, sizes[i], i);
	check(all_given_back(fd));
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A dead domain goes after munmap(), although no call waits for the reaper.
 * Reading the list of domains by a sysctl does not make the driver
 * wait for it, as a domctl may.
 */
TAP_CASE(later_domain_ends)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1024);
	struct area a = area_new(privcmd_open(), 1024);

	check(map_frames(&a, d, 0));
	domain_destroy(d);
	check(domain_listed(d->id));
	check_eq(munmap(a.va, 1024 * PAGE), 0);
	check(tap_soon(!domain_listed(d->id), xen_free_pages()));
}

/*
 * A domain is destroyed as soon as its last frame is unmapped, and no other
 * process runs in between. On Arm the hypervisor cannot finish that while so
 * many frames wait, and it does not let them be removed meanwhile.
 *
 * The process has a real-time priority, so the reaper does not run between the
 * two calls. If the driver did not remove the frames before it passes the
 * domctl on, the call would hang, and with it the case.
 */
TAP_CASE(later_destroyed_at_once, .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, PLENTY);
	struct area a = area_new(privcmd_open(), PLENTY);
	struct sched_param first = { .sched_priority = 1 };

	/* Frames of domain_new() may wait, too. */
	must(!driver() || param_set("max_later", "131072"));
	check(map_frames(&a, d, 0));
	must(!sched_setscheduler(0, SCHED_FIFO, &first));
	check_eq(munmap(a.va, PLENTY * PAGE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The end of a domain waits for its own frames only, not for those of other
 * domains.
 *
 * The process has a real-time priority and the only CPU, so the reaper runs
 * only while a call waits for it. So the count of waiting frames shows exactly
 * what a call has waited for: the end of the other domain leaves it unchanged,
 * and the end of this one makes it 0.
 */
TAP_CASE(later_other_domain, .rows = "A50")
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	struct domain *other = domain_new(DOMAIN_ANY, 1);
	struct sched_param first = { .sched_priority = 1 };
	struct area a;

	need_ours();
	if (!xlate())
		skip("PV dom0: nothing waits there");
	if (get_nprocs() > 1)
		skip("the worker has a CPU of its own");
	must(param_set("fast", "1"));
	a = area_new(privcmd_open(), MANY);
	check(map_frames(&a, d, 0));
	must(!sched_setscheduler(0, SCHED_FIFO, &first));
	check_eq(munmap(a.va, MANY * PAGE), 0);
	check_eq(waiting(a.fd), MANY);
	domain_destroy(other);
	check_eq(waiting(a.fd), MANY);
	domain_destroy(d);
	check_eq(waiting(a.fd), 0);
	must(!sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }));
	check(domain_gone(other));
	check(domain_gone(d));
}

/*
 * Unmaps frames and then waits in a call until they are removed. From the write
 * to @ready on, no process of normal priority runs.
 */
static void wait_in_call(struct domain *d, int ready)
{
	struct area a = area_new(privcmd_open(), MANY);
	struct sched_param ahead = { .sched_priority = 2 };

	must(map_frames(&a, d, 0));
	must(!sched_setscheduler(0, SCHED_FIFO, &ahead));
	must(write(ready, "", 1) == 1);
	must(!munmap(a.va, MANY * PAGE));
	domain_destroy(d);
	_exit(0);
}

#define LOOKS 20000

/*
 * A process that waits for the reaper can be killed.
 *
 * On a single CPU the parent keeps the reaper from running, as it spins with a
 * real-time priority. So the frames that the child waits for are not removed,
 * and the child can only end because of the signal. It has a higher priority, so
 * it is gone after few looks of the parent, however slow the machine is.
 *
 * The kernel leaves real-time processes 95 % of each second. If the looks take
 * longer than that, the reaper runs, and a child that ignores the signal ends,
 * too.
 */
TAP_CASE(later_wait_killed)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	struct sched_param first = { .sched_priority = 1 };
	int ready[2], status, i;
	pid_t pid, ended = 0;
	char c;

	must(!driver() || param_set("fast", "1"));
	must(!pipe(ready));
	pid = fork();
	if (pid == 0)
		wait_in_call(d, ready[1]);
	must(pid > 0 && !sched_setscheduler(0, SCHED_FIFO, &first));
	must(read(ready[0], &c, 1) == 1);
	kill(pid, SIGKILL);
	for (i = 0; i < LOOKS && !ended; i++)
		ended = waitpid(pid, &status, WNOHANG);
	/* the in-tree driver does not wait */
	if (driver() && get_nprocs() == 1)
		check_eq(ended, pid);
	/* Its frames still wait, so the killed process has not destroyed the domain. */
	if (driver() && xlate() && ended && get_nprocs() == 1)
		check(!domain_dying(d));
	must(!sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }));
	if (!ended)
		check_eq(waitpid(pid, &status, 0), pid);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Of a lazy mapping only those frames wait that have been accessed, however
 * large it is.
 */
TAP_CASE(later_lazy)
{
	struct domain *d = domain_new(DOMAIN_HVM, MANY);
	int fd = privcmd_open();
	struct area a = area_new(fd, 100000);
	struct sched_param first = { .sched_priority = 1 };
	size_t i;

	need_ours();
	must(param_set("fast", "1"));
	must(check_eq(x_map(fd, d->id, a.va, (void *)d->frame[0], 100000,
			    LAZY | CONTIGUOUS, NULL),
		      0));
	for (i = 0; i < MANY; i++)
		page_fill(page_at(&a, i), i);
	must(!sched_setscheduler(0, SCHED_FIFO, &first));
	check_eq(munmap(a.va, 100000 * PAGE), 0);
	check_eq(waiting(fd), xlate() ? MANY : 0);
	must(!sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }));
	check(all_given_back(fd));
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Waiting frames count against max_frames, but a call that needs room waits for
 * their removal and succeeds.
 */
TAP_CASE(later_counts)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	int fd = privcmd_open(), i;
	struct area a;

	need_ours();
	must(param_set("max_frames", "700"));
	for (i = 0; i < 20; i++) {
		a = area_new(fd, MANY);
		check(map_frames(&a, d, 0));
		check_eq(munmap(a.va, MANY * PAGE), 0);
	}
}

/* Frames can wait after their file was closed. */
TAP_CASE(later_file_closed)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	long before = xen_free_pages();
	int i;

	need_ours();
	for (i = 0; i < 20; i++) {
		struct area a = area_new(privcmd_open(), MANY);

		check(map_frames(&a, d, 0));
		close(a.fd);
		check_eq(munmap(a.va, MANY * PAGE), 0);
	}
	domain_destroy(d);
	check(domain_gone(d));
	check(xen_free_pages() >= before + MANY - 8);
}

/*
 * Another area is mapped where an area was. An munmap() there unmaps only the
 * new area, and none of the moved one.
 */
TAP_CASE(later_moved_away)
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	int fd = privcmd_open();
	struct area a, b;
	void *there, *anon;
	size_t i;

	need_ours();
	a = area_new(fd, 32);
	check(map_frames(&a, d, 0));
	for (i = 0; i < 32; i++)
		page_fill(page_at(&a, i), i);
	there = aside(32);
	check(mremap(a.va, 32 * PAGE, 32 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		     there) == there);
	anon = mmap(a.va, 32 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	must(anon == a.va);
	for (i = 0; i < 32; i++)
		page_fill(anon + i * PAGE, 100 + i);
	/*
	 * This drops entries of the anonymous area. The area that moved keeps
	 * its entries.
	 */
	check_eq(madvise(anon, 16 * PAGE, MADV_DONTNEED), 0);
	check_eq(*(unsigned char *)anon, 0);
	for (i = 16; i < 32; i++)
		check(page_has(anon + i * PAGE, 100 + i));
	a.va = there;
	for (i = 0; i < 32; i++)
		check(page_has(page_at(&a, i), i));
	/* The other way round: a new area at the old address. */
	must(!munmap(anon, 32 * PAGE));
	b = (struct area){ .fd = fd, .n = 32 };
	b.va = mmap(anon, 32 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0);
	must(b.va == anon);
	check(map_frames(&b, d, 32));
	page_fill(b.va, 7);
	check_eq(munmap(a.va, 32 * PAGE), 0);
	check(page_has(b.va, 7));
	check_eq(munmap(b.va, 32 * PAGE), 0);
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
}

/* One munmap() of many areas with holes between them. */
TAP_CASE(later_many_at_once)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	unsigned char *room = aside(64 * 16);
	int fd = privcmd_open(), i;

	need_ours();
	for (i = 0; i < 64; i += 2) {
		struct area a = { .fd = fd, .n = 16 };

		a.va = mmap(room + i * 16 * PAGE, 16 * PAGE,
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			    0);
		must(a.va != MAP_FAILED);
		check(map_frames(&a, d, i));
	}
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 32 * 16);
	check_eq(munmap(room, 64 * 16 * PAGE), 0);
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
	check(all_given_back(fd));
	domain_destroy(d);
	check(domain_gone(d));
}
