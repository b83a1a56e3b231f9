// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A file in a file system that this case serves. The file system fails the
 * first flush and the first discarded range with EINTR. When it is told to, its
 * server stops or slows down, so the file's pages never come or come late. It
 * is mounted over a file, is visible to this case only, and ends with the case.
 *
 * The server that stops must not even read the request that it will not answer.
 * Once it has read a request, the kernel waits for the answer and cannot be
 * interrupted, not even by SIGKILL.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <linux/fuse.h>

#include "frontend.h"

#define LONG_TIME 100000 /* seconds that an answer stays valid */

static void answer(int fd, uint64_t unique, int error, const void *what,
		   size_t len)
{
	struct fuse_out_header head = { sizeof(head) + len, error, unique };
	uint8_t bytes[sizeof(head) + 256];

	memcpy(bytes, &head, sizeof(head));
	if (len)
		memcpy(bytes + sizeof(head), what, len);
	if (write(fd, bytes, head.len) < 0)
		_exit(1);
}

static void answer_attr(int fd, uint64_t unique, size_t size)
{
	struct fuse_attr_out out = {
		.attr_valid = LONG_TIME,
		.attr = { .ino = 1,
			  .size = size,
			  .mode = S_IFREG | 0600,
			  .nlink = 1 },
	};

	answer(fd, unique, 0, &out, sizeof(out));
}

static int order[2];

/* Shared with the server. */
static struct {
	unsigned int flushes, ranges;
	unsigned int asked; /* after the order */
} * seen;

unsigned int own_file_flushes(void)
{
	return __atomic_load_n(&seen->flushes, __ATOMIC_ACQUIRE);
}

unsigned int own_file_ranges(void)
{
	return __atomic_load_n(&seen->ranges, __ATOMIC_ACQUIRE);
}

void own_file_is_asked(void)
{
	check(tap_soon(__atomic_load_n(&seen->asked, __ATOMIC_ACQUIRE), 0));
}

/*
 * Milliseconds that these operations take after the order. If both are 0, there
 * are no answers after it.
 */
static unsigned int read_ms, close_ms;

static bool ordered(void)
{
	struct pollfd on = { .fd = order[0], .events = POLLIN };

	return poll(&on, 1, 0) > 0;
}

/* Waits for a request of the kernel, or for the order to stop. */
static bool asked(int fd)
{
	struct pollfd on[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = read_ms || close_ms ? -1 : order[0], .events = POLLIN },
	};

	return poll(on, 2, -1) > 0 && !on[1].revents;
}

static void be_late(unsigned int ms)
{
	if (ordered())
		usleep(ms * 1000);
}

/*
 * Answers with zeroes, as many as were asked for. The kernel asks for nothing
 * after the end.
 */
static void answer_read(int fd, const struct fuse_in_header *in)
{
	static uint8_t zeroes[1 << 20];
	const struct fuse_read_in *read_in = (const void *)(in + 1);
	size_t len = read_in->size < sizeof(zeroes) ? read_in->size :
						      sizeof(zeroes);
	struct fuse_out_header head = { sizeof(head) + len, 0, in->unique };
	struct iovec iov[] = { { &head, sizeof(head) }, { zeroes, len } };

	if (ordered())
		__atomic_store_n(&seen->asked, 1, __ATOMIC_RELEASE);
	be_late(read_ms);
	if (writev(fd, iov, 2) < 0)
		_exit(1);
}

/* All bytes are written, and forgotten. */
static void answer_write(int fd, const struct fuse_in_header *in)
{
	const struct fuse_write_in *write_in = (const void *)(in + 1);
	struct fuse_write_out out = { .size = write_in->size };

	answer(fd, in->unique, 0, &out, sizeof(out));
}

/* After ENOSYS the kernel sends no such request when a file is closed. */
static void answer_close(int fd, const struct fuse_in_header *in)
{
	be_late(close_ms);
	answer(fd, in->unique, close_ms ? 0 : -ENOSYS, NULL, 0);
}

static void serve(int fd, size_t size)
{
	static uint8_t bytes[1 << 17];
	const struct fuse_in_header *in = (void *)bytes;

	while (asked(fd) && read(fd, bytes, sizeof(bytes)) > 0) {
		struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
					      .minor =
						      FUSE_KERNEL_MINOR_VERSION,
					      .max_write = 4096 };
		struct fuse_statfs_out statfs = { .st.bsize = 4096 };
		struct fuse_open_out open = { .open_flags = FOPEN_KEEP_CACHE };

		switch (in->opcode) {
		case FUSE_INIT:
			answer(fd, in->unique, 0, &init, sizeof(init));
			break;
		case FUSE_GETATTR:
			answer_attr(fd, in->unique, size);
			break;
		case FUSE_STATFS:
			answer(fd, in->unique, 0, &statfs, sizeof(statfs));
			break;
		case FUSE_OPEN:
			answer(fd, in->unique, 0, &open, sizeof(open));
			break;
		case FUSE_FSYNC:
			answer(fd, in->unique, seen->flushes++ ? 0 : -EINTR,
			       NULL, 0);
			break;
		case FUSE_FALLOCATE:
			answer(fd, in->unique, seen->ranges++ ? 0 : -EINTR,
			       NULL, 0);
			break;
		case FUSE_READ:
			answer_read(fd, in);
			break;
		case FUSE_WRITE:
			answer_write(fd, in);
			break;
		case FUSE_FLUSH:
			answer_close(fd, in);
			break;
		case FUSE_FORGET:
		case FUSE_INTERRUPT:
			break;
		default:
			answer(fd, in->unique, -ENOSYS, NULL, 0);
			break;
		}
	}
	/* Notice the first request, without reading it. */
	if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1) > 0)
		__atomic_store_n(&seen->asked, 1, __ATOMIC_RELEASE);
	/* The file system ends with its server. */
	pause();
	_exit(0);
}

void silence(void)
{
	close(order[1]);
	usleep(10000);
}

int own_file(size_t size)
{
	char place[] = "/tmp/vhost-user-test.XXXXXX", options[128];
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int fd = mkstemp(place);
	struct stat st;
	pid_t pid;

	must(fd >= 0);
	close(fd);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=100000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("test", place, "fuse", MS_NOSUID | MS_NODEV, options)) {
		unlink(place);
		skip("needs root and FUSE");
	}
	must(!pipe2(order, O_CLOEXEC));
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(seen != MAP_FAILED);
	/*
	 * The server is not a child of the case, which waits for its children.
	 * It ends with the case's process group.
	 */
	pid = fork();
	if (!pid && fork())
		_exit(0);
	if (!pid) {
		close(order[1]);
		serve(fuse, size);
	}
	must(waitpid(pid, NULL, 0) == pid);
	close(fuse);
	fd = open(place, O_RDWR);
	must(fd >= 0 && !close(fd));
	fd = open(place, O_RDWR);
	must(fd >= 0 && !fstat(fd, &st));
	must(!umount2(place, MNT_DETACH));
	unlink(place);
	return fd;
}

int late_file(size_t size, unsigned int reading, unsigned int closing)
{
	read_ms = reading;
	close_ms = closing;
	return own_file(size);
}
