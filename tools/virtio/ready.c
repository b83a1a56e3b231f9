// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The two ways to tell that the program is ready: a line for scripts, and the protocol of
 * sd_notify(3), which is a datagram to the socket NOTIFY_SOCKET.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ready.h"
#include "../vhost-user-blk/say.h"

static int manager = -1;

void ready_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len;

	if (!path || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof(addr.sun_path))
		return;
	len = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	memcpy(addr.sun_path, path, strlen(path));
	if (*path == '@')
		addr.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager >= 0 && connect(manager, (struct sockaddr *)&addr, len)) {
		say("cannot tell systemd: %s", errno_name(-errno));
		close(manager);
		manager = -1;
	}
}

void ready_tell(void)
{
	static const char text[] = "READY=1";
	int null;

	printf("ready\n");
	fflush(stdout);
	/* Standard output stays a descriptor, so that no other file gets its number. */
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	if (manager < 0)
		return;
	if (write(manager, text, strlen(text)) < 0)
		say("cannot tell systemd: %s", errno_name(-errno));
	close(manager);
}
