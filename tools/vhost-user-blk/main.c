// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm-vhost-user-blk: a block device for a virtual machine, by vhost-user.
 * This file starts everything in order: it opens everything that needs a right or
 * a path, gives up rights, tells systemd that the program is ready, and then
 * serves the first front end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "connection.h"
#include "device.h"
#include "disk.h"
#include "guard.h"
#include "listen.h"
#include "options.h"
#include "sandbox.h"
#include "say.h"

enum { EXIT_USAGE = 2 };

/* Errors that come from wrong arguments, and not from the state of the system. */
static bool wrong_usage(int err)
{
	static const int errors[] = {
		EBADF,	  EDESTADDRREQ, EINVAL,	    ENAMETOOLONG,
		ENOTSOCK, ENOTBLK,	EPROTOTYPE,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (err == -errors[i])
			return true;
	return false;
}

/* Report an error. @why says more than the errno, or is NULL. */
static int fail(const char *what, int err, const char *why)
{
	if (why)
		say("%s: %s", what, why);
	else
		say("%s: %s (%s)", what, strerrordesc_np(-err),
		    errno_name(err));
	return wrong_usage(err) ? EXIT_USAGE : EXIT_FAILURE;
}

/*
 * Block SIGTERM and SIGINT in all threads. The main thread polls the descriptor
 * that this function returns, wherever it waits.
 */
static int signals_open(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* Serve one front end after the other. Returns 0 after the last one. */
static int serve(int listener, bool connected, int signals, bool once,
		 struct device *device)
{
	int ret, socket;

	if (connected) {
		connection_serve(listener, signals, device);
		return 0;
	}
	do {
		socket = listen_accept(listener, signals);
		if (socket < 0)
			return socket == -EINTR ? 0 : socket;
		ret = connection_serve(socket, signals, device);
		close(socket);
	} while (!ret && !once);
	return 0;
}

/* The name of the socket, for messages. */
static const char *name_of(const struct options *options)
{
	static char text[32];

	if (options->socket_path)
		return options->socket_path;
	if (options->fd < 0)
		return "the socket of systemd";
	snprintf(text, sizeof(text), "--fd=%d", options->fd);
	return text;
}

/*
 * Give up rights, then tell systemd that the program is ready: after this
 * function no error of the start can follow. Returns the descriptor of signals.
 */
static int give_up_rights(const struct options *options, bool connected,
			  int *status)
{
	int signals = signals_open(), notify = listen_notify_open(), ret;
	const char *why = NULL;

	guard_start();
	ret = signals < 0 ? signals : sandbox_enter(options, &why);
	if (ret) {
		*status = fail(why ? options->user : "sandbox", ret, why);
		/* Without @why the kernel is the reason, and not an argument. */
		if (!why)
			*status = EXIT_FAILURE;
		return ret;
	}
	say(connected ? "serving the front end of %s" : "listening on %s",
	    name_of(options));
	listen_notify(notify);
	return signals;
}

static int run(const struct options *options, struct disk *disk)
{
	const char *why = NULL;
	int listener, signals, ret;
	struct device device;
	bool connected;

	ret = device_open(&device, disk, options);
	if (ret) {
		fail("queues", ret, NULL);
		return EXIT_FAILURE;
	}
	listener = listen_open(options, &connected, &why);
	if (listener < 0) {
		ret = fail(listener == -EDESTADDRREQ ? "no socket" :
						       name_of(options),
			   listener, why);
		goto close_device;
	}
	signals = give_up_rights(options, connected, &ret);
	if (signals < 0)
		goto close_listener;
	ret = serve(listener, connected, signals, options->once, &device);
	if (ret) {
		/* All arguments were accepted: this is no wrong usage. */
		fail(name_of(options), ret, NULL);
		ret = EXIT_FAILURE;
	}
close_listener:
	close(listener);
close_device:
	device_close(&device);
	return ret;
}

int main(int argc, char **argv)
{
	const char *why = NULL;
	struct options options;
	struct disk disk;
	int ret;

	options_read(&options, argc, argv);
	ret = disk_open(&disk, &options, &why);
	if (ret)
		return fail(options.blk_file, ret, why);
	ret = run(&options, &disk);
	disk_close(&disk);
	return ret;
}
