// SPDX-License-Identifier: GPL-2.0-only
// The lockdown reason for hypercalls from user space came with XSA-482 (2026,
// also in stable kernels). It is an enum value, which no #ifdef can see.
// Without it a locked down kernel has no say in `unrestricted`.
#include <linux/security.h>

int compat_lockdown_xen_user_actions(void);
int compat_lockdown_xen_user_actions(void)
{
	return security_locked_down(LOCKDOWN_XEN_USER_ACTIONS);
}
