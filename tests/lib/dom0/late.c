// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements late.h with a userfaultfd.
 */
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "dom0/late.h"

static int watch(void *pages, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)pages, len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("this kernel has no userfaultfd");
	must(!ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &reg));
	return fd;
}

void late_new(struct late *l, size_t n)
{
	*l = (struct late){ .pages = buffer(n), .copy = buffer(n), .n = n };
	l->uffd = watch(l->pages, n * PAGE);
}

void *late_array(unsigned char *pages, size_t size)
{
	return pages + PAGE - size;
}

void late_take(struct late *l, size_t i)
{
	must(!madvise(l->pages + i * PAGE, PAGE, MADV_DONTNEED));
}

void late_wanted(struct late *l, size_t i)
{
	struct uffd_msg msg;

	must(read(l->uffd, &msg, sizeof(msg)) == sizeof(msg));
	must(msg.event == UFFD_EVENT_PAGEFAULT);
	must(check_eq((msg.arg.pagefault.address & -PAGE) -
			      (unsigned long)l->pages,
		      i * PAGE));
}

void late_give(struct late *l, size_t i)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)l->pages + i * PAGE,
		.src = (unsigned long)l->copy + i * PAGE,
		.len = PAGE,
	};

	must(!ioctl(l->uffd, UFFDIO_COPY, &copy));
}

/*
 * Threads that wait for a page do not notice that it is replaced, so they are
 * woken.
 */
void late_lose(struct late *l, size_t i)
{
	unsigned char *va = l->pages + i * PAGE;
	struct uffdio_range page = { (unsigned long)va, PAGE };

	must(mmap(va, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		  -1, 0) == va);
	must(!ioctl(l->uffd, UFFDIO_WAKE, &page));
}

static void *call(void *arg)
{
	struct late *l = arg;

	l->ret = ioctl(l->fd, l->cmd, l->arg);
	l->e = errno;
	return NULL;
}

void late_call(struct late *l, int fd, unsigned long cmd, void *arg)
{
	l->fd = fd;
	l->cmd = cmd;
	l->arg = arg;
	must(!pthread_create(&l->thread, NULL, call, l));
}

void late_call_again(struct late *l, int fd, unsigned long cmd, void *arg)
{
	late_take(l, 1);
	late_call(l, fd, cmd, arg);
	late_wanted(l, 1);
	late_take(l, 0);
	late_give(l, 1);
	late_wanted(l, 0);
}

int late_end(struct late *l)
{
	pthread_join(l->thread, NULL);
	errno = l->e;
	return l->ret;
}

void late_done(struct late *l)
{
	close(l->uffd);
	munmap(l->pages, (l->n + 1) * PAGE);
	munmap(l->copy, (l->n + 1) * PAGE);
}
