// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The TLB of another CPU. One thread (the spinner) accesses a page again and again. It
 * makes no system call and has a CPU of its own, so that its CPU has the page's entry in
 * its TLB. Meanwhile the case changes the area, and then says so in a variable. An access
 * that begins after the spinner has read that variable must have the new outcome: a signal,
 * or the bytes of the new frame.
 *
 * A driver that forgets to flush shows the old frame. The core must not flush in its place,
 * so it must find no entries and free no page table: another area of the same file has
 * pages in the same page table, and it stays.
 *
 * On a PV dom0 each entry into the kernel flushes the TLB. If the spinner's CPU gets an
 * interrupt during the change, the outcome is right with any driver. So the change is
 * repeated often. With a single CPU the scheduler flushes; the outcome must be right there,
 * too, and a few rounds are enough.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>

#include "faults/injected.h"
#include "map/tables.h"
#include "x/map.h"

#define N	 16 /* pages of the area; the spinner accesses page LOOKS_AT */
#define LOOKS_AT 5

struct spinner {
	volatile unsigned char *page;
	bool writes;
	unsigned int round;    /* the last one that has begun */
	unsigned int accesses; /* in this round */
	bool changed;	       /* the change has returned */
	unsigned int ended;    /* the last round that has ended */
	/* Of the first access after the change: its signal or 0, and the byte. */
	int sig;
	unsigned char byte;
};

static struct spinner spinner;
static struct domain *d;
static struct area a, neighbour;
static int rounds;

#define get(variable) __atomic_load_n(&(variable), __ATOMIC_ACQUIRE)
#define put(variable, value) \
	__atomic_store_n(&(variable), value, __ATOMIC_RELEASE)

static __thread sigjmp_buf back;

static void jump_back(int sig)
{
	siglongjmp(back, sig);
}

/* Makes no system call unless the access fails. */
static int spin_access(struct spinner *s)
{
	int sig = sigsetjmp(back, 0);

	if (sig)
		return sig;
	if (s->writes)
		*s->page = 0x99;
	else
		s->byte = *s->page;
	return 0;
}

static void spin_round(struct spinner *s)
{
	bool changed;

	do {
		changed = get(s->changed);
		s->sig = spin_access(s);
		put(s->accesses, s->accesses + 1);
		/* A fault has flushed the TLB. Leave the mmap lock to the change. */
		while (s->sig && !changed && !get(s->changed))
			;
	} while (!changed);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(!sched_setaffinity(0, sizeof(set), &set));
}

static void *spin(void *arg)
{
	struct spinner *s = arg;
	unsigned int round;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		run_on(1);
	for (round = 1;; round++) {
		while (get(s->round) != round)
			sched_yield();
		spin_round(s);
		put(s->ended, round);
	}
	return NULL;
}

/* The spinner accesses its page from now on. */
static void spin_begin(bool writes)
{
	spinner.page = page_at(&a, LOOKS_AT);
	spinner.writes = writes;
	spinner.accesses = 0;
	spinner.changed = false;
	put(spinner.round, spinner.round + 1);
	while (get(spinner.accesses) < 100)
		sched_yield();
}

/* The change has returned. The spinner's next access must end with this signal, or with 0. */
static bool spin_ends(int sig)
{
	put(spinner.changed, true);
	while (get(spinner.ended) != spinner.round)
		sched_yield();
	return check_eq(spinner.sig, sig);
}

/* The same, and the access must read this byte. */
static bool spin_reads(unsigned char byte)
{
	return spin_ends(0) && check_eq(spinner.byte, byte);
}

/* The first byte of each page of the domain. */
static unsigned char first_byte(size_t i)
{
	return 0x20 + i;
}

static void populate(size_t first)
{
	must(map_frames(&a, d, first));
}

/* @va is in the page table of the neighbour. */
static void area_again(unsigned char *va, size_t first)
{
	a = area_at(neighbour.fd, va, N);
	populate(first);
}

static void begin(enum domain_kind kind)
{
	struct sigaction sa = { .sa_handler = jump_back,
				.sa_flags = SA_NODEFER };
	unsigned char *va = space(1);
	pthread_t thread;
	size_t i;

	d = domain_new(kind, 2 * N);
	neighbour = area_at(privcmd_open(), va, 2 * N);
	must(map_frames(&neighbour, d, 0));
	for (i = 0; i < 2 * N; i++)
		*page_at(&neighbour, i) = first_byte(i);
	area_again(va + 100 * PAGE, 0);
	rounds = 5;
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		rounds = 200;
		run_on(0);
	}
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	must(!pthread_create(&thread, NULL, spin, &spinner));
}

static void end(void)
{
	munmap(a.va, N * PAGE);
	area_done(&neighbour);
	end_of(d);
}

TAP_CASE(vma_munmap_on_another_cpu)
{
	int i;

	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		spin_begin(i % 2);
		must(!munmap(a.va, N * PAGE));
		must(spin_ends(SIGSEGV));
		area_again(a.va, 0);
	}
	end();
}

/* Another area of the same file takes the place of the area, and shows other frames. */
TAP_CASE(vma_replaced_on_another_cpu)
{
	size_t first = 0;
	int i;

	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		spin_begin(false);
		first = first ? 0 : N;
		area_again(a.va, first);
		must(spin_reads(first_byte(first + LOOKS_AT)));
	}
	end();
}

/* A page that loses an access right, or all. */
TAP_HAZARD(vma_mprotect_on_another_cpu, .rows = "B13")
{
	int i;

	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		bool writes = i % 2;

		spin_begin(writes);
		must(!mprotect(a.va, N * PAGE, writes ? PROT_READ : PROT_NONE));
		must(spin_ends(SIGSEGV));
		must(!mprotect(a.va, N * PAGE, RW));
	}
	end();
}

TAP_HAZARD(vma_mremap_on_another_cpu, .rows = "B1")
{
	unsigned char *va[2];
	int i;

	begin(DOMAIN_ANY);
	va[0] = a.va;
	va[1] = a.va + 2 * N * PAGE;
	for (i = 1; i <= rounds; i++) {
		spin_begin(false);
		must(mremap(a.va, N * PAGE, N * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED,
			    va[i % 2]) == va[i % 2]);
		must(spin_ends(SIGSEGV));
		a.va = va[i % 2];
	}
	end();
}

TAP_CASE(x_unmap_on_another_cpu)
{
	int i;

	need_ours();
	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		spin_begin(i % 2);
		must(!x_unmap(a.fd, a.va, N));
		must(spin_ends(SIGBUS));
		populate(0);
	}
	end();
}

/* The page is released and populated again. */
TAP_CASE(x_map_again_on_another_cpu)
{
	size_t first = 0;
	int i;

	need_ours();
	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		spin_begin(false);
		first = first ? 0 : N;
		must(!x_unmap(a.fd, a.va, N));
		populate(first);
		must(spin_reads(first_byte(first + LOOKS_AT)));
	}
	end();
}

static void fail_hypercall(int error, const char *nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", error);
	must(param_set("inject_error", text) &&
	     param_set("inject_times", "1") && param_set("inject_nth", nth));
}

static void hypercall_failed(void)
{
	char left[16];

	must(param_get("inject_left", left, sizeof(left)) &&
	     check(!strcmp(left, "0")));
}

/*
 * X_UNMAP drops the entries with its first hypercall and flushes the TLBs with the second
 * one. If that fails, it must flush in another way.
 */
TAP_CASE(x_unmap_injected_on_another_cpu)
{
	int i;

	need_injection();
	need_pv("the core flushes");
	begin(DOMAIN_ANY);
	for (i = 0; i < rounds; i++) {
		spin_begin(false);
		fail_hypercall(ENOMEM, "2");
		must(!x_unmap(a.fd, a.va, N));
		must(spin_ends(SIGBUS));
		hypercall_failed();
		populate(0);
	}
	end();
}

/*
 * A page is read-only. Its number means another frame when it becomes writable. The
 * spinner must not go on with the old frame, to which the previous round has written.
 */
TAP_CASE(readonly_injected_on_another_cpu)
{
	__u64 *frame;
	int i;

	need_injection();
	need_pv("pinned frames map writable");
	begin(DOMAIN_HVM);
	frame = d->frame + LOOKS_AT;
	for (i = 0; i < rounds; i++) {
		must(!x_unmap(a.fd, page_at(&a, LOOKS_AT), 1));
		fail_hypercall(ENOMEM, "1");
		must(!x_map(a.fd, d->id, page_at(&a, LOOKS_AT), frame, 1, 0,
			    NULL));
		hypercall_failed();
		must(check_eq(state_at(&a, LOOKS_AT), PRIVCMD_X_RO));
		must(domain_repopulate_at(d, *frame));
		spin_begin(false);
		*page_at(&a, LOOKS_AT) = i;
		must(spin_reads(i));
		must(check_eq(state_at(&a, LOOKS_AT), PRIVCMD_X_RW));
	}
	end();
}
