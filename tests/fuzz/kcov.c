// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which code of the module ran. A build with COVERAGE=1 counts by itself, on
 * any kernel and in any context. A build with COVERAGE=kcov needs a kernel with
 * KCOV, which records what the system calls and faults of one thread run. It
 * does not record the module's workers, interrupts, or processes that calls
 * fork.
 */
#include <linux/kcov.h>
#include <sys/mount.h>

#include "fuzz.h"

#define WORDS (1UL << 14) /* for one call; the rest is not recorded */
#define BITS  (1UL << 20) /* one for each address of the module */

static struct shared {
	unsigned long bits;
	unsigned char bit[BITS / 8];
} * shared;

static struct thread {
	int fd;
	unsigned long *area; /* the count, then the addresses */
} threads[THREADS_MAX];

static int kcov_open(void)
{
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	return open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
}

void coverage_share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		bail("no memory");
}

long coverage_blocks(void)
{
	char value[16];

	return param_get("blocks", value, sizeof(value)) ? atol(value) :
							   (long)shared->bits;
}

/* Called as root, before the threads start. */
void coverage_prepare(unsigned int n)
{
	unsigned int i;
	char value[16];

	for (i = 0; i < n && !param_get("blocks", value, sizeof(value)); i++) {
		struct thread *t = &threads[i];

		t->fd = kcov_open();
		if (t->fd < 0 || ioctl(t->fd, KCOV_INIT_TRACE, WORDS))
			return;
		t->area = mmap(NULL, WORDS * sizeof(*t->area),
			       PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
		if (t->area == MAP_FAILED)
			t->area = NULL;
	}
}

void coverage_begin(unsigned int i)
{
	if (threads[i].area)
		ioctl(threads[i].fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

/*
 * Adds what a call has run. A forked process is not traced and has not mapped
 * the area.
 */
void coverage_take(unsigned int i)
{
	unsigned long *area = threads[i].area, n, k, bit;

	if (!area)
		return;
	n = __atomic_load_n(&area[0], __ATOMIC_RELAXED);
	for (k = 1; k <= n && k < WORDS; k++) {
		bit = area[k] % BITS;
		if (__atomic_fetch_or(&shared->bit[bit / 8], 1 << bit % 8,
				      __ATOMIC_RELAXED) &
		    1 << bit % 8)
			continue;
		__atomic_add_fetch(&shared->bits, 1, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}
