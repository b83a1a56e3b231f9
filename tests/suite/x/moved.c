// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls of a thread that is moved to another CPU in the middle of them.
 */
#include <pthread.h>
#include <sched.h>

#include "x/map.h"

static volatile bool all_released;

static int cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
}

static int allow_cpu(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return pthread_setaffinity_np(thread, sizeof(set), &set);
}

static void *map_until_all_released(void *arg)
{
	const struct domain *d = arg;
	int fd = privcmd_open();

	while (!all_released) {
		struct area a = area_new(fd, 32);

		must(map_frames(&a, d, 0));
		check(page_has(page_at(&a, 31), domain_seed(d, 31)));
		area_done(&a);
	}
	return NULL;
}

static void *map_and_release(void *arg)
{
	const struct domain *d = arg;
	struct area a = area_new(privcmd_open(), d->n);
	int i;

	for (i = 0; i < 20; i++) {
		must(map_frames(&a, d, 0));
		check(page_has(page_at(&a, d->n - 1),
			       domain_seed(d, d->n - 1)));
		must(!x_unmap(a.fd, a.va, d->n));
	}
	area_done(&a);
	all_released = true;
	return NULL;
}

/*
 * A thread maps and releases frames while it is moved from CPU to CPU, also in the middle
 * of a call. Another thread on each CPU maps and unmaps frames.
 *
 * A driver may keep memory for each CPU for the arguments of hypercalls. If two calls used
 * the same memory, one of them would tell the hypervisor the frames of the other. It would
 * fail, or frames would stay mapped, and the domain would stay with them.
 */
TAP_HAZARD(x_unmap_moved_between_cpus, .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, 512);
	pthread_t t[2], moved;
	int i, n = cpus();

	need_ours();
	for (i = 0; i < n; i++) {
		must(!pthread_create(&t[i], NULL, map_until_all_released, d));
		must(!allow_cpu(t[i], i));
	}
	must(!pthread_create(&moved, NULL, map_and_release, d));
	for (i = 0; !all_released; i++) {
		allow_cpu(moved, i % n); /* it may have ended */
		usleep(100);
	}
	pthread_join(moved, NULL);
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	domain_destroy(d);
	check(domain_gone(d));
}
