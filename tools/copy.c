// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm read and xenfm write: copy another domain's memory to a file, or a file
 * to the memory, one piece of a megabyte at a time.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "xenfm.h"

#define PIECE (1U << 20)

/* The numbers of the options of both commands. */
enum { OPTION_HEX = LONG_OPTION, OPTION_FILE, OPTION_PROGRESS };

/* A copy, and how far it has come. */
struct copy {
	struct xenfm *handle;
	unsigned int domid;
	uint64_t addr; /* of the next byte */
	uint64_t len;  /* bytes in all; 0: until the end of the input */
	uint64_t done;
	const char *path; /* NULL: standard input or output */
	FILE *file;
	struct dump *dump; /* NULL: raw bytes */
	bool asked;	   /* option --progress */
	struct progress progress;
	unsigned char *piece;
};

/*
 * SIGBUS: the domain has died during a copy through a mapping. The program ends
 * without a core dump.
 */
static void page_gone(int sig)
{
	static const char before[] = "xenfm: ";
	static const char behind[] = ": a page went away while it was copied\n";
	const struct iovec line[] = {
		{ (void *)before, sizeof(before) - 1 },
		{ (void *)command->name, strlen(command->name) },
		{ (void *)behind, sizeof(behind) - 1 },
	};
	ssize_t ret = writev(STDERR_FILENO, line, 3);

	(void)sig;
	(void)ret;
	_exit(EXIT_FAILED);
}

/*
 * Say why the byte at @c->addr cannot be copied. The errno does not tell whether
 * the domain or the frame is the reason, so this function maps the frame.
 */
static void complain_copy(const struct copy *c, int err)
{
	uint64_t gfn = c->addr >> XENFM_PAGE_SHIFT;
	int frame_err;
	void *area;

	if (map_domain(c->handle, c->domid, &gfn, 1, 0, &frame_err, &area))
		return;
	xenfm_unmap(c->handle, area, 1);
	if (frame_err)
		err = frame_err;
	complain("frame 0x%" PRIx64 " of domain %u: %s (%s)", gfn, c->domid,
		 errno_name(err), strerror(-err));
}

static void complain_file(const struct copy *c, const char *standard)
{
	complain("%s: %s", c->path ? c->path : standard, strerror(errno));
}

/* Number of bytes of the next piece. */
static size_t piece_len(const struct copy *c)
{
	uint64_t left = c->len - c->done;

	return c->len && left < PIECE ? left : PIECE;
}

static void advance(struct copy *c, size_t len)
{
	c->addr += len;
	c->done += len;
	progress_at(&c->progress, c->done);
}

static int read_piece(struct copy *c)
{
	size_t done;
	int ret = xenfm_read(c->handle, c->domid, c->addr, c->piece,
			     piece_len(c), &done);

	if (c->dump)
		dump_bytes(c->dump, c->piece, done);
	else
		fwrite(c->piece, 1, done, c->file);
	advance(c, done);
	if (ret) {
		complain_copy(c, ret);
		return EXIT_FAILED;
	}
	/* close_output() reports an error of standard output. */
	return ferror(c->file) ? EXIT_FAILED : EXIT_OK;
}

static int read_all(struct copy *c)
{
	int status = EXIT_OK;

	while (c->done < c->len && !status)
		status = read_piece(c);
	if (c->dump)
		dump_line(c->dump);
	return status;
}

static int write_piece(struct copy *c, size_t len)
{
	size_t done;
	int ret;

	if (len - 1 > UINT64_MAX - c->addr) {
		complain("standard input goes on beyond the end of memory");
		return EXIT_FAILED;
	}
	ret = xenfm_write(c->handle, c->domid, c->addr, c->piece, len, &done);
	advance(c, done);
	if (!ret)
		return EXIT_OK;
	complain_copy(c, ret);
	return EXIT_FAILED;
}

static int write_all(struct copy *c)
{
	int status = EXIT_OK;
	size_t got;

	while ((!c->len || c->done < c->len) && !status) {
		got = fread(c->piece, 1, piece_len(c), c->file);
		if (ferror(c->file)) {
			complain_file(c, "standard input");
			return EXIT_FAILED;
		}
		if (!got)
			break;
		status = write_piece(c, got);
	}
	if (!status && c->done < c->len) {
		complain("the input ends after %" PRIu64 " of %" PRIu64
			 " bytes",
			 c->done, c->len);
		return EXIT_FAILED;
	}
	return status;
}

static void parse(struct copy *c, int argc, char **argv,
		  const struct option *options, int min)
{
	static struct dump dump;
	int option;

	while ((option = next_option(argc, argv, options)) != -1) {
		switch (option) {
		case OPTION_HEX:
			c->dump = &dump;
			break;
		case OPTION_FILE:
			c->path = optarg;
			break;
		case OPTION_PROGRESS:
			c->asked = true;
			break;
		}
	}
	argv = arguments(argc, argv, min, 3);
	c->domid = number("DOMID", argv[0], 0, UINT16_MAX);
	c->addr = number("ADDR", argv[1], 0, UINT64_MAX);
	c->len = argv[2] ? number("LEN", argv[2], 1, UINT64_MAX) : 0;
	if (c->len && c->len - 1 > UINT64_MAX - c->addr)
		usage("ADDR + LEN is beyond the end of memory");
	dump.addr = c->addr;
}

/* Open the device first: if that fails, no output file is made. */
static int begin(struct copy *c, FILE *standard, const char *mode)
{
	if (open_device(&c->handle))
		return EXIT_FAILED;
	c->piece = malloc(PIECE);
	c->file = c->path ? fopen(c->path, mode) : standard;
	if (c->file && c->piece) {
		signal(SIGBUS, page_gone);
		return EXIT_OK;
	}
	complain_file(c, "memory");
	free(c->piece);
	xenfm_close(c->handle);
	return EXIT_FAILED;
}

static int end(struct copy *c, int status)
{
	progress_end(&c->progress, c->done);
	/* An error of a write may appear only when the file is closed. */
	if (c->path && (ferror(c->file) | fclose(c->file)) && !status) {
		complain_file(c, "");
		status = EXIT_FAILED;
	}
	free(c->piece);
	xenfm_close(c->handle);
	return status;
}

int cmd_read(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "hex", no_argument, NULL, OPTION_HEX },
		{ "output", required_argument, NULL, OPTION_FILE },
		{ "progress", no_argument, NULL, OPTION_PROGRESS },
		{ 0 }
	};
	struct copy c = { 0 };

	parse(&c, argc, argv, options, 3);
	if (c.dump && c.path)
		usage("option '--hex' writes to standard output only");
	if (begin(&c, stdout, "we"))
		return EXIT_FAILED;
	/* If the bytes go to a terminal, the user sees the progress already. */
	c.progress = progress_start(c.asked, !c.path && isatty(STDOUT_FILENO),
				    c.len);
	return end(&c, read_all(&c));
}

int cmd_write(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "input", required_argument, NULL, OPTION_FILE },
		{ "progress", no_argument, NULL, OPTION_PROGRESS },
		{ 0 }
	};
	struct copy c = { 0 };

	parse(&c, argc, argv, options, 2);
	if (begin(&c, stdin, "re"))
		return EXIT_FAILED;
	c.progress =
		progress_start(c.asked, !c.path && isatty(STDIN_FILENO), c.len);
	return end(&c, write_all(&c));
}
