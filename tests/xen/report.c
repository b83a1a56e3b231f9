// SPDX-License-Identifier: GPL-2.0-or-later
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * The machine's end of the result channel, and the watch on the kernel's log.
 * init.c decides what is sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "report.h"

static uint32_t run_nonce, seq;
static int channel = -1, kmsg = -1;
static char **error_texts;
static char first_error[512];

static _Noreturn void reset(void)
{
	for (;;) {
		reboot(RB_AUTOBOOT);
		sleep(1);
	}
}

/* Writes all of @data; -1 with errno if that fails. */
static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

void report(enum channel_type type, const void *payload, size_t len)
{
	static struct {
		struct channel_header h;
		char payload[CHANNEL_MAX];
	} r;

	r.h = (struct channel_header){
		.magic = CHANNEL_MAGIC,
		.nonce = run_nonce,
		.seq = seq++,
		.type = type,
		.len = len,
	};
	if (len)
		memcpy(r.payload, payload, len);
	r.h.sum = channel_sum(&r.h, r.payload);
	if (write_all(channel, &r, sizeof(r.h) + len) < 0) {
		fprintf(stderr, "init: result channel: %s\n", strerror(errno));
		reset();
	}
}

void fail(const char *fmt, ...)
{
	char text[CHANNEL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "init: %s\n", text);
	if (channel < 0)
		reset();
	report(CHANNEL_FAIL, text, strlen(text));
	report_close();
}

void report_close(void)
{
	tcdrain(channel);
	reset();
}

void report_open(const char *device, uint32_t nonce)
{
	struct termios tio;

	run_nonce = nonce;
	/*
	 * A virtio port appears some time after its driver. Until then the host
	 * hears nothing, and ends a machine that does not boot in time.
	 */
	for (;;) {
		channel = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (channel >= 0 || (errno != ENOENT && errno != ENXIO))
			break;
		usleep(50000);
	}
	if (channel < 0)
		fail("%s: %s", device, strerror(errno));
	if (tcgetattr(channel, &tio) == 0) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B115200);
		tio.c_cflag |= CLOCAL;
		tcsetattr(channel, TCSANOW, &tio);
	}
	report(CHANNEL_HELLO, NULL, 0);
}

/* Does not use stdio, which seeks; a log cannot seek. */
static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

int log_start(uint32_t nonce, char **errors)
{
	char marker[32];

	error_texts = errors;
	/* no rate limit for messages of commands */
	write_file("/proc/sys/kernel/printk_devkmsg", "on\n");
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		fail("/dev/kmsg: %s", strerror(errno));
	snprintf(marker, sizeof(marker), "<6>rig: start %08x", nonce);
	write_file("/dev/kmsg", marker);
	return kmsg;
}

/*
 * Also called while the command runs, so that a flood of messages does not push
 * an early one out of the kernel's buffer unseen. If that happens (EPIPE), the
 * host's scan of the console still sees it.
 */
void log_scan(void)
{
	char buf[8192], *text;
	ssize_t n;

	for (;;) {
		n = read(kmsg, buf, sizeof(buf) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return;
		buf[n] = '\0';
		text = strchr(buf, ';');
		if (!text || first_error[0])
			continue;
		text[strcspn(text, "\n")] = '\0';
		for (char **e = error_texts; *e; e++)
			if (strstr(text, *e))
				snprintf(first_error, sizeof(first_error), "%s",
					 text + 1);
	}
}

const char *log_error(void)
{
	return first_error[0] ? first_error : NULL;
}
