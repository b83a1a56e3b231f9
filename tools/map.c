// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm map and xenfm status: map frames, then print one line for each run of
 * frames with the same result (map, with any driver), or with the same state in
 * the mapping (status, with xen-privcmd).
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xenfm.h"

/* A state beside XENFM_FRAME_*: mapped, and the access is not known. */
#define STATE_MAPPED 255

/* The request of both commands. */
struct request {
	unsigned int domid;
	uint64_t first;
	uint64_t num;
	uint64_t *gfns;
	struct xenfm_frame *frames;
	int *err;
	bool lazy;
	bool json;
};

/* The numbers of the options of cmd_map(). */
enum { OPTION_HOLD = LONG_OPTION, OPTION_LAZY };

static void parse_request(struct request *r, int argc, char **argv)
{
	char **arg = arguments(argc, argv, 2, 3);

	r->domid = number("DOMID", arg[0], 0, UINT16_MAX);
	r->first = number("GFN", arg[1], 0, UINT64_MAX);
	r->num = arg[2] ? number("COUNT", arg[2], 1, COUNT_MAX) : 1;
	if (r->num - 1 > UINT64_MAX - r->first)
		usage("GFN + COUNT is beyond the largest frame number");
}

static int alloc_request(struct request *r)
{
	r->gfns = malloc(r->num * sizeof(*r->gfns));
	r->err = malloc(r->num * sizeof(*r->err));
	r->frames = calloc(r->num, sizeof(*r->frames));
	if (!r->gfns || !r->err || !r->frames) {
		complain("no memory for %" PRIu64 " frames", r->num);
		return EXIT_FAILED;
	}
	for (uint64_t i = 0; i < r->num; i++)
		r->gfns[i] = r->first + i;
	return EXIT_OK;
}

static void free_request(struct request *r)
{
	free(r->gfns);
	free(r->err);
	free(r->frames);
}

static const char *state_name(unsigned int state)
{
	switch (state) {
	case STATE_MAPPED:
		return "mapped";
	case XENFM_FRAME_NONE:
		return "none";
	case XENFM_FRAME_LAZY:
		return "lazy";
	case XENFM_FRAME_RW:
		return "rw";
	case XENFM_FRAME_RO:
		return "ro";
	default:
		return "unknown";
	}
}

static bool same(const struct xenfm_frame *a, const struct xenfm_frame *b)
{
	return a->state == b->state && a->error == b->error;
}

static void print_run(const struct xenfm_frame *f, uint64_t first, uint64_t num)
{
	printf("0x%" PRIx64 " %" PRIu64 " ", first, num);
	if (f->error)
		printf("failed %s\n", errno_name(f->error));
	else
		printf("%s\n", state_name(f->state));
}

static void json_run(const struct xenfm_frame *f, uint64_t first, uint64_t num)
{
	json_open(NULL, '{');
	json_number("first", first);
	json_number("count", num);
	json_string("state", f->error ? "failed" : state_name(f->state));
	if (f->error)
		json_string("error", errno_name(f->error));
	json_close('}');
}

/* Call @run for each run of frames with the same state and error. */
static void each_run(const struct request *r,
		     void (*run)(const struct xenfm_frame *f, uint64_t first,
				 uint64_t num))
{
	const struct xenfm_frame *f = r->frames;
	uint64_t first, end;

	for (first = 0; first < r->num; first = end) {
		end = first + 1;
		while (end < r->num && same(&f[end], &f[first]))
			end++;
		run(&f[first], r->first + first, end - first);
	}
}

static void print_runs(const struct request *r)
{
	if (!r->json) {
		each_run(r, print_run);
		return;
	}
	json_open(NULL, '{');
	json_number("domid", r->domid);
	json_open("runs", '[');
	each_run(r, json_run);
	json_close(']');
	json_close('}');
	json_end();
}

/* Wait until the time is over or a signal asks the program to end. */
static void hold(uint64_t seconds)
{
	struct timespec t = { .tv_sec = seconds };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fflush(stdout);
	while (sigtimedwait(&set, NULL, &t) < 0 && errno == EINTR)
		;
}

static int report_map(struct request *r)
{
	uint64_t failed = 0;

	for (uint64_t i = 0; i < r->num; i++) {
		r->frames[i].state = STATE_MAPPED;
		r->frames[i].error = r->err[i];
		failed += r->err[i] != 0;
	}
	print_runs(r);
	if (!failed)
		return EXIT_OK;
	complain("%" PRIu64 " of %" PRIu64 " frames could not be mapped",
		 failed, r->num);
	return EXIT_FAILED;
}

static int report_status(struct xenfm *handle, struct request *r, void *area)
{
	int ret = xenfm_status(handle, area, r->num, r->frames);

	if (ret) {
		complain("%s: %s (%s)", xenfm_device(), errno_name(ret),
			 strerror(-ret));
		return EXIT_FAILED;
	}
	print_runs(r);
	return EXIT_OK;
}

/*
 * Run either command. @features: the features of the driver that the command
 * needs, 0 for any driver.
 */
static int run(struct request *r, uint64_t features, uint64_t hold_seconds)
{
	unsigned int flags = XENFM_MAP_WRITE | (r->lazy ? XENFM_MAP_LAZY : 0);
	struct xenfm *handle;
	int status;
	void *area;

	status = open_device(&handle);
	if (status)
		return status;
	if (features && !need_feature(handle, features)) {
		status = EXIT_FAILED;
		goto out;
	}
	status = alloc_request(r);
	if (status)
		goto out;
	status = map_domain(handle, r->domid, r->gfns, r->num, flags, r->err,
			    &area);
	if (status)
		goto out;
	if (features)
		status = report_status(handle, r, area);
	else
		status = report_map(r);
	if (hold_seconds)
		hold(hold_seconds);
	xenfm_unmap(handle, area, r->num);
out:
	free_request(r);
	xenfm_close(handle);
	return status;
}

int cmd_map(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "hold", required_argument, NULL, OPTION_HOLD },
		{ "lazy", no_argument, NULL, OPTION_LAZY },
		{ 0 }
	};
	struct request r = { 0 };
	uint64_t seconds = 0;
	int option;

	while ((option = next_option(argc, argv, options)) != -1) {
		if (option == OPTION_LAZY)
			r.lazy = true;
		else
			seconds = number("SECONDS", optarg, 1, INT32_MAX);
	}
	parse_request(&r, argc, argv);
	return run(&r, r.lazy ? XENFM_FEATURE_MAP : 0, seconds);
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, LONG_OPTION },
		{ 0 }
	};
	struct request r = { 0 };

	while (next_option(argc, argv, options) != -1)
		r.json = true;
	parse_request(&r, argc, argv);
	return run(&r, XENFM_FEATURE_STATUS, 0);
}
