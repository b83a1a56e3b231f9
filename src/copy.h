/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Copies: foreign memory is read and written without a mapping in user space.
 */
#ifndef PRIVCMD_COPY_H
#define PRIVCMD_COPY_H

#include <linux/types.h>
#include <xen/interface/xen.h>

#include "record.h"

struct file;
struct iov_iter;
struct privcmd_file;

/* A piece of a copy: what one call of privcmd_backend.copy does. */
struct privcmd_piece {
	struct privcmd_file *pf;	/* slots are counted against it; it may be
					 * restricted meanwhile */
	domid_t dom;
	bool write;			/* true: write the frames, from @kernel */
	struct privcmd_span span;	/* the frames, PRIVCMD_SPARE of them at most */
	size_t offset;			/* of the first byte, in the first frame */
	size_t len;			/* bytes */
	size_t done;			/* out: bytes that were copied without a gap */
	void *kernel;			/* the other side: the driver's buffer, or NULL */
	const struct iov_iter *iter;	/* if @kernel is NULL: the caller's memory */
};

/*
 * A copy between frames of a domain and the caller's memory. The caller of
 * privcmd_copy_run() sets the fields down to @gfns; the others are zero at first.
 */
struct privcmd_copy {
	struct privcmd_file *pf;
	domid_t dom;
	bool write;			/* into the domain */
	u64 at;				/* the first byte, counted from the first frame's */
	bool contiguous;		/* the frames are those from @base on */
	xen_pfn_t base;
	const xen_pfn_t __user *gfns;	/* if not contiguous: their numbers */
	u64 done;			/* bytes copied, without a gap */
	struct privcmd_piece piece;
	struct privcmd_chunk chunk;
	xen_pfn_t gfn[PRIVCMD_SPARE];
	void *buffer;			/* NULL: not needed yet */
};

int privcmd_copy_run(struct privcmd_copy *copy, struct iov_iter *iter, u64 len);
int privcmd_copy_out(const struct privcmd_piece *piece, const void *from,
		     size_t len);
long privcmd_copy_ioctl(struct file *file, void *arg);

#endif /* PRIVCMD_COPY_H */
