// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls that copy, that only answer, or that restrict, and unknown calls.
 */
#include "fuzz.h"

/* From <xen/xen.h>, which device.h excludes: see domain.h. */
#define HYPERVISOR_xen_version 17

void call_x_status(struct caller *c)
{
	struct place p = any_place(c);
	struct privcmd_x_status x = {
		.size = any_size(c, sizeof(x)),
		.flags = one_in(&c->rng, 32),
		.addr = p.addr,
		.num = p.n,
		.status = any_buffer(c),
	};

	ioctl(p.fd, PRIVCMD_X_STATUS, &x);
}

void call_x_copy(struct caller *c)
{
	struct privcmd_x_copy x = {
		.size = any_size(c, sizeof(x)),
		.flags = below(&c->rng, 4),
		.dom = any_domid(c),
		.num = any_count(c),
		.offset = one_in(&c->rng, 2) ? 0 : below(&c->rng, PAGE + 1),
		.buf = any_buffer(c),
	};

	if (one_in(&c->rng, 32))
		x.flags = any64(c);
	x.len = x.num * PAGE - x.offset;
	if (one_in(&c->rng, 2))
		x.len = below(&c->rng, SLOT_PAGES * PAGE);
	if (one_in(&c->rng, 24))
		x.len = any64(c);
	x.frames = x.flags & PRIVCMD_X_COPY_CONTIGUOUS ?
			   any_frame(c, x.dom) :
			   any_frames(c, x.dom, x.num);
	ioctl(any_file(c), PRIVCMD_X_COPY, &x);
}

void call_x_info(struct caller *c)
{
	struct privcmd_x_info x = { .size = any_size(c, sizeof(x)) };

	ioctl(any_file(c), PRIVCMD_X_INFO,
	      one_in(&c->rng, 4) ? (void *)(unsigned long)any_address(c) : &x);
}

/*
 * Only hypercalls that are harmless whatever their arguments are. A user is
 * refused.
 */
void call_hypercall(struct caller *c)
{
	struct privcmd_hypercall h = {
		.op = HYPERVISOR_xen_version,
		.arg = { below(&c->rng, 12), any_buffer(c) },
	};
	struct privcmd_x_hypercall x = {
		.size = any_size(c, sizeof(x)),
		.flags = one_in(&c->rng, 32),
		.op = h.op,
		.arg = { h.arg[0], h.arg[1] },
	};

	if (one_in(&c->rng, 16))
		h.op = x.op = PICK(c, 64, 4096, 0xffffffff);
	if (one_in(&c->rng, 2))
		ioctl(any_file(c), IOCTL_PRIVCMD_HYPERCALL, &h);
	else
		ioctl(any_file(c), PRIVCMD_X_HYPERCALL, &x);
}

void call_gsi(struct caller *c)
{
	struct privcmd_pcidev_get_gsi g = { .sbdf = below(&c->rng, 0x400) };

	if (one_in(&c->rng, 4))
		g.sbdf = any64(c);
	ioctl(any_file(c), IOCTL_PRIVCMD_PCIDEV_GET_GSI,
	      one_in(&c->rng, 8) ? (void *)(unsigned long)any_address(c) : &g);
}

/*
 * Any number but that of a hypercall: with any argument that would be a random
 * hypercall.
 */
void call_unknown(struct caller *c)
{
	unsigned long nr = below(&c->rng, 256);
	unsigned long cmd = one_in(&c->rng, 2) ? _IOC(below(&c->rng, 4), 'P',
						      nr, below(&c->rng, 128)) :
						 any64(c);

	if (_IOC_NR(cmd) != 0 && _IOC_NR(cmd) != 0x45)
		ioctl(any_file(c), cmd, any_address(c) | 1);
	else
		ioctl(any_file(c), cmd, 1);
}

/*
 * Restricts only two of the files. If all of them were restricted, no sequence
 * would get far.
 */
void call_restrict(struct caller *c)
{
	__u16 dom = any_domid(c);
	int fd = world.file[FILES - 1 - below(&c->rng, 2)];

	if (one_in(&c->rng, 8))
		ioctl(fd, IOCTL_PRIVCMD_RESTRICT, any_address(c));
	else
		ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &dom);
}
