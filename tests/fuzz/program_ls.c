// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Resets xenfm ls, which keeps its options in static variables: a process has
 * one command line, but a fuzzer runs many.
 */
#include "../../tools/ls.c"

void ls_forget(void);

void ls_forget(void)
{
	json = all = false;
	refused = 0;
}
