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
#define GUEST_PAGES 3

/* The device's pages are the ioreq server's. */
#define DEVICE_SIZE 0x10000
/* Written to when there is nothing left to write: the guest waits there. */
#define PARK (DEVICE + 0xfff8)

/* Instead of a width: a read, of four bytes. */
#define READ_4 0x104

#endif /* GUEST_LAYOUT_H */
