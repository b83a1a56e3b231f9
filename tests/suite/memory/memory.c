// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements memory.h.
 */
#include "memory/memory.h"

void need_memory(void)
{
	need_ours();
	if (!(driver()->features & PRIVCMD_X_FEATURE_MEMORY))
		skip("the loaded driver has no memory files");
}

/* Gives a page that was added to the domain its pattern. */
static void write_pattern(const struct domain *d, size_t i)
{
	struct area a = area_new(privcmd_open(), 1);
	__u64 frame = d->frame[0] + i;
	int err;

	must(check_eq(v2(a.fd, d->id, a.va, &frame, &err, 1), 0));
	must(check_eq(err, 0));
	page_fill(a.va, domain_seed(d, i));
	area_done(&a);
	close(a.fd);
}

struct domain *memory_domain(const char *pages)
{
	size_t i, n = strspn(pages, "#");
	struct domain *d;

	need_memory();
	d = domain_new(DOMAIN_HVM, n);
	for (i = n; pages[i]; i++) {
		if (pages[i] != '#')
			continue;
		must(domain_populate_at(d, d->frame[0] + i));
		write_pattern(d, i);
	}
	return d;
}

struct domain *memory_full(size_t n)
{
	need_memory();
	return domain_new(DOMAIN_HVM, n);
}

unsigned char *memory_contents(const struct domain *d, const char *pages)
{
	unsigned char *bytes = buffer(strlen(pages));
	size_t i;

	for (i = 0; pages[i]; i++)
		if (pages[i] == '#')
			page_fill(bytes + i * PAGE, domain_seed(d, i));
	return bytes;
}

void memory_end(struct domain *d)
{
	domain_destroy(d);
	check(domain_gone(d));
}

int memory_file(int fd, const struct domain *d, __u64 first, __u64 num,
		unsigned int flags)
{
	struct privcmd_x_memory m = {
		.size = sizeof(m),
		.flags = flags,
		.dom = d->id,
		.first = first,
		.num = num,
	};

	return ioctl(fd, PRIVCMD_X_MEMORY, &m);
}

int memory_of(const struct domain *d, size_t first, size_t n,
	      unsigned int flags)
{
	int fd = privcmd_open();
	int file = memory_file(fd, d, d->frame[0] + first, n, flags);

	must(check(file >= 0));
	close(fd);
	return file;
}

struct area memory_area(int file, size_t first, size_t n)
{
	struct area a = { .fd = file, .n = n };

	a.va = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file,
		    first * PAGE);
	must(check(a.va != MAP_FAILED));
	return a;
}

void memory_shows(const struct area *a, const struct domain *d, size_t first)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (check_eq(touch(page_at(a, i)), 0))
			check(page_has(page_at(a, i),
				       domain_seed(d, first + i)));
}

void memory_has(int file, long frames, long lazy, long failed)
{
	check_eq(fdinfo(file, "xen-privcmd-frames"), frames);
	check_eq(fdinfo(file, "xen-privcmd-lazy"), lazy);
	check_eq(fdinfo(file, "xen-privcmd-failed"), failed);
}

int memory_reopen(int file, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return open(path, flags | O_CLOEXEC);
}

long memory_references(int fd, const struct domain *d)
{
	close(memory_file(fd, d, d->frame[0], 1, 0));
	return module_references();
}
