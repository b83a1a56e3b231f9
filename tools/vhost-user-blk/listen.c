// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Gets connections of front ends, from a socket at a path, from a descriptor of
 * the command line, or from systemd's socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"
#include "options.h"
#include "say.h"

#define SYSTEMD_FIRST_FD 3

/* Clients that may wait for accept() while one is served. */
#define BACKLOG 8

/*
 * Clients that have connected and sent nothing. In vhost-user the front end sends
 * first, so the program serves the first client that sends something: a client
 * that sends nothing does not keep others out. If there are too many, the oldest
 * one is closed.
 */
#define SILENT_MAX 16

static int silent[SILENT_MAX];
static unsigned int silent_nr;

/* Fill @addr with @path. */
static int address(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	strcpy(addr->sun_path, path);
	return 0;
}

/*
 * Only a socket may be replaced. connect() does not tell: it fails with
 * ECONNREFUSED for any kind of file.
 */
static bool is_socket(const struct sockaddr_un *addr)
{
	struct stat st;

	return !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode);
}

/* Does no program listen on this socket file? Then its program has died. */
static bool left_behind(int fd, const struct sockaddr_un *addr)
{
	return connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
	       errno == ECONNREFUSED;
}

static int bind_to(int fd, const struct sockaddr_un *addr, const char **why)
{
	if (!bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (!is_socket(addr)) {
		*why = "something that is no socket has this name";
		return -ENOTSOCK;
	}
	if (!left_behind(fd, addr)) {
		*why = "another program listens there";
		return -EADDRINUSE;
	}
	if (unlink(addr->sun_path) ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return -errno;
	return 0;
}

static int listen_at(const char *path, const char **why)
{
	struct sockaddr_un addr;
	int fd, ret;

	ret = address(path, &addr);
	if (ret) {
		*why = "too long for the path of a socket";
		return ret;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = bind_to(fd, &addr, why);
	if (!ret && listen(fd, BACKLOG))
		ret = -errno;
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/* Has systemd passed exactly one socket to this process? */
static bool from_systemd(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	return pid && fds && strtol(pid, NULL, 10) == getpid() &&
	       !strcmp(fds, "1");
}

/* Check a socket that another program has made. */
static int adopt(int fd, bool *connected, const char **why)
{
	int type, listening;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len)) {
		*why = errno == ENOTSOCK ? "this descriptor is no socket" :
		       errno == EBADF	 ? "this descriptor is not open" :
					   NULL;
		return -errno;
	}
	if (type != SOCK_STREAM) {
		*why = "this socket is no stream socket";
		return -EPROTOTYPE;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	*connected = !listening;
	return fd;
}

int listen_open(const struct options *options, bool *connected,
		const char **why)
{
	*connected = false;
	if (options->socket_path)
		return listen_at(options->socket_path, why);
	if (options->fd >= 0)
		return adopt(options->fd, connected, why);
	if (from_systemd())
		return adopt(SYSTEMD_FIRST_FD, connected, why);
	*why = "give --socket-path or --fd";
	return -EDESTADDRREQ;
}

/* Remove the client at index @at from the array, and return it. */
static int remove_silent(unsigned int at)
{
	int fd = silent[at];

	silent_nr--;
	memmove(silent + at, silent + at + 1,
		(silent_nr - at) * sizeof(*silent));
	return fd;
}

static bool has_spoken(int fd)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return recvmsg(fd, &msg, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/*
 * Returns a client that has sent something, or -1. Closes clients that have gone.
 * @on: the events of the clients.
 */
static int first_to_speak(const struct pollfd *on)
{
	/* From the last index down: remove_silent() moves only later ones. */
	for (unsigned int i = silent_nr; i--;) {
		int fd;

		if (!on[i].revents)
			continue;
		fd = remove_silent(i);
		if (has_spoken(fd))
			return fd;
		close(fd);
	}
	return -1;
}

/* Accept a client into the array. Returns 0, also if the client has gone. */
static int accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR ||
				       errno == EAGAIN ?
			       0 :
			       -errno;
	if (silent_nr == SILENT_MAX)
		close(remove_silent(0));
	silent[silent_nr++] = fd;
	return 0;
}

int listen_accept(int listener, int signals)
{
	struct pollfd on[2 + SILENT_MAX] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	for (;;) {
		int fd, ret;

		for (unsigned int i = 0; i < silent_nr; i++)
			on[2 + i] = (struct pollfd){ silent[i], POLLIN, 0 };
		if (poll(on, 2 + silent_nr, -1) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (on[1].revents)
			return -EINTR;
		fd = first_to_speak(on + 2);
		if (fd >= 0)
			return fd;
		ret = on[0].revents ? accept_one(listener) : 0;
		if (ret)
			return ret;
	}
}

/* The protocol of sd_notify(3): a datagram to the socket NOTIFY_SOCKET. */
int listen_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr;
	socklen_t len;
	int fd;

	if (!path || (*path != '/' && *path != '@') || address(path, &addr))
		return -1;
	len = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, len))
		return fd;
	say("cannot tell systemd: %s", errno_name(-errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void listen_notify(int fd)
{
	static const char ready[] = "READY=1";

	if (fd < 0)
		return;
	if (write(fd, ready, strlen(ready)) < 0)
		say("cannot tell systemd: %s", errno_name(-errno));
	close(fd);
}
