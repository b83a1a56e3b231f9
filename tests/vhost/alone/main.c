// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * vhost-user-test: tests xenfm-vhost-user-blk with a front end of our own.
 */
#include "tap.h"

TAP_MAIN
