/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Shared by the files of xenfm ls: which files of other processes belong to the
 * driver, and the areas of a process.
 */
#ifndef XENFM_LS_H
#define XENFM_LS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * nodes.c: recognises the device, at any path, and the file of a domain's memory.
 * These functions do not wait for a file system that does not answer.
 */
void nodes_find(void);
/* Is this file the device? @path is its name, @link a link to it in /proc. */
bool nodes_is_device(const char *path, const char *link);
/*
 * May this be a file of a domain's memory? Any user can make a file of this name,
 * so the caller asks the kernel. If the answer is yes, @domid is in the name.
 */
bool nodes_may_be_memory(const char *path, unsigned int *domid);
/* Is the file behind this link in /proc no regular file? */
bool nodes_is_special(const char *link);

/*
 * Areas of one process, taken together: all areas of the device, or all areas of
 * files of one domain's memory.
 */
struct areas {
	bool device;
	unsigned int domid;	/* if it is not the device */
	uint64_t pages;
};

/*
 * areas.c: lists the areas of a process. Returns the number of elements of @list,
 * which the caller frees.
 */
size_t areas_of(unsigned int pid, struct areas **list);

#endif /* XENFM_LS_H */
