// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The tool's other commands on a real device, byte for byte, and how each
 * command fails. The expected output comes from the ioctls, never from the
 * library.
 */
#include "xenfm_run.h"

#define NOBODY 65534

/*
 * The states of a range of frames, read through the driver, in the words of the
 * tool.
 */
static char *runs(const struct domain *d, __u64 first, size_t n, bool states,
		  size_t *failed)
{
	static const char *const names[] = { "none", "lazy", "rw", "ro" };
	static char text[8192], words[256][32];
	struct area a = area_new(privcmd_open(), n);
	__u64 frame[n];
	int e[n];
	char *to = text;

	for (size_t i = 0; i < n; i++)
		frame[i] = first + i;
	must(check_eq(v2(a.fd, d->id, a.va, frame, e, n), 0));
	*failed = 0;
	for (size_t i = 0; i < n; i++) {
		*failed += !!e[i];
		snprintf(words[i], sizeof(*words), "%s%s",
			 e[i]	? "failed " :
			 states ? names[state_at(&a, i)] :
				  "mapped",
			 e[i] ? strerrorname_np(-e[i]) : "");
	}
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !strcmp(words[end], words[i]);)
			end++;
		to += sprintf(to, "0x%llx %zu %s\n", first + i, end - i,
			      words[i]);
	}
	area_done(&a);
	close(a.fd);
	return text;
}

TAP_CASE(tool_map)
{
	struct three t = three_new();
	char want[64];

	snprintf(want, sizeof(want), "0x%llx 3 mapped\n", t.first);
	xenfm("map %u 0x%llx 3", t.d->id, t.first);
	check_out(want);
	snprintf(want, sizeof(want), "0x%llx 1 mapped\n", t.first + 1);
	xenfm("map %u %llu", t.d->id, t.first + 1);
	check_out(want);
}

TAP_CASE(tool_map_bad_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	size_t failed;
	char *want = runs(d, BAD_FRAME, 5, false, &failed);

	check_eq(failed, 5);
	xenfm("map %u 0x%llx 5", d->id, BAD_FRAME);
	check_failed(1, want,
		     "xenfm: map: 5 of 5 frames could not be mapped\n");
}

/* The domain's frames, and numbers before and after them. */
TAP_CASE(tool_map_good_and_bad_frames)
{
	struct domain *d = domain_new(DOMAIN_HVM, 40);
	__u64 first = d->frame[0] < 4 ? 0 : d->frame[0] - 4;
	size_t failed;
	char *want = runs(d, first, d->n + 8, false, &failed);

	check(failed > 0 && failed < d->n + 8);
	xenfm("map %u 0x%llx %zu", d->id, first, d->n + 8);
	check_failed(1, want,
		     "xenfm: map: %zu of %zu frames could not be mapped\n",
		     failed, d->n + 8);
	if (!driver())
		return;
	want = runs(d, first, d->n + 8, true, &failed);
	xenfm("status %u 0x%llx %zu", d->id, first, d->n + 8);
	check_out(want);
}

TAP_CASE(tool_status)
{
	struct three t = three_new();
	size_t failed;
	char want[64];

	need_ours();
	snprintf(want, sizeof(want), "0x%llx 3 rw\n", t.first);
	xenfm("status %u 0x%llx 3", t.d->id, t.first);
	check_out(want);
	xenfm("status %u 0x%llx 2", t.d->id, BAD_FRAME);
	check_out(runs(t.d, BAD_FRAME, 2, true, &failed));
	check_eq(failed, 2);
}

TAP_CASE(tool_status_read_only)
{
	struct three t;
	struct area a;
	char want[128];

	need_ours();
	need_pv("pinned frames map writable");
	t = three_of(domain_new(DOMAIN_PV, 64));
	a = area_new(privcmd_open(), 64);
	must(map_frames(&a, t.d, 0));
	memset(page_at(&a, t.page[1]), 0, PAGE);
	area_done(&a);
	must(check_eq(domain_pin_l1(t.d, t.page[1]), 0));
	snprintf(want, sizeof(want), "0x%llx 1 rw\n0x%llx 1 ro\n0x%llx 1 rw\n",
		 t.first, t.first + 1, t.first + 2);
	xenfm("status %u 0x%llx 3", t.d->id, t.first);
	check_out(want);
	snprintf(want, sizeof(want), "0x%llx 3 mapped\n", t.first);
	xenfm("map %u 0x%llx 3", t.d->id, t.first);
	check_out(want);
	must(check_eq(domain_unpin(t.d, t.page[1]), 0));
	snprintf(want, sizeof(want), "0x%llx 3 rw\n", t.first);
	xenfm("status %u 0x%llx 3", t.d->id, t.first);
	check_out(want);
}

TAP_CASE(tool_status_of_another_driver)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);

	if (driver())
		skip("the loaded driver is xen-privcmd");
	xenfm("status %u 0x%llx", d->id, d->frame[0]);
	check_failed(1, "",
		     "xenfm: status: /dev/xen/privcmd: in-tree driver loaded, "
		     "this needs xen-privcmd\n");
}

/* The words for the bits of features, in the order of the bits. */
static const char *features(__u64 bits)
{
	static const char *const names[] = { "status", "hypercall", "ro_retry",
					     "map",    "copy",	    "memory" };
	static char text[128];
	char *to = text;

	*to = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (bits >> i & 1)
			to += sprintf(to, " %s", names[i]);
	return text;
}

TAP_CASE(tool_info)
{
	const struct privcmd_x_info *x = driver();
	char want[512];

	if (x)
		snprintf(want, sizeof(want),
			 "device: /dev/xen/privcmd\ndriver: xen-privcmd %s\n"
			 "abi: %u\nbackend: %s\n"
			 "features:%s\n"
			 "max_frames: %llu\n",
			 x->version, x->abi, xlate() ? "xlate" : "pv",
			 features(x->features), x->max_frames);
	else
		snprintf(want, sizeof(want),
			 "device: /dev/xen/privcmd\ndriver: in-tree\n");
	xenfm("info");
	check_out(want);
	xenfm(" "); /* no argument */
	check_out(want);
}

/* The commands that map. */
#define EACH_COMMAND(command) \
	for (const char *command, *const *c_ = commands; (command = *c_); c_++)

static const char *const commands[] = { "read", "write", "map", "status",
					NULL };

static bool refused_in_tree(const char *command)
{
	return !driver() && !strcmp(command, "status");
}

TAP_CASE(tool_domain_gone)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);

	domain_destroy(d);
	must(domain_gone(d));
	run_input("xy", 2);
	EACH_COMMAND(command)
	{
		if (refused_in_tree(command))
			continue;
		xenfm("%s %u 0x%llx 2", command, d->id, d->frame[0]);
		check_failed(1, "",
			     "xenfm: %s: domain %u: no such domain, "
			     "or none that can be mapped from here\n",
			     command, d->id);
	}
}

TAP_CASE(tool_no_device)
{
	setenv("XENFM_DEVICE", "/nonexistent", 1);
	EACH_COMMAND(command)
	{
		xenfm("%s 1 2 3", command);
		check_failed(1, "",
			     "xenfm: %s: /nonexistent: no such device: is "
			     "this a Xen dom0 with xen-privcmd loaded?\n",
			     command);
	}
	xenfm("info");
	check_eq(ran.status, 1);
	setenv("XENFM_DEVICE", "/dev/null", 1);
	xenfm("info");
	check_failed(1, "", "xenfm: info: /dev/null: not a privcmd device\n");
}

TAP_CASE(tool_not_root)
{
	EACH_COMMAND(command)
	{
		run_as(NOBODY, "%s 1 2 3", command);
		check_failed(1, "",
			     "xenfm: %s: /dev/xen/privcmd: permission "
			     "denied: only root may open it\n",
			     command);
	}
}

TAP_CASE(tool_wrong_usage)
{
	EACH_COMMAND(command)
	{
		xenfm("%s 1", command);
		check_failed(2, "",
			     "xenfm: %s: too few arguments, see "
			     "'xenfm %s --help'\n",
			     command, command);
		xenfm("%s 65536 2 3", command);
		check_eq(ran.status, 2);
		check_eq(ran.len, 0);
	}
}

/* `map --lazy --hold` holds no frame, as nothing is accessed. */
TAP_CASE(tool_map_lazy)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	char want[64];
	struct run r;

	if (!driver() || !(driver()->features & PRIVCMD_X_FEATURE_MAP))
		skip("the driver has no X_MAP");
	r = run_start("map %u 0x%llx 3 --lazy --hold 60", d->id, d->frame[0]);
	check(tap_soon(run_has_written(&r), 0));
	domain_destroy(d);
	check(domain_gone(d));
	kill(r.pid, SIGTERM);
	run_end(&r);
	snprintf(want, sizeof(want), "0x%llx 3 lazy\n", d->frame[0]);
	check_out(want);
}

TAP_CASE(tool_map_hold)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct run r = run_start("map %u 0x%llx --hold 60", d->id, d->frame[0]);
	char want[64];

	check(tap_soon(run_has_written(&r), 0));
	domain_destroy(d);
	check(domain_held(d));
	kill(r.pid, SIGTERM);
	run_end(&r);
	snprintf(want, sizeof(want), "0x%llx 1 mapped\n", d->frame[0]);
	check_out(want);
	check(domain_gone(d));
}
