// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A device core for tests of the front end: it notes what it is told. And the memory of a
 * guest, in two regions of one file.
 */
#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "frontend_test.h"

#include "../../../tools/vhost-user-blk/say.h"

struct core core;

/* ---- what the front end calls ---- */

bool virtio_driver_ok(const struct virtio *v)
{
	return v->status & VIRTIO_CONFIG_S_DRIVER_OK;
}

uint64_t virtio_backend_features(const struct virtio *v)
{
	return v->accepted & ~v->own;
}

const char *virtio_backend(struct virtio *v, uint64_t features,
			   unsigned int queues, const uint8_t *config,
			   unsigned int config_size)
{
	check(v == &core.v);
	core.backends++;
	core.features = features;
	core.queues = queues;
	core.has_config = config;
	core.config_size = config_size;
	if (config)
		memcpy(core.config, config, config_size);
	if (!core.refuse)
		v->offered = features;
	return core.refuse;
}

void virtio_set_config(struct virtio *v, const uint8_t *config,
		       unsigned int size)
{
	check(v == &core.v);
	core.configs++;
	core.config_size = size;
	memcpy(core.config, config, size);
}

void virtio_break(struct virtio *v, const char *why)
{
	core.breaks++;
	if (v->broken)
		return;
	v->broken = true;
	snprintf(core.broken, sizeof(core.broken), "%s", why);
}

/* All lines of the front end have a cause outside, so they are limited; not here. */
void say_guest(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(core.log, fmt, ap);
	va_end(ap);
	must(write(core.log, "\n", 1) == 1);
}

const char *errno_name(int err)
{
	return strerrorname_np(-err);
}

/* ---- the guest ---- */

void *guest(uint64_t addr)
{
	return addr >= HIGH ? core.mem + REGION_SIZE + (addr - HIGH) :
			      core.mem + (addr - LOW);
}

uint16_t *avail_idx(unsigned int q)
{
	return &((struct vring_avail *)guest(RING_AT(q) + AVAIL_AT))->idx;
}

uint16_t *used_idx(unsigned int q)
{
	return &((struct vring_used *)guest(RING_AT(q) + USED_AT))->idx;
}

static void make_memory(void)
{
	core.mem_fd = memfd_create("guest", MFD_CLOEXEC);
	must(core.mem_fd >= 0 && !ftruncate(core.mem_fd, 2 * REGION_SIZE));
	core.mem = mmap(NULL, 2 * REGION_SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED, core.mem_fd, 0);
	must(core.mem != MAP_FAILED);
	core.table.nr = 2;
	core.table.region[0] = (struct region){
		.guest_addr = LOW,
		.size = REGION_SIZE,
		.fd = core.mem_fd,
	};
	core.table.region[1] = (struct region){
		.guest_addr = HIGH,
		.size = REGION_SIZE,
		.offset = REGION_SIZE,
		.fd = core.mem_fd,
	};
}

void core_start(const char *path)
{
	unsigned int i;

	make_memory();
	core.v = (struct virtio){
		.name = "test",
		.queues = RINGS,
		.queue_size_max = 256,
		.config_size = 60,
		.config_theirs = true,
		.own = FEATURE(5),
	};
	for (i = 0; i < RINGS; i++) {
		core.v.queue[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		core.v.queue[i].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	core.log = memfd_create("lines", MFD_CLOEXEC);
	must(core.log >= 0);
	core.f = frontend_new(&core.v, path, &core.table);
	must(core.f);
	core.v.frontend = core.f;
}

void core_end(void)
{
	char text[4096];
	ssize_t n;

	frontend_free(core.f);
	n = pread(core.log, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	if (!check(n <= 0))
		tap_note("these lines were printed, too: %s", text);
}

void driver_set_up(void)
{
	unsigned int i;

	for (i = 0; i < RINGS; i++) {
		struct virtio_queue *q = &core.v.queue[i];

		q->enabled = i != 1;
		q->size = RING_SIZE;
		q->desc = RING_AT(i);
		q->driver = RING_AT(i) + AVAIL_AT;
		q->device = RING_AT(i) + USED_AT;
	}
	core.v.accepted = core.v.offered | core.v.own;
}

bool driver_ok(void)
{
	core.v.status = VIRTIO_CONFIG_S_DRIVER_OK;
	return frontend_start(core.f);
}

void driver_reset(void)
{
	frontend_stop(core.f);
	core.v.status = 0;
	core.v.broken = false;
	core.broken[0] = '\0';
	memset(core.mem + REGION_SIZE, 0, REGION_SIZE);
}

void core_wait(int ms)
{
	struct pollfd on[2];
	int fds[2], most;
	unsigned int i, nr = frontend_fds(core.f, fds, &most);

	check(nr <= 2);
	for (i = 0; i < nr; i++)
		on[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	if (most >= 0 && most < ms)
		ms = most;
	poll(on, nr, ms);
	for (i = 0; i < nr; i++)
		if (on[i].revents)
			frontend_readable(core.f, fds[i]);
	frontend_tick(core.f);
}

/* ---- what the front end has left behind ---- */

static unsigned int count_lines(const char *text)
{
	static char lines[65536];
	unsigned int nr = 0;
	char *line, *rest;
	ssize_t n = pread(core.log, lines, sizeof(lines) - 1, 0);

	must(n >= 0);
	lines[n] = '\0';
	for (line = strtok_r(lines, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		nr += !!strstr(line, text);
	return nr;
}

unsigned int said(const char *text)
{
	return count_lines(text);
}

unsigned int said_in_all(void)
{
	return count_lines("");
}

void forget_lines(void)
{
	must(!ftruncate(core.log, 0));
	lseek(core.log, 0, SEEK_SET);
}

uint64_t taken(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

unsigned int open_files(void)
{
	unsigned int nr = 0;
	DIR *dir = opendir("/proc/self/fd");

	must(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

uint64_t inode(int fd)
{
	struct stat st;

	must(!fstat(fd, &st));
	return st.st_ino;
}
