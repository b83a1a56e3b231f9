// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Replaces the back end's say.c: a fuzzer causes errors all the time, so
 * nothing is printed.
 */
#include "../../tools/vhost-user-blk/say.h"
#include "program.h"

void say(const char *fmt, ...)
{
	(void)fmt;
}

void say_guest(const char *fmt, ...)
{
	(void)fmt;
}

const char *errno_name(int err)
{
	(void)err;
	return "";
}
