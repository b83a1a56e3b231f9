// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD: when a guest writes to the notify register of a virtio-mmio device
 * (a kick), an eventfd is signalled, without the program that emulates the
 * device. This file keeps the bindings of each open file.
 */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "file.h"
#include "ioeventfd.h"
#include "ioreq.h"
#include "map.h"
#include "params.h"
#include "range.h"

/* The notify register of virtio-mmio: bytes from the device's base address. */
#define IOEVENTFD_NOTIFY 0x50

/* More vcpus than any kind of domain can have (Xen's MAX_VIRT_CPUS). */
#define IOEVENTFD_VCPUS_MAX 8192

/* The server that the file has for the pages of @new, or NULL. */
static struct privcmd_ioreq *
ioeventfd_find_server(struct privcmd_file *pf, const struct privcmd_ioreq *new)
{
	struct privcmd_ioreq *server;

	list_for_each_entry(server, &pf->ioeventfds->servers, list)
		if (server->map == new->map && server->idx == new->idx)
			return server;
	return NULL;
}

static struct privcmd_kick *ioeventfd_find(struct privcmd_file *pf,
					   const struct eventfd_ctx *eventfd)
{
	struct privcmd_ioreq *server;
	struct privcmd_kick *kick;

	list_for_each_entry(server, &pf->ioeventfds->servers, list)
		list_for_each_entry(kick, &server->kicks, list)
			if (kick->eventfd == eventfd)
				return kick;
	return NULL;
}

/* fdinfo reads the number without the mutex. */
static void ioeventfd_add_count(struct privcmd_file *pf, int change)
{
	WRITE_ONCE(pf->ioeventfds->nr, pf->ioeventfds->nr + change);
}

unsigned int privcmd_ioeventfd_count(const struct privcmd_file *pf)
{
	return READ_ONCE(pf->ioeventfds->nr);
}

/* Remove @kick, and free its server if this was the last binding. */
static void ioeventfd_remove(struct privcmd_kick *kick)
{
	struct privcmd_ioreq *server = kick->server;

	spin_lock_irq(&server->lock);
	list_del(&kick->list);
	spin_unlock_irq(&server->lock);
	ioeventfd_add_count(server->pf, -1);
	eventfd_ctx_put(kick->eventfd);
	kfree(kick);
	if (list_empty(&server->kicks)) {
		list_del(&server->list);
		privcmd_ioreq_free(server);
	}
}

/* Add @kick to @server, which the file has for the pages and ports of @new. */
static int ioeventfd_join(struct privcmd_ioreq *server,
			  const struct privcmd_ioreq *new,
			  struct privcmd_kick *kick, domid_t dom)
{
	if (server->map->dom != dom || server->vcpus != new->vcpus ||
	    !privcmd_ioreq_same_ports(server, new))
		return -EINVAL;
	if (!privcmd_ioreq_allowed(server))
		return -EPERM;
	if (privcmd_ioreq_match(server, kick->addr, kick->len, kick->vq))
		return -EEXIST;
	kick->server = server;
	spin_lock_irq(&server->lock);
	list_add_tail(&kick->list, &server->kicks);
	spin_unlock_irq(&server->lock);
	return 0;
}

/*
 * Add @kick to the server that the file has for the pages of @new, and free
 * @new; or make @new a server of the file. @new is freed after an error, too.
 */
static int ioeventfd_bind(struct privcmd_file *pf, struct privcmd_ioreq *new,
			  struct privcmd_kick *kick, domid_t dom)
{
	struct privcmd_ioreq *server;
	int ret;

	lockdep_assert_held(&pf->ioeventfds->assign);
	server = ioeventfd_find_server(pf, new);
	if (ioeventfd_find(pf, kick->eventfd))
		ret = -EBUSY;
	else if (pf->ioeventfds->nr >= READ_ONCE(privcmd_max_irqfds))
		ret = -ENOMEM;
	else if (server)
		ret = ioeventfd_join(server, new, kick, dom);
	else
		ret = privcmd_ioreq_start(new, dom, kick);
	if (!ret)
		ioeventfd_add_count(pf, 1);
	if (ret || server)
		privcmd_ioreq_free(new);
	else
		list_add_tail(&new->list, &pf->ioeventfds->servers);
	return ret;
}

static int ioeventfd_assign(struct file *file,
			    const struct privcmd_ioeventfd *op,
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
	kick->addr = op->addr + IOEVENTFD_NOTIFY;
	kick->len = op->addr_len;
	kick->vq = op->vq;
	new = privcmd_ioreq_new(file, op);
	if (IS_ERR(new)) {
		kfree(kick);
		return PTR_ERR(new);
	}
	ret = mutex_lock_killable(&pf->ioeventfds->assign);
	if (ret) {
		privcmd_ioreq_free(new);
	} else {
		ret = ioeventfd_bind(pf, new, kick, op->dom);
		mutex_unlock(&pf->ioeventfds->assign);
	}
	if (ret)
		kfree(kick);
	return ret;
}

static int ioeventfd_deassign(struct privcmd_file *pf,
			      const struct privcmd_ioeventfd *op,
			      const struct eventfd_ctx *eventfd)
{
	struct privcmd_kick *kick;

	lockdep_assert_held(&pf->ioeventfds->assign);
	kick = ioeventfd_find(pf, eventfd);
	if (!kick || kick->server->map->dom != op->dom ||
	    kick->len != op->addr_len ||
	    kick->addr != op->addr + IOEVENTFD_NOTIFY || kick->vq != op->vq)
		return -ENODEV;
	ioeventfd_remove(kick);
	return 0;
}

/* True: the register, or the value, cannot be one of virtio-mmio. */
static bool ioeventfd_is_malformed(const struct privcmd_ioeventfd *op)
{
	if (op->flags & ~PRIVCMD_IOEVENTFD_FLAG_DEASSIGN)
		return true;
	if (op->addr_len != 1 && op->addr_len != 2 && op->addr_len != 4 &&
	    op->addr_len != 8)
		return true;
	if (op->addr > U64_MAX - IOEVENTFD_NOTIFY - op->addr_len ||
	    op->vq > U16_MAX)
		return true;
	if (op->flags & PRIVCMD_IOEVENTFD_FLAG_DEASSIGN)
		return false;
	return op->vcpus > IOEVENTFD_VCPUS_MAX ||
	       !range_valid(op->ioreq, privcmd_ioreq_pages(op->vcpus));
}

long privcmd_ioeventfd(struct file *file, void *arg)
{
	struct privcmd_file *pf = file->private_data;
	const struct privcmd_ioeventfd *op = arg;
	struct eventfd_ctx *eventfd;
	int ret;

	if (ioeventfd_is_malformed(op))
		return -EINVAL;
	eventfd = eventfd_ctx_fdget(op->event_fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	if (op->flags & PRIVCMD_IOEVENTFD_FLAG_DEASSIGN) {
		ret = mutex_lock_killable(&pf->ioeventfds->assign);
		if (!ret) {
			ret = ioeventfd_deassign(pf, op, eventfd);
			mutex_unlock(&pf->ioeventfds->assign);
		}
	} else {
		ret = ioeventfd_assign(file, op, eventfd);
		if (!ret)
			return 0; /* the binding has the eventfd now */
	}
	eventfd_ctx_put(eventfd);
	return ret;
}

void privcmd_ioeventfd_open(struct privcmd_file *pf,
			    struct privcmd_ioeventfds *ioeventfds)
{
	pf->ioeventfds = ioeventfds;
	mutex_init(&ioeventfds->assign);
	INIT_LIST_HEAD(&ioeventfds->servers);
}

/* The file is closed: end all of its bindings. */
void privcmd_ioeventfd_release(struct privcmd_file *pf)
{
	struct privcmd_ioreq *server;

	while (!list_empty(&pf->ioeventfds->servers)) {
		server = list_first_entry(&pf->ioeventfds->servers,
					  struct privcmd_ioreq, list);
		ioeventfd_remove(list_first_entry(&server->kicks,
						  struct privcmd_kick, list));
	}
	mutex_destroy(&pf->ioeventfds->assign);
}
