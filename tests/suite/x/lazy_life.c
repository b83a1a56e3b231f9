// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy mappings that the kernel or several threads access, or that are moved,
 * protected or restricted, or whose domain or process ends.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "map/tables.h"
#include "x/map.h"

/* The kernel makes the first access: read(2) and write(2). */
TAP_HAZARD(x_lazy_touched_by_the_kernel, .rows = "B18")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	unsigned char *plain = buffer(1);
	int p[2];

	need_ours();
	around("1");
	must(!pipe(p));
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(write(p[1], page_at(&a, 1), PAGE), PAGE);
	check_eq(read(p[0], plain, PAGE), PAGE);
	check(page_has(plain, domain_seed(d, 1)));
	page_fill(plain, 99);
	check_eq(write(p[1], plain, PAGE), PAGE);
	check_eq(read(p[0], page_at(&a, 2), PAGE), PAGE);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 2);
	check(page_has(page_at(&a, 2), 99));
	area_done(&a);
}

/*
 * A futex operation that adds 0 to the word and wakes no thread. The kernel
 * accesses the page in a way that must not release the mmap lock.
 */
static long futex_op(void *word)
{
	static uint32_t own;

	return syscall(SYS_futex, &own, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1,
		       (void *)1, word,
		       FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_LT, 0));
}

TAP_HAZARD(x_lazy_touched_without_retry, .rows = "B18")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	need_ours();
	around("1");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	if (xlate()) {
		check_errno(futex_op(a.va), EFAULT);
		check_eq(state_at(&a, 0), PRIVCMD_X_LAZY);
		check_eq(touch(a.va), 0);
	}
	check_eq(futex_op(a.va), 0);
	check_eq(state_at(&a, 0), PRIVCMD_X_RW);
	check_eq(state_at(&a, 1), PRIVCMD_X_LAZY);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

struct toucher {
	pthread_barrier_t *start;
	const struct area *a;
	const struct domain *d;
	unsigned int i;
};

static void *touch_all(void *arg)
{
	struct toucher *w = arg;
	size_t i;

	pthread_barrier_wait(w->start);
	for (i = 0; i < w->a->n; i++) {
		volatile unsigned char *p = page_at(w->a, i);

		if (w->i % 2)
			*p = *p;
		check(page_has((void *)p, domain_seed(w->d, i)));
	}
	return NULL;
}

/*
 * Several threads access the same lazy pages, and all of them see all frames.
 *
 * The threads start at a barrier. Each page must show its own frame to every
 * thread, whichever fault maps it, and an access that fails is a signal, which
 * fails the case.
 */
TAP_HAZARD(x_lazy_touched_by_several_threads)
{
	struct domain *d = domain_new(DOMAIN_ANY, 128);
	struct toucher w[4];
	pthread_t t[4];
	pthread_barrier_t start;
	int fd = privcmd_open(), k, i;

	need_ours();
	around("16");
	for (k = 0; k < 10; k++) {
		struct area a = aligned_area(fd, 128);

		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		pthread_barrier_init(&start, NULL, 4);
		for (i = 0; i < 4; i++) {
			w[i] = (struct toucher){ &start, &a, d, i };
			must(!pthread_create(&t[i], NULL, touch_all, &w[i]));
		}
		for (i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		pthread_barrier_destroy(&start);
		check_eq(fdinfo(fd, "xen-privcmd-frames"), 128);
		check_eq(fdinfo(fd, "xen-privcmd-failed"), 0);
		area_done(&a);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Two threads access the same pages for the first time. The hypervisor is asked
 * for the frames only once: there is exactly one event, and it names all 64
 * frames.
 */
TAP_HAZARD(x_lazy_asked_for_once)
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a = aligned_area(privcmd_open(), 64);
	struct toucher w[2];
	pthread_t t[2];
	pthread_barrier_t start;
	int i;

	need_ours();
	around("64");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	events_record("privcmd_lazy");
	pthread_barrier_init(&start, NULL, 2);
	for (i = 0; i < 2; i++) {
		w[i] = (struct toucher){ &start, &a, d, i };
		must(!pthread_create(&t[i], NULL, touch_all, &w[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	check_eq(events_seen(" privcmd_lazy:"), 1);
	check_eq(events_seen("nr=64 status=2"), 1);
	area_done(&a);
}

TAP_HAZARD(x_lazy_fork)
{
	struct domain *d = domain_new(DOMAIN_ANY, 32);
	struct area a = aligned_area(privcmd_open(), 32);
	int status;
	pid_t pid;

	need_ours();
	around("16");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(touch(a.va), 0);
	pid = fork();
	if (pid == 0)
		_exit(touch(a.va) == SIGSEGV &&
		      touch(page_at(&a, 20)) == SIGSEGV);
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	check(page_has(page_at(&a, 20), domain_seed(d, 20)));
	area_done(&a);
}

/* Accesses before the move, and after it. */
TAP_HAZARD(x_lazy_mremap)
{
	struct domain *d = domain_new(DOMAIN_ANY, 100);
	struct area a = aligned_area(privcmd_open(), 100);
	unsigned char *va = aside(1200);
	size_t i;

	need_ours();
	around("64");
	/* Moved to another offset in a page table, so that the area spans two. */
	va = (void *)(((unsigned long)va + 512 * PAGE) & -(512 * PAGE)) +
	     470 * PAGE;
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(touch(page_at(&a, 3)), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 64);
	must(mremap(a.va, 100 * PAGE, 100 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 64);
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 36);
	for (i = 100; i--;)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 100);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Page 10 begins a page table, and a chunk of the record. After the move it is within a page
 * table, and the pages around it begin in the chunk before. A fault stays in the page's own
 * chunk.
 */
TAP_HAZARD(x_lazy_mremap_across_tables)
{
	struct domain *d = domain_new(DOMAIN_ANY, 40);
	unsigned char *va = space(4), *to = va + (3 * TABLE - 5) * PAGE;
	struct area a = area_at(privcmd_open(), va + (TABLE - 10) * PAGE, 40);
	size_t i;

	need_ours();
	around("64");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	must(mremap(a.va, 40 * PAGE, 40 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    to) == to);
	a.va = to;
	check_eq(touch(page_at(&a, 10)), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 30);
	for (i = 0; i < 40; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 40);
	area_done(&a);
	end_of(d);
}

TAP_HAZARD(x_lazy_mprotect)
{
	struct domain *d = domain_new(DOMAIN_ANY, 32);
	struct area a = aligned_area(privcmd_open(), 32);
	size_t i;

	need_ours();
	around("16");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	must(!mprotect(a.va, 32 * PAGE, PROT_READ));
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(poke(page_at(&a, 1), 1), SIGSEGV);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 16);
	must(!mprotect(a.va, 32 * PAGE, PROT_NONE));
	check_eq(touch(page_at(&a, 20)), SIGSEGV);
	must(!mprotect(a.va, 32 * PAGE, PROT_READ | PROT_WRITE));
	for (i = 0; i < 32; i++)
		check_eq(poke(page_at(&a, i), *page_at(&a, i)), 0);
	for (i = 0; i < 32; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The gate is asked at each fault, for mapped frames and for lazy ones. */
TAP_HAZARD(x_lazy_restricted_later, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 32);
	struct area a = aligned_area(privcmd_open(), 32);
	struct area b;

	need_ours();
	around("16");
	b = aligned_area(a.fd, 32);
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(touch(a.va), 0);
	check_eq(restrict_to(a.fd, NO_DOMAIN), 0);
	check_eq(touch(page_at(&a, 20)), SIGBUS);
	check_eq(state_at(&a, 20), PRIVCMD_X_LAZY);
	check_eq(touch(page_at(&a, 1)), 0);
	check_errno(x_map_area(&b, d, 0, LAZY), EPERM);
	check_eq(x_unmap(a.fd, a.va, 32), 0);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
	area_done(&b);
}

TAP_HAZARD(x_lazy_dead_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a = aligned_area(privcmd_open(), 64);
	struct area b = aligned_area(privcmd_open(), 64);

	need_ours();
	around("16");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	must(check_eq(x_map_area(&b, d, 0, LAZY), 0));
	check(page_has(a.va, domain_seed(d, 0)));
	domain_destroy(d);
	check(page_has(page_at(&a, 15), domain_seed(d, 15)));
	check_eq(touch(page_at(&a, 16)), SIGBUS);
	check_eq(error_at(&a, 16), xlate() ? -EINVAL : -EBUSY);
	check(domain_held(d));
	area_done(&a);
	/* A lazy mapping that was never accessed holds no frame. */
	check(domain_gone(d));
	check_eq(touch(b.va), SIGBUS);
	check_eq(error_at(&b, 0), -ESRCH);
	area_done(&b);
}

/* Arrays that lie in lazy mappings are read and written. */
TAP_HAZARD(x_lazy_holds_the_arrays, .rows = "B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area in = area_new(privcmd_open(), 2);
	struct area a = area_new(privcmd_open(), 6);
	struct privcmd_x_frame *f;
	__u64 *frames;
	size_t i;

	need_ours();
	around("1");
	must(map_frames(&in, d, 0));
	memcpy(in.va, d->frame + 2, 6 * sizeof(*frames));
	munmap(in.va, 2 * PAGE);
	in = area_new(in.fd, 2);
	must(check_eq(x_map_area(&in, d, 0, LAZY), 0));
	frames = (void *)in.va;
	f = (void *)page_at(&in, 1);
	check_eq(x_map(a.fd, d->id, a.va, frames, 6, 0, f), 0);
	check_eq(frames_in_state(&in, PRIVCMD_X_RW), 2);
	for (i = 0; i < 6; i++) {
		check_eq(f[i].state, PRIVCMD_X_RW);
		check(page_has(page_at(&a, i), domain_seed(d, 2 + i)));
	}
	area_done(&in);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The array lies in the very mapping that the call is to populate. It cannot be
 * read, as nothing is mapped there yet.
 */
TAP_HAZARD(x_lazy_holds_its_own_array, .rows = "B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);

	need_ours();
	check_errno(x_map(a.fd, d->id, a.va, a.va, 4, LAZY, NULL), EFAULT);
	check_errno(x_map(a.fd, d->id, a.va, d->frame, 4, LAZY, (void *)a.va),
		    EFAULT);
	area_works(&a, d);
}

/* A process is killed while a fault of it waits, or between faults. */
TAP_HAZARD(x_lazy_killed)
{
	struct domain *d = domain_new(DOMAIN_ANY, 512);
	int i, status;
	pid_t pid;

	need_ours();
	around("1");
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0) {
			struct area a = aligned_area(privcmd_open(), 512);
			size_t k;

			must(!x_map_area(&a, d, 0, LAZY));
			for (k = 0;; k = (k + 1) % 512)
				*(volatile unsigned char *)page_at(&a, k);
		}
		usleep(i * 1000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	domain_destroy(d);
	check(domain_gone(d));
}
