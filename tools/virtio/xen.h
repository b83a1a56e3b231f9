/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls to the driver and the hypervisor. The program serves one domain, so this file keeps
 * the descriptors and the domain. Any thread may call these functions, except xen_open()
 * and xen_restrict().
 */
#ifndef XEN_H
#define XEN_H

#include <stddef.h>
#include <stdint.h>

struct xen_dm_op;

/* All functions return 0 or -errno if nothing else is said. */

/* Opens the driver's device @node and /dev/xen/evtchn. @what: the file that failed. */
int xen_open(const char *node, uint16_t domid, const char **what);
uint16_t xen_domid(void);
/* The descriptor of the driver's device. */
int xen_privcmd(void);
/* The descriptor of /dev/xen/evtchn. */
int xen_evtchn(void);
/*
 * From now on the descriptors serve the one domain only. Hypercalls fail, except those of
 * xen_dm_op().
 */
int xen_restrict(void);

int xen_dm_op(struct xen_dm_op *op);
/* Returns the hypervisor's answer, or -errno. */
int xen_hypercall(unsigned int op, uint64_t arg0, uint64_t arg1);

/* Maps the page of an ioreq server that has the vcpus' requests. */
int xen_map_ioreq_page(unsigned int server, void **page);

/* Copies between the guest's memory and @buf. */
int xen_read_guest(uint64_t guest_addr, void *buf, size_t len);
int xen_write_guest(uint64_t guest_addr, const void *buf, size_t len);
/* Returns the descriptor of a memory file, or -errno. */
int xen_memory_file(uint64_t guest_addr, uint64_t size);

#endif /* XEN_H */
