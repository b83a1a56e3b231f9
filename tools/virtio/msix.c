// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MSI-X: see msix.h. Whatever the guest changes, msix_update() compares the bindings that
 * there are with those that there must be. So no order of changes leaves a wrong binding.
 */
#include <string.h>

#include "msix.h"
#include "../vhost-user-blk/say.h"

#define MSIX_ADDR_HIGH (~UINT64_C(0xffffffff))
#define MSIX_DATA_VECTOR \
	0xff /* the bits of the data that are the CPU's vector */

/*
 * A Linux that runs on Xen lets its interrupts become event channels: the message has
 * vector 0, and the address has the number of the "pirq". Such a driver never clears a
 * vector's mask, so that mask counts for nothing. A driver that is writing a message into
 * an empty entry has no data yet, which must not be taken for a pirq.
 */
static bool msix_is_pirq(const struct msi *msi)
{
	uint32_t pirq = (msi->addr >> 32 & 0xffffff00) |
			(msi->addr >> 12 & 0xff);

	return msi->data && !(msi->data & MSIX_DATA_VECTOR) && pirq;
}

static bool msix_is_live(const struct msix *m, unsigned int vector)
{
	const struct msix_entry *e;

	if (vector >= m->vectors || !m->enabled || m->masked)
		return false;
	e = &m->entry[vector];
	return !e->masked || msix_is_pirq(&e->msi);
}

static bool msix_same(const struct msi *a, const struct msi *b)
{
	return a->addr == b->addr && a->data == b->data;
}

/* ---- bindings ---- */

static void msix_bind(struct msix *m, unsigned int queue, const struct msi *msi)
{
	struct msix_binding *b = &m->queue[queue];
	int err = platform_bind_msi(msi, m->v->queue[queue].call);

	b->bound = !err;
	b->msi = *msi;
	if (err && !m->failed)
		say_guest(
			"%s: interrupts go through this program, which is slower: %s",
			m->v->name, errno_name(err));
	m->failed = m->failed || err;
}

static void msix_unbind(struct msix *m, unsigned int queue)
{
	struct msix_binding *b = &m->queue[queue];

	if (b->bound && !platform_unbind_msi(&b->msi, m->v->queue[queue].call))
		b->bound = false;
}

/* True if the binding is the right one: the queue's vector is live and has this message. */
static bool msix_is_right(const struct msix *m, unsigned int queue)
{
	uint16_t vector = m->v->queue[queue].vector;

	return msix_is_live(m, vector) &&
	       msix_same(&m->entry[vector].msi, &m->queue[queue].msi);
}

/*
 * Binds the queues of a live vector that are not bound. All that has come while it was not
 * live is one interrupt. A call that comes after it was looked for, and before the binding,
 * is sent by the binding.
 */
static void msix_bind_vector(struct msix *m, unsigned int vector)
{
	const struct msi *msi = &m->entry[vector].msi;
	bool pending = m->config_pending && m->config_vector == vector;
	unsigned int i;

	for (i = 0; i < m->v->queues; i++) {
		if (m->v->queue[i].vector != vector || m->queue[i].bound)
			continue;
		pending |= virtio_take_call(&m->v->queue[i]);
		msix_bind(m, i, msi);
	}
	if (m->config_vector == vector)
		m->config_pending = false;
	if (pending)
		platform_send_msi(msi);
}

void msix_update(struct msix *m)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_QUEUES_MAX; i++)
		if (m->queue[i].bound && !msix_is_right(m, i))
			msix_unbind(m, i);
	for (i = 0; i < m->vectors; i++)
		if (msix_is_live(m, i))
			msix_bind_vector(m, i);
}

/* ---- life ---- */

void msix_init(struct msix *m, struct virtio *v)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->v = v;
	m->vectors = v->queues + 1;
	m->config_vector = VIRTIO_NO_VECTOR;
	for (i = 0; i < m->vectors; i++)
		m->entry[i].masked = true;
}

void msix_free(struct msix *m)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_QUEUES_MAX; i++)
		msix_unbind(m, i);
}

void msix_reset(struct msix *m)
{
	m->config_vector = VIRTIO_NO_VECTOR;
	m->config_pending = false;
	msix_update(m);
}

void msix_set_control(struct msix *m, bool enabled, bool masked)
{
	m->enabled = enabled;
	m->masked = masked;
	m->config_pending = m->config_pending && enabled;
	msix_update(m);
}

uint16_t msix_vector(const struct msix *m, uint16_t vector)
{
	return vector < m->vectors ? vector : VIRTIO_NO_VECTOR;
}

/* ---- the table ---- */

static bool msix_is_aligned(unsigned int offset, unsigned int size)
{
	return (size == 4 || size == 8) && offset % size == 0;
}

static uint32_t msix_read_dword(const struct msix_entry *e, unsigned int field)
{
	switch (field) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		return e->msi.addr;
	case PCI_MSIX_ENTRY_UPPER_ADDR:
		return e->msi.addr >> 32;
	case PCI_MSIX_ENTRY_DATA:
		return e->msi.data;
	default:
		return e->masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
	}
}

static void msix_write_dword(struct msix_entry *e, unsigned int field,
			     uint32_t value)
{
	switch (field) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		e->msi.addr = (e->msi.addr & MSIX_ADDR_HIGH) | (value & ~3U);
		break;
	case PCI_MSIX_ENTRY_UPPER_ADDR:
		e->msi.addr = (uint64_t)value << 32 | (uint32_t)e->msi.addr;
		break;
	case PCI_MSIX_ENTRY_DATA:
		e->msi.data = value;
		break;
	case PCI_MSIX_ENTRY_VECTOR_CTRL:
		e->masked = value & PCI_MSIX_ENTRY_CTRL_MASKBIT;
		break;
	}
}

static bool msix_in_table(const struct msix *m, unsigned int offset,
			  unsigned int size)
{
	return msix_is_aligned(offset, size) &&
	       offset < m->vectors * PCI_MSIX_ENTRY_SIZE;
}

bool msix_read_table(const struct msix *m, unsigned int offset,
		     unsigned int size, uint64_t *value)
{
	const struct msix_entry *e;
	unsigned int field = offset % PCI_MSIX_ENTRY_SIZE;

	if (!msix_in_table(m, offset, size))
		return false;
	e = &m->entry[offset / PCI_MSIX_ENTRY_SIZE];
	*value = msix_read_dword(e, field);
	if (size == 8)
		*value |= (uint64_t)msix_read_dword(e, field + 4) << 32;
	return true;
}

bool msix_write_table(struct msix *m, unsigned int offset, unsigned int size,
		      uint64_t value)
{
	struct msix_entry *e;
	unsigned int field = offset % PCI_MSIX_ENTRY_SIZE;

	if (!msix_in_table(m, offset, size))
		return false;
	e = &m->entry[offset / PCI_MSIX_ENTRY_SIZE];
	msix_write_dword(e, field, value);
	if (size == 8)
		msix_write_dword(e, field + 4, value >> 32);
	msix_update(m);
	return true;
}

/* ---- pending bits ---- */

static bool msix_is_pending(const struct msix *m, unsigned int vector)
{
	unsigned int i;

	if (!m->enabled || msix_is_live(m, vector))
		return false;
	if (m->config_pending && m->config_vector == vector)
		return true;
	for (i = 0; i < m->v->queues; i++)
		if (m->v->queue[i].vector == vector &&
		    virtio_is_called(&m->v->queue[i]))
			return true;
	return false;
}

bool msix_read_pba(const struct msix *m, unsigned int offset, unsigned int size,
		   uint64_t *value)
{
	unsigned int i, vector;

	if (!msix_is_aligned(offset, size) ||
	    offset / 8 > (m->vectors - 1) / 64)
		return false;
	*value = 0;
	for (i = 0; i < size * 8; i++) {
		vector = offset * 8 + i;
		if (vector < m->vectors && msix_is_pending(m, vector))
			*value |= UINT64_C(1) << i;
	}
	return true;
}

/* ---- interrupts ---- */

void msix_send_config(struct msix *m)
{
	if (!m->enabled || m->config_vector == VIRTIO_NO_VECTOR)
		return;
	if (msix_is_live(m, m->config_vector))
		platform_send_msi(&m->entry[m->config_vector].msi);
	else
		m->config_pending = true;
}

bool msix_wants_calls(const struct msix *m, unsigned int queue)
{
	return !m->queue[queue].bound &&
	       msix_is_live(m, m->v->queue[queue].vector);
}

void msix_called(struct msix *m, unsigned int queue)
{
	uint16_t vector = m->v->queue[queue].vector;

	if (msix_wants_calls(m, queue))
		platform_send_msi(&m->entry[vector].msi);
}
