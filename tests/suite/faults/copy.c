// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_COPY, with each of its allocations, user copies and hypercalls failing in
 * turn.
 */
#include "faults/faults.h"

#define COPIED 20 /* pages, in three pieces */

static unsigned char *bytes;
static struct privcmd_x_copy copied;

static int copy(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	copied = (struct privcmd_x_copy){
		.size = sizeof(copied),
		.flags = s->flags,
		.dom = s->d->id,
		.frames = (unsigned long)s->d->frame,
		.num = COPIED,
		.len = COPIED * PAGE,
		.buf = (unsigned long)bytes,
	};
	for (i = 0; i < COPIED; i++)
		page_fill(bytes + i * PAGE,
			  s->flags ? domain_seed(s->d, i) : 0);
	return ioctl(s->fd, PRIVCMD_X_COPY, &copied);
}

/* The call has copied exactly as much as it says. */
static void is_partly_copied(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	check(copied.done < COPIED * PAGE && copied.done % PAGE == 0);
	for (i = 0; i < copied.done / PAGE; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
	scene_has(s, 0, 0);
}

static void is_copied(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	check_eq(copied.done, COPIED * PAGE);
	for (i = 0; i < COPIED; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
	if (!s->flags)
		return;
	/* The written bytes are the same as those before. Read them back. */
	copied.flags = 0;
	memset(bytes, 0, COPIED * PAGE);
	check_eq(ioctl(s->fd, PRIVCMD_X_COPY, &copied), 0);
	for (i = 0; i < COPIED; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
}

static void run_copy(struct scene *s, const char *name, unsigned int flags,
		     unsigned int nomem, unsigned int efault,
		     unsigned int absorbed)
{
	const struct operation op = { name, copy, is_copied, is_partly_copied };

	s->flags = flags;
	faults_run(&op, s, nomem, efault, absorbed);
}

/*
 * Bytes that cannot be copied to the caller's memory at once go there another
 * way. On x86 the kernel copies them with a routine that survives machine
 * checks, and no failure can be asked of that.
 */
#ifdef __x86_64__
#define DIRECT 0
#else
#define DIRECT COPIED
#endif

TAP_HAZARD(faults_x_copy, .seconds = 300)
{
	struct scene s;

	bytes = buffer(COPIED);
	faults_begin(&s, DOMAIN_ANY, COPIED);
	run_copy(&s, "X_COPY", 0, 0, 5, DIRECT);
	run_copy(&s, "X_COPY, write", PRIVCMD_X_COPY_WRITE, 0, 8, 0);
	scene_end(&s);
}

/*
 * A hypercall that fails before it accesses user memory may look as if it had
 * accessed it. A second way of copying does not exist in that case.
 */
TAP_CASE(x_copy_injected_nth)
{
	static const struct operation reads = { "X_COPY", copy, is_copied,
						is_partly_copied },
				      writes = { "X_COPY, write", copy,
						 is_copied, is_partly_copied };
	int no_places = xlate() ? ENOMEM : EINVAL;
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, COPIED);
	bytes = buffer(COPIED);
	faults_hypercalls(&reads, &s, 0);
	s.flags = PRIVCMD_X_COPY_WRITE;
	faults_hypercalls(&writes, &s, 0);
	faults_next(EINVAL, INT_MAX);
	check_errno(copy(&s), no_places);
	faults_end();
	check_eq(copied.done, 0);
	is_partly_copied(&s);
	check_eq(copy(&s), 0);
	is_copied(&s);
	scene_end(&s);
}
