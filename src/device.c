// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The device: open, release, and each ioctl as a row of one table. The handlers
 * are in other files and get kernel memory only. The table says what is checked
 * before a handler runs, and what is copied back afterwards.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "backend.h"
#include "batch.h"
#include "copy.h"
#include "dm_op.h"
#include "file.h"
#include "fops.h"
#include "handler.h"
#include "hcall.h"
#include "ioeventfd.h"
#include "irqfd.h"
#include "memory.h"
#include "query.h"
#include "resource.h"
#include "restrict.h"
#include "trace.h"
#include "xmap.h"

/*
 * One allocation for each open file. When the last reference on @file is put,
 * the allocation is freed, so @file is the first field.
 */
struct device_file {
	struct privcmd_file file;
	struct privcmd_irqfds irqfds;
	struct privcmd_ioeventfds ioeventfds;
};

int privcmd_device_open(struct inode *inode, struct file *file)
{
	struct device_file *df;
	int domid;

	static_assert(offsetof(struct device_file, file) == 0);
	domid = privcmd_restrict_open();
	if (domid < 0)
		return domid;
	df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);
	if (!df)
		return -ENOMEM;
	privcmd_file_init(&df->file, domid);
	privcmd_irqfd_open(&df->file, &df->irqfds);
	privcmd_ioeventfd_open(&df->file, &df->ioeventfds);
	file->private_data = &df->file;
	return 0;
}

/*
 * Each VMA held the open file, so no VMA is left. End the bindings; that puts
 * their references on mappings. Calls and bindings of other files may still use
 * mappings that this file made: these mappings have references on the struct
 * privcmd_file.
 */
int privcmd_device_release(struct inode *inode, struct file *file)
{
	struct privcmd_file *pf = file->private_data;

	privcmd_irqfd_release(pf);
	privcmd_ioeventfd_release(pf);
	privcmd_memory_release(pf);
	/*
	 * No ioctl is running, so the restriction cannot change any more
	 * (gate.c).
	 */
	smp_store_release(&pf->closed, true);
	privcmd_file_put(pf);
	return 0;
}

static long device_restrict(struct file *file, void *arg)
{
	return privcmd_file_restrict(file->private_data, *(domid_t *)arg);
}

enum device_gate {
	GATE_MISSING,	   /* the row has no gate: EPERM on every file */
	GATE_NONE,	   /* open to all files */
	GATE_DOMID,	   /* the restriction must allow the domain */
	GATE_UNRESTRICTED, /* refused on a restricted file */
};

#define EXTENSIBLE     BIT(0) /* the struct may grow; its first field is its size */
#define ANSWERS	       BIT(1) /* copy the struct back on PRIVCMD_ANSWER */
#define NAMES_MFNS     BIT(2) /* ENOSYS without machine frames (not PV) */
#define GATE_FIRST     BIT(3) /* EPERM comes before EFAULT */
#define ANSWERS_ANYHOW BIT(4) /* copy the struct back in any case */
#define ON_MEMORY      BIT(5) /* a memory file has this ioctl, too */

struct device_ioctl {
	unsigned int cmd;
	unsigned short size;	 /* of the struct */
	unsigned short min_size; /* EXTENSIBLE: of its first version */
	unsigned short dom;	 /* GATE_DOMID: offset of the domid in it */
	unsigned char gate;
	unsigned char flags;
	long (*handler)(struct file *file, void *arg);
};

/* Large enough for the struct of every row. */
union device_arg {
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
	struct privcmd_x_memory memory;
};

/* A row: an ioctl, its struct, its handler. */
#define IOCTL(_cmd, _struct, _handler, ...)                          \
	{                                                            \
		.cmd = _cmd,                                         \
		.size = sizeof(_struct) +                            \
			BUILD_BUG_ON_ZERO(_IOC_SIZE(_cmd) !=         \
					  sizeof(_struct)) +         \
			BUILD_BUG_ON_ZERO(sizeof(_struct) >          \
					  sizeof(union device_arg)), \
		.handler = _handler, __VA_ARGS__                     \
	}

/* The same for a private ioctl, whose struct begins with its size and may grow. */
#define X_IOCTL(_cmd, _struct, _handler, _flags, ...)                        \
	{                                                                    \
		.cmd = _cmd,                                                 \
		.size = sizeof(_struct) +                                    \
			BUILD_BUG_ON_ZERO(sizeof(_struct) >                  \
					  sizeof(union device_arg)) +        \
			BUILD_BUG_ON_ZERO(offsetof(_struct, size)) +         \
			BUILD_BUG_ON_ZERO(_cmd##_SIZE_V1 > sizeof(_struct)), \
		.min_size = _cmd##_SIZE_V1, .flags = EXTENSIBLE | (_flags),  \
		.handler = _handler, __VA_ARGS__                             \
	}

/* The gate is GATE_DOMID; where the domid is in the struct. */
#define NAMES_DOM(_struct)                                     \
	.gate = GATE_DOMID,                                    \
	.dom = offsetof(_struct, dom) +                        \
	       BUILD_BUG_ON_ZERO(sizeof_field(_struct, dom) != \
				 sizeof(domid_t))

static const struct device_ioctl device_ioctls[] = {
	IOCTL(IOCTL_PRIVCMD_HYPERCALL, struct privcmd_hypercall, privcmd_hcall,
	      .gate = GATE_UNRESTRICTED, .flags = GATE_FIRST),
	IOCTL(IOCTL_PRIVCMD_MMAP, struct privcmd_mmap, privcmd_batch_mmap,
	      NAMES_DOM(struct privcmd_mmap), .flags = NAMES_MFNS),
	IOCTL(IOCTL_PRIVCMD_MMAPBATCH, struct privcmd_mmapbatch,
	      privcmd_batch_v1, NAMES_DOM(struct privcmd_mmapbatch)),
	IOCTL(IOCTL_PRIVCMD_MMAPBATCH_V2, struct privcmd_mmapbatch_v2,
	      privcmd_batch_v2, NAMES_DOM(struct privcmd_mmapbatch_v2)),
	IOCTL(IOCTL_PRIVCMD_DM_OP, struct privcmd_dm_op, privcmd_dm_op,
	      NAMES_DOM(struct privcmd_dm_op)),
	IOCTL(IOCTL_PRIVCMD_MMAP_RESOURCE, struct privcmd_mmap_resource,
	      privcmd_resource, NAMES_DOM(struct privcmd_mmap_resource),
	      .flags = ANSWERS),
	IOCTL(IOCTL_PRIVCMD_IRQFD, struct privcmd_irqfd, privcmd_irqfd,
	      NAMES_DOM(struct privcmd_irqfd)),
	IOCTL(IOCTL_PRIVCMD_IOEVENTFD, struct privcmd_ioeventfd,
	      privcmd_ioeventfd, NAMES_DOM(struct privcmd_ioeventfd)),
	IOCTL(IOCTL_PRIVCMD_PCIDEV_GET_GSI, struct privcmd_pcidev_get_gsi,
	      privcmd_hcall_get_gsi, .gate = GATE_UNRESTRICTED,
	      .flags = ANSWERS),
	IOCTL(IOCTL_PRIVCMD_RESTRICT, domid_t, device_restrict,
	      .gate = GATE_NONE),
	X_IOCTL(PRIVCMD_X_INFO, struct privcmd_x_info, privcmd_query_info,
		ANSWERS | ON_MEMORY, .gate = GATE_NONE),
	X_IOCTL(PRIVCMD_X_MAP, struct privcmd_x_map, privcmd_xmap, 0,
		NAMES_DOM(struct privcmd_x_map)),
	X_IOCTL(PRIVCMD_X_UNMAP, struct privcmd_x_unmap, privcmd_xmap_unmap,
		ON_MEMORY, .gate = GATE_NONE),
	X_IOCTL(PRIVCMD_X_STATUS, struct privcmd_x_status, privcmd_query_status,
		ON_MEMORY, .gate = GATE_NONE),
	X_IOCTL(PRIVCMD_X_COPY, struct privcmd_x_copy, privcmd_copy_ioctl,
		ANSWERS_ANYHOW, NAMES_DOM(struct privcmd_x_copy)),
	X_IOCTL(PRIVCMD_X_HYPERCALL, struct privcmd_x_hypercall,
		privcmd_hcall_x, ANSWERS, .gate = GATE_UNRESTRICTED),
	X_IOCTL(PRIVCMD_X_MEMORY, struct privcmd_x_memory, privcmd_memory_ioctl,
		0, NAMES_DOM(struct privcmd_x_memory)),
};

/* @flags: the row must have them. */
static const struct device_ioctl *device_find_ioctl(unsigned int cmd,
						    unsigned int flags)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(device_ioctls); i++)
		if (device_ioctls[i].cmd == cmd &&
		    (device_ioctls[i].flags & flags) == flags)
			return &device_ioctls[i];
	return NULL;
}

/*
 * @size: returns the size of the caller's struct in bytes. It may be smaller or
 * larger than ours.
 */
static int device_copy_in(const struct device_ioctl *op, void *arg,
			  void __user *uarg, u32 *size)
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

static int device_copy_out(const struct device_ioctl *op, union device_arg *arg,
			   void __user *uarg, u32 size)
{
	size = min_t(u32, size, op->size);
	if (op->flags & EXTENSIBLE)
		arg->size = size;
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

/* May the file make this call? @arg is used only for GATE_DOMID. */
static int device_check_gate(const struct device_ioctl *op,
			     const struct privcmd_file *pf,
			     const union device_arg *arg)
{
	domid_t dom;

	switch ((enum device_gate)op->gate) {
	case GATE_NONE:
		return 0;
	case GATE_DOMID:
		memcpy(&dom, (const char *)arg + op->dom, sizeof(dom));
		return privcmd_file_allows(pf, dom) ? 0 : -EPERM;
	case GATE_UNRESTRICTED:
		return privcmd_file_restricted(pf) ? -EPERM : 0;
	case GATE_MISSING:
		break;
	}
	return -EPERM;
}

static long device_dispatch(struct file *file, unsigned int cmd,
			    void __user *uarg, unsigned int flags)
{
	const struct device_ioctl *op = device_find_ioctl(cmd, flags);
	struct privcmd_file *pf = file->private_data;
	union device_arg arg;
	bool answers;
	u32 size;
	long ret = 0;

	if (!op)
		return -ENOTTY;
	if (op->flags & NAMES_MFNS && !privcmd_backend->mfn)
		return -ENOSYS;
	if (op->flags & GATE_FIRST)
		ret = device_check_gate(op, pf, NULL);
	if (!ret)
		ret = device_copy_in(op, &arg, uarg, &size);
	if (!ret)
		ret = device_check_gate(op, pf, &arg);
	if (ret)
		return ret;
	ret = op->handler(file, &arg);
	answers = op->flags & ANSWERS && ret == PRIVCMD_ANSWER;
	if (!answers && !(op->flags & ANSWERS_ANYHOW))
		return ret;
	return device_copy_out(op, &arg, uarg, size) ?: (answers ? 0 : ret);
}

long privcmd_device_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	long ret = device_dispatch(file, cmd, (void __user *)arg, 0);

	trace_privcmd_ioctl(cmd, ret);
	return ret;
}

/* An ioctl on a memory file, whose private_data is a struct privcmd_file, too. */
long privcmd_device_memory_ioctl(struct file *file, unsigned int cmd,
				 unsigned long arg)
{
	long ret = device_dispatch(file, cmd, (void __user *)arg, ON_MEMORY);

	trace_privcmd_ioctl(cmd, ret);
	return ret;
}
