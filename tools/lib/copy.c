// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Copies foreign memory without a mapping that the program sees. The driver
 * copies with X_COPY. If it does not have X_COPY, the library maps a window, and
 * copies from or to the window.
 */
#include <errno.h>
#include <string.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "internal.h"

/* Frames that are mapped at a time if the driver does not have X_COPY. */
#define WINDOW_FRAMES 256

/* How long the mapping of a window retries frames that are paged out. */
#define PAGED_TIMEOUT_MS 2000

struct copy {
	struct xenfm *h;
	domid_t dom;
	uint64_t guest_addr;
	char *buf;
	size_t len;
	bool write;
};

/* The rest of a copy after its first @done bytes. */
static struct copy rest(const struct copy *c, size_t done)
{
	struct copy r = *c;

	r.guest_addr += done;
	r.buf += done;
	r.len -= done;
	return r;
}

static int by_driver(const struct copy *c, size_t *done)
{
	struct privcmd_x_copy x = {
		.size = sizeof(x),
		.flags = PRIVCMD_X_COPY_CONTIGUOUS |
			 (c->write ? PRIVCMD_X_COPY_WRITE : 0),
		.dom = c->dom,
		.frames = c->guest_addr >> XENFM_PAGE_SHIFT,
		.num = xenfm_pages(c->guest_addr, c->len),
		.offset = c->guest_addr % XENFM_PAGE_SIZE,
		.len = c->len,
		.buf = (uintptr_t)c->buf,
	};
	int ret = xenfm_ioctl(c->h->fd, PRIVCMD_X_COPY, &x);

	*done = x.done;
	return ret || x.done ? ret : -EIO; /* else copy() would loop forever */
}

/* Copy page by page. The first page whose frame failed ends the copy. */
static int copy_pages(const struct copy *c, char *window, const int *err,
		      size_t *done)
{
	size_t offset = c->guest_addr % XENFM_PAGE_SIZE, piece;

	for (*done = 0; *done < c->len; *done += piece) {
		size_t at = offset + *done;

		if (err[at / XENFM_PAGE_SIZE])
			return err[at / XENFM_PAGE_SIZE];
		piece = XENFM_PAGE_SIZE - at % XENFM_PAGE_SIZE;
		if (piece > c->len - *done)
			piece = c->len - *done;
		if (c->write)
			memcpy(window + at, c->buf + *done, piece);
		else
			memcpy(c->buf + *done, window + at, piece);
	}
	return 0;
}

/* Copy the first window of @c. */
static int by_window(const struct copy *c, size_t *done)
{
	unsigned int flags = c->write ? XENFM_MAP_WRITE | XENFM_MAP_STRICT : 0;
	struct copy w = *c;
	int err[WINDOW_FRAMES];
	uint64_t num;
	void *area;
	int ret;

	*done = 0;
	num = xenfm_pages(w.guest_addr, w.len);
	if (num > WINDOW_FRAMES) {
		num = WINDOW_FRAMES;
		w.len = num * XENFM_PAGE_SIZE - w.guest_addr % XENFM_PAGE_SIZE;
	}
	ret = xenfm_map_range(w.h, w.dom, w.guest_addr >> XENFM_PAGE_SHIFT, num,
			      flags, PAGED_TIMEOUT_MS, err, &area);
	if (ret)
		return ret;
	ret = copy_pages(&w, area, err, done);
	xenfm_unmap(w.h, area, num);
	return ret;
}

static int copy(const struct copy *c, uint32_t domid, size_t *done)
{
	size_t all = 0, now;
	int ret = 0;

	if (c->dom != domid ||
	    (c->len && c->len - 1 > UINT64_MAX - c->guest_addr))
		ret = -EINVAL;
	else if (c->len && !c->buf)
		ret = -EFAULT;
	while (!ret && all < c->len) {
		struct copy left = rest(c, all);

		if (c->h->info.features & XENFM_FEATURE_COPY)
			ret = by_driver(&left, &now);
		else
			ret = by_window(&left, &now);
		all += now;
	}
	if (done)
		*done = all;
	return ret;
}

XENFM_API int xenfm_read(struct xenfm *handle, uint32_t domid,
			 uint64_t guest_addr, void *buf, size_t len,
			 size_t *done)
{
	struct copy c = {
		.h = handle,
		.dom = domid,
		.guest_addr = guest_addr,
		.buf = buf,
		.len = len,
	};

	return copy(&c, domid, done);
}

XENFM_API int xenfm_write(struct xenfm *handle, uint32_t domid,
			  uint64_t guest_addr, const void *buf, size_t len,
			  size_t *done)
{
	struct copy c = {
		.h = handle,
		.dom = domid,
		.guest_addr = guest_addr,
		.buf = (char *)buf, /* only read */
		.len = len,
		.write = true,
	};

	return copy(&c, domid, done);
}
