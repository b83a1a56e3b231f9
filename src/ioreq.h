/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An ioreq server of a device model, as far as IOEVENTFD serves it.
 */
#ifndef PRIVCMD_IOREQ_H
#define PRIVCMD_IOREQ_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

struct eventfd_ctx;
struct file;
struct privcmd_file;
struct privcmd_ioreq_request;
struct privcmd_map;

/* The event channel of a vcpu. */
struct privcmd_ioreq_port {
	struct privcmd_ioreq *server;
	u32 port;
	int irq;
	bool shared;			/* with /dev/xen/evtchn, which then unmasks it */
};

struct privcmd_ioreq {
	struct list_head list;		/* privcmd_ioeventfds.servers */
	struct privcmd_file *pf;	/* on whose list it is; outlives it */
	struct privcmd_map *map;	/* of the ioreq pages; a reference */
	unsigned long idx;		/* of the first ioreq page in it */
	struct privcmd_ioreq_request *requests;	/* in the window, one per vcpu */
	spinlock_t lock;		/* @kicks; taken in the interrupt */
	struct list_head kicks;
	unsigned int bound;		/* ports with a handler */
	unsigned int vcpus;
	struct privcmd_ioreq_port ports[];
};

/* A binding of IOEVENTFD. */
struct privcmd_kick {
	struct list_head list;		/* privcmd_ioreq.kicks */
	struct privcmd_ioreq *server;
	struct eventfd_ctx *eventfd;
	u64 addr;			/* of the register */
	u32 len;
	u32 vq;
};

unsigned int privcmd_ioreq_pages(unsigned int vcpus);
struct privcmd_ioreq *privcmd_ioreq_new(struct file *file,
					const struct privcmd_ioeventfd *op);
int privcmd_ioreq_start(struct privcmd_ioreq *server, domid_t dom,
			struct privcmd_kick *kick);
bool privcmd_ioreq_allowed(const struct privcmd_ioreq *server);
void privcmd_ioreq_free(struct privcmd_ioreq *server);
bool privcmd_ioreq_same_ports(const struct privcmd_ioreq *a,
			      const struct privcmd_ioreq *b);
struct privcmd_kick *privcmd_ioreq_match(struct privcmd_ioreq *server, u64 addr,
					 u32 len, u64 data);

#endif /* PRIVCMD_IOREQ_H */
