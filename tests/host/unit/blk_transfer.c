// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's reads and writes of which the io_uring has done a part only: the
 * back end does the rest by system calls.
 */
#include "blk_fake.h"

#define AT  1024 /* in the file */
#define LEN 512

/* Results of an entry, and the bytes that such an entry has transferred. */
static const struct {
	int result;
	unsigned int done;
} ends[] = { { 0, 0 },	   { 100, 100 }, { 300, 300 },	{ 301, 301 },
	     { 511, 511 }, { 512, 512 }, { -EINTR, 0 }, { -EAGAIN, 0 } };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The byte of the file, and that of the request's data. */
#define OLD(offset) ((unsigned char)((offset)*7))
#define NEW(offset) ((unsigned char)(~OLD(offset)))

static void fill_file(void)
{
	unsigned char bytes[AT + 2 * LEN];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = OLD(i);
	must(pwrite(disk.fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
}

/* The result of a request with @data, in two pieces, whose entry ends so. */
static int transfer(struct io *io, enum io_op op, unsigned char *data,
		    int result)
{
	struct request r = {
		.op = op,
		.offset = AT,
		.len = LEN,
		.nr = 2,
		.iov = { { data, 300 }, { data + 300, LEN - 300 } },
	};

	io_queue(io, &r);
	must(!io_submit(io));
	end_entry(nr_entries - 1, result);
	reap_all(io, 1);
	return r.result;
}

/*
 * The test's io_uring writes nothing. So the bytes that it has reported as written
 * stay old, and the back end writes the others.
 */
TAP_CASE(blk_io_write_in_parts)
{
	unsigned char data[LEN], bytes[AT + 2 * LEN];
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	for (unsigned int i = 0; i < LEN; i++)
		data[i] = NEW(AT + i);
	for (unsigned int e = 0; e < COUNT(ends); e++) {
		unsigned int from = AT + ends[e].done;

		fill_file();
		check_eq(transfer(&io, IO_WRITE, data, ends[e].result), 0);
		must(pread(disk.fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
		for (unsigned int i = 0; i < sizeof(bytes); i++)
			must(check_eq(bytes[i], i < from || i >= AT + LEN ?
							OLD(i) :
							NEW(i)));
	}
	check_eq(nr_entries, COUNT(ends));
	io_close(&io);
}

/* Here the bytes that the io_uring has reported as read are not in the data. */
TAP_CASE(blk_io_read_in_parts)
{
	unsigned char data[LEN];
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	fill_file();
	for (unsigned int e = 0; e < COUNT(ends); e++) {
		for (unsigned int i = 0; i < LEN; i++)
			data[i] = NEW(AT + i);
		check_eq(transfer(&io, IO_READ, data, ends[e].result), 0);
		for (unsigned int i = 0; i < LEN; i++)
			must(check_eq(data[i], i < ends[e].done ? NEW(AT + i) :
								  OLD(AT + i)));
	}
	check_eq(nr_entries, COUNT(ends));
	io_close(&io);
}

/* With any other error the request has failed, and the back end does nothing more. */
TAP_CASE(blk_io_transfer_fails)
{
	unsigned char data[LEN] = { 0 }, bytes[LEN];
	struct io io;

	open_disk();
	must(!io_open(&io, &disk, true));
	fill_file();
	check_eq(transfer(&io, IO_READ, data, -EIO), -EIO);
	check_eq(data[0], 0);
	check_eq(transfer(&io, IO_WRITE, data, -ENOSPC), -ENOSPC);
	must(pread(disk.fd, bytes, LEN, AT) == LEN);
	for (unsigned int i = 0; i < LEN; i++)
		must(check_eq(bytes[i], OLD(AT + i)));
	io_close(&io);
}
