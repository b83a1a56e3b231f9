// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs in dom0 and makes a guest's xenstore appear late. It hides the frame of
 * the ring from a guest that does not run yet, and shows it later, with the
 * event that the guest waits for. It works for PVH and Arm guests only.
 *
 *	late-store hide DOMID		prints the frame that it hides
 *	late-store show DOMID FRAME
 */
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/privcmd.h>

static void call(const char *what, unsigned long op, unsigned long cmd,
		 void *arg)
{
	struct privcmd_hypercall c = { op, { cmd, (unsigned long)arg } };
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &c) < 0) {
		fprintf(stderr, "late-store: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

static uint64_t get(domid_t dom, uint32_t index)
{
	struct xen_hvm_param p = { .domid = dom, .index = index };

	call("HVMOP_get_param", __HYPERVISOR_hvm_op, HVMOP_get_param, &p);
	return p.value;
}

static void set(domid_t dom, uint32_t index, uint64_t value)
{
	struct xen_hvm_param p = {
		.domid = dom,
		.index = index,
		.value = value,
	};

	call("HVMOP_set_param", __HYPERVISOR_hvm_op, HVMOP_set_param, &p);
}

/*
 * Sends the event that xenstored would send, from its end of the guest's
 * channel.
 */
static void notify(domid_t dom)
{
	struct evtchn_status s = {
		.dom = dom,
		.port = get(dom, HVM_PARAM_STORE_EVTCHN),
	};
	struct evtchn_send send;

	call("EVTCHNOP_status", __HYPERVISOR_event_channel_op, EVTCHNOP_status,
	     &s);
	if (s.status != EVTCHNSTAT_interdomain || s.u.interdomain.dom != 0) {
		fprintf(stderr, "late-store: xenstored is not connected\n");
		exit(1);
	}
	send.port = s.u.interdomain.port;
	call("EVTCHNOP_send", __HYPERVISOR_event_channel_op, EVTCHNOP_send,
	     &send);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hide")) {
		domid_t dom = atoi(argv[2]);

		printf("%lu\n", (unsigned long)get(dom, HVM_PARAM_STORE_PFN));
		set(dom, HVM_PARAM_STORE_PFN, ~0UL);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "show")) {
		domid_t dom = atoi(argv[2]);

		set(dom, HVM_PARAM_STORE_PFN, strtoul(argv[3], NULL, 10));
		notify(dom);
		return 0;
	}
	fprintf(stderr, "usage: late-store hide DOMID | show DOMID FRAME\n");
	return 2;
}
