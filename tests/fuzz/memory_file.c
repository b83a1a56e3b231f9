// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MEMORY, and what programs do with memory files: mmap(), read(2) and write(2) and
 * their kin, other descriptors of the same file, calls that are refused. Ioctls get
 * memory files by any_file().
 */
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "fuzz.h"

static int some_memory(struct caller *c)
{
	return world.memory_file[below(&c->rng, MEMORY_FILES)];
}

/* Another file takes the descriptor's place, if there is one. */
static void replace(struct caller *c, int fd)
{
	if (fd < 0)
		return;
	dup2(fd, some_memory(c));
	close(fd);
}

/*
 * A read of a frame that is paged out waits until the frame is there again. It may be the
 * only thread that could restore the parameter.
 */
static void leave_out(struct privcmd_x_memory *x, __u64 frame)
{
	if (x->first <= frame && x->num > frame - x->first)
		x->first = frame + 1;
}

/* As root there are bad frames alone of a domain that is not ours, see value.c. */
static __u64 any_length(struct caller *c, unsigned int dom)
{
	if (!world.as_user && !domain_is_ours(dom))
		return 1 + below(&c->rng, SLOT_PAGES);
	return one_in(&c->rng, 8) ? (1ULL << 51) - below(&c->rng, 3) :
				    any_count(c);
}

void call_x_memory(struct caller *c)
{
	struct privcmd_x_memory x = {
		.size = any_size(c, sizeof(x)),
		.flags = below(&c->rng, 4),
		.dom = any_domid(c),
	};

	x.first = any_frame(c, x.dom);
	x.num = any_length(c, x.dom);
	leave_out(&x, PAGED_OUT);
	if (one_in(&c->rng, 32))
		x.flags = any64(c);
	if (one_in(&c->rng, 32))
		x.pad[below(&c->rng, 3)] = 1;
	if (one_in(&c->rng, 24))
		ioctl(any_file(c), PRIVCMD_X_MEMORY, any_address(c));
	else
		replace(c, ioctl(any_file(c), PRIVCMD_X_MEMORY, &x));
}

/* Usually a few pages from the beginning on. */
static off_t any_offset(struct caller *c)
{
	switch (below(&c->rng, 12)) {
	case 0:
		return any64(c);
	case 1:
		return any_count(c) * PAGE;
	case 2:
	case 3:
	case 4:
		return below(&c->rng, SLOT_PAGES * PAGE);
	case 5:
	case 6:
	case 7:
		return below(&c->rng, SLOT_PAGES) * PAGE;
	default:
		return 0;
	}
}

/* The domain of the area is unknown here, so the ioctls that follow try some. */
void call_memory_map(struct caller *c)
{
	int prot = PICK(c, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			PROT_READ, PROT_WRITE, PROT_NONE,
			PROT_READ | PROT_EXEC);
	int flags = PICK(c, MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_PRIVATE,
			 MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_NORESERVE,
			 MAP_SHARED_VALIDATE | MAP_SYNC);
	struct pages p = any_pages(c);
	void *va;

	if (one_in(&c->rng, 2)) /* the first files have less than a slot */
		p.n = 1 + below(&c->rng, p.n < 32 ? p.n : 32);
	va = mmap(p.va, p.n * PAGE, prot, flags | MAP_FIXED, some_memory(c),
		  any_offset(c));
	if (va == p.va)
		world.slot[p.slot] = (struct slot){ below(&c->rng, FILES),
						    p.first, p.n, NO_DOMAIN };
}

/* Whole slots, or some bytes of them. */
static struct iovec any_memory(struct caller *c)
{
	struct pages p = any_pages(c);
	struct iovec v = { p.va, p.n * PAGE };

	if (one_in(&c->rng, 2)) {
		v.iov_base = (void *)(unsigned long)any_buffer(c);
		v.iov_len = below(&c->rng, OWN_PAGES / 2 * PAGE + 1);
	}
	return v;
}

void call_memory_io(struct caller *c)
{
	struct iovec v[2] = { any_memory(c), any_memory(c) };
	int fd = some_memory(c), n = 1 + below(&c->rng, 2);
	off_t at = any_offset(c);

	switch (below(&c->rng, 9)) {
	case 0:
		(void)!read(fd, v[0].iov_base, v[0].iov_len);
		break;
	case 1:
		(void)!write(fd, v[0].iov_base, v[0].iov_len);
		break;
	case 2:
	case 3:
		(void)!pread(fd, v[0].iov_base, v[0].iov_len, at);
		break;
	case 4:
	case 5:
		(void)!pwrite(fd, v[0].iov_base, v[0].iov_len, at);
		break;
	case 6:
		preadv2(fd, v, n, at, one_in(&c->rng, 4) ? RWF_NOWAIT : 0);
		break;
	case 7:
		pwritev2(fd, v, n, at, one_in(&c->rng, 4) ? RWF_APPEND : 0);
		break;
	default:
		lseek(fd, at, below(&c->rng, 6));
	}
}

static int reopen(struct caller *c)
{
	int flags = PICK(c, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, O_PATH,
			 O_RDWR | O_TRUNC, O_RDWR | O_APPEND);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", some_memory(c));
	return open(path, flags | O_CLOEXEC);
}

/* Other descriptors, the end of a file, and calls that change or tell its attributes. */
void call_memory_file(struct caller *c)
{
	int fd = some_memory(c);
	struct stat st;
	off_t at = 0;

	switch (below(&c->rng, 9)) {
	case 0:
		replace(c, dup(fd));
		break;
	case 1:
	case 2:
		replace(c, reopen(c));
		break;
	case 3: /* closes a memory file, and keeps its descriptor from others */
		dup2(world.nothing, fd);
		break;
	case 4:
		fstat(fd, &st);
		break;
	case 5:
		fsync(fd);
		break;
	case 6:
		sendfile(fd, world.memfd, &at, PAGE);
		break;
	case 7:
		sendfile(world.memfd, fd, &at, PAGE);
		break;
	default:
		fcntl(fd, F_SETFL, PICK(c, 0, O_APPEND, O_NONBLOCK, O_DIRECT));
	}
}
