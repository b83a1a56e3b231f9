// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * RESTRICT, and the gate for every other ioctl.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/sysinfo.h>

#include "suite.h"

#define OP_xen_version 17
#define DOMID_INVALID  0x7ff4
#define DOMID_IDLE     0x7fff

static int version(int fd)
{
	return hypercall(fd, OP_xen_version, 0, 0, 0, 0, 0);
}

TAP_CASE(restrict_same_again)
{
	int fd = privcmd_open();

	check_eq(restrict_to(fd, 7), 0);
	check_eq(restrict_to(fd, 7), 0);
	check_eq(restrict_to(fd, 7), 0);
}

TAP_CASE(restrict_to_another, .rows = "A20")
{
	int fd = privcmd_open();

	check_eq(restrict_to(fd, 7), 0);
	check_errno(restrict_to(fd, 8), EINVAL);
	check_errno(restrict_to(fd, 0), EINVAL);
	check_errno(restrict_to(fd, DOMID_IDLE), EINVAL);
	check_errno(restrict_to(fd, DOMID_INVALID), EINVAL);
	check_eq(restrict_to(fd, 7), 0);
	check_errno(version(fd), EPERM);
}

TAP_CASE(restrict_to_invalid)
{
	int fd = privcmd_open();

	check_errno(restrict_to(fd, DOMID_INVALID), EINVAL);
	check(version(fd) > 0); /* still unrestricted */
	check_eq(restrict_to(fd, 7), 0);
}

TAP_CASE(restrict_to_nobody)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	check_eq(restrict_to(a.fd, DOMID_IDLE), 0);
	check_errno(v2(a.fd, d->id, a.va, d->frame, (int[1]){ 0 }, 1), EPERM);
	check_errno(v2(a.fd, 0, a.va, d->frame, (int[1]){ 0 }, 1), EPERM);
	check_errno(version(a.fd), EPERM);
	area_done(&a);
}

TAP_CASE(restrict_unreadable)
{
	int fd = privcmd_open();
	unsigned char *p = buffer(1);

	check_errno(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, p + PAGE - 1), EFAULT);
	check(version(fd) > 0);
	p[PAGE - 2] = 9;
	check_eq(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, p + PAGE - 2), 0);
	check_eq(restrict_to(fd, 9), 0);
}

/* HYPERCALL is refused before its struct is read. */
TAP_CASE(restrict_refuses_hypercall)
{
	int fd = privcmd_open();

	check_eq(restrict_to(fd, 7), 0);
	check_errno(version(fd), EPERM);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, NULL), EPERM);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, KERNEL_POINTER), EPERM);
}

/* X_HYPERCALL, like every other ioctl, is refused after its struct is read. */
TAP_CASE(restrict_refuses_x_hypercall)
{
	struct privcmd_x_hypercall c = {
		.size = sizeof(c),
		.op = OP_xen_version,
		.result = -1,
	};
	int fd = privcmd_open();

	need_ours();
	check_eq(restrict_to(fd, 7), 0);
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), EPERM);
	check_eq(c.result, -1);
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, NULL), EFAULT);
}

static int num0(int version, int fd, unsigned int dom)
{
	return version == 1 ? v1(fd, dom, NULL, NULL, 0) :
			      v2(fd, dom, NULL, NULL, NULL, 0);
}

BATCH_CASE(restricted)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct domain *other = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	check_eq(restrict_to(a.fd, d->id), 0);
	check_errno(batch(version, a.fd, other->id, a.va, other->frame, NULL,
			  2),
		    EPERM);
	check_errno(batch(version, a.fd, 0, a.va, other->frame, NULL, 2),
		    EPERM);
	check_errno(batch(version, a.fd, 0x7ff0, a.va, other->frame, NULL, 2),
		    EPERM);
	/*
	 * The struct is copied in first. Then the gate refuses, before anything
	 * in it is checked.
	 */
	check_errno(ioctl(a.fd,
			  version == 1 ? IOCTL_PRIVCMD_MMAPBATCH :
					 IOCTL_PRIVCMD_MMAPBATCH_V2,
			  NULL),
		    EFAULT);
	check_errno(num0(version, a.fd, other->id), EPERM);
	check_errno(num0(version, a.fd, d->id), EINVAL);
	check_errno(batch(version, a.fd, other->id, a.va + 1, other->frame,
			  NULL, 2),
		    EPERM);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}

TAP_CASE(mmap_restricted)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open();
	struct privcmd_mmap_entry e = { .mfn = d->frame[0], .npages = 1 };
	struct privcmd_mmap m = { .num = 1, .dom = d->id, .entry = &e };

	need_pv("MMAP is PV only");
	check_eq(restrict_to(fd, d->id + 1), 0);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, &m), EPERM);
	m.num = 0;
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, &m), EPERM);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, NULL), EFAULT);
}

TAP_CASE(restrict_keeps_mappings, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 2), b = area_new(a.fd, 1);

	must(map_frames(&a, d, 0));
	check_eq(restrict_to(a.fd, d->id + 1), 0);
	check(page_has(a.va, domain_seed(d, 0)));
	page_fill(page_at(&a, 1), 5);
	check(page_has(page_at(&a, 1), 5));
	check_errno(v2(a.fd, d->id, b.va, d->frame, (int[1]){ 0 }, 1), EPERM);
	area_done(&a);
}

/* Each entry is made again at the new address, if the gate allows it. */
static void refill(unsigned int to, int want, struct domain *d)
{
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *va;

	must(map_frames(&a, d, 0));
	check_eq(restrict_to(a.fd, to), 0);
	va = aside(2);
	must(mremap(a.va, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check_eq(touch(a.va), want);
	check_eq(poke(page_at(&a, 1), 1), want);
	area_done(&a);
}

TAP_HAZARD(restrict_refill_of_another_domain, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);

	need_pv("entries move with the mapping, nothing is refilled");
	refill(d->id + 1, SIGBUS, d);
}

TAP_HAZARD(restrict_refill_of_its_domain, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);

	refill(d->id, 0, d);
}

/*
 * The restriction belongs to the open file: all its descriptors share it, and
 * no other file does.
 */
TAP_CASE(restrict_shared_by_dup_and_fork)
{
	int fd = privcmd_open(), same = dup(fd), other = privcmd_open();
	int status;

	if (fork() == 0) {
		check_eq(restrict_to(same, 7), 0);
		_exit(0);
	}
	wait(&status);
	check_errno(version(fd), EPERM);
	check_errno(version(same), EPERM);
	check_errno(restrict_to(fd, 8), EINVAL);
	check(version(other) > 0);
	close(fd);
	check_errno(version(same), EPERM);
	if (fork() == 0) {
		check_errno(version(same), EPERM);
		_exit(0);
	}
	wait(&status);
}

/* What a device model keeps: a restricted file, in a process without privileges. */
TAP_CASE(restrict_then_drop_privileges)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct domain *other = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open(), err[2];

	check_eq(restrict_to(fd, d->id), 0);
	if (fork() == 0) {
		struct area a;

		must(!setgid(65534) && !setuid(65534));
		must(geteuid() == 65534);
		a = area_new(fd, 2);
		check_errno(v2(fd, other->id, a.va, other->frame, err, 2),
			    EPERM);
		check_eq(v2(fd, d->id, a.va, d->frame, err, 2) | err[0] |
				 err[1],
			 0);
		check(page_has(page_at(&a, 1), domain_seed(d, 1)));
		_exit(0);
	}
	wait(NULL);
}

/*
 * Two threads restrict one file to different domains at the same time. Exactly
 * one succeeds.
 *
 * The loser must get EINVAL, and the restriction must be the winner's, as a third call
 * shows. If both calls passed the check before either had stored its domain, both would
 * return 0. That needs two CPUs and many rounds. The threads spin until a round begins, as
 * waking up takes longer than the call.
 */
#define ROUNDS 1000

static atomic_int race_round, race_done;
static int race_file;
static struct racer {
	unsigned int domid;
	int ret, e;
} racers[2] = { { .domid = 10 }, { .domid = 11 } };

static bool one_cpu;

/* Until @n has come to @value. If there is one CPU, the other thread needs it. */
static void spin_until(atomic_int *n, int value)
{
	while (atomic_load(n) < value)
		if (one_cpu)
			sched_yield();
}

static void race_once(struct racer *r)
{
	r->ret = restrict_to(race_file, r->domid);
	r->e = errno;
}

static void *race(void *arg)
{
	int i;

	for (i = 1; i <= ROUNDS; i++) {
		spin_until(&race_round, i);
		race_once(arg);
		atomic_store(&race_done, i);
	}
	return NULL;
}

TAP_CASE(restrict_race)
{
	pthread_t other;
	int i, k;

	one_cpu = get_nprocs() == 1;
	must(!pthread_create(&other, NULL, race, &racers[1]));
	for (i = 1; i <= ROUNDS; i++) {
		race_file = privcmd_open();
		atomic_store(&race_round, i);
		race_once(&racers[0]);
		spin_until(&race_done, i);
		check(racers[0].ret + racers[1].ret == -1); /* one 0, one -1 */
		k = racers[0].ret == 0 ? 0 : 1;
		check_eq(racers[!k].e, EINVAL);
		check_eq(restrict_to(race_file, 10 + k), 0);
		close(race_file);
	}
	pthread_join(other, NULL);
}
