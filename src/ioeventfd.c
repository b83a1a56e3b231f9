// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOEVENTFD: a guest's write to the notify register of a virtio-mmio device (a
 * kick) signals an eventfd, without the program that emulates the device. Here
 * is which eventfds a file has bound to what. Copyright (C) 2026 the
 * xen-privcmd authors
 */
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "ioreq.h"
#include "privcmd.h"

#define QUEUE_NOTIFY 0x50 /* virtio-mmio's register, an offset from its base */

/* More vcpus than any kind of domain can have (Xen's MAX_VIRT_CPUS). */
#define VCPUS_MAX 8192

/* The server that the file has for the pages of @new. */
static struct privcmd_ioreq *server_find(struct privcmd_file *pf,
					 const struct privcmd_ioreq *new)
{
	struct privcmd_ioreq *server;

	list_for_each_entry(server, &pf->servers, list)
		if (server->map == new->map && server->idx == new->idx)
			return server;
	return NULL;
}

static struct privcmd_kick *find(struct privcmd_file *pf,
				 const struct eventfd_ctx *eventfd)
{
	struct privcmd_ioreq *server;
	struct privcmd_kick *kick;

	list_for_each_entry(server, &pf->servers, list)
		list_for_each_entry(kick, &server->kicks, list)
			if (kick->eventfd == eventfd)
				return kick;
	return NULL;
}

/* For fdinfo, which looks without a lock. */
static void count(struct privcmd_file *pf, int change)
{
	WRITE_ONCE(pf->nr_ioeventfds, pf->nr_ioeventfds + change);
}

/* And with its last binding the server. */
static void remove(struct privcmd_kick *kick)
{
	struct privcmd_ioreq *server = kick->server;

	spin_lock_irq(&server->lock);
	list_del(&kick->list);
	spin_unlock_irq(&server->lock);
	count(server->pf, -1);
	eventfd_ctx_put(kick->eventfd);
	kfree(kick);
	if (list_empty(&server->kicks)) {
		list_del(&server->list);
		privcmd_ioreq_free(server);
	}
}

/* Consumes @new: it becomes the file's, or another one is there already. */
static int bind(struct privcmd_file *pf, struct privcmd_ioreq *new,
		struct privcmd_kick *kick, domid_t dom)
{
	struct privcmd_ioreq *server;
	int ret = -EBUSY;

	lockdep_assert_held(&pf->eventfds);
	if (find(pf, kick->eventfd))
		goto err;
	ret = -ENOMEM;
	if (pf->nr_ioeventfds >= READ_ONCE(privcmd_max_irqfds))
		goto err;
	server = server_find(pf, new);
	if (!server) {
		ret = privcmd_ioreq_start(new, dom, kick);
		if (ret)
			goto err;
		list_add_tail(&new->list, &pf->servers);
		count(pf, 1);
		return 0;
	}
	ret = -EINVAL;
	if (server->map->dom != dom || server->vcpus != new->vcpus ||
	    !privcmd_ioreq_same_ports(server, new))
		goto err;
	ret = -EPERM;
	if (!privcmd_ioreq_allowed(server))
		goto err;
	ret = -EEXIST;
	if (privcmd_ioreq_match(server, kick->addr, kick->len, kick->vq))
		goto err;
	kick->server = server;
	spin_lock_irq(&server->lock);
	list_add_tail(&kick->list, &server->kicks);
	spin_unlock_irq(&server->lock);
	count(pf, 1);
	ret = 0;
err:
	privcmd_ioreq_free(new);
	return ret;
}

static int assign(struct file *file, const struct privcmd_ioeventfd *op,
		  struct eventfd_ctx *eventfd)
{
	struct privcmd_file *pf = file->private_data;
	struct privcmd_kick *kick;
	struct privcmd_ioreq *new;
	int ret;

	kick = kzalloc(sizeof(*kick), GFP_KERNEL_ACCOUNT);
	if (!kick)
		return -ENOMEM;
	kick->eventfd = eventfd;
	kick->addr = op->addr + QUEUE_NOTIFY;
	kick->len = op->addr_len;
	kick->vq = op->vq;
	new = privcmd_ioreq_new(file, op);
	if (IS_ERR(new)) {
		kfree(kick);
		return PTR_ERR(new);
	}
	ret = mutex_lock_killable(&pf->eventfds);
	if (ret) {
		privcmd_ioreq_free(new);
	} else {
		ret = bind(pf, new, kick, op->dom);
		mutex_unlock(&pf->eventfds);
	}
	if (ret)
		kfree(kick);
	return ret;
}

static int deassign(struct privcmd_file *pf, const struct privcmd_ioeventfd *op,
		    const struct eventfd_ctx *eventfd)
{
	struct privcmd_kick *kick;

	lockdep_assert_held(&pf->eventfds);
	kick = find(pf, eventfd);
	if (!kick || kick->server->map->dom != op->dom ||
	    kick->len != op->addr_len ||
	    kick->addr != op->addr + QUEUE_NOTIFY || kick->vq != op->vq)
		return -ENODEV;
	remove(kick);
	return 0;
}

/* What is no register, or nothing that a write can say. */
static bool malformed(const struct privcmd_ioeventfd *op)
{
	if (op->flags & ~PRIVCMD_IOEVENTFD_FLAG_DEASSIGN)
		return true;
	if (op->addr_len != 1 && op->addr_len != 2 && op->addr_len != 4 &&
	    op->addr_len != 8)
		return true;
	if (op->addr > U64_MAX - QUEUE_NOTIFY - op->addr_len ||
	    op->vq > U16_MAX)
		return true;
	if (op->flags & PRIVCMD_IOEVENTFD_FLAG_DEASSIGN)
		return false;
	return op->vcpus > VCPUS_MAX ||
	       !range_valid(op->ioreq, privcmd_ioreq_pages(op->vcpus));
}

long privcmd_ioeventfd(struct file *file, void *arg)
{
	struct privcmd_file *pf = file->private_data;
	const struct privcmd_ioeventfd *op = arg;
	struct eventfd_ctx *eventfd;
	int ret;

	if (malformed(op))
		return -EINVAL;
	eventfd = eventfd_ctx_fdget(op->event_fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	if (op->flags & PRIVCMD_IOEVENTFD_FLAG_DEASSIGN) {
		ret = mutex_lock_killable(&pf->eventfds);
		if (!ret) {
			ret = deassign(pf, op, eventfd);
			mutex_unlock(&pf->eventfds);
		}
	} else {
		ret = assign(file, op, eventfd);
		if (!ret)
			return 0; /* the binding has the eventfd now */
	}
	eventfd_ctx_put(eventfd);
	return ret;
}

void privcmd_ioeventfd_open(struct privcmd_file *pf)
{
	INIT_LIST_HEAD(&pf->servers);
}

/* Nobody has the file open any more: no binding outlives it. */
void privcmd_ioeventfd_release(struct privcmd_file *pf)
{
	struct privcmd_ioreq *server;

	while (!list_empty(&pf->servers)) {
		server = list_first_entry(&pf->servers, struct privcmd_ioreq,
					  list);
		remove(list_first_entry(&server->kicks, struct privcmd_kick,
					list));
	}
}
