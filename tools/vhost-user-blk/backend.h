/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An overview of xenfm-vhost-user-blk, and the limits that several files share.
 * NAME.h declares the functions of NAME.c. From the outside in:
 *
 *	main.c        starts everything in order
 *	options.c     reads the command line
 *	listen.c      accepts connections of front ends
 *	sandbox.c     gives up rights before the first connection
 *	connection.c  receives and sends messages and descriptors
 *	watch.c       ends a connection in time, whatever blocks a thread
 *	message.c     checks each message and calls its handler: vring.c has the
 *	              handlers of a ring, table.c those of memory
 *	device.c      holds the state that one front end has set up
 *	inflight.c    records the requests in flight, in memory that outlives this
 *	              process
 *	queue.c       opens, starts and stops a queue; serve.c is its thread
 *	ring.c        reads and writes a split ring and its descriptor chains
 *	block.c       decodes virtio-blk requests, fills the configuration
 *	io.c          executes requests on the file; uring.c is an io_uring
 *	disk.c        opens the file; lock.c locks it against other programs
 *	guard.c       accesses memory that may be missing
 *	say.c         prints lines on standard error
 *
 * Threads: the main thread handles messages. A queue that is started has a
 * thread of its own. While this thread runs, it alone uses the fields of its
 * struct queue, except for the atomic ones. The main thread stops a queue before
 * it changes anything that the queue uses, the memory table included, so there
 * are no locks. Stopping a queue completes the requests that it has begun.
 *
 * SIGUSR1 interrupts a thread that waits in a descriptor of the front end. No
 * signal interrupts a thread that waits for a page of the guest's memory: if the
 * page does not come within a second after the front end has gone or a signal
 * has come, the program ends. A thread may wait for the file without a limit.
 * The main thread may have to wait for memory, too: so each connection has a
 * thread that watches it.
 *
 * Trust: a front end may send any bytes and any descriptors. A guest may write
 * anything at any time into memory that it shares. The program copies a number
 * out of shared memory once, checks the copy, and uses only the copy.
 *
 * Functions return 0 or a negative errno unless their comment says otherwise. A
 * function that returns const char * returns NULL, or a text that says what is
 * wrong with the ring. In the second case the queue is broken.
 */
#ifndef BACKEND_H
#define BACKEND_H

#define PROGRAM		"xenfm-vhost-user-blk"

#define QUEUES_MAX	64
#define RING_MAX	1024	/* entries of a ring */
#define CHAIN_MAX	128	/* descriptors of a request: data, header, status */
#define PIECES_MAX	256	/* iovecs for the data of a request */
#define DEPTH		128	/* requests that a queue has under way */
#define SLOTS_MAX	509	/* memory regions */
#define SECTOR_SIZE	512	/* bytes */

#endif /* BACKEND_H */
