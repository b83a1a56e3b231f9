/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas: mappings of the device, the calls that populate them, and accesses that
 * may end with a signal.
 */
#ifndef AREA_H
#define AREA_H

#include "tap.h"
#include "dom0/device.h"
#include "dom0/domain.h"

struct area {
	int fd;
	unsigned char *va;
	size_t n;	/* pages */
};

struct area area_new(int fd, size_t n);
struct area area_prot(int fd, size_t n, int prot);
void area_done(struct area *a);
void area_works(struct area *a, const struct domain *d);
unsigned char *page_at(const struct area *a, size_t i);

/*
 * Either batch ioctl. @err may be NULL. A call of V1 sets err[i] to -EIO for
 * each marked frame, after a check that exactly the mark of the ABI was ORed
 * in.
 */
int batch(int version, int fd, unsigned int dom, const void *addr,
	  const __u64 *frames, int *err, unsigned int num);
/* The value of err[i] for BAD_FRAME. */
int bad_frame_error(int version, const struct domain *d);
int v1(int fd, unsigned int dom, const void *addr, __u64 *arr, int num);
int v2(int fd, unsigned int dom, const void *addr, const __u64 *arr, int *err,
       unsigned int num);
/* Maps pages of @d from @first on, as many as @a has. Every frame must succeed. */
bool map_frames(const struct area *a, const struct domain *d, size_t first);

int status(int fd, const void *addr, struct privcmd_x_frame *frame, size_t n);
int state_at(const struct area *a, size_t i);

void page_fill(void *page, unsigned int seed);
bool page_has(const void *page, unsigned int seed);
/*
 * A copy of what the kernel reads at @page, valid until the next call; NULL:
 * EFAULT. For pages that another thread may remove meanwhile.
 */
const void *page_copy(const void *page);
/* The signal that ends the access; 0: the access succeeds. */
int touch(const void *p);
int poke(void *p, unsigned char value);
unsigned char *buffer(size_t pages);	/* zeroed, then a page without access */
void *aside(size_t pages);		/* address space without a mapping */

#endif /* AREA_H */
