// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * privcmd-test: every case of the files beside this one, against the privcmd
 * device of a Xen dom0. The cases register themselves.
 */
#include "tap.h"

TAP_MAIN
