// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code of the tracepoints that trace.h declares. Copyright (C) 2026 the
 * xen-privcmd authors
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
