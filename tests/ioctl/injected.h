/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Failures on demand, for injected.c and x_injected.c. Each skips the case on
 * any module but the injection build; what it sets comes back at exit.
 */
#ifndef INJECTED_H
#define INJECTED_H

#include "suite.h"

void need_injection(void);
void fail_frame(__u64 gfn, int error);
void fail_no_frame(void);
/* The next frames that are removed from the physmap; skips on PV, too. */
void fail_unmaps(unsigned int nr);
/* One frame of d is lost, and nothing else is. d goes, as far as it can. */
void lost(struct domain *d);

#endif /* INJECTED_H */
