/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Device model operations, for all cases that need an ioreq server. Include
 * this file before suite.h, as Xen's headers come first.
 */
#ifndef DM_OP_H
#define DM_OP_H

#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <xen/xen.h>
#include <xen/hvm/dm_op.h>

#include "suite.h"

#define BUFS	 16	/* default of dm_op_max_nr_bufs */
#define BUF_SIZE 4096UL /* of dm_op_buf_max_size */

/* The simplest operation with an answer in its buffer. */
extern const struct xen_dm_op ask_vcpus;

int dm_op(int fd, unsigned int dom, const struct privcmd_dm_op_buf *bufs,
	  unsigned int num);
/* An operation with one buffer, which is the operation itself. */
int dm(int fd, unsigned int dom, struct xen_dm_op *op);
/* Does this hypervisor have device models? If not, DM_OP fails with ENOSYS. */
bool has_dm_op(int fd, const struct domain *d);
/* Can a server have a ring for buffered requests? On Arm: EINVAL. */
#ifdef __x86_64__
#define HAS_RINGS true
#else
#define HAS_RINGS false
#endif
/* Makes a server, with or without a ring for buffered requests. Returns its id. */
unsigned int ioreq_server(int fd, const struct domain *d, bool buffered);
/* The number of ioreq servers that the domain has. */
unsigned int ioreq_servers(const struct domain *d);
/*
 * The number of pages that are pinned now. Nothing else in this dom0 pins pages
 * for long.
 */
long pages_pinned(void);

#endif /* DM_OP_H */
