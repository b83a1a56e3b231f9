// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm-virtio: virtio devices for a guest of Xen, each served by a vhost-user back end.
 * This file starts everything in order: it opens everything that needs a right, makes the
 * ioreq servers, gives up rights, and starts the devices' threads. Then it passes accesses
 * of the guest on to them, until the guest has ended.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "devices.h"
#include "dispatch.h"
#include "guest.h"
#include "memory.h"
#include "options.h"
#include "ready.h"
#include "../vhost-user-blk/say.h"
#include "server.h"
#include "xen.h"

/* Seconds to wait for the first back ends. xl waits for a minute. */
#define MAIN_WAIT 30

/* Errors of this start that have a better text than that of the errno. */
static int main_fail(const char *what, int err)
{
	if (err == -ENOTTY)
		say("%s: this is no device of xen-privcmd", what);
	else
		say("%s: %s (%s)", what, strerrordesc_np(-err),
		    errno_name(err));
	return err;
}

/* Blocks SIGTERM and SIGINT in all threads. The loop polls the descriptor. */
static int main_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Becomes the user @name, which has no capability. */
static int main_become(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (!user) {
		say("%s: there is no such user", name);
		return -EINVAL;
	}
	if (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid))
		return main_fail(name, -errno);
	return 0;
}

/* Finds the domain, and opens all that needs a right. */
static int main_open(struct options *o)
{
	struct guest_ram ram;
	const char *what, *why;
	uint16_t domid;
	int ret;

	why = guest_find(o->domain, &domid);
	if (!why)
		why = devices_place(o);
	if (why) {
		say("%s", why);
		return -EINVAL;
	}
	ret = xen_open(o->node, domid, &what);
	if (ret)
		return main_fail(what, ret);
	why = guest_look(&ram);
	if (why) {
		say("%s", why);
		return -EINVAL;
	}
	ret = memory_open(o->memory, &ram, o->node, &what);
	if (!ret)
		ret = server_start(&what);
	return ret ? main_fail(what, ret) : 0;
}

/* The servers stand: from here on, server_end() is due after a failure. */
static int main_start(const struct options *o)
{
	int ret;

	ready_open();
	ret = xen_restrict();
	if (ret)
		return main_fail("restricting the devices to the guest", ret);
	ret = devices_make(o, server_vcpus());
	if (!ret && o->user)
		ret = main_become(o->user);
	if (!ret && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		ret = main_fail("no_new_privs", -errno);
	return ret ? ret : devices_start();
}

static int64_t main_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* How long to wait for events, while back ends are awaited until @until or not (0). */
static int main_patience(int64_t until)
{
	int ms = server_patience();

	return until && (ms < 0 || ms > 1000) ? 1000 : ms;
}

/* Returns the exit status. */
static int main_loop(int signals)
{
	struct pollfd fds[] = {
		{ xen_evtchn(), POLLIN, 0 },
		{ guest_fd(), POLLIN, 0 },
		{ signals, POLLIN, 0 },
		{ devices_fd(), POLLIN, 0 },
	};
	int64_t until = main_now() + MAIN_WAIT; /* 0: ready */

	for (;;) {
		if (poll(fds, 4, main_patience(until)) < 0 && errno != EINTR) {
			main_fail("poll", -errno);
			return EXIT_FAILURE;
		}
		server_serve(dispatch);
		if (fds[1].revents && guest_is_gone())
			return EXIT_SUCCESS;
		if (fds[2].revents)
			return EXIT_SUCCESS;
		if (until && devices_connected()) {
			until = 0;
			ready_tell();
		} else if (until && main_now() > until) {
			devices_say_missing();
			return EXIT_FAILURE;
		}
	}
}

int main(int argc, char **argv)
{
	static struct options options;
	int signals, ret;

	options_read(&options, argc, argv);
	signals = main_signals();
	if (signals < 0) {
		main_fail("signals", -errno);
		return EXIT_FAILURE;
	}
	if (main_open(&options))
		return EXIT_FAILURE;
	ret = main_start(&options) ? EXIT_FAILURE : main_loop(signals);
	server_end();
	/* The threads go on until here, and may use anything. */
	_exit(ret);
}
