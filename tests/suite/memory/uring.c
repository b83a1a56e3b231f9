// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * io_uring with memory files: requests on the file, at once and by a worker of the
 * kernel, with ordinary buffers, with registered buffers, and with an area as buffer.
 * There is no library. Each request is submitted alone.
 */
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "dom0/late.h"
#include "memory/memory.h"

#define N	10 /* pages: the driver copies them in several pieces */
#define ENTRIES 8  /* of a ring: as many reads of files may wait at once */

struct ring {
	int fd;
	struct io_uring_params params;
	unsigned char *rings;
	struct io_uring_sqe *sqe;
};

static void *map_ring(struct ring *r, size_t len, off_t offset)
{
	void *va = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, r->fd, offset);

	must(va != MAP_FAILED);
	return va;
}

static void ring_new(struct ring *r)
{
	struct io_uring_params *p = &r->params;
	size_t len;

	memset(r, 0, sizeof(*r));
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	if (r->fd < 0)
		skip("this kernel has no io_uring");
	must(p->features & IORING_FEAT_SINGLE_MMAP);
	len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	if (len < p->sq_off.array + p->sq_entries * sizeof(__u32))
		len = p->sq_off.array + p->sq_entries * sizeof(__u32);
	r->rings = map_ring(r, len, IORING_OFF_SQ_RING);
	r->sqe = map_ring(r, sizeof(*r->sqe), IORING_OFF_SQES);
}

static __u32 *ring_word(struct ring *r, __u32 offset)
{
	return (__u32 *)(r->rings + offset);
}

/* Submits a request. io_uring_enter() must return, whatever becomes of the request. */
static void ring_submit(struct ring *r, const struct io_uring_sqe *sqe)
{
	struct io_uring_params *p = &r->params;
	__u32 *tail = ring_word(r, p->sq_off.tail);
	__u32 mask = *ring_word(r, p->sq_off.ring_mask);

	*r->sqe = *sqe;
	ring_word(r, p->sq_off.array)[*tail & mask] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	must(check_eq(syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0), 1));
}

/*
 * Waits for the end of any request. Returns its result: a negative errno if it failed.
 * @number: which request that was.
 */
static int ring_wait(struct ring *r, __u64 *number)
{
	struct io_uring_params *p = &r->params;
	__u32 *head = ring_word(r, p->cq_off.head);
	__u32 mask = *ring_word(r, p->cq_off.ring_mask);
	struct io_uring_cqe *cqe;
	int res;

	must(check_eq(syscall(SYS_io_uring_enter, r->fd, 0, 1,
			      IORING_ENTER_GETEVENTS, NULL, 0),
		      0));
	must(__atomic_load_n(ring_word(r, p->cq_off.tail), __ATOMIC_ACQUIRE) !=
	     *head);
	cqe = (struct io_uring_cqe *)(r->rings + p->cq_off.cqes) +
	      (*head & mask);
	*number = cqe->user_data;
	res = cqe->res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

/* Submits a request and waits for it. Returns its result. */
static int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	__u64 number;

	ring_submit(r, sqe);
	return ring_wait(r, &number);
}

static int ring_rw(struct ring *r, int op, unsigned int flags, int file,
		   const void *buf, size_t len, off_t offset)
{
	const struct io_uring_sqe sqe = {
		.opcode = op,
		.flags = flags,
		.fd = file,
		.off = offset,
		.addr = (unsigned long)buf,
		.len = len,
	};

	return ring_do(r, &sqe);
}

static const unsigned int how[] = { 0, IOSQE_ASYNC };

static void both_ways(struct ring *r, int file, const struct domain *d,
		      unsigned char *buf, int reads, int writes,
		      unsigned int flags)
{
	size_t i;

	memset(buf, 0, N * PAGE);
	check_eq(ring_rw(r, reads, flags, file, buf, N * PAGE, 0), N * PAGE);
	for (i = 0; i < N; i++)
		check(page_has(buf + i * PAGE, domain_seed(d, i)));
	check_eq(ring_rw(r, reads, flags, file, buf + 9, 100, 4 * PAGE - 50),
		 100);
	check(!memcmp(buf + 59, buf + 4 * PAGE, 50));
	/* The end of the file. */
	check_eq(ring_rw(r, reads, flags, file, buf, N * PAGE, 7 * PAGE),
		 3 * PAGE);
	check_eq(ring_rw(r, reads, flags, file, buf, PAGE, N * PAGE), 0);
	check_eq(ring_rw(r, writes, flags, file, buf, PAGE, N * PAGE), -ENOSPC);

	page_fill(buf, 800);
	check_eq(ring_rw(r, writes, flags, file, buf, PAGE, 2 * PAGE), PAGE);
	memset(buf, 0, PAGE);
	check_eq(pread(file, buf, PAGE, 2 * PAGE), PAGE);
	check(page_has(buf, 800));
	page_fill(buf, domain_seed(d, 2));
	check_eq(ring_rw(r, writes, flags, file, buf, PAGE, 2 * PAGE), PAGE);
}

TAP_CASE(memory_io_uring)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct ring r;
	size_t i;

	ring_new(&r);
	for (i = 0; i < ARRAY_SIZE(how); i++)
		both_ways(&r, file, d, buffer(N), IORING_OP_READ,
			  IORING_OP_WRITE, how[i]);
	close(r.fd);
	memory_end(d);
}

/* The buffers are registered, so the driver does not copy to user addresses. */
TAP_CASE(memory_io_uring_registered_buffers)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct iovec v = { buffer(N), N * PAGE };
	struct ring r;
	size_t i;

	ring_new(&r);
	must(check_eq(syscall(SYS_io_uring_register, r.fd,
			      IORING_REGISTER_BUFFERS, &v, 1),
		      0));
	for (i = 0; i < ARRAY_SIZE(how); i++)
		both_ways(&r, file, d, v.iov_base, IORING_OP_READ_FIXED,
			  IORING_OP_WRITE_FIXED, how[i]);
	close(r.fd);
	memory_end(d);
}

/* A hole, and the descriptor of a READ_ONLY file. */
TAP_CASE(memory_io_uring_fails)
{
	struct domain *d = memory_domain("##.#");
	int file = memory_of(d, 0, 4, 0), ro = memory_of(d, 0, 4, READ_ONLY);
	unsigned char *buf = buffer(4);
	struct ring r;
	size_t i;

	ring_new(&r);
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		check_eq(ring_rw(&r, IORING_OP_READ, how[i], file, buf,
				 4 * PAGE, 2 * PAGE),
			 -EIO);
		check_eq(ring_rw(&r, IORING_OP_WRITE, how[i], file, buf, PAGE,
				 2 * PAGE),
			 -EIO);
		check_eq(ring_rw(&r, IORING_OP_WRITE, how[i], ro, buf, PAGE, 0),
			 -EBADF);
		check_eq(ring_rw(&r, IORING_OP_READ, how[i], ro, NULL, PAGE, 0),
			 -EFAULT);
	}
	close(r.fd);
	memory_end(d);
}

/*
 * A back end reads its image into the guest and writes the guest's bytes to the image.
 * An area is an ordinary buffer of such requests, and no registered one.
 */
TAP_CASE(memory_io_uring_into_an_area, .rows = "B18 B19")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), image;
	struct area a = area_new(file, N);
	struct iovec v = { a.va, N * PAGE };
	unsigned char *buf = buffer(1);
	struct ring r;
	size_t i;

	around("1");
	image = memfd_create("image", MFD_CLOEXEC);
	must(image >= 0 && !ftruncate(image, N * PAGE));
	ring_new(&r);
	check(syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_BUFFERS, &v,
		      1) == -1 &&
	      (errno == EFAULT || errno == EOPNOTSUPP));
	memory_has(file, 0, N, 0);
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		size_t k = 4 * i; /* its first page is lazy */

		check_eq(ring_rw(&r, IORING_OP_WRITE, how[i], image,
				 page_at(&a, k), 2 * PAGE, 0),
			 2 * PAGE);
		check_eq(pread(image, buf, PAGE, PAGE), PAGE);
		check(page_has(buf, domain_seed(d, k + 1)));
		check_eq(ring_rw(&r, IORING_OP_READ, how[i], image,
				 page_at(&a, k + 2), PAGE, PAGE),
			 PAGE);
		check(page_has(page_at(&a, k + 2), domain_seed(d, k + 1)));
	}
	memory_has(file, 6, N - 6, 0);
	area_done(&a);
	close(r.fd);
	memory_end(d);
}

/* A read request that is not waited for. @number: finds it among those that ended. */
static void submit_read(struct ring *r, unsigned int flags, int file, void *buf,
			__u64 number)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.flags = flags,
		.fd = file,
		.addr = (unsigned long)buf,
		.len = N * PAGE,
		.user_data = number,
	};

	ring_submit(r, &sqe);
}

/* The next request that ends is this one. */
static void ends(struct ring *r, __u64 number, int result)
{
	__u64 ended = 0;

	check_eq(ring_wait(r, &ended), result);
	check_eq(ended, number);
}

static bool all_pages(const unsigned char *buf, const struct domain *d)
{
	bool good = true;
	size_t i;

	for (i = 0; i < N; i++)
		good = page_has(buf + i * PAGE, domain_seed(d, i)) && good;
	return good;
}

/*
 * A read waits for a page of its caller that another thread keeps back. io_uring_enter()
 * returns all the same, and other requests of the ring end meanwhile.
 *
 * Without IOSQE_ASYNC some kernels call the driver in io_uring_enter(), which holds a lock
 * of the ring. If the read waited there, io_uring_enter() would never return, and the case
 * would hang.
 */
TAP_CASE(memory_io_uring_waits_alone, .rows = "B15")
{
	const struct io_uring_sqe nop = { .opcode = IORING_OP_NOP,
					  .user_data = 2 };
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct ring r;
	size_t i;

	ring_new(&r);
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		unsigned char *buf = buffer(N);
		struct late l;

		late_new(&l, N);
		late_take(&l, 3);
		submit_read(&r, how[i], file, l.pages, 1);
		late_wanted(&l, 3);
		ring_submit(&r, &nop);
		ends(&r, 2, 0);
		submit_read(&r, how[!i], file, buf, 3);
		ends(&r, 3, N * PAGE);
		check(all_pages(buf, d));
		check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
		late_give(&l, 3);
		ends(&r, 1, N * PAGE);
		check(all_pages(l.pages, d));
		late_done(&l);
	}
	close(r.fd);
	memory_end(d);
}
