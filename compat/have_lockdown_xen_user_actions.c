// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// The lockdown reason for hypercalls from user space came with XSA-482 (2026, also in
// stable kernels). It is an enumerator, which no #ifdef can see. Without it, lockdown
// does not restrict `unrestricted`. The control asks for a reason that every kernel has,
// so that only the missing name is a "no".
#include <linux/security.h>

#ifdef COMPAT_CONTROL
#define LOCKDOWN_XEN_USER_ACTIONS LOCKDOWN_INTEGRITY_MAX
#endif

int compat_lockdown_xen_user_actions(void);
int compat_lockdown_xen_user_actions(void)
{
	return security_locked_down(LOCKDOWN_XEN_USER_ACTIONS);
}
