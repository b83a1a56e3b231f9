/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Device model operations for whoever needs an ioreq server. To be included
 * before suite.h, as Xen's headers come first.
 */
#ifndef DM_OP_H
#define DM_OP_H

#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <xen/xen.h>
#include <xen/hvm/dm_op.h>

#include "suite.h"

int dm_op(int fd, unsigned int dom, const struct privcmd_dm_op_buf *bufs,
	  unsigned int num);
/* The one buffer that is the operation itself. */
int dm(int fd, unsigned int dom, struct xen_dm_op *op);
/* Does this hypervisor have device models? If not, DM_OP is ENOSYS. */
bool has_dm_op(int fd, const struct domain *d);
/* The id of a new server, with a ring for buffered requests or without. */
unsigned int ioreq_server(int fd, const struct domain *d, bool buffered);

#endif /* DM_OP_H */
