/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The program with options of a case's own: for cases about the file, the socket
 * and what the program says. vm_start() is for all others.
 */
#ifndef RUN_H
#define RUN_H

#include <stddef.h>
#include <sys/types.h>

#define SAY "xenfm-vhost-user-blk: "

/* A directory with a disk of DISK_SIZE; @path is for the socket. */
extern char dir[64], disk[128], path[128];

void make_files(void);
void remove_files(void);

/*
 * Starts the program with the words of @options; $D is --blk-file= with the disk, $S
 * is --socket-path= with the path. @third is the descriptor of systemd's socket, or
 * -1. What the program says can be read from @output.
 */
pid_t start(const char *options, int third, int *output);
/* All that it says until its end, and its exit status. */
int result(pid_t pid, int output, char *text, size_t size);
/* Runs it to its end: the exit status is @want, and what it says contains @says. */
void check_run(const char *options, int want, const char *says);
/* A connection to it, when it listens there. */
int connect_to(const char *name);
void check_serves(int socket);
/* SIGTERM: status 0, and behind the first line it has said exactly @says. */
void terminate(pid_t pid, int output, const char *says);

#endif /* RUN_H */
