// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD with wrong arguments, its gate and its limit: the errno of each;
 * nothing is bound afterwards.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "eventfd/eventfd.h"
#include "dom0/events.h"
#include "x/map.h"

static int fd;
static struct domain *d;
static const struct xen_dm_op image = { .op = XEN_DMOP_create_ioreq_server };

static void begin(void)
{
	fd = privcmd_open();
	need_eventfds(fd);
	d = domain_new(DOMAIN_HVM, 1);
}

static long bound(void)
{
	return fdinfo(fd, "xen-privcmd-irqfds");
}

TAP_CASE(irqfd_struct_unreadable)
{
	size_t size = sizeof(struct privcmd_irqfd);
	unsigned char *p = buffer(1);
	struct privcmd_irqfd *op = (void *)(p + PAGE - size);

	begin();
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, (char *)op + 1), EFAULT);
	*op = (struct privcmd_irqfd){
		.dm_op = (unsigned long)&image,
		.size = sizeof(image),
		.fd = eventfd_new(),
		.dom = d->id,
		.pad = { 0xff, 0xff }, /* ignored, as by the in-tree driver */
	};
	must(!mprotect(p, PAGE, PROT_READ));
	check_eq(ioctl(fd, IOCTL_PRIVCMD_IRQFD, op), 0);
	check_eq(bound(), 1);
}

TAP_CASE(irqfd_flags)
{
	static const __u32 flags[] = { 2, 3, 4, 0x80000000, 0x80000001, ~0U };
	int efd = eventfd_new();
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		check_errno(irqfd(fd, d->id, efd, &image, sizeof(image),
				  flags[i]),
			    EINVAL);
	check_eq(bound(), 0);
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check_errno(irqfd(fd, d->id, efd, &image, sizeof(image), 3), EINVAL);
	check_eq(bound(), 1);
}

TAP_HAZARD(irqfd_size, .rows = "B9")
{
	static const __u32 bad[] = { 0,		 4097,	   8192,
				     0x7fffffff, 1U << 31, 0xfffff000,
				     0xffffffff };
	static const __u32 good[] = { 1, sizeof(image) - 1, 4096 };
	unsigned char *p = buffer(1);
	int efd = eventfd_new();
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		check_errno(irqfd(fd, d->id, efd, p, bad[i], 0), EINVAL);
	check_eq(bound(), 0);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		must(check_eq(irqfd(fd, d->id, efd, p, good[i], 0), 0));
		check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	}
	check_eq(bound(), 0);
}

TAP_CASE(irqfd_image_unreadable)
{
	unsigned char *p = buffer(1);
	int efd = eventfd_new();

	begin();
	check_errno(irqfd(fd, d->id, efd, NULL, 8, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, KERNEL_POINTER, 8, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, (void *)-8UL, 8, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, (void *)-8UL, 4096, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, aside(1), 1, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, p + 1, 4096, 0), EFAULT);
	check_errno(irqfd(fd, d->id, efd, p + PAGE - 8, 9, 0), EFAULT);
	check_eq(bound(), 0);
	check_eq(irqfd(fd, d->id, efd, p + PAGE - 8, 8, 0), 0);
}

TAP_CASE(irqfd_not_an_eventfd)
{
	static const __u32 flags[] = { 0, IRQFD_OFF };
	int p[2], closed = eventfd_new(),
		  file = open("/proc/self/exe", O_RDONLY);
	size_t i;

	begin();
	must(!pipe(p));
	close(closed);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		const size_t n = sizeof(image);
		__u32 f = flags[i];

		check_errno(irqfd(fd, d->id, -1, &image, n, f), EBADF);
		check_errno(irqfd(fd, d->id, INT_MIN, &image, n, f), EBADF);
		check_errno(irqfd(fd, d->id, INT_MAX, &image, n, f), EBADF);
		check_errno(irqfd(fd, d->id, closed, &image, n, f), EBADF);
		check_errno(irqfd(fd, d->id, fd, &image, n, f), EINVAL);
		check_errno(irqfd(fd, d->id, p[0], &image, n, f), EINVAL);
		check_errno(irqfd(fd, d->id, file, &image, n, f), EINVAL);
	}
	check_eq(bound(), 0);
}

TAP_CASE(irqfd_restricted, .rows = "B9")
{
	struct domain *other;
	int efd = eventfd_new(), mine = eventfd_new();

	begin();
	other = domain_new(DOMAIN_HVM, 1);
	must(check_eq(irqfd_server(fd, other, efd), 0));
	check_eq(restrict_to(fd, d->id), 0);
	/*
	 * The struct is copied in first. Then the gate refuses, before anything
	 * else is checked.
	 */
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, NULL), EFAULT);
	check_errno(irqfd_server(fd, other, mine), EPERM);
	check_errno(irqfd(fd, 0, -1, NULL, 0, ~0U), EPERM);
	check_errno(irqfd(fd, DOMID_SELF, mine, &image, 8, 0), EPERM);
	check_errno(irqfd(fd, NO_DOMAIN, mine, &image, 8, 0), EPERM);
	check_errno(irqfd(fd, other->id, efd, NULL, 0, IRQFD_OFF), EPERM);
	check_errno(irqfd(fd, other->id, mine, NULL, 0, IRQFD_OFF), EPERM);
	check_eq(bound(), 1);
	check_eq(irqfd_server(fd, d, mine), 0);
	check_eq(irqfd(fd, d->id, mine, NULL, 0, IRQFD_OFF), 0);
}

/* The restriction counts for bindings that were made before it. */
TAP_HAZARD(irqfd_restricted_later, .rows = "B16")
{
	int efd = eventfd_new();
	char result[64];

	begin();
	events_record("privcmd_irqfd");
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check_eq(restrict_to(fd, d->id + 1), 0);
	eventfd_signal(efd);
	snprintf(result, sizeof(result), "dom=%u ret=%d", d->id, -EPERM);
	(void)tap_soon(events_seen(result), 0);
	check_eq(events_seen(result), 1);
	check(irqfd_made(privcmd_open(), d, 0));
}

static void more_files(void)
{
	struct rlimit limit = { 4096, 4096 };

	must(!setrlimit(RLIMIT_NOFILE, &limit));
}

TAP_CASE(irqfd_too_many)
{
	int efd[1025], i;

	begin();
	more_files();
	for (i = 0; i < 1025; i++)
		efd[i] = eventfd_new();
	for (i = 0; i < 1024; i++)
		must(check_eq(irqfd_server(fd, d, efd[i]), 0));
	check_errno(irqfd_server(fd, d, efd[1024]), ENOMEM);
	check_eq(bound(), 1024);
	/* Another file has its own limit. */
	check_eq(irqfd_server(privcmd_open(), d, efd[1024]), 0);
	check_eq(irqfd(fd, d->id, efd[500], NULL, 0, IRQFD_OFF), 0);
	check_eq(irqfd_server(fd, d, efd[1024]), 0);
	check_errno(irqfd_server(fd, d, efd[500]), ENOMEM);
}

TAP_CASE(irqfd_max_irqfds)
{
	int efd[] = { eventfd_new(), eventfd_new(), eventfd_new() };
	char value[32];

	begin();
	must(param_get("max_irqfds", value, sizeof(value)));
	check_eq(atoi(value), 1024);
	must(param_set("max_irqfds", "2"));
	check_eq(irqfd_server(fd, d, efd[0]), 0);
	check_eq(irqfd_server(fd, d, efd[1]), 0);
	check_errno(irqfd_server(fd, d, efd[2]), ENOMEM);
	must(param_set("max_irqfds", "0"));
	check_eq(irqfd(fd, d->id, efd[0], NULL, 0, IRQFD_OFF), 0);
	check_errno(irqfd_server(fd, d, efd[0]), ENOMEM);
	check_eq(bound(), 1);
}

#define LONG (1UL << 21) /* frames that all fail, but for a few */

static void *map_for_long(void *arg)
{
	struct area *a = arg;

	x_map(fd, d->id, a->va, NULL, a->n, CONTIGUOUS, NULL);
	return NULL;
}

/* A call of IOEVENTFD about the area @a. */
static int server(const struct area *a, unsigned int flags)
{
	struct privcmd_ioeventfd op = {
		.ioreq = (unsigned long)a->va,
		.event_fd = eventfd_new(),
		.addr_len = 2,
		.dom = d->id,
		.vcpus = 1,
		.ports = (unsigned long)&(uint32_t){ 1 },
		.flags = flags,
	};

	return ioeventfd(fd, &op);
}

/* A binding to a mapping that is being populated waits for the end of that. */
static void hold_up(void)
{
	struct area a = area_new(fd, LONG);
	pthread_t t;

	must(!pthread_create(&t, NULL, map_for_long, &a));
	while (!fdinfo(fd, "xen-privcmd-failed"))
		usleep(1000);
	server(&a, 0);
}

/*
 * Two processes share a file. The first one's IOEVENTFD waits for long. A second
 * IOEVENTFD waits behind it, but can be killed at once; IRQFD does not wait at all.
 */
TAP_HAZARD(irqfd_killed_behind_another, .rows = "B10")
{
	struct area a;
	pid_t first, second;
	int off, how, efd = eventfd_new();

	need_ours();
	begin();
	for (off = 0; off < 2; off++) {
		first = fork();
		if (first == 0) {
			hold_up();
			_exit(0);
		}
		while (!fdinfo(fd, "xen-privcmd-failed"))
			usleep(1000);
		usleep(200000);
		second = fork();
		if (second == 0) {
			a = area_new(fd, 1);
			server(&a, off ? PRIVCMD_IOEVENTFD_FLAG_DEASSIGN : 0);
			_exit(0);
		}
		check_eq(irqfd(fd, d->id, efd, &image, sizeof(image), 0), 0);
		check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
		usleep(300000);
		check_eq(waitpid(second, &how, WNOHANG), 0);
		kill(second, SIGKILL);
		check_eq(waitpid(second, &how, 0), second);
		check(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
		check_eq(waitpid(first, &how, WNOHANG), 0);
		kill(first, SIGKILL);
		check_eq(waitpid(first, &how, 0), first);
		check(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
	}
	domain_destroy(d);
	check(domain_gone(d));
}
