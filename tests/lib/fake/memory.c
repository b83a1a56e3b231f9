// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The fake file of a domain's memory: a memfd with the bytes of the frames.
 * It reads as with ZERO_HOLES, and the frames after the first ones are zeroes.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"

/* The link to a memfd of this name begins with the first, and that of a file. */
#define NAME "xen-memory:"
#define LINK "/memfd:" NAME

#define ALL_FLAGS (PRIVCMD_X_MEMORY_READ_ONLY | PRIVCMD_X_MEMORY_ZERO_HOLES)
#define NUM_MAX	  ((1ULL << 51) - 1)

static void fill(int fd, const struct privcmd_x_memory *m)
{
	unsigned char page[FAKE_PAGE];

	for (uint64_t i = 0; i < m->num && i < FAKE_FILLED; i++) {
		if (fake_frame(m->dom, m->first + i).error)
			continue;
		for (unsigned int at = 0; at < FAKE_PAGE; at++)
			page[at] = FAKE_BYTE(m->first + i, at);
		assert(pwrite(fd, page, FAKE_PAGE, i * FAKE_PAGE) == FAKE_PAGE);
	}
}

/* openat() and not open(), as the latter opens the fake device. */
static int read_only(int fd)
{
	char path[32];
	int reader;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	assert(reader >= 0);
	close(fd);
	return reader;
}

int fake_memory_new(void *arg)
{
	const struct privcmd_x_memory *m = arg;
	/* The number of frames has no limit of its own. */
	int err = fake_call_error(m->dom, 0), fd;
	char name[32];

	if (err)
		return fake_fail(err);
	if (m->flags & ~ALL_FLAGS || !m->num || m->num > NUM_MAX ||
	    m->num - 1 > UINT64_MAX - m->first)
		return fake_fail(EINVAL);
	snprintf(name, sizeof(name), NAME "%u", m->dom);
	fd = memfd_create(name, MFD_CLOEXEC);
	assert(fd >= 0 && !ftruncate(fd, m->num * FAKE_PAGE));
	if (fake.contents)
		fill(fd, m);
	return m->flags & PRIVCMD_X_MEMORY_READ_ONLY ? read_only(fd) : fd;
}

bool fake_memory_is(int fd)
{
	char path[32], target[64] = "";
	int saved = errno;
	ssize_t len = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fake.on)
		len = readlink(path, target, sizeof(target) - 1);
	errno = saved;
	return len > 0 && !strncmp(target, LINK, strlen(LINK));
}

/* The fake has no record of the pages, so it answers X_INFO alone. */
int fake_memory(unsigned long request, void *arg)
{
	if (request != PRIVCMD_X_INFO)
		return fake_fail(ENOTTY);
	*(struct privcmd_x_info *)arg = fake.info;
	return 0;
}
