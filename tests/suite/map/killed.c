// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Processes that are killed in the middle of MMAP and of the largest calls of
 * our own. batch/ends.c and batch/load.c kill calls of MMAPBATCH_V2.
 *
 * The process is killed when a small part of the call's work is done. It must be
 * gone before another quarter of the work could be done. A call that ignored the
 * signal would do all the rest. The process first does a part of the work
 * without a signal, which shows how long the work takes on this machine. For MMAP the
 * event with -EINTR shows that the call has ended early.
 */
#include "dom0/events.h"
#include "memory/memory.h"
#include "soon.h"

#define MOST	(1UL << 28) /* frames: 1 TiB, the default of max_frames */
#define RUN	(1UL << 22) /* frames of one entry of MMAP */
#define SINGLES (1UL << 20) /* entries of one frame each */
#define PIECE	(2UL << 20) /* bytes */

/*
 * Memory for an array of any length that costs only 2 MiB: the same pages
 * everywhere, filled with copies of the @unit bytes at @fill.
 */
static void *endless(size_t bytes, const void *fill, size_t unit)
{
	unsigned char *va = aside(bytes / PAGE);
	int fd = memfd_create("endless", MFD_CLOEXEC);
	size_t at;

	must(fd >= 0 && !ftruncate(fd, PIECE));
	for (at = 0; at < bytes; at += PIECE)
		must(mmap(va + at, PIECE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	for (at = 0; fill && at < PIECE; at += unit)
		memcpy(va + at, fill, unit);
	close(fd);
	return va;
}

struct work {
	const struct domain *d;
	struct area a;
	void *array;
};

/* A lazy mapping; no frame of it is mapped yet. */
static void map_lazily(struct work *w, size_t n, struct privcmd_x_frame *status)
{
	w->a = area_new(w->a.fd, n);
	must(!x_map(w->a.fd, w->d->id, w->a.va, NULL, n, LAZY | CONTIGUOUS,
		    status));
}

/* The calls do 1 / @parts of the work. */

static void before_x_map(struct work *w)
{
	w->array = endless(MOST * sizeof(struct privcmd_x_frame), NULL, 0);
}

static void x_map_all(struct work *w, unsigned int parts)
{
	map_lazily(w, MOST / parts, w->array);
	area_done(&w->a);
}

static void before_x_status(struct work *w)
{
	before_x_map(w);
	map_lazily(w, MOST, NULL);
}

static void x_status_all(struct work *w, unsigned int parts)
{
	must(!status(w->a.fd, w->a.va, w->array, MOST / parts));
}

static void before_x_unmap(struct work *w)
{
	map_lazily(w, MOST, NULL);
}

/* One page is left out, as releasing all pages at once would take no time. */
static void x_unmap_most(struct work *w, unsigned int parts)
{
	must(!x_unmap(w->a.fd, w->a.va, MOST / parts - 1));
}

#define COPIED (1UL << 30) /* bytes */

static void before_x_copy(struct work *w)
{
	w->array = endless(COPIED / PAGE * sizeof(__u64), w->d->frame,
			   sizeof(__u64));
	w->a.va = endless(COPIED, NULL, 0);
}

static void x_copy_much(struct work *w, unsigned int parts)
{
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = w->d->id,
		.frames = (unsigned long)w->array,
		.num = COPIED / PAGE / parts,
		.len = COPIED / parts,
		.buf = (unsigned long)w->a.va,
	};

	must(!ioctl(w->a.fd, PRIVCMD_X_COPY, &c));
}

#define HOLES (256UL << 20) /* bytes */

static int file_of_holes;

static void before_memory_read(struct work *w)
{
	w->a.va = endless(HOLES, NULL, 0);
}

static void memory_read_much(struct work *w, unsigned int parts)
{
	must(pread(file_of_holes, w->a.va, HOLES / parts, 0) ==
	     (ssize_t)(HOLES / parts));
}

static void mmap_runs(const struct work *w, struct privcmd_mmap_entry *e,
		      int num)
{
	struct privcmd_mmap m = { .num = num, .dom = w->d->id, .entry = e };

	must(ioctl(w->a.fd, IOCTL_PRIVCMD_MMAP, &m) == -1);
}

/*
 * The area is larger than what the entries name, so the call does all the work
 * for the entries and then fails, and maps nothing.
 */
static void before_mmap(struct work *w)
{
	struct privcmd_mmap_entry *e;
	size_t i;

	w->a = area_new(w->a.fd, RUN + 1);
	w->array = e = calloc(SINGLES, sizeof(*e));
	must(e);
	for (i = 0; i < SINGLES; i++)
		e[i] = (struct privcmd_mmap_entry){
			(unsigned long)page_at(&w->a, i), BAD_FRAME, 1
		};
}

static void mmap_run(struct work *w, unsigned int parts)
{
	struct privcmd_mmap_entry e = { (unsigned long)w->a.va, BAD_FRAME,
					RUN / parts };

	mmap_runs(w, &e, 1);
}

static void mmap_singles(struct work *w, unsigned int parts)
{
	mmap_runs(w, w->array, SINGLES / parts);
}

/*
 * A child makes the call again and again, and is killed @after_us after it
 * began. Returns how many times the measured part of the work could have been
 * done until the child was gone.
 */
static double killed(void (*before)(struct work *),
		     void (*call)(struct work *, unsigned int parts),
		     int after_us)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct work w = { .d = d, .a.fd = privcmd_open() };
	struct timespec t0;
	double part = 0, t;
	int p[2], how;
	pid_t pid;

	must(!pipe(p));
	pid = fork();
	if (pid == 0) {
		before(&w);
		clock_gettime(CLOCK_MONOTONIC, &t0);
		call(&w, PARTS);
		part = seconds_since(&t0);
		must(write(p[1], &part, sizeof(part)) == sizeof(part));
		for (;;)
			call(&w, 1);
	}
	close(p[1]);
	/* 0: a check failed */
	must(check_eq(read(p[0], &part, sizeof(part)), sizeof(part)));
	close(p[0]);
	usleep(after_us);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	kill(pid, SIGKILL);
	waitpid(pid, &how, 0);
	t = seconds_since(&t0);
	check(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
	tap_note(
		"the process was gone %.2f s after the signal, the work takes %.2f s",
		t, part * PARTS);
	check_eq(fdinfo(w.a.fd, "xen-privcmd-lazy"), 0);
	check_eq(fdinfo(w.a.fd, "xen-privcmd-frames"), 0);
	close(w.a.fd);
	domain_destroy(d);
	check(domain_gone(d));
	return t / part;
}

TAP_HAZARD(x_map_killed_at_1_tib, .rows = "B10", .seconds = 240)
{
	need_ours();
	check(killed(before_x_map, x_map_all, 100000) < SOON);
	check(killed(before_x_map, x_map_all, 1500000) < SOON);
}

TAP_HAZARD(x_status_killed_at_1_tib, .rows = "B10", .seconds = 120)
{
	need_ours();
	check(killed(before_x_status, x_status_all, 300000) < SOON);
}

TAP_HAZARD(x_unmap_killed_at_1_tib, .rows = "B10")
{
	need_ours();
	check(killed(before_x_unmap, x_unmap_most, 300000) < SOON);
}

TAP_HAZARD(x_copy_killed_at_1_gib, .rows = "B10")
{
	need_ours();
	check(killed(before_x_copy, x_copy_much, 300000) < SOON);
}

/* Every frame is a hole. So the hypervisor is asked for each of them alone. */
TAP_HAZARD(memory_read_killed_at_256_mib, .rows = "B10")
{
	struct domain *d = memory_full(1);

	file_of_holes = memory_of(d, 1, HOLES / PAGE, ZERO_HOLES);
	check(killed(before_memory_read, memory_read_much, 300000) < SOON);
	close(file_of_holes);
	memory_end(d);
}

/*
 * Repeats until the signal has met the call at a point where it can stop. The
 * event says that the call has stopped there.
 */
static void mmap_killed(void (*call)(struct work *, unsigned int parts))
{
	char interrupted[64];
	int i;

	snprintf(interrupted, sizeof(interrupted), "cmd=%#x ret=%d",
		 (unsigned int)IOCTL_PRIVCMD_MMAP, -EINTR);
	events_forget();
	for (i = 0; i < 8 && !events_seen(interrupted); i++)
		killed(before_mmap, call, 100000 + i * 37000);
	check_eq(events_seen(interrupted), 1);
}

TAP_HAZARD(mmap_killed_in_the_middle, .rows = "B10")
{
	need_pv("MMAP is PV only");
	need_ours();
	events_record("privcmd_ioctl");
	mmap_killed(mmap_run);
	mmap_killed(mmap_singles);
}
