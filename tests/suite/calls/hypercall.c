// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * HYPERCALL. restrict.c has the gate of a restricted file, x/hypercall.c the
 * variant with a 64-bit result.
 */
#include <sys/klog.h>
#include <sys/mount.h>

#include "suite.h"

/* From <xen/xen.h> and <xen/version.h>, which device.h excludes: see domain.h. */
#define OP_multicall	       13
#define OP_xen_version	       17
#define OP_mmuext_op	       26
#define XENVER_version	       0
#define XENVER_extraversion    1
#define XENVER_commandline     9
#define MMUEXT_TLB_FLUSH_LOCAL 6
#define DOMID_SELF	       0x7ff0

struct multicall {
	unsigned long op, result, args[6];
};

static long version(int fd, unsigned long cmd, void *arg)
{
	return hypercall(fd, OP_xen_version, cmd, (unsigned long)arg, 0, 0, 0);
}

TAP_CASE(hypercall_version)
{
	long v = version(privcmd_open(), XENVER_version, NULL);

	check(v >> 16 >= 4 && v >> 16 < 100);
}

/* Ordinary memory of several kinds, also across the end of a page. */
TAP_CASE(hypercall_user_buffers, .rows = "A9")
{
	static char in_data[16] = "x", in_bss[16];
	char on_stack[16] = "", *on_heap = calloc(1, 16);
	char *split = (char *)buffer(2) + PAGE - 3;
	char *where[] = { in_data, in_bss, on_stack, on_heap, split };
	int fd = privcmd_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(where); i++) {
		/* makes the pages present and writable */
		memset(where[i], 0xee, 16);
		check_eq(version(fd, XENVER_extraversion, where[i]), 0);
		check_eq(where[i][0], '.');
		check(!memcmp(where[i], where[0], strlen(where[0])));
	}
}

TAP_CASE(hypercall_bad_buffer)
{
	int fd = privcmd_open();

	check_errno(version(fd, XENVER_extraversion, NULL), EFAULT);
	check_errno(version(fd, XENVER_extraversion, aside(1)), EFAULT);
	check_errno(version(fd, XENVER_extraversion, (void *)-4096UL), EFAULT);
}

TAP_CASE(hypercall_struct_unreadable)
{
	struct privcmd_hypercall *call;
	int fd = privcmd_open();
	unsigned char *p = buffer(1);

	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL,
			  p + PAGE - sizeof(*call) + 8),
		    EFAULT);
	call = (void *)(p + PAGE - sizeof(*call));
	call->op = OP_xen_version;
	check(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, call) > 0);
}

TAP_CASE(hypercall_huge_op, .rows = "A2")
{
	/* Modulo 2^32 or 2^16, some of these are hypercalls that succeed. */
	static const unsigned long op[] = {
		64,
		127,
		128,
		129,
		4096,
		0x10000 + OP_xen_version,
		0x7fffffff,
		0x80000000,
		0x80000000 + OP_xen_version,
		0xffffffff,
		(1UL << 32) + OP_xen_version,
		(1UL << 63) + OP_xen_version,
		~0UL,
	};
	int fd = privcmd_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(op); i++) {
		long ret = hypercall(fd, op[i], XENVER_version, 0, 0, 0, 0);

		if (!check(ret == -1 &&
			   (errno == ENOSYS || (!driver() && errno == EINVAL))))
			tap_note("op %#lx: %ld, %s", op[i], ret,
				 strerror(errno));
	}
	check(version(fd, XENVER_version, NULL) > 0);
}

/* Did the kernel log a stuck CPU since the last call? */
static bool stuck_in_log(void)
{
	static char log[1 << 20];
	int n = klogctl(4 /* read and clear */, log, sizeof(log) - 1);

	log[n > 0 ? n : 0] = 0;
	return strstr(log, "soft lockup") || strstr(log, "detected stall") ||
	       strstr(log, "self-detected stall");
}

static struct setting {
	const char *path, *value;
	char old[64];
} patience[] = {
	/*
	 * These kernels preempt no hypercall without this setting, whatever the
	 * driver does.
	 */
	{ "/sys/kernel/debug/sched/preempt", "full", "" },
	{ "/proc/sys/kernel/watchdog_thresh", "1", "" },
	{ "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", "3", "" },
};

static bool set(struct setting *s)
{
	FILE *f = fopen(s->path, "r+");
	char *word;
	bool ok;

	if (!f || !fgets(s->old, sizeof(s->old), f))
		return false;
	/* A file that lists its choices has the current one in parentheses. */
	word = strchr(s->old, '(');
	if (word)
		snprintf(s->old, sizeof(s->old), "%.*s",
			 (int)strcspn(word + 1, ")"), strdup(word + 1));
	rewind(f);
	fputs(s->value, f);
	ok = !fclose(f);
	return ok;
}

static void unset(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patience); i++) {
		FILE *f = *patience[i].old ? fopen(patience[i].path, "w") :
					     NULL;

		if (f) {
			fputs(patience[i].old, f);
			fclose(f);
		}
	}
}

/*
 * A slow and harmless operation: 16 flushes of a PV dom0's TLB, or 1 KiB of
 * text elsewhere.
 */
static struct multicall slow(void)
{
	static struct {
		__u64 cmd, arg1, arg2;
	} flush[16];
	static char line[1024];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flush); i++)
		flush[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
	memset(line, 1, sizeof(line)); /* present and writable */
	if (xlate())
		return (struct multicall){
			.op = OP_xen_version,
			.result = 1,
			.args = { XENVER_commandline, (unsigned long)line },
		};
	return (struct multicall){
		.op = OP_mmuext_op,
		.result = 1,
		.args = { (unsigned long)flush, 16, 0, DOMID_SELF },
	};
}

/* Runs n such operations in one hypercall. Returns the seconds that it took. */
static double run_multicall(int fd, struct multicall *calls, size_t n)
{
	const struct multicall part = slow();
	struct timespec t0, t1;
	size_t i;

	for (i = 0; i < n; i++)
		calls[i] = part;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	check_eq(hypercall(fd, OP_multicall, (long)calls, n, 0, 0, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	for (i = 0; i < n; i += 97)
		check_eq(calls[i].result, 0);
	return t1.tv_sec - t0.tv_sec + (t1.tv_nsec - t0.tv_nsec) / 1e9;
}

/*
 * A hypercall that takes longer than the watchdogs allow must not look like a
 * stuck CPU.
 *
 * The limits are lowered first: a soft lockup is reported after about 2
 * seconds, a stall after 3. The hypercall is made to last about 3 seconds. If
 * the driver did not let it be preempted, the kernel would log one of the two.
 */
TAP_CASE(hypercall_very_long, .rows = "A8")
{
	const size_t most = 2 << 20;
	struct multicall *calls = malloc(most * sizeof(*calls));
	int fd = privcmd_open();
	double s;
	size_t n;

	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (access(patience[0].path, W_OK))
		skip("this kernel cannot be told to preempt hypercalls");
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		skip("switching preemption takes minutes on several emulated CPUs");
#ifdef __x86_64__
	/*
	 * This holds for every driver. Xen 4.17 was seen to take 42 s for a
	 * multicall without harm.
	 */
	if (xlate() && xen_version() > XEN_VERSION(4, 17))
		skip("Xen 4.20 does not interrupt a multicall of a hardware domain");
#endif
	must(calls);
	for (n = 1000, s = 0; n < most && s < 0.1; n *= 4)
		s = run_multicall(fd, calls, n);
	n = n / 4 * 3 / s;
	n = n > most ? most : n;
	stuck_in_log();
	atexit(unset);
	must(set(&patience[0]) && set(&patience[1]));
	set(&patience[2]);
	s = run_multicall(fd, calls, n);
	check(!stuck_in_log());
	tap_note("one hypercall took %.1f s, in %zu parts", s, n);
}
