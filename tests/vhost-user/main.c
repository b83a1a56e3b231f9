// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * vhost-user-test: xenfm-vhost-user-blk against a front end of our own.
 */
#include "../tap.h"

TAP_MAIN
