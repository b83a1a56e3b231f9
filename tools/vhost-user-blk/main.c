// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * xenfm-vhost-user-blk: a block device for a virtual machine, by vhost-user.
 * This file is the order in which things come up: all that needs a right or a
 * name is opened, then rights are given up, then the first front end is let in.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "backend.h"

static int fail(const char *what, int err)
{
	say("%s: %s", what, errno_name(err));
	return EXIT_FAILURE;
}

/* Blocked in all threads; whoever waits in the main thread looks here, too. */
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

/* One front end after the other; 0 when there are to be no more. */
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

static int run(const struct options *options, struct disk *disk)
{
	int listener, signals, ret;
	struct device device;
	bool connected;

	ret = device_open(&device, disk, options);
	if (ret)
		return fail("queues", ret);
	listener = listen_open(options, &connected);
	if (listener < 0) {
		ret = fail(options->socket_path ? options->socket_path :
						  "no socket",
			   listener);
		goto close_device;
	}
	signals = signals_open();
	guard_start();
	listen_ready();
	ret = signals < 0 ? signals : sandbox_enter(options);
	if (ret) {
		ret = fail("sandbox", ret);
		goto close_listener;
	}
	ret = serve(listener, connected, signals, options->once, &device);
	if (ret)
		ret = fail("accept", ret);
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
	if (ret == -EBUSY && why) {
		say("%s: %s", options.blk_file, why);
		return EXIT_FAILURE;
	}
	if (ret)
		return fail(options.blk_file, ret);
	ret = run(&options, &disk);
	disk_close(&disk);
	return ret;
}
