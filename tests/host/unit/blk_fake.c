// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the tests of the back end's requests replace: the io_uring, fdatasync(2),
 * and the lines on standard error, which are counted.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blk_fake.h"
#include "../../../tools/vhost-user-blk/say.h"

/* An io_uring: entries that were submitted stay until the case ends them. */
struct io_uring_sqe entries[2 * DEPTH];
unsigned int nr_entries, nr_submitted;
static struct {
	uint64_t data;
	int result;
} ended[2 * DEPTH];
static unsigned int nr_ended, nr_reaped;

int sync_result;
unsigned int syncs;
char said[1024];
unsigned int lines;

int uring_open(struct uring *u, unsigned int num, int file, int alone)
{
	(void)num;
	(void)file;
	(void)alone;
	memset(u, 0, sizeof(*u));
	return 0;
}

void uring_close(struct uring *u)
{
	(void)u;
}

struct io_uring_sqe *uring_entry(struct uring *u)
{
	(void)u;
	must(nr_entries < 2 * DEPTH);
	return memset(&entries[nr_entries++], 0, sizeof(entries[0]));
}

int uring_submit(struct uring *u)
{
	(void)u;
	nr_submitted = nr_entries;
	return 0;
}

bool uring_reap(struct uring *u, uint64_t *data, int *result)
{
	(void)u;
	if (nr_reaped == nr_ended)
		return false;
	*data = ended[nr_reaped].data;
	*result = ended[nr_reaped++].result;
	return true;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	(void)fd;
	syncs++;
	if (!sync_result)
		return 0;
	errno = -sync_result;
	sync_result = 0; /* reported, and forgotten */
	return -1;
}

static void __attribute__((format(printf, 1, 0)))
note(const char *fmt, va_list ap)
{
	lines++;
	vsnprintf(said, sizeof(said), fmt, ap);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
}

void say_guest(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
}

const char *errno_name(int err)
{
	return strerrorname_np(-err);
}

struct disk disk;

void open_disk(void)
{
	disk.fd = memfd_create("disk", MFD_CLOEXEC);
	must(disk.fd >= 0 && !ftruncate(disk.fd, 1 << 20));
	disk.sectors = 2048;
	disk.block_size = 512;
}

void end_entry(unsigned int at, int result)
{
	must(at < nr_submitted);
	ended[nr_ended].data = entries[at].user_data;
	ended[nr_ended++].result = result;
}

void reap_all(struct io *io, unsigned int want)
{
	unsigned int nr = 0;

	while (io_reap(io))
		nr++;
	check_eq(nr, want);
}
