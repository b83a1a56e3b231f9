// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * xenfm read: bytes of another domain's memory, raw or as a dump. It maps a
 * bounded window at a time and moves on.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xenfm.h"

#define WINDOW_FRAMES 256

/* A line of the dump as it fills up; lines do not end where pages do. */
struct dump {
	uint64_t addr;
	unsigned int num;
	unsigned char bytes[16];
};

static void dump_line(struct dump *d)
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

static void dump_bytes(struct dump *d, const unsigned char *bytes, size_t len)
{
	while (len--) {
		d->bytes[d->num++] = *bytes++;
		if (d->num == sizeof(d->bytes))
			dump_line(d);
	}
}

/* A page can go away under us, when the domain dies: no core dump for that. */
static void page_gone(int sig)
{
	static const char line[] =
		"xenfm: read: a page went away while it was read\n";
	ssize_t ret = write(STDERR_FILENO, line, sizeof(line) - 1);

	(void)sig;
	(void)ret;
	_exit(EXIT_FAILED);
}

/* What is read, and how far it is. */
struct reading {
	struct xenfm *handle;
	unsigned int domid;
	uint64_t addr;
	uint64_t left;
	struct dump *dump; /* NULL: raw */
};

/* The rest of one page; false when standard output takes no more. */
static bool put_page(struct reading *r, const unsigned char *page)
{
	unsigned char copy[XENFM_PAGE_SIZE];
	size_t offset = r->addr % XENFM_PAGE_SIZE;
	size_t len = XENFM_PAGE_SIZE - offset;

	if (len > r->left)
		len = r->left;
	/* Not straight from the mapping: a pipe or a file may not take it. */
	memcpy(copy, page + offset, len);
	if (r->dump)
		dump_bytes(r->dump, copy, len);
	else
		fwrite(copy, 1, len, stdout);
	r->addr += len;
	r->left -= len;
	return !ferror(stdout);
}

/* One window from r->addr on. */
static int read_window(struct reading *r)
{
	uint64_t first = r->addr >> XENFM_PAGE_SHIFT;
	uint64_t last = (r->addr + r->left - 1) >> XENFM_PAGE_SHIFT;
	uint64_t num = last - first + 1;
	uint64_t gfns[WINDOW_FRAMES] = { 0 };
	int err[WINDOW_FRAMES];
	int status = EXIT_OK;
	unsigned char *pages;
	void *area;

	if (num > WINDOW_FRAMES)
		num = WINDOW_FRAMES;
	for (uint64_t i = 0; i < num; i++)
		gfns[i] = first + i;
	if (map_domain(r->handle, r->domid, gfns, num, 0, err, &area))
		return EXIT_FAILED;
	pages = area;
	for (uint64_t i = 0; i < num && !status; i++) {
		if (err[i]) {
			complain("frame 0x%" PRIx64 " of domain %u: %s (%s)",
				 gfns[i], r->domid, errno_name(err[i]),
				 strerror(-err[i]));
			status = EXIT_FAILED;
		} else if (!put_page(r, pages + i * XENFM_PAGE_SIZE)) {
			status = EXIT_FAILED;
		}
	}
	xenfm_unmap(r->handle, area, num);
	return status;
}

int cmd_read(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "hex", no_argument, NULL, LONG_OPTION },
		{ 0 }
	};
	struct reading r = { 0 };
	struct dump dump = { 0 };
	int status = EXIT_OK;

	while (next_option(argc, argv, options) != -1)
		r.dump = &dump;
	argv = arguments(argc, argv, 3, 3);
	r.domid = number("DOMID", argv[0], 0, UINT16_MAX);
	r.addr = number("ADDR", argv[1], 0, UINT64_MAX);
	r.left = number("LEN", argv[2], 1, UINT64_MAX);
	if (r.left - 1 > UINT64_MAX - r.addr)
		usage("ADDR + LEN is beyond the end of memory");
	dump.addr = r.addr;

	if (open_device(&r.handle))
		return EXIT_FAILED;
	signal(SIGBUS, page_gone);
	while (r.left && !status)
		status = read_window(&r);
	if (r.dump)
		dump_line(r.dump);
	xenfm_close(r.handle);
	return status;
}
