// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Disk work for the guests of tests/vhost/alone/check-vhost-user. The offset and a seed
 * decide each byte. The host checks the file with the same program.
 *
 * Usage: guest fill|verify|discard|zero|zeroes FILE OFFSET LENGTH [SEED]
 *        guest stress FILE OFFSET LENGTH SECONDS
 *        guest sync|count|whole FILE OFFSET LENGTH
 *
 *   fill     write, by one thread on each CPU and in pieces of many sizes
 *   verify   read and compare
 *   discard, zero   ask the device to do that
 *   zeroes   check that there are only zeroes
 *   stress   fill and verify, with a new seed each time
 *   sync     number the sectors again and again, by one synchronous write at a
 *            time, as dd oflag=sync does; ends when the word after LENGTH is not
 *            zero any more
 *   count    print the highest number
 *   whole    check all sectors after that
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#define SECTOR	  512
#define UNIT	  4096
#define PIECE_MAX (64 * UNIT)

static const char *path;
static uint64_t offset, length, seed;
static int failed;

struct worker {
	pthread_t thread;
	unsigned int cpu, cpus;
	bool write;
};

static uint64_t word_at(uint64_t place)
{
	uint64_t x = place * UINT64_C(0x9e3779b97f4a7c15) ^ seed;

	return x ^ x >> 29;
}

static void fail(const char *what, uint64_t place)
{
	printf("guest: %s at %llu: %s\n", what, (unsigned long long)place,
	       strerror(errno));
	failed = 1;
}

static bool one(int fd, void *buf, size_t len, uint64_t place, bool writing)
{
	uint64_t *words = buf;

	if (writing) {
		for (size_t i = 0; i < len / 8; i++)
			words[i] = word_at(place + i * 8);
		if (pwrite(fd, buf, len, place) == (ssize_t)len)
			return true;
		fail("write", place);
		return false;
	}
	if (pread(fd, buf, len, place) != (ssize_t)len) {
		fail("read", place);
		return false;
	}
	for (size_t i = 0; i < len / 8; i++) {
		if (words[i] == (seed ? word_at(place + i * 8) : 0))
			continue;
		errno = EILSEQ;
		fail("content", place + i * 8);
		return false;
	}
	return true;
}

static int open_file(int flags)
{
	int fd = open(path, flags | O_DIRECT);

	return fd < 0 && errno == EINVAL ? open(path, flags) : fd;
}

/* Pieces grow from one unit to the largest size, and start again. */
static void *work(void *arg)
{
	struct worker *w = arg;
	size_t len = UNIT;
	cpu_set_t set;
	void *buf;
	int fd;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	fd = open_file(w->write ? O_RDWR : O_RDONLY);
	if (fd < 0 || posix_memalign(&buf, UNIT, PIECE_MAX)) {
		fail("open", 0);
		return NULL;
	}
	for (uint64_t at = 0, n = 0; at < length; at += len, n++) {
		len = (1 + n * 7 % 64) * UNIT;
		if (len > length - at)
			len = length - at;
		if (n % w->cpus == w->cpu &&
		    !one(fd, buf, len, offset + at, w->write))
			break;
	}
	if (w->write && fsync(fd))
		fail("fsync", 0);
	close(fd);
	free(buf);
	return NULL;
}

static void on_all_cpus(bool writing)
{
	struct worker w[8];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus > 8)
		cpus = 8;
	for (long i = 0; i < cpus; i++) {
		w[i] = (struct worker){ .cpu = i,
					.cpus = cpus,
					.write = writing };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (long i = 0; i < cpus; i++)
		pthread_join(w[i].thread, NULL);
}

static void ask_device(unsigned long request)
{
	uint64_t range[2] = { offset, length };
	int fd = open_file(O_RDWR);

	if (fd < 0 || ioctl(fd, request, range))
		fail("ioctl", offset);
	close(fd);
}

static void stress(uint64_t seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned int rounds = 0;

	while (!failed && time(NULL) < end) {
		seed = ++rounds;
		on_all_cpus(true);
		on_all_cpus(false);
	}
	printf("guest: %u rounds\n", rounds);
}

/* The contents of the sector with number @n. */
static void number_sector(uint64_t *words, uint64_t n)
{
	words[0] = n;
	for (unsigned int i = 1; i < SECTOR / 8; i++)
		words[i] = word_at(n * SECTOR + i * 8);
}

/* Reads from the device itself, not from the page cache. */
static bool told_to_stop(int fd, uint64_t *words)
{
	if (pread(fd, words, UNIT, offset + length) == UNIT)
		return words[0];
	fail("read", offset + length);
	return true;
}

static void sync_sectors(void)
{
	static uint64_t words[UNIT / 8] __attribute__((aligned(UNIT)));
	int fd = open(path, O_WRONLY | O_SYNC), look = open_file(O_RDONLY);

	for (uint64_t n = 1; !failed; n++) {
		uint64_t place = offset + n * SECTOR % length;

		number_sector(words, n);
		if (pwrite(fd, words, SECTOR, place) != SECTOR)
			fail("write", place);
		else if (n % 16 == 0 && told_to_stop(look, words))
			break;
	}
	close(fd);
	close(look);
}

static uint64_t number_at(int fd, uint64_t place)
{
	uint64_t n;

	if (pread(fd, &n, sizeof(n), place) == sizeof(n))
		return n;
	fail("read", place);
	return 0;
}

static uint64_t highest_number(int fd)
{
	uint64_t n, highest = 0;

	for (uint64_t at = 0; at < length && !failed; at += SECTOR) {
		n = number_at(fd, offset + at);
		if (n > highest)
			highest = n;
	}
	return highest;
}

/* Each sector has the last number that belongs to it, and all of its contents. */
static void check_sectors(int fd)
{
	uint64_t want[SECTOR / 8], have[SECTOR / 8], last = highest_number(fd);
	uint64_t first = last > length / SECTOR ? last - length / SECTOR : 0;

	for (uint64_t n = first + 1; n <= last && !failed; n++) {
		uint64_t place = offset + n * SECTOR % length;

		number_sector(want, n);
		if (pread(fd, have, SECTOR, place) == SECTOR &&
		    !memcmp(want, have, SECTOR))
			continue;
		errno = EILSEQ;
		fail("content", place);
	}
}

static void read_sectors(bool check)
{
	int fd = open(path, O_RDONLY);

	if (check)
		check_sectors(fd);
	else
		printf("%llu\n", (unsigned long long)highest_number(fd));
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 4 ? argv[1] : "";

	if (argc < 5 || argc > 6)
		return 2;
	path = argv[2];
	offset = strtoull(argv[3], NULL, 0);
	length = strtoull(argv[4], NULL, 0);
	seed = argc > 5 ? strtoull(argv[5], NULL, 0) : 1;
	if (!strcmp(what, "fill"))
		on_all_cpus(true);
	else if (!strcmp(what, "verify"))
		on_all_cpus(false);
	else if (!strcmp(what, "discard"))
		ask_device(BLKDISCARD);
	else if (!strcmp(what, "zero"))
		ask_device(BLKZEROOUT);
	else if (!strcmp(what, "zeroes"))
		seed = 0, on_all_cpus(false);
	else if (!strcmp(what, "stress"))
		stress(seed);
	else if (!strcmp(what, "sync"))
		sync_sectors();
	else if (!strcmp(what, "count") || !strcmp(what, "whole"))
		read_sectors(*what == 'w');
	else
		return 2;
	return failed;
}
