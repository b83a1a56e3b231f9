/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A front end and a driver for tests of xenfm-vhost-user-blk. They send valid
 * and hostile messages and rings to the real program, which runs as a child
 * with one end of a socket pair.
 *
 * The environment variable BACKEND names the program; BACKEND_OPTIONS are words
 * that each run of it gets.
 */
#ifndef FRONTEND_H
#define FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

/*
 * A wait without success ends after 10 to 20 seconds, as no case runs in an
 * emulated machine.
 */
#define TAP_LOOKS 1000
#include "tap.h"
#include "vhost/message.h"

#define QUEUES		2
#define RING		16		/* entries, unless a case sets another number */
#define RING_MAX	1024
#define GUEST_BASE	UINT64_C(0x40000000)
#define USER_BASE	UINT64_C(0x7f1200000000)
#define MEM_SIZE	(1U << 20)
#define DISK_SIZE	(1U << 20)
#define SECTORS		(DISK_SIZE / 512)

/* The layout of the guest's memory. Rings of RING_MAX entries fit. */
#define QUEUE_AT(q)	((q) * 0x8000U)
#define DESC_AT		0x0000U
#define AVAIL_AT	0x4000U
#define USED_AT		0x5000U
#define HEADER_AT	0x10000U
#define STATUS_AT	0x14000U
#define TABLE_AT	0x15000U
#define DATA_AT		0x20000U

#define FEATURES	(FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_BLK_F_FLUSH) | \
			 VU_F_PROTOCOL_FEATURES)
#define CHANGES		(FEATURES | FEATURE(VIRTIO_BLK_F_DISCARD) | \
			 FEATURE(VIRTIO_BLK_F_WRITE_ZEROES))
#define ALL_FEATURES	(CHANGES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC) | \
			 FEATURE(VIRTIO_RING_F_EVENT_IDX) | FEATURE(VIRTIO_BLK_F_SEG_MAX) | \
			 FEATURE(VIRTIO_BLK_F_BLK_SIZE) | FEATURE(VIRTIO_BLK_F_MQ))
#define PROTOCOL	(VU_PROTOCOL_F_MQ | VU_PROTOCOL_F_REPLY_ACK | VU_PROTOCOL_F_CONFIG | \
			 VU_PROTOCOL_F_INFLIGHT | VU_PROTOCOL_F_RESET | VU_PROTOCOL_F_MEM_SLOTS)

struct ring {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t seen;		/* used entries that were taken */
	/* used entries that an interrupt has announced: wait_told() */
	uint16_t told;
	int kick, call, err;
	int masked;		/* a call descriptor that the driver does not read */
};

/* When the program is killed: before or after it is sent a message, by number. */
enum when { NEVER, BEFORE, SENT };

struct vm {
	pid_t pid;
	int socket, log, mem_fd, disk_fd;
	uint8_t *mem;
	uint64_t features;
	bool guest_addrs;	/* ring addresses are guest addresses */
	uint16_t num;		/* entries of each ring, RING from vm_start() on */
	uint16_t queue_size;	/* sent with the inflight area; 0: @num */
	struct ring ring[QUEUES];
	/* Set before vm_restart(). After the kill, nothing is sent any more. */
	enum when kill_when;
	unsigned int kill_at, sent;
	bool killed;
};

/*
 * The orders in which front ends set up a ring. Each case of ORDERED_CASE() runs
 * once under each of them, as NAME, NAME_qemu and NAME_rust.
 */
enum step { NUM = 1, BASE, ADDR, ERR, CALL, MASKED, KICK, ENABLE };

struct order {
	const char *name;
	enum step step[10];	/* ends with 0 */
};

extern const struct order orders[];
extern const struct order *vm_order;

#define ORDERED_CASE(id, ...)               \
	static void ordered_##id(void);     \
	TAP_CASE(id, ##__VA_ARGS__)         \
	{                                   \
		vm_order = &orders[0];      \
		ordered_##id();             \
	}                                   \
	TAP_CASE(id##_qemu, ##__VA_ARGS__)  \
	{                                   \
		vm_order = &orders[1];      \
		ordered_##id();             \
	}                                   \
	TAP_CASE(id##_rust, ##__VA_ARGS__)  \
	{                                   \
		vm_order = &orders[2];      \
		ordered_##id();             \
	}                                   \
	static void ordered_##id(void)

/* frontend.c. A failure of these functions ends the case. */

/* Seconds of a clock that is never set. */
double now(void);

/* Starts the program with these options, a disk and a connected socket. */
void vm_start(struct vm *vm, const char *options);
/* Kills the program with SIGKILL. */
void vm_kill(struct vm *vm);
/* Starts the program again, with the same memory and the disk vm->disk_fd. */
void vm_restart(struct vm *vm, const char *options);
/* Hangs up; the program must exit with 0. */
void vm_end(struct vm *vm);
/* Waits until the output of the program contains @text. */
bool vm_said(struct vm *vm, const char *text);
/* The other end of the socket was closed, by the program or a front end. */
bool vm_gone(struct vm *vm);
unsigned int vm_open_files(struct vm *vm);

/* Sends a message. @flags: VU_NEED_REPLY or 0. */
void vm_send(struct vm *vm, struct message m, uint32_t flags);
/* Sends a question, and returns the answer. */
struct message vm_get(struct vm *vm, struct message m);
uint64_t vm_ask(struct vm *vm, uint32_t request);
/* Sends a message, and returns the 0 or 1 of the answer. */
uint64_t vm_set(struct vm *vm, struct message m);
/* The same with any number of descriptors. */
uint64_t vm_ack(struct vm *vm, uint32_t request, const void *payload, uint32_t size, const int *fds,
		unsigned int nr_fds);

/* The messages of a front end until the rings run. */
void vm_negotiate(struct vm *vm, uint64_t features, uint64_t protocol);
void vm_set_table(struct vm *vm);
void vm_set_ring(struct vm *vm, unsigned int q, uint16_t base);
/* The addresses of a ring if the guest's memory begins at @base. */
struct vu_addr ring_addr(unsigned int q, uint64_t base);
void vm_set_up(struct vm *vm, uint64_t features);

/* driver.c. It writes descriptors one by one, at an index. */

/* Sets descriptors @at and @at + 1 to a flush, which set_header() has prepared. */
void desc_set_flush(struct vm *vm, unsigned int q, unsigned int at);
void desc_set(struct vm *vm, unsigned int q, unsigned int at, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next);
/*
 * Sets descriptors 0 to 2 to a request: the header, @len bytes at @data, the
 * status. @flags: VRING_DESC_F_WRITE if the device writes the data.
 */
void desc_set_request(struct vm *vm, unsigned int q, uint64_t data, uint32_t len, uint16_t flags);
void make_available(struct vm *vm, unsigned int q, uint16_t head);
void kick(struct vm *vm, unsigned int q);
uint16_t used_idx(const struct ring *ring);
/* Waits for a used entry, as tap_soon() does; false if there is none. */
bool wait_used(struct vm *vm, unsigned int q, struct vring_used_elem *elem);
/* Waits until the used index is @idx, as tap_soon() does. */
bool wait_used_idx(struct vm *vm, unsigned int q, uint16_t idx);
/* True if no further entry is used in half a second. */
bool none_used(struct vm *vm, unsigned int q);
/*
 * The same, as a real driver does it: it looks at the ring only after an
 * interrupt, and asks for the next interrupt when it has taken all entries.
 */
bool wait_told(struct vm *vm, unsigned int q, struct vring_used_elem *elem);
/*
 * Waits for a signal of the eventfd, and takes it. To wait for a signal that must
 * come, @milliseconds is SOON: the wait ends as tap_soon() does. Any other number
 * is for a signal that must not come, or may have come.
 */
bool wait_event(int fd, int milliseconds);
#define SOON (-1)

void set_header(struct vm *vm, uint32_t type, uint64_t sector);
/* The data of a request to discard sectors or to write zeroes: 16 bytes. */
void set_range(struct vm *vm, uint64_t sector, uint32_t num, uint32_t flags);
/* Makes a request of three descriptors and waits for it. Returns its status. */
int do_request(struct vm *vm, unsigned int q, uint32_t type, uint64_t sector, uint32_t len,
	       bool device_writes);
/*
 * The ring is broken for this reason, its error descriptor is signalled, and
 * other rings work.
 */
void check_broken(struct vm *vm, unsigned int q, const char *why);

/* stop.c */

/* The CPU time that the program has used, in milliseconds. */
unsigned long cpu_ms_in_all(struct vm *vm);
/* The CPU time that the program uses in 300 ms, in milliseconds. */
unsigned long cpu_ms(struct vm *vm);
/*
 * Sends @signal, or closes the socket if it is 0. The program must exit with
 * @status.
 */
void must_end(struct vm *vm, int signal, int status);

/*
 * area.c: 16 bytes for a queue and for each of its entries, rounded up to 64
 * bytes
 */
#define PART_LEN(num)	((16 + 16U * (num) + 63) / 64 * 64)

/* @size: the length of the message, with or without QEMU's padding. */
struct vu_inflight_queue *area_get(struct vm *vm, uint32_t size, int *fd);
uint64_t area_set(struct vm *vm, uint64_t size, uint64_t offset, int fd);
/* Starts a back end with an area as an earlier back end would have left it. */
struct vu_inflight_queue *area_start(struct vm *vm, const char *options, int *fd);
/* A write to sector @head of the disk, in the three descriptors from @head on. */
void add_write(struct vm *vm, unsigned int head, uint8_t fill);
unsigned int disk_byte(struct vm *vm, unsigned int sector);

/*
 * fuse.c: a file of @size bytes in a file system that belongs to the case, one
 * for each case. Skips the case without FUSE. Call this before the program is
 * started. The first flush and the first discarded range fail with EINTR. After
 * silence() the file system of own_file() answers nothing. With late_file(),
 * each read and each close takes so many milliseconds longer after silence().
 */
int own_file(size_t size);
int late_file(size_t size, unsigned int reading, unsigned int closing);
/* How often the file system was asked to flush the file or to discard a range. */
unsigned int own_file_flushes(void);
unsigned int own_file_ranges(void);
void silence(void);
/* Waits until the file system has got a request after silence(). */
void own_file_is_asked(void);

#endif /* FRONTEND_H */
