// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs the program with options of the case.
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "frontend.h"
#include "run.h"

char dir[64], disk[128], path[128];

void make_files(void)
{
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/vhost-user-test.XXXXXX");
	must(mkdtemp(dir));
	must(!chmod(dir, 0755));
	snprintf(disk, sizeof(disk), "%s/disk", dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	fd = open(disk, O_RDWR | O_CREAT, 0644);
	must(fd >= 0 && !ftruncate(fd, DISK_SIZE));
	close(fd);
}

void remove_files(void)
{
	unlink(disk);
	unlink(path);
	rmdir(dir);
}

pid_t start(const char *options, int third, int *output)
{
	char words[512], *argv[16], pid_text[16], *rest, *w;
	int n = 0, pipes[2];
	pid_t pid;

	must(!pipe2(pipes, O_CLOEXEC));
	pid = fork();
	if (pid) {
		close(pipes[1]);
		*output = pipes[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(words, sizeof(words), "%s %s",
		 getenv("BACKEND_OPTIONS") ? getenv("BACKEND_OPTIONS") : "",
		 options);
	argv[n++] = getenv("BACKEND");
	for (w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		if (asprintf(&argv[n++], "%s%s%s",
			     !strcmp(w, "$D") ? "--blk-file=" :
			     !strcmp(w, "$S") ? "--socket-path=" :
						w,
			     !strcmp(w, "$D") ? disk : "",
			     !strcmp(w, "$S") ? path : "") < 0)
			_exit(126);
	argv[n] = NULL;
	dup2(pipes[1], 1);
	dup2(pipes[1], 2);
	if (third >= 0) {
		snprintf(pid_text, sizeof(pid_text), "%d", getpid());
		setenv("LISTEN_PID", pid_text, 1);
		setenv("LISTEN_FDS", "1", 1);
		dup2(third, 3);
		fcntl(3, F_SETFD, 0);
	}
	execv(argv[0], argv);
	_exit(127);
}

int result(pid_t pid, int output, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(output, text + len, size - len - 1)) > 0)
		len += n;
	text[len] = '\0';
	close(output);
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void check_run(const char *options, int want, const char *says)
{
	char text[4096];
	int output, status;
	pid_t pid;

	pid = start(options, -1, &output);
	status = result(pid, output, text, sizeof(text));
	if (!check_eq(status, want) | !check(strstr(text, says)))
		tap_note("'%s' said: %s", options, text);
}

int connect_to(const char *name)
{
	int fd;

	if (tap_soon((fd = message_connect(name)) >= 0, 0))
		return fd;
	bail("no program listens on %s", name);
}

void check_serves(int socket)
{
	struct vm vm = { .socket = socket };

	check(vm_ask(&vm, VU_GET_FEATURES) & FEATURE(VIRTIO_F_VERSION_1));
}

void terminate(pid_t pid, int output, const char *says)
{
	char text[4096];

	check(!kill(pid, SIGTERM));
	check_eq(result(pid, output, text, sizeof(text)), 0);
	/* The first line says where it listens. */
	check(strstr(text, SAY "listening on ") == text);
	if (!check(!strcmp(strchrnul(text, '\n') + 1, says)))
		tap_note("the program wrote: %s", text);
}
