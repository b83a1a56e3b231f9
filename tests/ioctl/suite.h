/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases of privcmd-test share: the device, areas mapped from it,
 * patterns in pages, and accesses that may end with a signal. domain.h has the
 * foreign domains.
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

/*
 * A frame number that is no memory of any domain. The thousands of numbers
 * after it are none either. The bits that MMAPBATCH ORs into a failed element
 * are clear in it.
 */
#define BAD_FRAME bad_frame()

/* A domid that no domain has. */
#define NO_DOMAIN 0x6fff

/* An address of the kernel's half of the address space. */
#define KERNEL_POINTER ((void *)0xffff800000001000UL)

/* device.c: the driver under test */
const char *device(void);
const char *hypercall_device(void);
const char *module_name(void);			/* as in /sys/module */
bool beside(void);				/* the in-tree driver is loaded, too */
bool initial_domain(void);
int privcmd_open(void);
/*
 * driver(), xlate(), bad_frame(), control() and their callers open a file of
 * the suite's own and keep it open. control_close() closes that file, for a
 * case that unloads the module. The next call of one of these functions opens
 * it again.
 */
void control_close(void);
const struct privcmd_x_info *driver(void);	/* NULL: not this module */
void need_ours(void);
bool xlate(void);
/* The version of the hypervisor, to be compared with XEN_VERSION(). */
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
bool param_set(const char *name, const char *value);	/* restored at exit */
/* Writes all of @text into an existing file. printf() makes its path of @path. */
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

/*
 * Either batch ioctl. @err may be NULL. A call of V1 sets err[i] to -EIO for
 * each marked frame, after a check that exactly the mark of the ABI was ORed
 * in.
 */
int batch(int version, int fd, unsigned int dom, const void *addr,
	  const __u64 *frames, int *err, unsigned int num);
/* The value of err[i] for BAD_FRAME. */
int bad_frame_error(int version, const struct domain *d);
int v1(int fd, unsigned int dom, const void *addr, __u64 *arr, int num);
int v2(int fd, unsigned int dom, const void *addr, const __u64 *arr, int *err,
       unsigned int num);
/* Maps pages of @d from @first on, as many as @a has. Every frame must succeed. */
bool map_frames(const struct area *a, const struct domain *d, size_t first);

int status(int fd, const void *addr, struct privcmd_x_frame *frame, size_t n);
int state_at(const struct area *a, size_t i);

void page_fill(void *page, unsigned int seed);
bool page_has(const void *page, unsigned int seed);
/*
 * A copy of what the kernel reads at @page, valid until the next call; NULL:
 * EFAULT. For pages that another thread may remove meanwhile.
 */
const void *page_copy(const void *page);
/* The signal that ends the access; 0: the access succeeds. */
int touch(const void *p);
int poke(void *p, unsigned char value);
unsigned char *buffer(size_t pages);	/* zeroed, then a page without access */
void *aside(size_t pages);		/* address space without a mapping */

/* A case that both batch ioctls must pass in the same way. */
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
