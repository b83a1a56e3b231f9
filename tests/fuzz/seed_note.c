// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Records what the front end sends through its socket, and what has changed in
 * the guest's memory meanwhile. Gives the front end the answers that it
 * expects.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "input.h"
#include "seed.h"

/* If fewer equal bytes lie between two changes, they are recorded as one change. */
#define GAP 8

struct vm vm;
struct seed messages, pieces;
/*
 * What was recorded of the guest's memory, and of the area of requests in
 * flight.
 */
static uint8_t noted[MEM_SIZE], noted_area[MEM_SIZE];
int area_fd = -1;
static uint8_t *area;
size_t area_len;
/* The answer that the front end has not read yet. */
static uint8_t answer[sizeof(struct vu_header) + 4096];
static size_t answer_at, answer_len;
static int answer_fd = -1;

void put(struct seed *seed, const void *bytes, size_t len)
{
	must(len <= SEED_MAX - seed->len);
	memcpy(seed->bytes + seed->len, bytes, len);
	seed->len += len;
}

void put_byte(struct seed *seed, uint8_t value)
{
	put(seed, &value, 1);
}

/* ---- what changed in memory ---- */

/* Finds the next bytes from @at on that differ; false: there are none. */
static bool next_change(const uint8_t *old, const uint8_t *new, size_t size,
			size_t at, size_t max, size_t *start, size_t *end)
{
	while (at < size && old[at] == new[at])
		at++;
	*start = *end = at;
	for (; at < size && at < *end + GAP && at < *start + max; at++)
		if (old[at] != new[at])
			*end = at + 1;
	return *start < size;
}

void note_event(uint8_t what, uint16_t len)
{
	const uint8_t head[] = { what, 0, 0, 0, len, len >> 8 };

	put(&messages, head, sizeof(head));
}

static void note_changes(uint8_t what, uint8_t *old, const uint8_t *new,
			 size_t size)
{
	size_t start, end = 0;

	while (next_change(old, new, size, end, SEED_MAX, &start, &end)) {
		uint32_t offset = start;

		note_event(what, sizeof(offset) + (end - start));
		put(&messages, &offset, sizeof(offset));
		put(&messages, new + start, end - start);
		memcpy(old + start, new + start, end - start);
	}
}

void note_memory(void)
{
	note_changes(DO_WRITE, noted, vm.mem, MEM_SIZE);
	if (area)
		note_changes(DO_AREA, noted_area, area, area_len);
}

/* The same for stream, whose inputs begin with the whole contents. */
void put_memory(struct seed *seed)
{
	static const uint8_t nothing[MEM_SIZE];
	size_t start, end = 0;

	while (next_change(nothing, noted, MEM_SIZE, end, 255, &start, &end)) {
		uint32_t offset = start;

		put_byte(seed, end - start);
		put(seed, &offset, 3);
		put(seed, noted + start, end - start);
	}
	put_byte(seed, 0);
}

/* ---- messages ---- */

static unsigned int kind_of(int fd)
{
	struct stat st;

	must(!fstat(fd, &st));
	if (fd == vm.mem_fd)
		return FD_MEMORY;
	if (fd == area_fd)
		return FD_AREA;
	if (S_ISFIFO(st.st_mode))
		return FD_HUNG_UP;
	/* /dev/zero acts as gntdev, see tests/lib/fake */
	if (S_ISCHR(st.st_mode))
		return FD_XEN | (minor(st.st_rdev) == 5) << 4;
	return FD_EVENT;
}

static void note_pieces(const uint8_t *bytes, size_t len, unsigned int nr_fds,
			unsigned int kind)
{
	for (size_t n; len; len -= n, bytes += n, nr_fds = 0) {
		n = len < 255 ? len : 255;
		put_byte(&pieces, nr_fds);
		/*
		 * The fuzzer stream has no area of a back end, so it gets a
		 * file of that length.
		 */
		put_byte(&pieces, kind == FD_AREA ? FD_FILE | 2 << 4 : kind);
		put_byte(&pieces, n);
		put(&pieces, bytes, n);
	}
}

static void note_message(const uint8_t *bytes, size_t len, unsigned int nr_fds,
			 unsigned int kind)
{
	const struct vu_header *header = (const void *)bytes;
	const uint8_t head[] = { header->request, header->flags,
				 nr_fds,	  kind,
				 header->size,	  header->size >> 8 };

	note_memory();
	put(&messages, head, sizeof(head));
	put(&messages, bytes + sizeof(*header), len - sizeof(*header));
	note_pieces(bytes, len, nr_fds, kind);
}

static void make_area(void)
{
	area_len = QUEUES * PART_LEN(RING_MAX);
	area_fd = memfd_create("inflight", 0);
	must(!ftruncate(area_fd, area_len));
	area = mmap(NULL, area_len, PROT_READ | PROT_WRITE, MAP_SHARED, area_fd,
		    0);
	must(area != MAP_FAILED);
	memset(noted_area, 0, sizeof(noted_area));
}

static void make_answer(const uint8_t *message)
{
	struct vu_header header;
	struct vu_inflight said = { 0 };

	memcpy(&header, message, sizeof(header));
	if (header.request == VU_GET_INFLIGHT_FD) {
		make_area();
		memcpy(&said, message + sizeof(header), header.size);
		said.mmap_size = area_len;
		answer_fd = area_fd;
	} else if (header.request != VU_GET_CONFIG) {
		header.size = sizeof(uint64_t);
	}
	header.flags = VU_VERSION | VU_REPLY;
	memcpy(answer, &header, sizeof(header));
	memcpy(answer + sizeof(header), &said, sizeof(said));
	answer_at = 0;
	answer_len = sizeof(header) + header.size;
}

ssize_t __wrap_sendmsg(int socket, const struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int socket, struct msghdr *msg, int flags);

ssize_t __wrap_sendmsg(int socket, const struct msghdr *msg, int flags)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	unsigned int nr_fds = 0, kind = 0;
	int fd;

	(void)socket;
	(void)flags;
	if (c) {
		nr_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		kind = kind_of(fd);
	}
	note_message(msg->msg_iov->iov_base, msg->msg_iov->iov_len, nr_fds,
		     kind);
	make_answer(msg->msg_iov->iov_base);
	return msg->msg_iov->iov_len;
}

ssize_t __wrap_recvmsg(int socket, struct msghdr *msg, int flags)
{
	size_t len = msg->msg_iov->iov_len;
	struct cmsghdr *c = msg->msg_control;

	(void)socket;
	(void)flags;
	must(len <= answer_len - answer_at);
	memcpy(msg->msg_iov->iov_base, answer + answer_at, len);
	answer_at += len;
	msg->msg_controllen = 0;
	if (answer_fd >= 0) {
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET,
				       SCM_RIGHTS };
		memcpy(CMSG_DATA(c), &answer_fd, sizeof(answer_fd));
		msg->msg_controllen = CMSG_SPACE(sizeof(int));
	}
	answer_fd = -1;
	return len;
}

void note_begin(void)
{
	messages.len = pieces.len = 0;
	memset(noted, 0, sizeof(noted));
	area = NULL;
	area_fd = -1;
}
