// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A fake /proc for xenfm ls: the environment variable XENFM_FAKE_PROC names the
 * directory that is read in its place. A link of this directory may have any
 * target, so a test can show a file of any name as open.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern __typeof__(fopen) __real_fopen, __wrap_fopen;
extern __typeof__(opendir) __real_opendir, __wrap_opendir;
extern __typeof__(readlink) __real_readlink, __wrap_readlink;
extern __typeof__(scandir) __real_scandir, __wrap_scandir;
extern __typeof__(statx) __real_statx, __wrap_statx;

/* The path that is read in place of @path. It is valid until the next call. */
static const char *path_of(const char *path)
{
	const char *fake = getenv("XENFM_FAKE_PROC");
	static char other[512];

	if (!fake || strncmp(path, "/proc", 5) || (path[5] && path[5] != '/'))
		return path;
	snprintf(other, sizeof(other), "%s%s", fake, path + 5);
	return other;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __real_fopen(path_of(path), mode);
}

DIR *__wrap_opendir(const char *path)
{
	return __real_opendir(path_of(path));
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size)
{
	return __real_readlink(path_of(path), target, size);
}

int __wrap_scandir(const char *path, struct dirent ***list,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **))
{
	return __real_scandir(path_of(path), list, filter, compare);
}

int __wrap_statx(int dir, const char *path, int flags, unsigned int mask,
		 struct statx *st)
{
	return __real_statx(dir, path_of(path), flags, mask, st);
}
