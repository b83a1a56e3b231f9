// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.8 gave the in-tree driver IOEVENTFD, and with it an include of
// <xen/events.h> ahead of its exported symbol, which shows in that symbol's
// CRC: fops_privcmd.c follows. It also made /dev/xen/evtchn share its
// interrupts, which no header shows. Goes when 6.1 does.
#include <linux/ioctl.h>
#include <xen/privcmd.h>

#ifndef COMPAT_CONTROL
int compat_kernel_ioeventfd = IOCTL_PRIVCMD_IOEVENTFD;
#endif
