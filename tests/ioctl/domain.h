/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Foreign domains to map: made through IOCTL_PRIVCMD_HYPERCALL, given memory,
 * never unpaused. No toolstack and no library takes part.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

enum domain_kind {
	DOMAIN_ANY,	/* PV where there are PV domains, else hardware */
	DOMAIN_PV,
	DOMAIN_HVM,	/* x86 HVM, or the only kind that Arm has */
};

struct domain {
	uint16_t id;
	size_t n;	/* pages */
	bool hvm;	/* no PV domain */
	/* What the ioctls take: machine frames of a PV domain, else guest frames.
	 * Page i holds the pattern of domain_seed(d, i). */
	__u64 *frame;
};

/*
 * Destroyed when the process ends that made it, if not before. Skips the case
 * on a platform that cannot have this kind.
 */
struct domain *domain_new(enum domain_kind kind, size_t n);
/* Its grant table may grow to this many frames; of other domains, to 4. */
struct domain *domain_with_grants(enum domain_kind kind, size_t n,
				  unsigned int grant_frames);
/* With a vcpu, whose state guest.c sets. */
struct domain *domain_with_vcpu(enum domain_kind kind, size_t n);
/* For who makes very many: forgets one that is gone; its memory goes. */
void domain_free(struct domain *d);
/* There is room for one, which they are made without. It never runs. */
void domain_add_vcpu(const struct domain *d);
void domain_destroy(struct domain *d);
unsigned int domain_seed(const struct domain *d, size_t i);

/* A domctl on it, for files that include Xen's header of them. 0 or -1/errno. */
struct xen_domctl;
int domain_control(const struct domain *d, uint32_t cmd, struct xen_domctl *op);

/* In the hypervisor's list, dying or not. */
bool domain_exists(uint16_t id);
/* The same, asked as xl does, by no domctl. */
bool domain_listed(uint16_t id);
/* The first one there from this number on; -1: there is none. */
int domain_next(uint16_t id);
/* After domain_destroy(): nobody holds its memory any longer. Waits for it. */
bool domain_gone(const struct domain *d);
/* Still on the list: somebody holds memory of it. */
bool domain_held(const struct domain *d);

/* One more page at a guest frame of an HVM domain's choosing. */
bool domain_populate_at(const struct domain *d, __u64 gfn);
/* Another page in the place of the one that is there. */
bool domain_repopulate_at(const struct domain *d, __u64 gfn);
/* Frame of the page that a domain and the hypervisor share. */
__u64 domain_shared_info(const struct domain *d);

/* Page type of a PV domain's frame; the page must be zero. 0 or -1/errno. */
int domain_pin_l1(const struct domain *d, size_t i);
int domain_unpin(const struct domain *d, size_t i);

/* Memory of the host that no domain has, in pages. */
long xen_free_pages(void);
/* Waits until there is as much free memory as before, give or take slack. */
bool xen_free_pages_back(long before, long slack);

/*
 * What domain.c needs of the other files. It cannot include suite.h, as that and
 * Xen's headers both define xen_pfn_t.
 */
long control(unsigned long op, unsigned long a, unsigned long b,
	     unsigned long c, unsigned long d);
void domain_write_patterns(const struct domain *d);

#endif /* DOMAIN_H */
