/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A device model for one virtio-mmio device of an arm64 guest: a disk, or a
 * shared directory. A vhost-user backend does the device's work. This program
 * has only the registers of the device: IOEVENTFD passes kicks from the guest to
 * the backend, and IRQFD passes calls back, so it never sees a request.
 *
 *	main.c		options, and the loop
 *	xen.c		calls to the hypervisor and the driver
 *	mmio.c		the registers
 *	kind.c		what differs between a disk and a shared directory
 *	memory.c	the guest's memory, as the backend gets it
 *	frontend.c	vhost-user, the front end's side
 *	served.c	how soon a backend serves
 *
 * The messages of vhost-user are in tests/lib/vhost/message.h.
 */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Guest physical address of the RAM of a guest of at most 3 GiB. */
#define GUEST_RAM 0x40000000ULL

/*
 * The front end's address of the byte that the guest has at address 0. Nothing of
 * the guest is mapped in this process, so the address is made up. It only has to
 * differ from those of the guest, so that the two cannot be confused.
 */
#define OUR_ADDRESS 0x100000000000ULL

#define QUEUES_MAX	8
#define QUEUE_SIZE_MAX	256
#define CONFIG_SIZE_MAX 256

/*
 * The size of the device's registers, and the register that has an ioreq server
 * of its own.
 */
#define MMIO_SIZE    0x200
#define QUEUE_NOTIFY 0x50

/* Writes a line to standard error and exits. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
/*
 * Writes a line to standard output, for the script that has started this
 * program.
 */
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
/* A descriptor that is readable when the guest waits for an answer. */
int xen_events(void);
/* Answers waiting accesses, through mmio_read() and mmio_write(). */
void xen_serve(void);
/* Answers accesses to the register of kicks that are not kicks. */
void xen_serve_notify(void);
/* A guest's write of the queue's number signals the eventfd from now on. */
void xen_bind_kick(unsigned int queue, int eventfd);
/* A signal of the eventfd interrupts the guest from now on. */
void xen_bind_call(int eventfd);
void xen_interrupt(void);
/* A page of the guest, mapped read-only. */
const volatile void *xen_map_page(uint64_t guest_addr);
void xen_unmap_page(const volatile void *page);

/* ---- mmio.c ---- */

/* The driver's settings; guest physical addresses. */
struct queue {
	bool ready;
	uint32_t num;
	uint64_t desc, driver, device;
};

struct device {
	uint32_t id;	   /* of virtio: which kind of device */
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
/* The driver has set the device up and has not reset it since. */
bool mmio_driver_ok(void);

/* ---- kind.c ---- */

/* A shared directory with this tag, or a disk if @tag is NULL. */
void kind_init(const char *tag);
/* The protocol features without which a backend cannot be used. */
uint64_t kind_protocol(void);
/* Bytes of the configuration that the backend has. */
unsigned int kind_config_size(void);
/*
 * The first backend decides what the device is for the guest. A later one must
 * offer the same. @config has kind_config_size() bytes of the backend.
 */
void kind_set(uint64_t features, uint64_t queues, const uint8_t *config);

/* ---- memory.c ---- */

struct message;

/* How the backend gets the guest's memory. */
enum memory_way {
	MEMORY_FOREIGN, /* a region of XEN_MMAP, and a descriptor of the driver */
	MEMORY_FILE,	/* one region, and a memory file of it */
	MEMORY_FILES,	/* two regions, and a memory file of each */
	MEMORY_OFFSET,	/* two regions of one file, which begins at address 0 */
};

#define REGIONS_MAX 2

/* The way with this name, or -1. */
int memory_way(const char *name);
/* Makes the memory files. @device: the driver's device */
void memory_init(enum memory_way way, const char *device,
		 const struct guest *guest);
/* The protocol features that the backend needs for this way. */
uint64_t memory_protocol(void);
/*
 * Makes the message with the table of regions, and stores their descriptors.
 * Returns the number of regions.
 */
unsigned int memory_table(struct message *m, int fds[REGIONS_MAX]);
/* Called when the table has been sent. */
void memory_sent(const int fds[REGIONS_MAX]);

/* ---- frontend.c ---- */

struct frontend {
	const char *path; /* the backend's socket */
	bool inflight;	  /* the backend records the requests in flight */
};

/* Makes and binds the eventfds. The backend may start later. */
void frontend_init(const struct frontend *options);
/* The backend's socket, or -1 without a connection. */
int frontend_socket(void);
/* Connects if possible, and continues where an earlier backend has stopped. */
void frontend_connect(void);
/*
 * Called when the socket is readable. A backend sends nothing without a
 * request, so it is gone.
 */
void frontend_lost(void);
/* Called when the driver is ready, and when it has reset the device. */
void frontend_start(void);
void frontend_stop(void);

/* ---- served.c ---- */

/* Milliseconds since boot. */
double served_now(void);
/* Called when a backend is connected. */
void served_by(int sock);
/*
 * Reads the used index of a queue that the backend is about to get, and
 * observes it until a request is done. If there are several queues, the last
 * one is observed.
 */
uint16_t served_begin(const struct queue *q);
void served_end(void);
/* If served_wants_looks(), served_look() must be called again and again. */
bool served_wants_looks(void);
void served_look(void);

#endif /* SHIM_H */
