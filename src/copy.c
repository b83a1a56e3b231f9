// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Copies: foreign memory is read and written without a mapping in user space.
 * X_COPY uses them, and read(2) and write(2) of a memory file.
 *
 * A copy goes piece by piece, a few frames at a time. A fault in user memory
 * may take for ever, and no frame of the domain may be held meanwhile. So a
 * read copies straight into user memory, with faults disabled. From the first
 * page that is not there on, it copies into a buffer of the kernel's, and from
 * there to user memory when no frame is held any more. A write always goes
 * through the buffer: if a fault broke it off, it would have written more than
 * it reports.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "backend.h"
#include "copy.h"
#include "file.h"
#include "inject.h"
#include "range.h"

#define COPY_FLAGS (PRIVCMD_X_COPY_WRITE | PRIVCMD_X_COPY_CONTIGUOUS)

/* Bytes of one piece, at most. */
#define COPY_PIECE (PRIVCMD_SPARE * PAGE_SIZE)

/*
 * Copy @len bytes at @from, in a foreign frame, to the other side of @piece,
 * behind the bytes that are done. -EFAULT: the page of user memory is not there
 * now, or the frame's memory is broken; some bytes may have been written. -EIO:
 * the frame's memory is broken. That is a machine check, which ends no more
 * than the copy.
 */
int privcmd_copy_out(const struct privcmd_piece *piece, const void *from,
		     size_t len)
{
	struct iov_iter to;
	size_t done = 0;

	if (piece->kernel) {
		if (privcmd_inject_poison() ||
		    copy_mc_to_kernel(piece->kernel + piece->done, from, len))
			return -EIO;
		return 0;
	}
	to = *piece->iter;
	iov_iter_advance(&to, piece->done);
	/* copy_mc_to_user() is not exported to modules. */
	pagefault_disable();
	if (!privcmd_inject_poison())
		done = _copy_mc_to_iter(from, len, &to);
	pagefault_enable();
	return done < len ? -EFAULT : 0;
}

/* The piece behind the bytes that are done; @left bytes are to be copied. */
static int copy_next_piece(struct privcmd_copy *copy, u64 left)
{
	u64 at = copy->at + copy->done, first = at >> PAGE_SHIFT;
	struct privcmd_piece *piece = &copy->piece;
	unsigned int nr;

	piece->offset = offset_in_page(at);
	piece->len = min_t(u64, left, COPY_PIECE - piece->offset);
	nr = DIV_ROUND_UP(piece->offset + piece->len, PAGE_SIZE);
	copy->chunk = (struct privcmd_chunk){ .nr = nr };
	piece->span = (struct privcmd_span){ .chunk = &copy->chunk, .nr = nr };
	if (copy->contiguous) {
		copy->chunk.base = copy->base + first;
		return 0;
	}
	copy->chunk.gfn = copy->gfn;
	return copy_from_user(copy->gfn, copy->gfns + first,
			      nr * sizeof(*copy->gfn)) ?
		       -EFAULT :
		       0;
}

/*
 * Have the backend copy the piece. -EFAULT: user memory is not there now, or the
 * frame's memory is broken.
 */
static int copy_frames(struct privcmd_piece *piece)
{
	piece->done = 0;
	/* The file may have been restricted since the call began. */
	if (!privcmd_file_allows(piece->pf, piece->dom))
		return -EPERM;
	return privcmd_backend->copy(piece);
}

static void copy_advance(struct privcmd_copy *copy, struct iov_iter *iter,
			 size_t done)
{
	iov_iter_advance(iter, done);
	copy->done += done;
}

/*
 * Straight into the caller's memory. -EFAULT: a page of it is not there now, or
 * cannot be written.
 */
static int copy_to_caller(struct privcmd_copy *copy, struct iov_iter *iter)
{
	struct privcmd_piece *piece = &copy->piece;
	int ret;

	piece->kernel = NULL;
	piece->iter = iter;
	ret = copy_frames(piece);
	if (ret != -EFAULT)
		copy_advance(copy, iter, piece->done);
	return ret;
}

/* Out of the buffer, after the backend has filled it. */
static int copy_from_buffer(struct privcmd_copy *copy, struct iov_iter *iter)
{
	struct privcmd_piece *piece = &copy->piece;
	int ret = copy_frames(piece);
	size_t done = copy_to_iter(copy->buffer, piece->done, iter);

	copy->done += done;
	return done < piece->done ? -EFAULT : ret;
}

/* Into the buffer, before the backend writes what is in it. */
static int copy_through_buffer(struct privcmd_copy *copy, struct iov_iter *iter)
{
	struct privcmd_piece *piece = &copy->piece;
	struct iov_iter from = *iter;
	int ret;

	piece->len = copy_from_iter(copy->buffer, piece->len, &from);
	if (!piece->len)
		return -EFAULT;
	ret = copy_frames(piece);
	copy_advance(copy, iter, piece->done);
	return ret;
}

static int copy_piece(struct privcmd_copy *copy, struct iov_iter *iter,
		      u64 left)
{
	struct privcmd_piece *piece = &copy->piece;
	int ret;

	if (!copy->buffer && !piece->write) {
		ret = copy_to_caller(copy, iter);
		if (ret != -EFAULT)
			return ret;
	}
	/*
	 * Accounted: many calls may wait for ever for user memory, each with a
	 * buffer.
	 */
	if (!copy->buffer)
		copy->buffer = kmalloc(min_t(u64, left, COPY_PIECE),
				       GFP_KERNEL_ACCOUNT);
	if (!copy->buffer)
		return -ENOMEM;
	piece->kernel = copy->buffer;
	return piece->write ? copy_through_buffer(copy, iter) :
			      copy_from_buffer(copy, iter);
}

/*
 * Copy @len bytes, no more than @iter has. copy->done: how many were copied;
 * @iter was advanced by as many. If that is not all, the return value says why:
 * -EFAULT: the caller's memory. -EPERM: the file may no longer name the domain.
 * -ENOMEM: no memory or no slot. -EINTR: killed. Others: the frame.
 */
int privcmd_copy_run(struct privcmd_copy *copy, struct iov_iter *iter, u64 len)
{
	int ret = 0;

	copy->piece = (struct privcmd_piece){
		.pf = copy->pf,
		.dom = copy->dom,
		.write = copy->write,
	};
	while (!ret && copy->done < len) {
		ret = fatal_signal_pending(current) ?
			      -EINTR :
			      copy_next_piece(copy, len - copy->done);
		if (!ret)
			ret = copy_piece(copy, iter, len - copy->done);
		cond_resched();
	}
	kfree(copy->buffer);
	copy->buffer = NULL;
	return ret;
}

static bool copy_is_valid(const struct privcmd_x_copy *x)
{
	u64 end;

	if (x->flags & ~COPY_FLAGS || x->pad[0] || x->pad[1] || x->pad[2] ||
	    !x->num || x->num >= RANGE_MAX_FRAMES || x->offset >= PAGE_SIZE ||
	    check_add_overflow(x->offset, x->len, &end) ||
	    end > x->num << PAGE_SHIFT)
		return false;
	return !(x->flags & PRIVCMD_X_COPY_CONTIGUOUS) ||
	       !check_add_overflow(x->frames, x->num - 1, &end);
}

/* x->done is copied back to the caller whatever this returns (device.c). */
long privcmd_copy_ioctl(struct file *file, void *arg)
{
	struct privcmd_x_copy *x = arg;
	struct privcmd_copy copy;
	struct iov_iter iter;
	int ret;

	x->done = 0;
	if (!copy_is_valid(x))
		return -EINVAL;
	copy = (struct privcmd_copy){
		.pf = file->private_data,
		.dom = x->dom,
		.write = x->flags & PRIVCMD_X_COPY_WRITE,
		.at = x->offset,
		.contiguous = x->flags & PRIVCMD_X_COPY_CONTIGUOUS,
	};
	if (copy.contiguous)
		copy.base = x->frames;
	else
		copy.gfns = u64_to_user_ptr(x->frames);
	iov_iter_ubuf(&iter, copy.write ? WRITE : READ, u64_to_user_ptr(x->buf),
		      x->len);
	ret = privcmd_copy_run(&copy, &iter, x->len);
	x->done = copy.done;
	return ret;
}
