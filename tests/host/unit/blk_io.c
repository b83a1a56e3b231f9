// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's flushes, and changes that need a flush, on a disk that fails.
 */
#include <fcntl.h>

#include <linux/virtio_blk.h>

#include <xenfm.h>

#include "blk_fake.h"
#include "../../../tools/vhost-user-blk/block.h"

static struct request *flush(struct io *io)
{
	static struct request requests[8];
	static unsigned int nr;
	struct request *r = &requests[nr++];

	must(nr <= 8);
	r->op = IO_FLUSH;
	io_queue(io, r);
	must(!io_submit(io));
	return r;
}

TAP_CASE(blk_io_failed_flush_is_remembered, .rows = "A33")
{
	struct request *first, *second;
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	first = flush(&io);
	end_entry(0, 0);
	reap_all(&io, 1);
	check_eq(first->result, 0);
	first = flush(&io);
	end_entry(1, -ENOSPC);
	reap_all(&io, 1);
	check_eq(first->result, -EIO);
	check_eq(lines, 1);
	check(strstr(said, "a flush failed: ENOSPC"));
	/* The kernel has forgotten it; another queue would be told nothing. */
	second = flush(&io);
	reap_all(&io, 1);
	check_eq(second->result, -EIO);
	check_eq(nr_entries, 2);
	io_close(&io);
	must(!io_open(&io, &disk, false));
	second = flush(&io);
	reap_all(&io, 1);
	check_eq(second->result, -EIO);
	check_eq(syncs, 0);
	check_eq(lines, 1);
}

TAP_CASE(blk_io_failed_flush_without_io_uring, .rows = "A33")
{
	struct request *r;
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, false));
	sync_result = -EIO;
	r = flush(&io);
	reap_all(&io, 1);
	check_eq(r->result, -EIO);
	r = flush(&io);
	reap_all(&io, 1);
	check_eq(r->result, -EIO);
	check_eq(syncs, 1);
	check_eq(lines, 1);
}

/*
 * Two flushes of one open file at once: the kernel would report a lost write to
 * one of them alone.
 */
TAP_CASE(blk_io_one_flush_at_a_time, .rows = "A33")
{
	struct request *r[3];
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	for (unsigned int i = 0; i < 3; i++)
		r[i] = flush(&io);
	check_eq(nr_submitted, 1);
	end_entry(0, 0);
	reap_all(&io, 1);
	check_eq(r[0]->result, 0);
	/* One for the other two, submitted by the reaping. */
	check_eq(nr_submitted, 2);
	end_entry(1, -EIO);
	reap_all(&io, 2);
	check_eq(r[1]->result, -EIO);
	check_eq(r[2]->result, -EIO);
	check_eq(io.busy, 0);
	check_eq(lines, 1);
}

/* Two queues flush at once. The kernel tells one of them that data is lost. */
TAP_CASE(blk_io_failed_flush_of_another_queue, .rows = "A33")
{
	struct request *r[2];
	struct io io[2];

	open_disk();
	for (unsigned int i = 0; i < 2; i++) {
		must(!io_open(&io[i], &disk, true));
		r[i] = flush(&io[i]);
	}
	check_eq(nr_submitted, 2);
	end_entry(0, -EIO);
	reap_all(&io[0], 1);
	end_entry(1, 0);
	reap_all(&io[1], 1);
	check_eq(r[0]->result, -EIO);
	check_eq(r[1]->result, -EIO);
	check_eq(lines, 1);
	io_close(&io[0]);
	io_close(&io[1]);
}

static struct request *change(struct io *io, enum io_op op, bool sync)
{
	static struct request requests[32];
	static unsigned int nr;
	static char data[512];
	struct request *r = &requests[nr++];

	must(nr <= 32);
	*r = (struct request){
		.op = op,
		.sync = sync,
		.len = sizeof(data),
		.nr = 1,
		.iov[0] = { data, sizeof(data) },
	};
	io_queue(io, r);
	must(!io_submit(io));
	return r;
}

/* Whatever a guest without flushes changes is flushed before it is answered. */
TAP_CASE(blk_io_changes_are_stable, .rows = "A42")
{
	const enum io_op ops[] = { IO_WRITE, IO_DISCARD, IO_ZERO, IO_UNMAP };
	struct request *r;
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int at = nr_entries;

		r = change(&io, ops[i], true);
		end_entry(at, ops[i] == IO_WRITE ? 512 : 0);
		reap_all(&io, 0);
		must(nr_submitted == at + 2);
		check_eq(entries[at + 1].opcode, IORING_OP_FSYNC);
		end_entry(at + 1, 0);
		reap_all(&io, 1);
		check_eq(r->result, 0);
		/* With flushes that is the guest's own business. */
		r = change(&io, ops[i], false);
		end_entry(at + 2, ops[i] == IO_WRITE ? 512 : 0);
		reap_all(&io, 1);
		check_eq(nr_entries, at + 3);
	}
	r = change(&io, IO_READ, true);
	end_entry(nr_entries - 1, 512);
	reap_all(&io, 1);
	check_eq(r->result, 0);
	io_close(&io);
	must(!io_open(&io, &disk, false));
	for (unsigned int i = 0; i < 4; i++) {
		syncs = 0;
		change(&io, ops[i], true);
		reap_all(&io, 1);
		check_eq(syncs, 1);
		change(&io, ops[i], false);
		reap_all(&io, 1);
		check_eq(syncs, 1);
	}
}

/* Where the flush fails the change has failed, and every later one does. */
TAP_CASE(blk_io_change_that_is_not_stable, .rows = "A33 A42")
{
	struct request *r;
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	r = change(&io, IO_ZERO, true);
	end_entry(0, 0);
	reap_all(&io, 0);
	end_entry(1, -EIO);
	reap_all(&io, 1);
	check_eq(r->result, -EIO);
	r = change(&io, IO_WRITE, true);
	end_entry(2, 512);
	reap_all(&io, 1);
	check_eq(r->result, -EIO);
	check_eq(nr_entries, 3);
}

/* Each queue has an open file of its own, and with it reports of its own. */
TAP_CASE(blk_io_queues_open_the_file, .rows = "A33")
{
	struct io io[2];

	open_disk();
	must(!io_open(&io[0], &disk, true));
	must(!io_open(&io[1], &disk, true));
	/* A position is the open file's, as the reports are. */
	must(lseek(io[0].fd, 7, SEEK_SET) == 7);
	check_eq(lseek(io[1].fd, 0, SEEK_CUR), 0);
	check_eq(lseek(disk.fd, 0, SEEK_CUR), 0);
	check_eq(fcntl(io[0].fd, F_GETFL) & O_ACCMODE, O_RDWR);
	io_close(&io[0]);
	io_close(&io[1]);
	disk.read_only = true;
	must(!io_open(&io[0], &disk, false));
	check_eq(fcntl(io[0].fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

TAP_CASE(blk_io_error_is_one_line, .rows = "A33")
{
	struct block b = { .disk = &disk };
	uint8_t status = 0xee;
	struct request r = {
		.op = IO_WRITE,
		.offset = 1024,
		.len = 512,
		.result = -EIO,
	};

	must(!xenfm_mem_new(&b.mem, 0));
	r.status = &status;
	check(!block_end(&b, &r));
	check_eq(status, VIRTIO_BLK_S_IOERR);
	check_eq(lines, 1);
	check(!strcmp(said,
		      "writing 512 bytes at byte 1024 of the file failed: EIO"));
	r.op = IO_DISCARD;
	r.result = -EOPNOTSUPP;
	r.status = &status;
	check(!block_end(&b, &r));
	check_eq(status, VIRTIO_BLK_S_UNSUPP);
	check_eq(lines, 1);
	xenfm_mem_free(b.mem);
}

TAP_MAIN
