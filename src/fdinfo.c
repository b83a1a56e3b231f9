// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /proc/PID/fdinfo of an open /dev/xen/privcmd: sums over its mappings and
 * bindings, each as it is at this moment. And of an open memory file: sums over
 * all mappings of its inode.
 */
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "file.h"
#include "fops.h"
#include "ioeventfd.h"
#include "irqfd.h"
#include "memory.h"

static void fdinfo_frames(struct seq_file *seq, struct privcmd_file *pf)
{
	long rw = atomic_long_read(&pf->count[PRIVCMD_KIND_RW]);
	long ro = atomic_long_read(&pf->count[PRIVCMD_KIND_RO]);

	seq_printf(seq, "xen-privcmd-frames:\t%ld\n", rw + ro);
	seq_printf(seq, "xen-privcmd-readonly:\t%ld\n", ro);
	seq_printf(seq, "xen-privcmd-lazy:\t%ld\n",
		   atomic_long_read(&pf->count[PRIVCMD_KIND_LAZY]));
	seq_printf(seq, "xen-privcmd-failed:\t%ld\n",
		   atomic_long_read(&pf->count[PRIVCMD_KIND_FAILED]));
	seq_printf(seq, "xen-privcmd-later:\t%ld\n",
		   atomic_long_read(&pf->reaping));
}

void privcmd_fdinfo(struct seq_file *seq, struct file *file)
{
	struct privcmd_file *pf = file->private_data;
	int domid = atomic_read(&pf->domid);

	if (domid == PRIVCMD_UNRESTRICTED)
		seq_puts(seq, "xen-privcmd-domid:\tnone\n");
	else
		seq_printf(seq, "xen-privcmd-domid:\t%d\n", domid);
	fdinfo_frames(seq, pf);
	seq_printf(seq, "xen-privcmd-irqfds:\t%d\n", privcmd_irqfd_count(pf));
	seq_printf(seq, "xen-privcmd-ioeventfds:\t%u\n",
		   privcmd_ioeventfd_count(pf));
}

void privcmd_fdinfo_memory(struct seq_file *seq, struct file *file)
{
	struct privcmd_memory *mem = privcmd_memory_of(file->private_data);

	seq_printf(seq, "xen-privcmd-domid:\t%u\n", mem->dom);
	seq_printf(seq, "xen-privcmd-memory:\t%llu %llu %s\n", mem->first,
		   mem->num, mem->read_only ? "ro" : "rw");
	fdinfo_frames(seq, &mem->file);
}
