// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The memory of the fake devices (tests/lib/fake) for the fuzzers of programs:
 * the number of a frame or grant says what happens to it. Numbers of one byte
 * have all results, as an input has few larger ones.
 */
#include <assert.h>
#include <errno.h>

#include "fake/driver.h"
#include "program.h"

#define FRAMES_MAX (1 << 14) /* in one call; more are ENOMEM */
/*
 * A front end or a user may ask for too much memory. Under ASan it would really
 * be allocated.
 */
#define ALLOC_MAX (64 << 20)

/* Frames with these bits fail. A paged-out frame is there at the next attempt. */
#define FRAME_GONE  0x40
#define FRAME_BAD   0x20
#define FRAME_PAGED 0x10

/* Without an error the two lowest bits are the state, PRIVCMD_X_*. */
static struct privcmd_x_frame frame(uint64_t gfn)
{
	if (gfn & FRAME_GONE)
		return (struct privcmd_x_frame){ .error = -ESRCH };
	if (gfn & FRAME_BAD)
		return (struct privcmd_x_frame){ .error = -EINVAL };
	if (gfn & FRAME_PAGED && fake.batches % 2 == 0)
		return (struct privcmd_x_frame){ .error = -ENOENT };
	return (struct privcmd_x_frame){ .state = gfn & 3 };
}

void fake_begin(bool intree)
{
	fake_start();
	fake.intree = intree;
	fake.info.features = ~UINT64_C(0);
	fake.info.max_frames = FRAMES_MAX;
	memcpy(fake.info.version, "0\"\\\n\x7f\xff", 7);
	fake.frame = frame;
	fake.contents = false;
	fake.alloc_max = ALLOC_MAX;
}

void fake_end(void)
{
	assert(!fake_left());
}
