// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD: a guest kicks all the time, while bindings come and go, and while
 * a program takes requests, too. No kick is lost or counted twice.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>

#include "eventfd/ioeventfd.h"

#define BURST 64

static volatile bool stop;

static void *come_and_go(void *arg)
{
	int efd = eventfd_new();

	(void)arg;
	while (!stop) {
		struct privcmd_ioeventfd op = kick(&g, &port, 9, efd);

		ioeventfd(fd, &op);
		op.flags = IOEVENTFD_OFF;
		ioeventfd(fd, &op);
	}
	return NULL;
}

/*
 * Bindings come and go while the guest kicks another binding, which loses no
 * kick.
 *
 * The guest makes 8 bursts of 64 kicks, each of which waits until all 64 are
 * answered. So no kick may wait for ever: guest_writes() would fail. The
 * eventfd counts each signal, so a kick that was answered without a signal, or
 * signalled twice, makes the sum differ from 512.
 */
TAP_HAZARD(ioeventfd_race, .rows = "A15", .seconds = 120)
{
	struct guest_write w[64];
	pthread_t t[2];
	int efd, i;

	begin();
	efd = bind_queue(3);
	for (i = 0; i < 64; i++)
		w[i] = (struct guest_write){ NOTIFY, 4, 3 };
	for (i = 0; i < 2; i++)
		must(!pthread_create(&t[i], NULL, come_and_go, NULL));
	for (i = 0; i < 8; i++)
		must(guest_writes(&g, port, w, 64));
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	check(eventfd_signalled(efd, 8 * 64));
	end();
}

/*
 * The byte of a request that has its state. The driver and a program exchange
 * this byte to take the request.
 */
#define BITS  (offsetof(struct ioreq, type) - 1)
#define STATE 0xf

/* The kicks of each queue that the program has taken. */
static uint64_t taken[2];
/* How long the program waits after it has seen a request. */
static unsigned int delay;

/* A program that takes the kicks that it sees first, and answers them. */
static void *take_kicks(void *arg)
{
	volatile struct ioreq *slot = guest_slot(&g);
	unsigned char *bits = (unsigned char *)slot + BITS, seen, mine;
	unsigned int i;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(*(int *)arg, &cpu);
	check(!sched_setaffinity(0, sizeof(cpu), &cpu));
	while (!stop) {
		seen = __atomic_load_n(bits, __ATOMIC_ACQUIRE);
		if ((seen & STATE) != STATE_IOREQ_READY || slot->addr != NOTIFY)
			continue;
		for (i = 0; i < delay; i++)
			__asm__ volatile("" ::: "memory");
		mine = (seen & ~STATE) | STATE_IOREQ_INPROCESS;
		if (!__atomic_compare_exchange_n(bits, &seen, mine, false,
						 __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST)) {
			delay -= delay / 8; /* the driver was faster */
			continue;
		}
		/* Meanwhile the guest may have gone on to PARK, which is not ours. */
		if (slot->addr != NOTIFY) {
			__atomic_store_n(bits, seen, __ATOMIC_RELEASE);
			continue;
		}
		taken[slot->data & 1]++;
		guest_answer(&g, port);
		delay += delay / 8 + 1;
	}
	return NULL;
}

/*
 * The driver and a program take the same kicks. Each kick has one of them.
 *
 * The program waits longer after each request that it got, and less long after
 * each one that the driver got. So both reach for a request at about the same
 * time. The driver compares a request with a thousand bindings between its
 * look at the state and its exchange. If it did not exchange the state then, it
 * would signal an eventfd for a kick that the program has taken, too, and that
 * queue's sum would be wrong.
 */
TAP_HAZARD(ioeventfd_polling_race, .rows = "A15", .seconds = 120)
{
	struct guest_write w[BURST];
	int efd[2], i, k, cpu;
	pthread_t t;

	begin();
	if (get_nprocs() < 2)
		skip("the program needs a CPU beside the driver's");
	for (i = 16; i < 1016; i++)
		close(bind_queue(i));
	for (i = 0; i < 2; i++)
		efd[i] = bind_queue(i);
	for (i = 0; i < BURST; i++)
		w[i] = (struct guest_write){ NOTIFY, 4, i & 1 };
	for (k = 0; k < 8; k++) {
		stop = false;
		cpu = k % get_nprocs(); /* the interrupt has one of them */
		must(!pthread_create(&t, NULL, take_kicks, &cpu));
		must(guest_writes(&g, port, w, BURST));
		stop = true;
		must(!pthread_join(t, NULL));
	}
	tap_note("the program has taken %d of %d kicks",
		 (int)(taken[0] + taken[1]), 8 * BURST);
	for (i = 0; i < 2; i++)
		check(eventfd_signalled(efd[i], 8 * BURST / 2 - taken[i]));
	check_eq(guest_count(&g), 8 * BURST);
	end();
}
