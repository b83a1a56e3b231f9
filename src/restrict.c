// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which domains a newly opened file may name (XSA-482). In the initial domain:
 * all of them. Elsewhere: only the domain that xenstore names as "target" of
 * this one, or none. RESTRICT on an open file is in file.c.
 *
 * The user space of a guest whose kernel is locked down must not make arbitrary
 * hypercalls, whatever root there asks for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "compat.h"
#include "file.h"
#include "params.h"
#include "restrict.h"

/*
 * The domid for files that are opened outside the initial domain; -1: not known
 * yet.
 */
static int restrict_target = -1;
static DECLARE_WAIT_QUEUE_HEAD(restrict_target_known);

/* Log the restriction, for an administrator whose programs are refused. */
static void restrict_log(u16 domid)
{
	if (privcmd_unrestricted)
		pr_info("not the initial domain, but unrestricted=Y: open files are unrestricted unless the kernel is locked down\n");
	else if (domid == DOMID_IDLE)
		pr_info("not the initial domain, and xenstore has no target for it: open files may name no domain and make no hypercall (XSA-482)\n");
	else
		pr_info("not the initial domain: open files may name only domain %u, which is xenstore's target for it, and make no hypercall (XSA-482)\n",
			domid);
}

/*
 * Called once, when xenstore can be read. That may be long after the module was
 * loaded.
 */
static int restrict_xenstore_ready(struct notifier_block *nb,
				   unsigned long event, void *data)
{
	char *value = xenbus_read(XBT_NIL, "target", "", NULL);
	u16 domid = DOMID_IDLE;

	if (!IS_ERR(value)) {
		if (kstrtou16(value, 10, &domid) ||
		    domid >= DOMID_FIRST_RESERVED)
			domid = DOMID_IDLE;
		kfree(value);
	}
	restrict_log(domid);
	WRITE_ONCE(restrict_target, domid);
	wake_up_all(&restrict_target_known);
	return NOTIFY_DONE;
}

static struct notifier_block restrict_xenstore_nb = {
	.notifier_call = restrict_xenstore_ready,
};

int privcmd_restrict_init(void)
{
	return xen_initial_domain() ?
		       0 :
		       register_xenstore_notifier(&restrict_xenstore_nb);
}

void privcmd_restrict_exit(void)
{
	if (!xen_initial_domain())
		unregister_xenstore_notifier(&restrict_xenstore_nb);
}

/*
 * The domid for a file that is opened now, or PRIVCMD_UNRESTRICTED. Waits until
 * xenstore has been read. -EINTR: a signal came.
 */
int privcmd_restrict_open(void)
{
	if (xen_initial_domain())
		return PRIVCMD_UNRESTRICTED;
	if (privcmd_unrestricted && !compat_locked_down_xen())
		return PRIVCMD_UNRESTRICTED;
	if (wait_event_interruptible(restrict_target_known,
				     READ_ONCE(restrict_target) >= 0))
		return -EINTR;
	return restrict_target;
}
