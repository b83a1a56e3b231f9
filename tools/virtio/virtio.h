/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The core of a virtio device: what is the same behind the registers of both transports
 * (pci.c, mmio.c). The transport turns register accesses into these calls; the core turns
 * them into calls of the front end (frontend.h). It belongs to the device's thread, and
 * has no lock.
 *
 * What a guest writes is not trusted. Wrong values are ignored, as the specification of
 * virtio says, and at worst the device needs a reset.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_QUEUES_MAX     64
#define VIRTIO_QUEUE_SIZE_MAX 1024
#define VIRTIO_CONFIG_MAX     256
#define VIRTIO_NO_VECTOR      0xffff

struct frontend;
struct kind;
struct spec;
struct virtio;

struct virtio_queue {
	uint16_t size; /* entries; a power of 2 that is not above v->queue_size_max */
	uint16_t vector; /* of MSI-X, or VIRTIO_NO_VECTOR; only pci.c uses it */
	bool enabled;
	uint64_t desc, driver, device; /* guest physical addresses */
	/*
	 * Eventfds, made with the device and closed with it. The back end gets copies:
	 * it reads kicks and writes calls.
	 */
	int kick, call;
};

/* What the transport does for the core. */
struct virtio_transport {
	/* Tells the driver that the configuration or the status has changed. */
	void (*config_changed)(struct virtio *v);
	/*
	 * The device has been reset: no queue is enabled or has a vector. Lowers all
	 * interrupts, and unbinds those that the next driver has to set up again.
	 */
	void (*was_reset)(struct virtio *v);
};

struct virtio {
	const char *name; /* for lines: "blk at 00:05.0" */
	const struct kind *kind;
	uint32_t id; /* VIRTIO_ID_* */
	struct frontend *frontend;
	const struct virtio_transport *transport;

	/*
	 * Features. The front end gives back ends virtio_backend_features(), not
	 * v->accepted.
	 */
	uint64_t hidden;   /* never offered, also if back ends have them */
	uint64_t own;	   /* offered, and of no concern to back ends */
	uint64_t needed;   /* a back end without them is refused */
	uint64_t offered;  /* 0 until a back end has said its own */
	uint64_t accepted; /* by the driver */
	uint32_t offered_select, accepted_select;
	uint16_t queue_select;
	uint8_t status;
	bool broken;  /* DEVICE_NEEDS_RESET until the next reset */
	bool started; /* frontend_start() was called since the last reset */

	unsigned int queues;
	bool queues_fixed; /* false: the first back end may lower v->queues */
	uint16_t queue_size_max;
	struct virtio_queue queue[VIRTIO_QUEUES_MAX];

	unsigned int config_size; /* 0: the device has no configuration */
	/* Ask the back end for config_size bytes of configuration, by GET_CONFIG. */
	bool config_theirs;
	uint8_t config[VIRTIO_CONFIG_MAX];
	uint32_t generation;
	bool generation_moves; /* by the next read of the configuration */
};

/* The parts of a ring: the descriptors, and what the driver and the device write. */
enum virtio_part { VIRTIO_DESC, VIRTIO_DRIVER, VIRTIO_DEVICE };

/*
 * Makes the device that @spec describes. @vcpus: of the guest. @grants: the guest gives
 * its memory by grants (memory=grant). The transport and the front end are set by the
 * caller. @name and @spec must live as long as the device. 0 or -errno.
 */
int virtio_init(struct virtio *v, const char *name, const struct spec *spec,
		unsigned int vcpus, bool grants);
/* Closes the eventfds. The transport and the front end are freed already. */
void virtio_free(struct virtio *v);

/* ---- called by the transports ---- */

uint32_t virtio_offered(const struct virtio *v);  /* the selected half */
uint32_t virtio_accepted(const struct virtio *v); /* the selected half */
void virtio_accept(struct virtio *v, uint32_t half);
uint8_t virtio_status(const struct virtio *v);
/*
 * 0 resets the device: when the function returns, the back end uses no ring any more.
 * DRIVER_OK starts the back end; when the function returns, it serves or v->broken is set
 * or no back end is connected.
 */
void virtio_set_status(struct virtio *v, uint8_t status);
/* The driver has set the device up, and the device needs no reset. */
bool virtio_driver_ok(const struct virtio *v);
/* The selected queue, or NULL if there is none with this number. */
struct virtio_queue *virtio_selected(struct virtio *v);
/* These are for the selected queue. A queue that is enabled does not change. */
void virtio_set_queue_size(struct virtio *v, uint16_t size);
void virtio_set_queue_addr(struct virtio *v, enum virtio_part part, bool high,
			   uint32_t value);
void virtio_enable_queue(struct virtio *v);
/* Before DRIVER_OK only. */
void virtio_disable_queue(struct virtio *v);
/*
 * The guest has taken the device's right to access memory. The back end's rings are
 * stopped, and the device needs a reset.
 */
void virtio_halt(struct virtio *v, const char *why);
void virtio_kick(struct virtio *v, uint16_t queue);
/* The back end has called, and the call was not taken yet. Neither function waits. */
bool virtio_is_called(const struct virtio_queue *q);
bool virtio_take_call(struct virtio_queue *q);
/* Calls, as the back end does it. */
void virtio_call(struct virtio *v, unsigned int queue);
/* @len: 1 to 8. Bytes behind the end are 0. */
uint64_t virtio_read_config(struct virtio *v, unsigned int offset,
			    unsigned int len);
uint32_t virtio_generation(const struct virtio *v);

/* ---- called by the front end ---- */

/*
 * A back end is connected and has these features and this many queues. @queues: what it
 * has answered to GET_QUEUE_NUM, or 0 if it has no VU_PROTOCOL_F_MQ. @config: the
 * configuration it has, or NULL; it may be shorter than v->config_size. Returns NULL, or
 * why this back end cannot serve: it lacks what the device needs, or the driver has
 * accepted what it does not have.
 */
const char *virtio_backend(struct virtio *v, uint64_t features,
			   unsigned int queues, const uint8_t *config,
			   unsigned int config_size);
/* The features for SET_FEATURES, without VU_F_PROTOCOL_FEATURES. */
uint64_t virtio_backend_features(const struct virtio *v);
/* The back end says that its configuration is another now. */
void virtio_set_config(struct virtio *v, const uint8_t *config,
		       unsigned int size);
/* The device cannot go on until the driver resets it. Prints one line. */
void virtio_break(struct virtio *v, const char *why);

#endif /* VIRTIO_H */
