// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The hypercalls of xenfm: where the address space of a domain ends. The numbers
 * are literals here: that is what the tests check.
 */
#include <assert.h>
#include <errno.h>

#include "driver.h"

int fake_hypercall(void *arg)
{
	struct privcmd_x_hypercall *call = arg;
	const domid_t *dom = (void *)(uintptr_t)call->arg[1];

	assert(call->size == PRIVCMD_X_HYPERCALL_SIZE_V1 && !call->flags);
	if (*dom == FAKE_DOM_GONE) {
		call->result = -ESRCH;
	} else if (call->op == 34) {
		/* struct xen_hvm_param of HVM_PARAM_STORE_PFN */
		assert(call->arg[0] == 1 && dom[1] == 0 && dom[2] == 1 &&
		       dom[3] == 0);
		call->result = *dom == FAKE_DOM_PV ? -EINVAL : 0;
	} else {
		assert(call->op == 12 && call->arg[0] == 14);
		assert(*dom != FAKE_DOM_PV);
		call->result = FAKE_END - 1;
	}
	return 0;
}
