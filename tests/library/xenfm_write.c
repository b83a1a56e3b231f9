// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * `xenfm write` on a real device, and `xenfm read` into a file. Another mapping
 * shows what was written.
 */
#include "xenfm_run.h"

static void fill(unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = i * 13 + (i >> 8) + 1;
}

/* More than the tool copies at a time. Neither end is at the border of a page. */
TAP_CASE(tool_write)
{
	struct domain *d = domain_new(DOMAIN_HVM, 400);
	size_t len = 397 * PAGE + 77;
	unsigned char *bytes = buffer(398), *old = buffer(1);
	struct area a = area_new(privcmd_open(), d->n);
	unsigned char *got = a.va;

	fill(bytes, len);
	run_input(bytes, len);
	xenfm("write %u 0x%llx", d->id, d->frame[0] * PAGE + 9);
	check_out("");
	must(map_frames(&a, d, 0));
	check(!memcmp(got + 9, bytes, len));
	page_fill(old, domain_seed(d, 0));
	check(!memcmp(got, old, 9));
	page_fill(old, domain_seed(d, 397));
	check(!memcmp(got + 397 * PAGE + 86, old + 86, PAGE - 86));
	check(page_has(got + 399 * PAGE, domain_seed(d, 399)));
	/* Exactly as many bytes as asked for. */
	xenfm("write %u 0x%llx 5", d->id, d->frame[399] * PAGE);
	check_out("");
	check(!memcmp(got + 399 * PAGE, bytes, 5));
	page_fill(old, domain_seed(d, 399));
	check(!memcmp(got + 399 * PAGE + 5, old + 5, PAGE - 5));
	area_done(&a);
}

TAP_CASE(tool_write_until_bad_frame)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	int e = frame_error(d, d->frame[0] + 1);
	struct area a = area_new(privcmd_open(), 1);

	run_input("twelve bytes", 12);
	xenfm("write %u 0x%llx", d->id, d->frame[0] * PAGE + 4090);
	check_failed(1, "",
		     "xenfm: write: frame 0x%llx of domain %u: %s (%s)\n",
		     d->frame[0] + 1, d->id, strerrorname_np(-e), strerror(-e));
	must(map_frames(&a, d, 0));
	check(!memcmp(a.va + 4090, "twelve", 6));
	area_done(&a);
}

/* A page table of a PV domain can be read but not written. */
TAP_CASE(tool_write_read_only)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	must(map_frames(&a, d, 0));
	memset(a.va, 0, PAGE);
	area_done(&a);
	if (!xlate())
		must(check_eq(domain_pin_l1(d, 0), 0));
	run_input("x", 1);
	xenfm("write %u 0x%llx", d->id, d->frame[0] * PAGE);
	check_eq(ran.status, xlate() ? 0 : 1);
	if (!xlate())
		check(strstr(ran.err, "xenfm: write: frame 0x") == ran.err);
	xenfm("read %u 0x%llx 1", d->id, d->frame[0] * PAGE);
	check_eq(ran.status, 0);
	check(ran.len == 1 && *ran.out == (xlate() ? 'x' : 0));
	if (!xlate())
		must(check_eq(domain_unpin(d, 0), 0));
}

TAP_CASE(tool_read_to_a_file)
{
	struct domain *d = domain_new(DOMAIN_HVM, 5);
	unsigned char *want = buffer(5), *got = buffer(6);
	int fd;

	for (size_t i = 0; i < 5; i++)
		page_fill(want + i * PAGE, domain_seed(d, i));
	xenfm("read %u 0x%llx %lu --output /tmp/memory --progress", d->id,
	      d->frame[0] * PAGE, 5 * PAGE);
	check_failed(0, "", "xenfm: read: %lu of %lu bytes, 100%%\n", 5 * PAGE,
		     5 * PAGE);
	fd = open("/tmp/memory", O_RDONLY);
	must(fd >= 0);
	check_eq(read(fd, got, 6 * PAGE), 5 * PAGE);
	check(!memcmp(got, want, 5 * PAGE));
	unlink("/tmp/memory");
}
