// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domains a newly opened file may name (XSA-482): in the initial domain
 * all; elsewhere the one that xenstore's "target" gives this domain to look
 * after, or none. What RESTRICT does to an open file is in file.c. Copyright
 * (C) 2026 the xen-privcmd authors
 *
 * A guest whose kernel is locked down must not be able to make arbitrary
 * hypercalls from user space, whatever its root asks for.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "privcmd.h"

/* Outside the initial domain; -1 until xenstore has answered. */
static int target = -1;
static DECLARE_WAIT_QUEUE_HEAD(target_known);

/* Somebody whose calls are refused looks into the log. */
static void say_restricted(u16 domid)
{
	if (privcmd_unrestricted)
		pr_info("not the initial domain, but unrestricted=Y: open files are unrestricted unless the kernel is locked down\n");
	else if (domid == DOMID_IDLE)
		pr_info("not the initial domain, and xenstore has no target for it: open files may name no domain and make no hypercall (XSA-482)\n");
	else
		pr_info("not the initial domain: open files may name only domain %u, which is xenstore's target for it, and make no hypercall (XSA-482)\n",
			domid);
}

/* Called once, when xenstore can be read; that may be long after loading. */
static int xenstore_ready(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	char *value = xenbus_read(XBT_NIL, "target", "", NULL);
	u16 domid = DOMID_IDLE;

	if (!IS_ERR(value)) {
		if (kstrtou16(value, 10, &domid) ||
		    domid >= DOMID_FIRST_RESERVED)
			domid = DOMID_IDLE;
		kfree(value);
	}
	say_restricted(domid);
	WRITE_ONCE(target, domid);
	wake_up_all(&target_known);
	return NOTIFY_DONE;
}

static struct notifier_block xenstore_nb = {
	.notifier_call = xenstore_ready,
};

int privcmd_restrict_init(void)
{
	return xen_initial_domain() ? 0 :
				      register_xenstore_notifier(&xenstore_nb);
}

void privcmd_restrict_exit(void)
{
	if (!xen_initial_domain())
		unregister_xenstore_notifier(&xenstore_nb);
}

/* What a file that is opened now is restricted to; -EINTR: a signal. */
int privcmd_restrict_open(void)
{
	if (xen_initial_domain())
		return PRIVCMD_UNRESTRICTED;
	if (privcmd_unrestricted && !compat_locked_down_xen())
		return PRIVCMD_UNRESTRICTED;
	if (wait_event_interruptible(target_known, READ_ONCE(target) >= 0))
		return -EINTR;
	return target;
}
