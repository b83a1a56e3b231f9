// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls to the driver and the hypervisor. This file has all ioctls of privcmd that do not
 * belong to an eventfd.
 */
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/hvm/dm_op.h>
#include <xen/memory.h>
#include <xen/sys/evtchn.h>
#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "xen.h"

#define XEN_PAGE 4096
#define EVTCHN	 "/dev/xen/evtchn"

static int privcmd = -1, evtchn = -1;
static uint16_t domid;

int xen_open(const char *node, uint16_t dom, const char **what)
{
	domid = dom;
	*what = node;
	privcmd = open(node, O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		return -errno;
	*what = EVTCHN;
	evtchn = open(EVTCHN, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return evtchn < 0 ? -errno : 0;
}

uint16_t xen_domid(void)
{
	return domid;
}

int xen_privcmd(void)
{
	return privcmd;
}

int xen_evtchn(void)
{
	return evtchn;
}

int xen_restrict(void)
{
	struct ioctl_evtchn_restrict_domid ports = { domid };
	domid_t to = domid;

	if (ioctl(privcmd, IOCTL_PRIVCMD_RESTRICT, &to) ||
	    ioctl(evtchn, IOCTL_EVTCHN_RESTRICT_DOMID, &ports))
		return -errno;
	return 0;
}

int xen_dm_op(struct xen_dm_op *op)
{
	struct privcmd_dm_op_buf buf = { op, sizeof(*op) };
	struct privcmd_dm_op arg = { domid, 1, &buf };

	return ioctl(privcmd, IOCTL_PRIVCMD_DM_OP, &arg) ? -errno : 0;
}

int xen_hypercall(unsigned int op, uint64_t arg0, uint64_t arg1)
{
	struct privcmd_hypercall call = { .op = op, .arg = { arg0, arg1 } };
	int ret = ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return ret < 0 ? -errno : ret;
}

/* The page is the second one of the resource, after that of buffered requests. */
int xen_map_ioreq_page(unsigned int server, void **page)
{
	struct privcmd_mmap_resource op = {
		.dom = domid,
		.type = XENMEM_resource_ioreq_server,
		.id = server,
		.idx = XENMEM_resource_ioreq_server_frame_ioreq(0),
		.num = 1,
	};
	void *area = mmap(NULL, XEN_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  privcmd, 0);
	int ret;

	if (area == MAP_FAILED)
		return -errno;
	op.addr = (unsigned long)area;
	if (ioctl(privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &op)) {
		ret = -errno;
		munmap(area, XEN_PAGE);
		return ret;
	}
	*page = area;
	return 0;
}

static int xen_copy(uint64_t guest_addr, const void *buf, size_t len,
		    uint32_t flags)
{
	struct privcmd_x_copy op = {
		.size = sizeof(op),
		.flags = flags | PRIVCMD_X_COPY_CONTIGUOUS,
		.dom = domid,
		.frames = guest_addr / XEN_PAGE,
		.offset = guest_addr % XEN_PAGE,
		.len = len,
		.buf = (unsigned long)buf,
	};

	op.num = (op.offset + len + XEN_PAGE - 1) / XEN_PAGE;
	return ioctl(privcmd, PRIVCMD_X_COPY, &op) ? -errno : 0;
}

int xen_read_guest(uint64_t guest_addr, void *buf, size_t len)
{
	return xen_copy(guest_addr, buf, len, 0);
}

int xen_write_guest(uint64_t guest_addr, const void *buf, size_t len)
{
	return xen_copy(guest_addr, buf, len, PRIVCMD_X_COPY_WRITE);
}

int xen_memory_file(uint64_t guest_addr, uint64_t size)
{
	struct privcmd_x_memory op = {
		.size = sizeof(op),
		.dom = domid,
		.first = guest_addr / XEN_PAGE,
		.num = size / XEN_PAGE,
	};
	int fd = ioctl(privcmd, PRIVCMD_X_MEMORY, &op);

	return fd < 0 ? -errno : fd;
}
