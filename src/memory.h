/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files (X_MEMORY): a range of a domain's memory as a file.
 */
#ifndef PRIVCMD_MEMORY_H
#define PRIVCMD_MEMORY_H

#include <linux/types.h>
#include <xen/interface/xen.h>

#include "file.h"

struct file_operations;

/*
 * The object behind a memory file. It belongs to the inode, so all open files
 * and areas of the inode share it. No field changes but those of @file. @file
 * holds what is counted; nothing is charged to it. When the last reference on
 * @file is put, the struct is freed, so @file is the first field.
 */
struct privcmd_memory {
	struct privcmd_file file;
	domid_t dom;
	u64 first;		/* number of the first frame */
	u64 num;		/* frames */
	bool read_only;
	bool zero_holes;	/* read(2) gives zeroes for a hole */
};

/* The object of an open memory file, or of its inode. */
static inline struct privcmd_memory *privcmd_memory_of(void *private_data)
{
	return container_of(private_data, struct privcmd_memory, file);
}

long privcmd_memory_ioctl(struct file *file, void *arg);
void privcmd_memory_release(struct privcmd_file *pf);
void privcmd_memory_init(const struct file_operations *fops);

#endif /* PRIVCMD_MEMORY_H */
