// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The fake device of driver.h. Calls that do not concern it go on to the C
 * library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "driver.h"

struct fake fake;

int __real_open(const char *path, int flags, ...);
int __real_fcntl(int fd, int command, int arg);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_close(int fd);
int __real_munmap(void *addr, size_t len);
void *__real_calloc(size_t nmemb, size_t size);
int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __real_nanosleep(const struct timespec *t, struct timespec *left);

int __wrap_open(const char *path, int flags, ...);
/* As the library calls it, with a number. */
int __wrap_fcntl(int fd, int command, int arg);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_close(int fd);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_munmap(void *addr, size_t len);
void *__wrap_calloc(size_t nmemb, size_t size);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);

int fake_fail(int err)
{
	errno = err;
	return -1;
}

/* Is it the character device 1:@minor? */
static bool is_device(int fd, unsigned int minor)
{
	int saved = errno;
	struct stat st;
	bool is = fake.on && fd >= 0 && !fstat(fd, &st) &&
		  S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, minor);

	errno = saved;
	return is;
}

static bool is_privcmd(int fd)
{
	return is_device(fd, 3);
}

static bool is_gntdev(int fd)
{
	return is_device(fd, 5);
}

void fake_start(void)
{
	fake = (struct fake){
		.on = true,
		.null_errno = EFAULT,
		.info = {
			.size = PRIVCMD_X_INFO_SIZE_V1,
			.abi = 1,
			.features = PRIVCMD_X_FEATURE_STATUS |
				    PRIVCMD_X_FEATURE_HYPERCALL |
				    PRIVCMD_X_FEATURE_RO_RETRY |
				    PRIVCMD_X_FEATURE_MAP |
				    PRIVCMD_X_FEATURE_COPY,
			.backend = PRIVCMD_X_BACKEND_PV,
			.max_frames = 1ULL << 28,
			.version = "1.2.3",
		},
	};
}

void fake_start_intree(void)
{
	fake_start();
	fake.info_errno = ENOTTY;
	fake.status_errno = ENOTTY;
}

bool fake_page_is(const void *area, unsigned int page, uint64_t gfn)
{
	const unsigned char *p = (const unsigned char *)area + page * FAKE_PAGE;

	for (unsigned int i = 0; i < FAKE_PAGE; i++)
		if (p[i] != FAKE_BYTE(gfn, i))
			return false;
	return true;
}

static void __attribute__((constructor)) start_from_environment(void)
{
	const char *which = getenv("XENFM_FAKE");

	if (!which)
		return;
	fake_start();
	if (!strcmp(which, "in-tree"))
		fake_start_intree();
	else if (!strcmp(which, "none"))
		fake.open_errno = ENOENT;
	else if (!strcmp(which, "refused"))
		fake.open_errno = EACCES;
}

int __wrap_open(const char *path, int flags, ...)
{
	if (!fake.on)
		return __real_open(path, flags, 0600);
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	fake.open_flags = flags;
	if (fake.open_errno)
		return fake_fail(fake.open_errno);
	fake.opens++;
	return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_fcntl(int fd, int command, int arg)
{
	fake.dup_command = command;
	fake.opens += is_privcmd(fd) || is_gntdev(fd);
	return __real_fcntl(fd, command, arg);
}

int __wrap_close(int fd)
{
	if (is_privcmd(fd) || is_gntdev(fd)) {
		fake.closes++;
		errno = EINTR; /* must not show */
	}
	return __real_close(fd);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (is_gntdev(fd))
		return fake_gntdev_mmap(len, prot, offset);
	if (!is_privcmd(fd))
		return __real_mmap(addr, len, prot, flags, fd, offset);
	fake.mmaps++;
	if (fake.mmap_errno) {
		errno = fake.mmap_errno;
		return MAP_FAILED;
	}
	fake.area = __real_mmap(NULL, len, PROT_NONE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fake.area_len = len;
	fake.area_prot = prot;
	fake.area_flags = flags;
	fake.area_offset = offset;
	return fake.area;
}

int __wrap_munmap(void *addr, size_t len)
{
	char *area = fake.area;

	if (fake.on && area && (char *)addr >= area &&
	    (char *)addr < area + fake.area_len) {
		if (addr != area || len != fake.area_len)
			return fake_fail(EINVAL); /* would split it */
		fake.munmaps++;
		fake.area = NULL;
		mprotect(area, len, PROT_READ);
		memcpy(fake.wrote, area,
		       len < sizeof(fake.wrote) ? len : sizeof(fake.wrote));
		errno = EINTR; /* must not show */
	}
	fake_gntdev_munmap(addr);
	return __real_munmap(addr, len);
}

void *__wrap_calloc(size_t nmemb, size_t size)
{
	if (fake.on && nmemb * size > fake.calloc_most)
		fake.calloc_most = nmemb * size;
	if (fake.on && fake.calloc_errno) {
		errno = fake.calloc_errno;
		return NULL;
	}
	return __real_calloc(nmemb, size);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	if (!fake.on)
		return __real_clock_gettime(clock, t);
	t->tv_sec = fake.now_ns / 1000000000;
	t->tv_nsec = fake.now_ns % 1000000000;
	return 0;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	if (!fake.on)
		return __real_nanosleep(t, left);
	fake.sleeps++;
	fake.now_ns += t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
	return fake_fail(EINTR); /* as if interrupted just at its end */
}

int fake_frame_error(domid_t dom, uint64_t gfn)
{
	if (dom == FAKE_DOM_GONE)
		return -ESRCH;
	if (gfn < FAKE_HOLE)
		return 0;
	if (gfn < FAKE_BUSY)
		return -EINVAL;
	if (gfn < FAKE_PAGED)
		return -EBUSY;
	if (gfn < FAKE_END)
		return fake.batches <= fake.paged_rounds ? -ENOENT : 0;
	return -EINVAL;
}

void fake_fill_page(unsigned char *page, uint64_t gfn, int prot)
{
	mprotect(page, FAKE_PAGE, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < FAKE_PAGE; i++)
		page[i] = FAKE_BYTE(gfn, i);
	mprotect(page, FAKE_PAGE, prot);
}

static int batch(const struct privcmd_mmapbatch_v2 *b)
{
	bool paged = false;

	fake.batches++;
	if (fake.batch_errno && fake.batches >= fake.batch_errno_at)
		return fake_fail(fake.batch_errno);
	if (b->dom == FAKE_DOM_FOREIGN)
		return fake_fail(EPERM);
	if (b->dom == FAKE_DOM_LARGE)
		return fake_fail(ENOMEM);
	for (unsigned int i = 0; i < b->num; i++) {
		b->err[i] = fake_frame_error(b->dom, b->arr[i]);
		paged |= b->err[i] == -ENOENT;
		if (!b->err[i])
			fake_fill_page((unsigned char *)(uintptr_t)b->addr +
					       i * FAKE_PAGE,
				       b->arr[i], fake.area_prot);
	}
	return paged ? fake_fail(ENOENT) : 0;
}

/* Of the frames that the last whole batch named. */
static int status(const struct privcmd_x_status *s)
{
	struct privcmd_x_frame *f = (void *)(uintptr_t)s->status;
	const struct privcmd_mmapbatch_v2 *b = NULL;
	uint64_t first;

	if (fake_x_status(s))
		return 0;
	for (unsigned int i = 0; i < fake.nr_calls; i++)
		if (fake.calls[i].request == IOCTL_PRIVCMD_MMAPBATCH_V2 &&
		    fake.calls[i].batch.addr == (uintptr_t)fake.area)
			b = &fake.calls[i].batch;
	if (!b || s->addr < b->addr || s->num > b->num)
		return fake_fail(EINVAL);
	first = (s->addr - b->addr) / FAKE_PAGE;
	for (uint64_t i = 0; i < s->num; i++) {
		uint64_t gfn = b->arr[first + i];
		int err = fake_frame_error(b->dom, gfn);

		f[i] = (struct privcmd_x_frame){
			.state = err ? PRIVCMD_X_NONE :
				 gfn >= FAKE_RO && gfn < FAKE_HOLE ?
				       PRIVCMD_X_RO :
				       PRIVCMD_X_RW,
			.error = err,
		};
	}
	return 0;
}

static int answer(struct fake_call *call)
{
	struct privcmd_x_info *info = call->arg;

	switch (call->request) {
	case PRIVCMD_X_INFO:
		if (fake.info_errno)
			return fake_fail(fake.info_errno);
		fake.info_size = info->size;
		*info = fake.info;
		return 0;
	case IOCTL_PRIVCMD_MMAPBATCH_V2:
		if (!call->arg)
			return fake_fail(fake.null_errno);
		call->batch = *(struct privcmd_mmapbatch_v2 *)call->arg;
		return batch(&call->batch);
	case IOCTL_PRIVCMD_RESTRICT:
		call->restrict_to = *(domid_t *)call->arg;
		return fake.restrict_errno ? fake_fail(fake.restrict_errno) : 0;
	case PRIVCMD_X_STATUS:
		call->status = *(struct privcmd_x_status *)call->arg;
		return fake.status_errno ? fake_fail(fake.status_errno) :
					   status(&call->status);
	case PRIVCMD_X_MAP:
		call->x_map = *(struct privcmd_x_map *)call->arg;
		return fake_x_map(&call->x_map);
	case PRIVCMD_X_UNMAP:
		call->x_unmap = *(struct privcmd_x_unmap *)call->arg;
		return fake_x_unmap(&call->x_unmap);
	case PRIVCMD_X_COPY:
		call->x_copy = *(struct privcmd_x_copy *)call->arg;
		return fake_x_copy(call->arg);
	default:
		return fake_fail(ENOTTY);
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fake_call *call;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (is_gntdev(fd))
		return fake_gntdev(request, arg);
	if (!is_privcmd(fd))
		return __real_ioctl(fd, request, arg);
	if (fake.nr_calls == FAKE_CALLS)
		abort();
	call = &fake.calls[fake.nr_calls++];
	call->request = request;
	call->arg = arg;
	return answer(call);
}
