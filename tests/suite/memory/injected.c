// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files, and frames that are paged out or that the hypervisor refuses. Like
 * faults/injected.c this needs the module of `make INJECT=1`.
 */
#include <pthread.h>

#include "faults/faults.h"
#include "faults/injected.h"
#include "memory/memory.h"

#define N    16
#define GONE 5 /* the page whose frame fails */

static const unsigned int flags_of_files[] = { 0, ZERO_HOLES };

static struct domain *begin(void)
{
	need_injection();
	return memory_full(N);
}

struct waiter {
	pthread_t thread;
	int file;
	unsigned char *buf;
	bool write;
	const struct area *a; /* if there is one: an access to its page */
	ssize_t ret;
	bool done;
};

static void *wait_for_it(void *arg)
{
	struct waiter *w = arg;

	if (w->a)
		w->ret = touch(page_at(w->a, GONE));
	else if (w->write)
		w->ret = pwrite(w->file, w->buf, N * PAGE, 0);
	else
		w->ret = pread(w->file, w->buf, N * PAGE, 0);
	__atomic_store_n(&w->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/*
 * A frame is paged out. The call or the access waits for it, and nobody waits for the
 * call: this thread uses the file meanwhile, ten times. If the other thread held a lock,
 * the first of these calls would hang, and with it the case.
 */
static void waits(struct waiter *w, const struct domain *d)
{
	unsigned char *buf = buffer(1);
	struct area b;
	int i;

	fail_frame(d->frame[GONE], ENOENT);
	w->done = false;
	must(!pthread_create(&w->thread, NULL, wait_for_it, w));
	for (i = 0; i < 10; i++) {
		munmap(buffer(1), 2 * PAGE);
		check_eq(pread(w->file, buf, PAGE, i % GONE * PAGE), PAGE);
		b = memory_area(w->file, 8, 2);
		memory_shows(&b, d, 8);
		check_eq(munmap(b.va, 2 * PAGE), 0);
		usleep(5000);
	}
	check(!__atomic_load_n(&w->done, __ATOMIC_SEQ_CST));
	fail_no_frame();
	pthread_join(w->thread, NULL);
}

/* ZERO_HOLES is no way around: a frame that is paged out is no hole. */
TAP_CASE(memory_injected_paged_out, .rows = "A6 B6")
{
	struct domain *d = begin();
	struct waiter w = { .buf = buffer(N) };
	size_t i, k;

	around("1");
	for (k = 0; k < 2; k++) {
		w.file = memory_of(d, 0, N, flags_of_files[k]);
		w.write = false;
		memset(w.buf, 0, N * PAGE);
		waits(&w, d);
		check_eq(w.ret, N * PAGE);
		for (i = 0; i < N; i++)
			check(page_has(w.buf + i * PAGE, domain_seed(d, i)));
		w.write = true;
		page_fill(w.buf + GONE * PAGE, 90 + k);
		waits(&w, d);
		check_eq(w.ret, N * PAGE);
		check_eq(pread(w.file, w.buf, N * PAGE, 0), N * PAGE);
		check(page_has(w.buf + GONE * PAGE, 90 + k));
		page_fill(w.buf + GONE * PAGE, domain_seed(d, GONE));
		check_eq(pwrite(w.file, w.buf, N * PAGE, 0), N * PAGE);
		close(w.file);
	}
	memory_end(d);
}

TAP_CASE(memory_injected_paged_out_in_area, .rows = "A6 B6")
{
	struct domain *d = begin();
	int file = memory_of(d, 0, N, 0);
	struct area a = area_new(file, N);
	struct waiter w = { .file = file, .a = &a };

	around("1");
	waits(&w, d);
	check_eq(w.ret, 0);
	check(page_has(page_at(&a, GONE), domain_seed(d, GONE)));
	area_done(&a);
	memory_end(d);
}

/* A process that waits in a read, a write or an access is killed. */
TAP_CASE(memory_injected_killed, .rows = "A6 B6 B10")
{
	struct domain *d = begin();
	int file = memory_of(d, 0, N, 0), how, status;
	struct waiter w = { .file = file, .buf = buffer(N) };
	struct area a;
	pid_t pid;

	fail_frame(d->frame[GONE], ENOENT);
	for (how = 0; how < 3; how++) {
		pid = fork();
		if (pid == 0) {
			a = area_new(file, N);
			w.write = how == 1;
			w.a = how == 2 ? &a : NULL;
			wait_for_it(&w);
			_exit(0);
		}
		usleep(100000);
		check_eq(waitpid(pid, &status, WNOHANG), 0);
		kill(pid, SIGKILL);
		check_eq(waitpid(pid, &status, 0), pid);
		check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	fail_no_frame();
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

/* Whatever the hypervisor says of a frame: EIO, or what was copied before it. */
TAP_CASE(memory_injected_errnos, .rows = "A5")
{
	static const int error[] = { EBUSY, EPERM, EACCES, EINVAL, 4095 };
	struct domain *d = begin();
	int file = memory_of(d, 0, N, 0),
	    zeroes = memory_of(d, 0, N, ZERO_HOLES);
	unsigned char *buf = buffer(N);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(error); i++) {
		bool hole = error[i] == EINVAL;

		fail_frame(d->frame[GONE], error[i]);
		memset(buf, 0xee, N * PAGE);
		check_eq(pread(file, buf, N * PAGE, 0), GONE * PAGE);
		check_eq(buf[GONE * PAGE], 0xee);
		check_errno(pread(file, buf, 1, GONE * PAGE + 7), EIO);
		check_errno(pread(file, buf, N * PAGE, GONE * PAGE), EIO);
		/* Only an error that says that there is no frame makes zeroes. */
		check_eq(pread(zeroes, buf, N * PAGE, 0),
			 (hole ? N : GONE) * PAGE);
		if (!hole)
			check_errno(pread(zeroes, buf, 1, GONE * PAGE), EIO);
		for (k = 0; k < GONE; k++)
			check(page_has(buf + k * PAGE, domain_seed(d, k)));
		check_eq(pwrite(file, buf, N * PAGE, 0), GONE * PAGE);
		check_errno(pwrite(file, buf, 1, GONE * PAGE), EIO);
		check_errno(pwrite(zeroes, buf, 1, GONE * PAGE), EIO);
		fail_no_frame();
		check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
		for (k = 0; k < N; k++)
			check(page_has(buf + k * PAGE, domain_seed(d, k)));
	}
	memory_end(d);
}

/* An access to a refused frame is SIGBUS, and the next access asks again. */
TAP_CASE(memory_injected_refused_in_area, .rows = "A5")
{
	static const int error[] = { EBUSY, EPERM, ENOMEM, EINVAL, 4095 };
	struct domain *d = begin();
	int file = memory_of(d, 0, N, 0);
	size_t i;

	around("16");
	for (i = 0; i < ARRAY_SIZE(error); i++) {
		struct area a = aligned_area(file, N);

		fail_frame(d->frame[GONE], error[i]);
		check_eq(touch(page_at(&a, GONE - 1)), 0);
		memory_has(file, N - 1, 1, 0);
		check_eq(touch(page_at(&a, GONE)), SIGBUS);
		check_eq(poke(page_at(&a, GONE), 1), SIGBUS);
		check_eq(state_at(&a, GONE), PRIVCMD_X_NONE);
		check_eq(error_at(&a, GONE), -error[i]);
		memory_has(file, N - 1, 0, 1);
		fail_no_frame();
		check(page_has(page_at(&a, GONE), domain_seed(d, GONE)));
		check_eq(poke(page_at(&a, GONE), *page_at(&a, GONE)), 0);
		memory_has(file, N, 0, 0);
		area_done(&a);
	}
	memory_end(d);
}

/* The memory of a frame is broken. It is no hole. */
TAP_CASE(memory_injected_poison)
{
	struct domain *d = begin();
	unsigned char *buf = buffer(N);
	size_t i;

	for (i = 0; i < 2; i++) {
		int file = memory_of(d, 0, N, flags_of_files[i]);

		/* once directly, once through a buffer */
		must(param_set("inject_poison", "2"));
		check_errno(pread(file, buf, N * PAGE, 0), EIO);
		must(param_set("inject_poison", "1"));
		check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
		check(page_has(buf + 9 * PAGE, domain_seed(d, 9)));
		close(file);
	}
	memory_end(d);
}

/* ---- each hypercall fails in turn ---- */

static int nth_file;
static unsigned char *nth_buf;

/* What a call of @n bytes has returned. EIO means that there is no frame. */
static int nth_result(ssize_t n)
{
	if (n == (ssize_t)(N * PAGE))
		return 0;
	if (n >= 0) {
		check(n > 0 && n % PAGE == 0);
		errno = faults_errno();
	} else if (errno == EIO) {
		check_eq(faults_errno(), EINVAL);
		errno = EINVAL;
	}
	return -1;
}

static int nth_read(void *arg)
{
	const struct scene *s = arg;
	ssize_t n;
	size_t i;

	memset(nth_buf, 0xee, N * PAGE);
	n = pread(nth_file, nth_buf, N * PAGE, 0);
	for (i = 0; n > 0 && i < n / PAGE; i++)
		check(page_has(nth_buf + i * PAGE, domain_seed(s->d, i)));
	return nth_result(n);
}

static int nth_write(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	for (i = 0; i < N; i++)
		page_fill(nth_buf + i * PAGE, domain_seed(s->d, i));
	return nth_result(pwrite(nth_file, nth_buf, N * PAGE, 0));
}

static void nth_copied(void *arg)
{
	faults_end();
	check_eq(nth_read(arg), 0);
}

static int nth_touch(void *arg)
{
	const struct scene *s = arg;

	if (!touch(page_at(&s->a, GONE)))
		return 0;
	errno = faults_errno();
	return -1;
}

/* The record says why, and the next access asks again: see faults_try(). */
static void nth_refused(void *arg)
{
	const struct scene *s = arg;

	/* on ENOENT the fault waits and tries again */
	check(faults_errno() != ENOENT);
	check_eq(state_at(&s->a, GONE), PRIVCMD_X_NONE);
	check_eq(error_at(&s->a, GONE), -faults_errno());
}

static void nth_touched(void *arg)
{
	const struct scene *s = arg;

	scene_shows(s);
	memory_has(nth_file, N, 0, 0);
	check_eq(x_unmap(nth_file, s->a.va, N), 0);
}

TAP_CASE(memory_injected_nth, .seconds = 120)
{
	static const struct operation reads = { "read", nth_read, nth_copied,
						NULL },
				      writes = { "write", nth_write, nth_copied,
						 NULL },
				      touches = { "access", nth_touch,
						  nth_touched, nth_refused };
	struct scene s;

	injected_begin(&s, DOMAIN_HVM, N);
	need_memory();
	around("1");
	must(check(param_set("ro_retry", "N")));
	nth_buf = buffer(N);
	nth_file = memory_of(s.d, 0, N, 0);
	/* A call that gets no slots fails with ENOMEM. */
	faults_hypercalls(&reads, &s, ENOMEM);
	faults_hypercalls(&writes, &s, ENOMEM);
	s.a = crossing_area(nth_file, N);
	faults_hypercalls(&touches, &s, 0);
	area_done(&s.a);
	close(nth_file);
	scene_end(&s);
}
