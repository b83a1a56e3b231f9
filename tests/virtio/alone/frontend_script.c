// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A back end that notes all messages, and answers them as the case says. It is a thread:
 * while the case is in a function of the front end, this is the other side.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "frontend_answer.h"

struct script script = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.socket = -1,
	.requests = -1,
	.area = -1,
	.kick = { -1, -1, -1 },
	.call = { -1, -1, -1 },
};

/* ---- the thread ---- */

static void note(const struct got *m)
{
	struct seen *s = &script.seen[script.nr];
	struct stat st;
	unsigned int i;

	*s = (struct seen){
		.request = m->header.request,
		.flags = m->header.flags,
		.size = m->header.size,
		.nr_fds = m->nr_fds,
		.index = m->state.index,
		.num = m->state.num,
		.u64 = m->u64,
	};
	if (m->header.size <= sizeof(s->table))
		memcpy(&s->table, m->bytes, m->header.size);
	for (i = 0; i < m->nr_fds; i++)
		s->inode[i] = fstat(m->fds[i], &st) ? 0 : st.st_ino;
	__atomic_store_n(&script.nr, script.nr + 1, __ATOMIC_SEQ_CST);
}

/* Handles one message. False: the connection ends. */
static bool serve_one(void)
{
	const bool last = script.die_at && script.nr + 1 == script.die_at;
	struct got m = { .nr_fds = 0 };
	enum answer how = GOOD;
	bool acks, has_answer;
	int fd = -1;

	if (last && script.death == UNREAD) {
		recv(script.socket, m.bytes, 1, MSG_PEEK);
		return false;
	}
	if (script.deaf && script_count(VU_SET_PROTOCOL_FEATURES)) {
		usleep(10000);
		return true;
	}
	if (!answer_take(&m, &m.header, sizeof(m.header)) ||
	    m.header.size > sizeof(m.bytes) - 64 ||
	    !answer_take(&m, m.bytes, m.header.size))
		return false;
	note(&m);
	acks = m.header.flags & VU_NEED_REPLY;
	if (script.change_before == m.header.request)
		answer_change_config();
	has_answer = answer_make(&m, &fd);
	while (m.nr_fds)
		close(m.fds[--m.nr_fds]);
	if (!has_answer && acks)
		answer_set_u64(&m, 0);
	if (script.bad_request == m.header.request && (has_answer || acks)) {
		if (!script.bad_skip)
			how = script.bad;
		else
			script.bad_skip--;
	}
	if (last && script.death == HALFWAY)
		how = HALF;
	usleep(script.delay * 1000);
	if ((has_answer || acks) && how != SILENT &&
	    !(last && script.death == READ))
		answer_send(&m, fd, how);
	if (fd >= 0)
		close(fd);
	return !last;
}

static void drop_fds(void)
{
	struct got none = { .nr_fds = 0 };
	unsigned int i;

	answer_keep_fd(&script.requests, &none);
	answer_keep_fd(&script.area, &none);
	for (i = 0; i < RINGS; i++) {
		answer_keep_fd(&script.kick[i], &none);
		answer_keep_fd(&script.call[i], &none);
	}
}

static void *serve(void *unused)
{
	int fd;

	(void)unused;
	while ((fd = accept4(script.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		script.socket = fd;
		script.nr = 0;
		script.connections++;
		__atomic_store_n(&script.connected, true, __ATOMIC_SEQ_CST);
		while (serve_one())
			;
		script.die_at = 0;
		drop_fds();
		pthread_mutex_lock(&script.lock);
		script.socket = -1;
		pthread_mutex_unlock(&script.lock);
		close(fd);
		__atomic_store_n(&script.connected, false, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* ---- what the cases call ---- */

void script_start_with(uint64_t features, uint64_t protocol)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	unsigned int i;

	script.features = features;
	script.protocol = protocol;
	script.queues = RINGS;
	script.slots = 32;
	script.config_size = 60;
	script.area_size = 4096;
	for (i = 0; i < sizeof(script.config); i++)
		script.config[i] = i + 1;
	snprintf(script.dir, sizeof(script.dir), "/tmp/frontend-test.XXXXXX");
	must(mkdtemp(script.dir));
	snprintf(script.path, sizeof(script.path), "%s/socket", script.dir);
	memcpy(to.sun_path, script.path, strlen(script.path));
	script.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(script.listener >= 0 &&
	     !bind(script.listener, (struct sockaddr *)&to, sizeof(to)) &&
	     !listen(script.listener, 8));
	must(!pthread_create(&script.thread, NULL, serve, NULL));
	core_start(script.path);
}

void script_start(void)
{
	script_start_with(DISK_FEATURES | VU_F_PROTOCOL_FEATURES, ALL_PROTOCOL);
}

static bool is_idle(void)
{
	return !__atomic_load_n(&script.connected, __ATOMIC_SEQ_CST);
}

static void shut(void)
{
	pthread_mutex_lock(&script.lock);
	if (script.socket >= 0)
		shutdown(script.socket, SHUT_RDWR);
	pthread_mutex_unlock(&script.lock);
}

void script_hang_up(void)
{
	shut();
	must(tap_soon(is_idle(), 0));
	must(core_soon(!frontend_is_connected(core.f)));
}

void script_end(void)
{
	core_end();
	shut();
	shutdown(script.listener, SHUT_RDWR);
	pthread_join(script.thread, NULL);
	unlink(script.path);
	rmdir(script.dir);
}

bool script_saw(const uint32_t *want)
{
	unsigned int i, nr = 0;

	while (want[nr])
		nr++;
	/* A message without an answer may still be on its way. */
	tap_soon(__atomic_load_n(&script.nr, __ATOMIC_SEQ_CST) >= nr, 0);
	for (i = 0; i < nr || i < script.nr; i++) {
		if (i < nr && i < script.nr &&
		    script.seen[i].request == want[i])
			continue;
		tap_note("message %u is %s, not %s", i,
			 i < script.nr ? message_name(script.seen[i].request) :
					 "missing",
			 i < nr ? message_name(want[i]) : "the end");
		return false;
	}
	return true;
}

const struct seen *script_nth(uint32_t request, unsigned int nth)
{
	static const struct seen none;
	unsigned int i, n = nth;

	for (i = 0; i < script.nr; i++)
		if (script.seen[i].request == request && !n--)
			return &script.seen[i];
	check(!"there is no such message");
	tap_note("there is no %s number %u", message_name(request), nth);
	return &none;
}

unsigned int script_count(uint32_t request)
{
	unsigned int i, nr = 0;

	for (i = 0; i < script.nr; i++)
		nr += script.seen[i].request == request;
	return nr;
}
