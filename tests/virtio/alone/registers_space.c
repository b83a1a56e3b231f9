// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The configuration space of a function: what firmware and lspci find, what a guest can
 * change, and the access through the PCI_CFG capability.
 */
#include "registers.h"

TAP_CASE(space_header)
{
	struct guest g;

	guest_start_blk(&g);
	check_eq(cfg_read(&g, PCI_VENDOR_ID, 4), 0x10421af4);
	check_eq(cfg_read(&g, PCI_CLASS_REVISION, 4), 0x01000001);
	check_eq(cfg_read(&g, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
	check_eq(cfg_read(&g, PCI_HEADER_TYPE, 1), 0);
	check_eq(cfg_read(&g, PCI_INTERRUPT_PIN, 1), 1);
	check_eq(cfg_read(&g, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	check_eq(cfg_read(&g, PCI_COMMAND, 2),
		 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	check_eq(cfg_read(&g, PCI_BASE_ADDRESS_0, 4), BAR_ADDR);
	for (unsigned int i = PCI_BASE_ADDRESS_1; i <= PCI_BASE_ADDRESS_5;
	     i += 4)
		check_eq(cfg_read(&g, i, 4), 0);
	check_eq(cfg_read(&g, PCI_ROM_ADDRESS, 4), 0);
	cfg_write(&g, PCI_INTERRUPT_LINE, 1, 11);
	check_eq(cfg_read(&g, PCI_INTERRUPT_LINE, 1), 11);
	guest_end(&g);
}

TAP_CASE(space_of_each_kind)
{
	static const struct {
		const char *text;
		uint32_t id, class;
		unsigned int config, vectors;
	} kinds[] = {
		{ "blk,socket=/s,queues=64", 0x10421af4, 0x010000, 60, 65 },
		{ "fs,socket=/s,tag=t,queues=2", 0x105a1af4, 0x018000, 40, 4 },
		{ "net,socket=/s", 0x10411af4, 0x020000, 12, 3 },
		{ "vsock,socket=/s,cid=3", 0x10531af4, 0x078000, 8, 4 },
		{ "rng,socket=/s", 0x10441af4, 0x00ff00, 0, 2 },
		{ "id=63,socket=/s,config=0102", 0x107f1af4, 0x00ff00, 2, 2 },
	};

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct guest g;

		guest_make(&g, kinds[i].text, SLOT);
		check_eq(cfg_read(&g, PCI_VENDOR_ID, 4), kinds[i].id);
		check_eq(cfg_read(&g, PCI_CLASS_REVISION, 4) >> 8,
			 kinds[i].class);
		check_eq(g.config.length, kinds[i].config);
		check_eq(g.config.at != 0, kinds[i].config != 0);
		check_eq(g.vectors, kinds[i].vectors);
		guest_end(&g);
	}
}

/* Each structure lies in the BAR, and none overlaps another or the tables of MSI-X. */
TAP_CASE(space_capabilities)
{
	struct guest g;
	const struct structure *all[] = { &g.common, &g.notify, &g.isr,
					  &g.config };

	guest_start(&g, "blk,socket=/s,queues=64", FEATURES);
	for (unsigned int i = 0; i < 4; i++) {
		must(all[i]->at);
		check_eq(all[i]->bar, 0);
		check(all[i]->length && all[i]->offset % 4 == 0);
		check(all[i]->offset + all[i]->length <= 0x1000);
		for (unsigned int k = 0; k < i; k++)
			check(all[i]->offset >=
				      all[k]->offset + all[k]->length ||
			      all[k]->offset >=
				      all[i]->offset + all[i]->length);
	}
	check_eq(g.common.length, 56);
	check(g.notify.length >= 2);
	check_eq(cfg_read(&g, g.notify.at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4), 0);
	check_eq(cfg_read(&g, g.notify.at + VIRTIO_PCI_CAP_LEN, 1), 20);
	check_eq(cfg_read(&g, g.access.at + VIRTIO_PCI_CAP_LEN, 1), 20);
	check_eq(g.table % 8, 0);
	check_eq(g.pba % 8, 0);
	check(g.table >= 0x1000 && g.table + 16 * g.vectors <= g.pba);
	check(g.pba + 16 <= BAR_LEN);
	guest_end(&g);
}

/* Every byte, by every width: only these bits change. */
TAP_CASE(space_writable_bits)
{
	uint8_t bits[256] = { 0 }, first[256];
	struct guest g;

	guest_make(&g, "blk,socket=/s", SLOT);
	bits[PCI_COMMAND] = 0x46;
	bits[PCI_COMMAND + 1] = 0x05;
	bits[PCI_CACHE_LINE_SIZE] = bits[PCI_LATENCY_TIMER] = 0xff;
	bits[PCI_INTERRUPT_LINE] = 0xff;
	bits[PCI_BASE_ADDRESS_0 + 1] = 0xc0;
	bits[PCI_BASE_ADDRESS_0 + 2] = bits[PCI_BASE_ADDRESS_0 + 3] = 0xff;
	bits[g.msix + PCI_MSIX_FLAGS + 1] = 0xc0;
	bits[g.access.at + VIRTIO_PCI_CAP_BAR] = 0xff;
	memset(bits + g.access.at + VIRTIO_PCI_CAP_OFFSET, 0xff, 12);
	for (unsigned int i = 0; i < 256; i++)
		first[i] = cfg_read(&g, i, 1);
	for (unsigned int size = 1; size <= 4; size *= 2)
		for (unsigned int i = 0; i + size <= 256; i++)
			cfg_write(&g, i, size, ONES(size));
	for (unsigned int i = 0; i < 256; i++)
		if (i != PCI_STATUS)
			check_eq(cfg_read(&g, i, 1), first[i] | bits[i]);
	for (unsigned int size = 1; size <= 4; size *= 2)
		for (unsigned int i = 0; i + size <= 256; i++)
			cfg_write(&g, i, size, 0);
	for (unsigned int i = 0; i < 256; i++)
		check_eq(cfg_read(&g, i, 1), first[i] & ~bits[i]);
	guest_end(&g);
}

/* Words and dwords are the bytes, at odd offsets too. Beyond 256 bytes there is nothing. */
TAP_CASE(space_widths)
{
	struct guest g;

	guest_start_blk(&g);
	for (unsigned int i = 0; i < g.access.at; i++) {
		uint64_t bytes = 0;

		for (unsigned int k = 0; k < 4; k++)
			bytes |= cfg_read(&g, i + k, 1) << (8 * k);
		check_eq(cfg_read(&g, i, 2), bytes & 0xffff);
		check_eq(cfg_read(&g, i, 4), bytes);
	}
	check_eq(cfg_read(&g, 256, 4), 0xffffffff);
	check_eq(cfg_read(&g, 254, 4), 0xffffffff);
	check_eq(cfg_read(&g, 4095, 1), 0xff);
	cfg_write(&g, 253, 4, 0);
	cfg_write(&g, 256 + PCI_COMMAND, 2, 0);
	check_eq(cfg_read(&g, PCI_COMMAND, 2), 6);
	guest_end(&g);
}

TAP_CASE(space_slot_taken)
{
	struct guest g, other;

	guest_make(&g, "rng,socket=/s", SLOT);
	memset(&other, 0, sizeof(other));
	other.spec = g.spec;
	must(!virtio_init(&other.d.virtio, "other", &other.spec, 1, false));
	check_eq(pci_attach(&other.d, g.devfn), -EEXIST);
	check(!other.d.private);
	virtio_free(&other.d.virtio);
	guest_end(&g);
}

/* ---- PCI_CFG ---- */

static void access_at(const struct guest *g, uint32_t offset, uint32_t len)
{
	cfg_write(g, g->access.at + VIRTIO_PCI_CAP_BAR, 1, 0);
	cfg_write(g, g->access.at + VIRTIO_PCI_CAP_OFFSET, 4, offset);
	cfg_write(g, g->access.at + VIRTIO_PCI_CAP_LENGTH, 4, len);
}

static unsigned int access_data(const struct guest *g)
{
	return g->access.at + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

/* SeaBIOS does all by this capability if it cannot reach the BAR. It never maps it. */
TAP_CASE(access_cap_drives)
{
	struct guest g;
	unsigned int data;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	data = access_data(&g);
	cfg_write(&g, PCI_COMMAND, 2, 4);
	access_at(&g, g.common.offset + FIELD(num_queues), 2);
	check_eq(cfg_read(&g, data, 2), 2);
	access_at(&g, g.common.offset + FIELD(device_status), 1);
	check_eq(cfg_read(&g, data, 1), 0xf);
	access_at(&g, g.common.offset + FIELD(queue_select), 2);
	cfg_write(&g, data, 2, 1);
	check_eq(cfg_read(&g, data, 2), 1);
	access_at(&g, g.config.offset + 4, 4);
	check_eq(cfg_read(&g, data, 4), 0x08070605);
	access_at(&g, g.notify.offset, 2);
	cfg_write(&g, data, 2, 1);
	check_eq(kicks(&g, 1), 1);
	check_eq(kicks(&g, 0), 0);
	access_at(&g, g.common.offset + FIELD(device_status), 1);
	cfg_write(&g, data, 1, 0);
	check_eq(cfg_read(&g, data, 1), 0);
	check_eq(g.f->stops, 1);
	guest_end(&g);
}

/* cap.length is the width of the access, whatever that of the guest's is. */
TAP_CASE(access_cap_length)
{
	struct guest g;
	unsigned int data;

	guest_start_blk(&g);
	data = access_data(&g);
	cfg_write(&g, data, 4, 0xdddddddd);
	access_at(&g, g.common.offset + FIELD(queue_size), 2);
	check_eq(cfg_read(&g, data, 4), 0xdddd0100);
	cfg_write(&g, data, 4, 0xdddd0040);
	check_eq(get(&g, queue_size), 0x40);
	/* the bytes go one by one, and each makes the access */
	cfg_write(&g, data, 1, 0x80);
	check_eq(get(&g, queue_size), 0x80);
	cfg_write(&g, data + 2, 1, 0xcc);
	check_eq(get(&g, queue_size), 0x80);
	guest_end(&g);
}

/* Wrong descriptions access nothing: the data stays what was written. */
TAP_CASE(access_cap_wrong)
{
	static const uint32_t lengths[] = { 0, 3, 5, 8, 16, 0x10004, ~0U };
	struct guest g;
	unsigned int data;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	data = access_data(&g);
	for (unsigned int i = 0; i < 7; i++) {
		access_at(&g, g.notify.offset, lengths[i]);
		cfg_write(&g, data, 4, 1);
		check_eq(cfg_read(&g, data, 4), 1);
	}
	access_at(&g, 0, 3);
	cfg_write(&g, data, 4, 1);
	check_eq(cfg_read(&g, data, 4), 1);
	access_at(&g, g.notify.offset + 1, 2);
	cfg_write(&g, data, 4, 1);
	check_eq(cfg_read(&g, data, 4), 1);
	access_at(&g, BAR_LEN, 4);
	cfg_write(&g, data, 4, 1);
	check_eq(cfg_read(&g, data, 4), 1);
	access_at(&g, 0xfffffffc, 4);
	cfg_write(&g, data, 4, 1);
	check_eq(cfg_read(&g, data, 4), 1);
	access_at(&g, g.notify.offset, 2);
	cfg_write(&g, g.access.at + VIRTIO_PCI_CAP_BAR, 1, 1);
	cfg_write(&g, data, 4, 1);
	check_eq(kicks(&g, 1), 0);
	/* the last four bytes of the BAR are inside */
	access_at(&g, BAR_LEN - 4, 4);
	check_eq(cfg_read(&g, data, 4), 0xffffffff);
	guest_end(&g);
}
