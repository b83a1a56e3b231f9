// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Processes that end in the middle of a long call of MMAPBATCH_V2.
 */
#include <pthread.h>

#include "batch/call.h"
#include "soon.h"

/*
 * A call whose frames all fail, so that the same call can be made again and
 * again.
 */
struct failing {
	struct area a;
	unsigned int dom;
	__u64 *frame;
	int *err;
	/*
	 * The end of a pipe. The process writes the seconds that a part of the
	 * call takes, and the thread writes to it when a call begins.
	 */
	int begun;
};

static void measure_part(const struct failing *f)
{
	struct area a = area_new(f->a.fd, f->a.n / PARTS);
	struct timespec t0;
	double part;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	v2(a.fd, f->dom, a.va, f->frame, f->err, a.n);
	part = seconds_since(&t0);
	check_eq(munmap(a.va, a.n * PAGE), 0);
	check_eq(write(f->begun, &part, sizeof(part)), sizeof(part));
}

static void *fail_for_ever(void *arg)
{
	struct failing *f = arg;

	check_eq(write(f->begun, "x", 1), 1);
	for (;;)
		v2(f->a.fd, f->dom, f->a.va, f->frame, f->err, f->a.n);
	return NULL;
}

enum ending { KILL, EXEC, EXIT };

static void end_meanwhile(struct failing *f, enum ending how, int after_us)
{
	pthread_t t;
	size_t i;

	f->a = area_new(f->a.fd, f->a.n);
	f->frame = malloc(f->a.n * sizeof(*f->frame));
	f->err = malloc(f->a.n * sizeof(*f->err));
	must(f->frame && f->err);
	for (i = 0; i < f->a.n; i++)
		f->frame[i] = BAD_FRAME;
	measure_part(f);
	must(!pthread_create(&t, NULL, fail_for_ever, f));
	usleep(after_us);
	if (how == EXEC) {
		must(freopen("/dev/null", "w", stdout));
		execl("/proc/self/exe", "privcmd-test", "--help", NULL);
	}
	if (how == EXIT)
		_exit(0);
	pause();
}

/*
 * A process ends while its other thread is in a long call. It must be gone
 * before a quarter of that call could be made.
 *
 * The call has 4 million frames that all fail, and the thread repeats it for
 * ever. The process ends soon after the call began, so an end that waited for
 * the call would take longer than that. The process first makes a call of a part
 * of the frames, which shows how long the work takes on this machine.
 */
static void ends_soon(enum ending how, int after_us)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct failing f = { .dom = d->id };
	struct timespec t0;
	double t, part = 0;
	int p[2], status;
	pid_t pid;

	f.a.n = 1UL << 22;
	f.a.fd = privcmd_open();
	must(!pipe(p));
	f.begun = p[1];
	pid = fork();
	if (pid == 0)
		end_meanwhile(&f, how, after_us);
	must(check_eq(read(p[0], &part, sizeof(part)), sizeof(part)));
	check_eq(read(p[0], &(char){ 0 }, 1), 1);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	usleep(after_us);
	if (how == KILL)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	t = seconds_since(&t0) - after_us * 1e-6;
	tap_note(
		"the process was gone %.2f s after its end began, the call takes %.2f s",
		t, part * PARTS);
	check(t < SOON * part);
	if (how == KILL)
		check(WIFSIGNALED(status));
	else
		check_eq(status, 0);
	if (driver())
		check_eq(fdinfo(f.a.fd, "xen-privcmd-failed"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(mmapbatch_v2_killed_long_before_its_end, .rows = "B10")
{
	ends_soon(KILL, 50000);	 /* reads frame numbers */
	ends_soon(KILL, 800000); /* maps frames */
}

TAP_HAZARD(mmapbatch_v2_exec_meanwhile, .rows = "B10")
{
	ends_soon(EXEC, 800000);
}

TAP_HAZARD(mmapbatch_v2_exit_meanwhile, .rows = "B10")
{
	ends_soon(EXIT, 800000);
}
