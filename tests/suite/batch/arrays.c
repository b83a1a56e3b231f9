// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls whose arrays lie in unusual memory, and calls for which the kernel runs
 * out of memory half-way. They must not make other threads wait.
 */
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "faults/faults.h"
#include "dom0/nth.h"

/*
 * The arrays lie in a mapping of a domain: in one of another file, then in one
 * of the same file.
 */
TAP_HAZARD(mmapbatch_v2_arrays_in_a_mapping, .rows = "B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 2),
		    b = area_new(privcmd_open(), 2);
	struct area c = area_new(b.fd, 2);

	must(map_frames(&a, d, 2));
	memcpy(a.va, d->frame, 2 * sizeof(*d->frame));
	memset(page_at(&a, 1), 0xff, PAGE);
	check_eq(v2(b.fd, d->id, b.va, (void *)a.va, (void *)page_at(&a, 1), 2),
		 0);
	check_eq(*(int *)page_at(&a, 1), 0);
	check(page_has(page_at(&b, 1), domain_seed(d, 1)));
	check_eq(v1(b.fd, d->id, c.va, (void *)a.va, 2), 0);
	check(page_has(c.va, domain_seed(d, 0)));
	munmap(c.va, 2 * PAGE);
	area_done(&a);
	area_done(&b);
	/* An area that this very call is to populate has nothing to read yet. */
	a = area_new(a.fd, 2);
	check_errno(v2(a.fd, d->id, a.va, (void *)a.va, (int[2]){ 0 }, 2),
		    EFAULT);
	check_errno(v2(a.fd, d->id, a.va, d->frame, (void *)a.va, 2), EFAULT);
	area_works(&a, d);
}

/* A page whose first access waits for ever. */
static void *never_answered(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	unsigned char *p = buffer(1);

	if (fd < 0)
		skip("this kernel has no userfaultfd");
	reg.range.start = (unsigned long)p;
	reg.range.len = PAGE;
	madvise(p, PAGE, MADV_DONTNEED); /* buffer() has written to it */
	must(!ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &reg));
	return p;
}

enum waits { FRAMES, ERR, STATUS };

struct waiter {
	enum waits where;
	struct area a;
	struct domain *d;
	void *forever;
};

static void *wait_forever(void *arg)
{
	struct waiter *w = arg;
	int err[2];

	if (w->where == FRAMES)
		v2(w->a.fd, w->d->id, w->a.va, w->forever, err, 2);
	else if (w->where == ERR)
		v2(w->a.fd, w->d->id, w->a.va, w->d->frame, w->forever, 2);
	else
		status(w->a.fd, w->a.va, w->forever, 2);
	check(!"the call came back");
	return NULL;
}

/*
 * One thread waits in its call. Other threads of the process, and other users
 * of the same open file, do not wait for it. A signal can kill it.
 */
static void nobody_else_waits(enum waits where)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct waiter w = { .where = where, .d = d };
	int fd = privcmd_open(), p[2];
	pid_t pid;

	must(!pipe(p));
	pid = fork();
	if (pid == 0) {
		struct area b;
		pthread_t t;

		w.forever = never_answered();
		w.a = area_new(fd, 2);
		if (where == STATUS)
			must(map_frames(&w.a, d, 0));
		must(!pthread_create(&t, NULL, wait_forever, &w));
		usleep(100000);
		b = area_new(fd, 2);
		check(map_frames(&b, d, 0));
		check(page_has(b.va, domain_seed(d, 0)));
		check_eq(munmap(b.va, 2 * PAGE), 0);
		check_eq(restrict_to(fd, d->id), 0);
		check_eq(munmap(w.a.va, 2 * PAGE), 0);
		check_eq(write(p[1], "x", 1), 1);
		pause();
	}
	close(p[1]);
	check_eq(read(p[0], &(char){ 0 }, 1),
		 1); /* 0: the child exited, as a check failed */
	kill(pid, SIGKILL);
	check_eq(waitpid(pid, NULL, 0), pid); /* does not hang */
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(mmapbatch_v2_frames_never_arrive, .rows = "B15")
{
	nobody_else_waits(FRAMES);
}

TAP_HAZARD(mmapbatch_v2_err_never_arrives, .rows = "B15")
{
	nobody_else_waits(ERR);
}

TAP_HAZARD(x_status_array_never_arrives, .rows = "B15")
{
	need_ours();
	nobody_else_waits(STATUS);
}

/*
 * Every allocation and every user copy of the call fails in turn. The page
 * tables are allocated by the call; what the caller has was there before.
 */
BATCH_CASE(no_memory_half_way, .rows = "B12", .seconds = 300)
{
	struct domain *d;
	int fd = privcmd_open(), ret, e;
	unsigned int n, nomem = 0, efault = 0;
	bool fired = true;
	__u64 arr[600];
	int err[600];

	hazard_if_xlate();
	if (!nth_here())
		skip("this kernel cannot be told to run out of memory");
	d = domain_new(DOMAIN_ANY, 600);
	nth_points(NTH_ALL);
	for (n = 1; n < 1000 && fired; n++) {
		struct area a = crossing_area(fd, 600);

		memcpy(arr, d->frame, sizeof(arr));
		memset(err, 0, sizeof(err));
		nth_arm(n);
		ret = version == 1 ? v1(fd, d->id, a.va, arr, 600) :
				     v2(fd, d->id, a.va, arr, err, 600);
		e = errno;
		fired = nth_fired();
		if (!ret) {
			area_done(&a);
			continue;
		}
		check(fired && (e == ENOMEM || e == EFAULT));
		nomem += e == ENOMEM;
		efault += e == EFAULT;
		area_works(&a, d);
	}
	check(!fired && nomem > 0 && efault > 0);
	tap_note("%u points; %u ENOMEM, %u EFAULT", n - 2, nomem, efault);
	domain_destroy(d);
	check(domain_gone(d));
}
