// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /proc/PID/fdinfo of an open /dev/xen/privcmd: sums over its mappings and
 * bindings, each as it is at this moment.
 */
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "file.h"
#include "fops.h"
#include "ioeventfd.h"
#include "irqfd.h"

void privcmd_fdinfo(struct seq_file *seq, struct file *file)
{
	struct privcmd_file *pf = file->private_data;
	int domid = atomic_read(&pf->domid);
	long rw = atomic_long_read(&pf->count[PRIVCMD_KIND_RW]);
	long ro = atomic_long_read(&pf->count[PRIVCMD_KIND_RO]);

	if (domid == PRIVCMD_UNRESTRICTED)
		seq_puts(seq, "xen-privcmd-domid:\tnone\n");
	else
		seq_printf(seq, "xen-privcmd-domid:\t%d\n", domid);
	seq_printf(seq, "xen-privcmd-frames:\t%ld\n", rw + ro);
	seq_printf(seq, "xen-privcmd-readonly:\t%ld\n", ro);
	seq_printf(seq, "xen-privcmd-lazy:\t%ld\n",
		   atomic_long_read(&pf->count[PRIVCMD_KIND_LAZY]));
	seq_printf(seq, "xen-privcmd-failed:\t%ld\n",
		   atomic_long_read(&pf->count[PRIVCMD_KIND_FAILED]));
	seq_printf(seq, "xen-privcmd-later:\t%ld\n",
		   atomic_long_read(&pf->reaping));
	seq_printf(seq, "xen-privcmd-irqfds:\t%d\n", privcmd_irqfd_count(pf));
	seq_printf(seq, "xen-privcmd-ioeventfds:\t%u\n",
		   privcmd_ioeventfd_count(pf));
}
