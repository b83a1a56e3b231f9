// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * kmemleak's file is in debugfs. debugfs is not left mounted for the command,
 * which decides by itself whether it needs it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "leaks.h"
#include "report.h"

#define HERE "/rig/debugfs"

/* kmemleak reports only memory that is older than this many seconds. */
#define AGE 5

static int leaks = -1;

static void tell(const char *what)
{
	if (write(leaks, what, strlen(what)) != (ssize_t)strlen(what))
		fail("kmemleak does not take '%s'", what);
}

void leaks_start(void)
{
	mkdir(HERE, 0700);
	if (mount("debugfs", HERE, "debugfs", 0, NULL) < 0)
		return;
	leaks = open(HERE "/kmemleak", O_RDWR | O_CLOEXEC);
	umount2(HERE, MNT_DETACH);
	if (leaks < 0)
		return;
	tell("scan=off"); /* no scans in between */
	tell("scan");
	tell("clear");
}

void leaks_search(void)
{
	char buf[4096];
	ssize_t n;

	if (leaks < 0)
		return;
	sleep(AGE + 1);
	/* Memory that is found only once may have been moved at that time. */
	tell("scan");
	tell("scan");
	lseek(leaks, 0, SEEK_SET);
	while ((n = read(leaks, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stderr);
}
