// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MEMORY on a file that another thread restricts meanwhile.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "dom0/late.h"
#include "memory/memory.h"

/*
 * The struct lies across two pages. The page @missing comes late, and the file is
 * restricted to @to before that.
 */
static int restricted_in_copy(const struct domain *d, size_t missing,
			      unsigned int to)
{
	int fd = privcmd_open(), ret, error;
	struct privcmd_x_memory *m;
	struct late l;

	late_new(&l, 2);
	m = (void *)(l.pages + PAGE - 8);
	*m = (struct privcmd_x_memory){
		.size = sizeof(*m), .dom = d->id, .first = d->frame[0], .num = 1
	};
	memcpy(l.copy, l.pages, 2 * PAGE);
	late_take(&l, missing);
	late_call(&l, fd, PRIVCMD_X_MEMORY, m);
	late_wanted(&l, missing);
	check_eq(restrict_to(fd, to), 0);
	late_give(&l, missing);
	ret = late_end(&l);
	error = errno;
	late_done(&l);
	close(fd);
	errno = error;
	return ret;
}

/*
 * The restriction comes when the call has begun and has not read its struct. The gate is
 * after the copy of the struct, so it asks about the new restriction.
 */
TAP_CASE(memory_restricted_in_its_copy, .rows = "B16")
{
	struct domain *d = memory_full(1);
	unsigned char byte;
	size_t missing;
	int file;

	for (missing = 0; missing < 2; missing++) {
		check_errno(restricted_in_copy(d, missing, NO_DOMAIN), EPERM);
		file = restricted_in_copy(d, missing, d->id);
		must(check(file >= 0));
		check_eq(pread(file, &byte, 1, 0), 1);
		close(file);
	}
	memory_end(d);
}

/* A call of X_MEMORY in a thread of its own. */
struct maker {
	pthread_barrier_t start;
	const struct domain *d;
	int fd;
	volatile pid_t tid;
	volatile bool done;
	int ret, e;
};

static void *make_file(void *arg)
{
	struct maker *m = arg;

	m->tid = gettid();
	pthread_barrier_wait(&m->start);
	pthread_barrier_wait(&m->start);
	m->ret = memory_file(m->fd, m->d, m->d->frame[0], 1, 0);
	m->e = errno;
	m->done = true;
	return NULL;
}

static int open_syscall(pid_t tid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(check(fd >= 0));
	return fd;
}

/* Does the thread sleep in X_MEMORY? For a thread that runs the kernel says "running". */
static bool sleeps_in_call(int proc)
{
	unsigned long long nr, fd, cmd;
	char line[256] = "";

	return pread(proc, line, sizeof(line) - 1, 0) > 0 &&
	       sscanf(line, "%llu %llx %llx", &nr, &fd, &cmd) == 3 &&
	       nr == SYS_ioctl && cmd == PRIVCMD_X_MEMORY;
}

/* The size of the process's table of descriptors. */
static int table_size(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	int size = 0;

	must(f);
	while (!size && fgets(line, sizeof(line), f))
		if (sscanf(line, "FDSize: %d", &size) != 1)
			size = 0;
	fclose(f);
	return size;
}

/* Duplicates @old until the table has no room for one more descriptor. */
static void fill_table(int old)
{
	int size = table_size(), fd;

	must(check(size > 0));
	do {
		fd = dup(old);
		must(check(fd >= 0));
	} while (fd < size - 1);
}

/* In a process of its own. True if the restriction came while the call slept. */
static bool restricted_in_its_sleep(const struct domain *d)
{
	struct maker m = { .d = d, .fd = privcmd_open() };
	pthread_t t;
	bool met;
	int proc;

	must(!pthread_barrier_init(&m.start, NULL, 2));
	must(!pthread_create(&t, NULL, make_file, &m));
	pthread_barrier_wait(&m.start);
	proc = open_syscall(m.tid);
	fill_table(proc);
	pthread_barrier_wait(&m.start);
	while (!sleeps_in_call(proc) && !m.done)
		;
	check_eq(restrict_to(m.fd, NO_DOMAIN), 0);
	met = sleeps_in_call(proc);
	pthread_join(t, NULL);
	if (met || m.ret < 0) {
		check_eq(m.ret, -1);
		check_eq(m.e, EPERM);
	}
	return met;
}

/*
 * The restriction comes when the call has passed the gate.
 *
 * The process has two threads, and its table of descriptors is full. So the kernel makes a
 * larger table for the new descriptor, and waits for an RCU grace period, which takes some
 * ticks. The call has passed the gate by then, and nothing else in it sleeps before. If it
 * still sleeps after the restriction, it asks once more after that, and must fail. It may
 * have ended its sleep already; then it may succeed, and the case tries again.
 */
TAP_CASE(memory_restricted_meanwhile, .rows = "B16")
{
	struct domain *d = memory_full(1);
	int tries = 0, status;
	bool met = false;
	pid_t pid;

	if (access("/proc/self/syscall", R_OK))
		skip("this kernel does not tell where a thread sleeps");
	while (!met && tries++ < 20) {
		pid = fork();
		if (pid == 0)
			_exit(restricted_in_its_sleep(d) ? 7 : 0);
		must(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		met = WEXITSTATUS(status) == 7;
	}
	memory_end(d);
	if (!met)
		skip("this kernel does not wait for a larger table");
	tap_note("the call slept in attempt %d", tries);
}
