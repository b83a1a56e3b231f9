/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The map of xenfm-vhost-user-blk. From the outside in:
 *
 *	main.c        the order in which things come up
 *	options.c     the command line
 *	listen.c      where front ends come from
 *	sandbox.c     what is given up before the first of them comes
 *	connection.c  messages and descriptors from and to a socket
 *	watch.c       a connection that is over ends, whatever holds it up
 *	message.c     each message checked and carried out; vring.c those of a
 *	              ring, table.c those of memory
 *	device.c      what one front end has set up
 *	inflight.c    which requests are under way, in memory that outlives us
 *	queue.c       a queue and its thread
 *	ring.c        a split ring and its descriptor chains
 *	block.c       virtio-blk requests, and the device's configuration
 *	io.c          requests to the file and back; uring.c an io_uring
 *	disk.c        that file; lock.c who else may use it
 *	guard.c       touching memory that may not be there
 *	say.c         lines on standard error
 *
 * Threads: the main thread handles messages. A queue that is started has a
 * thread of its own, and then everything in its struct queue is that thread's.
 * The main thread stops a queue before it changes anything that the queue uses,
 * the memory table included, so there are no locks. Stopping a queue completes
 * what it has begun. A thread that waits in a descriptor of the front end is
 * interrupted by SIGUSR1. One that waits for a page of the guest's memory cannot be:
 * if the page does not come within a second after the front end has gone or a signal
 * has come, the program ends. A thread that waits in the file may wait as long as the
 * file takes. The main thread may have to wait for memory, too: each connection has a
 * thread that watches it.
 *
 * Trust: a front end may send any bytes and any descriptors, a guest may write
 * anything at any time into memory that it shares. Numbers are copied out of
 * shared memory once, checked, and only the copy is used.
 *
 * Functions return 0 or a negative errno unless said otherwise. Those that
 * return a const char * return NULL, or what is wrong with the ring: the queue
 * is broken then.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <xenfm.h>

#include "protocol.h"

#define PROGRAM		"xenfm-vhost-user-blk"

#define QUEUES_MAX	64
#define RING_MAX	1024	/* entries of a ring */
#define CHAIN_MAX	128	/* descriptors of a request: data and two more */
#define PIECES_MAX	256	/* of a request's data, in our address space */
#define DEPTH		128	/* requests that a queue has under way */
#define SLOTS_MAX	509	/* memory regions */
#define SECTOR_SIZE	512

struct options {
	const char *socket_path;	/* or NULL */
	int fd;				/* or -1 */
	const char *blk_file;
	const char *user;		/* or NULL */
	const char *serial;
	unsigned int num_queues;
	bool read_only, eager, once, keep_access, no_uring, no_sandbox;
};

/* options.c: these end the program, where there is reason to */
void options_read(struct options *options, int argc, char **argv);

/* say.c: one line each; say_guest() leaves out what comes too often */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_guest(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *errno_name(int err); /* of -errno */

/* disk.c */
struct disk {
	int fd;
	bool read_only;
	bool block_device;
	bool discard;		/* is offered */
	bool flush_failed;	/* atomic: once, and so for good */
	uint64_t sectors;
	uint32_t block_size;
	char serial[VIRTIO_BLK_ID_BYTES];
};

/* @why here and below: set if there are better words for it than the errno's. */
int disk_open(struct disk *disk, const struct options *options,
	      const char **why);
void disk_close(struct disk *disk);

/* lock.c: until @fd is closed. -EBUSY, and then @why, if another has the file */
int lock_file(int fd, bool read_only, const char **why);
void unlock_file(int fd);

/*
 * guard.c: -EFAULT where a page is missing. guard_start() once per process,
 * before threads. Words are read and written in one piece, in order with what
 * is read after and written before.
 */
void guard_start(void);
int guard_read(void *to, const void *from, size_t len);
int guard_write(void *to, const void *from, size_t len);
/* @len is not 0; @touched: atomic, increased with each page. */
int guard_touch(const void *from, size_t len, unsigned int *touched);
int guard_load(uint16_t *value, const uint16_t *from);
int guard_store(uint16_t *to, uint16_t value);

/* uring.c: an io_uring for one file; its memory and its file stay the same */
struct io_uring;
struct io_uring_sqe;

struct uring {
	int fd;
	unsigned int queued;	/* entries written and not yet submitted */
	struct io_uring *ring;
};

/*
 * Numbers of the ring's files, which entries name them by (IOSQE_FIXED_FILE): as this
 * queue has opened it, and as the disk has, which nobody else may open.
 */
#define URING_FILE  0
#define URING_ALONE 1

int uring_open(struct uring *uring, unsigned int entries, int file, int alone);
void uring_close(struct uring *uring);
/* There is always room for as many entries as were asked. */
struct io_uring_sqe *uring_entry(struct uring *uring);
int uring_submit(struct uring *uring);
bool uring_reap(struct uring *uring, uint64_t *data, int *result);

enum io_op { IO_READ, IO_WRITE, IO_FLUSH, IO_DISCARD, IO_ZERO, IO_UNMAP };

/* A request between the ring and the file. */
struct request {
	struct request *next;	/* free, or done */
	uint16_t head;
	enum io_op op;
	bool sync;		/* what it changes is stable before it is done */
	uint64_t offset, len;	/* bytes of the file */
	unsigned int nr;
	struct iovec iov[PIECES_MAX];
	uint8_t *status;	/* in guest memory, held until the end */
	uint8_t answer;		/* VIRTIO_BLK_S_* */
	uint32_t written;	/* bytes of guest memory, with the status */
	int result;		/* 0 or a negative errno */
};

/* io.c: requests to the file and back, in any order */
struct io {
	struct disk *disk;
	int fd;			/* opened for this queue alone */
	bool async;		/* else each is done at once, by system calls */
	unsigned int busy;	/* given to io_queue() and not yet back */
	struct uring uring;
	struct request *done;
	struct request *flushing;	/* what the flush under way is for */
	struct request *waiting;	/* what the next one is for */
};

int io_open(struct io *io, struct disk *disk, bool async);
void io_close(struct io *io);
void io_queue(struct io *io, struct request *request);
int io_submit(struct io *io);
struct request *io_reap(struct io *io);

/* ring.c */
struct segment {
	uint64_t addr;
	uint32_t len;
};

/* A request's descriptors: @nr_out to read, then @nr_in to write. */
struct chain {
	unsigned int nr_out, nr_in;
	struct segment seg[CHAIN_MAX];
};

struct ring {
	struct xenfm_mem *mem;
	unsigned int num;
	bool indirect, event_idx;
	uint64_t protocol;	/* features that were negotiated */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_idx;	/* as last seen, checked */
	uint16_t next_avail;	/* the next to take */
	uint16_t next_used;	/* the next to give back */
	uint16_t published;	/* what the guest knows of that */
};

/* Bytes in guest memory: all, or -EFAULT. */
int mem_read(struct xenfm_mem *mem, void *to, uint64_t addr, size_t len);

int ring_map(struct ring *ring, const struct vu_addr *addr);
void ring_unmap(struct ring *ring);
/* @found: whether there was one; @head: its first descriptor, below @num */
const char *ring_next(struct ring *ring, bool *found, uint16_t *head);
const char *ring_chain(struct ring *ring, uint16_t head, struct chain *chain);
bool ring_has_used(const struct ring *ring);
const char *ring_give(struct ring *ring, uint16_t head, uint32_t written);
/* Shows the guest what was given; @notify: whether it wants to be told. */
const char *ring_publish(struct ring *ring, bool *notify);
/* Asks for kicks or does without; @more: something has come meanwhile. */
const char *ring_want_kicks(struct ring *ring, bool want, bool *more);

/* block.c */
struct block {
	const struct disk *disk;
	struct xenfm_mem *mem;
	uint64_t features;	/* as the driver acknowledged them */
	unsigned int *touched;	/* atomic: pages of data that were there */
};

uint64_t block_features(const struct disk *disk, unsigned int num_queues);
void block_config(const struct disk *disk, unsigned int num_queues,
		  struct virtio_blk_config *config);
/* Fills @request; @io: whether there is something to do, else it is done. */
const char *block_begin(const struct block *block, const struct chain *chain,
			struct request *request, bool *io);
/* Tells the guest the outcome and lets go of its memory. */
const char *block_end(const struct block *block, struct request *request);
/* The same without a word. */
void block_drop(const struct block *block, struct request *request);

/* inflight.c */
struct inflight {
	void *addr;
	size_t len, part; /* in bytes; @part: of each queue */
	uint16_t num_queues;
};

int inflight_create(struct vu_inflight *said, int *fd);
int inflight_map(struct inflight *inflight, const struct vu_inflight *said,
		 int fd);
void inflight_unmap(struct inflight *inflight);
/* The part of a queue whose ring has @num entries, or NULL if it has no room. */
struct vu_inflight_queue *inflight_queue(const struct inflight *inflight,
					 unsigned int index, unsigned int num);
/*
 * What was under way when the last back end ended: heads of the @num requests,
 * oldest first, in @heads; @counter where to go on. @fresh: no back end has
 * served this ring with this area before.
 */
const char *inflight_resume(struct vu_inflight_queue *part, unsigned int size,
			    uint16_t used_idx, bool *fresh, uint16_t *heads,
			    unsigned int *num, uint64_t *counter);
const char *inflight_begin(struct vu_inflight_queue *part, uint16_t head,
			   uint64_t counter);
/* Around ring_publish(): before it, for each; after it, for all of them. */
const char *inflight_give(struct vu_inflight_queue *part, uint16_t head);
const char *inflight_end(struct vu_inflight_queue *part, const uint16_t *heads,
			 unsigned int num, uint16_t used_idx);

/* queue.c */
struct device;

struct queue {
	unsigned int index;
	struct device *device;	/* of the last start */
	/* what the front end said */
	int kick, call, err;
	bool enabled, has_addr;
	uint32_t num;
	struct vu_addr addr;
	uint16_t base;
	/* the thread */
	bool running;
	bool stopping;		/* atomic: the thread is to end */
	bool in_file;		/* atomic: the thread waits for the file */
	unsigned int touched;	/* atomic: pages of data that were there */
	bool broken;		/* until the ring is set up anew */
	int stop;		/* eventfd */
	pthread_t thread;
	struct block block;
	struct ring ring;
	struct io io;
	struct request *requests, *free;
	struct vu_inflight_queue *part;
	bool tell;		/* signal the call descriptor at the start */
	uint64_t counter;
	uint16_t resume[RING_MAX];	/* heads to do again */
	unsigned int resume_nr, resume_at;
	uint16_t given[DEPTH];	/* heads that the guest is to be told of */
	unsigned int given_nr;
	bool no_room;		/* it was said that the area has no room */
	unsigned int vain;	/* kicks since there was something to do */
	bool deaf;		/* the call descriptor had to be interrupted */
};

int queue_open(struct queue *queue, unsigned int index, struct disk *disk,
	       bool async);
void queue_close(struct queue *queue);
/* Starts the thread if all that it takes is there, and it does not run. */
int queue_start(struct queue *queue, struct device *device);
/* The area of requests in flight is another one now. */
void queue_new_inflight(struct queue *queue);
void queue_stop(struct queue *queue);
/* Stops it, closes its descriptors and forgets what the front end said. */
void queue_reset(struct queue *queue);

/* device.c */
enum main_at { AT_ELSE, AT_MEMORY, AT_JOIN };

struct device {
	struct disk *disk;
	struct queue *queues;
	unsigned int nr_queues, wanted;
	bool lazy, restrict_access;
	/* what the front end said */
	uint64_t features, protocol;
	bool has_features;
	struct xenfm_mem *mem;
	unsigned int nr_regions;
	bool has_domid;
	uint32_t domid;		/* the one domain whose memory there is */
	struct inflight inflight;
	/* connection.c */
	int socket, signals;
	int ended;		/* eventfd: the watch may end */
	pthread_t watch;
	bool over;		/* the connection is being ended */
	unsigned int running;	/* atomic: queues that have a thread */
	enum main_at at;	/* atomic: what the main thread may wait in */
};

/* An io_uring or the like for each queue is made here, before the sandbox. */
int device_open(struct device *device, struct disk *disk,
		const struct options *options);
void device_close(struct device *device);
/* A front end has come; a front end has gone. */
int device_begin(struct device *device);
void device_end(struct device *device);
void device_stop_queues(struct device *device);
int device_start_queues(struct device *device);

/* message.c */
#define FDS_MAX		VU_REGIONS_MAX

struct message {
	struct vu_header header;
	union {
		uint64_t u64;
		struct vu_state state;
		struct vu_addr addr;
		struct vu_table table;
		struct vu_slot slot;
		struct vu_config config;
		struct vu_inflight inflight;
		uint8_t bytes[sizeof(struct vu_table)];
	};
	/* A handler that keeps one leaves -1; the others are the caller's. */
	int fds[FDS_MAX];
	unsigned int nr_fds;
	int over;	/* 0, or -errno: it was longer than we can hold */
};

const char *message_name(uint32_t request);
void message_close_fds(struct message *message);
/*
 * Carries out @message. @reply: whether an answer is wanted, which @message is
 * then. A negative errno: it was refused, and the front end does not know yet.
 *
 * What was refused has changed nothing, but for two things. A message that is
 * right in itself, and with which a ring cannot go on, such as a memory table
 * without that ring, stands: the ring waits for one that suits it. And the first
 * domain whose memory was named is the connection's.
 */
int message_handle(struct device *device, struct message *message, bool *reply);

/* vring.c */
int vring_num(struct device *device, struct message *message);
int vring_addr(struct device *device, struct message *message);
int vring_base(struct device *device, struct message *message);
int vring_get_base(struct device *device, struct message *message);
int vring_enable(struct device *device, struct message *message);
int vring_kick(struct device *device, struct message *message);
int vring_call(struct device *device, struct message *message);
int vring_err(struct device *device, struct message *message);

/* table.c */
int table_set(struct device *device, struct message *message);
int table_add(struct device *device, struct message *message);
int table_remove(struct device *device, struct message *message);

/* connection.c: until the front end goes: 0, or -EINTR if we are to end */
int connection_serve(int socket, int signals, struct device *device);

/*
 * watch.c: that a connection ends when the front end has gone or a signal has
 * come, whatever the front end's memory and descriptors do.
 */
int watch_start(struct device *device);
void watch_end(struct device *device);
/* What the main thread does from here on. */
void watch_main(struct device *device, enum main_at at);
/* Waits until the thread of a queue that is to stop has ended. */
void watch_join(struct queue *queue);

/* listen.c */
int listen_open(const struct options *options, bool *connected,
		const char **why);
int listen_accept(int listener, int signals);
/* systemd's socket, or -1; and then tells it that the program is ready */
int listen_notify_open(void);
void listen_notify(int fd);

/* sandbox.c */
int sandbox_enter(const struct options *options, const char **why);

#endif /* BACKEND_H */
