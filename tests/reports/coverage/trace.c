// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Records which blocks of the module ran. It is a part of the module with make
 * COVERAGE=1 only, which is never shipped. The compiler puts a call at the
 * start of each block.
 *
 * The parameter "coverage" gives the return addresses of the calls that were
 * made, one on each line, as many as fit. Reading it again gives more, until it
 * is empty. "blocks" is their number.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/module.h>

/* Bytes of code before and after the function below, including the init section. */
#define REACH (4UL << 20)

void __sanitizer_cov_trace_pc(void);

static DECLARE_BITMAP(ran, 2 * REACH);
/* the next bit to report; protected by the lock of parameters */
static unsigned long next;
static atomic_t blocks; /* number of bits that are set */

static unsigned long origin(void)
{
	return (unsigned long)__sanitizer_cov_trace_pc - REACH;
}

void notrace __sanitizer_cov_trace_pc(void)
{
	unsigned long bit = _RET_IP_ - origin();

	if (bit < 2 * REACH && !test_bit(bit, ran) &&
	    !test_and_set_bit(bit, ran))
		atomic_inc(&blocks);
}

static int get_coverage(char *buffer, const struct kernel_param *kp)
{
	int len = 0;

	while (len + 20 < PAGE_SIZE) {
		next = find_next_bit(ran, 2 * REACH, next);
		if (next == 2 * REACH)
			break;
		len += sprintf(buffer + len, "%lx\n", origin() + next++);
	}
	return len;
}

static const struct kernel_param_ops coverage_ops = {
	.get = get_coverage,
};

module_param_cb(coverage, &coverage_ops, NULL, 0400);
module_param_named(blocks, blocks.counter, int, 0400);
MODULE_PARM_DESC(blocks, "blocks that ran");
MODULE_PARM_DESC(coverage, "addresses that ran, since the last ones were read");
