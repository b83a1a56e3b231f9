// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Processes, domains, files and eventfds that come and go meanwhile.
 */
#include <sys/eventfd.h>

#include "fuzz.h"

/* Calls that have malloc() in them, or are made by one thread at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static bool enter(const struct caller *c)
{
	return !c->forked && !pthread_mutex_lock(&one_at_a_time);
}

static void leave(void)
{
	pthread_mutex_unlock(&one_at_a_time);
}

/* A child that has all mappings, makes some calls, and is killed in one. */
void call_fork(struct caller *c)
{
	unsigned int n = below(&c->rng, 6), wait = below(&c->rng, 3000);
	uint32_t number = any64(c);
	pid_t pid;

	if (c->forked)
		return;
	pid = fork();
	if (!pid) {
		c->forked = true;
		while (n--)
			call_one(c, number++);
		if (one_in(&c->rng, 2))
			pause();
		_exit(0);
	}
	if (pid < 0)
		return;
	usleep(wait);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The structs of those that are gone stay: another thread may look at them. A user
 * has one, from the start, as making one takes a file of its own. */
void call_domain(struct caller *c)
{
	if (!enter(c))
		return;
	if (world.passing) {
		domain_destroy(world.passing);
		world.passing = NULL;
	} else if (!world.as_user) {
		world.passing = domain_new(
			one_in(&c->rng, 2) ? DOMAIN_ANY : DOMAIN_HVM, 16);
	}
	leave();
}

/* One of those that call_restrict() takes, while it is in use. */
void call_file(struct caller *c)
{
	unsigned int i = FILES - 1 - below(&c->rng, 2);
	int fd;

	if (world.as_user || !enter(c))
		return;
	fd = open(device(), O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		dup2(fd, world.file[i]);
		close(fd);
	}
	leave();
}

void call_eventfd(struct caller *c)
{
	unsigned int i = below(&c->rng, EVENTFDS);
	uint64_t n = 1;
	int fd;

	switch (below(&c->rng, 3)) {
	case 0:
		fd = eventfd(below(&c->rng, 2),
			     EFD_NONBLOCK | EFD_CLOEXEC |
				     (one_in(&c->rng, 4) ? EFD_SEMAPHORE : 0));
		if (fd >= 0) {
			dup2(fd, world.efd[i]);
			close(fd);
		}
		break;
	case 1:
		(void)!read(world.efd[i], &n, sizeof(n));
		break;
	default:
		(void)!write(world.efd[i], &n, sizeof(n));
	}
}

void call_parameter(struct caller *c)
{
	if (world.as_user || !enter(c))
		return;
	switch (below(&c->rng, 4)) {
	case 0:
		param_set("fast", one_in(&c->rng, 2) ? "Y" : "N");
		break;
	case 1:
		param_set("ro_retry", one_in(&c->rng, 2) ? "Y" : "N");
		break;
	case 2:
		param_set("drop_tables", one_in(&c->rng, 2) ? "Y" : "N");
		break;
	default:
		param_set("max_frames", one_in(&c->rng, 2) ? "1048576" : "96");
	}
	leave();
}

void call_fdinfo(struct caller *c)
{
	if (!enter(c))
		return;
	fdinfo(world.file[below(&c->rng, FILES)], "xen-privcmd-frames");
	leave();
}
