// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Foreign domains, made by hypercalls. No other file has the interface versions
 * of Xen's domctls and sysctls.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sysctl.h>

#include "dom0/domain.h"
#include "tap.h"

/* The mark of our domains. A later run removes those of a run that was killed. */
static const xen_domain_handle_t handle = {
	'x', 'e', 'n', '-', 'p', 'r', 'i', 'v',
	'c', 'm', 'd', '-', 't', 'e', 's', 't',
};

static struct made {
	struct domain dom;
	pid_t maker;
	struct made *next;
} * made;

static int domctl(struct xen_domctl *op, uint32_t cmd, uint16_t id)
{
	int ret;

	op->cmd = cmd;
	op->domain = id;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	ret = control(__HYPERVISOR_domctl, (unsigned long)op, 0, 0, 0);
	if (ret < 0 && errno == EACCES)
		bail("this Xen has another domctl version than %#x",
		     XEN_DOMCTL_INTERFACE_VERSION);
	return ret;
}

static int sysctl(struct xen_sysctl *op, uint32_t cmd)
{
	int ret;

	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	ret = control(__HYPERVISOR_sysctl, (unsigned long)op, 0, 0, 0);
	if (ret < 0 && errno == EACCES)
		bail("this Xen has another sysctl version than %#x",
		     XEN_SYSCTL_INTERFACE_VERSION);
	return ret;
}

static void destroy(uint16_t id)
{
	struct xen_domctl op = { 0 };

	domctl(&op, XEN_DOMCTL_destroydomain, id);
}

static void destroy_mine(void)
{
	struct made *m;

	for (m = made; m; m = m->next)
		if (m->maker == getpid())
			destroy(m->dom.id);
}

static void destroy_leftovers(void)
{
	static xen_domctl_getdomaininfo_t info[64];
	struct xen_sysctl op = { 0 };
	unsigned int i;

	/* The pages must be present, as the hypervisor cannot fault. */
	memset(info, 0, sizeof(info));
	op.u.getdomaininfolist.max_domains = 64;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
	if (sysctl(&op, XEN_SYSCTL_getdomaininfolist))
		bail("getdomaininfolist: %s", strerror(errno));
	for (i = 0; i < op.u.getdomaininfolist.num_domains; i++)
		if (!memcmp(info[i].handle, handle, sizeof(handle)) &&
		    !(info[i].flags & XEN_DOMINF_dying))
			destroy(info[i].domain);
}

#ifdef __aarch64__
#define FIRST_GFN 0x40000

static void configure(struct xen_domctl_createdomain *c, enum domain_kind kind)
{
	if (kind == DOMAIN_PV)
		skip("PV domains are x86 only");
	c->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_NATIVE;
}
#else
#define FIRST_GFN 0

static void configure(struct xen_domctl_createdomain *c, enum domain_kind kind)
{
	if (kind != DOMAIN_HVM)
		return;
	c->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	c->arch.emulation_flags = XEN_X86_EMU_LAPIC;
}
#endif

static uint16_t create(enum domain_kind kind, unsigned int grant_frames)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	configure(c, kind);
	memcpy(c->handle, handle, sizeof(handle));
	c->max_vcpus = 1;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = grant_frames;
	c->max_maptrack_frames = 4;
	c->grant_opts = XEN_DOMCTL_GRANT_version(1);
	if (domctl(&op, XEN_DOMCTL_createdomain, 0)) {
		if (kind == DOMAIN_HVM &&
		    (errno == EINVAL || errno == EOPNOTSUPP))
			skip("this machine has no hardware virtualisation");
		bail("createdomain: %s", strerror(errno));
	}
	return op.domain;
}

/* The page tables of a hardware domain come from a pool of its own. */
static void give_pool(uint16_t id)
{
#ifdef __aarch64__
	struct xen_domctl op = { .u.paging_mempool.size = 4 << 20 };

	if (domctl(&op, XEN_DOMCTL_set_paging_mempool_size, id))
		bail("set_paging_mempool_size: %s", strerror(errno));
#else
	(void)id;
#endif
}

static void add_vcpu(uint16_t id)
{
	struct xen_domctl op = { .u.max_vcpus.max = 1 };

	if (domctl(&op, XEN_DOMCTL_max_vcpus, id))
		bail("max_vcpus: %s", strerror(errno));
}

/*
 * On Arm a domain is a 32-bit one by default. The width is a property of its
 * vcpus, so it is set after they are made, and it must be set before the domain
 * has memory.
 */
static void add_64bit_vcpu(uint16_t id)
{
	add_vcpu(id);
#ifdef __aarch64__
	struct xen_domctl op = { .u.address_size.size = 64 };

	if (domctl(&op, XEN_DOMCTL_set_address_size, id))
		bail("set_address_size: %s", strerror(errno));
#endif
}

static bool reserve(unsigned int op, uint16_t id, __u64 *frames, size_t n)
{
	struct xen_memory_reservation r = { .nr_extents = n, .domid = id };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)frames);
	return control(__HYPERVISOR_memory_op, op, (unsigned long)&r, 0, 0) ==
	       (long)n;
}

static bool populate(uint16_t id, __u64 *frames, size_t n)
{
	return reserve(XENMEM_populate_physmap, id, frames, n);
}

static struct domain *make(enum domain_kind kind, size_t n,
			   unsigned int grant_frames, bool with_vcpu)
{
	struct made *m = calloc(1, sizeof(*m));
	struct domain *d = &m->dom;
	struct xen_domctl op = { 0 };
	size_t i;

#ifdef __aarch64__
	if (kind == DOMAIN_ANY)
		kind = DOMAIN_HVM;
#endif
	if (!made) {
		destroy_leftovers();
		atexit(destroy_mine);
	}
	d->id = create(kind, grant_frames);
	m->maker = getpid();
	m->next = made;
	made = m;

	d->n = n;
	d->hvm = kind == DOMAIN_HVM;
	d->frame = calloc(n, sizeof(*d->frame));
	for (i = 0; i < n; i++)
		d->frame[i] = i + (kind == DOMAIN_HVM ? FIRST_GFN : 0);
	op.u.max_mem.max_memkb = (n + 64) * 4;
	if (domctl(&op, XEN_DOMCTL_max_mem, d->id))
		bail("max_mem: %s", strerror(errno));
	if (kind == DOMAIN_HVM)
		give_pool(d->id);
	if (with_vcpu)
		add_64bit_vcpu(d->id);
	if (!populate(d->id, d->frame, n))
		bail("populate_physmap of %zu pages: %s", n, strerror(errno));
	domain_write_patterns(d);
	return d;
}

struct domain *domain_new(enum domain_kind kind, size_t n)
{
	return make(kind, n, 4, false);
}

struct domain *domain_with_grants(enum domain_kind kind, size_t n,
				  unsigned int grant_frames)
{
	return make(kind, n, grant_frames, false);
}

struct domain *domain_with_vcpu(enum domain_kind kind, size_t n)
{
	return make(kind, n, 4, true);
}

void domain_free(struct domain *d)
{
	struct made **m = &made, *last;

	while (&(*m)->dom != d)
		m = &(*m)->next;
	last = *m;
	*m = last->next;
	free(d->frame);
	free(last);
}

void domain_add_vcpu(const struct domain *d)
{
	add_vcpu(d->id);
}

int domain_control(const struct domain *d, uint32_t cmd, struct xen_domctl *op)
{
	return domctl(op, cmd, d->id);
}

void domain_destroy(struct domain *d)
{
	destroy(d->id);
}

unsigned int domain_seed(const struct domain *d, size_t i)
{
	return d->id * 1000003u + i * 7919u + 1;
}

int domain_next(uint16_t id)
{
	struct xen_domctl op = { 0 };

	if (domctl(&op, XEN_DOMCTL_getdomaininfo, id))
		return -1;
	return op.u.getdomaininfo.domain;
}

bool domain_exists(uint16_t id)
{
	return domain_next(id) == id;
}

bool domain_listed(uint16_t id)
{
	xen_domctl_getdomaininfo_t info = { 0 };
	struct xen_sysctl op = { 0 };

	op.u.getdomaininfolist.first_domain = id;
	op.u.getdomaininfolist.max_domains = 1;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, &info);
	if (sysctl(&op, XEN_SYSCTL_getdomaininfolist))
		bail("getdomaininfolist: %s", strerror(errno));
	return op.u.getdomaininfolist.num_domains && info.domain == id;
}

bool domain_dying(const struct domain *d)
{
	struct xen_domctl op = { 0 };

	if (domctl(&op, XEN_DOMCTL_getdomaininfo, d->id))
		bail("getdomaininfo: %s", strerror(errno));
	return op.u.getdomaininfo.flags & XEN_DOMINF_dying;
}

bool domain_gone(const struct domain *d)
{
	return tap_soon(!domain_exists(d->id), xen_free_pages());
}

bool domain_held(const struct domain *d)
{
	usleep(200000); /* enough time for a domain without holders to go */
	return domain_exists(d->id);
}

bool domain_populate_at(const struct domain *d, __u64 gfn)
{
	return populate(d->id, &gfn, 1);
}

bool domain_repopulate_at(const struct domain *d, __u64 gfn)
{
	return reserve(XENMEM_decrease_reservation, d->id, &gfn, 1) &&
	       domain_populate_at(d, gfn);
}

__u64 domain_shared_info(const struct domain *d)
{
	struct xen_domctl op = { 0 };

	if (domctl(&op, XEN_DOMCTL_getdomaininfo, d->id))
		bail("getdomaininfo: %s", strerror(errno));
	return op.u.getdomaininfo.shared_info_frame;
}

static int mmuext(const struct domain *d, unsigned int cmd, __u64 mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return control(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0, d->id);
}

int domain_pin_l1(const struct domain *d, size_t i)
{
	return mmuext(d, MMUEXT_PIN_L1_TABLE, d->frame[i]);
}

int domain_unpin(const struct domain *d, size_t i)
{
	return mmuext(d, MMUEXT_UNPIN_TABLE, d->frame[i]);
}

long xen_free_pages(void)
{
	struct xen_sysctl op = { 0 };

	if (sysctl(&op, XEN_SYSCTL_physinfo))
		bail("physinfo: %s", strerror(errno));
	return op.u.physinfo.free_pages;
}

bool xen_free_pages_back(long before, long slack)
{
	if (tap_soon(xen_free_pages() >= before - slack, xen_free_pages()))
		return true;
	tap_note("free pages: %ld before, %ld now", before, xen_free_pages());
	return false;
}
