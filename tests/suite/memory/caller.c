// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * read(2) and write(2) of a memory file as their caller sees them: buffers that are
 * absent, that lie in areas of the same file, or whose pages never come, and threads that
 * share a position.
 */
#include <pthread.h>
#include <sys/uio.h>

#include "dom0/late.h"
#include "memory/memory.h"

#define N 12 /* pages: the driver copies them in several pieces */

/* The pages of the buffer are all that a read can fill. */
TAP_CASE(memory_read_buffer_ends)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	size_t n, i;

	for (n = 1; n < N; n++) {
		unsigned char *buf = buffer(n);
		struct iovec v[] = { { buf, n * PAGE },
				     { buf + n * PAGE, PAGE } };

		must(lseek(file, 0, SEEK_SET) == 0);
		check_eq(read(file, buf, N * PAGE), n * PAGE);
		check_eq(lseek(file, 0, SEEK_CUR), n * PAGE);
		for (i = 0; i < n; i++)
			check(page_has(buf + i * PAGE, domain_seed(d, i)));
		memset(buf, 0, n * PAGE);
		check_eq(preadv(file, v, 2, 0), n * PAGE);
		check(page_has(buf, domain_seed(d, 0)));
		check_errno(pread(file, buf + n * PAGE, PAGE, 0), EFAULT);
		munmap(buf, (n + 1) * PAGE);
	}
	check_errno(pread(file, KERNEL_POINTER, PAGE, 0), EFAULT);
	check_errno(pread(file, aside(1), PAGE, PAGE), EFAULT);
	check_eq(pread(file, NULL, 0, 0), 0);
}

/* So are the pages of the buffer all that a write can take. */
TAP_CASE(memory_write_buffer_ends)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct area look = area_new(file, N);
	size_t n, i;

	for (n = 1; n < N; n++) {
		unsigned char *buf = buffer(n);

		for (i = 0; i < n; i++)
			page_fill(buf + i * PAGE, 1000 * n + i);
		must(lseek(file, 0, SEEK_SET) == 0);
		check_eq(write(file, buf, N * PAGE), n * PAGE);
		check_eq(lseek(file, 0, SEEK_CUR), n * PAGE);
		for (i = 0; i < N; i++)
			check(page_has(page_at(&look, i),
				       i < n ? 1000 * n + i :
					       domain_seed(d, i)));
		check_errno(pwrite(file, buf + n * PAGE, PAGE, 0), EFAULT);
		munmap(buf, (n + 1) * PAGE);
	}
	check_errno(pwrite(file, aside(1), 1, 0), EFAULT);
	check_errno(pwrite(file, KERNEL_POINTER, PAGE, 0), EFAULT);
	check(page_has(look.va, 1000 * (N - 1)));
	area_done(&look);
	memory_end(d);
}

/* Pages of the buffer that the program has not accessed yet are faulted in. */
TAP_CASE(memory_read_buffer_untouched)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	size_t touched, i;

	for (touched = 0; touched < N; touched++) {
		unsigned char *buf = mmap(NULL, N * PAGE,
					  PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(buf != MAP_FAILED);
		memset(buf, 0xee, touched * PAGE);
		check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
		for (i = 0; i < N; i++)
			check(page_has(buf + i * PAGE, domain_seed(d, i)));
		/* A page that cannot be written ends the read before it. */
		must(!mprotect(buf + 9 * PAGE, PAGE, PROT_READ));
		check_eq(pread(file, buf, N * PAGE, 0), 9 * PAGE);
		check(page_has(buf + 9 * PAGE, domain_seed(d, 9)));
		munmap(buf, N * PAGE);
	}
}

/*
 * The buffer is an area of the same file, whose pages come with their first access: a
 * lock or a frame that the call held meanwhile would be wanted twice.
 */
TAP_CASE(memory_into_its_own_area, .rows = "B15")
{
	struct domain *d = memory_domain("########..##");
	int file = memory_of(d, 0, N, 0);
	struct area a = area_new(file, N);
	size_t i;

	around("1");
	/* Page 10 becomes a copy of page 3, and page 0 one of page 11. */
	check_eq(pread(file, page_at(&a, 10), PAGE, 3 * PAGE), PAGE);
	check_eq(pwrite(file, page_at(&a, 11), PAGE, 0), PAGE);
	memory_has(file, 2, N - 2, 0);
	check(page_has(page_at(&a, 10), domain_seed(d, 3)));
	check(page_has(a.va, domain_seed(d, 11)));
	/* A page onto itself, and several pages onto their neighbours. */
	check_eq(pread(file, page_at(&a, 5), PAGE, 5 * PAGE), PAGE);
	check_eq(pwrite(file, page_at(&a, 5), PAGE, 5 * PAGE), PAGE);
	check(page_has(page_at(&a, 5), domain_seed(d, 5)));
	check_eq(pread(file, page_at(&a, 1), 3 * PAGE, 4 * PAGE), 3 * PAGE);
	for (i = 1; i < 4; i++)
		check(page_has(page_at(&a, i), domain_seed(d, 3 + i)));
	/* A hole of the area is no buffer. */
	check_errno(pread(file, page_at(&a, 8), PAGE, 0), EFAULT);
	check_errno(pwrite(file, page_at(&a, 9), PAGE, 0), EFAULT);
	check_eq(pread(file, page_at(&a, 7), 2 * PAGE, 0), PAGE);
	check(page_has(page_at(&a, 7), domain_seed(d, 11)));
	area_done(&a);
	memory_end(d);
}

/* A read in a thread of its own, into memory that comes late. */
struct late_read {
	pthread_t thread;
	int file;
	void *buf;
	size_t len;
	off_t from; /* -1: the file's position */
	ssize_t ret;
	bool done;
};

static void *read_late(void *arg)
{
	struct late_read *r = arg;

	r->ret = r->from < 0 ? read(r->file, r->buf, r->len) :
			       pread(r->file, r->buf, r->len, r->from);
	__atomic_store_n(&r->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

static void read_begin(struct late_read *r)
{
	must(!pthread_create(&r->thread, NULL, read_late, r));
}

static ssize_t read_end(struct late_read *r)
{
	pthread_join(r->thread, NULL);
	return r->ret;
}

/*
 * A read waits for a page of its caller that another thread keeps back. Nobody else waits
 * for it: other calls on the file, on its areas and on the address space work meanwhile.
 * If the read held a lock, the first of them would hang, and with it the case.
 */
TAP_CASE(memory_read_waits_alone, .rows = "B15")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), other, i;
	unsigned char *buf = buffer(N);
	struct late_read r = { .file = file, .len = N * PAGE };
	struct late l;
	struct area a;

	late_new(&l, N);
	r.buf = l.pages;
	late_take(&l, 3);
	read_begin(&r);
	late_wanted(&l, 3);
	for (i = 0; i < 3; i++) {
		a = area_new(file, N);
		memory_shows(&a, d, 0);
		check_eq(x_unmap(file, a.va, N), 0);
		area_done(&a);
		munmap(buffer(1), 2 * PAGE);
		check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
		check(page_has(buf + 3 * PAGE, domain_seed(d, 3)));
		check_eq(pwrite(file, buf, N * PAGE, 0), N * PAGE);
		other = memory_reopen(file, O_RDWR);
		check_eq(read(other, buf, PAGE), PAGE);
		close(other);
		close(memory_of(d, 0, N, 0));
	}
	check(!__atomic_load_n(&r.done, __ATOMIC_SEQ_CST));
	late_give(&l, 3);
	check_eq(read_end(&r), N * PAGE);
	for (i = 0; i < N; i++)
		check(page_has(l.pages + i * PAGE, domain_seed(d, i)));
	late_done(&l);
	memory_end(d);
}

/* The read that waits holds no frame either, so the domain can go. */
TAP_CASE(memory_domain_ends_in_a_read, .rows = "B15")
{
	struct domain *d = memory_full(N);
	struct late_read r = { .file = memory_of(d, 0, N, 0), .len = N * PAGE };
	struct late l;
	int i;

	late_new(&l, N);
	r.buf = l.pages;
	late_take(&l, 3);
	read_begin(&r);
	late_wanted(&l, 3);
	memory_end(d);
	late_give(&l, 3);
	/* The driver had the bytes of this piece already, and no others. */
	check_eq(read_end(&r), 8 * PAGE);
	for (i = 0; i < 8; i++)
		check(page_has(l.pages + i * PAGE, domain_seed(d, i)));
	late_done(&l);
}

/* A process that waits in a read is killed. */
TAP_CASE(memory_read_killed, .rows = "B10")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), status, p[2];
	pid_t pid;

	must(!pipe(p));
	pid = fork();
	if (pid == 0) {
		struct late_read r = { .file = file, .len = N * PAGE };
		struct late l;

		late_new(&l, N);
		r.buf = l.pages;
		late_take(&l, 3);
		read_begin(&r);
		late_wanted(&l, 3);
		must(check_eq(write(p[1], "", 1), 1));
		read_end(&r); /* never */
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], &status, 1) != 1) {
		waitpid(pid, NULL, 0);
		skip("this kernel has no userfaultfd");
	}
	kill(pid, SIGKILL);
	check_eq(waitpid(pid, &status, 0), pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	memory_end(d);
}

/*
 * Two threads read at the position that they share. The second must wait until the first
 * has moved it, or both would get the same bytes. The first one waits for its buffer, so
 * the order is certain, and the second has 50 ms to go wrong.
 */
static void shares_position(int file, const struct domain *d)
{
	struct late_read first = { .file = file, .from = -1, .len = 2 * PAGE };
	struct late_read second = { .file = file, .from = -1, .len = PAGE };
	unsigned char *buf = buffer(1);
	struct late l;

	must(lseek(file, 0, SEEK_SET) == 0);
	late_new(&l, 2);
	first.buf = l.pages;
	second.buf = buf;
	late_take(&l, 1);
	read_begin(&first);
	late_wanted(&l, 1);
	read_begin(&second);
	usleep(50000);
	check(!__atomic_load_n(&second.done, __ATOMIC_SEQ_CST));
	late_give(&l, 1);
	check_eq(read_end(&first), 2 * PAGE);
	check_eq(read_end(&second), PAGE);
	check(page_has(l.pages, domain_seed(d, 0)));
	check(page_has(l.pages + PAGE, domain_seed(d, 1)));
	check(page_has(buf, domain_seed(d, 2)));
	check_eq(lseek(file, 0, SEEK_CUR), 3 * PAGE);
	late_done(&l);
}

TAP_CASE(memory_shared_position)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);

	shares_position(file, d);
	shares_position(memory_reopen(file, O_RDWR), d);
	memory_end(d);
}

/* Four threads read one file at once, each a page of its own. */
static void *read_many(void *arg)
{
	struct late_read *r = arg;
	unsigned char *buf = buffer(1);
	int i;

	for (i = 0; i < 100; i++) {
		memset(buf, 0, PAGE);
		must(check_eq(pread(r->file, buf, PAGE, r->from), PAGE));
		must(check(page_has(buf, r->len)));
	}
	return NULL;
}

TAP_CASE(memory_read_by_several_threads)
{
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, 4, 0), i;
	struct late_read r[4];

	for (i = 0; i < 4; i++) {
		r[i] = (struct late_read){ .file = file,
					   .from = i * PAGE,
					   .len = domain_seed(d, i) };
		must(!pthread_create(&r[i].thread, NULL, read_many, &r[i]));
	}
	for (i = 0; i < 4; i++)
		pthread_join(r[i].thread, NULL);
	memory_end(d);
}
