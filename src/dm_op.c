// SPDX-License-Identifier: GPL-2.0-only
/*
 * DM_OP: a hypercall that a device model may make, as its buffers are named
 * apart from its arguments and the hypervisor looks at nothing else. Copyright
 * (C) 2026 the xen-privcmd authors
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/hvm/dm_op.h>
#include <xen/xen-ops.h>

#include "inject.h"
#include "privcmd.h"

/*
 * The hypervisor must find every page of the buffers in place, so they are
 * pinned. What was pinned is counted apart from what is asked for.
 */
struct pins {
	struct page **pages;
	unsigned long wanted;
	unsigned long pinned;
};

static unsigned int pages_of(const struct privcmd_dm_op_buf *buf)
{
	unsigned long offset = (unsigned long)buf->uptr & ~PAGE_MASK;

	return buf->size ? DIV_ROUND_UP(offset + buf->size, PAGE_SIZE) : 0;
}

static int pin(struct pins *pins, const struct privcmd_dm_op_buf *buf)
{
	unsigned int nr = pages_of(buf), done = 0;
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

static int read_bufs(struct privcmd_dm_op_buf *bufs,
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
		*pages += pages_of(&bufs[i]);
	}
	/* Parameters may allow more than the kernel cares to allocate for. */
	return *pages > INT_MAX / sizeof(struct page *) ? -E2BIG : 0;
}

static long call(const struct privcmd_file *pf, const struct privcmd_dm_op *op,
		 const struct privcmd_dm_op_buf *bufs, struct pins *pins)
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
		ret = pin(pins, &bufs[i]);
		set_xen_guest_handle(xbufs[i].h, (__force void *)bufs[i].uptr);
		xbufs[i].size = bufs[i].size;
	}
	/* A page may have come late: the file may be restricted by now. */
	if (!ret && !privcmd_file_may_touch(pf, op->dom))
		ret = -EPERM;
	if (!ret) {
		/*
		 * Not HYPERVISOR_dm_op(): on arm64, before 2025, that one leaves
		 * user memory closed to the hypervisor (CONFIG_ARM64_SW_TTBR0_PAN).
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
	struct pins pins = {};
	long ret;

	if (!op->num)
		return 0;
	if (op->num > READ_ONCE(privcmd_dm_op_max_nr_bufs))
		return -E2BIG;
	bufs = kcalloc(op->num, sizeof(*bufs), GFP_KERNEL_ACCOUNT);
	if (!bufs)
		return -ENOMEM;
	ret = read_bufs(bufs, op, &pins.wanted);
	if (!ret)
		ret = call(file->private_data, op, bufs, &pins);
	kfree(bufs);
	return ret;
}
