// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * Reads the configuration that the host gives this run. init.c gives it its
 * meaning.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "report.h"

/* without the terminator */
#define ROOM(array) (sizeof(array) / sizeof((array)[0]) - 1)

struct config config;

/* Reads a whole small file, and terminates it with a zero. */
static char *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 1 << 16, fill = 0;
	char *buf = malloc(size);
	ssize_t n;

	if (fd < 0 || !buf)
		fail("%s: %s", path, strerror(errno));
	while ((n = read(fd, buf + fill, size - 1 - fill)) > 0)
		fill += n;
	if (n < 0 || fill == size - 1)
		fail("%s: unreadable or too long", path);
	close(fd);
	buf[fill] = '\0';
	*len = fill;
	return buf;
}

const char *setting(const char *key)
{
	for (struct config_line *l = config.lines; l->key; l++)
		if (!strcmp(l->key, key))
			return l->value;
	return NULL;
}

static void read_settings(void)
{
	struct config_line *l = config.lines;
	char *text, *line, *value;
	size_t len;

	text = slurp("/rig/config", &len);
	while ((line = strsep(&text, "\n"))) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		if (l == config.lines + ROOM(config.lines))
			fail("/rig/config is too long");
		*l++ = (struct config_line){ line, value };
	}
	if (!setting("nonce") || !setting("channel"))
		fail("/rig/config is incomplete");
	config.nonce = strtoul(setting("nonce"), NULL, 0);
}

static void read_args(void)
{
	size_t len, n = 0;
	char *text = slurp("/rig/argv", &len);

	for (char *arg = text; arg < text + len; arg += strlen(arg) + 1) {
		if (n == ROOM(config.args))
			fail("too many arguments");
		config.args[n++] = arg;
	}
	if (!n)
		fail("no command");
}

static void read_log_errors(void)
{
	size_t len, n = 0;
	char *text = slurp("/rig/log-errors", &len), *line;

	while ((line = strsep(&text, "\n"))) {
		if (!*line || *line == '#')
			continue;
		if (n == ROOM(config.log_errors))
			fail("/rig/log-errors is too long");
		config.log_errors[n++] = line;
	}
}

void config_read(void)
{
	read_settings();
	read_args();
	read_log_errors();
}
