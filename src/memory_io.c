// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * read(2) and write(2) of a memory file: copies, without a lock of the driver's.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "copy.h"
#include "fops.h"
#include "memory.h"

/* How long a call waits before it asks for a paged-out frame again. */
#define MEMORY_IO_DELAY msecs_to_jiffies(10)

/* The bytes from the end of @copy to the end of that frame, @len in all at most. */
static u64 memory_io_rest(const struct privcmd_copy *copy, u64 len)
{
	return min_t(u64, len - copy->done,
		     PAGE_SIZE - offset_in_page(copy->at + copy->done));
}

/* The frame at the end of @copy is a hole. */
static int memory_io_skip(const struct privcmd_memory *mem,
			  struct privcmd_copy *copy, struct iov_iter *iter,
			  u64 len)
{
	size_t nr = memory_io_rest(copy, len), done;

	if (!mem->zero_holes || copy->write)
		return -EIO;
	done = iov_iter_zero(nr, iter);
	copy->done += done;
	return done < nr ? -EFAULT : 0;
}

/* The frame at the end of @copy could not be copied, because of @error. 0: go on. */
static int memory_io_mend(const struct privcmd_memory *mem,
			  struct privcmd_copy *copy, struct iov_iter *iter,
			  u64 len, int error)
{
	switch (error) {
	case -EFAULT:
	case -EINTR:
	case -ENOMEM:
		return error;
	case -ENOENT:
		/* If a signal kills the caller, the next piece is -EINTR. */
		schedule_timeout_killable(MEMORY_IO_DELAY);
		return 0;
	case -EINVAL:
		return memory_io_skip(mem, copy, iter, len);
	}
	return -EIO;
}

/* A run that meets a hole has done work for frames behind it. So go on slowly there. */
static int memory_io_all(const struct privcmd_memory *mem,
			 struct privcmd_copy *copy, struct iov_iter *iter,
			 u64 len)
{
	u64 end = len;
	int ret = 0;

	while (!ret && copy->done < len) {
		ret = privcmd_copy_run(copy, iter, end);
		end = len;
		if (ret) {
			ret = memory_io_mend(mem, copy, iter, len, ret);
			end = copy->done + memory_io_rest(copy, len);
		}
	}
	return ret;
}

static ssize_t memory_io_copy(struct kiocb *iocb, struct iov_iter *iter,
			      bool write)
{
	struct privcmd_file *pf = iocb->ki_filp->private_data;
	const struct privcmd_memory *mem = privcmd_memory_of(pf);
	u64 size = mem->num << PAGE_SHIFT, pos = iocb->ki_pos;
	struct privcmd_copy copy;
	int ret;

	/* io_uring of 6.1 asks for this and holds a lock. Its worker asks again. */
	if (iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;
	/* The kernel does not read a guest's memory for itself, as if it were a program. */
	if (iov_iter_is_kvec(iter))
		return -EINVAL;
	if (write && iocb->ki_flags & IOCB_APPEND)
		pos = size;
	if (!iov_iter_count(iter))
		return 0;
	if (pos >= size)
		return write ? -ENOSPC : 0;
	copy = (struct privcmd_copy){
		.pf = pf,
		.dom = mem->dom,
		.write = write,
		.at = pos,
		.contiguous = true,
		.base = mem->first,
	};
	ret = memory_io_all(mem, &copy, iter,
			    min_t(u64, iov_iter_count(iter), size - pos));
	iocb->ki_pos = pos + copy.done;
	return copy.done ?: ret;
}

ssize_t privcmd_memory_read(struct kiocb *iocb, struct iov_iter *to)
{
	return memory_io_copy(iocb, to, false);
}

ssize_t privcmd_memory_write(struct kiocb *iocb, struct iov_iter *from)
{
	return memory_io_copy(iocb, from, true);
}
