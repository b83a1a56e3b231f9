/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The MMU notifier of an area, which drops its entries before the core does.
 */
#ifndef PRIVCMD_NOTIFIER_H
#define PRIVCMD_NOTIFIER_H

#include <linux/mmu_notifier.h>

struct privcmd_notifier {
	bool on;			/* inserted; mmap lock */
#ifdef CONFIG_MMU_NOTIFIER
	const unsigned long *addr;	/* where the area is now; mmap lock */
	unsigned long nr;		/* its pages */
	struct mmu_interval_notifier interval;
#endif
};

#ifdef CONFIG_MMU_NOTIFIER
void privcmd_notifier_add(struct privcmd_notifier *notifier,
			  struct mm_struct *mm, const unsigned long *addr,
			  unsigned long nr);
void privcmd_notifier_remove(struct privcmd_notifier *notifier);
#else
static inline void privcmd_notifier_add(struct privcmd_notifier *notifier,
					struct mm_struct *mm,
					const unsigned long *addr,
					unsigned long nr)
{
}

static inline void privcmd_notifier_remove(struct privcmd_notifier *notifier)
{
}
#endif

#endif /* PRIVCMD_NOTIFIER_H */
