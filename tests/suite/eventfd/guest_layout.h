/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Guest physical addresses that guest.c and guest_code.S share. Sizes are in
 * bytes.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#ifdef __aarch64__
#define GUEST_RAM 0x40000000
#define DEVICE	  0x02000000
#else
#define GUEST_RAM 0
#define DEVICE	  0xd0000000
#endif

#define GUEST_CODE  GUEST_RAM
#define GUEST_LIST  (GUEST_RAM + 0x1000)
#define GUEST_COUNT (GUEST_RAM + 0x2000)
/* In the page of the count: the result of a hypercall, its arguments, a stack. */
#define GUEST_RESULT (GUEST_COUNT + 8)
#define GUEST_ARGS   (GUEST_COUNT + 0x100)
#define GUEST_STACK  (GUEST_COUNT + 0x1000)
/* x86: the hypervisor writes the instructions of a hypercall there. */
#define GUEST_HYPERCALLS (GUEST_RAM + 0x3000)
/* A page that the guest does not need. */
#define GUEST_SPARE (GUEST_RAM + 0x4000)
#define GUEST_PAGES 5

/* The pages of the device are claimed by the ioreq server. */
#define DEVICE_SIZE 0x10000
/* The guest writes here when its list is at an end, and waits for the answer. */
#define PARK (DEVICE + 0xfff8)

/* In place of a width: a read of four bytes. */
#define READ_4 0x104
/* x86: a string instruction that copies 2 * 4 bytes from the value, an address. */
#define STRING 0x304
/* A hypercall: addr is its number, value its command and its argument. */
#define CALL 0x200

#endif /* GUEST_LAYOUT_H */
