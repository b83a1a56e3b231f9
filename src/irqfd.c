// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD: issue a device model operation when an eventfd is signalled, for
 * example to inject an interrupt into a guest.
 *
 * A binding waits on its eventfd's queue. The eventfd wakes it at a signal and
 * at its last close, with that queue's lock held and interrupts off. So the
 * callback only queues work. The code that removes a binding from its file's
 * list also ends it: a deassign, the end of the eventfd, or the close of the
 * file. Assigns and deassigns come one at a time (irqfds->assign) and hold the
 * eventfd, so no eventfd can end while a binding for it is being set up.
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
#include <xen/privcmd.h>
#include <xen/xen-ops.h>

#include "file.h"
#include "irqfd.h"
#include "params.h"
#include "trace.h"

struct irqfd {
	struct list_head list;	 /* privcmd_irqfds.list */
	struct privcmd_file *pf; /* the file's close waits for the end */
	struct eventfd_ctx *eventfd;
	wait_queue_head_t *queue; /* the eventfd's */
	wait_queue_entry_t wait;
	struct work_struct call;
	struct work_struct end;
	domid_t dom;
	u32 size;
	u8 *made;   /* a copy of @image, which the hypervisor may write to */
	u8 image[]; /* the operation, as the program gave it */
};

/*
 * Runs the work of all bindings. privcmd_irqfd_exit() drains and destroys it.
 */
static struct workqueue_struct *irqfd_workqueue;

static void irqfd_call(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, call);
	struct xen_dm_op_buf buf = { .size = irqfd->size };
	long ret = -EPERM;

	/* The file may have been restricted since the binding. */
	if (privcmd_file_allows(irqfd->pf, irqfd->dom)) {
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
	struct privcmd_irqfds *irqfds = irqfd->pf->irqfds;

	if (irqfd->eventfd)
		eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd->made);
	kfree(irqfd);
	/*
	 * After the decrement another thread may free the file and @irqfds.
	 * wake_up_var() uses only the address.
	 */
	if (atomic_dec_and_test(&irqfds->nr))
		wake_up_var(&irqfds->nr);
}

/*
 * End a binding that is off the list. If the eventfd was signalled before,
 * issue the operation.
 */
static void irqfd_end(struct irqfd *irqfd)
{
	/*
	 * irqfd_wake() has queued irqfd->call for each signal. Do not look at
	 * the eventfd's count: with EFD_SEMAPHORE it may be above 0 after the
	 * last signal.
	 */
	remove_wait_queue(irqfd->queue, &irqfd->wait);
	/*
	 * Do not call flush_work(): this function may run on the same
	 * workqueue, before irqfd->call, and would wait for it.
	 */
	if (cancel_work_sync(&irqfd->call))
		irqfd_call(&irqfd->call);
	irqfd_free(irqfd);
}

static void irqfd_end_work(struct work_struct *work)
{
	irqfd_end(container_of(work, struct irqfd, end));
}

/*
 * Take a binding of @eventfd off the file's list. If @eventfd is NULL, take any
 * binding.
 */
static struct irqfd *irqfd_pop(struct privcmd_file *pf,
			       const struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd, *found = NULL;

	spin_lock_irq(&pf->irqfds->lock);
	list_for_each_entry(irqfd, &pf->irqfds->list, list) {
		if (!eventfd || irqfd->eventfd == eventfd) {
			list_del_init(&irqfd->list);
			found = irqfd;
			break;
		}
	}
	spin_unlock_irq(&pf->irqfds->lock);
	return found;
}

/* The eventfd was closed for the last time. */
static void irqfd_orphaned(struct irqfd *irqfd)
{
	struct privcmd_file *pf = irqfd->pf;
	unsigned long flags;

	spin_lock_irqsave(&pf->irqfds->lock, flags);
	if (!list_empty(&irqfd->list)) {
		list_del_init(&irqfd->list);
		queue_work(irqfd_workqueue, &irqfd->end);
	}
	spin_unlock_irqrestore(&pf->irqfds->lock, flags);
}

/* Called with the lock of the eventfd's queue held. */
static int irqfd_wake(wait_queue_entry_t *wait, unsigned int mode, int sync,
		      void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	__poll_t events = key_to_poll(key);
	u64 count;

	lockdep_assert_held(&irqfd->queue->lock);
	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		queue_work(irqfd_workqueue, &irqfd->call);
	}
	if (events & EPOLLHUP)
		irqfd_orphaned(irqfd);
	return 0;
}

struct irqfd_join {
	poll_table table;
	struct irqfd *irqfd;
};

static void irqfd_join_queue(struct file *file, wait_queue_head_t *queue,
			     poll_table *table)
{
	struct irqfd *irqfd =
		container_of(table, struct irqfd_join, table)->irqfd;

	irqfd->queue = queue;
	add_wait_queue(queue, &irqfd->wait);
}

static bool irqfd_bound(struct privcmd_file *pf,
			const struct eventfd_ctx *eventfd)
{
	struct irqfd *irqfd;
	bool bound = false;

	spin_lock_irq(&pf->irqfds->lock);
	list_for_each_entry(irqfd, &pf->irqfds->list, list)
		if (irqfd->eventfd == eventfd)
			bound = true;
	spin_unlock_irq(&pf->irqfds->lock);
	return bound;
}

/*
 * Start the binding: add it to the list first, so that the end of the eventfd
 * finds it there.
 */
static void irqfd_start(struct irqfd *irqfd, struct file *eventfd)
{
	struct irqfd_join join = { .irqfd = irqfd };
	u64 count;

	lockdep_assert_held(&irqfd->pf->irqfds->assign);
	spin_lock_irq(&irqfd->pf->irqfds->lock);
	list_add_tail(&irqfd->list, &irqfd->pf->irqfds->list);
	spin_unlock_irq(&irqfd->pf->irqfds->lock);
	init_poll_funcptr(&join.table, irqfd_join_queue);
	if (!(vfs_poll(eventfd, &join.table) & EPOLLIN))
		return;
	/* The eventfd was signalled before the binding waited on its queue. */
	spin_lock_irq(&irqfd->queue->lock);
	eventfd_ctx_do_read(irqfd->eventfd, &count);
	spin_unlock_irq(&irqfd->queue->lock);
	queue_work(irqfd_workqueue, &irqfd->call);
}

/* A binding, counted against the file's limit, with the program's operation. */
static struct irqfd *irqfd_new(struct privcmd_file *pf,
			       const struct privcmd_irqfd *op)
{
	struct irqfd *irqfd;
	int ret;

	irqfd = kzalloc(struct_size(irqfd, image, op->size),
			GFP_KERNEL_ACCOUNT);
	if (!irqfd)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&pf->irqfds->nr);
	irqfd->pf = pf;
	irqfd->dom = op->dom;
	irqfd->size = op->size;
	INIT_WORK(&irqfd->call, irqfd_call);
	INIT_WORK(&irqfd->end, irqfd_end_work);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wake);
	if (atomic_read(&pf->irqfds->nr) > READ_ONCE(privcmd_max_irqfds)) {
		ret = -ENOMEM;
		goto free_irqfd;
	}
	irqfd->made = kmalloc(op->size, GFP_KERNEL_ACCOUNT);
	if (!irqfd->made) {
		ret = -ENOMEM;
		goto free_irqfd;
	}
	if (copy_from_user(irqfd->image, u64_to_user_ptr(op->dm_op),
			   op->size)) {
		ret = -EFAULT;
		goto free_irqfd;
	}
	return irqfd;

free_irqfd:
	irqfd_free(irqfd);
	return ERR_PTR(ret);
}

static int irqfd_assign(struct privcmd_file *pf, const struct privcmd_irqfd *op,
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
	ret = mutex_lock_killable(&pf->irqfds->assign);
	if (ret)
		goto free_irqfd;
	if (irqfd_bound(pf, irqfd->eventfd)) {
		ret = -EBUSY;
		goto unlock;
	}
	irqfd_start(irqfd, eventfd);
	mutex_unlock(&pf->irqfds->assign);
	return 0;

unlock:
	mutex_unlock(&pf->irqfds->assign);
free_irqfd:
	irqfd_free(irqfd);
	return ret;
}

/*
 * 0: no operation of the binding follows, or there was none. -EINTR: killed,
 * and the binding stays.
 */
static int irqfd_deassign(struct privcmd_file *pf, struct file *eventfd)
{
	struct eventfd_ctx *ctx;
	struct irqfd *irqfd;

	if (mutex_lock_killable(&pf->irqfds->assign))
		return -EINTR;
	ctx = eventfd_ctx_fileget(eventfd);
	irqfd = irqfd_pop(pf, ctx);
	if (irqfd)
		irqfd_end(irqfd);
	eventfd_ctx_put(ctx);
	mutex_unlock(&pf->irqfds->assign);
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
		ret = irqfd_deassign(pf, eventfd);
	else
		ret = irqfd_assign(pf, op, eventfd);
	fput(eventfd);
	return ret;
}

void privcmd_irqfd_open(struct privcmd_file *pf, struct privcmd_irqfds *irqfds)
{
	pf->irqfds = irqfds;
	mutex_init(&irqfds->assign);
	spin_lock_init(&irqfds->lock);
	INIT_LIST_HEAD(&irqfds->list);
}

/* Bindings of the file, also those that are ending. */
int privcmd_irqfd_count(const struct privcmd_file *pf)
{
	return atomic_read(&pf->irqfds->nr);
}

/* The file is closed: end all of its bindings. */
void privcmd_irqfd_release(struct privcmd_file *pf)
{
	struct irqfd *irqfd;

	while ((irqfd = irqfd_pop(pf, NULL)))
		irqfd_end(irqfd);
	/* Bindings whose eventfd was closed are ended by work. Wait for that. */
	wait_var_event(&pf->irqfds->nr, !atomic_read(&pf->irqfds->nr));
	mutex_destroy(&pf->irqfds->assign);
}

int privcmd_irqfd_init(void)
{
	irqfd_workqueue = alloc_workqueue("xen-privcmd", WQ_UNBOUND, 0);
	return irqfd_workqueue ? 0 : -ENOMEM;
}

void privcmd_irqfd_exit(void)
{
	destroy_workqueue(irqfd_workqueue);
}
