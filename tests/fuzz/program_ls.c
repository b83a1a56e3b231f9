// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * xenfm ls, which keeps what its options said: a process has one command line, and
 * a fuzzer many.
 */
#include "../../tools/ls.c"

void ls_forget(void);

void ls_forget(void)
{
	json = all = false;
	refused = 0;
}
