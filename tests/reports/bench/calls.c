// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The calls that are measured, with as little around them as possible.
 */
#include <sched.h>

#include "measure.h"

/* The contents of the pages do not matter here. */
void domain_write_patterns(const struct domain *d)
{
	(void)d;
}

int job_info(int fd)
{
	char path[64];
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	must(info >= 0);
	return info;
}

/* Makes a job with good frames: those of the domain, repeated if it has fewer. */
struct job job_new(enum domain_kind kind, size_t n)
{
	size_t own = n < 65536 ? n : 65536, i;
	struct domain *d = domain_new(kind, own);
	__u64 *frame = calloc(n, sizeof(*frame));
	struct job j = {
		.fd = privcmd_open(),
		.dom = d,
		.n = n,
		.frame = frame,
		.err = calloc(n, sizeof(*j.err)),
		.prot = PROT_READ | PROT_WRITE,
		/* As in src/reaper.c: REAPER_WORTHWHILE */
		.removes_later = driver() && xlate() && n >= 8,
	};

	must(frame && j.err);
	j.info = job_info(j.fd);
	for (i = 0; i < n; i++)
		frame[i] = d->frame[i % own];
	memset(j.err, 1, n * sizeof(*j.err));
	measure_begin();
	return j;
}

/*
 * The domain is destroyed when the case ends, so that Xen's work for that is
 * not measured.
 */
void job_done(struct job *j)
{
	job_wait_removed(j);
	measure_end();
	close(j->info);
	close(j->fd);
	free((void *)j->frame);
	free(j->err);
}

unsigned char *job_area(const struct job *j)
{
	void *va = mmap(NULL, j->n * PAGE, j->prot, MAP_SHARED, j->fd, 0);

	if (va == MAP_FAILED)
		bail("mmap of %zu pages: %s", j->n, strerror(errno));
	return va;
}

void job_map(const struct job *j, unsigned char *va)
{
	struct privcmd_mmapbatch_v2 b = {
		.num = j->n,
		.dom = j->dom->id,
		.addr = (unsigned long)va,
		.arr = j->frame,
		.err = j->err,
	};

	if (ioctl(j->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b))
		bail("mapping %zu pages: %s", j->n, strerror(errno));
	/* the first and the last answer stand for all */
	must((j->err[0] == 0) &&
	     (j->err[j->n - 1] != 0) == (j->half_bad && j->n % 2 == 0));
}

/* Reads the first byte of each page, and writes it if that is allowed. */
void job_touch(const struct job *j, unsigned char *va)
{
	volatile unsigned char *p = va;
	size_t i;

	for (i = 0; i < j->n; i++) {
		if (j->prot & PROT_WRITE)
			p[i * PAGE] = p[i * PAGE];
		else
			(void)p[i * PAGE];
	}
}

void job_unmap(const struct job *j, unsigned char *va)
{
	must(munmap(va, j->n * PAGE) == 0);
}

/* A cheaper fdinfo(), as the program asks again and again. */
static long waiting(const struct job *j)
{
	char text[512];
	ssize_t n = pread(j->info, text, sizeof(text) - 1, 0);
	const char *at;

	must(n > 0);
	text[n] = 0;
	at = strstr(text, "xen-privcmd-later:");
	must(at);
	return atol(at + strlen("xen-privcmd-later:"));
}

void job_wait_removed(const struct job *j)
{
	enum turn before;

	if (!j->removes_later)
		return;
	before = measure_turn(LAST);
	while (waiting(j))
		sched_yield();
	measure_turn(before);
}
