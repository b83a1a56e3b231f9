// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm-demo: shows the main job step by step, in a PV dom0. It writes another
 * domain's memory through Debian's libxenforeignmemory and reads it through
 * libxenfm. One of the frames can only be mapped read-only. Each step is
 * checked: the case passes only if everything is as the text says.
 */
#include <ctype.h>
#include <xenforeignmemory.h>
#include <xenfm.h>

#include "dom0/area.h"

TAP_MAIN

#define GREETING "Hello from a domain that this program did not start."

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void dump(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i += 16) {
		printf("    %04zx ", i);
		for (size_t j = i; j < i + 16; j++)
			printf(" %02x", p[j]);
		printf("  ");
		for (size_t j = i; j < i + 16; j++)
			putchar(isprint(p[j]) ? p[j] : '.');
		putchar('\n');
	}
}

static void write_by_foreignmemory(const struct domain *d)
{
	xenforeignmemory_handle *fm = xenforeignmemory_open(NULL, 0);
	xen_pfn_t pages[2] = { d->frame[0], d->frame[1] };
	int err[2];
	char *p;

	must(fm != NULL);
	p = xenforeignmemory_map(fm, d->id, PROT_READ | PROT_WRITE, 2, pages,
				 err);
	must(p && !err[0] && !err[1]);
	strcpy(p, GREETING);
	memset(p + PAGE, 0, PAGE);
	check_eq(xenforeignmemory_unmap(fm, p, 2), 0);
	check_eq(xenforeignmemory_close(fm), 0);
	say("Debian's libxenforeignmemory mapped its frames %#llx and %#llx writable, and wrote into the first.",
	    d->frame[0], d->frame[1]);
}

static const char *name_of(const struct xenfm_frame *f)
{
	static const char *const names[] = { "none", "lazy", "read-write",
					     "READ-ONLY" };

	return f->state < ARRAY_SIZE(names) ? names[f->state] : "?";
}

static void show(struct xenfm *fm, const struct domain *d, const char *p)
{
	struct xenfm_frame f[2];

	must(check_eq(xenfm_status(fm, p, 2, f), 0));
	for (int i = 0; i < 2; i++)
		say("    frame %#llx: %s", d->frame[i], name_of(&f[i]));
	check_eq(f[0].state, XENFM_FRAME_RW);
	check_eq(f[1].state, XENFM_FRAME_RO);
}

static void map_by_xenfm(struct xenfm *fm, const struct domain *d)
{
	struct xenfm_frame f;
	int err[2];
	void *addr;
	char *p;

	must(check_eq(domain_pin_l1(d, 1), 0));
	say("Frame %#llx is now a page table of that domain: the hypervisor refuses writable mappings of it.",
	    d->frame[1]);
	must(check_eq(xenfm_map(fm, d->id, (const uint64_t *)d->frame, 2,
				XENFM_MAP_WRITE, 0, err, &addr),
		      0));
	check_eq(err[0], 0);
	check_eq(err[1], 0);
	p = addr;
	say("libxenfm asked for both, writable, and got:");
	show(fm, d, p);
	say("The first one's bytes:");
	dump((unsigned char *)p, 64);
	check(!strcmp(p, GREETING));
	check_eq(p[PAGE], 0);
	check_eq(poke(p + PAGE, 1), SIGBUS);
	say("A write to the read-only one ends in SIGBUS.");

	must(check_eq(domain_unpin(d, 1), 0));
	check_eq(poke(p + PAGE, 1), 0);
	check_eq(p[PAGE], 1);
	must(check_eq(xenfm_status(fm, p + PAGE, 1, &f), 0));
	check_eq(f.state, XENFM_FRAME_RW);
	say("It is not a page table any more: the same write now succeeds, and the frame is %s.",
	    name_of(&f));
	check_eq(xenfm_unmap(fm, addr, 2), 0);
}

TAP_CASE(demo)
{
	struct domain *d;
	struct xenfm *fm;

	must(check_eq(xenfm_open(&fm, 0), 0));
	must(check_eq(xenfm_info(fm)->driver, XENFM_DRIVER_XEN_PRIVCMD));
	say("Driver of %s: xen-privcmd %s.", xenfm_device(),
	    xenfm_info(fm)->version);
	d = domain_new(DOMAIN_PV, 2);
	say("Domain %u made: a PV domain with %zu pages, never started.", d->id,
	    d->n);
	write_by_foreignmemory(d);
	map_by_xenfm(fm, d);
	xenfm_close(fm);
	domain_destroy(d);
	check(domain_gone(d));
	say("Unmapped and destroyed: domain %u is gone.", d->id);
}
