// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PCIDEV_GET_GSI. The driver asks pciback. The cases load pciback where that is
 * possible, and give it a device that nothing else uses.
 */
#include <glob.h>
#include <sys/syscall.h>

#include "suite.h"

#define PCIBACK "/sys/bus/pci/drivers/pciback"

static int get_gsi(int fd, struct privcmd_pcidev_get_gsi *g)
{
	return ioctl(fd, IOCTL_PRIVCMD_PCIDEV_GET_GSI, g);
}

/* Each device fails with this errno, and the struct is unchanged. */
static void all_fail(int fd, int want)
{
	static const __u32 sbdf[] = {
		0, 8, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sbdf); i++) {
		struct privcmd_pcidev_get_gsi g = { sbdf[i], 0x5555 };

		check_errno(get_gsi(fd, &g), want);
		check_eq(g.sbdf, sbdf[i]);
		check_eq(g.gsi, 0x5555);
	}
}

static void need_no_pciback(void)
{
	if (!access(PCIBACK, F_OK))
		skip("xen-pciback is loaded and answers itself");
}

/* Old kernels have no answer, and new ones have none without pciback. */
TAP_CASE(gsi_not_known)
{
	need_no_pciback();
	all_fail(privcmd_open(), EOPNOTSUPP);
}

TAP_CASE(gsi_struct_unreadable)
{
	int fd = privcmd_open();
	unsigned char *p = buffer(1);

	need_no_pciback();
	check_errno(get_gsi(fd, NULL), EFAULT);
	check_errno(get_gsi(fd, KERNEL_POINTER), EFAULT);
	check_errno(get_gsi(fd, aside(1)), EFAULT);
	check_errno(get_gsi(fd, (void *)(p + PAGE - 7)), EFAULT);
	check_errno(get_gsi(fd, (void *)(p + PAGE - 8)), EOPNOTSUPP);
}

TAP_CASE(gsi_restricted)
{
	struct privcmd_pcidev_get_gsi g = { 0, 0x5555 };
	int fd = privcmd_open();

	check_eq(restrict_to(fd, 7), 0);
	check_errno(get_gsi(fd, &g), EPERM);
	check_eq(g.gsi, 0x5555);
	check_errno(get_gsi(fd, NULL), EFAULT);
}

static bool kernel_can_tell(void)
{
#ifdef __x86_64__
	return kernel_since(6, 12);
#else
	return false;
#endif
}

/* Loads pciback from the rig, or as the distribution does, for this case only. */
static void load_pciback(void)
{
	int file = open("/modules/xen-pciback.ko", O_RDONLY | O_CLOEXEC);

	if (!kernel_can_tell())
		skip("kernels before 6.12, and Arm's, cannot tell");
	need_no_pciback();
	if (file >= 0 && syscall(SYS_finit_module, file, "", 0))
		bail("finit_module: %s", strerror(errno));
	if (file < 0 && system("modprobe -q xen-pciback 2>/dev/null"))
		skip("xen-pciback cannot be loaded");
}

static void unload_pciback(void)
{
	check_eq(syscall(SYS_delete_module, "xen_pciback", O_NONBLOCK), 0);
}

TAP_CASE(gsi_no_such_device, .rows = "A16")
{
	int fd = privcmd_open();

	load_pciback();
	all_fail(fd, ENODEV);
	unload_pciback();
	all_fail(fd, EOPNOTSUPP);
}

static bool has_line(const char *dir, const char *file, const char *want)
{
	char path[300], line[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	return !strcmp(line, want);
}

/*
 * Finds a host bridge without a driver and without an interrupt. pciback can
 * take it and return it without disturbing anything.
 */
static bool find_bridge(char *name, size_t size)
{
	bool found = false;
	glob_t g = { 0 };
	size_t i;

	glob("/sys/bus/pci/devices/*", 0, NULL, &g);
	for (i = 0; i < g.gl_pathc && !found; i++) {
		char driver[300];

		snprintf(driver, sizeof(driver), "%s/driver", g.gl_pathv[i]);
		found = has_line(g.gl_pathv[i], "class", "0x060000") &&
			has_line(g.gl_pathv[i], "irq", "0") &&
			access(driver, F_OK);
		if (found)
			snprintf(name, size, "%s",
				 strrchr(g.gl_pathv[i], '/') + 1);
	}
	globfree(&g);
	return found;
}

static bool tell_pciback(const char *file, const char *name)
{
	char path[128];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), PCIBACK "/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name);
	close(fd);
	return ok;
}

TAP_CASE(gsi_device_without_interrupt, .rows = "A16")
{
	struct privcmd_pcidev_get_gsi g = { .gsi = 0x5555 };
	unsigned int segment, bus, dev, fn;
	int fd = privcmd_open();
	char name[32];

	load_pciback();
	if (!find_bridge(name, sizeof(name))) {
		unload_pciback();
		skip("there is no host bridge that pciback could take");
	}
	must(sscanf(name, "%x:%x:%x.%x", &segment, &bus, &dev, &fn) == 4);
	g.sbdf = segment << 16 | bus << 8 | dev << 3 | fn;
	if (!tell_pciback("new_slot", name) || !tell_pciback("bind", name)) {
		tell_pciback("remove_slot", name);
		unload_pciback();
		skip("pciback takes no device without an interrupt here");
	}
	check_errno(get_gsi(fd, &g), ENOENT);
	check_eq(g.gsi, 0x5555);
	check(tell_pciback("unbind", name) &&
	      tell_pciback("remove_slot", name));
	check_errno(get_gsi(fd, &g), ENODEV);
	unload_pciback();
}
