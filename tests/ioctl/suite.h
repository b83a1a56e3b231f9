/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the cases of privcmd-test share: the device, areas mapped from it,
 * patterns in pages, touching memory that may not be there. The foreign domain
 * is in domain.h.
 */
#ifndef SUITE_H
#define SUITE_H

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "tap.h"
#include "domain.h"

#define PAGE 4096UL

/* A frame number that is nobody's memory, as are the thousands after it. It
 * leaves the bits that MMAPBATCH ORs into a failed element clear. */
#define BAD_FRAME bad_frame()

/* A domid that no domain has. */
#define NO_DOMAIN 0x6fff

/* An address that user space never has, and one outside any architecture's
 * canonical or translated range. */
#define KERNEL_POINTER ((void *)0xffff800000001000UL)

/* device.c: the driver under test */
const char *device(void);
const char *hypercall_device(void);
const char *module_name(void);			/* as in /sys/module */
bool beside(void);				/* the in-tree one is loaded, too */
bool initial_domain(void);
int privcmd_open(void);
/*
 * driver(), xlate(), bad_frame(), control() and what uses them open a file of the
 * suite's own, and keep it open. This closes it, for a case that unloads the
 * module; the next question opens it again.
 */
void control_close(void);
const struct privcmd_x_info *driver(void);	/* NULL: not ours */
void need_ours(void);
bool xlate(void);
/* Of the hypervisor, to be compared with XEN_VERSION(). */
#define XEN_VERSION(major, minor) ((major) << 16 | (minor))
long xen_version(void);
unsigned long long bad_frame(void);
void need_pv(const char *why);
void hazard_if_xlate(void);
bool kernel_since(unsigned int major, unsigned int minor);
long hypercall(int fd, unsigned long op, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d, unsigned long e);
int restrict_to(int fd, unsigned int domid);
long fdinfo(int fd, const char *field);		/* LONG_MIN: no such field */
long meminfo(const char *field);		/* KiB */
bool param_get(const char *name, char *value, size_t size);
bool param_set(const char *name, const char *value);	/* undone at exit */
/* All of @text into the file that is there, as printf() makes its path of @path. */
bool put_text(const char *text, const char *path, ...)
	__attribute__((format(printf, 2, 3)));

/* area.c: mappings and what is in them */
struct area {
	int fd;
	unsigned char *va;
	size_t n;	/* pages */
};

struct area area_new(int fd, size_t n);
struct area area_prot(int fd, size_t n, int prot);
void area_done(struct area *a);
void area_works(struct area *a, const struct domain *d);
unsigned char *page_at(const struct area *a, size_t i);

/* Either batch ioctl. err may be NULL; of V1 it gets -EIO for a marked frame,
 * after checking that exactly the mark of the ABI was ORed in. */
int batch(int version, int fd, unsigned int dom, const void *addr,
	  const __u64 *frames, int *err, unsigned int num);
/* What err gets for BAD_FRAME. */
int bad_frame_error(int version, const struct domain *d);
int v1(int fd, unsigned int dom, const void *addr, __u64 *arr, int num);
int v2(int fd, unsigned int dom, const void *addr, const __u64 *arr, int *err,
       unsigned int num);
/* Maps d's pages from first on, as many as a has, and wants them all. */
bool map_frames(const struct area *a, const struct domain *d, size_t first);

int status(int fd, const void *addr, struct privcmd_x_frame *frame, size_t n);
int state_at(const struct area *a, size_t i);

void page_fill(void *page, unsigned int seed);
bool page_has(const void *page, unsigned int seed);
/* What the kernel finds there, until the next call; NULL: EFAULT. For pages that
 * another thread may take away. */
const void *page_copy(const void *page);
/* The signal that the access ends with, 0 if with none. */
int touch(const void *p);
int poke(void *p, unsigned char value);
unsigned char *buffer(size_t pages);	/* zeroed, then a page without access */
void *aside(size_t pages);		/* address space with nothing in it */

/* Every case that both batch ioctls must pass alike. */
#define BATCH_CASE(situation, ...)                                         \
	static void both_##situation(int version);                         \
	TAP_CASE(mmapbatch_##situation, ##__VA_ARGS__)                     \
	{                                                                  \
		both_##situation(1);                                       \
	}                                                                  \
	TAP_CASE(mmapbatch_v2_##situation, ##__VA_ARGS__)                  \
	{                                                                  \
		both_##situation(2);                                       \
	}                                                                  \
	static void both_##situation(int version)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#endif /* SUITE_H */
