// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How threads of one process slow each other down: how long a fault of one
 * thread waits while another one maps, and how long two threads take that map
 * two areas at the same time.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>

#include "measure.h"

#define FAULTS	16384 /* pages that the thread may fault in */
#define BETWEEN 200   /* us */

static struct {
	volatile bool ready, stop;
	uint64_t longest, nr;
} faults;

/*
 * This thread has a higher priority than all preemptible threads. So it waits
 * for the lock, not for a time slice.
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

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(!sched_setaffinity(0, sizeof(set), &set));
}

static void take_turn(const struct job *j)
{
	unsigned char *va = job_area(j);

	job_map(j, va);
	job_unmap(j, va);
}

/* The other thread, on the other CPU. It maps whenever the first one does. */
static struct {
	const struct job *job;
	pthread_barrier_t begin, end;
	bool stop;
} other;

static void *take_turns(void *unused)
{
	(void)unused;
	run_on(1);
	for (;;) {
		pthread_barrier_wait(&other.begin);
		if (other.stop)
			return NULL;
		take_turn(other.job);
		pthread_barrier_wait(&other.end);
	}
}

/*
 * Returns the nanoseconds until all frames have been removed, by the clock of
 * the first CPU.
 */
static uint64_t one_round(const struct job *j, size_t nr)
{
	uint64_t start;
	size_t i;

	if (nr > 1)
		pthread_barrier_wait(&other.begin);
	start = now();
	take_turn(j);
	if (nr > 1)
		pthread_barrier_wait(&other.end);
	for (i = 0; i < nr; i++)
		job_wait_removed(&j[i]);
	return now() - start;
}

/*
 * Measures wall-clock time, as the instructions of two CPUs are not counted
 * together. The machine has other work, and a virtual CPU that is not scheduled
 * delays the one that waits for it. So there are many short rounds, and the
 * shortest one counts, as it was not disturbed.
 */
static void at_once(const struct job *j, size_t nr, size_t rounds)
{
	uint64_t least = UINT64_MAX, cost;
	size_t i;

	one_round(j, nr);
	for (i = 0; i < rounds; i++) {
		cost = one_round(j, nr);
		if (cost < least)
			least = cost;
	}
	figure("threads", nr, (double)least / (nr * j->n));
}

TAP_CASE(threads_at_once, .seconds = 3600)
{
	struct job j[2];
	size_t n = 512, rounds = 200;
	pthread_t thread;

	if (get_nprocs() < 2)
		skip("needs two CPUs");
#ifdef __x86_64__
	/* One CPU interrupts the other for each frame that is removed. */
	if (xlate()) {
		rounds = 3;
		n = 256;
	}
#endif
	j[0] = job_new(DOMAIN_ANY, n);
	j[1] = job_new(DOMAIN_ANY, n);
	/* The thread has normal priority, so the driver's worker gets a share. */
	measure_turn(EQUAL);
	run_on(0);
	other.job = &j[1];
	pthread_barrier_init(&other.begin, NULL, 2);
	pthread_barrier_init(&other.end, NULL, 2);
	must(!pthread_create(&thread, NULL, take_turns, NULL));
	at_once(j, 1, rounds);
	at_once(j, 2, rounds);
	other.stop = true;
	pthread_barrier_wait(&other.begin);
	pthread_join(thread, NULL);
	job_done(&j[0]);
	job_done(&j[1]);
}
