// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.8 added IOEVENTFD to the in-tree driver. That driver now includes <xen/events.h>
// before its exported symbol, which changes the symbol's CRC, and fops_privcmd.c does the
// same. 6.8 also made /dev/xen/evtchn share its interrupts, which no header shows. This
// question goes when 6.1 is no longer supported.
#include <linux/ioctl.h>
#include <xen/privcmd.h>

#ifndef COMPAT_CONTROL
int compat_kernel_ioeventfd = IOCTL_PRIVCMD_IOEVENTFD;
#endif
