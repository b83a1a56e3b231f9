/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The front end's side of vhost-user, for one device. It belongs to the device's thread.
 *
 * A back end is not trusted: every message is checked. No call waits for one longer than
 * FRONTEND_SECONDS; then the connection is closed, with one line, as if the back end had
 * ended. While there is no back end, the front end tries to connect every
 * FRONTEND_RETRY_MS, and goes on where the last one has stopped.
 */
#ifndef FRONTEND_H
#define FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef FRONTEND_SECONDS /* tests cannot wait so long */
#define FRONTEND_SECONDS 10
#endif
#define FRONTEND_RETRY_MS 100

struct virtio;

/* ---- the guest's memory, as back ends get it ---- */

#define REGIONS_MAX 8

enum region_way {
	REGION_FILE,	/* an ordinary region; the descriptor can be mapped by anyone */
	REGION_FOREIGN, /* XEN_MMAP, flags XEN_MMAP_FOREIGN: a descriptor of privcmd */
	REGION_GRANT,	/* XEN_MMAP, flags GRANT | NO_ADVANCE_MAP: one of gntdev */
};

struct region {
	uint64_t guest_addr, size; /* bytes */
	uint64_t offset;	   /* of the first byte, in the file */
	int fd;			   /* owned by who made the table */
};

/* The same for all devices, and for the life of the program. */
struct region_table {
	enum region_way way;
	uint16_t domid; /* for XEN_MMAP */
	unsigned int nr;
	struct region region[REGIONS_MAX];
	/*
	 * Reads guest memory, for the indices of rings. 0 or -errno. NULL: regions of
	 * REGION_FILE are read by pread(), and others cannot be read. Then a device needs a
	 * reset when its back end was lost. Threads of devices call it.
	 */
	int (*read)(const struct region_table *table, uint64_t guest_addr, void *to,
		    size_t len);
};

/* ---- the front end ---- */

struct frontend;

/*
 * Makes the front end of @v for the socket at @path. Does not connect. NULL: no memory.
 * The strings and the table must live as long as the front end.
 */
struct frontend *frontend_new(struct virtio *v, const char *path,
			      const struct region_table *memory);
/* Closes the connection. The rings must be stopped. */
void frontend_free(struct frontend *f);

/*
 * Connects if the front end has no back end. Calls virtio_backend(), and if the driver is
 * ready, starts the rings again. False: there is no back end, or it was refused (a line
 * says why, once).
 */
bool frontend_connect(struct frontend *f);
bool frontend_is_connected(const struct frontend *f);

/*
 * DRIVER_OK: gives the back end the features that the driver has accepted, the memory and
 * all enabled queues; enables them together, and kicks each. Returns true if the back end
 * serves, or if there is none (then it is started when one connects). False: the back end
 * has refused what the driver has set up, and virtio_break() was called.
 */
bool frontend_start(struct frontend *f);
/* The driver resets the device. When this returns, no back end uses a ring. */
void frontend_stop(struct frontend *f);

/*
 * Descriptors to poll for input (at most two: the connection, and the channel of the back
 * end's requests), and what to do when one of them is readable. @ms: the most milliseconds
 * until frontend_tick() must be called, or -1.
 */
unsigned int frontend_fds(const struct frontend *f, int fds[2], int *ms);
void frontend_readable(struct frontend *f, int fd);
void frontend_tick(struct frontend *f);

/*
 * What must outlive this program, for --resume: the inflight area's descriptor, or -1, and
 * its size and offset. state.c keeps it. The front end lends the descriptor that it gets
 * out, and owns the one that is set. Setting it, also with -1, says that a back end of an
 * earlier program may have used the rings: so it is called before frontend_connect(), and
 * only if the driver is ready.
 */
struct frontend_inflight {
	int fd;
	uint64_t size, offset;
	uint16_t queues, queue_size;
};
void frontend_get_inflight(const struct frontend *f, struct frontend_inflight *area);
void frontend_set_inflight(struct frontend *f, const struct frontend_inflight *area);

#endif /* FRONTEND_H */
