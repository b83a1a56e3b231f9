/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs the program with options of the case, for cases about the file, the
 * socket and the program's output. All other cases use vm_start().
 */
#ifndef RUN_H
#define RUN_H

#include <stddef.h>
#include <sys/types.h>

#define SAY "xenfm-vhost-user-blk: "

/* A directory with a disk of DISK_SIZE. @path is the socket's. */
extern char dir[64], disk[128], path[128];

void make_files(void);
void remove_files(void);

/*
 * Starts the program with the words of @options. $D stands for --blk-file= with
 * the disk, $S for --socket-path= with the path. @third is the descriptor of
 * systemd's socket, or -1. The program's output can be read from @output.
 */
pid_t start(const char *options, int third, int *output);
/* Reads the output until the program ends. Returns its exit status. */
int result(pid_t pid, int output, char *text, size_t size);
/*
 * Runs the program to its end. Its exit status is @want, and its output
 * contains @says.
 */
void check_run(const char *options, int want, const char *says);
/* Waits until the program listens there, and connects. */
int connect_to(const char *name);
void check_serves(int socket);
/*
 * Sends SIGTERM. The exit status is 0, and the output after the first line is
 * exactly @says.
 */
void terminate(pid_t pid, int output, const char *says);

#endif /* RUN_H */
