// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The domain, as xenstore and the hypervisor know it.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "guest.h"
#include "layout.h"
#include "../vhost-user-blk/say.h"
#include "xen.h"

/* The highest number of a domain (DOMID_FIRST_RESERVED - 1). */
#define GUEST_DOMID_MAX 0x7fef
/* Where xl describes the disks that another program serves. */
#define GUEST_DISKS "/local/domain/0/backend/virtio_disk/%u"

static struct xs_handle *xenstore;
static uint16_t guest_domid;

static const char *__attribute__((format(printf, 1, 2)))
guest_why(const char *fmt, ...)
{
	static char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

static bool guest_is_number(const char *text, uint16_t *domid)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoul(text, &end, 10);
	*domid = n;
	return !*end && n <= GUEST_DOMID_MAX;
}

static bool guest_has_name(const char *domid, const char *name)
{
	char path[64];
	char *found;
	bool same;

	snprintf(path, sizeof(path), "/local/domain/%s/name", domid);
	found = xs_read(xenstore, XBT_NULL, path, NULL);
	same = found && !strcmp(found, name);
	free(found);
	return same;
}

static const char *guest_find_name(const char *name, uint16_t *domid)
{
	const char *why = NULL;
	unsigned int nr = 0, found = 0;
	char **list = xs_directory(xenstore, XBT_NULL, "/local/domain", &nr);
	uint16_t id;

	for (unsigned int i = 0; list && i < nr; i++)
		if (guest_is_number(list[i], &id) &&
		    guest_has_name(list[i], name)) {
			*domid = id;
			found++;
		}
	free(list);
	if (!found)
		why = guest_why("there is no domain '%s'", name);
	else if (found > 1)
		why = guest_why("there are %u domains '%s'", found, name);
	return why;
}

const char *guest_find(const char *domain, uint16_t *domid)
{
	const char *why = NULL;

	xenstore = xs_open(0);
	if (!xenstore)
		return guest_why("xenstore does not answer (%s)",
				 errno_name(-errno));
	if (!guest_is_number(domain, domid))
		why = guest_find_name(domain, domid);
	if (why)
		return why;
	guest_domid = *domid;
	if (!guest_domid)
		return "domain 0 is no guest";
	if (!xs_is_domain_introduced(xenstore, guest_domid))
		return guest_why("there is no domain %u", guest_domid);
	/* The watch reports once at the start, and then each end of a domain. */
	if (!xs_watch(xenstore, "@releaseDomain", "end"))
		return guest_why("xenstore: no watch (%s)", errno_name(-errno));
	return NULL;
}

static bool guest_read_number(const char *path, uint64_t *number)
{
	char *text = xs_read(xenstore, XBT_NULL, path, NULL), *end;

	if (!text)
		return false;
	*number = strtoull(text, &end, 0);
	free(text);
	return *number != 0;
}

bool guest_disk(unsigned int nr, uint64_t *addr, uint32_t *irq)
{
	char path[128];
	unsigned int disks = 0;
	uint64_t number = 0;
	char **list;
	bool found;

	snprintf(path, sizeof(path), GUEST_DISKS, guest_domid);
	list = xs_directory(xenstore, XBT_NULL, path, &disks);
	found = list && nr < disks;
	if (found) {
		snprintf(path, sizeof(path), GUEST_DISKS "/%.20s/base",
			 guest_domid, list[nr]);
		found = guest_read_number(path, addr);
	}
	if (found) {
		snprintf(path, sizeof(path), GUEST_DISKS "/%.20s/irq",
			 guest_domid, list[nr]);
		found = guest_read_number(path, &number);
	}
	*irq = number;
	free(list);
	return found;
}

const char *guest_look(struct guest_ram *ram)
{
	if (layout_is_running())
		return guest_why(
			"domain %u runs already: devices are only found by a domain that has not run yet (xl create -p)",
			guest_domid);
	return layout_ram(ram);
}

int guest_fd(void)
{
	return xs_fileno(xenstore);
}

/*
 * xenstored forgets a domain as soon as it is dying. It stays in the hypervisor as long as
 * somebody has mapped its memory, so it is no use to ask there.
 */
bool guest_is_gone(void)
{
	char **event;

	while ((event = xs_check_watch(xenstore)))
		free(event);
	return !xs_is_domain_introduced(xenstore, guest_domid);
}
