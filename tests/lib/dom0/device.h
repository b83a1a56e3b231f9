/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The driver under test, the kernel and the hypervisor that it runs on.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

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

const char *device(void);
const char *hypercall_device(void);
const char *module_name(void);			/* as in /sys/module */
long module_references(void);			/* the module's users, as lsmod shows them */
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

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#endif /* DEVICE_H */
