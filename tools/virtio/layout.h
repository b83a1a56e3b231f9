/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What differs between a guest of x86 and one of Arm: where its memory is. The functions
 * need xen_open(), and no xen_restrict() before them.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>

struct guest_ram;

/* NULL, or why this cannot be known. The guest must not have run. */
const char *layout_ram(struct guest_ram *ram);
/* True if the domain is not paused. False if this hypervisor does not tell. */
bool layout_is_running(void);

#endif /* LAYOUT_H */
