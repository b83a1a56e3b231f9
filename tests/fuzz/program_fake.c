// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Drivers for the fuzzers of programs. System calls are replaced at link time
 * (-Wl,--wrap); /dev/null acts as privcmd, /dev/zero as gntdev. Frames and
 * grants are zeroes, or fail because of their number. Every array is read or
 * written to its end, so that ASan checks it. Areas must be unmapped as a
 * whole, and grants must be released, each exactly once.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "../../tools/lib/gntdev.h"
#include "program.h"

#define FRAMES_MAX (1 << 14) /* in one call; more are ENOMEM */
#define ALLOC_MAX  (64 << 20)

/*
 * An offset that no input has by chance. It distinguishes grants from an
 * ordinary file.
 */
#define GRANTS_AT 0x2c61d0f3a5000

/* Frames with these bits fail. A paged-out frame is there at the next attempt. */
#define FRAME_GONE  0x40
#define FRAME_BAD   0x20
#define FRAME_PAGED 0x10

/* Xen's reserved numbers, such as DOMID_SELF, are not domains. */
#define DOMS_END      0x7ff0
#define DOM_NOT_OURS  0x7fef
#define DOM_TOO_LARGE 0x7fee

struct area {
	char *start;
	size_t size;
	uint64_t index; /* of grants, from 1 on; otherwise 0 */
	bool mapped;
};

/* More than any program here can have at a time, which its input limits. */
static struct area areas[1024];
static uint64_t grants;
static bool paged_out;
static uint64_t features;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int __real_ioctl(int fd, unsigned long request, ...);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __real_munmap(void *addr, size_t len);
void *__real_calloc(size_t n, size_t size);
void *__real_malloc(size_t size);

int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_munmap(void *addr, size_t len);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);

/* @its_features 0: the in-tree driver, without private ioctls. */
void fake_begin(uint64_t its_features)
{
	features = its_features;
	paged_out = true;
}

void fake_end(void)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		assert(!areas[i].size);
}

static int fail(int err)
{
	errno = err;
	return -1;
}

/* 3: privcmd; 5: gntdev; 0: neither. */
static unsigned int kind_of(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISCHR(st.st_mode) ||
	    major(st.st_rdev) != 1)
		return 0;
	return minor(st.st_rdev) == 3 || minor(st.st_rdev) == 5 ?
		       minor(st.st_rdev) :
		       0;
}

/* The area that contains these bytes; @size 0: a free one. There must be one. */
static struct area *area_at(const char *start, size_t size)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct area *a = &areas[i];

		if (!size ? !a->size :
			    a->mapped && start >= a->start &&
				    start + size <= a->start + a->size)
			return a;
	}
	assert(!"no such area");
	return NULL;
}

static struct area *grants_of(uint64_t index)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (areas[i].size && areas[i].index && areas[i].index == index)
			return &areas[i];
	return NULL;
}

static int frame_error(uint64_t gfn)
{
	if (gfn & FRAME_GONE)
		return -ESRCH;
	if (gfn & FRAME_BAD)
		return -EINVAL;
	return gfn & FRAME_PAGED && paged_out ? -ENOENT : 0;
}

/* The errno with which a whole mapping call fails, or 0. */
static int call_error(unsigned int dom, uint64_t num)
{
	if (num > FRAMES_MAX || dom == DOM_TOO_LARGE)
		return ENOMEM;
	if (dom == DOM_NOT_OURS)
		return EPERM;
	return dom >= DOMS_END ? ESRCH : 0;
}

static int batch(const struct privcmd_mmapbatch_v2 *b)
{
	bool paged = false;

	if (!b)
		return fail(EFAULT);
	if (call_error(b->dom, b->num))
		return fail(call_error(b->dom, b->num));
	area_at((char *)(uintptr_t)b->addr, b->num * PAGE);
	for (uint32_t i = 0; i < b->num; i++) {
		b->err[i] = frame_error(b->arr[i]);
		paged |= b->err[i] == -ENOENT;
	}
	paged_out = !paged_out;
	return paged ? fail(ENOENT) : 0;
}

static int x_map(const struct privcmd_x_map *m)
{
	const uint64_t *frames = (void *)(uintptr_t)m->frames;
	struct privcmd_x_frame *status = (void *)(uintptr_t)m->status;
	bool paged = false;

	if (call_error(m->dom, m->num))
		return fail(call_error(m->dom, m->num));
	area_at((char *)(uintptr_t)m->addr, m->num * PAGE);
	for (uint64_t i = 0; i < m->num; i++) {
		uint64_t gfn = m->flags & PRIVCMD_X_MAP_CONTIGUOUS ?
				       m->frames + i :
				       frames[i];
		int err = m->flags & PRIVCMD_X_MAP_LAZY ? 0 : frame_error(gfn);

		paged |= err == -ENOENT;
		if (status)
			status[i] = (struct privcmd_x_frame){
				.state = err ? PRIVCMD_X_NONE : PRIVCMD_X_RW,
				.error = err,
			};
	}
	paged_out = !paged_out;
	return paged ? fail(ENOENT) : 0;
}

static int x_unmap(const struct privcmd_x_unmap *u)
{
	area_at((char *)(uintptr_t)u->addr, u->num * PAGE);
	return 0;
}

static int x_status(const struct privcmd_x_status *s)
{
	struct privcmd_x_frame *frame = (void *)(uintptr_t)s->status;

	area_at((char *)(uintptr_t)s->addr, s->num * PAGE);
	for (uint64_t i = 0; i < s->num; i++)
		frame[i] = (struct privcmd_x_frame){
			.state = i % 5 > 3 ? PRIVCMD_X_NONE : i % 5,
			.error = i % 5 > 3 ? -EINVAL : 0,
		};
	return 0;
}

/* Copies up to the first frame that fails. */
static int x_copy(struct privcmd_x_copy *x)
{
	uint64_t at = x->offset;

	assert(x->flags & PRIVCMD_X_COPY_CONTIGUOUS && x->num &&
	       x->offset < PAGE && x->len <= x->num * PAGE - x->offset);
	for (x->done = 0; x->done < x->len; x->done++, at++) {
		char *byte = (char *)(uintptr_t)x->buf + x->done;

		if (frame_error(x->frames + at / PAGE))
			return fail(EINVAL);
		if (x->flags & PRIVCMD_X_COPY_WRITE)
			assert(*(volatile char *)byte || true);
		else
			*byte = at;
	}
	return 0;
}

static int privcmd(unsigned long request, void *arg)
{
	struct privcmd_x_info *info = arg;

	if (request == IOCTL_PRIVCMD_MMAPBATCH_V2)
		return batch(arg);
	if (request == IOCTL_PRIVCMD_RESTRICT)
		return *(domid_t *)arg & 0x4000 ? fail(EINVAL) : 0;
	if (!features)
		return fail(ENOTTY);
	switch (request) {
	case PRIVCMD_X_INFO:
		info->features = features;
		info->backend = PRIVCMD_X_BACKEND_PV;
		memcpy(info->version, "0\"\\\n\x7f\xff", 7);
		return 0;
	case PRIVCMD_X_MAP:
		return x_map(arg);
	case PRIVCMD_X_UNMAP:
		return x_unmap(arg);
	case PRIVCMD_X_STATUS:
		return x_status(arg);
	case PRIVCMD_X_COPY:
		return x_copy(arg);
	default:
		return fail(ENOTTY);
	}
}

static int gntdev_map(struct gntdev_map *map)
{
	struct area *a;

	if (!map->count || map->count > FRAMES_MAX)
		return fail(EINVAL);
	for (uint32_t i = 0; i < map->count; i++)
		assert(map->refs[i].domid == map->refs[0].domid &&
		       map->refs[i].ref == map->refs[0].ref + i);
	if (map->refs[0].ref & FRAME_BAD)
		return fail(ENOMEM);
	a = area_at(NULL, 0);
	*a = (struct area){ NULL, map->count * PAGE,
			    GRANTS_AT + ++grants * PAGE, false };
	map->index = a->index;
	return 0;
}

static int gntdev_unmap(const struct gntdev_unmap *unmap)
{
	struct area *a = grants_of(unmap->index);

	if (!a) {
		/* libxenfm checks whether this is gntdev */
		assert(!unmap->count);
		return fail(ENOENT);
	}
	assert(!a->mapped && a->size == unmap->count * PAGE);
	a->size = 0;
	return 0;
}

static int gntdev(unsigned long request, void *arg)
{
	switch (request) {
	case GNTDEV_MAP:
		return gntdev_map(arg);
	case GNTDEV_UNMAP:
		return gntdev_unmap(arg);
	default:
		return fail(ENOTTY);
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	unsigned int kind = kind_of(fd);
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!kind)
		return __real_ioctl(fd, request, arg);
	pthread_mutex_lock(&lock);
	ret = kind == 3 ? privcmd(request, arg) : gntdev(request, arg);
	pthread_mutex_unlock(&lock);
	return ret;
}

/*
 * Grants are mapped at the offset that they were given: all of them, and only
 * once.
 */
static struct area *area_for(unsigned int kind, size_t len, off_t offset)
{
	struct area *a = kind == 5 ? grants_of(offset) : area_at(NULL, 0);

	return a && !a->mapped && (kind == 3 || a->size == len) ? a : NULL;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	unsigned int kind = kind_of(fd);
	void *there = MAP_FAILED;
	struct area *a;

	if (!kind)
		return __real_mmap(addr, len, prot, flags, fd, offset);
	pthread_mutex_lock(&lock);
	a = area_for(kind, len, offset);
	if (a)
		there = __real_mmap(addr, len, prot,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
				    -1, 0);
	else
		errno = EINVAL;
	if (there != MAP_FAILED)
		*a = (struct area){ there, len, kind == 5 ? offset : 0, true };
	pthread_mutex_unlock(&lock);
	return there;
}

int __wrap_munmap(void *addr, size_t len)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		struct area *a = &areas[i];

		if (!a->mapped || (char *)addr + len <= a->start ||
		    (char *)addr >= a->start + a->size)
			continue;
		assert(addr == a->start && len == a->size);
		a->mapped = false;
		if (!a->index)
			a->size = 0;
	}
	pthread_mutex_unlock(&lock);
	return __real_munmap(addr, len);
}

/*
 * A front end or a user may ask for too much memory. Under ASan it would really
 * be allocated.
 */
void *__wrap_calloc(size_t n, size_t size)
{
	if (size && n > ALLOC_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_calloc(n, size);
}

void *__wrap_malloc(size_t size)
{
	if (size > ALLOC_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_malloc(size);
}
