// SPDX-License-Identifier: GPL-2.0-only
/*
 * X_COPY: foreign memory read and written without a mapping in user space.
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * By pieces of a few frames, through a buffer of the kernel's own: user memory is
 * touched while no foreign frame is, so that a fault there, for which somebody
 * else may take forever, keeps no frame of the domain.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "privcmd.h"

#define COPY_FLAGS (PRIVCMD_X_COPY_WRITE | PRIVCMD_X_COPY_CONTIGUOUS)

/* Bytes of one piece, at most: what one call of the backend takes. */
#define PIECE (PRIVCMD_SPARE * PAGE_SIZE)

/* A piece on its way: frames, where in the first of them, how much. */
struct piece {
	struct privcmd_chunk chunk;
	xen_pfn_t gfn[PRIVCMD_SPARE];
	size_t offset;
	size_t len;
};

static bool is_valid(const struct privcmd_x_copy *c)
{
	u64 end;

	if (c->flags & ~COPY_FLAGS || c->pad[0] || c->pad[1] || c->pad[2] ||
	    !c->num || c->num >= RANGE_MAX_FRAMES || c->offset >= PAGE_SIZE ||
	    check_add_overflow(c->offset, c->len, &end) ||
	    end > c->num << PAGE_SHIFT)
		return false;
	return !(c->flags & PRIVCMD_X_COPY_CONTIGUOUS) ||
	       !check_add_overflow(c->frames, c->num - 1, &end);
}

/* The piece behind the bytes that are done. */
static int next_piece(const struct privcmd_x_copy *c, struct piece *piece)
{
	u64 at = c->offset + c->done, first = at >> PAGE_SHIFT;
	const xen_pfn_t __user *gfns = u64_to_user_ptr(c->frames);
	unsigned int nr;

	piece->offset = offset_in_page(at);
	piece->len = min_t(u64, c->len - c->done, PIECE - piece->offset);
	nr = DIV_ROUND_UP(piece->offset + piece->len, PAGE_SIZE);
	piece->chunk = (struct privcmd_chunk){ .nr = nr };
	if (c->flags & PRIVCMD_X_COPY_CONTIGUOUS) {
		piece->chunk.base = c->frames + first;
		return 0;
	}
	piece->chunk.gfn = piece->gfn;
	return copy_from_user(piece->gfn, gfns + first, nr * sizeof(*gfns)) ?
		       -EFAULT :
		       0;
}

static int copy_piece(struct file *file, struct privcmd_x_copy *c,
		      struct piece *piece, void *bounce)
{
	void __user *buf = u64_to_user_ptr(c->buf + c->done);
	bool write = c->flags & PRIVCMD_X_COPY_WRITE;
	struct privcmd_span span = { .chunk = &piece->chunk,
				     .nr = piece->chunk.nr };
	int ret = 0;
	size_t len;

	if (write && copy_from_user(bounce, buf, piece->len))
		return -EFAULT;
	/* It may have been restricted since. */
	if (!privcmd_file_may_touch(file->private_data, c->dom))
		return -EPERM;
	len = privcmd_backend->copy(c->dom, &span, piece->offset, bounce,
				    piece->len, write, &ret);
	if (!write && copy_to_user(buf, bounce, len))
		return -EFAULT;
	c->done += len;
	return ret;
}

long privcmd_copy(struct file *file, void *arg)
{
	struct privcmd_x_copy *c = arg;
	struct piece piece;
	void *bounce;
	int ret = 0;

	c->done = 0;
	if (!is_valid(c))
		return -EINVAL;
	/* A call may hang where user memory never comes, and many of them can. */
	bounce = kmalloc(min_t(u64, c->len, PIECE), GFP_KERNEL_ACCOUNT);
	if (!bounce)
		return -ENOMEM;
	while (!ret && c->done < c->len) {
		ret = fatal_signal_pending(current) ? -EINTR :
						      next_piece(c, &piece);
		if (!ret)
			ret = copy_piece(file, c, &piece, bounce);
		cond_resched();
	}
	kfree(bounce);
	return ret;
}
