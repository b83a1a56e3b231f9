// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs after all other cases: the guest's kernel has logged no error.
 */
#include "guest.h"

#define PATTERNS "/log-errors"

static char pattern[64][80];
static size_t patterns;

static void read_patterns(void)
{
	FILE *f = fopen(PATTERNS, "r");

	if (!f)
		bail(PATTERNS ": %s", strerror(errno));
	while (patterns < ARRAY_SIZE(pattern) &&
	       fgets(pattern[patterns], sizeof(*pattern), f)) {
		pattern[patterns][strcspn(pattern[patterns], "\n")] = 0;
		if (pattern[patterns][0] && pattern[patterns][0] != '#')
			patterns++;
	}
	fclose(f);
	must(patterns > 10);
}

/*
 * While a driver has pages of the balloon, the balloon driver may wake up, find
 * too few pages of its own, and add memory at an address for which arm64 has no
 * room. The kernel warns of that, with any driver.
 */
static bool balloon_hotplug(const char *line)
{
	return strstr(line, "WARNING: CPU") && strstr(line, "vmemmap_populate");
}

static bool complains(const char *line)
{
	size_t i;

	if (balloon_hotplug(line))
		return false;

	for (i = 0; i < patterns; i++)
		if (strstr(line, pattern[i]))
			return true;
	return false;
}

TAP_CASE(guest_kernel_log)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), show = 0;
	unsigned int complaints = 0;
	bool ours = false;
	char line[8192];
	ssize_t n;

	read_patterns();
	must(fd >= 0);
	while ((n = read(fd, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		line[strcspn(line, "\n")] = 0;
		ours |= strstr(line, "xen_privcmd: loading out-of-tree") !=
			NULL;
		if (complains(line) && complaints++ == 0)
			show = 40; /* lines: the first error and its trace */
		if (show-- > 0)
			tap_note("%s", line);
	}
	check_eq(errno, EAGAIN);
	check_eq(complaints, 0);
	check(ours); /* the right log, and complete */
}
