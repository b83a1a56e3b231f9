/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases of the front end share: a device core that only notes what the front end
 * tells it, a guest's memory in a memfd, a driver, and a back end that follows a script.
 * Only one device and one back end exist in a case, so they are globals.
 */
#ifndef FRONTEND_TEST_H
#define FRONTEND_TEST_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "tap.h"

#include "../../../tools/virtio/frontend.h"
#include "../../../tools/virtio/message.h"
#include "../../../tools/virtio/virtio.h"

#define FEATURE(bit) (UINT64_C(1) << (bit))

/* ---- frontend_core.c: the device and the guest's memory ---- */

#define LOW	    UINT64_C(0x40000000)
#define HIGH	    UINT64_C(0x100000000)
#define REGION_SIZE (1U << 20)
/* Where the front end says that it has the guest's memory. */
#define OUR UINT64_C(0x100000000000)
/* In the upper region: the parts of each ring, of 1024 entries at most. */
#define RING_AT(q) (HIGH + (q)*0x8000U)
#define AVAIL_AT   0x4000U
#define USED_AT	   0x5000U
#define RINGS	   3 /* of which number 1 is not enabled by a driver */
#define RING_SIZE  16

struct core {
	struct virtio v;
	struct frontend *f;
	struct region_table table;
	uint8_t *mem; /* the lower region, then the upper one */
	int mem_fd, log;

	/* What the front end has said. */
	const char *refuse; /* the answer of virtio_backend() */
	unsigned int backends, configs, breaks;
	uint64_t features;
	unsigned int queues, config_size;
	bool has_config;
	uint8_t config[VIRTIO_CONFIG_MAX];
	char broken[200];
};

extern struct core core;

/* Makes a device and its front end for the back end that listens at @path. */
void core_start(const char *path);
/* Frees the front end. No line was printed that was not looked for, and no file leaks. */
void core_end(void);
/* A pointer to the guest's memory. */
void *guest(uint64_t addr);
uint16_t *avail_idx(unsigned int q);
uint16_t *used_idx(unsigned int q);
/* The driver sets up queues 0 and 2, and says DRIVER_OK. Returns what frontend_start() did. */
void driver_set_up(void);
bool driver_ok(void);
void driver_reset(void);
/* Waits for events for at most @ms, and handles those that come. */
void core_wait(int ms);
/* True if @cond is true before 10 to 20 seconds of handling events are over. */
#define core_soon(cond)                                         \
	({                                                      \
		bool core_is;                                   \
		for (int core_i = 0; core_i < 1000; core_i++) { \
			core_is = (cond);                       \
			if (core_is)                            \
				break;                          \
			core_wait(10);                          \
			tap_progress();                         \
		}                                               \
		core_is;                                        \
	})
/* How many lines with this text were printed. */
unsigned int said(const char *text);
unsigned int said_in_all(void);
void forget_lines(void);
/* Takes the count of an eventfd; 0: it is not signalled. */
uint64_t taken(int fd);
unsigned int open_files(void);
uint64_t inode(int fd);

/* ---- frontend_script.c: the back end ---- */

struct seen {
	uint32_t request, flags, size;
	unsigned int nr_fds;
	uint32_t index, num; /* the payload's first two words */
	uint64_t u64;	     /* or its first 8 bytes */
	union {
		struct vu_addr addr;
		struct vu_table table;
		struct vu_slot slot;
		struct vu_inflight inflight;
	};
	uint64_t inode[REGIONS_MAX];
};

#define SEEN_MAX 512

/* How the back end answers one message, and goes on if it can. */
enum answer {
	GOOD,
	SHORT, /* a payload that is 1 byte shorter, as its header says */
	LONG,  /* 8 bytes longer */
	EMPTY, /* no payload */
	HUGE,  /* its header says 4 GiB */
	OTHER_REQUEST, /* the header has another number */
	NO_REPLY_FLAG,
	OTHER_VERSION,
	MORE_FLAGS,
	WITH_FD, /* one descriptor more than right */
	WITH_MANY_FDS,
	WITHOUT_FD, /* that it ought to have */
	LATE_FD,    /* with the last byte */
	OTHER_INDEX, /* it is about another queue */
	REFUSED,    /* 1 in place of 0 */
	TWICE,
	UNASKED, /* a good one, with 4 bytes behind it */
	HALF,	 /* half of it, and nothing more */
	SILENT,
};

enum death {
	UNREAD,	 /* the message is not read */
	READ,	 /* it has no answer */
	HALFWAY, /* its answer is not complete */
	ANSWERED,
};

struct script {
	char dir[64], path[80];
	int listener;
	pthread_t thread;
	pthread_mutex_t lock;

	/* What the back end is. */
	uint64_t features, protocol, queues, slots;
	uint8_t config[VIRTIO_CONFIG_MAX];
	unsigned int config_size;
	uint64_t area_size; /* that it says, of 4096 */
	unsigned int delay; /* milliseconds before each answer */
	bool slow;	    /* it reads byte by byte */
	bool pieces;	    /* it sends byte by byte */
	bool deaf;	    /* from SET_FEATURES on it reads nothing */

	/* Message number @die_at, counted from 1, of the next connection; 0: none. */
	unsigned int die_at;
	enum death death;
	/* How it answers this request. */
	uint32_t bad_request;
	unsigned int bad_skip; /* so many are answered right before */
	enum answer bad;
	/* Before it answers this request, it says CONFIG_CHANGE, and awaits the answer. */
	uint32_t change_before;
	unsigned int changes_answered;

	/* What it has seen: of the last connection. */
	unsigned int connections, nr;
	bool connected;
	struct seen seen[SEEN_MAX];
	int socket, requests, area;
	int kick[RINGS], call[RINGS];
};

extern struct script script;

#define ALL_PROTOCOL                                                         \
	(VU_PROTOCOL_F_MQ | VU_PROTOCOL_F_REPLY_ACK | VU_PROTOCOL_F_CONFIG | \
	 VU_PROTOCOL_F_INFLIGHT | VU_PROTOCOL_F_RESET |                      \
	 VU_PROTOCOL_F_MEM_SLOTS | VU_PROTOCOL_F_BACKEND_REQ)
#define OTHER_PROTOCOL \
	(ALL_PROTOCOL | 1 << 1 | 1 << 10 | 1 << 11 | VU_PROTOCOL_F_GPA)
#define DISK_FEATURES                                                     \
	(FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_RING_F_EVENT_IDX) | \
	 FEATURE(6))

/* Listens, with all protocol features, and starts the device. */
void script_start(void);
/* The same, as another back end. */
void script_start_with(uint64_t features, uint64_t protocol);
void script_end(void);
/* The back end ends now, and the front end notices. */
void script_hang_up(void);
/* Compares the requests of the connection with @want, which ends with 0. */
bool script_saw(const uint32_t *want);
/* The number @nth message, from 0 on, of this kind in the connection. It must be there. */
const struct seen *script_nth(uint32_t request, unsigned int nth);
unsigned int script_count(uint32_t request);

#endif /* FRONTEND_TEST_H */
