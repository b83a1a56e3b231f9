// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An open /dev/xen/privcmd: references, restriction, charge.
 */
#include <linux/slab.h>

#include "file.h"
#include "params.h"

/* @domid: as in struct privcmd_file. The caller gets the first reference. */
void privcmd_file_init(struct privcmd_file *pf, int domid)
{
	kref_init(&pf->ref);
	atomic_set(&pf->domid, domid);
}

static void file_free(struct kref *ref)
{
	struct privcmd_file *pf = container_of(ref, struct privcmd_file, ref);

	/* The maker has no maker of its own. */
	if (pf->maker)
		privcmd_file_put(pf->maker);
	kfree(pf);
}

void privcmd_file_get(struct privcmd_file *pf)
{
	kref_get(&pf->ref);
}

void privcmd_file_put(struct privcmd_file *pf)
{
	kref_put(&pf->ref, file_free);
}

/*
 * The first call decides, also if several race. A later one must name the same
 * domain.
 */
int privcmd_file_restrict(struct privcmd_file *pf, domid_t dom)
{
	int old = PRIVCMD_UNRESTRICTED;

	if (dom == DOMID_INVALID)
		return -EINVAL;
	if (atomic_try_cmpxchg(&pf->domid, &old, dom) || old == dom)
		return 0;
	return -EINVAL;
}

bool privcmd_file_restricted(const struct privcmd_file *pf)
{
	return atomic_read(&pf->domid) != PRIVCMD_UNRESTRICTED;
}

bool privcmd_file_allows(const struct privcmd_file *pf, domid_t dom)
{
	int domid = atomic_read(&pf->domid);

	return domid == PRIVCMD_UNRESTRICTED || domid == dom;
}

/*
 * Charge @nr frames to the file, all of them or none. -ENOMEM: beyond
 * max_frames.
 */
int privcmd_file_charge(struct privcmd_file *pf, unsigned long nr)
{
	unsigned long max = READ_ONCE(privcmd_max_frames);
	long old = atomic_long_read(&pf->charged);

	do {
		if (nr > max || old > max - nr)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&pf->charged, &old, old + nr));
	return 0;
}

void privcmd_file_uncharge(struct privcmd_file *pf, unsigned long nr)
{
	atomic_long_sub(nr, &pf->charged);
}
