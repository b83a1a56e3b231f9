// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A memory file against other ways to the same pages of a guest: all pages one
 * after the other, a few pages here and there, and read(2). A driver without
 * memory files maps all pages by one call instead.
 */
#include "measure.h"

#define PAGES  16384 /* 64 MiB of a guest */
#define ROUNDS 3

/* How an area gets its pages. */
enum way { BY_FILE, LAZILY, EAGERLY };

struct guest {
	struct job job;
	int file; /* BY_FILE: a memory file of the guest's pages */
	enum way way;
};

/* From now on job_wait_removed() asks for the file's frames. */
static int memory_file(struct job *j)
{
	struct privcmd_x_memory m = {
		.size = sizeof(m),
		.dom = j->dom->id,
		.first = j->frame[0],
		.num = j->n,
	};
	int fd = ioctl(j->fd, PRIVCMD_X_MEMORY, &m);

	must(fd >= 0);
	close(j->info);
	j->info = job_info(fd);
	return fd;
}

/* The driver may not have @way. Then the guest is mapped EAGERLY. */
static struct guest guest_new(enum way way)
{
	const struct privcmd_x_info *ours = driver();
	struct guest g = { .job = job_new(DOMAIN_HVM, PAGES), .way = EAGERLY };

	if (way == LAZILY && ours && ours->features & PRIVCMD_X_FEATURE_MAP)
		g.way = LAZILY;
	if (way == BY_FILE && ours &&
	    ours->features & PRIVCMD_X_FEATURE_MEMORY) {
		g.way = BY_FILE;
		g.file = memory_file(&g.job);
	}
	return g;
}

static void guest_done(struct guest *g)
{
	if (g->way == BY_FILE)
		close(g->file);
	job_done(&g->job);
}

static unsigned char *guest_area(const struct guest *g)
{
	struct privcmd_x_map m = {
		.size = sizeof(m),
		.flags = PRIVCMD_X_MAP_LAZY | PRIVCMD_X_MAP_CONTIGUOUS,
		.dom = g->job.dom->id,
		.num = g->job.n,
		.frames = g->job.frame[0],
	};
	unsigned char *va;

	if (g->way == BY_FILE) {
		va = mmap(NULL, g->job.n * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, g->file, 0);
		must(va != MAP_FAILED);
		return va;
	}
	va = job_area(&g->job);
	m.addr = (unsigned long)va;
	if (g->way == LAZILY)
		must(!ioctl(g->job.fd, PRIVCMD_X_MAP, &m));
	else
		job_map(&g->job, va);
	return va;
}

/* Every stride-th page, modulo the number of pages, which @stride does not divide. */
static void visit(const struct guest *g, unsigned char *va, size_t pages,
		  size_t stride)
{
	volatile unsigned char *p = va;
	size_t i;

	for (i = 0; i < pages; i++)
		(void)p[i * stride % PAGES * PAGE];
	job_unmap(&g->job, va);
	job_wait_removed(&g->job);
}

static void visits(const char *name, enum way way, size_t pages, size_t stride)
{
	struct guest g = guest_new(way);
	struct series s = { .name = name }, warm = s;
	uint64_t start;
	size_t i;

	for (i = 0; i <= ROUNDS; i++) {
		start = section_begin();
		visit(&g, guest_area(&g), pages, stride);
		series_add(i ? &s : &warm, section_end(start, name, 0, pages));
	}
	series_print(&s, 0, pages);
	guest_done(&g);
}

TAP_CASE(memory_sequential, .seconds = 600)
{
	visits("memory_sequential", BY_FILE, PAGES, 1);
	visits("lazy_sequential", LAZILY, PAGES, 1);
}

/* 100 pages, far from each other. */
TAP_CASE(memory_random, .seconds = 600)
{
	visits("memory_random", BY_FILE, 100, 6151);
	visits("lazy_random", LAZILY, 100, 6151);
}

/* From the descriptor of the device to the first byte. */
TAP_CASE(memory_first_byte, .seconds = 600)
{
	struct job j = job_new(DOMAIN_HVM, PAGES);
	struct guest g = { .job = j, .way = EAGERLY };
	const struct privcmd_x_info *ours = driver();
	struct series s = { .name = "memory_first_byte" }, warm = s;
	uint64_t start;
	size_t i;

	if (ours && ours->features & PRIVCMD_X_FEATURE_MEMORY)
		g.way = BY_FILE;
	for (i = 0; i <= ROUNDS; i++) {
		start = section_begin();
		if (g.way == BY_FILE)
			g.file = memory_file(&g.job);
		visit(&g, guest_area(&g), 1, 1);
		if (g.way == BY_FILE)
			close(g.file);
		series_add(i ? &s : &warm, section_end(start, s.name, 0, 1));
	}
	series_print(&s, 0, 1);
	job_done(&g.job);
}

/* Without memory files: map, copy, unmap. */
static void reads(const char *name, size_t pages, size_t times)
{
	struct guest g = guest_new(BY_FILE);
	struct series s = { .name = name }, warm = s;
	unsigned char *buf = malloc(pages * PAGE), *va;
	struct job part = g.job;
	uint64_t start;
	size_t i, k;

	must(buf);
	memset(buf, 1, pages * PAGE);
	part.n = pages;
	for (i = 0; i <= ROUNDS; i++) {
		start = section_begin();
		for (k = 0; k < times; k++) {
			part.frame = g.job.frame + k * pages;
			if (g.way == BY_FILE) {
				must(pread(g.file, buf, pages * PAGE,
					   k * pages * PAGE) ==
				     (ssize_t)(pages * PAGE));
				continue;
			}
			va = job_area(&part);
			job_map(&part, va);
			memcpy(buf, va, pages * PAGE);
			job_unmap(&part, va);
		}
		job_wait_removed(&g.job);
		series_add(i ? &s : &warm,
			   section_end(start, name, 0, pages * times));
	}
	series_print(&s, 0, pages * times);
	free(buf);
	guest_done(&g);
}

TAP_CASE(memory_pread, .seconds = 600)
{
	reads("memory_pread_4k", 1, 64);
	reads("memory_pread_1m", 256, 16);
}
