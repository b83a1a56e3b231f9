// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Processes, domains, files and eventfds that come and go meanwhile.
 */
#include <sys/eventfd.h>

#include "fuzz.h"

/* For calls that use malloc() or that only one thread may make at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static bool enter(const struct caller *c)
{
	return !c->forked && !pthread_mutex_lock(&one_at_a_time);
}

static void leave(void)
{
	pthread_mutex_unlock(&one_at_a_time);
}

/*
 * Forks a child that has the whole address space, makes some calls and is
 * killed in one of them.
 */
void call_fork(struct caller *c)
{
	unsigned int n = below(&c->rng, 6), wait = below(&c->rng, 3000);
	struct rng rng = { any64(c) };
	pid_t pid;

	if (c->forked)
		return;
	pid = fork();
	if (!pid) {
		c->forked = true;
		while (n--)
			call_one(c, any_call(&rng));
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

/*
 * The structs of destroyed domains are kept, as another thread may read them. A
 * user gets one domain at the start, as making one needs a file of its own.
 */
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

/*
 * Makes empty page tables of a PV domain. The hypervisor guards them when they
 * are pinned, and allows no writable mapping.
 */
void tables_make(void)
{
	struct area a = area_new(privcmd_open(), TABLES);

	must(map_frames(&a, target[FIRST], 0));
	memset(a.va, 0, TABLES * PAGE);
	munmap(a.va, TABLES * PAGE);
	close(a.fd);
	domain_pin_l1(target[FIRST], 0); /* fails on Arm */
}

/*
 * Pins or unpins a table. A writable mapping keeps the page from being pinned,
 * and a pinned page cannot be mapped writable. Both change all the time.
 */
void call_table(struct caller *c)
{
	unsigned int i = below(&c->rng, TABLES);

	if (world.as_user || c->forked)
		return;
	if (one_in(&c->rng, 2))
		domain_pin_l1(target[FIRST], i);
	else
		domain_unpin(target[FIRST], i);
}

/* Replaces one of the files of call_restrict() while it is in use. */
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

#define TEXT_OF(x) #x
#define TEXT(x)	   TEXT_OF(x)

/*
 * The parameters that calls change, and their values. The first value is the
 * default. Not more than param_set() can restore.
 */
static const struct parameter {
	const char *name, *value[2];
} parameters[] = {
	{ "fast", { "Y", "N" } },
	{ "ro_retry", { "Y", "N" } },
	{ "max_frames", { "1048576", "96" } },
	{ "max_later", { "65536", "8" } },
	{ "max_irqfds", { "1024", "2" } },
	{ "fault_around", { "64", "1" } },
	/* A frame of HARDWARE that is paged out, if the build can do that. */
	{ "inject_gfn", { "18446744073709551615", TEXT(PAGED_OUT) } },
};

static char kept[ARRAY_SIZE(parameters)][24];

void parameters_keep(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		param_get(parameters[i].name, kept[i], sizeof(kept[i]));
}

/* Called after a process that could not restore them itself. */
void parameters_restore(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		if (kept[i][0])
			param_set(parameters[i].name, kept[i]);
}

void call_parameter(struct caller *c)
{
	const struct parameter *p =
		&parameters[below(&c->rng, ARRAY_SIZE(parameters))];

	if (world.as_user || !enter(c))
		return;
	param_set(p->name, p->value[below(&c->rng, 2)]);
	leave();
}

void call_fdinfo(struct caller *c)
{
	if (!enter(c))
		return;
	fdinfo(world.file[below(&c->rng, FILES)], "xen-privcmd-frames");
	leave();
}
