// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements faults.h.
 */
#include "faults/faults.h"
#include "faults/injected.h"
#include "dom0/nth.h"

/* More points than any call has. A loop that reaches this would never end. */
#define MOST 5000

/* The call failed. It must have changed nothing, and must succeed now. */
static void refused(const struct operation *op, void *arg, int error,
		    const struct source *source, struct outcome *o)
{
	if (!check(source->fits(error)))
		tap_note("%s, point %u: %s", op->name, o->fired,
			 strerrorname_np(error));
	o->nomem += error == ENOMEM;
	o->efault += error == EFAULT;
	o->other += error != ENOMEM && error != EFAULT;
	if (op->failed)
		op->failed(arg);
	if (!check_eq(op->call(arg), 0)) {
		tap_note("%s, after point %u: %s", op->name, o->fired,
			 strerrorname_np(errno));
		tap_end(TAP_ENDED, NULL);
	}
}

struct outcome faults_try(const struct operation *op, void *arg,
			  const struct source *source)
{
	struct outcome o = { 0 };
	unsigned int n;

	for (n = 1; check(n < MOST); n++) {
		unsigned int failed = tap_result->failed;
		int ret, error;
		bool fired;

		source->arm(n);
		ret = op->call(arg);
		error = errno;
		fired = source->fired();
		if (!fired) {
			must(check_eq(ret, 0));
			op->worked(arg);
			break;
		}
		o.fired++;
		if (ret)
			refused(op, arg, error, source, &o);
		else
			o.absorbed++;
		op->worked(arg);
		if (tap_result->failed != failed)
			tap_note("the checks above failed for %s, point %u",
				 op->name, n);
	}
	return o;
}

static bool fits_memory(int error)
{
	return error == ENOMEM || error == EFAULT;
}

/* All user memory is present, so copies of it succeed. */
static bool fits_starvation(int error)
{
	return error == ENOMEM;
}

static const struct source memory = {
	.arm = nth_arm,
	.fired = nth_fired,
	.fits = fits_memory,
};

static void say(const struct operation *op, const struct outcome *o)
{
	tap_note("%s: %u points; %u ENOMEM, %u EFAULT, %u without effect",
		 op->name, o->fired, o->nomem, o->efault, o->absorbed);
}

void faults_run_ours(const struct operation *op, void *arg, unsigned int nomem,
		     unsigned int efault, unsigned int absorbed)
{
	struct outcome o;

	nth_points(NTH_OURS);
	o = faults_try(op, arg, &memory);
	say(op, &o);
	if (!nth_exact())
		return;
	check(o.nomem >= nomem);
	check(o.efault >= efault);
	if (absorbed != ANY) {
		/*
		 * All failures are counted: no point beside these was an
		 * allocation.
		 */
		check_eq(o.efault, efault);
		check_eq(o.absorbed, absorbed);
	}
}

struct outcome faults_run(const struct operation *op, void *arg,
			  unsigned int nomem, unsigned int efault,
			  unsigned int absorbed)
{
	struct outcome o;

	faults_run_ours(op, arg, nomem, efault, absorbed);
	nth_points(NTH_ALL);
	o = faults_try(op, arg, &memory);
	say(op, &o);
	/*
	 * No exact counts: whether a cache needs a new page is chance, so a
	 * point may come twice or not at all.
	 */
	if (nomem + efault)
		check(o.nomem + o.efault > 0);
	return o;
}

/*
 * The limit grows with the square of n, so that few steps cover the small
 * allocations and the large ones.
 */
static void starve(unsigned int n)
{
	nth_starve(16 * (n - 1) * (n - 1));
}

void faults_starve(const struct operation *op, void *arg)
{
	static const struct source starvation = {
		.arm = starve,
		.fired = nth_starved,
		.fits = fits_starvation,
	};
	struct outcome o;

	if (!nth_exact())
		return;
	nth_points(NTH_STARVING);
	o = faults_try(op, arg, &starvation);
	say(op, &o);
	check(o.nomem > 0);
	nth_points(NTH_OURS);
}

static const int errors[] = { ENOENT, ENOMEM, EINVAL, EFAULT };
static int injected, other;
/* runs that ended with that errno when another was injected */
static unsigned int others;

int faults_errno(void)
{
	return injected;
}

static void set(const char *name, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	must(check(param_set(name, text)));
}

static void injected_arm(unsigned int n)
{
	set("inject_nth", n);
}

static bool injected_fired(void)
{
	char value[16];
	int e = errno;

	must(param_get("inject_nth", value, sizeof(value)));
	set("inject_nth", 0);
	errno = e;
	return !strcmp(value, "0");
}

static bool injected_fits(int error)
{
	if (error == injected)
		return true;
	others += other && error == other;
	return other && error == other;
}

struct outcome faults_hypercalls(const struct operation *op, void *arg,
				 int also)
{
	static const struct source hypercalls = { injected_arm, injected_fired,
						  injected_fits };
	struct outcome all = { 0 }, o;
	size_t i;

	other = also;
	others = 0;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		injected = errors[i];
		set("inject_error", injected);
		o = faults_try(op, arg, &hypercalls);
		all.fired += o.fired;
		all.absorbed += o.absorbed;
	}
	all.other = others;
	tap_note("%s: %u points, %u without effect", op->name, all.fired,
		 all.absorbed);
	check(all.fired >= ARRAY_SIZE(errors));
	return all;
}

void faults_times(unsigned int times)
{
	set("inject_times", times);
}

void faults_next(int error, unsigned int times)
{
	set("inject_error", error);
	faults_times(times);
	injected_arm(1);
}

void faults_end(void)
{
	injected_fired();
}

static void begin(struct scene *s, enum domain_kind kind, size_t n)
{
	need_ours();
	*s = (struct scene){ .d = domain_new(kind, n), .fd = privcmd_open() };
	s->references = module_references();
	s->xen = xen_free_pages();
}

void faults_begin(struct scene *s, enum domain_kind kind, size_t n)
{
	if (!nth_here())
		skip("this kernel cannot be told to run out of memory");
	begin(s, kind, n);
}

void injected_begin(struct scene *s, enum domain_kind kind, size_t n)
{
	need_injection();
	begin(s, kind, n);
}

struct area crossing_area(int fd, size_t n)
{
	unsigned char *room = aside(n + 2048);
	unsigned long va = ((unsigned long)room + 1536 * PAGE - 1) &
			   -(512 * PAGE);
	struct area a = { .fd = fd, .n = n };

	a.va = (void *)(va - n / 2 * PAGE);
	must(!munmap(room, (n + 2048) * PAGE));
	must(mmap(a.va, n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 0) == a.va);
	return a;
}

void scene_has(const struct scene *s, long frames, long lazy)
{
	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), frames);
	check_eq(fdinfo(s->fd, "xen-privcmd-lazy"), lazy);
	check_eq(fdinfo(s->fd, "xen-privcmd-readonly"), 0);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), 0);
	check_eq(fdinfo(s->fd, "xen-privcmd-irqfds"), 0);
	check_eq(fdinfo(s->fd, "xen-privcmd-ioeventfds"), 0);
}

void scene_empty(void *arg)
{
	scene_has(arg, 0, 0);
}

void scene_shows(const struct scene *s)
{
	size_t i;

	for (i = 0; i < s->a.n; i += 1 + i / 16)
		check(page_has(page_at(&s->a, i), domain_seed(s->d, i)));
	i = s->a.n - 1;
	check(page_has(page_at(&s->a, i), domain_seed(s->d, i)));
}

/* A file without any charge may have exactly max_frames. */
static void nothing_charged(const struct scene *s)
{
	struct area few = area_new(s->fd, 8), many = area_new(s->fd, 9);
	char max[16];
	__u64 frame[9];
	int err[9], i;

	for (i = 0; i < 9; i++)
		frame[i] = s->d->frame[0];
	must(param_get("max_frames", max, sizeof(max)));
	must(check(param_set("max_frames", "8")));
	check_errno(v2(s->fd, s->d->id, many.va, frame, err, 9), ENOMEM);
	check_eq(v2(s->fd, s->d->id, few.va, frame, err, 8), 0);
	check_eq(munmap(many.va, 9 * PAGE), 0);
	area_done(&few);
	must(check(param_set("max_frames", max)));
}

void scene_move(struct scene *s)
{
	size_t len = s->a.n * PAGE;
	unsigned char *to = aside(s->a.n);

	must(mremap(s->a.va, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	     to);
	s->a.va = to;
}

void scene_end(struct scene *s)
{
	check(tap_soon(fdinfo(s->fd, "xen-privcmd-later") <= 0,
		       fdinfo(s->fd, "xen-privcmd-later")));
	scene_has(s, 0, 0);
	nothing_charged(s);
	check_eq(module_references(), s->references);
	domain_destroy(s->d);
	check(domain_gone(s->d));
	check(xen_free_pages_back(s->xen + s->d->n, 16));
	close(s->fd);
}
