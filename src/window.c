// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A window: the kernel's own mapping of frames that a mapping shows. IOEVENTFD reads a
 * server's pages through it.
 */
#include <linux/err.h>

#include "backend.h"
#include "map.h"
#include "window.h"

static bool window_is_writable(struct privcmd_map *map, unsigned long idx,
			       unsigned long nr)
{
	struct privcmd_span span;

	lockdep_assert_held(&map->lock);
	for (; nr; idx++, nr--) {
		privcmd_record_span(&map->record, idx, 1, &span);
		if (privcmd_chunk_status(span.chunk, span.first) !=
		    PRIVCMD_X_RW)
			return false;
	}
	return true;
}

/*
 * A window of @nr pages of the mapping from the @idx-th on, which must be a
 * resource of @dom, mapped writable. -EPERM: a file of the mapping may not name
 * that domain. -EINVAL: it is no such resource. -EINTR: killed. -ENOMEM. The
 * caller may use the window until it calls privcmd_window_close(),
 * which it does before it puts its reference on the mapping; The window stays
 * valid when the VMA is unmapped.
 */
void *privcmd_window_open(struct privcmd_map *map, domid_t dom,
			  unsigned long idx, unsigned int nr)
{
	void *window = ERR_PTR(-EINVAL);

	/* A populating call that is at work may remove its frames again. */
	if (mutex_lock_killable(&map->populate))
		return ERR_PTR(-EINTR);
	mutex_lock(&map->lock);
	if (!privcmd_map_allows(map, dom))
		window = ERR_PTR(-EPERM);
	else if (map->populated && map->resource && map->dom == dom &&
		 window_is_writable(map, idx, nr))
		window = privcmd_backend->open_window(map, idx, nr);
	mutex_unlock(&map->lock);
	mutex_unlock(&map->populate);
	return window;
}

/* @nr: the number that privcmd_window_open() got. */
void privcmd_window_close(void *window, unsigned int nr)
{
	privcmd_backend->close_window(window, nr);
}
