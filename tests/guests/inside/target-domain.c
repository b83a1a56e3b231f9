// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs in dom0 and makes a domain with patterns in its memory, and tells Xen
 * that it is the target of a guest. Prints its domid and its first frame, then
 * waits to be terminated and destroys it.
 *
 *	target-domain GUEST
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>

#include "dom0/domain.h"
#include "tap.h"

#define PAGES 8

struct tap_case *tap_first, **tap_tail = &tap_first;
static struct tap_result result;
struct tap_result *tap_result = &result;
bool tap_hazards;
unsigned int tap_slow = 1;

int main(int argc, char **argv)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_set_target,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
	};
	sigset_t wanted;
	struct domain *d;
	int sig;

	if (argc != 2) {
		fprintf(stderr, "usage: target-domain GUEST\n");
		return 2;
	}
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	d = domain_new(DOMAIN_HVM, PAGES);
	domain_add_vcpu(d);
	op.domain = atoi(argv[1]);
	op.u.set_target.target = d->id;
	if (control(__HYPERVISOR_domctl, (unsigned long)&op, 0, 0, 0)) {
		perror("target-domain: set_target");
		return 1;
	}
	printf("%u %llu\n", d->id, (unsigned long long)d->frame[0]);
	fflush(stdout);
	sigwait(&wanted, &sig);
	return 0;
}
