// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * In a guest a file is restricted from the moment that it is opened (XSA-482):
 * to the domain that "target" in xenstore names when the module is loaded, or
 * to no domain.
 *
 * The cases try each ioctl with each domain that exists, with reserved domids,
 * and without a domain. EPERM for all of them but the target proves that the
 * gate holds. Calls for the target must get past the gate, which an errno of
 * the hypervisor proves.
 */
#include "guest.h"

/*
 * A target that does not exist. So a call that passes the gate changes nothing,
 * and fails with the hypervisor's ESRCH.
 */
#define TARGET 777

#define PAGES 8 /* pages of the existing target, see target-domain.c */

static const unsigned int special[] = {
	0x7ff0, /* SELF */
	0x7ff1, /* IO */
	0x7ff2, /* XEN */
	0x7ff3, /* COW */
	0x7ff4, /* INVALID */
	0x7fff, /* IDLE */
	0xffff,
};

static int map_one(int fd, int ioctl_version, unsigned int dom,
		   const struct area *a)
{
	__u64 frame = 1;
	int err;

	if (ioctl_version == 1)
		return v1(fd, dom, a->va, &frame, 1);
	return v2(fd, dom, a->va, &frame, &err, 1);
}

static int dm_op(int fd, unsigned int dom, unsigned int num)
{
	struct privcmd_dm_op_buf buf = { buffer(1), 64 };
	struct privcmd_dm_op op = { .dom = dom, .num = num, .ubufs = &buf };

	return ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op);
}

/* Asks for the size of the domain's grant table. */
static int resource(int fd, unsigned int dom)
{
	struct privcmd_mmap_resource r = { .dom = dom, .type = 1 };

	return ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);
}

/*
 * If a guest cannot have foreign frames at all, Xen refuses before it looks up
 * the domain.
 */
static int resource_errno(int want)
{
	return told("no-foreign") ? EACCES : want;
}

static int map_errno(int want)
{
	return told("no-foreign") ? EPERM : want;
}

static int mmap_none(int fd, unsigned int dom)
{
	struct privcmd_mmap m = { .num = 0, .dom = dom };

	return ioctl(fd, IOCTL_PRIVCMD_MMAP, &m);
}

/* No call that names this domain passes the gate. */
static void refused(int fd, unsigned int dom, const struct area *a)
{
	struct privcmd_irqfd irqfd = { .dom = dom };
	struct privcmd_ioeventfd ioeventfd = { .dom = dom };

	check_errno(map_one(fd, 1, dom, a), EPERM);
	check_errno(map_one(fd, 2, dom, a), EPERM);
	check_errno(v2(fd, dom, a->va, NULL, NULL, 0), EPERM);
	check_errno(mmap_none(fd, dom), told("pv") ? EPERM : ENOSYS);
	check_errno(dm_op(fd, dom, 0), EPERM);
	check_errno(dm_op(fd, dom, 1), EPERM);
	check_errno(resource(fd, dom), EPERM);
	check_errno(restrict_to(fd, dom), EINVAL);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IRQFD, &irqfd), EPERM);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, &ioeventfd), EPERM);
}

/*
 * No call passes the gate that names no domain, or a domain other than the
 * target.
 */
static void everything_refused_but(int fd, unsigned int target)
{
	struct privcmd_x_hypercall x = { .size = sizeof(x), .op = 17 };
	struct privcmd_pcidev_get_gsi gsi = { 0 };
	struct area a = area_new(fd, 1);
	unsigned int dom;
	size_t i;

	x.result = -77;
	check_errno(version(fd), EPERM);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, NULL), EPERM);
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &x), EPERM);
	check_eq(x.result, -77);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_PCIDEV_GET_GSI, &gsi), EPERM);
	/* All domains that exist, including this one and dom0. */
	for (dom = 0; dom < 16; dom++)
		if (dom != target)
			refused(fd, dom, &a);
	for (i = 0; i < ARRAY_SIZE(special); i++)
		if (special[i] != target)
			refused(fd, special[i], &a);
	check_eq(fdinfo(fd, "xen-privcmd-domid"), target);
	check_eq(touch(a.va), SIGBUS);
	area_gone(&a);
}

/* The restriction cannot be changed, and all other files have the same one. */
static void stays(int fd, unsigned int target)
{
	int copy = dup(fd), other = device_open(), status;

	check_eq(restrict_to(fd, target), 0);
	check_errno(restrict_to(fd, target ^ 1), EINVAL);
	check_errno(restrict_to(fd, DOMID_INVALID), EINVAL);
	check_eq(fdinfo(copy, "xen-privcmd-domid"), target);
	check_eq(fdinfo(other, "xen-privcmd-domid"), target);
	check_errno(version(copy), EPERM);
	check_errno(version(other), EPERM);
	if (fork() == 0) {
		check_errno(version(fd), EPERM);
		check_eq(born(), target);
		_exit(0);
	}
	wait(&status);
	close(copy);
	close(other);
}

TAP_CASE(guest_cannot_name_its_own_target, .rows = "A17")
{
	char value[64];

	ask("target %d", TARGET);
	check_eq(xs_write("target", "0") ? 0 : errno, EACCES);
	must(xs_read("target", value, sizeof(value)));
	check_eq(atoi(value), TARGET);
}

TAP_CASE(guest_without_target, .rows = "A17")
{
	int fd;

	ask("no-target");
	module_load("");
	fd = device_open();
	everything_refused_but(fd, DOMID_IDLE);
	stays(fd, DOMID_IDLE);
	/* IDLE is not a domain: a call that passes the gate finds none. */
	check_errno(resource(fd, DOMID_IDLE), resource_errno(ESRCH));
	close(fd);
	check_eq(module_unload(), 0);
}

TAP_CASE(guest_with_target, .rows = "A17")
{
	struct area a;
	int fd, err = 0;

	ask("target %d", TARGET);
	module_load("");
	fd = device_open();
	everything_refused_but(fd, TARGET);
	stays(fd, TARGET);
	/* For the target itself the hypervisor refuses. */
	a = area_new(fd, 1);
	check_eq(v2(fd, TARGET, a.va, (__u64[1]){ 1 }, &err, 1), 0);
	check_eq(err, -map_errno(ESRCH));
	check_errno(resource(fd, TARGET), resource_errno(ESRCH));
	check_eq(dm_op(fd, TARGET, 0), 0);
	check_errno(dm_op(fd, TARGET, 1), told("no-dm-op") ? ENOSYS : ESRCH);
	check_eq(touch(a.va), SIGBUS);
	area_gone(&a);
	close(fd);
	check_eq(module_unload(), 0);
}

/* A target that exists, but for which Xen has given this guest no rights. */
TAP_CASE(guest_with_target_dom0, .rows = "A17")
{
	struct area a;
	int fd, err = 0;

	ask("target 0");
	module_load("");
	fd = device_open();
	everything_refused_but(fd, 0);
	a = area_new(fd, 1);
	check_eq(v2(fd, 0, a.va, (__u64[1]){ 1 }, &err, 1), 0);
	check_eq(err, -EPERM);
	check_errno(resource(fd, 0), resource_errno(EPERM));
	check_eq(touch(a.va), SIGBUS);
	area_gone(&a);
	close(fd);
	check_eq(module_unload(), 0);
}

static unsigned int xs_number(const char *path)
{
	char value[64];

	must(xs_read(path, value, sizeof(value)));
	return atoi(value);
}

/* XEN_DMOP_nr_vcpus: the operation, and its argument 8 bytes after it. */
static int nr_vcpus(int fd, unsigned int dom)
{
	uint32_t *op = (uint32_t *)buffer(1);
	struct privcmd_dm_op_buf buf = { op, 64 };
	struct privcmd_dm_op d = { .dom = dom, .num = 1, .ubufs = &buf };

	op[0] = 20;
	return ioctl(fd, IOCTL_PRIVCMD_DM_OP, &d) ? -1 : (int)op[2];
}

/* Maps PAGES frames from @first on, whether they succeed or not. */
static struct area map_target(int fd, unsigned int dom, __u64 first, int *err)
{
	struct area a = area_new(fd, PAGES);
	__u64 frame[PAGES];
	int i;

	for (i = 0; i < PAGES; i++)
		frame[i] = first + i;
	check_eq(v2(fd, dom, a.va, frame, err, PAGES), 0);
	return a;
}

static void its_memory(int fd, const struct domain *target, __u64 first)
{
	struct area a, b;
	int err[PAGES], i;

	a = map_target(fd, target->id, first, err);
	for (i = 0; i < PAGES; i++) {
		must(check_eq(err[i], -map_errno(0)));
		if (err[i])
			check_eq(touch(page_at(&a, i)), SIGBUS);
		else
			check(page_has(page_at(&a, i), domain_seed(target, i)));
	}
	if (!err[0]) {
		page_fill(a.va, 5);
		b = map_target(fd, target->id, first, err);
		check(page_has(b.va, 5));
		check_eq(munmap(b.va, PAGES * PAGE), 0);
	}
	area_gone(&a);
	a = map_target(fd, target->id, BAD_FRAME, err);
	for (i = 0; i < PAGES; i++)
		check(err[i] < 0);
	area_gone(&a);
}

/*
 * A target that Xen knows of. The guest may do with this domain what a device
 * model in dom0 may do, and nothing with any other domain.
 */
TAP_CASE(guest_with_real_target, .rows = "A17")
{
	struct domain target;
	int fd;

	ask("real-target");
	target.id = xs_number("target");
	module_load("");
	fd = device_open();
	everything_refused_but(fd, target.id);
	its_memory(fd, &target, xs_number("data/frame"));
	if (told("no-dm-op"))
		check_errno(nr_vcpus(fd, target.id), ENOSYS);
	else
		check_eq(nr_vcpus(fd, target.id), 1);
	everything_refused_but(fd, target.id);
	close(fd);
	check_eq(module_unload(), 0);
}

/* "target" is read once, when the module is loaded. */
TAP_CASE(guest_target_changed_later, .rows = "A17")
{
	ask("target %d", TARGET);
	module_load("");
	check_eq(born(), TARGET);
	ask("target %d", TARGET + 1);
	check_eq(born(), TARGET);
	ask("no-target");
	check_eq(born(), TARGET);
	check_eq(module_unload(), 0);
	module_load("");
	check_eq(born(), DOMID_IDLE);
	check_eq(module_unload(), 0);
}

/* Whatever "target" contains, it never gives access to more than one domain. */
TAP_CASE(guest_with_garbage_target, .rows = "A17")
{
	static const struct {
		const char *value;
		long domid;
	} garbage[] = {
		{ "", DOMID_IDLE },	 { "-1", DOMID_IDLE },
		{ "1 2", DOMID_IDLE },	 { "0x10", DOMID_IDLE },
		{ "32752", DOMID_IDLE }, /* the first reserved one */
		{ "65536", DOMID_IDLE }, { "32751", 32751 },
	};
	char digits[1001] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		ask("target %s", garbage[i].value);
		module_load("");
		if (!check_eq(born(), garbage[i].domid))
			tap_note("target '%s'", garbage[i].value);
		check_eq(module_unload(), 0);
	}
	memset(digits, '1', sizeof(digits) - 1);
	ask("target %s", digits);
	module_load("");
	check_eq(born(), DOMID_IDLE);
	check_eq(module_unload(), 0);
}

/* A program in a guest may ask which driver it uses. */
TAP_CASE(guest_info)
{
	struct privcmd_x_info info = { .size = sizeof(info) };
	int fd;

	module_load("");
	fd = device_open();
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &info), 0);
	check_eq(info.abi, PRIVCMD_X_ABI);
	check_eq(info.backend,
		 told("pv") ? PRIVCMD_X_BACKEND_PV : PRIVCMD_X_BACKEND_XLATE);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED), ENOTTY);
	close(fd);
	check_eq(module_unload(), 0);
}

/* The number of lines of the kernel's log since boot that contain this text. */
static unsigned int log_lines(const char *text)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	unsigned int found = 0;
	char line[8192];
	ssize_t n;

	must(fd >= 0);
	/* EPIPE: older lines were overwritten meanwhile. */
	while ((n = read(fd, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = 0;
		found += strstr(line, text) != NULL;
	}
	close(fd);
	return found;
}

/*
 * Loads the module, which must log this line exactly once, and no other of its
 * kind.
 */
static void says(const char *parameters, const char *text)
{
	unsigned int lines = log_lines("not the initial domain"),
		     mine = log_lines(text);

	module_load(parameters);
	born(); /* waits for xenstore */
	check_eq(log_lines("not the initial domain"), lines + 1);
	check_eq(log_lines(text), mine + 1);
	check_eq(module_unload(), 0);
}

TAP_CASE(guest_log_says_why, .rows = "A29")
{
	ask("target 777");
	says("",
	     "xen_privcmd: not the initial domain: open files may name only domain 777, which is xenstore's target for it, and make no hypercall (XSA-482)");
	says("unrestricted=1",
	     "but unrestricted=Y: open files are unrestricted unless the kernel is locked down");
	ask("no-target");
	says("",
	     "and xenstore has no target for it: open files may name no domain and make no hypercall (XSA-482)");
}
