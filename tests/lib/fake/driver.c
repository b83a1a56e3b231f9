// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The fake devices: the memory of the domains, mmap(2) and munmap(2), and the
 * list of all areas. malloc() and calloc() have a limit.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "driver.h"

struct fake fake;

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

extern __typeof__(ioctl) __real_ioctl, __wrap_ioctl;
extern __typeof__(mmap) __real_mmap, __wrap_mmap;
extern __typeof__(munmap) __real_munmap, __wrap_munmap;
extern __typeof__(calloc) __wrap_calloc;
extern __typeof__(malloc) __real_malloc, __wrap_malloc;

int fake_fail(int err)
{
	errno = err;
	return -1;
}

/* errno is unchanged. */
enum fake_kind fake_kind(int fd)
{
	enum fake_kind kind = FAKE_OTHER_FILE;
	int saved = errno;
	struct stat st;

	if (fake.on && fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
	    (st.st_rdev == makedev(1, FAKE_PRIVCMD) ||
	     st.st_rdev == makedev(1, FAKE_GNTDEV)))
		kind = minor(st.st_rdev);
	errno = saved;
	return kind;
}

static struct privcmd_x_frame by_number(uint64_t gfn)
{
	struct privcmd_x_frame f = { .state = PRIVCMD_X_RW };

	if (gfn >= FAKE_END || (gfn >= FAKE_HOLE && gfn < FAKE_BUSY))
		f.error = -EINVAL;
	else if (gfn >= FAKE_BUSY && gfn < FAKE_PAGED)
		f.error = -EBUSY;
	else if (gfn >= FAKE_PAGED && fake.batches < fake.paged_rounds)
		f.error = -ENOENT;
	else if (gfn >= FAKE_RO && gfn < FAKE_HOLE)
		f.state = PRIVCMD_X_RO;
	return f;
}

void fake_start(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.on = true;
	fake.frame = by_number;
	fake.contents = true;
	fake.null_errno = EFAULT;
	fake.alloc_max = SIZE_MAX;
	fake.info = (struct privcmd_x_info){
		.size = PRIVCMD_X_INFO_SIZE_V1,
		.abi = 1,
		.features = PRIVCMD_X_FEATURE_STATUS |
			    PRIVCMD_X_FEATURE_HYPERCALL |
			    PRIVCMD_X_FEATURE_RO_RETRY | PRIVCMD_X_FEATURE_MAP |
			    PRIVCMD_X_FEATURE_COPY | PRIVCMD_X_FEATURE_MEMORY,
		.backend = PRIVCMD_X_BACKEND_PV,
		.max_frames = 1ULL << 28,
		.version = "1.2.3",
	};
}

void fake_start_intree(void)
{
	fake_start();
	fake.intree = true;
}

unsigned int fake_left(void)
{
	unsigned int left = 0;

	fake_for_each_area(a)
		left += a->size != 0;
	return left;
}

bool fake_page_is(const void *area, unsigned int page, uint64_t gfn)
{
	const unsigned char *p = (const unsigned char *)area + page * FAKE_PAGE;

	for (unsigned int i = 0; i < FAKE_PAGE; i++)
		if (p[i] != FAKE_BYTE(gfn, i))
			return false;
	return true;
}

/* If there is an error, the state is NONE. */
struct privcmd_x_frame fake_frame(domid_t dom, uint64_t gfn)
{
	struct privcmd_x_frame f = fake.frame(gfn);

	if (dom == FAKE_DOM_GONE)
		f.error = -ESRCH;
	if (f.error)
		f.state = PRIVCMD_X_NONE;
	return f;
}

void fake_fill(char *page, uint64_t gfn, int prot)
{
	if (!fake.contents)
		return;
	mprotect(page, FAKE_PAGE, PROT_READ | PROT_WRITE);
	for (unsigned int i = 0; i < FAKE_PAGE; i++)
		page[i] = FAKE_BYTE(gfn, i);
	mprotect(page, FAKE_PAGE, prot);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	enum fake_kind kind = fake_kind(fd);
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fake_memory_is(fd))
		return fake_memory(request, arg);
	if (kind == FAKE_OTHER_FILE)
		return __real_ioctl(fd, request, arg);
	pthread_mutex_lock(&fake_lock);
	ret = kind == FAKE_PRIVCMD ? fake_privcmd(request, arg) :
				     fake_gntdev(request, arg);
	pthread_mutex_unlock(&fake_lock);
	return ret;
}

struct fake_area *fake_new_area(void)
{
	fake_for_each_area(a)
		if (!a->size)
			return a;
	assert(!"too many areas");
	return NULL;
}

/*
 * The entry for a new mapping, or NULL if the mapping is refused. Announced grants
 * are mapped as a whole and only once. Only the first grant can be refused.
 */
static struct fake_area *entry_for(enum fake_kind kind, size_t len, int prot,
				   off_t offset)
{
	struct privcmd_x_frame f;
	struct fake_area *a;

	if (kind == FAKE_PRIVCMD)
		return fake_new_area();
	a = fake_grants(offset);
	if (!a || a->start || a->size != len)
		return NULL;
	f = fake_frame(a->domid, a->ref);
	if (f.error || (f.state == PRIVCMD_X_RO && prot & PROT_WRITE))
		return NULL;
	return a;
}

static void *map_device(enum fake_kind kind, void *addr, size_t len, int prot,
			int flags, off_t offset)
{
	struct fake_area *a = entry_for(kind, len, prot, offset);
	void *start;

	fake.mmaps++;
	errno = fake.mmap_errno ? fake.mmap_errno : EINVAL;
	if (!a || fake.mmap_errno)
		return MAP_FAILED;
	start = __real_mmap(addr, len, fake.contents ? PROT_NONE : prot,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return start;
	a->start = start;
	a->size = len;
	a->prot = prot;
	a->flags = flags;
	a->offset = offset;
	a->grants = kind == FAKE_GNTDEV;
	for (size_t i = 0; a->grants && i < len / FAKE_PAGE; i++)
		fake_fill(a->start + i * FAKE_PAGE, a->ref + i, prot);
	return start;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	enum fake_kind kind = fake_kind(fd);
	void *start;

	if (kind == FAKE_OTHER_FILE)
		return __real_mmap(addr, len, prot, flags, fd, offset);
	pthread_mutex_lock(&fake_lock);
	start = map_device(kind, addr, len, prot, flags, offset);
	pthread_mutex_unlock(&fake_lock);
	return start;
}

static void unmap_area(struct fake_area *a)
{
	size_t most = sizeof(fake.wrote);

	fake.munmaps++;
	if (fake.contents) {
		mprotect(a->start, a->size, PROT_READ);
		memcpy(fake.wrote, a->start, a->size < most ? a->size : most);
	}
	free(a->record);
	a->record = NULL;
	a->start = NULL;
	if (!a->grants)
		a->size = 0;
	errno = EINTR; /* the program's caller must not see it */
}

/* As in the driver, an area can only be unmapped as a whole. */
int __wrap_munmap(void *addr, size_t len)
{
	bool whole = true;

	pthread_mutex_lock(&fake_lock);
	fake_for_each_area(a) {
		if (!a->start || (char *)addr + len <= a->start ||
		    (char *)addr >= a->start + a->size)
			continue;
		whole = addr == a->start && len == a->size;
		if (whole)
			unmap_area(a);
	}
	pthread_mutex_unlock(&fake_lock);
	return whole ? __real_munmap(addr, len) : fake_fail(EINVAL);
}

static bool is_too_much(size_t n, size_t size)
{
	size_t bytes;

	if (!fake.on)
		return false;
	if (__builtin_mul_overflow(n, size, &bytes))
		bytes = SIZE_MAX;
	if (fake.alloc_most < bytes)
		fake.alloc_most = bytes;
	if (bytes > fake.alloc_max)
		errno = ENOMEM;
	return bytes > fake.alloc_max;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_too_much(n, size) ? NULL : __real_calloc(n, size);
}

void *__wrap_malloc(size_t size)
{
	return is_too_much(1, size) ? NULL : __real_malloc(size);
}
