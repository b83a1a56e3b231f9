// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The rest of the fake device of driver.h: the private ioctls that map and
 * copy, and /dev/xen/gntdev.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "driver.h"

/* Frame @i of what such a struct names. */
static uint64_t frame(uint64_t frames, bool contiguous, uint64_t i)
{
	return contiguous ? frames + i : ((uint64_t *)(uintptr_t)frames)[i];
}

static struct privcmd_x_frame state_of(const struct privcmd_x_map *m,
				       uint64_t gfn)
{
	bool ro = gfn >= FAKE_RO && gfn < FAKE_HOLE;
	int err = fake_frame_error(m->dom, gfn);

	if (m->flags & PRIVCMD_X_MAP_LAZY)
		return (struct privcmd_x_frame){ .state = PRIVCMD_X_LAZY };
	if (ro && m->flags & PRIVCMD_X_MAP_STRICT)
		err = -EBUSY;
	return (struct privcmd_x_frame){
		.state = err ? PRIVCMD_X_NONE :
			 ro  ? PRIVCMD_X_RO :
			       PRIVCMD_X_RW,
		.error = err,
	};
}

bool fake_x_status(const struct privcmd_x_status *s)
{
	struct privcmd_x_frame *f = (void *)(uintptr_t)s->status;
	const struct privcmd_x_map *m = NULL;

	for (unsigned int i = 0; i < fake.nr_calls; i++)
		if (fake.calls[i].request == PRIVCMD_X_MAP &&
		    fake.calls[i].x_map.addr == (uintptr_t)fake.area)
			m = &fake.calls[i].x_map;
	if (!m || s->addr != m->addr || s->num > m->num)
		return false;
	for (uint64_t i = 0; i < s->num; i++)
		f[i] = state_of(m,
				frame(m->frames,
				      m->flags & PRIVCMD_X_MAP_CONTIGUOUS, i));
	return true;
}

int fake_x_map(const struct privcmd_x_map *m)
{
	struct privcmd_x_frame *status = (void *)(uintptr_t)m->status;
	unsigned char *page = (void *)(uintptr_t)m->addr;
	bool paged = false;

	fake.batches++;
	if (fake.batch_errno && fake.batches >= fake.batch_errno_at)
		return fake_fail(fake.batch_errno);
	if (m->dom == FAKE_DOM_FOREIGN)
		return fake_fail(EPERM);
	for (uint64_t i = 0; i < m->num; i++, page += FAKE_PAGE) {
		uint64_t gfn = frame(m->frames,
				     m->flags & PRIVCMD_X_MAP_CONTIGUOUS, i);
		struct privcmd_x_frame f = state_of(m, gfn);

		if (status)
			status[i] = f;
		paged |= f.error == -ENOENT;
		/* Lazy ones come now too: nobody touches them in between. */
		if (f.state != PRIVCMD_X_NONE && gfn < FAKE_HOLE)
			fake_fill_page(page, gfn, fake.area_prot);
	}
	return paged ? fake_fail(ENOENT) : 0;
}

int fake_x_unmap(const struct privcmd_x_unmap *u)
{
	if (fake.x_unmap_errno)
		return fake_fail(fake.x_unmap_errno);
	mprotect((void *)(uintptr_t)u->addr, u->num * FAKE_PAGE, PROT_NONE);
	return 0;
}

/* Byte by byte, up to the first one that cannot be had. */
int fake_x_copy(struct privcmd_x_copy *c)
{
	unsigned char *buf = (void *)(uintptr_t)c->buf;
	bool write = c->flags & PRIVCMD_X_COPY_WRITE;

	c->done = 0;
	if (fake.copy_nothing)
		return 0;
	if (c->dom == FAKE_DOM_FOREIGN)
		return fake_fail(EPERM);
	if (c->dom == FAKE_DOM_LARGE)
		return fake_fail(ENOMEM);
	for (; c->done < c->len; c->done++) {
		uint64_t at = c->offset + c->done;
		uint64_t gfn = frame(c->frames,
				     c->flags & PRIVCMD_X_COPY_CONTIGUOUS,
				     at / FAKE_PAGE);
		int err = fake_frame_error(c->dom, gfn);

		if (!err && write && gfn >= FAKE_RO)
			err = -EBUSY;
		if (err)
			return fake_fail(-err);
		if (!write)
			buf[c->done] = FAKE_BYTE(gfn, at % FAKE_PAGE);
		else if (c->done < sizeof(fake.wrote))
			fake.wrote[c->done] = buf[c->done];
	}
	return 0;
}

/* As <xen/gntdev.h> has it, in plain words: the numbers are what is checked. */
struct announcement {
	uint32_t count, pad;
	uint64_t index;
	struct {
		uint32_t domid, ref;
	} refs[];
};

static int announce(struct announcement *a)
{
	struct fake_grants *g = &fake.grants[fake.nr_grants];

	if (!a->count || a->pad)
		return fake_fail(EINVAL);
	if (a->count > FAKE_GRANTS_MAX)
		return fake_fail(ENOMEM);
	if (fake.nr_grants == FAKE_GRANTS)
		abort();
	*g = (struct fake_grants){ .domid = a->refs[0].domid,
				   .ref = a->refs[0].ref,
				   .count = a->count };
	for (uint32_t i = 0; i < a->count; i++)
		if (a->refs[i].domid != g->domid ||
		    a->refs[i].ref != g->ref + i)
			return fake_fail(EINVAL);
	a->index = (uint64_t)fake.nr_grants++ * FAKE_PAGE;
	return 0;
}

static int forget(const uint64_t *index, uint32_t count)
{
	struct fake_grants *g = &fake.grants[*index / FAKE_PAGE];

	if (*index / FAKE_PAGE >= fake.nr_grants || !count || g->count != count)
		return fake_fail(ENOENT);
	if (g->area)
		return fake_fail(EBUSY);
	g->count = 0;
	return 0;
}

int fake_gntdev(unsigned long request, void *arg)
{
	switch (request) {
	case 0x184700:
		return announce(arg);
	case 0x104701:
		return forget(arg, ((uint32_t *)arg)[2]);
	default:
		return fake_fail(ENOTTY);
	}
}

void *fake_gntdev_mmap(size_t len, int prot, off_t offset)
{
	struct fake_grants *g = &fake.grants[offset / FAKE_PAGE];

	errno = EINVAL;
	if (offset / FAKE_PAGE >= fake.nr_grants || g->area ||
	    len != (size_t)g->count * FAKE_PAGE)
		return MAP_FAILED;
	for (uint32_t i = 0; i < g->count; i++)
		if (fake_frame_error(g->domid, g->ref + i) ||
		    (prot & PROT_WRITE && g->ref + i >= FAKE_RO))
			return MAP_FAILED;
	g->prot = prot;
	g->area = __real_mmap(NULL, len, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	for (uint32_t i = 0; i < g->count; i++)
		fake_fill_page((unsigned char *)g->area + i * FAKE_PAGE,
			       g->ref + i, prot);
	return g->area;
}

void fake_gntdev_munmap(void *addr)
{
	for (unsigned int i = 0; i < fake.nr_grants; i++)
		if (fake.grants[i].area == addr)
			fake.grants[i].area = NULL;
}
