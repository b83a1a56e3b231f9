// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The areas of a process that show foreign memory. /proc/PID/maps has the areas of
 * the device. An area of a domain's memory has only a name there, which any user
 * can give to a file. But only a driver makes areas with the flag "pf"
 * (VM_PFNMAP), and /proc/PID/smaps shows the flags. That file is expensive, so
 * it is read only if maps has such a name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ls.h"
#include "xenfm.h"

/* An area, as the first line of its paragraph describes it. */
struct area {
	unsigned long first, last;
	const char *path;
};

struct list {
	struct areas *areas;
	size_t num;
};

static FILE *open_file(unsigned int pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return fopen(path, "re");
}

/*
 * Is this line the first one of an area? Then @area describes it. Other lines may
 * begin with a hexadecimal digit, too, such as "FilePmdMapped:".
 */
static bool read_area(char *line, struct area *area)
{
	unsigned long first, last;
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &first, &last, &path) <
	    2)
		return false;
	*area = (struct area){ first, last, path ? line + path : "" };
	return true;
}

static uint64_t pages_of(const struct area *area)
{
	return (area->last - area->first) / XENFM_PAGE_SIZE;
}

static void link_to(const struct area *area, unsigned int pid, char *link,
		    size_t size)
{
	snprintf(link, size, "/proc/%u/map_files/%lx-%lx", pid, area->first,
		 area->last);
}

static bool same(const struct areas *a, const struct areas *b)
{
	return a->device == b->device && a->domid == b->domid;
}

/* Add the pages to those of the same kind. Without memory, leave them out. */
static void add(struct list *list, struct areas kind, uint64_t pages)
{
	struct areas *areas = list->areas;
	size_t i;

	for (i = 0; i < list->num && !same(&areas[i], &kind); i++)
		;
	if (i == list->num) {
		areas = realloc(areas, (i + 1) * sizeof(*areas));
		if (!areas)
			return;
		areas[i] = kind;
		list->areas = areas;
		list->num++;
	}
	areas[i].pages += pages;
}

/* Is it a line with the flags of an area, and is "pf" among them? */
static bool has_pfnmap(const char *line)
{
	static const char begin[] = "VmFlags:";

	return !strncmp(line, begin, strlen(begin)) && strstr(line, " pf");
}

/* Add the areas of domains' memory by /proc/PID/smaps. */
static void read_smaps(unsigned int pid, struct list *list)
{
	FILE *f = open_file(pid, "smaps");
	char link[96], *line = NULL;
	struct areas kind = { 0 };
	bool named = false;
	struct area area;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (read_area(line, &area)) {
			named = nodes_may_be_memory(area.path, &kind.domid);
		} else if (named && has_pfnmap(line)) {
			link_to(&area, pid, link, sizeof(link));
			if (!nodes_is_special(link))
				add(list, kind, pages_of(&area));
			named = false;
		}
	}
	free(line);
	if (f)
		fclose(f);
}

/*
 * Add the areas of the device by /proc/PID/maps. Returns whether a name there may
 * be of a domain's memory.
 */
static bool read_maps(unsigned int pid, struct list *list)
{
	const struct areas device = { .device = true };
	FILE *f = open_file(pid, "maps");
	char link[96], *line = NULL;
	bool named = false;
	unsigned int domid;
	struct area area;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (!read_area(line, &area) || *area.path != '/')
			continue;
		link_to(&area, pid, link, sizeof(link));
		named |= nodes_may_be_memory(area.path, &domid);
		if (nodes_is_device(area.path, link))
			add(list, device, pages_of(&area));
	}
	free(line);
	if (f)
		fclose(f);
	return named;
}

size_t areas_of(unsigned int pid, struct areas **areas)
{
	struct list list = { 0 };

	if (read_maps(pid, &list))
		read_smaps(pid, &list);
	*areas = list.areas;
	return list.num;
}
