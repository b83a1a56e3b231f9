// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MAP, X_UNMAP and X_COPY with frames that are paged out, that are refused,
 * or that cannot be removed. Like faults/injected.c this needs the module of `make
 * INJECT=1`.
 */
#include <pthread.h>

#include "faults/injected.h"
#include "x/copy.h"
#include "x/map.h"

#define N 16

/* An area of N pages, all of which one fault maps. */
static struct area window(int fd)
{
	need_injection();
	around("16");
	return aligned_area(fd, N);
}

TAP_CASE(x_map_injected_paged_out, .rows = "A6 B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	struct privcmd_x_frame f[N];
	size_t i;

	fail_frame(d->frame[5], ENOENT);
	check_errno(x_map(a.fd, d->id, a.va, d->frame, N, 0, f), ENOENT);
	for (i = 0; i < N; i++) {
		check_eq(f[i].state, i == 5 ? PRIVCMD_X_NONE : PRIVCMD_X_RW);
		check_eq(f[i].error, i == 5 ? -ENOENT : 0);
	}
	check_errno(x_map(a.fd, d->id, page_at(&a, 5), d->frame + 5, 1, 0,
			  NULL),
		    ENOENT);
	fail_no_frame();
	check_eq(x_map(a.fd, d->id, page_at(&a, 5), d->frame + 5, 1, 0, f), 0);
	check(page_has(page_at(&a, 5), domain_seed(d, 5)));
	area_done(&a);
}

struct waiter {
	const struct area *a;
	const struct domain *d;
	int pipe;
	bool done;
};

static void *touch_fifth(void *arg)
{
	struct waiter *w = arg;

	if (w->pipe)
		check_eq(write(w->pipe, page_at(w->a, 5), 8), 8);
	check(page_has(page_at(w->a, 5), domain_seed(w->d, 5)));
	__atomic_store_n(&w->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/*
 * A fault waits for a paged-out frame, whether the program or the kernel
 * accesses the page. Nothing else waits for that fault.
 *
 * While the thread waits, this one changes other areas and the same mapping 20
 * times. If the fault held a lock meanwhile, the first of these calls would
 * hang, and with it the case.
 */
static void waits(bool by_kernel)
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = window(privcmd_open());
	struct waiter w = { .a = &a, .d = d };
	pthread_t t;
	int i, p[2];

	must(!pipe(p));
	w.pipe = by_kernel ? p[1] : 0;
	fail_frame(d->frame[5], ENOENT);
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	must(!pthread_create(&t, NULL, touch_fifth, &w));
	for (i = 0; i < 20; i++) {
		/*
		 * munmap() takes the mmap lock for writing, X_UNMAP the
		 * mapping's lock.
		 */
		munmap(buffer(1), 2 * PAGE);
		check_eq(x_unmap(a.fd, page_at(&a, 15), 1), 0);
		check(page_has(page_at(&a, i % 5), domain_seed(d, i % 5)));
		usleep(5000);
	}
	check(!__atomic_load_n(&w.done, __ATOMIC_SEQ_CST));
	check_eq(state_at(&a, 5), PRIVCMD_X_LAZY);
	check_eq(state_at(&a, 6), PRIVCMD_X_RW);
	fail_no_frame();
	pthread_join(t, NULL);
	check(w.done);
	check_eq(state_at(&a, 5), PRIVCMD_X_RW);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_lazy_injected_paged_out, .rows = "A6 B6")
{
	waits(false);
}

TAP_CASE(x_lazy_injected_paged_out_for_the_kernel, .rows = "A6 B6")
{
	waits(true);
}

/* A process that waits in a fault can be killed. */
TAP_CASE(x_lazy_injected_killed, .rows = "A6 B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = window(privcmd_open());
	struct waiter w = { .a = &a, .d = d };
	int status, k, p[2];
	pid_t pid;

	must(!pipe(p));
	fail_frame(d->frame[5], ENOENT);
	for (k = 0; k < 2; k++) {
		pid = fork();
		if (pid == 0) {
			a = window(a.fd);
			must(!x_map_area(&a, d, 0, LAZY));
			w.pipe = k ? p[1] : 0;
			touch_fifth(&w);
			_exit(0);
		}
		usleep(100000);
		check_eq(waitpid(pid, &status, WNOHANG), 0);
		kill(pid, SIGKILL);
		check_eq(waitpid(pid, &status, 0), pid);
		check(WIFSIGNALED(status));
	}
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

static void *touch_until_gone(void *arg)
{
	struct waiter *w = arg;

	check_errno(write(w->pipe, page_at(w->a, 5), 8), EFAULT);
	return NULL;
}

/*
 * A page is released or unmapped while a fault waits for its frame. The access
 * then fails with EFAULT, as the frame never comes, and no frame stays charged.
 */
TAP_CASE(x_lazy_injected_unmapped_meanwhile, .rows = "A6 B6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = window(privcmd_open());
	struct waiter w = { .a = &a, .d = d };
	pthread_t t;
	int k, p[2];

	must(!pipe(p));
	w.pipe = p[1];
	fail_frame(d->frame[5], ENOENT);
	for (k = 0; k < 2; k++) {
		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		must(!pthread_create(&t, NULL, touch_until_gone, &w));
		usleep(50000);
		if (k)
			must(!munmap(a.va, N * PAGE));
		else
			check_eq(x_unmap(a.fd, a.va, N), 0);
		pthread_join(t, NULL);
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
		check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/* The frame gets exactly the hypervisor's errno. */
TAP_CASE(x_lazy_injected_errnos, .rows = "A5")
{
	static const int error[] = { EBUSY, EPERM, ENOMEM, EINVAL, 4095 };
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int fd = privcmd_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(error); i++) {
		struct area a = window(fd);

		fail_frame(d->frame[5], error[i]);
		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		check_eq(touch(page_at(&a, 4)), 0);
		check_eq(state_at(&a, 5), PRIVCMD_X_LAZY);
		check_eq(touch(page_at(&a, 5)), SIGBUS);
		check_eq(state_at(&a, 5), PRIVCMD_X_NONE);
		check_eq(error_at(&a, 5), -error[i]);
		check_eq(frames_in_state(&a, PRIVCMD_X_RW), N - 1);
		fail_no_frame();
		check_eq(touch(page_at(&a, 5)), SIGBUS);
		check_eq(x_map(fd, d->id, page_at(&a, 5), d->frame + 5, 1, LAZY,
			       NULL),
			 0);
		check(page_has(page_at(&a, 5), domain_seed(d, 5)));
		area_done(&a);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_copy_injected_paged_out, .rows = "A6")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	unsigned char *buf = buffer(N);
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = N,
		.len = N * PAGE,
		.buf = (unsigned long)buf,
	};
	int fd = privcmd_open();
	size_t i;

	fail_frame(d->frame[11], ENOENT);
	check_errno(ioctl(fd, PRIVCMD_X_COPY, &c), ENOENT);
	check_eq(c.done, 11 * PAGE);
	for (i = 0; i < 11; i++)
		check(page_has(buf + i * PAGE, domain_seed(d, i)));
	check_eq(buf[11 * PAGE], 0);
	fail_no_frame();
	check_eq(ioctl(fd, PRIVCMD_X_COPY, &c), 0);
	check_eq(c.done, N * PAGE);
	check(page_has(buf + 15 * PAGE, domain_seed(d, 15)));
	domain_destroy(d);
	check(domain_gone(d));
}

/* The memory of a frame is broken. The call says how much it has copied. */
TAP_CASE(x_copy_injected_poison)
{
	unsigned char *to = buffer(3);
	int fd = privcmd_open();
	struct domain *d;

	need_injection();
	d = domain_new(DOMAIN_ANY, 3);
	/* once directly, once through a buffer */
	must(param_set("inject_poison", "2"));
	check_errno(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, to, 0), EIO);
	check_eq(x_copied, 0);
	must(param_set("inject_poison", "1"));
	check_eq(x_copy(fd, d->id, d->frame, 3, 0, 3 * PAGE, to, 0), 0);
	check_eq(x_copied, 3 * PAGE);
	check(page_has(to + 2 * PAGE, domain_seed(d, 2)));
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A frame that cannot be removed is lost together with its slot, and nothing
 * else is.
 */
TAP_CASE(x_unmap_injected_refused, .rows = "A7 B17")
{
	struct domain *d = domain_new(DOMAIN_ANY, 200);
	struct area a = area_new(privcmd_open(), 200);

	fail_unmaps(0);
	must(map_frames(&a, d, 0));
	fail_unmaps(1);
	check_eq(x_unmap(a.fd, page_at(&a, 20), 100), 0);
	check_eq(touch(page_at(&a, 20)), SIGBUS);
	check_eq(x_map(a.fd, d->id, page_at(&a, 20), d->frame + 20, 100, LAZY,
		       NULL),
		 0);
	check(page_has(page_at(&a, 20), domain_seed(d, 20)));
	check(page_has(page_at(&a, 119), domain_seed(d, 119)));
	area_done(&a);
	lost(d);
}

TAP_CASE(x_copy_injected_refused, .rows = "A7 B17")
{
	struct domain *d = domain_new(DOMAIN_ANY, 200);
	unsigned char *buf = buffer(1);
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = d->id,
		.frames = (unsigned long)d->frame,
		.num = 1,
		.len = PAGE,
		.buf = (unsigned long)buf,
	};
	int fd = privcmd_open(), i;

	fail_unmaps(1);
	for (i = 0; i < 3; i++) {
		memset(buf, 0, PAGE);
		check_eq(ioctl(fd, PRIVCMD_X_COPY, &c), 0);
		check(page_has(buf, domain_seed(d, 0)));
	}
	lost(d);
}
