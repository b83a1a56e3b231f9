// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * `xenfm memory` on a real device: programs that know nothing of Xen read and
 * write a domain's memory. tests/host/unit tests the tool's command line.
 */
#include "xenfm_run.h"

/* From <xen/xen.h> and <xen/memory.h>, which device.h excludes. */
#define HYPERVISOR_memory_op 12
#define MEM_maximum_gpfn     14

static void need_memory(void)
{
	if (!driver() || !(driver()->features & PRIVCMD_X_FEATURE_MEMORY))
		skip("the driver has no X_MEMORY");
	/* udev makes this link, and the rig's dom0 has no udev. */
}

/* The last run succeeded and wrote exactly these bytes. */
static void check_bytes(const void *want, size_t len)
{
	check_eq(ran.status, 0);
	check(!*ran.err);
	if (check_eq(ran.len, len))
		check(!memcmp(ran.out, want, len));
}

TAP_CASE(tool_memory)
{
	static const char *const options[] = { "", "--read-only",
					       "--zero-holes" };
	unsigned char *want = buffer(3);
	struct three t;

	need_memory();
	t = three_new();
	for (size_t i = 0; i < 3; i++)
		page_fill(want + i * PAGE, domain_seed(t.d, t.page[i]));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		xenfm("memory %u 0x%llx %lu %s -- /bin/cat {}", t.d->id,
		      t.first * PAGE, 3 * PAGE, options[i]);
		check_bytes(want, 3 * PAGE);
	}
	domain_destroy(t.d);
	check(domain_gone(t.d));
}

TAP_CASE(tool_memory_write)
{
	struct domain *d;
	struct area a;

	need_memory();
	d = domain_new(DOMAIN_HVM, 3);
	run_input("twelve bytes", 12);
	xenfm("memory %u 0x%llx %lu -- /bin/dd of={} conv=notrunc", d->id,
	      (d->frame[0] + 1) * PAGE, PAGE);
	check_eq(ran.status, 0);
	a = area_new(privcmd_open(), 3);
	must(map_frames(&a, d, 0));
	check(!memcmp(a.va + PAGE, "twelve bytes", 12));
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(a.va + 2 * PAGE, domain_seed(d, 2)));
	/* A file that is read-only cannot be opened for writing. */
	xenfm("memory %u 0x%llx %lu --read-only -- /bin/dd of={} conv=notrunc",
	      d->id, d->frame[0] * PAGE, PAGE);
	check_eq(ran.status, 1);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
}

/* Three pages, and four at which the domain has no memory. */
TAP_CASE(tool_memory_holes)
{
	unsigned char *want = buffer(7);
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_HVM, 3);
	for (size_t i = 0; i < 3; i++)
		page_fill(want + i * PAGE, domain_seed(d, i));
	xenfm("memory %u 0x%llx %lu --zero-holes -- /bin/cat {}", d->id,
	      d->frame[0] * PAGE, 7 * PAGE);
	check_bytes(want, 7 * PAGE);
	xenfm("memory %u 0x%llx %lu -- /bin/cat {}", d->id, d->frame[0] * PAGE,
	      7 * PAGE);
	check_eq(ran.status, 1);
	check(strstr(ran.err, strerror(EIO)) != NULL);
	if (check_eq(ran.len, 3 * PAGE))
		check(!memcmp(ran.out, want, 3 * PAGE));
}

static long number_of_frames(const struct domain *d)
{
	uint16_t id = d->id;

	return control(HYPERVISOR_memory_op, MEM_maximum_gpfn,
		       (unsigned long)&id, 0, 0) +
	       1;
}

TAP_CASE(tool_memory_all)
{
	unsigned char *want = buffer(1);
	unsigned long long size = 0;
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_HVM, 2);
	xenfm("memory %u -- /bin/ls -lL {}", d->id);
	check_eq(ran.status, 0);
	check(sscanf(ran.out, "%*s %*s %*s %*s %llu", &size) == 1);
	check_eq(size, number_of_frames(d) * PAGE);
	check(size >= (d->frame[1] + 1) * PAGE);
	page_fill(want, domain_seed(d, 1));
	xenfm("memory %u -- /bin/dd if={} bs=4096 skip=%llu count=1", d->id,
	      d->frame[1]);
	check_eq(ran.status, 0);
	if (check_eq(ran.len, PAGE))
		check(!memcmp(ran.out, want, PAGE));
	domain_destroy(d);
	check(domain_gone(d));
}

/* The frames of a PV domain may be anywhere in the machine. */
TAP_CASE(tool_memory_all_of_a_pv_domain)
{
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_ANY, 1);
	xenfm("memory %u -- /bin/true", d->id);
	if (d->hvm)
		check_out("");
	else
		check_failed(1, "",
			     "xenfm: memory: domain %u: the frames of a PV "
			     "domain are machine frames: name ADDR and LEN\n",
			     d->id);
}

TAP_CASE(tool_memory_exit_status)
{
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_ANY, 1);
	xenfm("memory %u 0x%llx %lu -- /usr/bin/xenfm bogus", d->id,
	      d->frame[0] * PAGE, PAGE);
	check_failed(2, "",
		     "xenfm: unknown command 'bogus', see 'xenfm --help'\n");
	xenfm("memory %u 0x%llx %lu -- /bin/true", d->id, d->frame[0] * PAGE,
	      PAGE);
	check_out("");
	xenfm("memory %u 0x%llx %lu -- /nothing", d->id, d->frame[0] * PAGE,
	      PAGE);
	check_failed(
		127, "",
		"xenfm: memory: cannot run /nothing: No such file or directory\n");
}

TAP_CASE(tool_memory_domain_gone)
{
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_ANY, 1);
	domain_destroy(d);
	must(domain_gone(d));
	xenfm("memory %u 0x%llx %lu -- /bin/true", d->id, d->frame[0] * PAGE,
	      PAGE);
	check_failed(1, "",
		     "xenfm: memory: domain %u: no such domain, or none that "
		     "can be mapped from here\n",
		     d->id);
	xenfm("memory %u -- /bin/true", d->id);
	check_failed(1, "",
		     "xenfm: memory: domain %u: no such domain, or none that "
		     "can be mapped from here\n",
		     d->id);
}
