/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Real back ends, as children of the case, and a driver that gives them requests. The
 * environment variable BACKEND names xenfm-vhost-user-blk, which else is in the directory
 * bin beside that of this program. BACKENDS_ROOT names a directory with the unpacked
 * packages of another Debian release, to take the other programs and their libraries from.
 */
#ifndef FRONTEND_PROGRAM_H
#define FRONTEND_PROGRAM_H

#include <sys/types.h>

#include "frontend_test.h"

#define DISK_SIZE (1U << 20)

struct program {
	char dir[64], socket[80], disk[80], share[80], monitor[80];
	char *argv[20];
	unsigned int words;
	pid_t pid;
	int output;
};

extern struct program program;

/* Makes this program the first word of the command. False: it is not installed. */
bool program_find(const char *path);
/* Adds a word to the command. */
void program_word(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A directory with a disk, whose sector N begins with N * 512, and a file in "share". */
void program_files(void);
/* Starts program.argv, and waits until the front end is connected. */
void program_start(void);
void program_kill(void);
/* Waits for the program's own end. Returns its status. */
int program_result(void);
/* Frees the front end, ends the program and removes the files. */
void program_end(void);

/* Queues 0 and 1, and these features of those that are offered; then DRIVER_OK. */
void ring_start(uint64_t features);
/* Parts of a chain: bytes in the lower region. */
struct part {
	uint32_t at, len;
	bool device_writes;
};
/* Makes a chain from descriptor @head on available, and kicks. */
void ring_add(unsigned int q, unsigned int head, const struct part *parts,
	      unsigned int nr);
/* Waits for the next used entry, which is for @head. Returns its length. */
uint32_t ring_wait(unsigned int q, unsigned int head);

#endif /* FRONTEND_PROGRAM_H */
