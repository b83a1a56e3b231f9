// SPDX-License-Identifier: GPL-2.0-only
/*
 * IRQFD: a device model operation that is made whenever an eventfd is
 * signalled, such as an interrupt for a guest. Copyright (C) 2026 the
 * xen-privcmd authors
 *
 * A binding waits on its eventfd's queue, so it is told of a signal, and of the
 * last close of the eventfd, with that queue locked and interrupts off: there it
 * only hands work on. Whoever takes a binding off its file's list ends it: the
 * program, the eventfd's end, or the file's. Programs come one at a time (the
 * mutex privcmd_file.eventfds) and hold the eventfd, whose end can therefore
 * only meet a binding that is complete.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/hvm/dm_op.h>
#include <xen/xen-ops.h>

#include "privcmd.h"
#include "trace.h"

struct irqfd {
	struct list_head list;	 /* privcmd_file.irqfds */
	struct privcmd_file *pf; /* waits for us before it goes */
	struct eventfd_ctx *eventfd;
	wait_queue_head_t *queue; /* the eventfd's */
	wait_queue_entry_t wait;
	struct work_struct call;
	struct work_struct end;
	domid_t dom;
	u32 size;
	u8 *made;   /* what the hypervisor gets, and may write to */
	u8 image[]; /* what the program gave */
};

/* For the work of all bindings; emptied when the module goes. */
static struct workqueue_struct *workqueue;

static void irqfd_call(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, call);
	struct xen_dm_op_buf buf = { .size = irqfd->size };
	long ret = -EPERM;

	/* The file may have been restricted since. */
	if (privcmd_file_may_touch(irqfd->pf, irqfd->dom)) {
		memcpy(irqfd->made, irqfd->image, irqfd->size);
		set_xen_guest_handle(buf.h, irqfd->made);
		xen_preemptible_hcall_begin();
		ret = HYPERVISOR_dm_op(irqfd->dom, 1, &buf);
		xen_preemptible_hcall_end();
	}
	trace_privcmd_irqfd(irqfd->dom, ret);
}

static void irqfd_free(struct irqfd *irqfd)
{
	struct privcmd_file *pf = irqfd->pf;

	if (irqfd->eventfd)
		eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd->made);
	kfree(irqfd);
	/* Here @pf may go: only its address is used behind this. */
	if (atomic_dec_and_test(&pf->nr_irqfds))
		wake_up_var(&pf->nr_irqfds);
}

/* End a binding that is off the list. What was signalled before still happens. */
static void irqfd_end(struct irqfd *irqfd)
{
	bool pending;
	u64 count;

	pending = !eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait,
						 &count);
	/* Not flush_work(): we may be work ourselves, and in front of it. */
	if (cancel_work_sync(&irqfd->call) || pending)
		irqfd_call(&irqfd->call);
	irqfd_free(irqfd);
}

static void irqfd_end_work(struct work_struct *work)
{
	irqfd_end(container_of(work, struct irqfd, end));
}

/* Take a binding of @eventfd, or if that is NULL any, off the file's list. */
static struct irqfd *irqfd_pop(struct privcmd_file *pf,
			       const struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd, *found = NULL;

	spin_lock_irq(&pf->irqfds_lock);
	list_for_each_entry(irqfd, &pf->irqfds, list) {
		if (!eventfd || irqfd->eventfd == eventfd) {
			list_del_init(&irqfd->list);
			found = irqfd;
			break;
		}
	}
	spin_unlock_irq(&pf->irqfds_lock);
	return found;
}

/* The last close of the eventfd. */
static void irqfd_orphaned(struct irqfd *irqfd)
{
	struct privcmd_file *pf = irqfd->pf;
	unsigned long flags;

	spin_lock_irqsave(&pf->irqfds_lock, flags);
	if (!list_empty(&irqfd->list)) {
		list_del_init(&irqfd->list);
		queue_work(workqueue, &irqfd->end);
	}
	spin_unlock_irqrestore(&pf->irqfds_lock, flags);
}

/* The eventfd's queue is locked. */
static int irqfd_wake(wait_queue_entry_t *wait, unsigned int mode, int sync,
		      void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	lockdep_assert_held(&irqfd->queue->lock);
	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		queue_work(workqueue, &irqfd->call);
	}
	if (events & EPOLLHUP)
		irqfd_orphaned(irqfd);
	return 0;
}

struct join {
	poll_table table;
	struct irqfd *irqfd;
};

static void irqfd_join(struct file *file, wait_queue_head_t *queue,
		       poll_table *table)
{
	struct irqfd *irqfd = container_of(table, struct join, table)->irqfd;

	irqfd->queue = queue;
	add_wait_queue(queue, &irqfd->wait);
}

static bool irqfd_bound(struct privcmd_file *pf,
			const struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd;
	bool bound = false;

	spin_lock_irq(&pf->irqfds_lock);
	list_for_each_entry(irqfd, &pf->irqfds, list)
		if (irqfd->eventfd == eventfd)
			bound = true;
	spin_unlock_irq(&pf->irqfds_lock);
	return bound;
}

/* On the list first, so that the end of the eventfd finds it there. */
static void irqfd_start(struct irqfd *irqfd, struct file *eventfd)
{
	struct join join = { .irqfd = irqfd };
	u64 count;

	lockdep_assert_held(&irqfd->pf->eventfds);
	spin_lock_irq(&irqfd->pf->irqfds_lock);
	list_add_tail(&irqfd->list, &irqfd->pf->irqfds);
	spin_unlock_irq(&irqfd->pf->irqfds_lock);
	init_poll_funcptr(&join.table, irqfd_join);
	if (!(vfs_poll(eventfd, &join.table) & EPOLLIN))
		return;
	/* It was signalled before. */
	spin_lock_irq(&irqfd->queue->lock);
	eventfd_ctx_do_read(irqfd->eventfd, &count);
	spin_unlock_irq(&irqfd->queue->lock);
	queue_work(workqueue, &irqfd->call);
}

/* A binding that counts against the file's limit, with the program's image. */
static struct irqfd *irqfd_new(struct privcmd_file *pf,
			       const struct privcmd_irqfd *op)
{
	struct irqfd *irqfd;
	int ret = -ENOMEM;

	irqfd = kzalloc(struct_size(irqfd, image, op->size),
			GFP_KERNEL_ACCOUNT);
	if (!irqfd)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&pf->nr_irqfds);
	irqfd->pf = pf;
	irqfd->dom = op->dom;
	irqfd->size = op->size;
	INIT_WORK(&irqfd->call, irqfd_call);
	INIT_WORK(&irqfd->end, irqfd_end_work);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wake);
	if (atomic_read(&pf->nr_irqfds) > READ_ONCE(privcmd_max_irqfds))
		goto err;
	irqfd->made = kmalloc(op->size, GFP_KERNEL_ACCOUNT);
	if (!irqfd->made)
		goto err;
	ret = -EFAULT;
	if (copy_from_user(irqfd->image, u64_to_user_ptr(op->dm_op), op->size))
		goto err;
	return irqfd;
err:
	irqfd_free(irqfd);
	return ERR_PTR(ret);
}

static int assign(struct privcmd_file *pf, const struct privcmd_irqfd *op,
		  struct file *eventfd)
{
	struct irqfd *irqfd;
	int ret;

	if (!op->size || op->size > PAGE_SIZE)
		return -EINVAL;
	irqfd = irqfd_new(pf, op);
	if (IS_ERR(irqfd))
		return PTR_ERR(irqfd);
	irqfd->eventfd = eventfd_ctx_fileget(eventfd);
	ret = mutex_lock_killable(&pf->eventfds);
	if (ret)
		goto err;
	if (irqfd_bound(pf, irqfd->eventfd))
		ret = -EBUSY;
	else
		irqfd_start(irqfd, eventfd);
	mutex_unlock(&pf->eventfds);
err:
	if (ret)
		irqfd_free(irqfd);
	return ret;
}

/* When this returns, no operation of the binding is to come any more. */
static int deassign(struct privcmd_file *pf, struct file *eventfd)
{
	struct eventfd_ctx *ctx;
	struct irqfd *irqfd;

	if (mutex_lock_killable(&pf->eventfds))
		return -EINTR;
	ctx = eventfd_ctx_fileget(eventfd);
	irqfd = irqfd_pop(pf, ctx);
	if (irqfd)
		irqfd_end(irqfd);
	eventfd_ctx_put(ctx);
	mutex_unlock(&pf->eventfds);
	return 0;
}

long privcmd_irqfd(struct file *file, void *arg)
{
	struct privcmd_file *pf = file->private_data;
	const struct privcmd_irqfd *op = arg;
	struct file *eventfd;
	int ret = 0;

	if (op->flags & ~PRIVCMD_IRQFD_FLAG_DEASSIGN)
		return -EINVAL;
	eventfd = eventfd_fget(op->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	if (op->flags & PRIVCMD_IRQFD_FLAG_DEASSIGN)
		ret = deassign(pf, eventfd);
	else
		ret = assign(pf, op, eventfd);
	fput(eventfd);
	return ret;
}

void privcmd_irqfd_open(struct privcmd_file *pf)
{
	spin_lock_init(&pf->irqfds_lock);
	INIT_LIST_HEAD(&pf->irqfds);
}

/* Nobody has the file open any more: no binding outlives it. */
void privcmd_irqfd_release(struct privcmd_file *pf)
{
	struct irqfd *irqfd;

	while ((irqfd = irqfd_pop(pf, NULL)))
		irqfd_end(irqfd);
	/* Those whose eventfd has gone, too, are ended by work. */
	wait_var_event(&pf->nr_irqfds, !atomic_read(&pf->nr_irqfds));
}

int privcmd_irqfd_init(void)
{
	workqueue = alloc_workqueue("xen-privcmd", WQ_UNBOUND, 0);
	return workqueue ? 0 : -ENOMEM;
}

void privcmd_irqfd_exit(void)
{
	destroy_workqueue(workqueue);
}
