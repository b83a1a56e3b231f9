/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A device model for one virtio-mmio device of an arm64 guest, whose work a
 * vhost-user backend does. It has the device's registers only: kicks go from the
 * guest to the backend by IOEVENTFD, and calls back by IRQFD, without it; it never
 * sees a request.
 *
 *	main.c		options, and the loop
 *	xen.c		what is asked of the hypervisor and the driver
 *	mmio.c		the register file
 *	frontend.c	vhost-user, the front end's side
 *	message.c	its messages on the socket
 *	served.c	how soon a backend serves
 */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Guest physical address of the RAM of a guest of at most 3 GiB. */
#define GUEST_RAM 0x40000000ULL

#define QUEUES_MAX	8
#define QUEUE_SIZE_MAX	256
#define CONFIG_SIZE_MAX 256

/* The device's registers, and the one that has an ioreq server of its own. */
#define MMIO_SIZE    0x200
#define QUEUE_NOTIFY 0x50

/* One line on standard error, and the end. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
/* One line on standard output, for the script that started us. */
void __attribute__((format(printf, 1, 2))) tell(const char *fmt, ...);

/* ---- xen.c ---- */

struct guest {
	unsigned int domid;
	unsigned int vcpus;
	uint64_t base;	/* of the device's registers, guest physical */
	uint32_t irq;	/* number of its interrupt: an SPI, so 32 or more */
	uint64_t ram;	/* bytes, from GUEST_RAM on */
};

/* Opens the driver and /dev/xen/evtchn, and makes the ioreq servers. */
void xen_start(struct guest *guest, const char *device);
/* Readable when the guest waits for an answer. */
int xen_events(void);
/* Answers whoever waits, through mmio_read() and mmio_write(). */
void xen_serve(void);
/* Answers what stands at the register of kicks and is none. */
void xen_serve_notify(void);
/* A guest's write of that queue's number signals the eventfd. */
void xen_bind_kick(unsigned int queue, int eventfd);
/* A signal of the eventfd interrupts the guest. */
void xen_bind_call(int eventfd);
void xen_interrupt(void);
/* A page of the guest, mapped read-only. */
const volatile void *xen_map_page(uint64_t guest_addr);
void xen_unmap_page(const volatile void *page);

/* ---- mmio.c ---- */

/* As the driver has set it up; guest physical addresses. */
struct queue {
	bool ready;
	uint32_t num;
	uint64_t desc, driver, device;
};

struct device {
	uint64_t features; /* offered */
	uint64_t accepted; /* by the driver */
	unsigned int queues;
	unsigned int config_size;
	uint8_t config[CONFIG_SIZE_MAX];
	struct queue queue[QUEUES_MAX];
	uint32_t status;
	uint32_t features_select, accepted_select, queue_select;
};

extern struct device device;

uint64_t mmio_read(uint32_t offset, unsigned int size);
void mmio_write(uint32_t offset, unsigned int size, uint64_t value);
/* The driver has set it up and has not reset it since. */
bool mmio_driver_ok(void);

/* ---- frontend.c ---- */

struct frontend {
	const char *path;   /* of the backend's socket */
	const char *memory; /* device that the guest's memory is mapped through */
	const struct guest *guest;
};

/* Eventfds, and their bindings; the backend may come later. */
void frontend_init(const struct frontend *options);
/* The backend's socket, or -1 while there is none. */
int frontend_socket(void);
/* Connects if it can, and goes on where an earlier backend stopped. */
void frontend_connect(void);
/* The socket is readable, so the backend has gone: it says nothing unasked. */
void frontend_lost(void);
/* The driver is ready, or has reset the device. */
void frontend_start(void);
void frontend_stop(void);
/* ---- served.c ---- */

/* Milliseconds since boot. */
double served_now(void);
/* A backend has been connected to. */
void served_by(int sock);
/* The used index of a queue that is about to be its, and is looked at from now on,
 * until a request is served; of several queues the last one. */
uint16_t served_begin(const struct queue *q);
void served_end(void);
/* Is there something to look at? Then look, again and again. */
bool served_wants_looks(void);
void served_look(void);

/* ---- message.c ---- */

/*
 * Sends a message, with a descriptor unless fd is -1. False: the connection is of
 * no use any more.
 */
bool message_send(int sock, uint32_t request, uint32_t flags,
		  const void *payload, uint32_t size, int fd);
/*
 * Receives the reply to it, which has exactly this size, and a descriptor if fd
 * is not NULL.
 */
bool message_reply(int sock, uint32_t request, void *payload, uint32_t size,
		   int *fd);

#endif /* SHIM_H */
