// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PID 1 of a guest in which the module is loaded. Its TAP goes to the console,
 * which dom0 keeps. A line follows that says that the output is complete. In a
 * dom0 it is an ordinary program, for the cases that can run there.
 */
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>

#include "guest.h"

struct tap_case *tap_first, **tap_tail = &tap_first;
struct tap_result *tap_result;
bool tap_hazards;
unsigned int tap_slow = 1;

static const struct {
	const char *type, *where;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
	{ "securityfs", "/sys/kernel/security" },
};

static void bring_up(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
			  NULL) < 0)
			printf("# mount %s: %s\n", mounts[i].where,
			       strerror(errno));
	}
}

bool told(const char *word)
{
	char line[1024] = " ";
	char key[64];
	FILE *f = fopen("/proc/cmdline", "r");

	if (!f || !fgets(line + 1, sizeof(line) - 2, f))
		bail("cannot read the kernel's command line");
	fclose(f);
	line[strcspn(line, "\n")] = ' ';
	snprintf(key, sizeof(key), " %s ", word);
	return strstr(line, key);
}

int main(int argc, char **argv)
{
	static char *all[] = { "init", "guest_*", NULL };
	int status;

	if (getpid() != 1)
		return tap_main(argc, argv, NULL);
	bring_up();
	status = tap_main(2, all, NULL);
	printf("in-guest: end %d\n", status);
	fflush(stdout);
	sleep(1); /* gives dom0 time to read the console */
	sync();
	reboot(RB_POWER_OFF);
	return status;
}
