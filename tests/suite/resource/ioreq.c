// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE of ioreq servers maps the right frames, where Xen has device
 * models.
 */
#include "resource/resource.h"
#include <xen/hvm/ioreq.h>

/* A Xen without device models does not know this resource. */
static void no_device_models(struct area *a, const struct domain *d)
{
	struct privcmd_mmap_resource size = { .dom = d->id, .type = IOREQ };

	hazard_if_xlate();
	check_errno(ioctl(a->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &size), EINVAL);
	check_errno(resource(a->fd, d->id, IOREQ, 0, 0, 2, a->va), EINVAL);
	area_works(a, domain_new(DOMAIN_HVM, 2));
}

/* On x86 a ring for buffered requests, and a page with a slot for each vcpu. */
TAP_CASE(resource_ioreq_server)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct privcmd_mmap_resource size = { .dom = d->id, .type = IOREQ };
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };
	const unsigned int first = HAS_RINGS ? 0 : 1, slot_page = 1 - first;
	struct area a = area_new(privcmd_open(), 2), b;
	const volatile shared_iopage_t *slots;
	const volatile buffered_iopage_t *ring;
	unsigned int id;

	if (!has_dm_op(a.fd, d)) {
		no_device_models(&a, d);
		return;
	}
	domain_add_vcpu(d);
	id = ioreq_server(a.fd, d, HAS_RINGS);
	check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &size), 0);
	check_eq(size.num, 2);
	area_done(&a);
	a = area_new(a.fd, 2 - first);
	must(check_eq(resource(a.fd, d->id, IOREQ, id, first, a.n, a.va), 0));
	check(zeroes(a.va, PAGE));

	op.u.set_ioreq_server_state.id = id;
	op.u.set_ioreq_server_state.enabled = 1;
	check_eq(dm(a.fd, d->id, &op), 0);
	ring = (void *)a.va;
	slots = (void *)page_at(&a, slot_page);
	if (HAS_RINGS)
		check_eq(ring->read_pointer + ring->write_pointer, 0);
	check_eq(slots->vcpu_ioreq[0].state, STATE_IOREQ_NONE);
	check(slots->vcpu_ioreq[0].vp_eport != 0);

	/* The second page of the resource, as the first page of a mapping. */
	b = area_new(privcmd_open(), 1);
	must(check_eq(resource(b.fd, d->id, IOREQ, id, 1, 1, b.va), 0));
	check(!memcmp(b.va, page_at(&a, slot_page), PAGE));
	b.va[PAGE - 1] = 0x77;
	check_eq(page_at(&a, slot_page)[PAGE - 1], 0x77);
	area_done(&a);
	check_eq(b.va[PAGE - 1], 0x77);
	domain_destroy(d);
	check(domain_held(d));
	check_eq(b.va[PAGE - 1], 0x77);
	area_done(&b);
	check(domain_gone(d));
}

TAP_CASE(resource_ioreq_server_unbuffered)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	struct area a = area_new(privcmd_open(), 2), b;
	struct xen_dm_op op = { .op = XEN_DMOP_destroy_ioreq_server };
	unsigned int id;

	hazard_if_xlate();
	if (!has_dm_op(a.fd, d))
		skip("this hypervisor has no device models");
	id = ioreq_server(a.fd, d, false);
	/* There is no ring, so a call for the ring and the slots fails. */
	check_errno(resource(a.fd, d->id, IOREQ, id, 0, 2, a.va), ENOENT);
	check_errno(resource(a.fd, d->id, IOREQ, id + 1, 0, 2, a.va), ENOENT);
	check_errno(resource(a.fd, d->id, IOREQ, 0x10000 | id, 0, 2, a.va),
		    EINVAL);
	check_eq(touch(a.va) & touch(page_at(&a, 1)), SIGBUS);
	area_works(&a, d);
	b = area_new(a.fd, 1);
	check_eq(resource(b.fd, d->id, IOREQ, id, 1, 1, b.va), 0);
	check(zeroes(b.va, PAGE));
	/* The server is destroyed. A mapping keeps its page. */
	op.u.destroy_ioreq_server.id = id;
	check_eq(dm(a.fd, d->id, &op), 0);
	check_eq(poke(b.va, 1), 0);
	area_done(&b);
	domain_destroy(d);
	check(domain_gone(d));
}
