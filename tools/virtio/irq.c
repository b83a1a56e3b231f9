// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Interrupts of the guest. IRQFD keeps a copy of the operation, and the driver makes it
 * each time the eventfd is signalled.
 *
 * On Arm xl describes the interrupt of a virtio device as edge-triggered. Xen's interrupt
 * controller takes each XEN_DMOP_set_irq_level with level 1 as an edge, and keeps one that
 * comes while the guest handles the last one. So the level is never lowered.
 */
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/xen.h>
#include <xen/hvm/dm_op.h>
#include <xen/privcmd.h>

#include "platform.h"
#include "xen.h"

static struct xen_dm_op irq_msi(const struct msi *msi)
{
	struct xen_dm_op op = { .op = XEN_DMOP_inject_msi };

	op.u.inject_msi.addr = msi->addr;
	op.u.inject_msi.data = msi->data;
	return op;
}

static struct xen_dm_op irq_line(uint32_t irq)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_irq_level };

	op.u.set_irq_level.irq = irq;
	op.u.set_irq_level.level = 1;
	return op;
}

static int irq_irqfd(struct xen_dm_op *image, int eventfd, uint32_t flags)
{
	struct privcmd_irqfd op = {
		.dm_op = (unsigned long)image,
		.size = sizeof(*image),
		.fd = eventfd,
		.flags = flags,
		.dom = xen_domid(),
	};

	return ioctl(xen_privcmd(), IOCTL_PRIVCMD_IRQFD, &op) ? -errno : 0;
}

int platform_bind_msi(const struct msi *msi, int eventfd)
{
	struct xen_dm_op op = irq_msi(msi);

	return irq_irqfd(&op, eventfd, 0);
}

int platform_unbind_msi(const struct msi *msi, int eventfd)
{
	struct xen_dm_op op = irq_msi(msi);

	return irq_irqfd(&op, eventfd, PRIVCMD_IRQFD_FLAG_DEASSIGN);
}

int platform_send_msi(const struct msi *msi)
{
	struct xen_dm_op op = irq_msi(msi);

	return xen_dm_op(&op);
}

int platform_set_intx(unsigned int devfn, unsigned int pin, bool level)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_pci_intx_level };

	op.u.set_pci_intx_level.device = devfn >> 3;
	op.u.set_pci_intx_level.intx = pin;
	op.u.set_pci_intx_level.level = level;
	return xen_dm_op(&op);
}

int platform_bind_irq(uint32_t irq, int eventfd)
{
	struct xen_dm_op op = irq_line(irq);

	return irq_irqfd(&op, eventfd, 0);
}

int platform_unbind_irq(uint32_t irq, int eventfd)
{
	struct xen_dm_op op = irq_line(irq);

	return irq_irqfd(&op, eventfd, PRIVCMD_IRQFD_FLAG_DEASSIGN);
}

int platform_send_irq(uint32_t irq)
{
	struct xen_dm_op op = irq_line(irq);

	return xen_dm_op(&op);
}
