// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module parameter that lifts the restriction in a guest, and the lockdown
 * that restores it.
 */
#include "guest.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, text, strlen(text)) > 0;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return good;
}

static void may_call(int fd)
{
	struct privcmd_x_hypercall x = { .size = sizeof(x), .op = 17 };

	check_eq(fdinfo(fd, "xen-privcmd-domid"), -1);
	check(version(fd) >= 0x40000);
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &x), 0);
	check_eq(x.result, version(fd));
}

TAP_CASE(guest_unrestricted, .rows = "A17")
{
	char value[8];
	int fd;

	ask("target 777");
	module_load("unrestricted=1");
	must(param_get("unrestricted", value, sizeof(value)));
	check(!strcmp(value, "Y"));
	fd = device_open();
	may_call(fd);
	/* The file can be restricted, as in dom0. */
	check_eq(restrict_to(fd, 5), 0);
	check_errno(restrict_to(fd, 777), EINVAL);
	check_errno(version(fd), EPERM);
	close(fd);
	fd = device_open();
	may_call(fd);
	close(fd);
	check_eq(module_unload(), 0);
}

/*
 * The parameter is read when the module is loaded, and cannot be changed
 * afterwards.
 */
TAP_CASE(guest_unrestricted_is_read_only, .rows = "A17")
{
	static const char file[] =
		"/sys/module/xen_privcmd/parameters/unrestricted";
	char value[8];

	ask("no-target");
	module_load("unrestricted=0");
	check_eq(write_text(file, "1") ? 0 : errno, EACCES);
	must(param_get("unrestricted", value, sizeof(value)));
	check(!strcmp(value, "N"));
	check_eq(born(), DOMID_IDLE);
	check_eq(module_unload(), 0);
}

/*
 * The kernel's lockdown cannot be undone, so this is the last case that loads
 * the module. An open file keeps its rights. A file that is opened afterwards
 * is restricted to the target, as without the parameter.
 */
TAP_CASE(guest_unrestricted_until_lockdown, .rows = "A17")
{
	int before, after, none;
	struct area a;

	ask("target 777");
	module_load("unrestricted=1");
	before = device_open();
	none = device_open();
	check_eq(restrict_to(none, DOMID_IDLE), 0);
	may_call(before);
	must(write_text(LOCKDOWN, "integrity"));
	after = device_open();
	check_eq(fdinfo(after, "xen-privcmd-domid"), 777);
	check_errno(version(after), EPERM);
	a = area_new(after, 1);
	check_errno(v2(after, 0, a.va, (__u64[1]){ 1 }, (int[1]){ 0 }, 1),
		    EPERM);
	check_errno(restrict_to(after, DOMID_IDLE), EINVAL);
	area_gone(&a);
	may_call(before);
	check_errno(version(none), EPERM);
	check_eq(born(), 777);
	close(before);
	close(after);
	close(none);
	check_eq(module_unload(), 0);
}
