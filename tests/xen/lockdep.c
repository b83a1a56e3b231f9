// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#include <stdio.h>

#include "lockdep.h"
#include "report.h"

void lockdep_must_be_on(void)
{
	FILE *f = fopen("/proc/lockdep_stats", "re");
	char line[256];
	int on = -1;

	if (!f)
		return;
	while (on < 0 && fgets(line, sizeof(line), f))
		sscanf(line, " debug_locks: %d", &on);
	fclose(f);
	/* the reason is in the log, which is reported first */
	log_scan();
	if (on != 1 && !log_error())
		fail("lockdep has turned itself off");
}
