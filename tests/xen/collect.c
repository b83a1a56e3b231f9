// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * The host's end of the result channel. Runs QEMU, turns the records on its
 * standard output into the command's output, keeps the time limits, and writes
 * the result of the run to a file. It does not read the console log;
 * tests/xen/run does.
 *
 * usage: collect NONCE BOOT SILENCE TOTAL FILE QEMU [ARG...]
 *
 * BOOT, SILENCE and TOTAL are seconds: until the first record, between two
 * records, and for the whole run. FILE gets one line, "status N" or "rig
 * REASON".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

/* seconds that a machine has to reset itself after the last record */
#define RESET_TIME 30

static uint32_t nonce, seq;
static bool hello;
static const char *verdict_file;
static pid_t qemu;

static _Noreturn void finish(const char *fmt, ...)
{
	va_list ap;
	FILE *f;

	if (qemu > 0) {
		kill(qemu, SIGKILL);
		waitpid(qemu, NULL, 0);
	}
	f = fopen(verdict_file, "w");
	if (!f) {
		perror(verdict_file);
		exit(1);
	}
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	exit(fclose(f) ? 1 : 0);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void start(char **argv, int *from)
{
	int fds[2];

	if (pipe(fds) < 0)
		finish("rig pipe: %s", strerror(errno));
	qemu = fork();
	if (qemu < 0)
		finish("rig fork: %s", strerror(errno));
	if (!qemu) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	close(fds[1]);
	*from = fds[0];
}

static void copy_out(int fd, const unsigned char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			finish("rig cannot write the command's output: %s",
			       strerror(errno));
		data += n;
		len -= n;
	}
}

/* the result that the last record contains */
static char last[CHANNEL_MAX + 16];

static void take(const struct channel_header *h, const unsigned char *payload)
{
	switch (h->type) {
	case CHANNEL_HELLO:
		hello = true;
		break;
	case CHANNEL_ALIVE:
		break;
	case CHANNEL_OUT:
		copy_out(STDOUT_FILENO, payload, h->len);
		break;
	case CHANNEL_ERR:
		copy_out(STDERR_FILENO, payload, h->len);
		break;
	case CHANNEL_STATUS:
		if (h->len != 1)
			finish("rig broken result stream: bad status");
		snprintf(last, sizeof(last), "status %d", payload[0]);
		break;
	case CHANNEL_FAIL:
		snprintf(last, sizeof(last), "rig %.*s", h->len,
			 (const char *)payload);
		break;
	default:
		finish("rig broken result stream: record type %d", h->type);
	}
}

/* Takes the complete records of @buf. Returns the number of bytes used. */
static size_t parse(const unsigned char *buf, size_t len)
{
	struct channel_header h;
	size_t used = 0;

	while (len - used >= sizeof(h)) {
		const unsigned char *payload = buf + used + sizeof(h);

		memcpy(&h, buf + used, sizeof(h));
		if (h.magic != CHANNEL_MAGIC || h.len > CHANNEL_MAX)
			finish("rig broken result stream: no record at %u",
			       seq);
		if (len - used < sizeof(h) + h.len)
			break;
		if (h.sum != channel_sum(&h, payload))
			finish("rig broken result stream: record %u damaged",
			       seq);
		if (h.nonce != nonce || h.seq != seq || last[0])
			finish("rig broken result stream: record %u is not ours",
			       seq);
		seq++;
		take(&h, payload);
		used += sizeof(h) + h.len;
	}
	return used;
}

static long number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 0);

	if (*end || end == s || n < 0) {
		fprintf(stderr, "collect: bad number %s\n", s);
		exit(2);
	}
	return n;
}

/* Reads until QEMU ends. It only ends by finish(). */
static _Noreturn void collect(int from, long boot, long silence, long total)
{
	static unsigned char
		buf[2 * (CHANNEL_MAX + sizeof(struct channel_header))];
	time_t begin = now(), heard = begin;
	size_t fill = 0, used;

	for (;;) {
		struct pollfd p = { .fd = from, .events = POLLIN };
		time_t t = now();
		ssize_t n;

		if (last[0] && t - heard >= RESET_TIME)
			finish("rig the machine does not reset");
		if (!last[0] && t - begin >= total)
			finish("rig timeout after %ld s", total);
		if (!last[0] && !hello && t - begin >= boot)
			finish("rig no boot within %ld s", boot);
		if (!last[0] && hello && t - heard >= silence)
			finish("rig silence for %ld s", silence);
		if (poll(&p, 1, 1000) <= 0)
			continue;
		n = read(from, buf + fill, sizeof(buf) - fill);
		if (n < 0)
			finish("rig read: %s", strerror(errno));
		if (!n)
			break;
		heard = now();
		fill += n;
		used = parse(buf, fill);
		fill -= used;
		memmove(buf, buf + used, fill);
	}
	if (fill)
		finish("rig broken result stream: ends inside record %u", seq);
	if (!last[0])
		finish(hello ? "rig the machine stopped without a verdict" :
			       "rig no boot: the machine stopped");
	finish("%s", last);
}

int main(int argc, char **argv)
{
	int from;

	if (argc < 7) {
		fprintf(stderr,
			"usage: collect NONCE BOOT SILENCE TOTAL FILE QEMU [ARG...]\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	nonce = number(argv[1]);
	verdict_file = argv[5];
	start(argv + 6, &from);
	collect(from, number(argv[2]), number(argv[3]), number(argv[4]));
}
