// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The sockets through which front ends connect, one after the other.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "frontend.h"
#include "run.h"

/*
 * One front end after the other, and a socket file that a killed program has
 * left.
 */
TAP_CASE(program_serves_again)
{
	int output, first, status;
	struct stat st;
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
	/* The socket file is not removed. */
	check(!lstat(path, &st) && S_ISSOCK(st.st_mode));
	pid = start("$D $S --once", -1, &output);
	first = connect_to(path);
	check_serves(first);
	close(first);
	check_eq(waitpid(pid, &status, 0), pid);
	check_eq(status, 0);
	remove_files();
}

/* A second front end waits until the first one has disconnected. */
TAP_CASE(program_one_front_end_at_a_time)
{
	struct vu_header ask = { VU_GET_FEATURES, VU_VERSION, 0 };
	struct pollfd on = { .events = POLLIN };
	int output, first;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	first = connect_to(path);
	check_serves(first);
	on.fd = connect_to(path);
	must(send(on.fd, &ask, sizeof(ask), 0) == sizeof(ask));
	check_eq(poll(&on, 1, 300), 0);
	check_serves(first);
	close(first);
	check_eq(poll(&on, 1, -1), 1);
	check_eq(on.revents, POLLIN);
	terminate(pid, output, "");
	remove_files();
}

/*
 * Clients that connect and send nothing do not keep others out, however many
 * there are.
 */
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
	/* The last one sends something now. */
	check_serves(fds[39]);
	terminate(pid, output, "");
	remove_files();
}

/*
 * The program hangs up at least ten seconds after @begin, and serves the next
 * front end.
 */
static void check_hangs_up(int fd, pid_t pid, int output, double begin)
{
	struct pollfd on = { .fd = fd, .events = POLLRDHUP };

	check_eq(poll(&on, 1, -1), 1);
	check(now() - begin > 9.5);
	check_serves(connect_to(path));
	terminate(pid, output, SAY "connection closed: ETIMEDOUT\n");
	remove_files();
}

/* A front end that stops in the middle of a message. */
TAP_CASE(program_half_a_message)
{
	int fd, output;
	double begin;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	fd = connect_to(path);
	begin = now();
	must(send(fd, "\1", 1, 0) == 1);
	check_hangs_up(fd, pid, output, begin);
}

/* A front end that asks and reads no answer, until neither side can send. */
TAP_CASE(program_unread_answers)
{
	struct vu_header ask = { VU_GET_FEATURES, VU_VERSION, 0 };
	unsigned int full = 0;
	int fd, output;
	double begin;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	fd = connect_to(path);
	begin = now();
	while (full < 20) {
		if (send(fd, &ask, sizeof(ask), MSG_DONTWAIT) >= 0) {
			full = 0;
			continue;
		}
		must(errno == EAGAIN);
		full++;
		usleep(10000);
	}
	check_hangs_up(fd, pid, output, begin);
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

TAP_CASE(program_socket_path_is_too_long)
{
	char options[256];

	make_files();
	snprintf(options, sizeof(options), "$D --socket-path=/tmp/%0110d", 0);
	check_run(options, 2, ": too long for the path of a socket\n");
	remove_files();
}

/* A file at that path that is not a socket is not changed. */
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
	/* It reports that it is ready only after everything that can fail. */
	pid = start("$D --user=nobody-at-all", listener, &output);
	check_eq(result(pid, output, said, sizeof(said)), 2);
	check_eq(recv(told, text, sizeof(text) - 1, MSG_DONTWAIT), -1);
	/* These variables are meant for another process. */
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	check_run("$D", 2, SAY "no socket: give --socket-path or --fd\n");
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

/* --fd with a listening socket. Almost every other case uses a connected one. */
TAP_CASE(program_fd)
{
	int fd, first, output, dgram[2];
	char text[4096];
	pid_t pid;

	make_files();
	fd = listen_here();
	pid = start("$D --fd=3", fd, &output);
	for (unsigned int i = 0; i < 2; i++) {
		first = connect_to(path);
		check_serves(first);
		close(first);
	}
	terminate(pid, output, "");
	must(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, dgram));
	pid = start("$D --fd=3", dgram[0], &output);
	check_eq(result(pid, output, text, sizeof(text)), 2);
	check(!strcmp(text, SAY "--fd=3: this socket is no stream socket\n"));
	remove_files();
}

static void check_first_line(const char *options, int third, const char *says)
{
	char text[4096] = "", want[256];
	int output;
	pid_t pid;

	pid = start(options, third, &output);
	must(read(output, text, sizeof(text) - 1) > 0);
	snprintf(want, sizeof(want), SAY "%s\n", says);
	if (!check(!strcmp(text, want)))
		tap_note("the program wrote: %s", text);
	check(!kill(pid, SIGTERM));
	check_eq(result(pid, output, text, sizeof(text)), 0);
	check(!strcmp(text, ""));
}

/* One line says where the program listens, as soon as it can. */
TAP_CASE(program_says_where_it_listens)
{
	int fd, pair[2];
	char want[160];

	make_files();
	snprintf(want, sizeof(want), "listening on %s", path);
	check_first_line("$D $S", -1, want);
	unlink(path);
	fd = listen_here();
	check_first_line("$D", fd, "listening on the socket of systemd");
	check_first_line("$D --fd=3", fd, "listening on --fd=3");
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	check_first_line("$D --fd=3", pair[0],
			 "serving the front end of --fd=3");
	remove_files();
}

/* The process that passed the listening socket on has shut it down. */
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
