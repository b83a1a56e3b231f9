// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A hexadecimal dump. Each line has an address, sixteen bytes, and the same bytes
 * as characters.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "xenfm.h"

void dump_line(struct dump *d)
{
	if (!d->num)
		return;
	printf("%016" PRIx64 " ", d->addr);
	for (unsigned int i = 0; i < sizeof(d->bytes); i++) {
		if (i == 8)
			putchar(' ');
		if (i < d->num)
			printf(" %02x", d->bytes[i]);
		else
			printf("   ");
	}
	printf("  |");
	for (unsigned int i = 0; i < d->num; i++)
		putchar(isprint(d->bytes[i]) ? d->bytes[i] : '.');
	printf("|\n");
	d->addr += d->num;
	d->num = 0;
}

void dump_bytes(struct dump *d, const unsigned char *bytes, size_t len)
{
	while (len--) {
		d->bytes[d->num++] = *bytes++;
		if (d->num == sizeof(d->bytes))
			dump_line(d);
	}
}
