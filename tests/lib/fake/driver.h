/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Fake devices for tests of programs that use privcmd or gntdev, without Xen.
 * The linker replaces system calls (-Wl,--wrap) by the functions of this
 * directory. They record the calls on a device and answer them. The fake tests
 * its caller, never a driver.
 *
 * Every descriptor of /dev/null acts as privcmd, every one of /dev/zero as
 * gntdev. A file of a domain's memory is a memfd. Calls on other files go on to
 * the C library.
 *
 * The fake asserts what every caller must do: arrays that it can read or write
 * to their ends, areas that exist, grants that are withdrawn exactly once.
 */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#define FAKE_PAGE 4096UL

/*
 * The memory of every domain, by frame number, unless fake.frame says otherwise.
 * The grants of a domain have the same numbers. Frames up to FAKE_RO are RAM.
 */
#define FAKE_RO		0x1000	/* RAM that can only be mapped read-only */
#define FAKE_HOLE	0x2000	/* EINVAL */
#define FAKE_BUSY	0x3000	/* EBUSY */
#define FAKE_PAGED	0x4000	/* RAM, paged out at first: see paged_rounds */
#define FAKE_END	0x5000	/* EINVAL */

/* The byte of a frame at an offset. */
#define FAKE_BYTE(gfn, offset) \
	((unsigned char)((gfn) * 31 + (offset) + ((offset) >> 8)))

/* Calls for these domains fail. So do those for DOMID_SELF and the like. */
#define FAKE_DOM_FOREIGN 403	/* EPERM */
#define FAKE_DOM_GONE	404	/* ESRCH for each frame */
#define FAKE_DOM_LARGE	413	/* ENOMEM */
/* A PV domain. The address spaces of the others end at FAKE_END. */
#define FAKE_DOM_PV	200
/* A file cannot be restricted to these domains: EINVAL. */
#define FAKE_DOM_NO_RESTRICT(dom) ((dom) >> 14 == 1)

#define FAKE_CALLS	64	/* that are recorded: the last ones */
#define FAKE_AREAS	1024	/* that can exist at a time */
#define FAKE_GRANTS_MAX	512	/* in one announcement; more are ENOMEM */
#define FAKE_FILLED	64	/* the first frames of a file of memory; then zeroes */

/* The minor numbers of /dev/null and /dev/zero. */
enum fake_kind { FAKE_OTHER_FILE, FAKE_PRIVCMD = 3, FAKE_GNTDEV = 5 };

/* An ioctl of privcmd. The copy of its argument was made before the answer. */
struct fake_call {
	unsigned long request;
	void *arg;
	union {
		struct privcmd_x_info info;
		struct privcmd_mmapbatch_v2 batch;
		struct privcmd_x_status status;
		struct privcmd_x_map x_map;
		struct privcmd_x_unmap x_unmap;
		struct privcmd_x_copy x_copy;
		struct privcmd_x_hypercall x_hypercall;
		struct privcmd_x_memory x_memory;
		domid_t restrict_to;
	};
};

/* A mapping of privcmd, or grants from their announcement to the withdrawal. */
struct fake_area {
	char *start;		/* NULL: not mapped */
	size_t size;		/* in bytes; 0: the entry is free */
	int prot, flags;	/* of mmap(2) */
	off_t offset;		/* of mmap(2): it names the announced grants */
	bool grants;
	uint32_t domid, ref;	/* of the first grant */
	/* privcmd: one for each page; NULL before the first ioctl on the area */
	struct privcmd_x_frame *record;
};

struct fake {
	bool on;		/* false: /dev/null and /dev/zero are themselves */
	bool intree;		/* the kernel's own driver: no private ioctl */
	struct privcmd_x_info info;	/* max_frames also limits each call */

	/* The state and the error of a frame that is mapped, copied or granted. */
	struct privcmd_x_frame (*frame)(uint64_t gfn);
	unsigned int paged_rounds;	/* populating calls without FAKE_PAGED */
	/*
	 * true: a page shows the bytes of its frame, and an access without a
	 * frame is SIGSEGV. false: all pages are zeroes, which costs no time.
	 */
	bool contents;

	/* The errnos of calls, whatever their arguments are; 0: none. */
	int open_errno;
	int mmap_errno;
	int null_errno;		/* MMAPBATCH_V2 without an argument */
	int batch_errno;	/* MMAPBATCH_V2 and X_MAP, after batch_good calls */
	unsigned int batch_good;
	int info_errno, restrict_errno, status_errno, x_unmap_errno;
	int hypercall_errno, memory_errno;
	bool copy_nothing;	/* X_COPY succeeds with 0 bytes */
	size_t alloc_max;	/* malloc() and calloc() of more bytes fail */
	long huge_page;		/* fstatfs(2) of any file says so many bytes */
	/* Called once, before the program locks a mutex of its own. */
	void (*before_lock)(void);

	/* What the fake has seen. */
	char path[128];		/* of the last open(2) */
	int open_flags;
	int dup_command;	/* of the last fcntl(2) */
	unsigned int opens, closes;	/* of both devices */
	struct fake_call calls[FAKE_CALLS];
	unsigned int nr_calls;
	unsigned int batches;	/* populating calls that did not fail as a whole */
	struct fake_area areas[FAKE_AREAS];
	unsigned int mmaps, munmaps;
	unsigned int announced;	/* gntdev: announcements */
	/* The bytes that X_COPY wrote, or the first ones of the last unmapped area. */
	unsigned char wrote[8192];
	size_t alloc_most;	/* bytes of the largest allocation */

	/* The clock advances only by the time that is slept. */
	int64_t now_ns;
	unsigned int sleeps;
};

extern struct fake fake;
extern pthread_mutex_t fake_lock;	/* protects it */

#define fake_for_each_area(a) \
	for (struct fake_area *a = fake.areas; a < fake.areas + FAKE_AREAS; a++)

/*
 * Forgets everything, and starts with a xen-privcmd that answers every call. The
 * caller then changes the fields of @fake.
 */
void fake_start(void);
/* The same with the kernel's own driver. */
void fake_start_intree(void);

/* The number of areas that are mapped and of announcements that exist. */
unsigned int fake_left(void);
/* Does this page of an area show frame @gfn? */
bool fake_page_is(const void *area, unsigned int page, uint64_t gfn);

/*
 * For the files of this directory. fake_privcmd() and fake_gntdev() answer an
 * ioctl. They are called with the lock held.
 */
int fake_fail(int err);
enum fake_kind fake_kind(int fd);
struct privcmd_x_frame fake_frame(domid_t dom, uint64_t gfn);
void fake_fill(char *page, uint64_t gfn, int prot);
struct fake_area *fake_new_area(void);
/* The announced grants that this offset names, or NULL. */
struct fake_area *fake_grants(off_t offset);
/* The errno of a whole call that names this domain and @num frames, or 0. */
int fake_call_error(domid_t dom, uint64_t num);
/* memory.c: makes a file of a domain's memory, recognises one, answers its ioctls. */
int fake_memory_new(void *arg);
bool fake_memory_is(int fd);
int fake_memory(unsigned long request, void *arg);
/* hypercall.c: answers what xenfm asks the hypervisor. */
int fake_hypercall(void *arg);
int fake_privcmd(unsigned long request, void *arg);
int fake_gntdev(unsigned long request, void *arg);
void *__real_calloc(size_t n, size_t size);

/* What must be @want; errno must be as before. */
#define check_ret(expr, want)                  \
	do {                                   \
		errno = 4711;                  \
		check_eq(expr, want);          \
		check_eq(errno, 4711);         \
	} while (0)

#endif /* FAKE_DRIVER_H */
