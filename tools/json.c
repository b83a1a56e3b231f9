// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Writes JSON to standard output, value by value. It escapes strings of any
 * bytes, and writes the commas between members.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "xenfm.h"

/* The innermost object or array has a member already. */
static bool filled;

/*
 * JSON is UTF-8. A byte that is not ASCII need not be UTF-8, so this function
 * writes the byte XX as U+00XX.
 */
static void string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void member(const char *name)
{
	if (filled)
		putchar(',');
	if (name) {
		string(name);
		putchar(':');
	}
	filled = true;
}

void json_open(const char *name, char bracket)
{
	member(name);
	putchar(bracket);
	filled = false;
}

void json_close(char bracket)
{
	putchar(bracket);
	filled = true;
}

void json_end(void)
{
	putchar('\n');
	filled = false;
}

void json_string(const char *name, const char *value)
{
	member(name);
	string(value);
}

void json_number(const char *name, uint64_t value)
{
	member(name);
	printf("%" PRIu64, value);
}

void json_null(const char *name)
{
	member(name);
	printf("null");
}
