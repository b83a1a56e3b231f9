// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.8 removed the count from eventfd_signal(); it had always been 1.
// This question goes when 6.1 is no longer supported.
#include <linux/eventfd.h>

#ifndef COMPAT_CONTROL
void compat_eventfd_signal_without_count(struct eventfd_ctx *ctx);
void compat_eventfd_signal_without_count(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
#endif
