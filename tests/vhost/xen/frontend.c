// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The front end's side of vhost-user, with XEN_MMAP. The backend gets the
 * guest's memory as a table of foreign regions, and a descriptor of the driver
 * to map them through. That descriptor is restricted to this guest, and only
 * the backend keeps it.
 *
 * While the guest waits, one backend may end and another one start. Each
 * backend records the requests in flight in memory that the front end keeps for
 * the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/privcmd.h>

#include "shim.h"

enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
	GET_INFLIGHT_FD = 31,
	SET_INFLIGHT_FD = 32,
};

#define NEED_REPLY (1U << 3)

#define F_PROTOCOL (1ULL << 30)
/*
 * Bits of virtio itself: that of a driver without legacy support, and those
 * that are hidden from the driver: packed rings, and access by grants or
 * through an IOMMU.
 */
#define F_VERSION_1 (1ULL << 32)
#define F_HIDDEN    (F_PROTOCOL | 1ULL << 33 | 1ULL << 34)

#define P_MQ	    (1ULL << 0)
#define P_REPLY_ACK (1ULL << 3)
#define P_CONFIG    (1ULL << 9)
#define P_INFLIGHT  (1ULL << 12)
#define P_XEN_MMAP  (1ULL << 17)
#define P_WANTED    (P_REPLY_ACK | P_CONFIG | P_INFLIGHT | P_XEN_MMAP)

#define XEN_FOREIGN 1 /* xen_mmap_flags */

/* Bytes of struct virtio_blk_config up to the fields of zoned devices. */
#define BLOCK_CONFIG 60

/*
 * Nothing of the guest is mapped in this process, so our addresses are made up.
 * They only have to differ from those of the guest, so that they cannot be
 * confused.
 */
#define OUR_ADDRESS 0x100000000000ULL

struct region {
	uint64_t guest_addr, size, user_addr, mmap_offset;
	uint32_t xen_flags, domid;
};

struct mem_table {
	uint32_t num, padding;
	struct region region;
};

struct vring_state {
	uint32_t index, value;
};

struct vring_addr {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};

struct config {
	uint32_t offset, size, flags;
	uint8_t bytes[BLOCK_CONFIG];
};

/* The area of requests in flight, which only the backends read and write. */
struct inflight {
	uint64_t size, offset;
	uint16_t queues, queue_size;
} __attribute__((packed));

static const struct frontend *opt;
static int sock = -1;
static int kick[QUEUES_MAX], call[QUEUES_MAX];
static struct inflight inflight;
static int inflight_fd = -1; /* -1: not needed since the last reset */

static int eventfd_new(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd: %s", strerror(errno));
	return fd;
}

void frontend_init(const struct frontend *options)
{
	unsigned int i;

	opt = options;
	for (i = 0; i < QUEUES_MAX; i++) {
		kick[i] = eventfd_new();
		call[i] = eventfd_new();
		xen_bind_kick(i, kick[i]);
		xen_bind_call(call[i]);
	}
}

int frontend_socket(void)
{
	return sock;
}

/* ---- messages ---- */

static bool ask(uint32_t request, const void *payload, uint32_t size, int fd)
{
	uint64_t result;

	if (!message_send(sock, request, NEED_REPLY, payload, size, fd) ||
	    !message_reply(sock, request, &result, sizeof(result), NULL))
		return false;
	if (result)
		die("the backend refused message %u: %llu", request,
		    (unsigned long long)result);
	return true;
}

static bool set_state(uint32_t request, uint32_t index, uint32_t value)
{
	struct vring_state state = { index, value };

	return ask(request, &state, sizeof(state), -1);
}

static bool set_fd(uint32_t request, uint64_t index, int fd)
{
	return ask(request, &index, sizeof(index), fd);
}

static bool get_u64(uint32_t request, uint64_t *value)
{
	return message_send(sock, request, 0, NULL, 0, -1) &&
	       message_reply(sock, request, value, sizeof(*value), NULL);
}

/* For messages before NEED_REPLY is negotiated. */
static bool set_u64(uint32_t request, uint64_t value)
{
	return message_send(sock, request, 0, &value, sizeof(value), -1);
}

/* ---- a session ---- */

/* A descriptor that can only map this guest's memory. */
static int memory_fd(void)
{
	domid_t domid = opt->guest->domid;
	int fd = open(opt->memory, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", opt->memory, strerror(errno));
	if (ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &domid))
		die("RESTRICT: %s", strerror(errno));
	return fd;
}

static bool set_memory(void)
{
	struct mem_table table = {
		.num = 1,
		.region = {
			.guest_addr = GUEST_RAM,
			.size = opt->guest->ram,
			.user_addr = GUEST_RAM + OUR_ADDRESS,
			.xen_flags = XEN_FOREIGN,
			.domid = opt->guest->domid,
		},
	};
	double before = served_now();
	int fd = memory_fd();
	bool ok = ask(SET_MEM_TABLE, &table, sizeof(table), fd);

	close(fd);
	if (ok)
		tell("memory ms=%.1f", served_now() - before);
	return ok;
}

/* The first backend makes the area. Later ones get what it has left. */
static bool set_inflight(void)
{
	if (inflight_fd < 0) {
		inflight = (struct inflight){
			.queues = device.queues,
			.queue_size = QUEUE_SIZE_MAX,
		};
		if (!message_send(sock, GET_INFLIGHT_FD, 0, &inflight,
				  sizeof(inflight), -1) ||
		    !message_reply(sock, GET_INFLIGHT_FD, &inflight,
				   sizeof(inflight), &inflight_fd))
			return false;
	}
	return ask(SET_INFLIGHT_FD, &inflight, sizeof(inflight), inflight_fd);
}

static bool start_queue(unsigned int i)
{
	const struct queue *q = &device.queue[i];
	struct vring_addr addr = {
		.index = i,
		.desc = q->desc + OUR_ADDRESS,
		.avail = q->driver + OUR_ADDRESS,
		.used = q->device + OUR_ADDRESS,
	};
	const uint16_t base = served_begin(q);

	return set_state(SET_VRING_NUM, i, q->num) &&
	       set_state(SET_VRING_BASE, i, base) &&
	       ask(SET_VRING_ADDR, &addr, sizeof(addr), -1) &&
	       set_fd(SET_VRING_CALL, i, call[i]) &&
	       set_fd(SET_VRING_KICK, i, kick[i]) &&
	       set_state(SET_VRING_ENABLE, i, 1);
}

static void lost(void)
{
	close(sock);
	sock = -1;
	served_end();
	tell("lost");
}

/*
 * Starts the rings. A kick may have been lost with an earlier backend, so the
 * backend is kicked to look for requests. A call may have been lost, too, so
 * the guest is interrupted to look for answers.
 */
static bool start(void)
{
	uint64_t accepted = device.accepted | F_PROTOCOL;
	unsigned int i;

	if (!ask(SET_FEATURES, &accepted, sizeof(accepted), -1) ||
	    !set_memory() || !set_inflight())
		return false;
	/* the last queue is observed, whether there is one or many */
	for (i = device.queues; i-- > 0;)
		if (device.queue[i].ready && !start_queue(i))
			return false;
	for (i = 0; i < device.queues; i++)
		if (device.queue[i].ready)
			eventfd_write(kick[i], 1);
	xen_interrupt();
	tell("started");
	return true;
}

void frontend_start(void)
{
	if (sock >= 0 && !start())
		lost();
}

void frontend_stop(void)
{
	struct vring_state state;
	unsigned int i;

	for (i = 0; sock >= 0 && i < device.queues; i++) {
		if (!device.queue[i].ready)
			continue;
		state = (struct vring_state){ .index = i };
		if (!message_send(sock, GET_VRING_BASE, 0, &state,
				  sizeof(state), -1) ||
		    !message_reply(sock, GET_VRING_BASE, &state, sizeof(state),
				   NULL))
			lost();
		else
			tell("stopped queue=%u base=%u", i, state.value);
	}
	if (inflight_fd >= 0)
		close(inflight_fd);
	inflight_fd = -1;
	served_end();
}

/*
 * The first backend decides what the device is for the guest. A later one must
 * offer the same.
 */
static void set_device(uint64_t features, uint64_t queues,
		       const struct config *config)
{
	features &= ~F_HIDDEN;
	if (!(features & F_VERSION_1))
		die("the backend knows legacy drivers only");
	if (!device.queues) {
		device.features = features;
		device.queues = queues < QUEUES_MAX ? queues : QUEUES_MAX;
		device.config_size = sizeof(config->bytes);
		memcpy(device.config, config->bytes, sizeof(config->bytes));
		tell("ready queues=%u features=%#llx", device.queues,
		     (unsigned long long)features);
	} else if (device.accepted & ~features || queues < device.queues ||
		   memcmp(device.config, config->bytes,
			  sizeof(config->bytes))) {
		die("the new backend is another device");
	}
}

static bool hello(void)
{
	struct config config = { .size = BLOCK_CONFIG };
	uint64_t features, protocol, queues = 1;

	if (!get_u64(GET_FEATURES, &features))
		return false;
	if (!(features & F_PROTOCOL))
		die("the backend has no protocol features");
	if (!get_u64(GET_PROTOCOL_FEATURES, &protocol))
		return false;
	if (P_WANTED & ~protocol)
		die("the backend lacks protocol features %#llx",
		    (unsigned long long)(P_WANTED & ~protocol));
	if (!set_u64(SET_PROTOCOL_FEATURES, P_WANTED | (protocol & P_MQ)) ||
	    !message_send(sock, SET_OWNER, 0, NULL, 0, -1) ||
	    (protocol & P_MQ && !get_u64(GET_QUEUE_NUM, &queues)) ||
	    !message_send(sock, GET_CONFIG, 0, &config, sizeof(config), -1) ||
	    !message_reply(sock, GET_CONFIG, &config, sizeof(config), NULL))
		return false;
	set_device(features, queues, &config);
	return true;
}

void frontend_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 120 };

	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		die("socket: %s", strerror(errno));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", opt->path);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to))) {
		close(sock);
		sock = -1;
		return;
	}
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	served_by(sock);
	if (!hello() || (mmio_driver_ok() && !start()))
		lost();
}

void frontend_lost(void)
{
	lost();
}
