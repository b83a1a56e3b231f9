// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * PID 1 of every image of the rig, and the only program that a run needs besides
 * the command. It brings up dom0, loads the module, runs the command, takes
 * everything down again, unloads and reloads the module, and then sends the
 * result. It knows nothing of what is tested.
 *
 * /rig/config has lines "KEY VALUE". Modules are loaded in the order of their
 * lines.
 *
 *   nonce N          the number of the run, in every record and in the start marker
 *   channel DEVICE   the device that the records are written to
 *   channel-module P a module that the channel needs, never unloaded
 *   privcmd FILE     the module under test
 *   parameters TEXT  the parameters of that module
 *   xenfs FILE       xenfs.ko, which uses that module
 *   module FILE      other modules, loaded after these two, never unloaded
 *   toolstack yes    start xenstored and xenconsoled first
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "leaks.h"
#include "lockdep.h"
#include "report.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int kmsg; /* polls readable when there is a new message */

/* A file system that the kernel does not have is left out. */
static void mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
	} mounts[] = {
		{ "proc", "/proc", NULL },
		{ "sysfs", "/sys", NULL },
		{ "devtmpfs", "/dev", NULL },
		{ "devpts", "/dev/pts", NULL },
		{ "tmpfs", "/dev/shm", NULL },
		{ "tmpfs", "/run", "mode=755" },
		{ "tmpfs", "/tmp", NULL },
		{ "securityfs", "/sys/kernel/security", NULL },
		{ "tracefs", "/sys/kernel/tracing", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
			  mounts[i].options) < 0 &&
		    errno != ENODEV)
			fail("mount %s: %s", mounts[i].where, strerror(errno));
	}
	/* udev makes this link on a real machine. */
	if (symlink("/proc/self/fd", "/dev/fd"))
		fail("cannot make /dev/fd: %s", strerror(errno));
}

/* parameters may be NULL */
static void load(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 ||
	    syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) < 0)
		fail("cannot load %s: %s", path, strerror(errno));
	close(fd);
}

/* Loads all modules of that key, in the order of the configuration. */
static void load_all(const char *key)
{
	for (struct config_line *l = config.lines; l->key; l++)
		if (!strcmp(l->key, key))
			load(l->value, NULL);
}

/*
 * Limits of waits, in looks: while the machine itself is stopped, nothing looks.
 * On an idle machine each limit is 30 seconds or more, which is a hundred times
 * the usual duration.
 */
#define LOOKS	  1500
#define LOOK_EACH 20000 /* microseconds */

/* Waits before the next look. The host must not take the wait for a hang. */
static void before_look(int looks)
{
	if (looks % 50 == 0)
		report(CHANNEL_ALIVE, NULL, 0);
	usleep(LOOK_EACH);
}

/*
 * What a dead process held open is released a little after its death. So a
 * module in use is waited for.
 */
static void unload(const char *name)
{
	for (int looks = 0; looks < LOOKS; looks++) {
		if (syscall(SYS_delete_module, name, O_NONBLOCK) == 0)
			return;
		if (errno != EAGAIN && errno != EBUSY)
			break;
		before_look(looks);
	}
	fail("cannot unload %s: %s", name, strerror(errno));
}

static void expect_device(bool there)
{
	if ((access("/dev/xen/privcmd", F_OK) == 0) != there)
		fail("/dev/xen/privcmd is %s",
		     there ? "missing with the module loaded" :
			     "left behind by the unloaded module");
}

static void load_stack(void)
{
	load(setting("privcmd"), setting("parameters"));
	expect_device(true);
	if (setting("xenfs"))
		load(setting("xenfs"), NULL);
}

static void unload_stack(void)
{
	if (setting("xenfs"))
		unload("xenfs");
	unload("xen_privcmd");
	expect_device(false);
}

static void set_environment(void)
{
	clearenv();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "dumb", 1);
}

/* Starts @argv in a session of its own, with @out and @err as its output. */
static pid_t spawn(char *const argv[], int out, int err)
{
	pid_t pid = fork();
	sigset_t none;
	int null;

	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	setsid();
	null = open("/dev/null", O_RDONLY);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Runs a program of the rig itself; its output goes to the console. */
static void must_run(char *const argv[])
{
	pid_t pid = spawn(argv, STDOUT_FILENO, STDERR_FILENO), gone;
	int status;

	while ((gone = waitpid(-1, &status, 0)) != pid)
		if (gone < 0 && errno != EINTR)
			fail("%s is lost", argv[0]);
	if (status)
		fail("%s failed, wait status %#x", argv[0], status);
}

static void start_toolstack(void)
{
	static char *const loopback[] = {
		"ip", "link", "set", "lo", "up", NULL
	};
	static char *const xenstored[] = { "xenstored", "--pid-file",
					   "/run/xen/xenstored.pid", NULL };
	static char *const dom0[] = { "xen-init-dom0", NULL };
	static char *const xenconsoled[] = {
		"xenconsoled", "--log=all",
		"--pid-file=/run/xen/xenconsoled.pid", NULL
	};
	static const char *const dirs[] = { "/run/xen", "/run/xenstored",
					    "/run/lock" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0)
			fail("%s: %s", dirs[i], strerror(errno));
	must_run(loopback);
	must_run(xenstored);
	for (int looks = 0; access("/run/xenstored/socket", F_OK) < 0;
	     looks++) {
		if (looks == LOOKS)
			fail("xenstored does not come up");
		before_look(looks);
	}
	must_run(dom0);
	must_run(xenconsoled);
}

/* Passes a piece of the command's output on; false at its end. */
static bool forward(int fd, enum channel_type type)
{
	char buf[CHANNEL_MAX];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	report(type, buf, n);
	return true;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Collects dead processes; true if @pid is one of them. */
static bool reap(pid_t pid, int *status)
{
	bool found = false;
	pid_t gone;
	int s;

	while ((gone = waitpid(-1, &s, WNOHANG)) > 0)
		if (gone == pid) {
			*status = s;
			found = true;
		}
	return found;
}

/* Kills all processes but PID 1: one that still runs could hold the module. */
static void kill_everybody(void)
{
	int looks = 0;

	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
		if (looks == LOOKS)
			fail("a process does not die");
		before_look(looks++);
	}
}

/*
 * Waits for the command and passes its output on. Children of the command may
 * still hold its output open when it ends. They are killed, so that they do not
 * delay the result, and what they have written is passed on.
 */
static int run_command(void)
{
	struct pollfd p[3] = { { .events = POLLIN },
			       { .events = POLLIN },
			       { .events = POLLIN } };
	int out[2], err[2], status = 0;
	double alive = now();
	bool running = true;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail("pipe: %s", strerror(errno));
	pid = spawn(config.args, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	p[0].fd = out[0];
	p[1].fd = err[0];
	p[2].fd = kmsg;
	while (running || p[0].fd >= 0 || p[1].fd >= 0) {
		/* SIGCHLD ends the wait early, see main() */
		poll(p, ARRAY_SIZE(p), 250);
		if (p[0].revents && !forward(p[0].fd, CHANNEL_OUT))
			p[0].fd = -1;
		if (p[1].revents && !forward(p[1].fd, CHANNEL_ERR))
			p[1].fd = -1;
		log_scan();
		if (now() - alive >= 1) {
			report(CHANNEL_ALIVE, NULL, 0);
			alive = now();
		}
		if (running && reap(pid, &status)) {
			running = false;
			kill_everybody();
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Unloads the modules, then loads and unloads them once more. */
static void take_down(void)
{
	if (!setting("privcmd"))
		return;
	if (setting("xenfs") && umount2("/proc/xen", 0) < 0)
		fail("umount /proc/xen: %s", strerror(errno));
	unload_stack();
	load_stack();
	unload_stack();
}

static void on_child(int sig)
{
	(void)sig;
}

int main(void)
{
	unsigned char status;

	/* no SA_RESTART: poll() must return when a child dies */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_child }, NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	set_environment();
	mount_all();
	config_read();
	load_all("channel-module");
	report_open(setting("channel"), config.nonce);
	leaks_start();
	kmsg = log_start(config.nonce, config.log_errors);
	if (setting("privcmd"))
		load_stack();
	load_all("module");
	if (setting("xenfs") &&
	    mount("xenfs", "/proc/xen", "xenfs", 0, NULL) < 0)
		fail("mount /proc/xen: %s", strerror(errno));
	if (setting("toolstack"))
		start_toolstack();

	status = run_command();

	take_down();
	lockdep_must_be_on();
	leaks_search();
	usleep(100000); /* for messages that come a little later */
	log_scan();
	if (log_error())
		fail("kernel log: %s", log_error());
	report(CHANNEL_STATUS, &status, 1);
	report_close();
}
