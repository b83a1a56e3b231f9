// SPDX-License-Identifier: GPL-2.0-only
/*
 * An open /dev/xen/privcmd: open, release, and every ioctl as a row of one
 * table. The handlers are elsewhere and get kernel memory only; what they may be
 * asked is decided here. Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "privcmd.h"
#include "trace.h"

int privcmd_file_open(struct inode *inode, struct file *file)
{
	struct privcmd_file *pf;
	int domid;

	domid = privcmd_restrict_open();
	if (domid < 0)
		return domid;
	pf = kzalloc(sizeof(*pf), GFP_KERNEL_ACCOUNT);
	if (!pf)
		return -ENOMEM;
	kref_init(&pf->ref);
	atomic_set(&pf->domid, domid);
	mutex_init(&pf->eventfds);
	privcmd_irqfd_open(pf);
	privcmd_ioeventfd_open(pf);
	file->private_data = pf;
	return 0;
}

static void file_free(struct kref *ref)
{
	struct privcmd_file *pf = container_of(ref, struct privcmd_file, ref);

	mutex_destroy(&pf->eventfds);
	kfree(pf);
}

void privcmd_file_get(struct privcmd_file *pf)
{
	kref_get(&pf->ref);
}

void privcmd_file_put(struct privcmd_file *pf)
{
	kref_put(&pf->ref, file_free);
}

/*
 * Every VMA of this file held it open, so none is left. What is bound to the file
 * goes now, and with it the references on mappings that it kept. Other files' calls
 * and bindings may still use mappings that this file made: these have references of
 * their own on @pf.
 */
int privcmd_file_release(struct inode *inode, struct file *file)
{
	struct privcmd_file *pf = file->private_data;

	privcmd_irqfd_release(pf);
	privcmd_ioeventfd_release(pf);
	/* No ioctl is at work on the file: its restriction is final (gate.c). */
	smp_store_release(&pf->closed, true);
	privcmd_file_put(pf);
	return 0;
}

bool privcmd_file_restricted(const struct privcmd_file *pf)
{
	return atomic_read(&pf->domid) != PRIVCMD_UNRESTRICTED;
}

bool privcmd_file_may_touch(const struct privcmd_file *pf, domid_t dom)
{
	int domid = atomic_read(&pf->domid);

	return domid == PRIVCMD_UNRESTRICTED || domid == dom;
}

static int charge(struct privcmd_file *pf, unsigned long nr)
{
	unsigned long max = READ_ONCE(privcmd_max_frames);
	long old = atomic_long_read(&pf->charged);

	do {
		if (nr > max || old > max - nr)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&pf->charged, &old, old + nr));
	return 0;
}

/* Count @nr frames against max_frames, all or none. */
int privcmd_file_charge(struct privcmd_file *pf, unsigned long nr)
{
	/*
	 * Frames that wait for the worker still count. Read their number first: the
	 * worker may give them back between the refusal and the check.
	 */
	bool later = atomic_long_read(&pf->later);
	int ret = charge(pf, nr);

	if (ret && later && !privcmd_later_drain_all())
		ret = charge(pf, nr);
	return ret;
}

void privcmd_file_uncharge(struct privcmd_file *pf, unsigned long nr)
{
	atomic_long_sub(nr, &pf->charged);
}

/* The first RESTRICT wins, whoever races with it; there is no way back. */
static long file_restrict(struct file *file, void *arg)
{
	struct privcmd_file *pf = file->private_data;
	domid_t dom = *(domid_t *)arg;
	int old = PRIVCMD_UNRESTRICTED;

	if (dom == DOMID_INVALID)
		return -EINVAL;
	if (atomic_try_cmpxchg(&pf->domid, &old, dom) || old == dom)
		return 0;
	return -EINVAL;
}

enum gate {
	GATE_NONE,	   /* harmless, or no domain's business */
	GATE_DOMID,	   /* names a domain, which must be the file's */
	GATE_UNRESTRICTED, /* not on a restricted file, whatever it says */
};

#define EXTENSIBLE     BIT(0) /* struct grows; its first field is its size */
#define ANSWERS	       BIT(1) /* struct is written back on PRIVCMD_ANSWER */
#define NAMES_MFNS     BIT(2) /* ENOSYS where we have no machine frames */
#define GATE_FIRST     BIT(3) /* EPERM comes before EFAULT */
#define ANSWERS_ANYHOW BIT(4) /* struct is written back, whatever came of it */

struct ioctl {
	unsigned int cmd;
	unsigned short size;	 /* of the struct */
	unsigned short min_size; /* of its first version */
	unsigned short dom;	 /* where the domid is in it */
	unsigned char gate;
	unsigned char flags;
	long (*handler)(struct file *file, void *arg);
};

/* Large enough for the struct of every row. */
union ioctl_arg {
	u32 size;
	struct privcmd_hypercall hypercall;
	struct privcmd_mmap mmap;
	struct privcmd_mmapbatch mmapbatch;
	struct privcmd_mmapbatch_v2 mmapbatch_v2;
	domid_t restrict_to;
	struct privcmd_dm_op dm_op;
	struct privcmd_mmap_resource mmap_resource;
	struct privcmd_irqfd irqfd;
	struct privcmd_ioeventfd ioeventfd;
	struct privcmd_pcidev_get_gsi get_gsi;
	struct privcmd_x_info info;
	struct privcmd_x_map map;
	struct privcmd_x_unmap unmap;
	struct privcmd_x_status status;
	struct privcmd_x_copy copy;
	struct privcmd_x_hypercall x_hypercall;
};

static const struct ioctl ioctls[] = {
	{
		.cmd = IOCTL_PRIVCMD_HYPERCALL,
		.size = sizeof(struct privcmd_hypercall),
		.gate = GATE_UNRESTRICTED,
		.flags = GATE_FIRST,
		.handler = privcmd_hcall,
	},
	{
		.cmd = IOCTL_PRIVCMD_MMAP,
		.size = sizeof(struct privcmd_mmap),
		.dom = offsetof(struct privcmd_mmap, dom),
		.gate = GATE_DOMID,
		.flags = NAMES_MFNS,
		.handler = privcmd_batch_mmap,
	},
	{
		.cmd = IOCTL_PRIVCMD_MMAPBATCH,
		.size = sizeof(struct privcmd_mmapbatch),
		.dom = offsetof(struct privcmd_mmapbatch, dom),
		.gate = GATE_DOMID,
		.handler = privcmd_batch_v1,
	},
	{
		.cmd = IOCTL_PRIVCMD_MMAPBATCH_V2,
		.size = sizeof(struct privcmd_mmapbatch_v2),
		.dom = offsetof(struct privcmd_mmapbatch_v2, dom),
		.gate = GATE_DOMID,
		.handler = privcmd_batch_v2,
	},
	{
		.cmd = IOCTL_PRIVCMD_DM_OP,
		.size = sizeof(struct privcmd_dm_op),
		.dom = offsetof(struct privcmd_dm_op, dom),
		.gate = GATE_DOMID,
		.handler = privcmd_dm_op,
	},
	{
		.cmd = IOCTL_PRIVCMD_MMAP_RESOURCE,
		.size = sizeof(struct privcmd_mmap_resource),
		.dom = offsetof(struct privcmd_mmap_resource, dom),
		.gate = GATE_DOMID,
		.flags = ANSWERS,
		.handler = privcmd_resource,
	},
	{
		.cmd = IOCTL_PRIVCMD_IRQFD,
		.size = sizeof(struct privcmd_irqfd),
		.dom = offsetof(struct privcmd_irqfd, dom),
		.gate = GATE_DOMID,
		.handler = privcmd_irqfd,
	},
	{
		.cmd = IOCTL_PRIVCMD_IOEVENTFD,
		.size = sizeof(struct privcmd_ioeventfd),
		.dom = offsetof(struct privcmd_ioeventfd, dom),
		.gate = GATE_DOMID,
		.handler = privcmd_ioeventfd,
	},
	{
		.cmd = IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		.size = sizeof(struct privcmd_pcidev_get_gsi),
		.gate = GATE_UNRESTRICTED,
		.flags = ANSWERS,
		.handler = privcmd_hcall_get_gsi,
	},
	{
		.cmd = IOCTL_PRIVCMD_RESTRICT,
		.size = sizeof(domid_t),
		.gate = GATE_NONE,
		.handler = file_restrict,
	},
	{
		.cmd = PRIVCMD_X_INFO,
		.size = sizeof(struct privcmd_x_info),
		.min_size = PRIVCMD_X_INFO_SIZE_V1,
		.gate = GATE_NONE,
		.flags = EXTENSIBLE | ANSWERS,
		.handler = privcmd_query_info,
	},
	{
		.cmd = PRIVCMD_X_MAP,
		.size = sizeof(struct privcmd_x_map),
		.min_size = PRIVCMD_X_MAP_SIZE_V1,
		.dom = offsetof(struct privcmd_x_map, dom),
		.gate = GATE_DOMID,
		.flags = EXTENSIBLE,
		.handler = privcmd_xmap,
	},
	{
		.cmd = PRIVCMD_X_UNMAP,
		.size = sizeof(struct privcmd_x_unmap),
		.min_size = PRIVCMD_X_UNMAP_SIZE_V1,
		.gate = GATE_NONE,
		.flags = EXTENSIBLE,
		.handler = privcmd_xmap_unmap,
	},
	{
		.cmd = PRIVCMD_X_STATUS,
		.size = sizeof(struct privcmd_x_status),
		.min_size = PRIVCMD_X_STATUS_SIZE_V1,
		.gate = GATE_NONE,
		.flags = EXTENSIBLE,
		.handler = privcmd_query_status,
	},
	{
		.cmd = PRIVCMD_X_COPY,
		.size = sizeof(struct privcmd_x_copy),
		.min_size = PRIVCMD_X_COPY_SIZE_V1,
		.dom = offsetof(struct privcmd_x_copy, dom),
		.gate = GATE_DOMID,
		.flags = EXTENSIBLE | ANSWERS_ANYHOW,
		.handler = privcmd_copy,
	},
	{
		.cmd = PRIVCMD_X_HYPERCALL,
		.size = sizeof(struct privcmd_x_hypercall),
		.min_size = PRIVCMD_X_HYPERCALL_SIZE_V1,
		.gate = GATE_UNRESTRICTED,
		.flags = EXTENSIBLE | ANSWERS,
		.handler = privcmd_hcall_x,
	},
};

static const struct ioctl *find_ioctl(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		if (ioctls[i].cmd == cmd)
			return &ioctls[i];
	return NULL;
}

/* @size: in: the largest struct we know; out: bytes that the caller has. */
static int copy_in(const struct ioctl *op, void *arg, void __user *uarg,
		   u32 *size)
{
	*size = op->size;
	if (!(op->flags & EXTENSIBLE))
		return copy_from_user(arg, uarg, op->size) ? -EFAULT : 0;

	if (get_user(*size, (u32 __user *)uarg))
		return -EFAULT;
	if (*size < op->min_size)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(arg, op->size, uarg, *size);
}

static int copy_out(const struct ioctl *op, union ioctl_arg *arg,
		    void __user *uarg, u32 size)
{
	size = min_t(u32, size, op->size);
	if (op->flags & EXTENSIBLE)
		arg->size = size;
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

/* May the file do this? Looks into @arg for GATE_DOMID only. */
static int check_gate(const struct ioctl *op, const struct privcmd_file *pf,
		      const union ioctl_arg *arg)
{
	domid_t dom;

	switch ((enum gate)op->gate) {
	case GATE_DOMID:
		memcpy(&dom, (const char *)arg + op->dom, sizeof(dom));
		return privcmd_file_may_touch(pf, dom) ? 0 : -EPERM;
	case GATE_UNRESTRICTED:
		return privcmd_file_restricted(pf) ? -EPERM : 0;
	case GATE_NONE:
		break;
	}
	return 0;
}

static long dispatch(struct file *file, unsigned int cmd, void __user *uarg)
{
	const struct ioctl *op = find_ioctl(cmd);
	struct privcmd_file *pf = file->private_data;
	union ioctl_arg arg;
	bool answers;
	u32 size;
	long ret = 0;

	if (!op)
		return -ENOTTY;
	if (op->flags & NAMES_MFNS && !privcmd_backend->mfn)
		return -ENOSYS;
	if (op->flags & GATE_FIRST)
		ret = check_gate(op, pf, NULL);
	if (!ret)
		ret = copy_in(op, &arg, uarg, &size);
	if (!ret)
		ret = check_gate(op, pf, &arg);
	if (ret)
		return ret;
	ret = op->handler(file, &arg);
	answers = op->flags & ANSWERS && ret == PRIVCMD_ANSWER;
	if (!answers && !(op->flags & ANSWERS_ANYHOW))
		return ret;
	return copy_out(op, &arg, uarg, size) ?: (answers ? 0 : ret);
}

long privcmd_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret = dispatch(file, cmd, (void __user *)arg);

	trace_privcmd_ioctl(cmd, ret);
	return ret;
}
