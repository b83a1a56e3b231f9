// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Writes seeds of the fuzzers vhost_user and stream: the messages that the
 * front end of tests/vhost/alone sends in the situations below, in each of its
 * orders of messages, which include QEMU's and rust-vmm's. No back end runs.
 *
 * Usage: fuzz-seeds DIRECTORY
 */
#include <fcntl.h>

#include "input.h"
#include "seed.h"

TAP_STATE;

static const struct {
	const char *name;
	void (*run)(void);
	/* with one of sides[]; stream gets no situation with another disk */
	uint8_t how;
} situations[] = {
	{ "read-and-write", read_and_write, 0 },
	{ "failing-disk", read_and_write, HOW_FAILING },
	{ "ranges", ranges, 0 },
	{ "ranges-failing", ranges, HOW_FAILING },
	{ "ranges-of-a-device", ranges, HOW_DEVICE },
	{ "read-only", ranges, HOW_READ_ONLY },
	{ "indirect", indirect, 0 },
	{ "kick-hung-up", kick_hung_up, 0 },
	{ "questions", device_questions, 0 },
	{ "plain-protocol", plain_protocol, 0 },
	{ "slots", slots, 0 },
	{ "many-regions", many_regions, 0 },
	{ "xen-foreign", xen_foreign, 0 },
	{ "xen-grants", xen_grants, 0 },
	{ "memory-goes", memory_goes, 0 },
	{ "reconnecting", reconnecting, 0 },
	{ "in-flight", in_flight, 0 },
	{ "batch-was-shown", batch_was_shown, 0 },
	{ "area-of-another-ring", area_of_another_ring, 0 },
	{ "area-does-not-fit", area_does_not_fit, 0 },
	{ "link-beyond", link_beyond, 0 },
	{ "area-goes", area_goes, 0 },
	{ "area-of-an-older-ring", area_of_an_older_ring, 0 },
};

/*
 * The sides of the back end: without lazy mappings and with system calls; lazy,
 * restricted and with io_uring.
 */
static const uint8_t sides[] = { 0, HOW_LAZY | HOW_RESTRICT | HOW_URING };

static void write_seed(const char *dir, const char *target, const char *name,
		       unsigned int side, const struct seed *seed)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s-%s-%s-%u", dir, target, name,
		 vm_order->name, side);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	must(write(fd, seed->bytes, seed->len) == (ssize_t)seed->len);
	close(fd);
}

static void write_seeds(const char *dir, const char *name, uint8_t how)
{
	for (unsigned int i = 0; i < sizeof(sides); i++) {
		struct seed seed = { .len = 0 };

		put_byte(&seed, sides[i] | how);
		put_byte(&seed, 0);
		put(&seed, messages.bytes, messages.len);
		write_seed(dir, "vhost_user", name, i, &seed);
		if (how)
			continue;
		seed.len = 0;
		put_byte(&seed, sides[i]);
		put_memory(&seed);
		put(&seed, pieces.bytes, pieces.len);
		write_seed(dir, "stream", name, i, &seed);
	}
}

static void one_situation(const char *dir, unsigned int i)
{
	note_begin();
	vm_start(&vm, "");
	situations[i].run();
	vm_kill(&vm);
	munmap(vm.mem, MEM_SIZE);
	must(!close_range(3, ~0U, 0));
	write_seeds(dir, situations[i].name, situations[i].how);
}

static struct tap_result result;

/* Handles a check that failed, and the end by must() or bail(). */
static void at_end(void)
{
	if (result.end == TAP_BAIL)
		fprintf(stderr, "fuzz-seeds: %s\n", result.reason);
	if (result.failed || result.end)
		_exit(TAP_FAILED);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: fuzz-seeds DIRECTORY\n");
		return TAP_USAGE;
	}
	tap_result = &result;
	atexit(at_end);
	/* vm_start() needs a program to start. */
	setenv("BACKEND", "/bin/true", 1);
	for (vm_order = orders; vm_order < orders + 3; vm_order++)
		for (unsigned int i = 0;
		     i < sizeof(situations) / sizeof(situations[0]); i++)
			one_situation(argv[1], i);
	return 0;
}
