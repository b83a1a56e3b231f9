// SPDX-License-Identifier: GPL-2.0-only
/*
 * X_COPY: foreign memory read and written without a mapping in user space.
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * By pieces of a few frames. A fault in user memory, for which somebody else may
 * take forever, is to keep no frame of the domain. So what is read goes straight
 * into user memory where that is there, with faults refused, and from the first
 * that is not, through a buffer of the kernel's own, which is copied when no
 * frame is held any more. What is written always goes through that: one that is
 * broken off by a fault would have written more than it says.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "inject.h"
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
	void *bounce; /* NULL: not needed yet; of the whole call */
};

/*
 * From a foreign frame: the @len bytes from @at on of @buf. -EFAULT: the user
 * memory is not there now, or the frame's is broken, and some of it may have been
 * written. -EIO: the frame's memory is broken: a machine check, which ends no more
 * than the copy.
 */
int privcmd_copy_out(const struct privcmd_buf *buf, size_t at,
		     const void *window, size_t len)
{
	struct iov_iter user;
	size_t done = 0;

	if (buf->kernel) {
		if (privcmd_inject_poison() ||
		    copy_mc_to_kernel(buf->kernel + at, window, len))
			return -EIO;
		return 0;
	}
	/* copy_mc_to_user() is not there for modules. */
	iov_iter_ubuf(&user, READ, buf->user + at, len);
	pagefault_disable();
	if (!privcmd_inject_poison())
		done = _copy_mc_to_iter(window, len, &user);
	pagefault_enable();
	return done < len ? -EFAULT : 0;
}

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

/* How much came over. -EFAULT in @error: not into user memory as it is now. */
static size_t copy_frames(struct file *file, const struct privcmd_x_copy *c,
			  struct piece *piece, const struct privcmd_buf *buf,
			  int *error)
{
	struct privcmd_span span = { .chunk = &piece->chunk,
				     .nr = piece->chunk.nr };

	/* It may have been restricted since. */
	*error = privcmd_file_may_touch(file->private_data, c->dom) ? 0 :
								      -EPERM;
	if (*error)
		return 0;
	return privcmd_backend->copy(c->dom, &span, piece->offset, buf,
				     piece->len,
				     c->flags & PRIVCMD_X_COPY_WRITE, error);
}

/* Straight from the frames. -EFAULT: the memory is not there, or for reading. */
static int read_piece(struct file *file, struct privcmd_x_copy *c,
		      struct piece *piece)
{
	struct privcmd_buf buf = { .user = u64_to_user_ptr(c->buf + c->done),
				   .pf = file->private_data };
	size_t len;
	int ret;

	if (!access_ok(buf.user, piece->len))
		return -EFAULT;
	len = copy_frames(file, c, piece, &buf, &ret);
	if (ret != -EFAULT)
		c->done += len;
	return ret;
}

static int bounce_piece(struct file *file, struct privcmd_x_copy *c,
			struct piece *piece)
{
	void __user *user = u64_to_user_ptr(c->buf + c->done);
	struct privcmd_buf buf = { .kernel = piece->bounce,
				   .pf = file->private_data };
	bool write = c->flags & PRIVCMD_X_COPY_WRITE;
	size_t len;
	int ret;

	if (write && copy_from_user(buf.kernel, user, piece->len))
		return -EFAULT;
	len = copy_frames(file, c, piece, &buf, &ret);
	if (!write && copy_to_user(user, buf.kernel, len))
		return -EFAULT;
	c->done += len;
	return ret;
}

static int copy_piece(struct file *file, struct privcmd_x_copy *c,
		      struct piece *piece)
{
	int ret;

	if (!piece->bounce && !(c->flags & PRIVCMD_X_COPY_WRITE)) {
		ret = read_piece(file, c, piece);
		if (ret != -EFAULT)
			return ret;
	}
	/* A call may hang where user memory never comes, and many of them can. */
	if (!piece->bounce)
		piece->bounce = kmalloc(min_t(u64, c->len - c->done, PIECE),
					GFP_KERNEL_ACCOUNT);
	if (!piece->bounce)
		return -ENOMEM;
	return bounce_piece(file, c, piece);
}

long privcmd_copy(struct file *file, void *arg)
{
	struct privcmd_x_copy *c = arg;
	struct piece piece;
	int ret = 0;

	c->done = 0;
	if (!is_valid(c))
		return -EINVAL;
	piece.bounce = NULL;
	while (!ret && c->done < c->len) {
		ret = fatal_signal_pending(current) ? -EINTR :
						      next_piece(c, &piece);
		if (!ret)
			ret = copy_piece(file, c, &piece);
		cond_resched();
	}
	kfree(piece.bounce);
	return ret;
}
