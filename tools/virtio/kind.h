/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What differs between the kinds of device: their numbers, queues, features and
 * configuration. The core of a device (virtio.h) is the same for all kinds.
 */
#ifndef KIND_H
#define KIND_H

#include <stdbool.h>
#include <stdint.h>

struct spec;
struct virtio;

struct kind {
	const char *name;   /* as in --device: "blk" */
	uint32_t id;	    /* VIRTIO_ID_*, or 0: spec->id has it */
	uint32_t class;	    /* 24 bits: PCI's class, subclass and interface */
	const char *queues; /* what queues= counts, or NULL: it is not settable */
	unsigned int queues_max; /* of queues= */
	uint64_t hidden;	 /* features of this kind that no guest gets */
	/* Sets v->queues, the features and the configuration. */
	void (*init)(struct virtio *v, const struct spec *spec);
	/* Changes the back end's configuration to what the device has; or NULL. */
	void (*fit)(struct virtio *v);
};

/* The kind with this name of @len bytes, or NULL. */
const struct kind *kind_find(const char *name, unsigned int len);
/* The names of all kinds, for error texts. */
#define KIND_NAMES "blk, fs, net, vsock, rng or id=N"

/* Sets what virtio_init() cannot know. */
void kind_init(struct virtio *v, const struct spec *spec, unsigned int vcpus,
	       bool grants);
/* What is offered to the guest if a back end has @features. */
uint64_t kind_offered(const struct virtio *v, uint64_t features);
/*
 * Compares the number of queues that a back end has with v->queues, which the first back
 * end may lower. @queues is 0 if the back end does not say. NULL, or why it cannot serve.
 */
const char *kind_check_queues(struct virtio *v, uint64_t features,
			      unsigned int queues);

#endif /* KIND_H */
