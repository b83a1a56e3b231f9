// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Whole guests: how long until the first byte can be read of one that is mapped
 * in one piece, and how long a process with much of one takes to die.
 */
#include "measure.h"

#define GIB 262144UL /* pages */

TAP_CASE(whole_first_byte, .seconds = 3600)
{
	struct job j = job_new(DOMAIN_ANY, GIB);
	struct series first = { .name = "first_byte" };
	volatile unsigned char *va;
	uint64_t start;

	start = section_begin();
	va = job_area(&j);
	job_map(&j, (unsigned char *)va);
	(void)*va;
	series_add(&first, section_end(start, first.name, 0, GIB));
	series_print(&first, 0, 1);
	job_unmap(&j, (unsigned char *)va);
	job_done(&j);
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
