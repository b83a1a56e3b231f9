// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Where front ends come from, and one after the other.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "frontend.h"
#include "run.h"

/* One front end after the other, and a socket file that was left behind. */
TAP_CASE(program_serves_again)
{
	int output, first, status;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	for (int i = 0; i < 3; i++) {
		first = connect_to(path);
		check_serves(first);
		close(first);
	}
	check_run("--blk-file=/dev/null $S", 2, "neither a file nor");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(output);
	pid = start("$D $S", -1, &output);
	first = connect_to(path);
	check_serves(first);
	terminate(pid, output, "");
	pid = start("$D $S --once", -1, &output);
	first = connect_to(path);
	check_serves(first);
	close(first);
	check_eq(waitpid(pid, &status, 0), pid);
	check_eq(status, 0);
	remove_files();
}

/* Clients that connect and say nothing keep nobody out, however many. */
TAP_CASE(program_silent_clients, .rows = "A32")
{
	int output, fds[40];
	pid_t pid;

	make_files();
	pid = start("$D $S --once", -1, &output);
	for (unsigned int i = 0; i < 40; i++)
		fds[i] = connect_to(path);
	for (unsigned int i = 0; i < 20; i++)
		close(fds[2 * i]);
	/* The last of them speaks now. */
	check_serves(fds[39]);
	terminate(pid, output, "");
	remove_files();
}

/* One that stops in the middle of a message is hung up on. */
TAP_CASE(program_half_a_message)
{
	struct pollfd on = { .events = POLLIN };
	int output, other;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	on.fd = connect_to(path);
	must(send(on.fd, "\1", 1, 0) == 1);
	must(poll(&on, 1, 20000) == 1);
	other = connect_to(path);
	check_serves(other);
	terminate(pid, output, SAY "connection closed: ETIMEDOUT\n");
	remove_files();
}

TAP_CASE(program_socket_in_use)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	make_files();
	strcpy(addr.sun_path, path);
	must(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	must(!listen(fd, 8));
	check_run("$D $S", 1, "/socket: another program listens there\n");
	remove_files();
}

/* What is at that path and is no socket stays what it is. */
TAP_CASE(program_socket_path_is_no_socket, .rows = "A38")
{
	const char *const kinds[] = { "file", "pipe", "link", "directory" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char options[256], name[160], target[160];
	struct stat before, after;
	int fd;

	make_files();
	snprintf(target, sizeof(target), "%s/target", dir);
	strcpy(addr.sun_path, target);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	snprintf(name, sizeof(name), "%s/file", dir);
	must(!close(open(name, O_CREAT | O_WRONLY, 0600)));
	snprintf(name, sizeof(name), "%s/pipe", dir);
	must(!mkfifo(name, 0600));
	snprintf(name, sizeof(name), "%s/link", dir);
	must(!symlink(target, name));
	snprintf(name, sizeof(name), "%s/directory", dir);
	must(!mkdir(name, 0700));
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, kinds[i]);
		must(!lstat(name, &before));
		snprintf(options, sizeof(options), "$D --socket-path=%s", name);
		check_run(options, 2,
			  ": something that is no socket has this name\n");
		if (!check(!lstat(name, &after)))
			continue;
		check_eq(after.st_ino, before.st_ino);
		check_eq(remove(name), 0);
	}
	snprintf(options, sizeof(options), "$D --socket-path=%s", disk);
	check_run(options, 2, ": something that is no socket has this name\n");
	must(!stat(disk, &after));
	check_eq(after.st_size, DISK_SIZE);
	close(fd);
	unlink(target);
	remove_files();
}

TAP_CASE(program_under_systemd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct sockaddr_un notify = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int told = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[32] = "", said[4096];
	int output;
	pid_t pid;

	make_files();
	strcpy(addr.sun_path, path);
	snprintf(notify.sun_path, sizeof(notify.sun_path), "%s/notify", dir);
	must(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	must(!listen(listener, 8));
	must(!bind(told, (struct sockaddr *)&notify, sizeof(notify)));
	setenv("NOTIFY_SOCKET", notify.sun_path, 1);
	pid = start("$D", listener, &output);
	check_eq(recv(told, text, sizeof(text) - 1, 0), 7);
	check(!strcmp(text, "READY=1"));
	check_serves(connect_to(path));
	terminate(pid, output, "");
	/* Not before everything that can fail. */
	pid = start("$D --user=nobody-at-all", listener, &output);
	check_eq(result(pid, output, said, sizeof(said)), 2);
	check_eq(recv(told, text, sizeof(text) - 1, MSG_DONTWAIT), -1);
	unlink(notify.sun_path);
	remove_files();
}

static int listen_here(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	must(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	must(!listen(fd, 8));
	return fd;
}

/* Whoever handed over the listening socket has shut it down. */
TAP_CASE(program_socket_fails)
{
	char text[4096];
	int fd, first, output;
	pid_t pid;

	make_files();
	fd = listen_here();
	pid = start("$D", fd, &output);
	first = connect_to(path);
	check_serves(first);
	close(first);
	must(!shutdown(fd, SHUT_RDWR));
	check_eq(result(pid, output, text, sizeof(text)), 1);
	check(strstr(text, SAY "the socket of systemd: Invalid argument"));
	remove_files();
}
