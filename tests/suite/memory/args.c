// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MEMORY: its arguments, and who may call it. A call that fails leaves no
 * descriptor and no object.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include "memory/memory.h"

#define SIZE_V1	 PRIVCMD_X_MEMORY_SIZE_V1
#define MOST	 ((1ULL << 51) - 1) /* frames of a file */
#define FILE_MAX "/proc/sys/fs/file-max"
#define FAR	 (1ULL << 20) /* a frame number that an entry can hold */

/* The number that the next descriptor will have. */
static int next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static struct privcmd_x_memory for_domain(unsigned int dom)
{
	return (struct privcmd_x_memory){
		.size = sizeof(struct privcmd_x_memory),
		.dom = dom,
		.num = 3,
	};
}

static void refused(int fd, struct privcmd_x_memory m, int error)
{
	struct privcmd_x_memory was = m;

	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, &m), error);
	check(!memcmp(&m, &was, sizeof(m)));
}

static off_t size_of(int file)
{
	struct stat st;

	must(check_eq(fstat(file, &st), 0));
	return st.st_size;
}

TAP_CASE(memory_size)
{
	struct privcmd_x_memory m = for_domain(NO_DOMAIN);
	int fd = privcmd_open(), next, file;
	unsigned int i;

	need_memory();
	check_eq(sizeof(m), SIZE_V1);
	next = next_descriptor();
	for (i = 0; i < SIZE_V1; i++) {
		m.size = i;
		refused(fd, m, EINVAL);
	}
	check_eq(next_descriptor(), next);
	m.size = sizeof(m);
	file = takes_longer(fd, PRIVCMD_X_MEMORY, &m);
	check_eq(file, next);
	check_eq(size_of(file), 3 * PAGE);
}

TAP_CASE(memory_flags)
{
	struct privcmd_x_memory good = for_domain(NO_DOMAIN), m;
	int fd = privcmd_open(), next;
	unsigned int i;

	need_memory();
	next = next_descriptor();
	for (i = 2; i < 32; i++) {
		m = good;
		m.flags = 1U << i;
		refused(fd, m, EINVAL);
		m.flags |= READ_ONLY;
		refused(fd, m, EINVAL);
	}
	for (i = 0; i < 3; i++) {
		m = good;
		m.pad[i] = 1;
		refused(fd, m, EINVAL);
	}
	check_eq(next_descriptor(), next);
	good.flags = READ_ONLY | ZERO_HOLES;
	check_eq(ioctl(fd, PRIVCMD_X_MEMORY, &good), next);
}

/* The range ends at the last frame number, and the size fits into an off_t. */
TAP_CASE(memory_range, .rows = "A52")
{
	static const struct {
		__u64 first, num;
		int error;
	} range[] = {
		{ 0, 0, EINVAL },
		{ 5, 0, EINVAL },
		{ 0, 1, 0 },
		{ 0, MOST, 0 },
		{ 0, MOST + 1, EINVAL },
		{ 0, MOST + 2, EINVAL },
		{ 0, 1ULL << 52, EINVAL },
		{ 0, ~0ULL, EINVAL },
		{ ~0ULL, 1, 0 },
		{ ~0ULL, 2, EINVAL },
		{ ~0ULL - 1, 2, 0 },
		{ ~0ULL - 1, 3, EINVAL },
		{ -MOST, MOST, 0 },
		{ -MOST + 1, MOST, EINVAL },
		{ 1ULL << 63, MOST, 0 },
	};
	struct privcmd_x_memory m = for_domain(NO_DOMAIN);
	int fd = privcmd_open(), file, next;
	size_t i;

	need_memory();
	next = next_descriptor();
	for (i = 0; i < ARRAY_SIZE(range); i++) {
		m.first = range[i].first;
		m.num = range[i].num;
		if (range[i].error) {
			refused(fd, m, range[i].error);
			check_eq(next_descriptor(), next);
			continue;
		}
		file = ioctl(fd, PRIVCMD_X_MEMORY, &m);
		if (check_eq(file, next))
			check_eq(size_of(file), range[i].num * PAGE);
		close(file);
	}
}

TAP_CASE(memory_unreadable)
{
	unsigned char *p = buffer(1), *last = p + PAGE - SIZE_V1;
	struct privcmd_x_memory m = for_domain(NO_DOMAIN);
	int fd = privcmd_open(), next;

	need_memory();
	next = next_descriptor();
	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, NULL), EFAULT);
	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, aside(1)), EFAULT);
	/* All but the last byte can be read. */
	memcpy(last + 1, &m, sizeof(m) - 1);
	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, last + 1), EFAULT);
	check_eq(next_descriptor(), next);
	memcpy(last, &m, sizeof(m));
	check_eq(ioctl(fd, PRIVCMD_X_MEMORY, last), next);
}

/* The gate comes after the copy of the struct, and before any other check. */
TAP_CASE(memory_restricted, .rows = "B16")
{
	struct domain *d = memory_full(2);
	struct privcmd_x_memory m = for_domain(NO_DOMAIN);
	int fd = privcmd_open(), next, file;
	unsigned char byte;

	must(check_eq(restrict_to(fd, d->id), 0));
	next = next_descriptor();
	refused(fd, m, EPERM);
	m.dom = 0;
	refused(fd, m, EPERM);
	m.num = 0;
	refused(fd, m, EPERM);
	m.flags = ~0U;
	refused(fd, m, EPERM);
	check_errno(ioctl(fd, PRIVCMD_X_MEMORY, NULL), EFAULT);
	m = for_domain(d->id);
	m.num = 0;
	refused(fd, m, EINVAL);
	check_eq(next_descriptor(), next);

	file = memory_file(fd, d, d->frame[0], 2, 0);
	must(check_eq(file, next));
	check_eq(pread(file, &byte, 1, PAGE), 1);
	close(file);
	memory_end(d);
}

/*
 * The hypervisor is asked for nothing, so the domain need not exist. An access to the
 * file then fails, also with ZERO_HOLES: it is the domain that is missing, not a frame.
 */
TAP_CASE(memory_of_no_domain)
{
	static const unsigned int flags[] = { 0, READ_ONLY, ZERO_HOLES };
	const struct domain none = { .id = NO_DOMAIN };
	unsigned char *buf = buffer(1);
	int fd = privcmd_open();
	size_t i;

	need_memory();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int file = memory_file(fd, &none, 0, MOST, flags[i]);
		struct area a = { .fd = file, .n = 2 };

		must(check(file >= 0));
		check_eq(size_of(file), MOST * PAGE);
		check_errno(pread(file, buf, PAGE, 0), EIO);
		check_errno(pread(file, buf, 1, FAR * PAGE), EIO);
		a.va = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, file,
			    FAR * PAGE);
		must(check(a.va != MAP_FAILED));
		check_eq(state_at(&a, 1), PRIVCMD_X_LAZY);
		check_eq(touch(page_at(&a, 1)), SIGBUS);
		check_eq(error_at(&a, 1), -ESRCH);
		area_done(&a);
		close(file);
	}
}

/* As many files as there may be descriptors, then none more, and nothing is lost. */
TAP_CASE(memory_too_many_descriptors, .rows = "A56")
{
	struct domain *d = memory_full(2);
	struct rlimit limit = { 64, 64 }, was;
	int fd = privcmd_open(), next = next_descriptor(), file;
	long references = memory_references(fd, d), with_all;

	must(!getrlimit(RLIMIT_NOFILE, &was) &&
	     !setrlimit(RLIMIT_NOFILE, &limit));
	while ((file = memory_file(fd, d, d->frame[0], 2, 0)) >= 0)
		check_eq(file, next++);
	check_eq(errno, EMFILE);
	check_eq(next, 64);
	must(!setrlimit(RLIMIT_NOFILE, &was));
	with_all = module_references();
	must(!setrlimit(RLIMIT_NOFILE, &limit));
	check_errno(memory_file(fd, d, d->frame[0], 2, 0), EMFILE);
	must(!setrlimit(RLIMIT_NOFILE, &was));
	check_eq(module_references(), with_all);
	while (--next > fd)
		close(next);
	check(tap_soon(module_references() == references, 0));
	memory_end(d);
}

static char file_max[32];

static void restore_file_max(void)
{
	put_text(file_max, FILE_MAX);
}

/*
 * The machine has no open file left for a user. The call fails when it has made the
 * object and its inode, and nothing of them is left.
 */
TAP_CASE(memory_no_open_file, .rows = "A56")
{
	struct domain *d = memory_full(2);
	int fd = privcmd_open(), limit = open(FILE_MAX, O_RDONLY | O_CLOEXEC);
	long references = memory_references(fd, d);
	int next, i;

	must(limit >= 0 && read(limit, file_max, sizeof(file_max) - 1) > 0);
	close(limit);
	atexit(restore_file_max);
	must(put_text("1", FILE_MAX));
	if (fork() == 0) {
		must(!setuid(NOBODY));
		next = dup(0);
		close(next);
		for (i = 0; i < 10; i++)
			check_errno(memory_file(fd, d, d->frame[0], 2, 0),
				    ENFILE);
		check_eq(dup(0), next);
		_exit(0);
	}
	wait(NULL);
	restore_file_max();
	check(tap_soon(module_references() == references, 0));
	close(memory_of(d, 0, 2, 0));
	memory_end(d);
}

/* A file costs what an open file costs, however large it is. */
TAP_CASE(memory_many_files)
{
	struct domain *d = memory_full(2);
	int fd = privcmd_open(), file[200], i;
	long references = memory_references(fd, d), before;
	struct area a;

	close(memory_of(d, 0, 2, 0));
	before = meminfo("Slab");
	for (i = 0; i < 200; i++) {
		file[i] = memory_file(fd, d, 0, MOST, 0);
		must(check(file[i] >= 0));
	}
	check(meminfo("Slab") - before < 2048);
	/* One has nothing to do with another. */
	a = memory_area(file[7], d->frame[0], 2);
	memory_shows(&a, d, 0);
	memory_has(file[7], 2, 0, 0);
	memory_has(file[8], 0, 0, 0);
	area_done(&a);
	for (i = 0; i < 200; i++)
		close(file[i]);
	check(tap_soon(module_references() == references, 0));
	memory_end(d);
}
