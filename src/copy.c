// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_COPY: foreign memory is read and written without a mapping in user space.
 *
 * A call copies piece by piece, a few frames at a time. A fault in user memory
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

/* A call, with the piece that it is at. */
struct copy_call {
	struct privcmd_x_copy *x;
	struct privcmd_piece piece;
	struct privcmd_chunk chunk;
	xen_pfn_t gfn[PRIVCMD_SPARE];
	void *buffer; /* NULL: not needed yet */
};

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
	struct iov_iter user;
	size_t done = 0;

	if (piece->kernel) {
		if (privcmd_inject_poison() ||
		    copy_mc_to_kernel(piece->kernel + piece->done, from, len))
			return -EIO;
		return 0;
	}
	/* copy_mc_to_user() is not exported to modules. */
	iov_iter_ubuf(&user, READ, piece->user + piece->done, len);
	pagefault_disable();
	if (!privcmd_inject_poison())
		done = _copy_mc_to_iter(from, len, &user);
	pagefault_enable();
	return done < len ? -EFAULT : 0;
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

/* The piece behind the bytes that are done. */
static int copy_next_piece(struct copy_call *call)
{
	const struct privcmd_x_copy *x = call->x;
	u64 at = x->offset + x->done, first = at >> PAGE_SHIFT;
	const xen_pfn_t __user *gfns = u64_to_user_ptr(x->frames);
	struct privcmd_piece *piece = &call->piece;
	unsigned int nr;

	piece->offset = offset_in_page(at);
	piece->len = min_t(u64, x->len - x->done, COPY_PIECE - piece->offset);
	nr = DIV_ROUND_UP(piece->offset + piece->len, PAGE_SIZE);
	call->chunk = (struct privcmd_chunk){ .nr = nr };
	piece->span = (struct privcmd_span){ .chunk = &call->chunk, .nr = nr };
	if (x->flags & PRIVCMD_X_COPY_CONTIGUOUS) {
		call->chunk.base = x->frames + first;
		return 0;
	}
	call->chunk.gfn = call->gfn;
	return copy_from_user(call->gfn, gfns + first, nr * sizeof(*gfns)) ?
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

/*
 * Straight into user memory. -EFAULT: a page of it is not there now, or cannot
 * be written.
 */
static int copy_to_caller(struct copy_call *call)
{
	struct privcmd_x_copy *x = call->x;
	struct privcmd_piece *piece = &call->piece;
	int ret;

	piece->kernel = NULL;
	piece->user = u64_to_user_ptr(x->buf + x->done);
	if (!access_ok(piece->user, piece->len))
		return -EFAULT;
	ret = copy_frames(piece);
	if (ret != -EFAULT)
		x->done += piece->done;
	return ret;
}

/* Through the buffer. */
static int copy_by_buffer(struct copy_call *call)
{
	struct privcmd_x_copy *x = call->x;
	void __user *user = u64_to_user_ptr(x->buf + x->done);
	struct privcmd_piece *piece = &call->piece;
	int ret;

	piece->kernel = call->buffer;
	if (piece->write && copy_from_user(piece->kernel, user, piece->len))
		return -EFAULT;
	ret = copy_frames(piece);
	if (!piece->write && copy_to_user(user, piece->kernel, piece->done))
		return -EFAULT;
	x->done += piece->done;
	return ret;
}

static int copy_piece(struct copy_call *call)
{
	int ret;

	if (!call->buffer && !call->piece.write) {
		ret = copy_to_caller(call);
		if (ret != -EFAULT)
			return ret;
	}
	/*
	 * Accounted: many calls may wait for ever for user memory, each with a
	 * buffer.
	 */
	if (!call->buffer)
		call->buffer = kmalloc(min_t(u64, call->x->len - call->x->done,
					     COPY_PIECE),
				       GFP_KERNEL_ACCOUNT);
	if (!call->buffer)
		return -ENOMEM;
	return copy_by_buffer(call);
}

/* x->done is copied back to the caller whatever this returns (device.c). */
long privcmd_copy(struct file *file, void *arg)
{
	struct privcmd_x_copy *x = arg;
	struct copy_call call;
	int ret = 0;

	x->done = 0;
	if (!copy_is_valid(x))
		return -EINVAL;
	call.x = x;
	call.buffer = NULL;
	call.piece = (struct privcmd_piece){
		.pf = file->private_data,
		.dom = x->dom,
		.write = x->flags & PRIVCMD_X_COPY_WRITE,
	};
	while (!ret && x->done < x->len) {
		ret = fatal_signal_pending(current) ? -EINTR :
						      copy_next_piece(&call);
		if (!ret)
			ret = copy_piece(&call);
		cond_resched();
	}
	kfree(call.buffer);
	return ret;
}
