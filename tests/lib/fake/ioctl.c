// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioctls of the fake devices.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../../tools/lib/gntdev.h"
#include "driver.h"

/*
 * Offsets of announced grants begin here. An input of a fuzzer does not have
 * such an offset by chance.
 */
#define GRANTS_AT 0x2c61d0f3a5000

/* Xen's reserved numbers, such as DOMID_SELF, are not domains. */
#define DOMS_END 0x7ff0

/* libxenfm's header must have the layout and the numbers of <xen/gntdev.h>. */
_Static_assert(GNTDEV_MAP == 0x184700 && GNTDEV_UNMAP == 0x104701 &&
		       offsetof(struct gntdev_map, index) == 8 &&
		       offsetof(struct gntdev_map, refs) == 16 &&
		       offsetof(struct gntdev_ref, ref) == 4 &&
		       offsetof(struct gntdev_unmap, count) == 8,
	       "this is the ABI of gntdev");

/* The area that contains these pages. There must be one. */
static struct fake_area *area_at(uint64_t addr, uint64_t num)
{
	const char *start = (char *)(uintptr_t)addr;

	fake_for_each_area(a)
		if (a->start && start >= a->start &&
		    start + num * FAKE_PAGE <= a->start + a->size)
			return a;
	assert(!"no such area");
	return NULL;
}

/* The record of these pages of an area. */
static struct privcmd_x_frame *record_at(struct fake_area *a, uint64_t addr)
{
	if (!a->record)
		a->record =
			__real_calloc(a->size / FAKE_PAGE, sizeof(*a->record));
	assert(a->record);
	return a->record + ((char *)(uintptr_t)addr - a->start) / FAKE_PAGE;
}

int fake_call_error(domid_t dom, uint64_t num)
{
	if (num > fake.info.max_frames || dom == FAKE_DOM_LARGE)
		return ENOMEM;
	if (dom == FAKE_DOM_FOREIGN)
		return EPERM;
	return dom >= DOMS_END ? ESRCH : 0;
}

/* Maps a frame to a page of an area. */
static struct privcmd_x_frame map_frame(const struct privcmd_x_map *m,
					uint64_t gfn, char *page, int prot)
{
	struct privcmd_x_frame f = fake_frame(m->dom, gfn);

	if (f.state == PRIVCMD_X_RO && m->flags & PRIVCMD_X_MAP_STRICT)
		f = (struct privcmd_x_frame){ .error = -EBUSY };
	/* A lazy frame is there at once: the program sees no difference. */
	if (!f.error)
		fake_fill(page, gfn, prot);
	if (m->flags & PRIVCMD_X_MAP_LAZY)
		f = (struct privcmd_x_frame){ .state = PRIVCMD_X_LAZY };
	return f;
}

static int x_map(void *arg)
{
	const struct privcmd_x_map *m = arg;
	const uint64_t *frames = (void *)(uintptr_t)m->frames;
	struct privcmd_x_frame *status = (void *)(uintptr_t)m->status, *record;
	int err = fake_call_error(m->dom, m->num);
	struct fake_area *a;
	bool paged = false;

	if (fake.batch_errno && fake.batches >= fake.batch_good)
		err = fake.batch_errno;
	if (err)
		return fake_fail(err);
	a = area_at(m->addr, m->num);
	record = record_at(a, m->addr);
	for (uint64_t i = 0; i < m->num; i++) {
		uint64_t gfn = m->flags & PRIVCMD_X_MAP_CONTIGUOUS ?
				       m->frames + i :
				       frames[i];
		char *page = (char *)(uintptr_t)m->addr + i * FAKE_PAGE;

		record[i] = map_frame(m, gfn, page, a->prot);
		if (status)
			status[i] = record[i];
		paged |= record[i].error == -ENOENT;
	}
	fake.batches++;
	return paged ? fake_fail(ENOENT) : 0;
}

/* X_MAP without flags, with another form of the results. */
static int batch(void *arg)
{
	const struct privcmd_mmapbatch_v2 *b = arg;
	const struct privcmd_x_frame *record;
	struct privcmd_x_map m;
	int ret;

	if (!b)
		return fake_fail(fake.null_errno);
	m = (struct privcmd_x_map){
		.dom = b->dom,
		.addr = (uintptr_t)b->addr,
		.num = b->num,
		.frames = (uintptr_t)b->arr,
	};
	ret = x_map(&m);
	if (ret && errno != ENOENT)
		return ret;
	record = record_at(area_at(m.addr, m.num), m.addr);
	for (uint32_t i = 0; i < b->num; i++)
		b->err[i] = record[i].error;
	return ret;
}

static int restrict_to(void *arg)
{
	return FAKE_DOM_NO_RESTRICT(*(domid_t *)arg) ? fake_fail(EINVAL) : 0;
}

static int x_info(void *arg)
{
	*(struct privcmd_x_info *)arg = fake.info;
	return 0;
}

static int x_unmap(void *arg)
{
	const struct privcmd_x_unmap *u = arg;

	memset(record_at(area_at(u->addr, u->num), u->addr), 0,
	       u->num * sizeof(struct privcmd_x_frame));
	if (fake.contents)
		mprotect((void *)(uintptr_t)u->addr, u->num * FAKE_PAGE,
			 PROT_NONE);
	return 0;
}

static int x_status(void *arg)
{
	const struct privcmd_x_status *s = arg;

	memcpy((void *)(uintptr_t)s->status,
	       record_at(area_at(s->addr, s->num), s->addr),
	       s->num * sizeof(struct privcmd_x_frame));
	return 0;
}

/* Copies the next byte. Returns 0 or an errno. */
static int copy_byte(struct privcmd_x_copy *c)
{
	unsigned char *byte = (unsigned char *)(uintptr_t)c->buf + c->done;
	uint64_t at = c->offset + c->done, gfn = c->frames + at / FAKE_PAGE;
	struct privcmd_x_frame f = fake_frame(c->dom, gfn);

	if (f.error)
		return -f.error;
	if (!(c->flags & PRIVCMD_X_COPY_WRITE))
		*byte = FAKE_BYTE(gfn, at % FAKE_PAGE);
	else if (f.state == PRIVCMD_X_RO)
		return EBUSY;
	else
		fake.wrote[c->done % sizeof(fake.wrote)] = *byte;
	c->done++;
	return 0;
}

static int x_copy(void *arg)
{
	struct privcmd_x_copy *c = arg;
	int err = fake_call_error(c->dom, c->num);

	assert(c->flags & PRIVCMD_X_COPY_CONTIGUOUS && c->num &&
	       c->offset < FAKE_PAGE &&
	       c->len <= c->num * FAKE_PAGE - c->offset);
	c->done = 0;
	if (fake.copy_nothing)
		return 0;
	while (!err && c->done < c->len)
		err = copy_byte(c);
	return err ? fake_fail(err) : 0;
}

/* The first ones, which the kernel's own driver has, too. */
#define INTREE_IOCTLS 2

static const struct {
	unsigned long request;
	size_t size; /* of the argument */
	int (*answer)(void *arg);
	const int *err;
} ioctls[] = {
	{ IOCTL_PRIVCMD_MMAPBATCH_V2, sizeof(struct privcmd_mmapbatch_v2),
	  batch, NULL },
	{ IOCTL_PRIVCMD_RESTRICT, sizeof(domid_t), restrict_to,
	  &fake.restrict_errno },
	{ PRIVCMD_X_INFO, sizeof(struct privcmd_x_info), x_info,
	  &fake.info_errno },
	{ PRIVCMD_X_MAP, sizeof(struct privcmd_x_map), x_map, NULL },
	{ PRIVCMD_X_UNMAP, sizeof(struct privcmd_x_unmap), x_unmap,
	  &fake.x_unmap_errno },
	{ PRIVCMD_X_STATUS, sizeof(struct privcmd_x_status), x_status,
	  &fake.status_errno },
	{ PRIVCMD_X_COPY, sizeof(struct privcmd_x_copy), x_copy, NULL },
	{ PRIVCMD_X_HYPERCALL, sizeof(struct privcmd_x_hypercall),
	  fake_hypercall, &fake.hypercall_errno },
	{ PRIVCMD_X_MEMORY, sizeof(struct privcmd_x_memory), fake_memory_new,
	  &fake.memory_errno },
};

int fake_privcmd(unsigned long request, void *arg)
{
	const size_t nr = fake.intree ? INTREE_IOCTLS :
					sizeof(ioctls) / sizeof(ioctls[0]);
	struct fake_call *call = &fake.calls[fake.nr_calls++ % FAKE_CALLS];

	call->request = request;
	call->arg = arg;
	for (size_t i = 0; i < nr; i++) {
		if (ioctls[i].request != request)
			continue;
		if (arg)
			memcpy(&call->info, arg, ioctls[i].size);
		if (ioctls[i].err && *ioctls[i].err)
			return fake_fail(*ioctls[i].err);
		return ioctls[i].answer(arg);
	}
	return fake_fail(ENOTTY);
}

struct fake_area *fake_grants(off_t offset)
{
	fake_for_each_area(a)
		if (a->size && a->grants && a->offset == offset)
			return a;
	return NULL;
}

static int announce(struct gntdev_map *m)
{
	struct fake_area *a;

	if (!m->count || m->pad)
		return fake_fail(EINVAL);
	if (m->count > FAKE_GRANTS_MAX)
		return fake_fail(ENOMEM);
	for (uint32_t i = 0; i < m->count; i++)
		assert(m->refs[i].domid == m->refs[0].domid &&
		       m->refs[i].ref == m->refs[0].ref + i);
	a = fake_new_area();
	*a = (struct fake_area){
		.size = m->count * FAKE_PAGE,
		.offset = GRANTS_AT + ++fake.announced * FAKE_PAGE,
		.grants = true,
		.domid = m->refs[0].domid,
		.ref = m->refs[0].ref,
	};
	m->index = a->offset;
	return 0;
}

static int withdraw(const struct gntdev_unmap *u)
{
	struct fake_area *a = fake_grants(u->index);

	if (!a) {
		/* libxenfm checks in this way whether a file is gntdev. */
		assert(!u->count);
		return fake_fail(ENOENT);
	}
	assert(!a->start && a->size == u->count * FAKE_PAGE);
	a->size = 0;
	return 0;
}

int fake_gntdev(unsigned long request, void *arg)
{
	switch (request) {
	case GNTDEV_MAP:
		return announce(arg);
	case GNTDEV_UNMAP:
		return withdraw(arg);
	default:
		return fake_fail(ENOTTY);
	}
}
