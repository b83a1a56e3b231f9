// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Opens the device and maps frames for the commands of xenfm, and explains their
 * errors. The command info is here, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "xenfm.h"

static const char *explain_open(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return "no such device: is this a Xen dom0 with xen-privcmd loaded?";
	case -EACCES:
	case -EPERM:
		return "permission denied: only root may open it";
	case -ENOTTY:
		return "not a privcmd device";
	default:
		return NULL;
	}
}

static const char *explain_domain(int err)
{
	switch (err) {
	case -ESRCH:
		return "no such domain, or none that can be mapped from here";
	case -EPERM:
		return "not permitted: the device is restricted to another domain";
	case -ENOMEM:
		return "no memory, or more frames than max_frames of 'xenfm info'";
	default:
		return NULL;
	}
}

int open_device(struct xenfm **handle)
{
	int ret = xenfm_open(handle, 0);
	const char *why = explain_open(ret);

	if (!ret)
		return EXIT_OK;
	if (why)
		complain("%s: %s", xenfm_device(), why);
	else
		complain("%s: %s (%s)", xenfm_device(), errno_name(ret),
			 strerror(-ret));
	return EXIT_FAILED;
}

void complain_domain(unsigned int domid, int err)
{
	const char *why = explain_domain(err);

	if (why)
		complain("domain %u: %s", domid, why);
	else
		complain("domain %u: %s (%s)", domid, errno_name(err),
			 strerror(-err));
}

bool need_feature(const struct xenfm *handle, uint64_t feature)
{
	if (xenfm_info(handle)->features & feature)
		return true;
	if (xenfm_info(handle)->driver == XENFM_DRIVER_XEN_PRIVCMD)
		complain("%s: this xen-privcmd is too old for it",
			 xenfm_device());
	else
		complain("%s: in-tree driver loaded, this needs xen-privcmd",
			 xenfm_device());
	return false;
}

/* The errno that all frames have, or 0 if they differ. */
static int common_error(const int *err, uint64_t num)
{
	for (uint64_t i = 1; i < num; i++)
		if (err[i] != err[0])
			return 0;
	return err[0];
}

int map_domain(struct xenfm *handle, unsigned int domid, const uint64_t *gfns,
	       uint64_t num, unsigned int flags, int *err, void **addr)
{
	int ret = xenfm_map(handle, domid, gfns, num, flags, PAGED_TIMEOUT_MS,
			    err, addr);

	if (!ret && common_error(err, num) == -ESRCH) {
		xenfm_unmap(handle, *addr, num);
		ret = -ESRCH;
	}
	if (ret)
		complain_domain(domid, ret);
	return ret ? EXIT_FAILED : EXIT_OK;
}

int close_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	complain("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

/* The name of a bit of xenfm_info.features. */
static const char *feature_name(unsigned int bit)
{
	static const char *const names[] = { "status", "hypercall", "ro_retry",
					     "map",    "copy",	    "memory" };
	static char unnamed[16];

	if (bit < sizeof(names) / sizeof(names[0]))
		return names[bit];
	snprintf(unnamed, sizeof(unnamed), "bit%u", bit);
	return unnamed;
}

static void print_features(uint64_t features)
{
	printf("features:%s", features ? "" : " none");
	for (unsigned int i = 0; i < 64; i++)
		if (features >> i & 1)
			printf(" %s", feature_name(i));
	putchar('\n');
}

static const char *backend_name(uint32_t backend)
{
	switch (backend) {
	case XENFM_BACKEND_PV:
		return "pv";
	case XENFM_BACKEND_XLATE:
		return "xlate";
	default:
		return "unknown";
	}
}

static void print_info(const struct xenfm_info *info)
{
	printf("device: %s\n", xenfm_device());
	if (info->driver != XENFM_DRIVER_XEN_PRIVCMD) {
		printf("driver: in-tree\n");
		return;
	}
	printf("driver: xen-privcmd %s\n", info->version);
	printf("abi: %" PRIu32 "\n", info->abi);
	printf("backend: %s\n", backend_name(info->backend));
	print_features(info->features);
	printf("max_frames: %" PRIu64 "\n", info->max_frames);
}

static void json_info(const struct xenfm_info *info)
{
	bool ours = info->driver == XENFM_DRIVER_XEN_PRIVCMD;

	json_open(NULL, '{');
	json_string("device", xenfm_device());
	json_string("driver", ours ? "xen-privcmd" : "in-tree");
	if (ours) {
		json_string("version", info->version);
		json_number("abi", info->abi);
		json_string("backend", backend_name(info->backend));
		json_open("features", '[');
		for (unsigned int i = 0; i < 64; i++)
			if (info->features >> i & 1)
				json_string(NULL, feature_name(i));
		json_close(']');
		json_number("max_frames", info->max_frames);
	}
	json_close('}');
	json_end();
}

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, LONG_OPTION },
		{ 0 }
	};
	struct xenfm *handle;
	bool json = false;

	while (next_option(argc, argv, options) != -1)
		json = true;
	arguments(argc, argv, 0, 0);
	if (open_device(&handle))
		return EXIT_FAILED;
	if (json)
		json_info(xenfm_info(handle));
	else
		print_info(xenfm_info(handle));
	xenfm_close(handle);
	return EXIT_OK;
}
