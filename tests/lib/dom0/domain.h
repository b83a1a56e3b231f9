/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Foreign domains whose memory the cases map. They are made through
 * IOCTL_PRIVCMD_HYPERCALL and get memory, but they are never unpaused. No
 * toolstack and no library takes part.
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
	bool hvm;	/* not a PV domain */
	/*
	 * The numbers that the ioctls take: machine frames of a PV domain,
	 * guest frames of other domains. Page i holds the pattern of
	 * domain_seed(d, i).
	 */
	__u64 *frame;
};

/*
 * Makes a domain with @n pages. It is destroyed at the latest when the process
 * that made it ends. Skips the case on a platform that cannot have this kind.
 */
struct domain *domain_new(enum domain_kind kind, size_t n);
/*
 * The grant table of this domain may grow to @grant_frames; that of other
 * domains to 4.
 */
struct domain *domain_with_grants(enum domain_kind kind, size_t n,
				  unsigned int grant_frames);
/* A domain with a vcpu. guest.c sets the vcpu's state. */
struct domain *domain_with_vcpu(enum domain_kind kind, size_t n);
/* Frees the struct of a destroyed domain, for a case that makes very many. */
void domain_free(struct domain *d);
/*
 * Adds a vcpu, which never runs. The other domains have room for one and have
 * none.
 */
void domain_add_vcpu(const struct domain *d);
void domain_destroy(struct domain *d);
unsigned int domain_seed(const struct domain *d, size_t i);

/*
 * A domctl on the domain, for files that include Xen's header of domctls.
 * Returns 0 or -1 with errno.
 */
struct xen_domctl;
int domain_control(const struct domain *d, uint32_t cmd, struct xen_domctl *op);

/* Is the domain in the hypervisor's list, dying or not? */
bool domain_exists(uint16_t id);
/* The same, by a sysctl, as xl asks it. */
bool domain_listed(uint16_t id);
/* Has somebody begun to destroy the domain? Bails out if it does not exist. */
bool domain_dying(const struct domain *d);
/* The first existing domain from this number on; -1: there is none. */
int domain_next(uint16_t id);
/*
 * Waits until a destroyed domain has left the hypervisor's list, which means
 * that nothing holds its memory. False if it stays.
 */
bool domain_gone(const struct domain *d);
/*
 * Is a destroyed domain still in the hypervisor's list? Then something holds
 * its memory.
 */
bool domain_held(const struct domain *d);

/* Adds a page to an HVM domain at the guest frame @gfn. */
bool domain_populate_at(const struct domain *d, __u64 gfn);
/* Replaces the page at @gfn by another one. */
bool domain_repopulate_at(const struct domain *d, __u64 gfn);
/* The frame of the page that a domain and the hypervisor share. */
__u64 domain_shared_info(const struct domain *d);

/*
 * Makes a frame of a PV domain a page table for the hypervisor, which refuses
 * writable mappings of it from then on. The page must be zero. Returns 0 or -1
 * with errno.
 */
int domain_pin_l1(const struct domain *d, size_t i);
int domain_unpin(const struct domain *d, size_t i);

/* Memory of the host that no domain has, in pages. */
long xen_free_pages(void);
/* Waits until there is as much free memory as before, less at most @slack pages. */
bool xen_free_pages_back(long before, long slack);

/*
 * What domain.c needs of the other files. It cannot include device.h, as both
 * device.h and Xen's headers define xen_pfn_t.
 */
long control(unsigned long op, unsigned long a, unsigned long b,
	     unsigned long c, unsigned long d);
void domain_write_patterns(const struct domain *d);

#endif /* DOMAIN_H */
