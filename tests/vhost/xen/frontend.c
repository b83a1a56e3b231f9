// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The front end's side of vhost-user.
 *
 * While the guest waits, one backend may end and another one start. A backend
 * records the requests in flight in memory that the front end keeps for the next
 * one. Without such a record the guest must have one request at a time: then the
 * used index says which requests are done.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "shim.h"
#include "vhost/message.h"

static const struct frontend *opt;
static int sock = -1;
static int kick[QUEUES_MAX], call[QUEUES_MAX];
/* The area of requests in flight, which only the backends read and write. */
static struct vu_inflight inflight;
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

/* Receives the answer of @size bytes in place of the message that was sent. */
static bool receive(struct message *m, uint32_t size)
{
	const uint32_t request = m->header.request;

	if (!message_receive(sock, m))
		return false;
	if (m->header.request == request && m->header.size == size &&
	    (m->fd >= 0) == (request == VU_GET_INFLIGHT_FD))
		return true;
	if (m->fd >= 0)
		close(m->fd);
	return false;
}

/* Sends a message, and receives its answer of @size bytes in its place. */
static bool get(struct message *m, uint32_t size)
{
	return message_send(sock, m, &m->fd, m->fd >= 0) && receive(m, size);
}

/* Sends a message with these descriptors. The backend must accept it. */
static bool ask_with(struct message *m, const int *fds, unsigned int nr_fds)
{
	m->header.flags |= VU_NEED_REPLY;
	if (!message_send(sock, m, fds, nr_fds) || !receive(m, sizeof(m->u64)))
		return false;
	if (m->u64)
		die("the backend refused message %u: %llu", m->header.request,
		    (unsigned long long)m->u64);
	return true;
}

static bool ask(struct message m)
{
	return ask_with(&m, &m.fd, m.fd >= 0);
}

static bool get_u64(uint32_t request, uint64_t *value)
{
	struct message m = message_new(request, NULL, 0, -1);

	if (!get(&m, sizeof(m.u64)))
		return false;
	*value = m.u64;
	return true;
}

/* For messages before NEED_REPLY is negotiated. */
static bool tell_backend(struct message m)
{
	return message_send(sock, &m, NULL, 0);
}

/* ---- a session ---- */

static bool set_memory(void)
{
	struct message m;
	int fds[REGIONS_MAX];
	unsigned int num = memory_table(&m, fds);
	double before = served_now();
	bool ok = ask_with(&m, fds, num);

	memory_sent(fds);
	if (ok)
		tell("memory ms=%.1f", served_now() - before);
	return ok;
}

/* The first backend makes the area. Later ones get what it has left. */
static bool set_inflight(void)
{
	struct message m;

	if (!opt->inflight)
		return true;
	if (inflight_fd < 0) {
		inflight = (struct vu_inflight){
			.num_queues = device.queues,
			.queue_size = QUEUE_SIZE_MAX,
		};
		m = message_new(VU_GET_INFLIGHT_FD, &inflight, VU_INFLIGHT_SIZE,
				-1);
		if (!get(&m, VU_INFLIGHT_SIZE))
			return false;
		inflight = m.inflight;
		inflight_fd = m.fd;
	}
	return ask(message_new(VU_SET_INFLIGHT_FD, &inflight, VU_INFLIGHT_SIZE,
			       inflight_fd));
}

static bool start_queue(unsigned int i)
{
	const struct queue *q = &device.queue[i];
	const struct vu_addr addr = {
		.index = i,
		.desc = q->desc + OUR_ADDRESS,
		.avail = q->driver + OUR_ADDRESS,
		.used = q->device + OUR_ADDRESS,
	};
	const uint16_t base = served_begin(q);

	return ask(message_state(VU_SET_VRING_NUM, i, q->num)) &&
	       ask(message_state(VU_SET_VRING_BASE, i, base)) &&
	       ask(message_addr(&addr)) &&
	       ask(message_u64(VU_SET_VRING_CALL, i, call[i])) &&
	       ask(message_u64(VU_SET_VRING_KICK, i, kick[i])) &&
	       ask(message_state(VU_SET_VRING_ENABLE, i, 1));
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
	uint64_t accepted = device.accepted | VU_F_PROTOCOL_FEATURES;
	unsigned int i;

	if (!ask(message_u64(VU_SET_FEATURES, accepted, -1)) || !set_memory() ||
	    !set_inflight())
		return false;
	/* the last queue is observed: of a shared directory, that of requests */
	for (i = 0; i < device.queues; i++)
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
	struct message m;
	unsigned int i;

	for (i = 0; sock >= 0 && i < device.queues; i++) {
		if (!device.queue[i].ready)
			continue;
		m = message_state(VU_GET_VRING_BASE, i, 0);
		if (get(&m, sizeof(m.state)))
			tell("stopped queue=%u base=%u", i, m.state.num);
		else
			lost();
	}
	if (inflight_fd >= 0)
		close(inflight_fd);
	inflight_fd = -1;
	served_end();
}

/* Asks the backend for the bytes of the configuration that it has. */
static bool get_config(struct message *m)
{
	const struct vu_config want = { .size = kind_config_size() };
	const uint32_t size = offsetof(struct vu_config, bytes) + want.size;

	*m = message_new(VU_GET_CONFIG, &want, size, -1);
	return !want.size || get(m, size);
}

static bool hello(void)
{
	uint64_t wanted = VU_PROTOCOL_F_REPLY_ACK | kind_protocol() |
			  memory_protocol();
	uint64_t features, protocol, queues = 1;
	struct message m;

	if (opt->inflight)
		wanted |= VU_PROTOCOL_F_INFLIGHT;
	if (!get_u64(VU_GET_FEATURES, &features))
		return false;
	if (!(features & VU_F_PROTOCOL_FEATURES))
		die("the backend has no protocol features");
	if (!get_u64(VU_GET_PROTOCOL_FEATURES, &protocol))
		return false;
	if (wanted & ~protocol)
		die("the backend lacks protocol features %#llx",
		    (unsigned long long)(wanted & ~protocol));
	protocol = wanted | (protocol & VU_PROTOCOL_F_MQ);
	if (!tell_backend(
		    message_u64(VU_SET_PROTOCOL_FEATURES, protocol, -1)) ||
	    !tell_backend(message_new(VU_SET_OWNER, NULL, 0, -1)) ||
	    (protocol & VU_PROTOCOL_F_MQ &&
	     !get_u64(VU_GET_QUEUE_NUM, &queues)) ||
	    !get_config(&m))
		return false;
	kind_set(features, queues, m.config.bytes);
	return true;
}

void frontend_connect(void)
{
	sock = message_connect(opt->path);
	if (sock < 0)
		return;
	served_by(sock);
	if (!hello() || (mmio_driver_ok() && !start()))
		lost();
}

void frontend_lost(void)
{
	lost();
}
