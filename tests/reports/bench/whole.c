// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Whole guests: the time until the first byte of a guest can be read that is
 * mapped in one piece, and the time that a process with a large mapping needs
 * to exit.
 */
#include "measure.h"

#define GIB 262144UL /* pages */

static void map_lazily(const struct job *j, volatile unsigned char *va)
{
	struct privcmd_x_map m = {
		.size = sizeof(m),
		.flags = PRIVCMD_X_MAP_LAZY | PRIVCMD_X_MAP_CONTIGUOUS,
		.dom = j->dom->id,
		.addr = (unsigned long)va,
		.num = j->n,
		.frames = j->frame[0],
	};

	must(!ioctl(j->fd, PRIVCMD_X_MAP, &m));
}

static void first_byte(const char *name, bool lazy)
{
	struct job j = job_new(DOMAIN_ANY, GIB);
	struct series first = { .name = name };
	volatile unsigned char *va;
	uint64_t start;

	start = section_begin();
	va = job_area(&j);
	if (lazy)
		map_lazily(&j, va);
	else
		job_map(&j, (unsigned char *)va);
	(void)*va;
	series_add(&first, section_end(start, first.name, 0, GIB));
	series_print(&first, 0, 1);
	job_unmap(&j, (unsigned char *)va);
	job_done(&j);
}

/* Uses the cheapest way that the driver has. */
TAP_CASE(whole_first_byte, .seconds = 3600)
{
	const struct privcmd_x_info *ours = driver();

	first_byte("first_byte",
		   ours && ours->features & PRIVCMD_X_FEATURE_MAP);
}

TAP_CASE(whole_first_byte_eager, .seconds = 3600)
{
	first_byte("first_byte_eager", false);
}

/* The section begins in the child and ends in its parent. */
TAP_CASE(whole_exit, .seconds = 3600)
{
	struct job j = job_new(DOMAIN_ANY, 65536);
	struct series death = { .name = "exit" };
	uint64_t *start = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	must(start != MAP_FAILED);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		job_map(&j, job_area(&j));
		*start = section_begin();
		_exit(0);
	}
	must(waitpid(pid, NULL, 0) == pid);
	job_wait_removed(&j);
	series_add(&death, section_end(*start, death.name, j.n, j.n));
	series_print(&death, j.n, j.n);
	job_done(&j);
}
