/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Guest physical addresses that guest.c and guest_code.S share; bytes.
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
/* In the page of the count: results of hypercalls, their arguments, a stack. */
#define GUEST_RESULT (GUEST_COUNT + 8)
#define GUEST_ARGS   (GUEST_COUNT + 0x100)
#define GUEST_STACK  (GUEST_COUNT + 0x1000)
/* x86: the hypervisor writes the instructions of a hypercall there. */
#define GUEST_HYPERCALLS (GUEST_RAM + 0x3000)
/* A page that nothing needs. */
#define GUEST_SPARE (GUEST_RAM + 0x4000)
#define GUEST_PAGES 5

/* The device's pages are the ioreq server's. */
#define DEVICE_SIZE 0x10000
/* Written to when there is nothing left to write: the guest waits there. */
#define PARK (DEVICE + 0xfff8)

/* Instead of a width: a read, of four bytes. */
#define READ_4 0x104
/* A hypercall: its number, and as the value a command and its argument. */
#define CALL 0x200

#endif /* GUEST_LAYOUT_H */
