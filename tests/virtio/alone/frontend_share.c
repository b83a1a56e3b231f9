// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A real back end that serves a shared directory: Debian's virtiofsd. The case is skipped if
 * it is not installed.
 */
#include <fcntl.h>

#include <linux/fuse.h>

#include "frontend_program.h"

#define IN_AT  0x1000U
#define OUT_AT 0x8000U

static void *out(void)
{
	return (uint8_t *)guest(LOW + OUT_AT) + sizeof(struct fuse_out_header);
}

/* Makes a request of FUSE in queue 1. Returns its error. */
static int fuse(uint32_t opcode, uint64_t node, const void *arg, uint32_t len,
		uint32_t out_len)
{
	static uint64_t unique;
	struct fuse_in_header in = { .len = sizeof(in) + len,
				     .opcode = opcode,
				     .unique = ++unique,
				     .nodeid = node };
	const struct fuse_out_header *header = guest(LOW + OUT_AT);
	const struct part parts[] = {
		{ IN_AT, sizeof(in), false },
		{ IN_AT + sizeof(in), len, false },
		{ OUT_AT, sizeof(*header), true },
		{ OUT_AT + sizeof(*header), out_len, true },
	};

	memcpy(guest(LOW + IN_AT), &in, sizeof(in));
	memcpy((uint8_t *)guest(LOW + IN_AT) + sizeof(in), arg, len);
	memset(guest(LOW + OUT_AT), 0, sizeof(*header) + out_len);
	ring_add(1, 0, parts, 4);
	check(ring_wait(1, 0) >= sizeof(*header));
	check_eq(header->unique, unique);
	return header->error;
}

static void fuse_init(void)
{
	const struct fuse_init_in in = { .major = FUSE_KERNEL_VERSION,
					 .minor = 31,
					 .max_readahead = 4096 };
	const struct fuse_init_out *init = out();

	check_eq(fuse(FUSE_INIT, 0, &in, sizeof(in), sizeof(*init)), 0);
	check_eq(init->major, FUSE_KERNEL_VERSION);
	check(init->minor >= 27);
}

/* Reads and writes the file of the shared directory. */
static void fuse_file(const char *want, const char *then)
{
	const struct fuse_entry_out *entry = out();
	const struct fuse_open_out *opened = out();
	const struct fuse_write_out *written = out();
	struct fuse_open_in open_in = { .flags = O_RDWR };
	struct fuse_read_in read_in = { .size = 6 };
	struct {
		struct fuse_write_in in;
		char bytes[6];
	} write_in = { .in.size = 6 };
	uint64_t node;

	check_eq(fuse(FUSE_LOOKUP, FUSE_ROOT_ID, "file", 5, sizeof(*entry)), 0);
	check_eq(entry->attr.size, 6);
	node = entry->nodeid;
	check_eq(fuse(FUSE_OPEN, node, &open_in, sizeof(open_in),
		      sizeof(*opened)),
		 0);
	read_in.fh = write_in.in.fh = opened->fh;
	check_eq(fuse(FUSE_READ, node, &read_in, sizeof(read_in), 6), 0);
	check(!memcmp(out(), want, 6));
	memcpy(write_in.bytes, then, 6);
	check_eq(fuse(FUSE_WRITE, node, &write_in,
		      offsetof(typeof(write_in), bytes) + 6, sizeof(*written)),
		 0);
	check_eq(written->size, 6);
}

static void share_life(void)
{
	const uint64_t accepts = FEATURE(VIRTIO_F_VERSION_1);

	core.v.config_theirs = false;
	program_start();
	check(core.queues >= 2);
	ring_start(accepts);
	fuse_init();
	fuse_file("seven\n", "eight\n");
	program_kill();
	check(!core.v.broken);
	/* It remembers nothing, but the rings go on where they were. */
	program_start();
	check_eq(*used_idx(1), 5);
	fuse_init();
	fuse_file("eight\n", "nine.\n");
	driver_reset();
	ring_start(accepts);
	fuse_init();
	fuse_file("nine.\n", "ten..\n");
	driver_reset();
	check_eq(said("is lost"), 1);
	check_eq(said("connected to"), 2);
	forget_lines();
	/* When its front end goes, it ends. */
	frontend_free(core.f);
	core.f = NULL;
	program_result();
	program_end();
}

/* Debian 12 has QEMU's, Debian 13 another one, with a link at the old place. */
TAP_CASE(real_virtiofsd)
{
	bool rust;

	if (geteuid())
		skip("virtiofsd needs root");
	rust = program_find("/usr/libexec/virtiofsd");
	if (!rust && !program_find("/usr/lib/qemu/virtiofsd"))
		skip("virtiofsd is not installed");
	program_files();
	program_word("--socket-path=%s", program.socket);
	if (rust) {
		program_word("--shared-dir=%s", program.share);
		program_word("--sandbox=none");
	} else {
		program_word("-f");
		program_word("-o");
		program_word("source=%s,sandbox=chroot", program.share);
	}
	share_life();
}
