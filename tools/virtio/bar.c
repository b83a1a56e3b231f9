// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The BAR of a virtio-pci function: its registers, and where they are. A driver accesses each field by its
 * own width, and fields of 64 bits also by halves, as the specification demands. Other
 * accesses read all ones and change nothing.
 */
#include <stddef.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "pci.h"
#include "platform.h"
#include "../vhost-user-blk/say.h"

_Static_assert(VIRTIO_QUEUES_MAX < 256,
	       "a write of one byte can name each queue");

/* ---- the common configuration ---- */

/* The width of the field that begins at this offset, or 0. Halves are fields. */
static unsigned int bar_width(unsigned int offset)
{
	switch (offset) {
	case VIRTIO_PCI_COMMON_STATUS:
	case VIRTIO_PCI_COMMON_CFGGENERATION:
		return 1;
	case VIRTIO_PCI_COMMON_MSIX:
	case VIRTIO_PCI_COMMON_NUMQ:
	case VIRTIO_PCI_COMMON_Q_SELECT:
	case VIRTIO_PCI_COMMON_Q_SIZE:
	case VIRTIO_PCI_COMMON_Q_MSIX:
	case VIRTIO_PCI_COMMON_Q_ENABLE:
	case VIRTIO_PCI_COMMON_Q_NOFF:
		return 2;
	default:
		return offset < BAR_COMMON_SIZE && offset % 4 == 0 ? 4 : 0;
	}
}

/* The addresses of a queue are fields of 64 bits. */
static bool bar_is_wide(unsigned int offset)
{
	return offset == VIRTIO_PCI_COMMON_Q_DESCLO ||
	       offset == VIRTIO_PCI_COMMON_Q_AVAILLO ||
	       offset == VIRTIO_PCI_COMMON_Q_USEDLO;
}

/* Fields of the selected queue. Those of a queue that does not exist are 0. */
static uint32_t bar_read_queue(struct virtio *v, unsigned int offset)
{
	const struct virtio_queue *q = virtio_selected(v);

	if (!q)
		return offset == VIRTIO_PCI_COMMON_Q_MSIX ? VIRTIO_NO_VECTOR :
							    0;
	switch (offset) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		return q->size;
	case VIRTIO_PCI_COMMON_Q_MSIX:
		return q->vector;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		return q->enabled;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
		return q->desc;
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		return q->desc >> 32;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
		return q->driver;
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		return q->driver >> 32;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
		return q->device;
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		return q->device >> 32;
	default: /* queue_notify_off: all queues have the same address */
		return 0;
	}
}

static uint32_t bar_read_common(struct pci *p, unsigned int offset)
{
	struct virtio *v = &p->device->virtio;

	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		return v->offered_select;
	case VIRTIO_PCI_COMMON_DF:
		return virtio_offered(v);
	case VIRTIO_PCI_COMMON_GFSELECT:
		return v->accepted_select;
	case VIRTIO_PCI_COMMON_GF:
		return virtio_accepted(v);
	case VIRTIO_PCI_COMMON_MSIX:
		return p->msix.config_vector;
	case VIRTIO_PCI_COMMON_NUMQ:
		return v->queues;
	case VIRTIO_PCI_COMMON_STATUS:
		return virtio_status(v);
	case VIRTIO_PCI_COMMON_CFGGENERATION:
		return virtio_generation(v) & 0xff;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		return v->queue_select;
	default:
		return bar_read_queue(v, offset);
	}
}

/* A vector that the table does not have reads back as none. */
static void bar_set_queue_vector(struct pci *p, uint16_t vector)
{
	struct virtio_queue *q = virtio_selected(&p->device->virtio);

	if (!q)
		return;
	q->vector = msix_vector(&p->msix, vector);
	msix_update(&p->msix);
}

static void bar_write_queue(struct pci *p, unsigned int offset, uint32_t value)
{
	struct virtio *v = &p->device->virtio;

	switch (offset) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		virtio_set_queue_size(v, value);
		break;
	case VIRTIO_PCI_COMMON_Q_MSIX:
		bar_set_queue_vector(p, value);
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (value == 1)
			virtio_enable_queue(v);
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		virtio_set_queue_addr(v, VIRTIO_DESC,
				      offset == VIRTIO_PCI_COMMON_Q_DESCHI,
				      value);
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		virtio_set_queue_addr(v, VIRTIO_DRIVER,
				      offset == VIRTIO_PCI_COMMON_Q_AVAILHI,
				      value);
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		virtio_set_queue_addr(v, VIRTIO_DEVICE,
				      offset == VIRTIO_PCI_COMMON_Q_USEDHI,
				      value);
		break;
	}
}

static void bar_write_common(struct pci *p, unsigned int offset, uint32_t value)
{
	struct virtio *v = &p->device->virtio;

	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		v->offered_select = value;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		v->accepted_select = value;
		break;
	case VIRTIO_PCI_COMMON_GF:
		virtio_accept(v, value);
		break;
	case VIRTIO_PCI_COMMON_MSIX:
		p->msix.config_vector = msix_vector(&p->msix, value);
		msix_update(&p->msix);
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		virtio_set_status(v, value);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		v->queue_select = value;
		break;
	default:
		bar_write_queue(p, offset, value);
	}
}

/* ---- the other registers ---- */

/* A read takes the reasons of the interrupt, and lowers the pin. */
static uint64_t bar_read_isr(struct pci *p)
{
	uint8_t isr = p->isr;

	p->isr = 0;
	pci_update_intx(p);
	return isr;
}

static uint64_t bar_read_in_config(struct pci *p, unsigned int offset,
				   unsigned int size)
{
	struct virtio *v = &p->device->virtio;

	return offset < v->config_size ? virtio_read_config(v, offset, size) :
					 BAR_NOTHING;
}

uint64_t bar_read(struct pci *p, unsigned int offset, unsigned int size)
{
	uint64_t value;

	if (offset >= BAR_PBA)
		return msix_read_pba(&p->msix, offset - BAR_PBA, size, &value) ?
			       value :
			       BAR_NOTHING;
	if (offset >= BAR_TABLE)
		return msix_read_table(&p->msix, offset - BAR_TABLE, size,
				       &value) ?
			       value :
			       BAR_NOTHING;
	if (offset >= BAR_CONFIG)
		return bar_read_in_config(p, offset - BAR_CONFIG, size);
	if (offset == BAR_ISR && size == 1)
		return bar_read_isr(p);
	if (size == 8 && bar_is_wide(offset))
		return bar_read_common(p, offset) |
		       (uint64_t)bar_read_common(p, offset + 4) << 32;
	return size == bar_width(offset) ? bar_read_common(p, offset) :
					   BAR_NOTHING;
}

/*
 * Kicks are signals of an eventfd and do not come here. Those that come have another
 * width, or come through the PCI_CFG capability, or could not be bound.
 */
void bar_write(struct pci *p, unsigned int offset, unsigned int size,
	       uint64_t value)
{
	if (offset >= BAR_PBA)
		return;
	if (offset >= BAR_TABLE) {
		msix_write_table(&p->msix, offset - BAR_TABLE, size, value);
	} else if (offset == BAR_NOTIFY) {
		virtio_kick(&p->device->virtio, value);
	} else if (size == 8 && bar_is_wide(offset)) {
		bar_write_common(p, offset, value);
		bar_write_common(p, offset + 4, value >> 32);
	} else if (size == bar_width(offset)) {
		bar_write_common(p, offset, value);
	}
}

/* ---- where the BAR is ---- */

/* A kick that cannot be bound reaches bar_write(), which is slower. */
static uint64_t bar_bind_kicks(struct pci *p, uint64_t addr)
{
	struct virtio *v = &p->device->virtio;
	uint64_t bound = 0;
	int err, failed = 0;

	for (unsigned int i = 0; i < v->queues; i++) {
		err = platform_bind_kick(p->device, addr + BAR_NOTIFY, 2, i,
					 v->queue[i].kick);
		if (err)
			failed = err;
		else
			bound |= UINT64_C(1) << i;
	}
	if (failed)
		say_guest(
			"%s: kicks go through this program, which is slower: %s",
			v->name, errno_name(failed));
	return bound;
}

void bar_unmap(struct pci *p)
{
	struct virtio *v = &p->device->virtio;

	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		if (p->kicks >> i & 1)
			platform_unbind_kick(p->device, p->mapped + BAR_NOTIFY,
					     2, i, v->queue[i].kick);
	if (p->mapped)
		platform_unmap_range(p->device, p->mapped, PCI_BAR_SIZE);
	p->kicks = 0;
	p->mapped = 0;
}

/* The old address stays until the new one is mapped. They cannot overlap. */
static int bar_map(struct pci *p, uint64_t addr)
{
	int err = platform_map_range(p->device, addr, PCI_BAR_SIZE);

	if (err)
		return err;
	bar_unmap(p);
	p->mapped = addr;
	/* The driver binds an eventfd once, so this comes after bar_unmap(). */
	p->kicks = bar_bind_kicks(p, addr);
	return 0;
}

/*
 * Called when COMMAND or the BAR was written. Drivers switch COMMAND.MEMORY off and on for
 * each BAR that they size. So it is not looked at unless the address is another one, and
 * the value of sizing is none. An address at which the BAR cannot be mapped is refused: the
 * register shows where the BAR is.
 */
void bar_update(struct pci *p)
{
	uint32_t addr = pci_get(p, PCI_BASE_ADDRESS_0, 4);
	bool memory = pci_get(p, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
	int err;

	if (addr == p->mapped || addr == PCI_BAR_SIZING)
		return;
	if (!addr || !memory) {
		bar_unmap(p);
		return;
	}
	err = bar_map(p, addr);
	if (!err)
		return;
	say_guest("%s: its BAR cannot be at %#x: %s", p->device->virtio.name,
		  addr, errno_name(err));
	pci_set(p, PCI_BASE_ADDRESS_0, 4, p->mapped);
}
