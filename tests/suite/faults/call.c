// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls that map scene_empty, with each of their allocations and user copies
 * failing in turn: open, hypercalls, device model operations, and memory for
 * hypercalls. eventfd.c has eventfds.
 */
#include "eventfd/eventfd.h"
#include "faults/faults.h"
#include "faults/injected.h"
#include "dom0/nth.h"

#define OP_xen_version 17

static int opened;

static int open_one(void *arg)
{
	(void)arg;
	opened = open(device(), O_RDWR | O_CLOEXEC);
	return opened < 0 ? -1 : 0;
}

static void is_open(void *arg)
{
	(void)arg;
	check_eq(fdinfo(opened, "xen-privcmd-domid"), -1);
	close(opened);
}

static int restrict_one(void *arg)
{
	(void)arg;
	return restrict_to(opened, 7);
}

static void is_restricted(void *arg)
{
	(void)arg;
	check_eq(fdinfo(opened, "xen-privcmd-domid"), 7);
	close(opened);
	opened = privcmd_open();
}

static void is_unrestricted(void *arg)
{
	(void)arg;
	check_eq(fdinfo(opened, "xen-privcmd-domid"), -1);
}

static int ask_info(void *arg)
{
	struct privcmd_x_info info = { .size = sizeof(info) };
	const struct scene *s = arg;

	return ioctl(s->fd, PRIVCMD_X_INFO, &info);
}

static int call(void *arg)
{
	const struct scene *s = arg;

	return hypercall(s->fd, OP_xen_version, 0, 0, 0, 0, 0) < 0 ? -1 : 0;
}

static int x_call(void *arg)
{
	struct privcmd_x_hypercall h = { .size = sizeof(h),
					 .op = OP_xen_version };
	const struct scene *s = arg;
	int ret = ioctl(s->fd, PRIVCMD_X_HYPERCALL, &h);

	if (!ret)
		check(h.result >= XEN_VERSION(4, 0));
	return ret;
}

/*
 * There is no such device, and most kernels have no answer for any device. Only
 * a failure of memory counts as a failure here.
 */
static int ask_gsi(void *arg)
{
	struct privcmd_pcidev_get_gsi g = { .sbdf = 0xffffffff };
	const struct scene *s = arg;
	int ret = ioctl(s->fd, IOCTL_PRIVCMD_PCIDEV_GET_GSI, &g);

	return ret && errno != ENOMEM && errno != EFAULT ? 0 : ret;
}

TAP_HAZARD(faults_calls, .seconds = 120)
{
	static const struct operation
		opens = { "open", open_one, is_open, NULL },
		restricts = { "RESTRICT", restrict_one, is_restricted,
			      is_unrestricted },
		infos = { "X_INFO", ask_info, scene_empty, scene_empty },
		calls = { "HYPERCALL", call, scene_empty, scene_empty },
		x_calls = { "X_HYPERCALL", x_call, scene_empty, scene_empty },
		gsis = { "PCIDEV_GET_GSI", ask_gsi, scene_empty, scene_empty };
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, 1);
	faults_run(&opens, &s, 1, 1, 0); /* the path is copied, too */
	opened = privcmd_open();
	faults_run(&restricts, &s, 0, 1, 0);
	close(opened);
	faults_run(&infos, &s, 0, 2, 0);
	faults_run(&calls, &s, 0, 1, 0);
	faults_run(&x_calls, &s, 0, 2, 0);
	faults_run(&gsis, &s, 0, 1, 0);
	scene_end(&s);
}

TAP_CASE(hypercall_injected_nth)
{
	static const struct operation calls = { "HYPERCALL", call, scene_empty,
						scene_empty };
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, 1);
	faults_hypercalls(&calls, &s, 0);
	scene_end(&s);
}

/* Two buffers. The second one lies on two pages that are absent at first. */
static unsigned char *second;

static int ask_dm(void *arg)
{
	const struct scene *s = arg;
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[2] = {
		{ &op, sizeof(op) },
		{ second + PAGE / 2, PAGE },
	};
	int ret;

	madvise(second, 2 * PAGE, MADV_DONTNEED);
	ret = dm_op(s->fd, s->d->id, buf, 2);
	if (!ret)
		check(op.u.nr_vcpus.vcpus != ask_vcpus.u.nr_vcpus.vcpus);
	return ret;
}

static void nothing_pinned(void *arg)
{
	scene_empty(arg);
	check_eq(pages_pinned(), 0);
}

TAP_HAZARD(faults_dm_op, .seconds = 120)
{
	static const struct operation asks = { "DM_OP", ask_dm, nothing_pinned,
					       nothing_pinned };
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, 1);
	if (!has_dm_op(s.fd, s.d))
		skip("this hypervisor has no device models");
	second = buffer(2);
	faults_run(&asks, &s, 3, 2, 0);
	faults_starve(&asks, &s);
	scene_end(&s);
}

TAP_CASE(dm_op_injected_nth)
{
	static const struct operation asks = { "DM_OP", ask_dm, nothing_pinned,
					       nothing_pinned };
	struct scene s;

	injected_begin(&s, DOMAIN_HVM, 1);
	if (!has_dm_op(s.fd, s.d))
		skip("this hypervisor has no device models");
	second = buffer(2);
	faults_hypercalls(&asks, &s, 0);
	scene_end(&s);
}

/* ---- /dev/xen/hypercall ---- */

#define PAGES 100

static unsigned char *memory;

static int map_memory(void *arg)
{
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      *(int *)arg, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

static void has_memory(void *arg)
{
	(void)arg;
	check(!*memory && !memcmp(memory, memory + 1, PAGES * PAGE - 1));
	check_eq(munmap(memory, PAGES * PAGE), 0);
}

static long free_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	must(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* If each failed run lost half of the pages that it had, 20 MiB would be gone. */
TAP_HAZARD(faults_buf, .seconds = 300)
{
	static const struct operation maps = { "mmap of hypercall", map_memory,
					       has_memory, NULL };
	int fd = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	long before;

	need_ours();
	if (!nth_here())
		skip("this kernel cannot be told to run out of memory");
	must(fd >= 0);
	before = free_kib();
	check(faults_run(&maps, &fd, 0, 0, ANY).nomem >= PAGES);
	check(free_kib() > before - 8 * 1024);
}
