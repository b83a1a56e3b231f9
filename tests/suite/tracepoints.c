// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The exact text of the module's tracepoints.
 */
#include <stdint.h>
#include <xen/xen.h>

#include "dom0/events.h"
#include "suite.h"

TAP_CASE(events_ioctl)
{
	int fd = privcmd_open();
	char line[128];

	need_ours();
	events_record("privcmd_ioctl");
	check_eq(restrict_to(fd, 7), 0);
	check_errno(restrict_to(fd, 8), EINVAL);
	snprintf(line, sizeof(line), " privcmd_ioctl: cmd=%#x ret=",
		 (unsigned int)IOCTL_PRIVCMD_RESTRICT);
	check_eq(events_seen(line), 2);
	check_eq(events_seen("ret=0\n"), 1);
	check_eq(events_seen("ret=-22\n"), 1);
}

TAP_CASE(events_map)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	__u64 frame[] = { d->frame[0], BAD_FRAME, d->frame[2] };
	char line[160];

	need_ours();
	events_record("privcmd_map");
	check_eq(v2(a.fd, d->id, a.va, frame, (int[3]){ 0 }, 3), 0);
	snprintf(
		line, sizeof(line),
		" privcmd_map: dom=%u addr=%#lx nr=3 readonly=0 failed=1 ret=0\n",
		d->id, (unsigned long)a.va);
	check_eq(events_seen(line), 1);
	check_eq(events_seen(" privcmd_map:"), 1);
}

/*
 * A mapping that was never populated has no domain: the event says
 * DOMID_INVALID.
 */
TAP_CASE(events_unmap)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3), b = area_new(a.fd, 2);
	char line[128];

	need_ours();
	must(map_frames(&a, d, 0));
	events_record("privcmd_unmap");
	check_eq(munmap(a.va, 3 * PAGE), 0);
	snprintf(line, sizeof(line), " privcmd_unmap: dom=%u addr=%#lx nr=3\n",
		 d->id, (unsigned long)a.va);
	check_eq(events_seen(line), 1);
	check_eq(munmap(b.va, 2 * PAGE), 0);
	snprintf(line, sizeof(line), " privcmd_unmap: dom=%u addr=%#lx nr=2\n",
		 DOMID_INVALID, (unsigned long)b.va);
	check_eq(events_seen(line), 1);
}
