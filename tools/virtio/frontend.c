// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The front end: one back end after another for one device. See frontend.h.
 *
 * A back end may end at any time, and so may its successor in the middle of its first
 * messages. Only a start that has succeeded, or a reset, changes what the front end knows
 * about the rings. So the next back end is always told everything again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "frontend.h"
#include "resume.h"
#include "../vhost-user-blk/say.h"
#include "session.h"
#include "virtio.h"

struct frontend {
	struct virtio *v;
	const char *path;
	const struct region_table *memory;
	struct session session;
	struct frontend_inflight area;
	struct resume resume;
	/* A back end may have used the rings since the last reset. */
	bool begun;
	int64_t retry_at;
	/* Not before this time the configuration is asked for again. */
	int64_t refresh_at;
	/* Lines that are printed once, until a back end serves again. */
	bool said_absent, said_wrong;
};

struct frontend *frontend_new(struct virtio *v, const char *path,
			      const struct region_table *memory)
{
	struct frontend *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->v = v;
	f->path = path;
	f->memory = memory;
	f->session.memory = memory;
	f->area.fd = -1;
	channel_init(&f->session.channel);
	return f;
}

static void frontend_drop_area(struct frontend *f)
{
	if (f->area.fd >= 0)
		close(f->area.fd);
	f->area = (struct frontend_inflight){ .fd = -1 };
}

void frontend_free(struct frontend *f)
{
	if (!f)
		return;
	channel_close(&f->session.channel);
	frontend_drop_area(f);
	free(f);
}

bool frontend_is_connected(const struct frontend *f)
{
	return f->session.channel.socket >= 0;
}

/* ---- the end of a back end ---- */

/*
 * Notes where the rings are. The requests that the driver makes from now on are not in
 * flight, so this is done as soon as the back end is lost.
 */
static void frontend_note(struct frontend *f)
{
	struct resume *r = &f->resume;

	resume_note(r, f->v, f->memory);
	if (r->never)
		virtio_break(f->v, r->never);
	else if (r->unrecorded && f->area.fd < 0)
		virtio_break(f->v, r->unrecorded);
}

/* Closes the connection. No line is printed. */
static void frontend_close(struct frontend *f)
{
	channel_close(&f->session.channel);
	f->retry_at = channel_now() + FRONTEND_RETRY_MS;
	if (!f->session.started)
		return;
	f->session.started = 0;
	f->begun = true;
	frontend_note(f);
}

static void frontend_lost(struct frontend *f, const char *why)
{
	say_guest("%s: the back end is lost: %s", f->v->name, why);
	/* That nobody is there now is no news. */
	f->said_absent = true;
	frontend_close(f);
}

/* A new back end did not come so far that it was worth a line of its own. */
static void frontend_wrong(struct frontend *f, const char *why)
{
	if (!f->said_wrong)
		say_guest("%s: the back end at %s cannot serve: %s", f->v->name,
			  f->path, why);
	f->said_wrong = true;
	frontend_close(f);
}

/* ---- start and stop of the rings ---- */

/*
 * Signals an eventfd. A back end has it, too, and could make it block, and fill it. A full
 * one is signalled already.
 */
static void frontend_signal(int fd)
{
	struct pollfd on = { .fd = fd, .events = POLLOUT };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (poll(&on, 1, 0) == 1)
		eventfd_write(fd, 1);
}

/*
 * The kick of a request may have been lost with the last back end, and some queues are
 * kicked only once in their lives. A call may have been lost, too.
 */
static void frontend_wake(struct frontend *f)
{
	unsigned int i;

	for (i = 0; i < f->v->queues; i++) {
		if (!f->v->queue[i].enabled)
			continue;
		frontend_signal(f->v->queue[i].kick);
		if (f->begun)
			frontend_signal(f->v->queue[i].call);
	}
}

/* An area belongs to one set of rings. */
static bool frontend_area_fits(const struct frontend *f)
{
	return f->area.fd >= 0 && f->area.queues == f->v->queues &&
	       f->area.queue_size == session_queue_size(f->v);
}

/* NULL, or why no back end, or not this one, can go on with the rings. */
static const char *frontend_prepare(struct frontend *f)
{
	const char *why;

	if (!f->begun) {
		resume_reset(&f->resume);
		frontend_drop_area(f);
		return NULL;
	}
	if (!f->resume.noted)
		resume_note(&f->resume, f->v, f->memory);
	why = resume_check(&f->resume, f->v, f->memory);
	if (why)
		return why;
	if (!session_has_inflight(&f->session) || !frontend_area_fits(f)) {
		frontend_drop_area(f);
		return f->resume.unrecorded;
	}
	return NULL;
}

/*
 * Starts the rings. Returns NULL, or why the back end cannot be used any more. It can, and
 * the device needs a reset, if the driver or the back end does not agree.
 */
static const char *frontend_run(struct frontend *f)
{
	struct session *s = &f->session;
	const char *why = frontend_prepare(f);

	if (why) {
		virtio_break(f->v, why);
		return NULL;
	}
	why = session_start(s, f->v, f->resume.base, &f->area);
	if (why && s->channel.refused) {
		virtio_break(f->v, why);
		return session_stop(s);
	}
	if (why)
		return why;
	frontend_wake(f);
	f->begun = true;
	f->resume.noted = false;
	return NULL;
}

bool frontend_start(struct frontend *f)
{
	const char *why;

	if (!frontend_is_connected(f))
		return true;
	channel_begin(&f->session.channel);
	why = frontend_run(f);
	if (why)
		frontend_lost(f, why);
	return !f->v->broken;
}

void frontend_stop(struct frontend *f)
{
	const char *why = NULL;

	if (frontend_is_connected(f)) {
		channel_begin(&f->session.channel);
		why = session_stop(&f->session);
	}
	/* Nobody needs the rings any more, however the back end has ended. */
	f->session.started = 0;
	if (why)
		frontend_lost(f, why);
	f->begun = false;
	resume_reset(&f->resume);
	frontend_drop_area(f);
}

/* ---- the connection ---- */

static const char *frontend_hello(struct frontend *f)
{
	struct virtio *v = f->v;
	struct session *s = &f->session;
	const char *why;

	why = session_hello(s, v->config_theirs ? v->config_size : 0);
	if (!why)
		why = virtio_backend(v, session_features(s), s->queues,
				     s->config_size ? s->config : NULL,
				     s->config_size);
	if (!why && virtio_driver_ok(v) && !v->broken)
		why = frontend_run(f);
	return why;
}

bool frontend_connect(struct frontend *f)
{
	const char *why;
	int err;

	if (frontend_is_connected(f))
		return true;
	f->retry_at = channel_now() + FRONTEND_RETRY_MS;
	err = channel_connect(&f->session.channel, f->path);
	if (err) {
		if (!f->said_absent)
			say_guest("%s: no back end at %s yet: %s", f->v->name,
				  f->path, errno_name(err));
		f->said_absent = true;
		return false;
	}
	channel_begin(&f->session.channel);
	why = frontend_hello(f);
	if (why) {
		frontend_wrong(f, why);
		return false;
	}
	say_guest("%s: connected to the back end at %s", f->v->name, f->path);
	f->said_absent = f->said_wrong = false;
	return true;
}

/* ---- events ---- */

static int frontend_ms_until(int64_t time)
{
	int64_t left = time - channel_now();

	return left > 0 ? left : 0;
}

unsigned int frontend_fds(const struct frontend *f, int fds[2], int *ms)
{
	const struct channel *c = &f->session.channel;
	unsigned int nr = 0;

	*ms = -1;
	if (!frontend_is_connected(f)) {
		*ms = frontend_ms_until(f->retry_at);
		return 0;
	}
	if (c->config_changed)
		*ms = frontend_ms_until(f->refresh_at);
	fds[nr++] = c->socket;
	if (c->requests >= 0)
		fds[nr++] = c->requests;
	return nr;
}

/*
 * The back end may have said it while an answer was awaited, so nothing was asked then. And
 * it may say it again and again: the thread has other work, too.
 */
static void frontend_refresh(struct frontend *f)
{
	struct session *s = &f->session;
	const char *why;

	if (!s->channel.config_changed || channel_now() < f->refresh_at)
		return;
	s->channel.config_changed = false;
	f->refresh_at = channel_now() + FRONTEND_RETRY_MS;
	if (!f->v->config_theirs || !f->v->config_size ||
	    !(s->protocol & VU_PROTOCOL_F_CONFIG))
		return;
	channel_begin(&s->channel);
	why = session_get_config(s, f->v->config_size);
	if (why)
		frontend_lost(f, why);
	else if (s->config_size)
		virtio_set_config(f->v, s->config, s->config_size);
}

void frontend_readable(struct frontend *f, int fd)
{
	struct channel *c = &f->session.channel;
	const char *why = NULL;

	if (!frontend_is_connected(f))
		return;
	if (fd == c->socket)
		why = channel_look(c);
	else if (fd == c->requests)
		why = channel_serve(c);
	if (why)
		frontend_lost(f, why);
	else
		frontend_refresh(f);
}

void frontend_tick(struct frontend *f)
{
	if (frontend_is_connected(f))
		frontend_refresh(f);
	else if (channel_now() >= f->retry_at)
		frontend_connect(f);
}

/* ---- what outlives this program ---- */

void frontend_get_inflight(const struct frontend *f,
			   struct frontend_inflight *area)
{
	*area = f->area;
}

void frontend_set_inflight(struct frontend *f,
			   const struct frontend_inflight *area)
{
	frontend_drop_area(f);
	f->area = *area;
	f->begun = true;
}
