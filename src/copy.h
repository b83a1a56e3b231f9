/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_COPY: foreign memory is read and written without a mapping in user space.
 */
#ifndef PRIVCMD_COPY_H
#define PRIVCMD_COPY_H

#include <linux/types.h>
#include <xen/interface/xen.h>

#include "record.h"

struct file;
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
	void *kernel;			/* the other side: the kernel's, or NULL */
	void __user *user;		/* if @kernel is NULL; access_ok() */
};

long privcmd_copy(struct file *file, void *arg);
int privcmd_copy_out(const struct privcmd_piece *piece, const void *from,
		     size_t len);

#endif /* PRIVCMD_COPY_H */
