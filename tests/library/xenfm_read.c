// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * `xenfm read` on a real device: the bytes that domain.c wrote, raw and as a
 * dump. tests/host/unit tests the tool's command line.
 */
#include "xenfm_run.h"

static unsigned char *bytes_of(const struct three *t)
{
	unsigned char *b = buffer(3);

	for (size_t i = 0; i < 3; i++)
		page_fill(b + i * PAGE, domain_seed(t->d, t->page[i]));
	return b;
}

/* The offset of each read in the three pages, and its length. */
static const struct {
	size_t offset, len;
} spans[] = {
	{ 0, 1 },	    { PAGE - 1, 2 },
	{ 4093, PAGE + 7 }, { 1, 3 * PAGE - 2 },
	{ 2 * PAGE, PAGE }, { 0, 3 * PAGE },
};

TAP_CASE(tool_read)
{
	struct three t = three_new();
	const unsigned char *b = bytes_of(&t);

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		xenfm("read %u 0x%llx %zu", t.d->id,
		      t.first * PAGE + spans[i].offset, spans[i].len);
		check_eq(ran.status, 0);
		check(!*ran.err);
		if (check_eq(ran.len, spans[i].len))
			check(!memcmp(ran.out, b + spans[i].offset, ran.len));
	}
	/* The same with decimal numbers. */
	xenfm("read %u %llu 10", t.d->id, t.first * PAGE + 4090);
	check(ran.len == 10 && !memcmp(ran.out, b + 4090, 10));
}

/* More than the tool maps at a time. */
TAP_CASE(tool_read_long)
{
	struct domain *d = domain_new(DOMAIN_HVM, 700);
	unsigned char *b = buffer(d->n);

	for (size_t i = 0; i < d->n; i++)
		page_fill(b + i * PAGE, domain_seed(d, i));
	xenfm("read %u 0x%llx %zu", d->id, d->frame[0] * PAGE + 5,
	      (size_t)d->n * PAGE - 9);
	check_eq(ran.status, 0);
	check(!*ran.err);
	if (check_eq(ran.len, d->n * PAGE - 9))
		check(!memcmp(ran.out, b + 5, ran.len));
}

static char *dump_line(char *to, __u64 addr, const unsigned char *b, size_t n)
{
	to += sprintf(to, "%016llx ", addr);
	for (size_t i = 0; i < 16; i++) {
		to += sprintf(to, i == 8 ? "  " : " ");
		to += i < n ? sprintf(to, "%02x", b[i]) : sprintf(to, "  ");
	}
	to += sprintf(to, "  |");
	for (size_t i = 0; i < n; i++)
		*to++ = b[i] >= ' ' && b[i] <= '~' ? b[i] : '.';
	return to + sprintf(to, "|\n");
}

TAP_CASE(tool_read_hex)
{
	struct three t = three_new();
	const unsigned char *b = bytes_of(&t);
	static char want[3 * PAGE / 16 * 90];

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		__u64 addr = t.first * PAGE + spans[i].offset;
		char *to = want;

		for (size_t done = 0; done < spans[i].len; done += 16) {
			size_t n = spans[i].len - done;

			to = dump_line(to, addr + done,
				       b + spans[i].offset + done,
				       n < 16 ? n : 16);
		}
		xenfm("read --hex %u 0x%llx %zu", t.d->id, addr, spans[i].len);
		check_out(want);
	}
}

TAP_CASE(tool_read_bad_frame)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int e = frame_error(d, BAD_FRAME);

	xenfm("read %u 0x%llx 5", d->id, BAD_FRAME * PAGE + 4095);
	check_failed(1, "", "xenfm: read: frame 0x%llx of domain %u: %s (%s)\n",
		     BAD_FRAME, d->id, strerrorname_np(-e), strerror(-e));
}

/* The bytes before the bad frame are written. */
TAP_CASE(tool_read_until_bad_frame)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *b = buffer(1);
	char text[100];

	page_fill(b, domain_seed(d, 0));
	xenfm("read %u 0x%llx 20", d->id, d->frame[0] * PAGE + 4089);
	check_eq(ran.status, 1);
	check(ran.len == 7 && !memcmp(ran.out, b + 4089, 7));
	snprintf(text, sizeof(text),
		 "xenfm: read: frame 0x%llx of domain %u: ", d->frame[0] + 1,
		 d->id);
	check(!strncmp(ran.err, text, strlen(text)));
}
