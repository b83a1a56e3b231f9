// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * DM_OP: a device model operation. A device model may make this hypercall on a
 * restricted file, because its buffers are named apart from its arguments, and
 * the hypervisor accesses no other memory.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/hvm/dm_op.h>
#include <xen/privcmd.h>
#include <xen/xen-ops.h>

#include "dm_op.h"
#include "file.h"
#include "inject.h"
#include "params.h"

/*
 * The pages of the buffers are pinned, since the hypervisor must find each of
 * them. @wanted and @pinned count pages.
 */
struct dm_op_pins {
	struct page **pages;
	unsigned long wanted;
	unsigned long pinned;
};

static unsigned int dm_op_pages(const struct privcmd_dm_op_buf *buf)
{
	unsigned long offset = (unsigned long)buf->uptr & ~PAGE_MASK;

	return buf->size ? DIV_ROUND_UP(offset + buf->size, PAGE_SIZE) : 0;
}

static int dm_op_pin(struct dm_op_pins *pins,
		     const struct privcmd_dm_op_buf *buf)
{
	unsigned int nr = dm_op_pages(buf), done = 0;
	unsigned long addr = (unsigned long)buf->uptr & PAGE_MASK;
	int ret;

	while (done < nr) {
		ret = pin_user_pages_fast(addr + done * PAGE_SIZE, nr - done,
					  FOLL_WRITE,
					  pins->pages + pins->pinned);
		if (ret <= 0)
			return ret == -ENOMEM ? -ENOMEM : -EFAULT;
		pins->pinned += ret;
		done += ret;
	}
	return 0;
}

static int dm_op_read_bufs(struct privcmd_dm_op_buf *bufs,
			   const struct privcmd_dm_op *op, unsigned long *pages)
{
	size_t max = READ_ONCE(privcmd_dm_op_buf_max_size);
	unsigned int i;

	if (copy_from_user(bufs, op->ubufs, op->num * sizeof(*bufs)))
		return -EFAULT;
	for (i = 0; i < op->num; i++) {
		if (bufs[i].size > max)
			return -E2BIG;
		if (!access_ok(bufs[i].uptr, bufs[i].size))
			return -EFAULT;
		*pages += dm_op_pages(&bufs[i]);
	}
	/* The parameters may allow more pages than can be allocated for. */
	return *pages > INT_MAX / sizeof(struct page *) ? -E2BIG : 0;
}

static long dm_op_call(const struct privcmd_file *pf,
		       const struct privcmd_dm_op *op,
		       const struct privcmd_dm_op_buf *bufs,
		       struct dm_op_pins *pins)
{
	struct xen_dm_op_buf *xbufs;
	unsigned int i;
	long ret = 0;

	xbufs = kcalloc(op->num, sizeof(*xbufs), GFP_KERNEL_ACCOUNT);
	pins->pages = kvmalloc_array(pins->wanted, sizeof(*pins->pages),
				     GFP_KERNEL_ACCOUNT);
	if (!xbufs || (!pins->pages && pins->wanted))
		ret = -ENOMEM;
	for (i = 0; !ret && i < op->num; i++) {
		ret = dm_op_pin(pins, &bufs[i]);
		set_xen_guest_handle(xbufs[i].h, (__force void *)bufs[i].uptr);
		xbufs[i].size = bufs[i].size;
	}
	/* Pinning may have slept; the file may have been restricted meanwhile. */
	if (!ret && !privcmd_file_allows(pf, op->dom))
		ret = -EPERM;
	if (!ret) {
		/*
		 * Not HYPERVISOR_dm_op(): on arm64 with
		 * CONFIG_ARM64_SW_TTBR0_PAN, kernels before 2025 do not let the
		 * hypervisor access user memory in it.
		 */
		xen_preemptible_hcall_begin();
		ret = privcmd_inject_hypercall() ?:
			      privcmd_call(__HYPERVISOR_dm_op, op->dom, op->num,
					   (unsigned long)xbufs, 0, 0);
		xen_preemptible_hcall_end();
	}
	if (pins->pinned)
		unpin_user_pages_dirty_lock(pins->pages, pins->pinned, true);
	kvfree(pins->pages);
	kfree(xbufs);
	return ret;
}

long privcmd_dm_op(struct file *file, void *arg)
{
	const struct privcmd_dm_op *op = arg;
	struct privcmd_dm_op_buf *bufs;
	struct dm_op_pins pins = {};
	long ret;

	if (!op->num)
		return 0;
	if (op->num > READ_ONCE(privcmd_dm_op_max_nr_bufs))
		return -E2BIG;
	bufs = kcalloc(op->num, sizeof(*bufs), GFP_KERNEL_ACCOUNT);
	if (!bufs)
		return -ENOMEM;
	ret = dm_op_read_bufs(bufs, op, &pins.wanted);
	if (!ret)
		ret = dm_op_call(file->private_data, op, bufs, &pins);
	kfree(bufs);
	return ret;
}
