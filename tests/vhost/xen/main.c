// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * vhost-shim: see shim.h. It runs until it is killed, and writes one line to
 * standard output for each of these events:
 *
 *	connected ms=N	to a backend that was started N ms ago
 *	ready ...	the guest may run: its device is there
 *	memory ms=N	the backend has the guest's memory, after N ms
 *	started		the backend serves
 *	served ms=N	its first request was done N ms after its start
 *	stopped ...	the driver has reset the device
 *	lost		the backend is gone
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

static const char usage[] =
	"usage: vhost-shim --domain ID --base ADDR --irq N --ram MIB --socket PATH\n"
	"                  [--device NODE] [--memory NODE] [--regions WAY]\n"
	"                  [--share TAG] [--no-inflight]\n"
	"\n"
	"  --domain ID     the guest, which must not run yet\n"
	"  --base ADDR     address of its virtio-mmio device, as in its device tree\n"
	"  --irq N         interrupt of that device: an SPI, counted as in Xen, 32 or more\n"
	"  --ram MIB       memory that the guest has from 1 GiB on\n"
	"  --socket PATH   socket of the vhost-user backend, which may start later\n"
	"  --device NODE   device for IOEVENTFD and IRQFD (default: /dev/xen/privcmd)\n"
	"  --memory NODE   device for the backend to map memory (default: the same)\n"
	"  --regions WAY   how the backend gets the guest's memory:\n"
	"                  foreign  a region of XEN_MMAP (default)\n"
	"                  file     a region that is a memory file\n"
	"                  files    two regions, each a memory file of its own\n"
	"                  offset   two regions of one memory file, which begins at\n"
	"                           address 0\n"
	"  --share TAG     the device is a shared directory (virtio-fs), not a disk\n"
	"  --no-inflight   for a backend that keeps no record of the requests in flight:\n"
	"                  another one can take over only if the guest has one request\n"
	"                  at a time\n";

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vhost-shim: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

void tell(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

static uint64_t number(const char *name, const char *text, uint64_t min,
		       uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || end == text || value < min || value > max)
		die("--%s: '%s' is no number from %llu to %llu", name, text,
		    (unsigned long long)min, (unsigned long long)max);
	return value;
}

/* What the options say, beside the guest and the front end. */
struct settings {
	const char *node;   /* for IOEVENTFD and IRQFD */
	const char *memory; /* the device that the backend maps through */
	const char *tag;    /* of a shared directory, or NULL */
	int regions;	    /* enum memory_way */
};

static void parse(int argc, char **argv, struct guest *guest,
		  struct frontend *frontend, struct settings *settings)
{
	static const struct option options[] = {
		{ "domain", required_argument, NULL, 'd' },
		{ "base", required_argument, NULL, 'b' },
		{ "irq", required_argument, NULL, 'i' },
		{ "ram", required_argument, NULL, 'r' },
		{ "socket", required_argument, NULL, 's' },
		{ "device", required_argument, NULL, 'p' },
		{ "memory", required_argument, NULL, 'm' },
		{ "regions", required_argument, NULL, 'w' },
		{ "share", required_argument, NULL, 't' },
		{ "no-inflight", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c, i = 0;

	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		const char *name = options[i].name;

		switch (c) {
		case 'd':
			guest->domid = number(name, optarg, 1, 0x7fef);
			break;
		case 'b':
			guest->base = number(name, optarg, 1, GUEST_RAM - 1);
			break;
		case 'i':
			guest->irq = number(name, optarg, 32, 1019);
			break;
		case 'r':
			guest->ram = number(name, optarg, 1, 3072) << 20;
			break;
		case 's':
			frontend->path = optarg;
			break;
		case 'p':
			settings->node = optarg;
			break;
		case 'm':
			settings->memory = optarg;
			break;
		case 'w':
			settings->regions = memory_way(optarg);
			if (settings->regions < 0)
				die("--regions: there is no way '%s'", optarg);
			break;
		case 't':
			settings->tag = optarg;
			break;
		case 'n':
			frontend->inflight = false;
			break;
		case 'h':
			printf("%s", usage);
			exit(0);
		default:
			fprintf(stderr, "%s", usage);
			exit(2);
		}
	}
	if (optind < argc || !guest->domid || !guest->base || !guest->irq ||
	    !guest->ram || !frontend->path) {
		fprintf(stderr, "%s", usage);
		exit(2);
	}
}

/*
 * How long to wait for events: a short time while served.c has to look at the
 * ring.
 */
static int patience(void)
{
	if (served_wants_looks())
		return 1;
	return frontend_socket() < 0 ? 20 : 500;
}

static void loop(void)
{
	struct pollfd fds[2];

	for (;;) {
		fds[0] = (struct pollfd){ xen_events(), POLLIN, 0 };
		fds[1] = (struct pollfd){ frontend_socket(), POLLIN, 0 };
		if (poll(fds, 2, patience()) < 0)
			die("poll: %s", strerror(errno));
		if (fds[0].revents)
			xen_serve();
		/* xen_serve() may have closed the socket */
		if (fds[1].revents && fds[1].fd == frontend_socket())
			frontend_lost();
		if (served_wants_looks())
			served_look();
		if (frontend_socket() < 0)
			frontend_connect();
		xen_serve_notify();
	}
}

int main(int argc, char **argv)
{
	static struct settings settings = { .node = "/dev/xen/privcmd" };
	static struct frontend frontend = { .inflight = true };
	static struct guest guest;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv, &guest, &frontend, &settings);
	if (!settings.memory)
		settings.memory = settings.node;
	kind_init(settings.tag);
	xen_start(&guest, settings.node);
	memory_init(settings.regions, settings.memory, &guest);
	frontend_init(&frontend);
	loop();
}
