// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Reads the description of a device from the command line. An error says which key is
 * wrong and what it may be.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"
#include "spec.h"

#define SPEC_TEXT	1024 /* bytes of one value; config= has the most */
#define SPEC_QUEUE_SIZE 256
#define SPEC_CID_MIN	3
#define SPEC_CID_MAX	0xfffffffe
#define SPEC_MTU_MIN	68
#define SPEC_IRQ_MIN	32 /* the first shared peripheral interrupt of Arm */
#define SPEC_IRQ_MAX	1019
#define SPEC_ID_MAX	63 /* PCI's device numbers of virtio are 0x1040 to 0x107f */
#define SPEC_MMIO_ALIGN 0x200

/* What is being read. */
struct spec_reader {
	struct spec *spec;
	const char *key;
	char value[SPEC_TEXT];
	char *why;
};

static int __attribute__((format(printf, 2, 3)))
spec_refuse(struct spec_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, SPEC_WHY, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int spec_number(struct spec_reader *r, uint64_t min, uint64_t max,
		       uint64_t *number)
{
	const char *text = r->value;
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *number >= min &&
	    *number <= max)
		return 0;
	return spec_refuse(r, "%s= is a number from %llu to %llu, not '%.40s'",
			   r->key, (unsigned long long)min,
			   (unsigned long long)max, text);
}

/* ---- values ---- */

static int spec_socket(struct spec_reader *r)
{
	size_t len = strlen(r->value);

	if (!len || len >= sizeof(r->spec->socket))
		return spec_refuse(r, "socket= is a path of 1 to %zu bytes",
				   sizeof(r->spec->socket) - 1);
	memcpy(r->spec->socket, r->value, len + 1);
	return 0;
}

static int spec_slot(struct spec_reader *r)
{
	uint64_t n = 0;
	int err = spec_number(r, 1, 31, &n);

	r->spec->slot = n;
	return err;
}

static int spec_addr(struct spec_reader *r)
{
	int err = spec_number(r, SPEC_MMIO_ALIGN,
			      UINT64_MAX - (SPEC_MMIO_ALIGN - 1),
			      &r->spec->addr);

	if (!err && r->spec->addr % SPEC_MMIO_ALIGN)
		return spec_refuse(r, "addr= is a multiple of %#x, not '%.40s'",
				   SPEC_MMIO_ALIGN, r->value);
	return err;
}

static int spec_irq(struct spec_reader *r)
{
	uint64_t n = 0;
	int err = spec_number(r, SPEC_IRQ_MIN, SPEC_IRQ_MAX, &n);

	r->spec->irq = n;
	return err;
}

static int spec_queues(struct spec_reader *r)
{
	const struct kind *kind = r->spec->kind;
	uint64_t n = 0;
	int err;

	if (!kind->queues)
		return spec_refuse(
			r, "a device of kind %s has no queues=", kind->name);
	err = spec_number(r, 1, kind->queues_max, &n);
	if (err)
		return spec_refuse(
			r,
			"queues= is a number of %s from 1 to %u, not '%.40s'",
			kind->queues, kind->queues_max, r->value);
	r->spec->queues = n;
	return 0;
}

static int spec_queue_size(struct spec_reader *r)
{
	uint64_t n = 0;
	int err = spec_number(r, 2, VIRTIO_QUEUE_SIZE_MAX, &n);

	if (!err && n & (n - 1))
		return spec_refuse(r,
				   "queue-size= is a power of 2, not '%.40s'",
				   r->value);
	r->spec->queue_size = n;
	return err;
}

static int spec_mask(struct spec_reader *r)
{
	return spec_number(r, 0, UINT64_MAX, &r->spec->mask);
}

/* The guest finds the tag padded with zeroes. So it ends with its 36th byte, or a zero. */
static int spec_tag(struct spec_reader *r)
{
	size_t len = strlen(r->value);

	if (!len || len > SPEC_TAG_MAX)
		return spec_refuse(r, "tag= has 1 to %d bytes, not %zu",
				   SPEC_TAG_MAX, len);
	memcpy(r->spec->tag, r->value, len + 1);
	return 0;
}

/* The value of @digits hexadecimal digits, or -1. */
static int spec_hex(const char *text)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int value = 0;

	for (unsigned int i = 0; i < 2; i++) {
		const char *at = text[i] ? strchr(digits, text[i]) : NULL;

		if (!at)
			return -1;
		value = value * 16 + (at - digits) % 16;
	}
	return value;
}

static int spec_mac(struct spec_reader *r)
{
	const char *text = r->value;
	bool zero = true;

	for (unsigned int i = 0; i < 6; i++, text += 3) {
		int byte = spec_hex(text);

		if (byte < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return spec_refuse(
				r, "mac= is XX:XX:XX:XX:XX:XX, not '%.40s'",
				r->value);
		r->spec->mac[i] = byte;
		zero = zero && !byte;
	}
	if (zero || r->spec->mac[0] & 1)
		return spec_refuse(
			r, "mac= is the address of one interface, not '%s'",
			r->value);
	r->spec->has_mac = true;
	return 0;
}

static int spec_mtu(struct spec_reader *r)
{
	uint64_t n = 0;
	int err = spec_number(r, SPEC_MTU_MIN, UINT16_MAX, &n);

	r->spec->mtu = n;
	return err;
}

static int spec_control(struct spec_reader *r)
{
	r->spec->control = !strcmp(r->value, "on");
	if (r->spec->control || !strcmp(r->value, "off"))
		return 0;
	return spec_refuse(r, "control= is on or off, not '%.40s'", r->value);
}

static int spec_cid(struct spec_reader *r)
{
	return spec_number(r, SPEC_CID_MIN, SPEC_CID_MAX, &r->spec->cid);
}

static int spec_config(struct spec_reader *r)
{
	size_t len = strlen(r->value);

	if (len % 2 || len / 2 > VIRTIO_CONFIG_MAX)
		return spec_refuse(
			r, "config= has two digits for each of up to %d bytes",
			VIRTIO_CONFIG_MAX);
	for (size_t i = 0; i < len / 2; i++) {
		int byte = spec_hex(r->value + 2 * i);

		if (byte < 0)
			return spec_refuse(
				r, "config= has hexadecimal digits, not '%.2s'",
				r->value + 2 * i);
		r->spec->config[i] = byte;
	}
	r->spec->config_size = len / 2;
	return 0;
}

/* ---- keys ---- */

static const struct {
	const char *name;
	const char
		*kind; /* the only one that has the key, or NULL: all have it */
	int (*read)(struct spec_reader *r);
} spec_keys[] = {
	{ "socket", NULL, spec_socket },
	{ "slot", NULL, spec_slot },
	{ "addr", NULL, spec_addr },
	{ "irq", NULL, spec_irq },
	{ "queues", NULL, spec_queues },
	{ "queue-size", NULL, spec_queue_size },
	{ "mask", NULL, spec_mask },
	{ "tag", "fs", spec_tag },
	{ "mac", "net", spec_mac },
	{ "mtu", "net", spec_mtu },
	{ "control", "net", spec_control },
	{ "cid", "vsock", spec_cid },
	{ "config", "id", spec_config },
};

#define SPEC_KEYS (sizeof(spec_keys) / sizeof(spec_keys[0]))

static int spec_read_key(struct spec_reader *r)
{
	const char *kind = r->spec->kind->name;

	for (unsigned int i = 0; i < SPEC_KEYS; i++) {
		if (strcmp(spec_keys[i].name, r->key))
			continue;
		if (spec_keys[i].kind && strcmp(spec_keys[i].kind, kind))
			return spec_refuse(r, "a device of kind %s has no %s=",
					   kind, r->key);
		if (r->spec->given & 1U << i)
			return spec_refuse(r, "%s= is given twice", r->key);
		r->spec->given |= 1U << i;
		return spec_keys[i].read(r);
	}
	return spec_refuse(r, "there is no key '%.40s'", r->key);
}

/*
 * Copies the value at @text, where two commas stand for one. Returns what follows: a comma
 * or the end. NULL: the value is too long.
 */
static const char *spec_value(const char *text, char value[SPEC_TEXT])
{
	size_t len = 0;

	while (*text && (*text != ',' || text[1] == ',')) {
		if (len + 1 == SPEC_TEXT)
			return NULL;
		text += *text == ',';
		value[len++] = *text++;
	}
	value[len] = '\0';
	return text;
}

/* Reads KEY=VALUE, and moves @text to what follows. */
static int spec_read_pair(struct spec_reader *r, const char **text)
{
	size_t len = strcspn(*text, "=,");
	char key[41];

	if ((*text)[len] != '=' || len >= sizeof(key))
		return spec_refuse(r, "'%.40s' is not KEY=VALUE", *text);
	memcpy(key, *text, len);
	key[len] = '\0';
	*text = spec_value(*text + len + 1, r->value);
	if (!*text)
		return spec_refuse(r, "%s= has more than %d bytes", key,
				   SPEC_TEXT - 1);
	r->key = key;
	return spec_read_key(r);
}

/* Reads the first word, and moves @text to what follows. */
static int spec_read_kind(struct spec_reader *r, const char **text)
{
	size_t len = strcspn(*text, "=,");
	uint64_t id = 0;
	int err;

	r->spec->kind = kind_find(*text, len);
	if (!r->spec->kind || !r->spec->kind->id != ((*text)[len] == '='))
		return spec_refuse(r,
				   "the kind of a device is " KIND_NAMES
				   ", not '%.40s'",
				   *text);
	*text += len;
	if (**text != '=')
		return 0;
	*text = spec_value(*text + 1, r->value);
	r->key = "id";
	err = *text ? spec_number(r, 1, SPEC_ID_MAX, &id) :
		      spec_refuse(r, "id= is too long");
	r->spec->id = id;
	return err;
}

/* What one key alone cannot tell. */
static int spec_check(struct spec_reader *r)
{
	const struct spec *s = r->spec;

	if (!s->socket[0])
		return spec_refuse(
			r,
			"socket= is missing: the path of the back end's socket");
	if (!strcmp(s->kind->name, "fs") && !s->tag[0])
		return spec_refuse(
			r, "tag= is missing: the name that the guest mounts");
	if (!s->addr != !s->irq)
		return spec_refuse(r, "addr= and irq= are given together");
	if (!strcmp(s->kind->name, "net") && s->queues > 1 && !s->control)
		return spec_refuse(
			r, "more than one pair of queues needs control=on, "
			   "and a back end that serves the control queue");
	return 0;
}

int spec_parse(const char *text, struct spec *spec, char why[SPEC_WHY])
{
	struct spec_reader r = { .spec = spec, .why = why };
	int err;

	memset(spec, 0, sizeof(*spec));
	spec->queue_size = SPEC_QUEUE_SIZE;
	err = spec_read_kind(&r, &text);
	while (!err && *text == ',') {
		text++;
		err = spec_read_pair(&r, &text);
	}
	return err ? err : spec_check(&r);
}
