// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The messages that set up one ring. Each of them stops a ring that runs, and
 * starts it again if all of its settings are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backend.h"
#include "device.h"
#include "message.h"
#include "queue.h"
#include "vring.h"

static struct queue *queue_of(struct device *device, uint64_t index)
{
	return index < device->nr_queues ? &device->queues[index] : NULL;
}

int vring_num(struct device *device, struct message *m)
{
	struct queue *q = queue_of(device, m->state.index);
	uint32_t num = m->state.num;

	if (!q || !num || num > RING_MAX || num & (num - 1))
		return -EINVAL;
	queue_stop(q);
	q->num = num;
	return queue_start(q, device);
}

int vring_addr(struct device *device, struct message *m)
{
	struct queue *q = queue_of(device, m->addr.index);

	if (!q || m->addr.flags) /* the only flag asks for a log of writes */
		return -EINVAL;
	queue_stop(q);
	q->addr = m->addr;
	q->has_addr = true;
	return queue_start(q, device);
}

int vring_base(struct device *device, struct message *m)
{
	struct queue *q = queue_of(device, m->state.index);

	if (!q || m->state.num > UINT16_MAX)
		return -EINVAL;
	queue_stop(q);
	q->base = m->state.num;
	q->broken = false;
	return queue_start(q, device);
}

/* Stop the ring until the front end sends another kick descriptor. */
int vring_get_base(struct device *device, struct message *m)
{
	struct queue *q = queue_of(device, m->state.index);

	if (!q)
		return -EINVAL;
	queue_stop(q);
	if (q->kick >= 0)
		close(q->kick);
	q->kick = -1;
	q->broken = false;
	m->state.num = q->base;
	m->header.size = sizeof(m->state);
	return 0;
}

int vring_enable(struct device *device, struct message *m)
{
	struct queue *q = queue_of(device, m->state.index);

	if (!q || m->state.num > 1)
		return -EINVAL;
	if (!m->state.num)
		queue_stop(q);
	q->enabled = m->state.num;
	return queue_start(q, device);
}

/*
 * Eventfds and pipes cannot be read at an offset (ESPIPE). Files and devices can,
 * and they may be always ready, or never answer. Reading nothing does not ask the
 * file system.
 */
static bool is_eventfd_or_pipe(int fd)
{
	return preadv(fd, NULL, 0, 0) < 0 && errno == ESPIPE;
}

/*
 * Take the descriptor of the message, if the message says that it has one, and
 * make it non-blocking. O_NONBLOCK belongs to the open file, which the front end
 * has, too, and can clear again. serve.c and watch.c handle that case.
 */
static int get_fd(struct device *device, struct message *m, int *fd)
{
	bool none = m->u64 & VU_VRING_NO_FD;
	int flags;

	if (m->u64 & ~(VU_VRING_INDEX | VU_VRING_NO_FD) || m->nr_fds != !none ||
	    !queue_of(device, m->u64 & VU_VRING_INDEX))
		return -EINVAL;
	*fd = -1;
	if (none)
		return 0;
	if (!is_eventfd_or_pipe(m->fds[0]))
		return -EINVAL;
	flags = fcntl(m->fds[0], F_GETFL);
	if (flags < 0 || fcntl(m->fds[0], F_SETFL, flags | O_NONBLOCK))
		return -errno;
	*fd = m->fds[0];
	m->fds[0] = -1;
	return 0;
}

/* Replace the descriptor at byte @offset of the struct queue. */
static int replace_fd(struct device *device, struct message *m, size_t offset)
{
	struct queue *q;
	int fd, *old;
	int ret;

	ret = get_fd(device, m, &fd);
	if (ret)
		return ret;
	q = queue_of(device, m->u64 & VU_VRING_INDEX);
	queue_stop(q);
	old = (int *)((char *)q + offset);
	if (*old >= 0)
		close(*old);
	*old = fd;
	return queue_start(q, device);
}

/* The protocol allows no descriptor: then the back end polls. Refused here. */
int vring_kick(struct device *device, struct message *m)
{
	if (m->u64 & VU_VRING_NO_FD)
		return -EOPNOTSUPP;
	return replace_fd(device, m, offsetof(struct queue, kick));
}

int vring_call(struct device *device, struct message *m)
{
	return replace_fd(device, m, offsetof(struct queue, call));
}

int vring_err(struct device *device, struct message *m)
{
	return replace_fd(device, m, offsetof(struct queue, err));
}
