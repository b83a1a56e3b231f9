// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Processes that are killed, or end, in the middle of their work. Nothing of
 * them is left in the file that they share with their parent.
 */
#include "stress.h"

#define BAD 5000 /* frames that fail, for a long batch */

/* Maps and unmaps pages that no worker writes, for ever. */
static void *map_for_ever(void *arg)
{
	struct worker *w = arg;
	struct view v;

	for (;;) {
		if (!view_map(w, &v, w->fd, view_size(&w->rng)))
			continue;
		if (one_in(&w->rng, 4))
			view_check(w, &v);
		if (!one_in(&w->rng, 8)) /* otherwise leave it mapped */
			view_unmap(&v);
	}
	return NULL;
}

static void *fail_for_ever(void *arg)
{
	struct worker *w = arg;
	struct area a = area_new(w->fd, BAD);
	__u64 *frame = malloc(BAD * sizeof(*frame));
	int *err = malloc(BAD * sizeof(*err));
	size_t i;

	for (i = 0; i < BAD; i++)
		frame[i] = BAD_FRAME;
	for (;;)
		v2(a.fd, target[FIRST]->id, a.va, frame, err, BAD);
	return NULL;
}

static void child(struct worker *w)
{
	struct worker second = worker_beside(w, 1);
	pthread_t t;

	must(!pthread_create(&t, NULL,
			     one_in(&w->rng, 3) ? fail_for_ever : map_for_ever,
			     &second));
	if (one_in(&w->rng, 8)) {
		usleep(below(&w->rng, 30000));
		_exit(0);
	}
	map_for_ever(w);
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };

	must(!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT));
	return info.si_pid == pid;
}

/*
 * Waits until the process has frames, so that it is usually at work when it is
 * killed, however slow the machine is. A process that ends by itself may be
 * gone before it has any.
 */
static void wait_for_work(const struct worker *w, pid_t pid)
{
	int i;

	for (i = 0; i < 1000 && !ended(pid); i++) {
		if (fdinfo(w->fd, "xen-privcmd-frames") ||
		    fdinfo(w->fd, "xen-privcmd-failed"))
			return;
		usleep(1000);
	}
}

/*
 * Waits until the reaper has removed the frames. That may take long: it removes
 * the frames of all files one after the other, on a CPU that all loads compete
 * for, and under emulation each frame on PVH takes long.
 */
static bool given_back(int fd)
{
	return tap_soon(!fdinfo(fd, "xen-privcmd-later"),
			fdinfo(fd, "xen-privcmd-later"));
}

static void round_of_kills(struct worker *w)
{
	unsigned int state = below(&w->rng, UINT_MAX);
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		w->rng.state = state;
		child(w);
	}
	must(pid > 0);
	if (!one_in(&w->rng, 8))
		wait_for_work(w, pid);
	usleep(below(&w->rng, 60000));
	if (fdinfo(w->fd, "xen-privcmd-frames") > 0)
		count(MET, 1);
	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) == pid);
	check(status == SIGKILL || status == 0);
	check_eq(fdinfo(w->fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(w->fd, "xen-privcmd-readonly"), 0);
	check_eq(fdinfo(w->fd, "xen-privcmd-failed"), 0);
	check(given_back(w->fd));
	count(KILLS, 1);
	count(ROUNDS, 1);
}

void load_killed(struct worker *w)
{
	while (running())
		round_of_kills(w);
}
