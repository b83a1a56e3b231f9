/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A privcmd device for host tests of libxenfm and xenfm: the system calls that
 * the library makes are replaced at link time (-Wl,--wrap), recorded, and
 * answered from here. It tests the caller, never a driver.
 *
 * A program that was not written for it selects a device by the environment
 * variable XENFM_FAKE: xen-privcmd, in-tree, or none.
 *
 * To the fake, every descriptor of /dev/null is one of privcmd, and every one of
 * /dev/zero one of gntdev. Of mappings of privcmd it knows the newest.
 */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

/*
 * The memory of every fake domain, by frame number. Below FAKE_RO it is RAM
 * with FAKE_BYTE() in it, so is the rest of what can be mapped.
 */
#define FAKE_RO		0x1000	/* can only be mapped read-only */
#define FAKE_HOLE	0x2000	/* EINVAL */
#define FAKE_BUSY	0x3000	/* EBUSY */
#define FAKE_PAGED	0x4000	/* paged out, see paged_rounds */
#define FAKE_END	0x5000	/* EINVAL again */

#define FAKE_BYTE(gfn, offset) \
	((unsigned char)((gfn) * 31 + (offset) + ((offset) >> 8)))

/* These do not exist, may not be mapped, are too large for the driver. */
#define FAKE_DOM_GONE	404
#define FAKE_DOM_FOREIGN 403
#define FAKE_DOM_LARGE	413	/* ENOMEM */

#define FAKE_CALLS	64

struct fake_call {
	unsigned long request;
	void *arg;
	struct privcmd_mmapbatch_v2 batch;	/* a copy, for that ioctl */
	struct privcmd_x_status status;		/* a copy, for that ioctl */
	struct privcmd_x_map x_map;		/* a copy, for that ioctl */
	struct privcmd_x_unmap x_unmap;		/* a copy, for that ioctl */
	struct privcmd_x_copy x_copy;		/* a copy, for that ioctl */
	domid_t restrict_to;			/* a copy, for that ioctl */
};

/* Grants that were announced, and perhaps mapped. */
struct fake_grants {
	uint32_t domid, ref, count;	/* count 0: forgotten again */
	void *area;			/* NULL: not mapped */
	int prot;
};

#define FAKE_GRANTS	8
#define FAKE_GRANTS_MAX	512	/* of one announcement: ENOMEM */

struct fake {
	bool on;

	/* What it answers; 0 is success. */
	int open_errno;
	int info_errno;
	int null_errno;		/* MMAPBATCH_V2 without an argument */
	int mmap_errno;
	int calloc_errno;
	int batch_errno;	/* the whole call, from batch_errno_at on */
	unsigned int batch_errno_at;
	int restrict_errno;
	int status_errno;
	int x_unmap_errno;
	bool copy_nothing;	/* X_COPY: 0 bytes, success */
	struct privcmd_x_info info;
	unsigned int paged_rounds;	/* batches that find FAKE_PAGED absent */

	/* What it saw. */
	char path[128];
	int open_flags;
	unsigned int opens, closes;
	struct fake_call calls[FAKE_CALLS];
	unsigned int nr_calls;
	unsigned int batches;
	uint32_t info_size;	/* the caller's */
	int dup_command;	/* of the last fcntl(2) */
	unsigned char wrote[8192];	/* what X_COPY wrote, or what the last
					 * mapping had when it went */
	struct fake_grants grants[FAKE_GRANTS];	/* the index is the offset's */
	unsigned int nr_grants;
	void *area;		/* NULL: none */
	size_t area_len;
	int area_prot, area_flags;
	off_t area_offset;
	unsigned int mmaps, munmaps;
	size_t calloc_most;	/* bytes that were asked for at once */

	/* Its clock stands still but for what is slept. */
	int64_t now_ns;
	unsigned int sleeps;
};

extern struct fake fake;

/* Starts over with a device of xen-privcmd that answers everything. */
void fake_start(void);
/* The same with the kernel's own driver. */
void fake_start_intree(void);

/* Is this page of an area frame @gfn, as every fake domain has it? */
bool fake_page_is(const void *area, unsigned int page, uint64_t gfn);

/* driver.c: for ioctl.c */
#define FAKE_PAGE 4096
int fake_fail(int err);
int fake_frame_error(domid_t dom, uint64_t gfn);
void fake_fill_page(unsigned char *page, uint64_t gfn, int prot);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);

/* ioctl.c: what the private ioctls and gntdev answer */
int fake_x_map(const struct privcmd_x_map *m);
/* Of the whole of what X_MAP last mapped; false if that is not it. */
bool fake_x_status(const struct privcmd_x_status *s);
int fake_x_unmap(const struct privcmd_x_unmap *u);
int fake_x_copy(struct privcmd_x_copy *c);
int fake_gntdev(unsigned long request, void *arg);
void *fake_gntdev_mmap(size_t len, int prot, off_t offset);
void fake_gntdev_munmap(void *addr);

/* What must be @want; errno must be as before. */
#define check_ret(expr, want)                  \
	do {                                   \
		errno = 4711;                  \
		check_eq(expr, want);          \
		check_eq(errno, 4711);         \
	} while (0)

#endif /* FAKE_DRIVER_H */
