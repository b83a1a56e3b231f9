// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * privcmd-bench: what mapping another domain's memory costs with the driver that
 * is loaded. The cases of the files beside this one each print some figures; a
 * call that does not do what it should fails its case.
 */
#include "tap.h"

TAP_MAIN
