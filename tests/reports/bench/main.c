// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * privcmd-bench: the cost of mapping another domain's memory with the loaded
 * driver. Each case prints some figures. A call that does not do its work fails
 * its case.
 */
#include "tap.h"

TAP_MAIN
