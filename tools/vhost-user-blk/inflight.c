// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Records which requests are in flight, in memory that the front end keeps for the
 * next back end if this one dies. Requests complete in any order here, so the ring
 * alone does not show which ones are in flight. The protocol defines the layout
 * and the order of the writes (split rings, version 1).
 *
 * The area comes from a front end, which is not trusted: this file checks all
 * numbers that it reads there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"
#include "guard.h"
#include "inflight.h"

#define VERSION_SPLIT 1
#define LINE	      64 /* bytes; no two queues share a cache line */
#define GONE	      "the inflight area cannot be accessed"

/* Bytes that a ring of @queue_size entries needs. */
static size_t part_len(unsigned int queue_size)
{
	size_t len = sizeof(struct vu_inflight_queue) +
		     queue_size * sizeof(struct vu_inflight_desc);

	return (len + LINE - 1) / LINE * LINE;
}

static bool numbers_ok(const struct vu_inflight *said)
{
	return said->num_queues && said->num_queues <= QUEUES_MAX &&
	       said->queue_size && said->queue_size <= RING_MAX;
}

/*
 * Each part has room for the largest ring, whatever queue size the front end says:
 * QEMU 10 sends its option queue-size, 128, but its guests make rings of up to
 * 1024 entries.
 */
int inflight_create(struct vu_inflight *said, int *fd)
{
	size_t len;
	int area;

	if (!numbers_ok(said))
		return -EINVAL;
	len = said->num_queues * part_len(RING_MAX);
	area = memfd_create("inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (area < 0)
		return -errno;
	if (ftruncate(area, len) ||
	    fcntl(area, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK)) {
		int err = -errno;

		close(area);
		return err;
	}
	said->mmap_size = len;
	said->mmap_offset = 0;
	*fd = area;
	return 0;
}

/*
 * The size of one queue's part of an area of @size bytes, or 0 if the area is too
 * small for the numbers in @said.
 */
static size_t part_of(uint64_t size, const struct vu_inflight *said)
{
	size_t most = part_len(RING_MAX);

	size = size / said->num_queues / LINE * LINE;
	if (size < part_len(said->queue_size))
		return 0;
	return size < most ? size : most;
}

/*
 * The bytes of the file that belong to the area are divided between the parts. No
 * part is larger than the largest ring needs. The length of the mapping is a
 * multiple of the file's page size, as munmap() of huge pages needs that.
 */
int inflight_map(struct inflight *inflight, const struct vu_inflight *said,
		 int fd)
{
	uint64_t size = said->mmap_size;
	size_t part, len, page;
	struct stat st;
	void *addr;

	if (!numbers_ok(said) || said->mmap_offset % 4096)
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	if (said->mmap_offset > (uint64_t)st.st_size)
		return -EINVAL;
	if (size > st.st_size - said->mmap_offset)
		size = st.st_size - said->mmap_offset;
	part = part_of(size, said);
	if (!part)
		return -EINVAL;
	page = st.st_blksize > 4096 ? st.st_blksize : 4096;
	len = (part * said->num_queues + page - 1) / page * page;
	addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    said->mmap_offset);
	if (addr == MAP_FAILED)
		return -errno;
	inflight_unmap(inflight);
	*inflight = (struct inflight){ addr, len, part, said->num_queues };
	return 0;
}

void inflight_unmap(struct inflight *inflight)
{
	if (inflight->addr)
		munmap(inflight->addr, inflight->len);
	inflight->addr = NULL;
}

/* Begin a record for a new ring. */
static const char *format(struct vu_inflight_queue *part, unsigned int size,
			  uint16_t used_idx)
{
	struct vu_inflight_queue fresh = {
		.version = VERSION_SPLIT,
		.desc_num = size,
		.used_idx = used_idx,
	};

	return guard_write(part, &fresh, sizeof(fresh)) ? GONE : NULL;
}

static int older(const void *a, const void *b)
{
	const struct vu_inflight_desc *x = a, *y = b;

	return (x->counter > y->counter) - (x->counter < y->counter);
}

/*
 * Collect the heads of requests in flight, oldest first. @desc is a copy of the
 * area. This function moves the entries in flight to its front, stores the index
 * of each in its field next, and sorts them by counter.
 */
static void collect(struct vu_inflight_desc *desc, unsigned int size,
		    uint16_t *heads, unsigned int *num, uint64_t *counter)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < size; i++) {
		if (desc[i].inflight != 1)
			continue;
		desc[nr] = desc[i];
		desc[nr++].next = i;
	}
	qsort(desc, nr, sizeof(*desc), older);
	for (unsigned int i = 0; i < nr; i++)
		heads[i] = desc[i].next;
	*num = nr;
	*counter = nr ? desc[nr - 1].counter + 1 : 0;
}

static bool nothing_in_flight(const struct vu_inflight_desc *desc,
			      unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		if (desc[i].inflight == 1)
			return false;
	return true;
}

/*
 * A driver that starts again may make a ring of another size: the firmware and the
 * kernel of a guest do so. If no request of the old ring is in flight, clear the
 * part, so that inflight_resume() begins a new record.
 */
static void forget_other_ring(struct vu_inflight_queue *part, size_t len,
			      unsigned int num)
{
	struct vu_inflight_desc desc[RING_MAX];
	struct vu_inflight_queue head;

	if (guard_read(&head, part, sizeof(head)) ||
	    head.version != VERSION_SPLIT || head.desc_num == num ||
	    head.desc_num > RING_MAX || part_len(head.desc_num) > len ||
	    guard_read(desc, part->desc, head.desc_num * sizeof(*desc)) ||
	    !nothing_in_flight(desc, head.desc_num))
		return;
	memset(&head, 0, sizeof(head));
	guard_write(part, &head, sizeof(head));
}

struct vu_inflight_queue *inflight_queue(const struct inflight *inflight,
					 unsigned int index, unsigned int num)
{
	struct vu_inflight_queue *part;

	if (!inflight->addr || index >= inflight->num_queues ||
	    part_len(num) > inflight->part)
		return NULL;
	part = (void *)((char *)inflight->addr + index * inflight->part);
	forget_other_ring(part, inflight->part, num);
	return part;
}

const char *inflight_resume(struct vu_inflight_queue *part, unsigned int size,
			    uint16_t used_idx, bool *fresh, uint16_t *heads,
			    unsigned int *num, uint64_t *counter)
{
	struct vu_inflight_desc desc[RING_MAX];
	struct vu_inflight_queue head;
	uint16_t at, left;

	*num = 0;
	*counter = 0;
	*fresh = true;
	if (guard_read(&head, part, sizeof(head)))
		return GONE;
	if (!head.version)
		return format(part, size, used_idx);
	if (head.version != VERSION_SPLIT || head.desc_num != size)
		return "an inflight area of another ring";
	if (guard_read(desc, part->desc, size * sizeof(*desc)))
		return GONE;
	/*
	 * The last back end has published a batch and died before
	 * inflight_end(): the requests of the batch are not in flight.
	 */
	left = used_idx - head.used_idx;
	if (left > size) {
		/* The driver has made a new ring; the area is of the old. */
		if (nothing_in_flight(desc, size))
			return format(part, size, used_idx);
		return "an inflight area that does not fit the ring";
	}
	for (at = head.last_batch_head; left; left--, at = desc[at].next) {
		if (at >= size)
			return "an inflight area with a link beyond the ring";
		desc[at].inflight = 0;
	}
	head.used_idx = used_idx;
	if (guard_write(part->desc, desc, size * sizeof(*desc)) ||
	    guard_write(part, &head, sizeof(head)))
		return GONE;
	*fresh = false;
	collect(desc, size, heads, num, counter);
	return NULL;
}

const char *inflight_begin(struct vu_inflight_queue *part, uint16_t head,
			   uint64_t counter)
{
	static const uint8_t yes = 1;

	if (guard_write(&part->desc[head].counter, &counter, 8) ||
	    guard_write(&part->desc[head].inflight, &yes, 1))
		return GONE;
	return NULL;
}

const char *inflight_give(struct vu_inflight_queue *part, uint16_t head)
{
	uint16_t last;

	if (guard_load(&last, &part->last_batch_head) ||
	    guard_store(&part->desc[head].next, last) ||
	    guard_store(&part->last_batch_head, head))
		return GONE;
	return NULL;
}

const char *inflight_end(struct vu_inflight_queue *part, const uint16_t *heads,
			 unsigned int num, uint16_t used_idx)
{
	static const uint8_t no = 0;

	for (unsigned int i = 0; i < num; i++)
		if (guard_write(&part->desc[heads[i]].inflight, &no, 1))
			return GONE;
	return guard_store(&part->used_idx, used_idx) ? GONE : NULL;
}
