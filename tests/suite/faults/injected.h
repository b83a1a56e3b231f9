/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Failures on demand, for injected.c and x/injected.c. Each function skips the
 * case on a module that is not the injection build. The parameters that it sets
 * are restored at exit.
 */
#ifndef INJECTED_H
#define INJECTED_H

#include "suite.h"

void need_injection(void);
void fail_frame(__u64 gfn, int error);
void fail_no_frame(void);
/*
 * The next @nr frames that the module removes from the physmap stay there.
 * Skips the case on PV, too.
 */
void fail_unmaps(unsigned int nr);
/*
 * Destroys @d, of which exactly one frame is lost: the domain cannot go, but
 * all its other memory is freed.
 */
void lost(struct domain *d);

#endif /* INJECTED_H */
