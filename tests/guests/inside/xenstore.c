// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The guest's xenstore through /dev/xen/xenbus, in the protocol's own messages.
 */
#include <errno.h> /* of which xs_wire.h makes a table */
#include <stdint.h>
#include <xen/io/xs_wire.h>

#include "guest.h"

static unsigned int events;

/* A connection of this process. Its watches end with it. */
static int connection(void)
{
	static int fd = -1;
	static pid_t owner;

	if (fd < 0 || owner != getpid()) {
		fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
		owner = getpid();
	}
	if (fd < 0)
		bail("/dev/xen/xenbus: %s", strerror(errno));
	return fd;
}

static void take(void *buf, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size) {
		n = read(connection(), (char *)buf + have, size - have);
		if (n <= 0)
			bail("xenstore: read: %s", strerror(errno));
		have += n;
	}
}

/* Receives one message. Its payload in @body is zero-terminated. */
static struct xsd_sockmsg receive(char *body, size_t size)
{
	struct xsd_sockmsg m;

	take(&m, sizeof(m));
	if (m.len >= size)
		bail("xenstore: a message of %u bytes", m.len);
	take(body, m.len);
	body[m.len] = 0;
	return m;
}

/* Returns the length of the answer, or -1 with xenstored's errno. */
static ssize_t request(uint32_t type, const char *body, size_t len,
		       char *answer, size_t size)
{
	struct xsd_sockmsg m = { .type = type, .len = len };
	char message[sizeof(m) + XENSTORE_PAYLOAD_MAX];
	size_t i;

	memcpy(message, &m, sizeof(m));
	memcpy(message + sizeof(m), body, len);
	if (write(connection(), message, sizeof(m) + len) !=
	    (ssize_t)(sizeof(m) + len))
		bail("xenstore: write: %s", strerror(errno));
	while ((m = receive(answer, size)).type == XS_WATCH_EVENT)
		events++;
	if (m.type != XS_ERROR)
		return m.len;
	errno = EIO;
	for (i = 0; i < ARRAY_SIZE(xsd_errors); i++)
		if (!strcmp(answer, xsd_errors[i].errstring))
			errno = xsd_errors[i].errnum;
	return -1;
}

bool xs_read(const char *path, char *value, size_t size)
{
	return request(XS_READ, path, strlen(path) + 1, value, size) >= 0;
}

bool xs_write(const char *path, const char *value)
{
	char body[XENSTORE_PAYLOAD_MAX], answer[64];
	size_t len = strlen(path) + 1 + strlen(value);

	snprintf(body, sizeof(body), "%s%c%s", path, 0, value);
	return request(XS_WRITE, body, len, answer, sizeof(answer)) >= 0;
}

void xs_watch(const char *path)
{
	char body[256], answer[64];
	int len = snprintf(body, sizeof(body), "%s%ctoken", path, 0) + 1;

	must(request(XS_WATCH, body, len, answer, sizeof(answer)) >= 0);
}

unsigned int xs_events(void)
{
	return events;
}

void ask(const char *fmt, ...)
{
	char what[1500], numbered[1600], done[32], answer[64];
	struct timespec now;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(done, sizeof(done), "%ld.%09ld", (long)now.tv_sec,
		 now.tv_nsec);
	snprintf(numbered, sizeof(numbered), "%s %s", done, what);
	must(xs_write("data/ask", numbered));
	if (!tap_soon(xs_read("data/answer", answer, sizeof(answer)) &&
			      !strcmp(answer, done),
		      0))
		bail("dom0 did not do what it was asked: %s", what);
}
