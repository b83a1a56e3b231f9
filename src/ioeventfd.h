/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD: writes of a guest that signal an eventfd.
 */
#ifndef PRIVCMD_IOEVENTFD_H
#define PRIVCMD_IOEVENTFD_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>

struct file;
struct privcmd_file;

#ifdef CONFIG_EVENTFD
/* The bindings of an open file. */
struct privcmd_ioeventfds {
	struct mutex assign;		/* @servers and @nr; one call at a time */
	struct list_head servers;	/* privcmd_ioreq.list */
	unsigned int nr;		/* bindings of all servers */
};

void privcmd_ioeventfd_open(struct privcmd_file *pf,
			    struct privcmd_ioeventfds *ioeventfds);
void privcmd_ioeventfd_release(struct privcmd_file *pf);
unsigned int privcmd_ioeventfd_count(const struct privcmd_file *pf);
long privcmd_ioeventfd(struct file *file, void *arg);
#else
struct privcmd_ioeventfds {
};

static inline void privcmd_ioeventfd_open(struct privcmd_file *pf,
					  struct privcmd_ioeventfds *ioeventfds)
{
}

static inline void privcmd_ioeventfd_release(struct privcmd_file *pf)
{
}

static inline unsigned int
privcmd_ioeventfd_count(const struct privcmd_file *pf)
{
	return 0;
}

static inline long privcmd_ioeventfd(struct file *file, void *arg)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* PRIVCMD_IOEVENTFD_H */
