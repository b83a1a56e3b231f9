// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which files of other processes belong to the driver. A file may be on a file
 * system that does not answer, so no function here asks a file system.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ls.h"
#include "xenfm.h"

/* The two paths of the device, and the files there. */
static struct {
	const char *path;
	struct statx st;
	bool there;
} nodes[2];

/*
 * Get type, device and inode of a file. The kernel knows these three without the
 * file system: AT_STATX_DONT_SYNC.
 */
static bool look(const char *path, struct statx *st)
{
	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC,
		      STATX_TYPE | STATX_INO, st);
}

void nodes_find(void)
{
	nodes[0].path = xenfm_device();
	nodes[1].path = "/proc/xen/privcmd";
	for (size_t i = 0; i < 2; i++)
		nodes[i].there = look(nodes[i].path, &nodes[i].st);
}

/*
 * A device node is the device if its number is, at any path. A file that is not a
 * device node is the device if its inode is.
 */
static bool is_node(const struct statx *st)
{
	for (size_t i = 0; i < 2; i++) {
		const struct statx *node = &nodes[i].st;

		if (!nodes[i].there)
			continue;
		if (S_ISCHR(st->stx_mode) && S_ISCHR(node->stx_mode) &&
		    st->stx_rdev_major == node->stx_rdev_major &&
		    st->stx_rdev_minor == node->stx_rdev_minor)
			return true;
		if (st->stx_dev_major == node->stx_dev_major &&
		    st->stx_dev_minor == node->stx_dev_minor &&
		    st->stx_ino == node->stx_ino)
			return true;
	}
	return false;
}

/* In another root the device has another path or inode. */
bool nodes_is_device(const char *path, const char *link)
{
	struct statx st;

	if (!strcmp(path, nodes[0].path) || !strcmp(path, nodes[1].path))
		return true;
	return look(link, &st) && is_node(&st);
}

bool nodes_may_be_memory(const char *path, unsigned int *domid)
{
	int end = 0;

	return sscanf(path, "/xen-memory:%5u (deleted)%n", domid, &end) == 1 &&
	       end && !path[end] && *domid <= UINT16_MAX;
}

bool nodes_is_special(const char *link)
{
	struct statx st;

	return look(link, &st) && !S_ISREG(st.stx_mode);
}
