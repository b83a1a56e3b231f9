// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /proc/PID/fdinfo of a memory file: what it names, and the counts of the frames in all
 * areas of its object.
 */
#include "memory/memory.h"

#define N 8

/* The line that begins with @field, without its end; NULL: there is none. */
static const char *line_of(int fd, const char *field)
{
	static char line[256];
	char path[64];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	must(f);
	while (!found && fgets(line, sizeof(line), f))
		found = !strncmp(line, field, strlen(field)) &&
			line[strlen(field)] == ':';
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	return found ? line : NULL;
}

static void line_is(int fd, const char *field, const char *want)
{
	const char *line = line_of(fd, field);

	if (!check(line && !strcmp(line, want)))
		tap_note("%s, not %s", line ? line : "no line", want);
}

TAP_CASE(memory_fdinfo)
{
	static const struct {
		__u64 first, num;
		unsigned int flags;
		const char *line;
	} row[] = {
		{ 0, 1, 0, "xen-privcmd-memory:\t0 1 rw" },
		{ 0, 1, READ_ONLY, "xen-privcmd-memory:\t0 1 ro" },
		{ 1048576, 262144, ZERO_HOLES,
		  "xen-privcmd-memory:\t1048576 262144 rw" },
		{ ~0ULL, 1, READ_ONLY | ZERO_HOLES,
		  "xen-privcmd-memory:\t18446744073709551615 1 ro" },
		{ 1ULL << 63, (1ULL << 51) - 1, 0,
		  "xen-privcmd-memory:\t9223372036854775808 2251799813685247 rw" },
	};
	struct domain *d = memory_full(1);
	int fd = privcmd_open(), file;
	char domid[64];
	size_t i;

	snprintf(domid, sizeof(domid), "xen-privcmd-domid:\t%u", d->id);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		file = memory_file(fd, d, row[i].first, row[i].num,
				   row[i].flags);
		must(check(file >= 0));
		line_is(file, "xen-privcmd-memory", row[i].line);
		line_is(file, "xen-privcmd-domid", domid);
		memory_has(file, 0, 0, 0);
		check_eq(fdinfo(file, "xen-privcmd-readonly"), 0);
		check_eq(fdinfo(file, "xen-privcmd-later"), 0);
		close(file);
	}
	/* A file of the device has no such line. */
	check(!line_of(fd, "xen-privcmd-memory"));
	line_is(fd, "xen-privcmd-domid", "xen-privcmd-domid:\tnone");
}

/*
 * Areas count for their object, whichever descriptor made them and wherever they are;
 * neither for another object of the same frames, nor for the device file.
 */
TAP_CASE(memory_fdinfo_counts)
{
	struct domain *d = memory_domain("####....");
	int fd = privcmd_open(), file, same, other;
	struct area a, b;

	around("1");
	file = memory_file(fd, d, d->frame[0], N, 0);
	other = memory_file(fd, d, d->frame[0], N, 0);
	same = memory_reopen(file, O_RDONLY);
	must(check(file >= 0 && other >= 0 && same >= 0));
	a = area_new(file, N);
	memory_has(same, 0, N, 0);
	check_eq(touch(a.va), 0);
	check_eq(touch(page_at(&a, 1)), 0);
	check_eq(touch(page_at(&a, 6)), SIGBUS);
	b = area_prot(same, 3, PROT_READ);
	check_eq(touch(b.va), 0);
	memory_has(file, 3, N - 3 + 2, 1);
	memory_has(same, 3, N - 3 + 2, 1);
	memory_has(other, 0, 0, 0);
	memory_has(fd, 0, 0, 0);
	if (fork() == 0) {
		struct area c = area_new(file, 2);

		check_eq(touch(c.va), 0);
		memory_has(same, 4, N - 3 + 2 + 1, 1);
		_exit(0);
	}
	wait(NULL);
	memory_has(file, 3, N - 3 + 2, 1);
	check_eq(munmap(a.va, N * PAGE), 0);
	memory_has(same, 1, 2, 0);
	check_eq(munmap(b.va, 3 * PAGE), 0);
	memory_has(same, 0, 0, 0);
	memory_end(d);
}
