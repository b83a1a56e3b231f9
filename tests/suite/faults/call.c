// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls that map nothing, with each of their allocations and user copies
 * failing in turn: open, hypercalls, device model operations, eventfds, and
 * memory for hypercalls.
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

static void nothing(void *arg)
{
	scene_has(arg, 0, 0);
}

TAP_HAZARD(faults_calls, .seconds = 120)
{
	static const struct operation
		opens = { "open", open_one, is_open, NULL },
		restricts = { "RESTRICT", restrict_one, is_restricted,
			      is_unrestricted },
		infos = { "X_INFO", ask_info, nothing, nothing },
		calls = { "HYPERCALL", call, nothing, nothing },
		x_calls = { "X_HYPERCALL", x_call, nothing, nothing },
		gsis = { "PCIDEV_GET_GSI", ask_gsi, nothing, nothing };
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
	static const struct operation calls = { "HYPERCALL", call, nothing,
						nothing };
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
	nothing(arg);
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

/* ---- eventfds ---- */

static int efd;

static int bind_irqfd(void *arg)
{
	const struct scene *s = arg;

	return irqfd(s->fd, s->d->id, efd, &ask_vcpus, sizeof(ask_vcpus), 0);
}

static int unbind_irqfd(void *arg)
{
	const struct scene *s = arg;

	return irqfd(s->fd, s->d->id, efd, NULL, 0, IRQFD_OFF);
}

static void is_irqfd(void *arg)
{
	const struct scene *s = arg;

	check_eq(fdinfo(s->fd, "xen-privcmd-irqfds"), 1);
	check_errno(bind_irqfd(arg), EBUSY);
	eventfd_signal(efd);
	check_eq(unbind_irqfd(arg), 0);
	nothing(arg);
	check_eq(eventfd_signals(efd), 0);
}

static void is_still_irqfd(void *arg)
{
	const struct scene *s = arg;

	check_eq(fdinfo(s->fd, "xen-privcmd-irqfds"), 1);
}

static void is_no_irqfd(void *arg)
{
	nothing(arg);
	must(check_eq(bind_irqfd(arg), 0));
}

TAP_HAZARD(faults_irqfd, .seconds = 120)
{
	static const struct operation binds = { "IRQFD", bind_irqfd, is_irqfd,
						nothing },
				      unbinds = { "IRQFD, deassign",
						  unbind_irqfd, is_no_irqfd,
						  is_still_irqfd };
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, 1);
	need_eventfds(s.fd);
	efd = eventfd_new();
	faults_run(&binds, &s, 2, 2, 0);
	faults_starve(&binds, &s);
	must(check_eq(bind_irqfd(&s), 0));
	faults_run(&unbinds, &s, 0, 1, 0);
	check_eq(unbind_irqfd(&s), 0);
	scene_end(&s);
}

static struct guest g;
static uint32_t port;

static int bind_ioeventfd(void *arg)
{
	struct privcmd_ioeventfd op = kick(&g, &port, 3, efd);

	(void)arg;
	return ioeventfd(g.fd, &op);
}

static void bound(long n)
{
	check_eq(fdinfo(g.fd, "xen-privcmd-ioeventfds"), n);
}

/*
 * The kernel closes the port together with its last binding, and also when it
 * cannot make an interrupt of it.
 */
static void another_port(void)
{
	if (guest_port_bound(port))
		guest_port_close(port);
	port = guest_port(&g);
}

static void is_ioeventfd(void *arg)
{
	struct privcmd_ioeventfd off = kick(&g, &port, 3, efd);

	(void)arg;
	bound(1);
	must(guest_write(&g, port, DEVICE + QUEUE_NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	off.flags = IOEVENTFD_OFF;
	check_eq(ioeventfd(g.fd, &off), 0);
	bound(0);
	another_port();
}

static void is_no_ioeventfd(void *arg)
{
	(void)arg;
	bound(0);
	another_port();
}

static const struct operation binds_ioeventfd = { "IOEVENTFD", bind_ioeventfd,
						  is_ioeventfd,
						  is_no_ioeventfd };

static void guest_begin(void)
{
	need_ours();
	g.fd = privcmd_open();
	need_eventfds(g.fd);
	g = guest_new(g.fd);
	port = guest_port(&g);
	efd = eventfd_new();
}

static void guest_end(void)
{
	guest_destroy(&g);
	check_eq(fdinfo(g.fd, "xen-privcmd-frames"), 0);
	close(g.fd);
	check(domain_gone(g.d));
}

TAP_HAZARD(faults_ioeventfd, .seconds = 300)
{
	if (!nth_here())
		skip("this kernel cannot be told to run out of memory");
	guest_begin();
	/*
	 * Linux 6.1 leaves files in /proc behind when it has no memory for an
	 * interrupt, so only our own points fail here.
	 */
	faults_run_ours(&binds_ioeventfd, NULL, 5, 1, ANY);
	guest_end();
}

/* The areas of the kernel's address space that the module has. */
static unsigned int windows(void)
{
	FILE *f = fopen("/proc/vmallocinfo", "r");
	unsigned int n = 0;
	char line[512];

	must(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, module_name()) != NULL;
	fclose(f);
	return n;
}

/*
 * EINVAL: as the hypercall that asks about the port fails, the port does not
 * seem to belong to the domain. That happens once for each errno other than
 * EINVAL.
 */
TAP_CASE(ioeventfd_injected_nth, .seconds = 120)
{
	struct outcome o;
	unsigned int before;

	need_injection();
	before = windows();
	guest_begin();
	o = faults_hypercalls(&binds_ioeventfd, NULL, EINVAL);
	check(o.fired >= 8);
	check_eq(o.other, 3);
	guest_end();
	check_eq(windows(), before);
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
