/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the bytes of an input mean to the fuzzers vhost_user and stream, for these
 * and for fuzz-seeds (seed.h), which writes such inputs.
 *
 * Both begin with one byte of HOW_* and with what is in the guest's memory: any
 * number of pieces of it, each as length (1 byte), offset (3) and bytes, and then a
 * length of 0.
 *
 * vhost_user: messages follow, each as request (1), flags (1), number of
 * descriptors (1), FD_* of these (1), length (2) and payload. From DO_FIRST on a
 * request is none, but something else that happens.
 *
 * stream: pieces of the stream follow, each as number of descriptors (1), FD_* of
 * these (1), length (1) and bytes. A length of 0 ends a connection, and the number
 * of descriptors says how: END_*.
 *
 * Integers are little-endian.
 */
#ifndef INPUT_H
#define INPUT_H

/* The back end's options, and how its disk is. */
#define HOW_LAZY	0x01
#define HOW_RESTRICT	0x02
#define HOW_INTREE	0x04	/* the kernel's own driver, without X_* */
#define HOW_URING	0x08	/* if this kernel has it */
#define HOW_DEVICE	0x10	/* a block device */
#define HOW_READ_ONLY	0x20
#define HOW_NO_DISCARD	0x40
#define HOW_FAILING	0x80	/* shorter than it was, and no flush succeeds */

/* What a descriptor is, in the low four bits; the others say its size. */
enum {
	FD_MEMORY,	/* of the guest */
	FD_EVENT,	/* an eventfd that was signalled once */
	FD_FILE,	/* zeroes, so many pages */
	FD_XEN,		/* privcmd, or gntdev if the size is odd */
	FD_AREA,	/* what GET_INFLIGHT_FD answered with */
	FD_HUNG_UP,	/* a pipe without another end */
	FD_FULL,	/* an eventfd that cannot be signalled any more */
	FD_KINDS,
};

/* What happens between two messages. */
enum {
	DO_FIRST = 0xf0,
	DO_WRITE = DO_FIRST,	/* in memory; payload: offset (4), bytes */
	DO_AREA,		/* the same in what FD_AREA is */
	DO_RESIZE,		/* the memory's file; payload: size (4) */
	DO_REST,		/* kicks all queues, and lets them run */
	DO_RECONNECT,		/* a back end dies, and another one comes */
	DO_END,
};

enum {
	END_SHUT,	/* the front end sends nothing more */
	END_GONE,	/* nor does it read */
	END_SIGNAL,	/* the back end is told to end */
	END_KINDS,
};

#endif /* INPUT_H */
