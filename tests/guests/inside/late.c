// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A guest whose xenstore comes up long after its kernel: dom0 hides the page of
 * the ring until it reads the last line that these cases print. A PV guest
 * knows the page from the start, so its xenstore cannot be late.
 */
#include "guest.h"

static void need_late(void)
{
	if (!told("late"))
		skip("a PV guest has its xenstore from the start");
}

static void on_signal(int sig)
{
	(void)sig;
}

/*
 * A signal comes again and again until open() returns. On a slow machine the
 * first one may come before open() waits.
 */
static void open_interrupted(int how, int flags)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = flags };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1,
	};
	struct itimerspec when = {
		.it_value.tv_nsec = 300 * 1000 * 1000,
		.it_interval.tv_nsec = 300 * 1000 * 1000,
	};
	timer_t timer;
	int fd, e;

	sigaction(SIGUSR1, &act, NULL);
	must(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	must(!timer_settime(timer, 0, &when, NULL));
	fd = open(DEVICE, how);
	e = errno;
	timer_delete(timer);
	check_eq(fd, -1);
	check_eq(e, EINTR);
}

TAP_CASE(guest_open_waits_interrupted, .rows = "A17")
{
	need_late();
	module_load("");
	open_interrupted(O_RDWR, 0);
	open_interrupted(O_RDWR, SA_RESTART);
	open_interrupted(O_RDWR | O_NONBLOCK, 0);
	check_eq(module_unload(), 0);
}

/* A process that waits in open() keeps the module, and can be killed. */
TAP_CASE(guest_open_waits_killed, .rows = "A17")
{
	pid_t pid;
	int status;

	need_late();
	module_load("");
	pid = fork();
	if (pid == 0) {
		open(DEVICE, O_RDWR);
		_exit(1);
	}
	check(tap_soon(module_uses() > 0, 0));
	check_eq(waitpid(pid, &status, WNOHANG), 0);
	check_errno(module_try_unload(), EAGAIN);
	kill(pid, SIGKILL);
	check_eq(waitpid(pid, &status, 0), pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check_eq(module_unload(), 0);
}

/* An open does not wait for xenstore if its answer would not matter. */
TAP_CASE(guest_unrestricted_does_not_wait, .rows = "A17")
{
	int fd;

	need_late();
	module_load("unrestricted=1");
	fd = device_open();
	check(version(fd) >= 0x40000);
	close(fd);
	check_eq(module_unload(), 0);
}

/* None of these loads is called back when xenstore appears later. */
TAP_CASE(guest_reload_before_xenstore)
{
	int i;

	need_late();
	for (i = 0; i < 20; i++) {
		module_load("");
		must(check_eq(module_unload(), 0));
	}
}

TAP_CASE(guest_open_waits_for_xenstore, .rows = "A17")
{
	int fd, ready[2], status;
	pid_t pid[2];
	char c;
	int i;

	need_late();
	module_load("");
	must(!pipe(ready));
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			must(write(ready[1], "1", 1) == 1);
			fd = device_open();
			check_eq(fdinfo(fd, "xen-privcmd-domid"), 777);
			check_errno(version(fd), EPERM);
			_exit(0);
		}
	}
	must(read(ready[0], &c, 1) == 1 && read(ready[0], &c, 1) == 1);
	usleep(500000);
	check_eq(waitpid(-1, &status, WNOHANG), 0);
	tap_note("waiting for xenstore");
	for (i = 0; i < 2; i++)
		check_eq(waitpid(pid[i], &status, 0), pid[i]);
	check_eq(born(), 777);
	check_eq(module_unload(), 0);
}
