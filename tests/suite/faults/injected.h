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
/* All files together may have @nr slots. 0: no other limit than usual. */
void slots_limit(unsigned long nr);
/*
 * The number of slots that are lost, because their frames could not be removed
 * or because the driver has forgotten them. Earlier cases may have caused that.
 * Changes slots_limit(). No frame may be mapped meanwhile.
 */
unsigned long slots_lost(const struct domain *d);
/*
 * Destroys @d, of which exactly one frame is lost: the domain cannot go, but
 * all its other memory is freed.
 */
void lost(struct domain *d);

#endif /* INJECTED_H */
