// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The example programs of xenfm(3) on a real device.
 */
#include "xenfm_run.h"

#define EXAMPLE(n) "/usr/bin/xenfm-example-" #n

/* The program maps frames 0 to 3, whether the domain has them or not. */
TAP_CASE(example_map)
{
	struct domain *d = domain_new(DOMAIN_HVM, 4);
	char want[128] = "", complaint[512] = "";
	char *to = want, *also = complaint;

	for (__u64 i = 0; i < 4; i++) {
		int e = frame_error(d, i);
		struct area a;

		if (e) {
			also += sprintf(also,
					"xenfm-example-1: frame %llu: %s\n", i,
					strerror(-e));
			continue;
		}
		a = area_new(privcmd_open(), 1);
		must(check_eq(v2(a.fd, d->id, a.va, &i, &e, 1), 0));
		to += sprintf(to, "%llu: %02x\n", i, *a.va);
		area_done(&a);
	}
	run_program(EXAMPLE(1), "%u", d->id);
	check_failed(0, want, "%s", complaint);
	run_program(EXAMPLE(1), "%u", NO_DOMAIN);
	check(ran.status == 1 || strstr(ran.err, strerror(ESRCH)));
	run_program(EXAMPLE(1), "%s", "");
	check_failed(2, "", "xenfm-example-1: usage: xenfm-example-1 DOMID\n");
}

/* Copies four bytes from one page to two pages. */
TAP_CASE(example_guest_memory)
{
	struct domain *d = domain_new(DOMAIN_HVM, 3);
	__u64 from = d->frame[0] * PAGE + 100, to = d->frame[2] * PAGE - 2;
	bool lazy = driver() && driver()->features & PRIVCMD_X_FEATURE_MAP;
	unsigned char *page = buffer(1);
	struct area a;
	char want[16];

	page_fill(page, domain_seed(d, 0));
	snprintf(want, sizeof(want), "%02x%02x%02x%02x\n", page[100], page[101],
		 page[102], page[103]);
	run_program(EXAMPLE(2), "%u 0x%llx 0x%llx", d->id, from, to);
	check_failed(0, want, "xenfm-example-2: %s, %d frames failed\n",
		     lazy ? "lazy" : "at once", lazy ? 0 : 4096 - 3);
	a = area_new(privcmd_open(), 3);
	must(map_frames(&a, d, 0));
	check(!memcmp(a.va + 2 * PAGE - 2, page + 100, 4));
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
	/* There is no page after the last one, which only the access finds out. */
	run_program(EXAMPLE(2), "%u 0x%llx 0x%llx", d->id, from, to + PAGE);
	if (driver())
		check_eq(ran.status, -SIGBUS);
	domain_destroy(d);
	check(domain_gone(d));
}
