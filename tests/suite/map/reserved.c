// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Reserved domids, which no guest has. A driver that passes DOMID_IO with frame
 * 0 on to Xen 4.17 or 4.20 crashes that Xen on Arm. So this case is a hazard.
 */
#include "resource/resource.h"
#include "x/copy.h"

#define FRAMES 3

#ifdef __aarch64__
#define ON_ARM true
#else
#define ON_ARM false
#endif

static int fd;
static __u64 frame[FRAMES];

/* The answer for each of the frames: 0 or a negative errno. */
static void by_batch(unsigned int dom, int *answer)
{
	struct area a = area_new(fd, FRAMES);
	int i;

	check_eq(v2(fd, dom, a.va, frame, answer, FRAMES), 0);
	for (i = 0; i < FRAMES; i++)
		if (answer[i])
			check_eq(touch(page_at(&a, i)), SIGBUS);
	area_done(&a);
}

static void by_x_map(unsigned int dom, int *answer)
{
	struct privcmd_x_frame f[FRAMES];
	struct area a = area_new(fd, FRAMES);
	int i;

	check_eq(x_map(fd, dom, a.va, frame, FRAMES, 0, f), 0);
	for (i = 0; i < FRAMES; i++)
		answer[i] = f[i].error;
	area_done(&a);
}

/* Each frame is mapped by a fault of its own. */
static void by_lazy(unsigned int dom, int *answer)
{
	struct area a = area_new(fd, FRAMES);
	int i;

	around("1");
	check_eq(x_map(fd, dom, a.va, frame, FRAMES, LAZY, NULL), 0);
	for (i = 0; i < FRAMES; i++) {
		check(touch(page_at(&a, i)) == 0 || error_at(&a, i) < 0);
		answer[i] = error_at(&a, i);
	}
	area_done(&a);
}

static void by_copy(unsigned int dom, int *answer)
{
	unsigned char *to = buffer(1);
	int i;

	for (i = 0; i < FRAMES; i++)
		answer[i] = x_copy(fd, dom, frame + i, 1, 0, 64, to, 0) ?
				    -errno :
				    0;
}

static bool has_frames(unsigned int dom)
{
	return dom == DOMID_XEN ||
	       (!ON_ARM && (dom == DOMID_SELF || dom == DOMID_IO));
}

static void ask(unsigned int dom)
{
	static void (*const way[])(unsigned int, int *) = { by_batch, by_x_map,
							    by_lazy, by_copy };
	int first[FRAMES], answer[FRAMES], i;
	struct area a = area_new(fd, 1);
	size_t w;

	for (w = 0; w < ARRAY_SIZE(way); w++) {
		way[w](dom, answer);
		if (!w)
			memcpy(first, answer, sizeof(first));
		for (i = 0; i < FRAMES; i++)
			if (!check_eq(answer[i], first[i]))
				tap_note("domid %#x, frame %#llx, way %zu", dom,
					 frame[i], w);
	}
	for (i = 0; i < FRAMES; i++) {
		if (!has_frames(dom) && ON_ARM)
			check_eq(first[i], -EINVAL);
		else if (!has_frames(dom))
			check(first[i] < 0);
	}
	/*
	 * To a PV dom0, addresses that are no memory of the machine belong to
	 * devices.
	 */
	if (xlate() || dom == DOMID_XEN)
		check(first[FRAMES - 1] < 0);
	/* Only the hypervisor knows which resources a domain has. */
	check_eq(resource(fd, dom, GRANTS, 0, 0, 1, a.va), -1);
	area_done(&a);
}

TAP_HAZARD(reserved_domids, .rows = "A27", .seconds = 120)
{
	unsigned int dom;

	fd = privcmd_open();
	need_ours();
	frame[1] = 1;
	frame[2] = BAD_FRAME;
	for (dom = DOMID_FIRST_RESERVED; dom < 0x8000; dom++)
		ask(dom);
	ask(0x8000);
	ask(0xffff);
	check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(fd, "xen-privcmd-failed"), 0);
}
