// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Populating calls that cannot write their answers when their work is done. The
 * call fails with EFAULT. The frames that it has mapped stay, and so do frames
 * that other calls have mapped meanwhile. X_STATUS says what is there. The call
 * is stopped at the point where it wants to write its answers (held.h).
 */
#include "dom0/held.h"
#include "x/map.h"

/*
 * The area of the held call: its first frame has failed, all others show the
 * domain's pages.
 */
static void answered(const struct area *a, const struct domain *d)
{
	size_t i;

	check_eq(touch(a->va), SIGBUS);
	for (i = 1; i < a->n; i++)
		if (check_eq(touch(page_at(a, i)), 0))
			check(page_has(page_at(a, i), domain_seed(d, i)));
	if (!driver())
		return;
	check_eq(state_at(a, 0), PRIVCMD_X_NONE);
	check_eq(error_at(a, 0), bad_frame_error(2, d));
	check_eq(frames_in_state(a, PRIVCMD_X_RW), a->n - 1);
}

/* The mapped frames stay, and the failed one can be mapped by another call. */
static void fills_the_first(struct area *a, const struct domain *d)
{
	int err[1] = { 1 };

	check_eq(v2(a->fd, d->id, a->va, d->frame, err, 1), 0);
	check_eq(err[0], 0);
	check(page_has(a->va, domain_seed(d, 0)));
	area_done(a);
}

TAP_HAZARD(mmapbatch_answer_read_only, .rows = "A20 A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = held_area(privcmd_open(), 0, 3);
	struct held h;

	held_begin(&h, &a, d, d->frame);
	held_fail(&h);
	held_end(&h);
	answered(&a, d);
	fills_the_first(&a, d);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The array is gone, too, so the driver cannot write the mark at all. */
TAP_HAZARD(mmapbatch_answer_without_its_array, .rows = "A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = held_area(privcmd_open(), 0, 3);
	struct held h;

	held_begin(&h, &a, d, d->frame);
	held_lose(&h);
	held_end(&h);
	answered(&a, d);
	fills_the_first(&a, d);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Frames that other calls have mapped meanwhile stay, whether these calls
 * succeeded or failed.
 */
TAP_HAZARD(mmapbatch_answer_spares_others, .rows = "A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME + 1, BAD_FRAME + 2, BAD_FRAME };
	struct area a = held_area(privcmd_open(), 0, 4);
	struct held h, h2;
	int err[4];

	held_begin(&h, &a, d, bad);
	held_begin(&h2, &a, d, d->frame);
	check_eq(v2(a.fd, d->id, a.va, d->frame, err, 1), 0);
	check_errno(v2(a.fd, d->id, page_at(&a, 1), d->frame + 1, err, 1),
		    EINVAL);
	held_fail(&h2);
	held_end(&h2);
	held_fail(&h);
	held_end(&h);
	for (size_t i = 0; i < 4; i++)
		if (check_eq(touch(page_at(&a, i)), 0))
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	if (driver()) {
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 4);
		check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The area is moved, unmapped or replaced before the call writes its answers. */
TAP_HAZARD(mmapbatch_answer_of_what_moved, .rows = "A26 B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = held_area(privcmd_open(), 0, 3);
	unsigned char *va = aside(3);
	int fd = a.fd, err[3];
	struct held h;

	held_begin(&h, &a, d, d->frame);
	must(mremap(a.va, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	held_fail(&h);
	held_end(&h);
	answered(&a, d);
	fills_the_first(&a, d);

	a = held_area(fd, 0, 3);
	held_begin(&h, &a, d, d->frame);
	check_eq(munmap(a.va, 3 * PAGE), 0);
	held_fail(&h);
	held_end(&h);
	if (driver())
		check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);

	a = held_area(fd, 0, 3);
	held_begin(&h, &a, d, d->frame);
	must(mmap(a.va, 3 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
	     a.va);
	check_eq(v2(fd, d->id, a.va, d->frame, err, 3), 0);
	held_fail(&h);
	held_end(&h);
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A call for some of the pages, all of which had failed before, cannot write
 * its answers.
 */
TAP_HAZARD(mmapbatch_answer_in_part, .rows = "A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME, BAD_FRAME };
	__u64 *arr = (__u64 *)buffer(1);
	struct area a = area_new(privcmd_open(), 3);
	int err[3];

	need_ours();
	check_eq(v2(a.fd, d->id, a.va, bad, err, 3), 0);
	arr[0] = d->frame[0];
	arr[1] = BAD_FRAME;
	must(!mprotect(arr, PAGE, PROT_READ));
	check_errno(v1(a.fd, d->id, a.va, arr, 2), EFAULT);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 1);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 2);
	check(page_has(a.va, domain_seed(d, 0)));
	check_errno(v2(a.fd, d->id, a.va, d->frame, err, 1), EINVAL);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A lazy call has not written its answers yet. A fault finds that one of its
 * frames is bad, and another call maps a good one there. That frame stays when
 * the first call fails to write its answers. (A driver once released it
 * together with the frames of the lazy call.)
 */
TAP_HAZARD(x_map_lazy_answer_spares_others, .rows = "A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	const __u64 frame[] = { d->frame[0], BAD_FRAME, d->frame[2] };
	struct area a = held_area(privcmd_open(), 0, 3);
	struct privcmd_x_map map = {
		.size = sizeof(map),
		.flags = LAZY,
		.dom = d->id,
		.addr = (unsigned long)a.va,
		.num = 3,
		.frames = (unsigned long)frame,
	};
	int err[1] = { 1 };
	struct late l;

	need_ours();
	around("1");
	late_new(&l, 2);
	map.status = (unsigned long)late_array(l.pages,
					       sizeof(struct privcmd_x_frame));
	/*
	 * The driver clears the array of statuses page by page, and then needs
	 * its first page again.
	 */
	late_call_again(&l, a.fd, PRIVCMD_X_MAP, &map);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	check_eq(v2(a.fd, d->id, page_at(&a, 1), d->frame + 1, err, 1), 0);
	check_eq(err[0], 0);
	late_lose(&l, 0);
	check_errno(late_end(&l), EFAULT);
	late_done(&l);
	check_eq(state_at(&a, 1), PRIVCMD_X_RW);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 2);
	check(page_has(page_at(&a, 0), domain_seed(d, 0)));
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * X_UNMAP can release frames whose call has not written its answers yet, and
 * other frames can replace them.
 */
TAP_HAZARD(x_unmap_while_answers_are_owed, .rows = "A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, 600);
	struct area whole = held_area(privcmd_open(), 0, 600);
	int fd = whole.fd, err[1] = { 1 };
	struct held h;

	need_ours();
	held_begin(&h, &whole, d, d->frame);
	check_eq(x_unmap(fd, page_at(&whole, 5), 1), 0);
	check_eq(touch(page_at(&whole, 5)), SIGBUS);
	check_eq(v2(fd, d->id, page_at(&whole, 5), d->frame + 7, err, 1), 0);
	check_eq(err[0], 0);
	held_fail(&h);
	held_end(&h);
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 599);
	check(page_has(page_at(&whole, 5), domain_seed(d, 7)));
	/* All frames are released. The area then shows frames of another domain. */
	check_eq(x_unmap(fd, whole.va, 600), 0);
	held_begin(&h, &whole, d, d->frame);
	check_eq(x_unmap(fd, whole.va, 600), 0);
	check_eq(x_map(fd, NO_DOMAIN, whole.va, d->frame, 600, LAZY, NULL), 0);
	held_fail(&h);
	held_end(&h);
	check_eq(frames_in_state(&whole, PRIVCMD_X_LAZY), 600);
	area_done(&whole);
	domain_destroy(d);
	check(domain_gone(d));
}

static volatile bool stop;

struct failing {
	struct area a;
	__u64 *arr;
	unsigned int calls;
};

static void *fail_again_and_again(void *arg)
{
	struct failing *f = arg;

	while (!stop) {
		check(v1(f->a.fd, NO_DOMAIN, f->a.va, f->arr, 1) == -1 &&
		      errno == EFAULT);
		f->calls++;
	}
	return NULL;
}

/*
 * Two threads make the same call, which can never write its answer, again and
 * again. Each call fails with EFAULT. Its frame has failed, so the other thread
 * may populate the page, too, and no call finds it busy.
 */
TAP_HAZARD(mmapbatch_answer_by_two_threads, .rows = "A26")
{
	struct failing f[2];
	pthread_t t[2];
	int i;

	must(!domain_exists(NO_DOMAIN));
	f[0].calls = 0;
	f[0].a = area_new(privcmd_open(), 1);
	f[0].arr = (__u64 *)buffer(1);
	f[0].arr[0] = BAD_FRAME;
	must(!mprotect(f[0].arr, PAGE, PROT_READ));
	f[1] = f[0];
	for (i = 0; i < 2; i++)
		must(!pthread_create(&t[i], NULL, fail_again_and_again, &f[i]));
	usleep(1500000);
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	tap_note("the threads made %u and %u calls", f[0].calls, f[1].calls);
	area_done(&f[0].a);
}
