// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas mapped from the device, the frames that they show, and the bytes in
 * these frames.
 */
#include <setjmp.h>

#include "dom0/area.h"

struct area area_prot(int fd, size_t n, int prot)
{
	struct area a = { .fd = fd, .n = n };

	a.va = mmap(NULL, n * PAGE, prot, MAP_SHARED, fd, 0);
	if (!check(a.va != MAP_FAILED)) {
		tap_note("mmap of %zu pages: %s", n, strerror(errno));
		tap_end(TAP_ENDED, NULL);
	}
	return a;
}

struct area area_new(int fd, size_t n)
{
	return area_prot(fd, n, PROT_READ | PROT_WRITE);
}

/*
 * The end of most cases: unmaps the whole area. The file has no frames
 * afterwards.
 */
void area_done(struct area *a)
{
	check_eq(munmap(a->va, a->n * PAGE), 0);
	if (driver())
		check_eq(fdinfo(a->fd, "xen-privcmd-frames"), 0);
}

unsigned char *page_at(const struct area *a, size_t i)
{
	return a->va + i * PAGE;
}

bool map_frames(const struct area *a, const struct domain *d, size_t first)
{
	int *err = calloc(a->n, sizeof(*err));
	bool ok;
	size_t i;

	must(first + a->n <= d->n);
	ok = check_eq(v2(a->fd, d->id, a->va, d->frame + first, err, a->n), 0);
	for (i = 0; i < a->n; i++)
		ok = check_eq(err[i], 0) && ok;
	free(err);
	return ok;
}

/* An area that a refused call named can be used like a new one. */
void area_works(struct area *a, const struct domain *d)
{
	size_t i;

	if (map_frames(a, d, 0))
		for (i = 0; i < a->n; i++)
			check(page_has(page_at(a, i), domain_seed(d, i)));
	area_done(a);
}

int v1(int fd, unsigned int dom, const void *addr, __u64 *arr, int num)
{
	struct privcmd_mmapbatch b = {
		.num = num,
		.dom = dom,
		.addr = (unsigned long)addr,
		.arr = arr,
	};

	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH, &b);
}

int v2(int fd, unsigned int dom, const void *addr, const __u64 *arr, int *err,
       unsigned int num)
{
	struct privcmd_mmapbatch_v2 b = {
		.num = num,
		.dom = dom,
		.addr = (unsigned long)addr,
		.arr = arr,
		.err = err,
	};

	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b);
}

static int v1_with_err(int fd, unsigned int dom, const void *addr,
		       const __u64 *frames, int *err, unsigned int num)
{
	__u64 *arr = malloc(num * sizeof(*arr));
	unsigned int i;
	int ret, e;

	memcpy(arr, frames, num * sizeof(*arr));
	ret = v1(fd, dom, addr, arr, num);
	e = errno;
	for (i = 0; i < num; i++) {
		if (err)
			err[i] = arr[i] == frames[i] ? 0 : -EIO;
		if (arr[i] != frames[i])
			check_eq(arr[i],
				 frames[i] | PRIVCMD_MMAPBATCH_MFN_ERROR);
	}
	free(arr);
	errno = e;
	return ret;
}

int batch(int version, int fd, unsigned int dom, const void *addr,
	  const __u64 *frames, int *err, unsigned int num)
{
	int *own = NULL, ret, e;

	if (version == 1)
		return v1_with_err(fd, dom, addr, frames, err, num);
	if (!err)
		err = own = calloc(num, sizeof(*err));
	ret = v2(fd, dom, addr, frames, err, num);
	e = errno;
	free(own);
	errno = e;
	return ret;
}

/*
 * To a PV dom0, BAD_FRAME is a machine frame that does not belong to a PV
 * domain.
 */
int bad_frame_error(int version, const struct domain *d)
{
	if (version == 1)
		return -EIO;
	return xlate() || d->hvm ? -EINVAL : -EPERM;
}

int status(int fd, const void *addr, struct privcmd_x_frame *frame, size_t n)
{
	struct privcmd_x_status s = {
		.size = sizeof(s),
		.addr = (unsigned long)addr,
		.num = n,
		.status = (unsigned long)frame,
	};

	return ioctl(fd, PRIVCMD_X_STATUS, &s);
}

int state_at(const struct area *a, size_t i)
{
	struct privcmd_x_frame f;

	if (status(a->fd, page_at(a, i), &f, 1))
		return -1;
	return f.state;
}

void page_fill(void *page, unsigned int seed)
{
	volatile uint64_t *w = page;
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL;
	unsigned int i;

	for (i = 0; i < PAGE / sizeof(*w); i++)
		w[i] = x += 0x632be59bd9b4e019ULL;
}

bool page_has(const void *page, unsigned int seed)
{
	const volatile uint64_t *w = page;
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL;
	unsigned int i;

	for (i = 0; i < PAGE / sizeof(*w); i++)
		if (w[i] != (x += 0x632be59bd9b4e019ULL))
			return false;
	return true;
}

/*
 * Writes the patterns through the device, as there is no other way. A case
 * reads them through a mapping of its own.
 */
void domain_write_patterns(const struct domain *d)
{
	struct area a = area_new(privcmd_open(), d->n);
	size_t i;

	must(map_frames(&a, d, 0));
	for (i = 0; i < d->n; i++)
		page_fill(page_at(&a, i), domain_seed(d, i));
	munmap(a.va, a.n * PAGE);
	close(a.fd);
}

const void *page_copy(const void *page)
{
	static void *copy;
	static int fd;

	if (!copy) {
		fd = memfd_create("page", MFD_CLOEXEC);
		must(fd >= 0 && !ftruncate(fd, PAGE));
		copy = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		must(copy != MAP_FAILED);
	}
	return pwrite(fd, page, PAGE, 0) == PAGE ? copy : NULL;
}

static sigjmp_buf back;

static void jump_back(int sig)
{
	siglongjmp(back, sig);
}

/* Reads a byte, or writes one if @value is not NULL. */
static int access_byte(volatile unsigned char *p, const unsigned char *value)
{
	struct sigaction sa = { .sa_handler = jump_back,
				.sa_flags = SA_NODEFER };
	struct sigaction old_bus, old_segv;
	int sig;

	sigaction(SIGBUS, &sa, &old_bus);
	sigaction(SIGSEGV, &sa, &old_segv);
	sig = sigsetjmp(back, 1);
	if (!sig) {
		if (value)
			*p = *value;
		else
			(void)*p;
	}
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return sig;
}

int touch(const void *p)
{
	return access_byte((unsigned char *)p, NULL);
}

int poke(void *p, unsigned char value)
{
	return access_byte(p, &value);
}

unsigned char *buffer(size_t pages)
{
	unsigned char *p = aside(pages + 1);

	if (mprotect(p, pages * PAGE, PROT_READ | PROT_WRITE))
		bail("mprotect: %s", strerror(errno));
	memset(p, 0, pages * PAGE);
	return p;
}

void *aside(size_t pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	return p;
}
