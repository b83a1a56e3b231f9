/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD: eventfds that make a device model operation.
 */
#ifndef PRIVCMD_IRQFD_H
#define PRIVCMD_IRQFD_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct file;
struct privcmd_file;

#ifdef CONFIG_EVENTFD
/* The bindings of an open file. */
struct privcmd_irqfds {
	struct mutex assign;	/* one assign or deassign at a time */
	spinlock_t lock;	/* @list; taken in an eventfd's queue, irqs off */
	struct list_head list;	/* bindings that are not ending */
	atomic_t nr;		/* these, and those that are ending */
};

int privcmd_irqfd_init(void);
void privcmd_irqfd_exit(void);
void privcmd_irqfd_open(struct privcmd_file *pf, struct privcmd_irqfds *irqfds);
void privcmd_irqfd_release(struct privcmd_file *pf);
int privcmd_irqfd_count(const struct privcmd_file *pf);
long privcmd_irqfd(struct file *file, void *arg);
#else
struct privcmd_irqfds {
};

static inline int privcmd_irqfd_init(void)
{
	return 0;
}

static inline void privcmd_irqfd_exit(void)
{
}

static inline void privcmd_irqfd_open(struct privcmd_file *pf,
				      struct privcmd_irqfds *irqfds)
{
}

static inline void privcmd_irqfd_release(struct privcmd_file *pf)
{
}

static inline int privcmd_irqfd_count(const struct privcmd_file *pf)
{
	return 0;
}

static inline long privcmd_irqfd(struct file *file, void *arg)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* PRIVCMD_IRQFD_H */
