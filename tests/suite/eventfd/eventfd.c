// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases of IRQFD and IOEVENTFD share: see eventfd.h.
 */
#include "eventfd/eventfd.h"
#include "dom0/events.h"

void need_eventfds(int fd)
{
	if (ioctl(fd, IOCTL_PRIVCMD_IRQFD, NULL) && errno == EFAULT)
		return;
	check(errno == ENOTTY || errno == EOPNOTSUPP);
	skip("this driver is built without IRQFD and IOEVENTFD");
}

int eventfd_new(void)
{
	int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (efd < 0)
		bail("eventfd: %s", strerror(errno));
	return efd;
}

void eventfd_signal(int efd)
{
	must(!eventfd_write(efd, 1));
}

uint64_t eventfd_signals(int efd)
{
	eventfd_t n = 0;

	return eventfd_read(efd, &n) ? 0 : n;
}

bool eventfd_signalled(int efd, uint64_t want)
{
	uint64_t n = 0;

	(void)tap_soon((n += eventfd_signals(efd)) >= want, n);
	usleep(20000);
	return check_eq(n + eventfd_signals(efd), want);
}

long eventfd_next(void)
{
	int efd = eventfd_new();
	long id = fdinfo(efd, "eventfd-id");

	must(id >= 0);
	close(efd);
	return id;
}

int irqfd(int fd, unsigned int dom, int efd, const void *image, __u32 size,
	  __u32 flags)
{
	struct privcmd_irqfd op = {
		.dm_op = (unsigned long)image,
		.size = size,
		.fd = efd,
		.flags = flags,
		.dom = dom,
	};

	return ioctl(fd, IOCTL_PRIVCMD_IRQFD, &op);
}

int irqfd_server(int fd, const struct domain *d, int efd)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };

	return irqfd(fd, d->id, efd, &op, sizeof(op), 0);
}

bool irqfd_made(int fd, const struct domain *d, unsigned int n)
{
	bool has = has_dm_op(fd, d);
	char result[64];

	/*
	 * If Xen has no DM_OP, the case sees only that each operation fails
	 * with ENOSYS.
	 */
	snprintf(result, sizeof(result), "dom=%u ret=%d", d->id,
		 has ? 0 : -ENOSYS);
	(void)tap_soon(events_seen(result) >= n, events_seen(result));
	usleep(20000);
	return check_eq(events_seen(result), n) &&
	       (!has || check_eq(ioreq_servers(d), n));
}

struct privcmd_ioeventfd kick(const struct guest *g, const uint32_t *port,
			      unsigned int vq, int efd)
{
	return (struct privcmd_ioeventfd){
		.ioreq = (unsigned long)g->ioreq.va,
		.ports = (unsigned long)port,
		.addr = DEVICE,
		.addr_len = 4,
		.event_fd = efd,
		.vcpus = 1,
		.vq = vq,
		.dom = g->d->id,
	};
}

void busy_elsewhere(const struct guest *g, const uint32_t *port)
{
	struct area a = area_new(privcmd_open(), 1);
	struct privcmd_ioeventfd op = kick(g, port, 3, eventfd_new());

	must(!resource(a.fd, g->d->id, IOREQ, g->server, 1, 1, a.va));
	op.ioreq = (unsigned long)a.va;
	check_errno(ioeventfd(a.fd, &op), EBUSY);
	check_eq(fdinfo(a.fd, "xen-privcmd-ioeventfds"), 0);
	area_done(&a);
	close(a.fd);
	close(op.event_fd);
}
