// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The backend of this kind of domain. main.c chooses it once, at load.
 */
#include <linux/cache.h>

#include "backend.h"

const struct privcmd_backend *privcmd_backend __ro_after_init;
