/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the fuzzers of programs share: bytes that libFuzzer gives, taken one
 * after the other.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct device;

struct bytes {
	const uint8_t *at;
	size_t left;
};

#define PAGE 4096UL

/*
 * program_device.c: the back end's device, and descriptors for it.
 * device_begins() takes the first bytes of an input (input.h). @first is the
 * lowest free number of a descriptor, which must be free again at the end.
 */
struct device *device_begins(struct bytes *in, int *first);
void device_ends(int first);
int a_file(unsigned int kind);
/* Keeps @fd for FD_AREA. */
void keep_area(int fd);
/*
 * The events DO_*: bytes after an offset, into the memory or into that area; a
 * size.
 */
void write_memory(struct bytes *in);
void write_area(struct bytes *in);
void resize_memory(struct bytes *in);

/*
 * program_fake.c: called before an input, and after it, when nothing may be
 * left.
 */
void fake_begin(bool intree);
void fake_end(void);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes @n bytes, or as many as there are. The rest of @to is unchanged. */
static inline size_t take(struct bytes *in, void *to, size_t n)
{
	n = n < in->left ? n : in->left;
	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

static inline uint8_t byte(struct bytes *in)
{
	uint8_t value = 0;

	take(in, &value, 1);
	return value;
}

static inline uint64_t word(struct bytes *in)
{
	uint64_t value = 0;

	take(in, &value, sizeof(value));
	return value;
}

#endif /* PROGRAM_H */
