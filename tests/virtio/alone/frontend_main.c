// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * frontend-test: tests the front end of xenfm-virtio without Xen.
 */
#include "tap.h"

TAP_MAIN
