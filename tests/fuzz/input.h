/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the bytes of an input mean to the fuzzers vhost_user and stream.
 * fuzz-seeds (seed.h) writes such inputs.
 *
 * Both begin with one byte of HOW_* and with the contents of the guest's
 * memory: any number of pieces, each as length (1 byte), offset (3) and bytes,
 * and then a length of 0.
 *
 * vhost_user: messages follow, each as request (1), flags (1), number of
 * descriptors (1), FD_* of these (1), length (2) and payload. A request from
 * DO_FIRST on is not a message, but an event.
 *
 * stream: pieces of the stream follow, each as number of descriptors (1), FD_*
 * of these (1), length (1) and bytes. A length of 0 ends a connection, and the
 * number of descriptors says how: END_*.
 *
 * Integers are little-endian.
 */
#ifndef INPUT_H
#define INPUT_H

/* The options of the back end, and the kind of its disk. */
#define HOW_LAZY	0x01
#define HOW_RESTRICT	0x02
#define HOW_INTREE	0x04	/* the kernel's own driver, without X_* */
#define HOW_URING	0x08	/* if this kernel has io_uring */
#define HOW_DEVICE	0x10	/* a block device */
#define HOW_READ_ONLY	0x20
#define HOW_NO_DISCARD	0x40
/* the disk is shorter than it was, and every flush fails */
#define HOW_FAILING	0x80

/* The kind of a descriptor, in the low four bits. The other bits are its size. */
enum {
	FD_MEMORY,	/* of the guest */
	FD_EVENT,	/* an eventfd that was signalled once */
	FD_FILE,	/* zeroes; the size is in pages */
	FD_XEN,		/* privcmd, or gntdev if the size is odd */
	FD_AREA,	/* the answer to GET_INFLIGHT_FD */
	FD_HUNG_UP,	/* a pipe whose other end is closed */
	FD_FULL,	/* an eventfd that cannot be signalled any more */
	FD_KINDS,
};

/* Events between two messages. */
enum {
	DO_FIRST = 0xf0,
	DO_WRITE = DO_FIRST,	/* in memory; payload: offset (4), bytes */
	DO_AREA,		/* the same, in the area of FD_AREA */
	DO_RESIZE,		/* of the memory's file; payload: size (4) */
	DO_REST,		/* kicks all queues and gives them time */
	DO_RECONNECT,		/* the back end dies and another one starts */
	DO_END,
};

enum {
	END_SHUT,	/* the front end sends nothing more */
	END_GONE,	/* the front end neither sends nor reads */
	END_SIGNAL,	/* the back end gets a signal to end */
	END_KINDS,
};

#endif /* INPUT_H */
