// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What threads of one process do to each other: how long a fault of one waits
 * while another maps, and how long two take that map two areas at once.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>

#include "measure.h"

#define FAULTS	16384 /* pages that are there to be touched */
#define BETWEEN 200   /* us */

static struct {
	volatile bool ready, stop;
	uint64_t longest, nr;
} faults;

/*
 * Ahead of everybody who can be preempted: what it waits for is the lock, not a
 * time slice.
 */
static void *fault(void *unused)
{
	struct sched_param first = { .sched_priority = 50 };
	volatile unsigned char *va;
	uint64_t start, took;

	(void)unused;
	must(!sched_setscheduler(0, SCHED_FIFO, &first));
	va = mmap(NULL, FAULTS * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(va != MAP_FAILED);
	must(!madvise((void *)va, FAULTS * PAGE, MADV_NOHUGEPAGE));
	faults.ready = true;
	while (!faults.stop && faults.nr < FAULTS) {
		usleep(BETWEEN);
		start = now();
		va[faults.nr++ * PAGE] = 1;
		took = now() - start;
		if (took > faults.longest)
			faults.longest = took;
	}
	return NULL;
}

TAP_CASE(threads_fault_stall, .seconds = 3600)
{
	struct job j = job_new(DOMAIN_ANY, 65536);
	unsigned char *va = job_area(&j);
	pthread_t other;

	must(!pthread_create(&other, NULL, fault, NULL));
	while (!faults.ready)
		usleep(1000);
	job_map(&j, va);
	faults.stop = true;
	pthread_join(other, NULL);
	check(faults.nr > 1);
	figure("fault_stall", 0, faults.longest);
	figure("faults", 0, faults.nr);
	job_unmap(&j, va);
	job_done(&j);
}

static void *take_turn(void *data)
{
	const struct job *j = data;
	unsigned char *va = job_area(j);

	job_map(j, va);
	job_unmap(j, va);
	return NULL;
}

/* ns, until all frames have been given back. */
static uint64_t one_round(const struct job *j, size_t nr)
{
	uint64_t start = now();
	pthread_t other;
	size_t i;

	if (nr > 1)
		must(!pthread_create(&other, NULL, take_turn, (void *)&j[1]));
	take_turn((void *)&j[0]);
	if (nr > 1)
		pthread_join(other, NULL);
	for (i = 0; i < nr; i++)
		job_wait_removed(&j[i]);
	return now() - start;
}

/*
 * By the clock on the wall, as two CPUs do not count instructions together: it
 * may be disturbed, and the clocks of two CPUs differ, by milliseconds both.
 */
static void at_once(const struct job *j, size_t nr, size_t rounds)
{
	struct series s = { .name = "threads" };
	size_t i;

	one_round(j, nr);
	for (i = 0; i < rounds; i++)
		series_add(&s, one_round(j, nr));
	series_print(&s, nr, nr * j->n);
}

TAP_CASE(threads_at_once, .seconds = 3600)
{
	struct job j[2];
	size_t n = 1024, rounds = MAX_ROUNDS;

	if (get_nprocs() < 2)
		skip("one CPU");
#ifdef __x86_64__
	/* One CPU interrupts the other for each frame that is removed. */
	if (xlate()) {
		rounds = 1;
		n = 256;
	}
#endif
	j[0] = job_new(DOMAIN_ANY, n);
	j[1] = job_new(DOMAIN_ANY, n);
	/* Like any other process; the driver's worker has a share, too. */
	measure_turn(EQUAL);
	at_once(j, 1, rounds);
	at_once(j, 2, rounds);
	job_done(&j[0]);
	job_done(&j[1]);
}
