// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A plugin for QEMU's emulation. It counts instructions, hypercalls and entries
 * into the guest between the marks of tests/reports/bench/measure.c. For each such
 * section it writes a line to the file that it is given (to=NAME):
 *
 *	USER KERNEL XEN HYPERCALLS ENTRIES
 *
 * With profile=NAME it also writes to another file how many instructions ran in
 * each block of the kernel and the hypervisor:
 *
 *	SECTION ADDRESS INSTRUCTIONS
 *
 * The first three numbers are instructions. On every platform of the rig Xen
 * has addresses of its own. An entry is a return from Xen to dom0, whatever led
 * to Xen: a hypercall, a trap, an exit or an interrupt.
 *
 * QEMU packages have no header for plugins, so the parts of their interface
 * (version 1) that are used are declared here. With -icount, one virtual CPU
 * runs at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info {
	const char *target_name;
	/* more members, which are not used */
};

typedef void (*exec_fn)(unsigned int vcpu, void *data);
typedef void (*translate_fn)(uint64_t id, struct qemu_plugin_tb *tb);

enum { NO_REGS = 0, ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translate_fn fn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *where, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_fn fn, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						int op, void *where,
						uint64_t value);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info,
			       int argc, char **argv);

enum { USER, KERNEL, XEN, HYPERCALL, ENTRY, KINDS };

static uint64_t count[KINDS], start[KINDS];
static bool arm;
static FILE *out, *profile;
static unsigned long sections;

struct pattern {
	unsigned int where; /* USER, KERNEL or XEN */
	size_t size;
	unsigned char bytes[7];
	unsigned int kind;
};

/* The marks are kinds after the last one. */
enum { MARK_BEGIN = KINDS, MARK_END };

static const struct pattern x86[] = {
	{ KERNEL, 2, { 0x0f, 0x05 }, HYPERCALL },	/* syscall */
	{ KERNEL, 3, { 0x0f, 0x01, 0xd9 }, HYPERCALL }, /* vmmcall */
	{ XEN, 2, { 0x48, 0xcf }, ENTRY },		/* iretq */
	{ XEN, 3, { 0x48, 0x0f, 0x07 }, ENTRY },	/* sysretq */
	{ XEN, 3, { 0x0f, 0x01, 0xd8 }, ENTRY },	/* vmrun */
	{ USER, 7, { 0x0f, 0x1f, 0x80, 0x50, 0x58, 0x50, 0x58 }, MARK_BEGIN },
	{ USER, 7, { 0x0f, 0x1f, 0x80, 0x51, 0x58, 0x50, 0x58 }, MARK_END },
	{ 0 },
};

static const struct pattern arm64[] = {
	{ KERNEL, 4, { 0x22, 0xd4, 0x01, 0xd4 }, HYPERCALL }, /* hvc #0xea1 */
	{ XEN, 4, { 0xe0, 0x03, 0x9f, 0xd6 }, ENTRY },	      /* eret */
	{ USER, 4, { 0x1f, 0x0b, 0x8a, 0xd2 }, MARK_BEGIN },
	{ USER, 4, { 0x3f, 0x0b, 0x8a, 0xd2 }, MARK_END },
	{ 0 },
};

static unsigned int place(uint64_t addr)
{
	if (arm)
		return addr >> 63			   ? KERNEL :
		       addr >= 0x200000 && addr < 0x400000 ? XEN :
							     USER;
	return !(addr >> 63) ? USER : addr < 0xffff880000000000 ? XEN : KERNEL;
}

/* For a profile: a block of instructions, found by its address. */
struct block {
	uint64_t addr, count, start;
};

#define BLOCKS (1U << 20)

static struct block blocks[BLOCKS];

static struct block *find_block(uint64_t addr)
{
	unsigned int i = addr * 0x9e3779b97f4a7c15 >> 44, tries;

	for (tries = 0; tries < BLOCKS; tries++, i = (i + 1) % BLOCKS) {
		if (!blocks[i].addr)
			blocks[i].addr = addr;
		if (blocks[i].addr == addr)
			return &blocks[i];
	}
	return NULL;
}

static void begin(unsigned int vcpu, void *data)
{
	unsigned int i;

	(void)vcpu;
	(void)data;
	memcpy(start, count, sizeof(start));
	for (i = 0; profile && i < BLOCKS; i++)
		blocks[i].start = blocks[i].count;
}

static void write_profile(void)
{
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		if (blocks[i].count != blocks[i].start)
			fprintf(profile, "%lu %016llx %llu\n", sections,
				(unsigned long long)blocks[i].addr,
				(unsigned long long)(blocks[i].count -
						     blocks[i].start));
	fflush(profile);
}

static void end(unsigned int vcpu, void *data)
{
	unsigned int i;

	(void)vcpu;
	(void)data;
	for (i = 0; i < KINDS; i++)
		fprintf(out, "%llu%c",
			(unsigned long long)(count[i] - start[i]),
			i + 1 < KINDS ? ' ' : '\n');
	fflush(out);
	sections++;
	if (profile)
		write_profile();
}

static void watch(struct qemu_plugin_insn *insn, unsigned int where)
{
	const void *data = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	const struct pattern *p;

	for (p = arm ? arm64 : x86; p->size; p++) {
		if (p->where != where || p->size != size ||
		    memcmp(p->bytes, data, size))
			continue;
		if (p->kind < KINDS)
			qemu_plugin_register_vcpu_insn_exec_inline(
				insn, ADD_U64, &count[p->kind], 1);
		else
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, p->kind == MARK_BEGIN ? begin : end,
				NO_REGS, NULL);
	}
}

/*
 * A block is counted as a whole, although a trap may leave it in the middle.
 * The error is a few instructions for each trap. A block lies in one of the
 * three only.
 */
static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	unsigned int where = USER;
	struct block *block;

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		where = place(qemu_plugin_insn_vaddr(insn));
		watch(insn, where);
	}
	qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &count[where], n);
	if (!profile || where == USER)
		return;
	block = find_block(qemu_plugin_tb_vaddr(tb));
	if (block)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64,
							 &block->count, n);
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
			char **argv)
{
	int i;

	arm = !strcmp(info->target_name, "aarch64");
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "to=", 3))
			out = fopen(argv[i] + 3, "w");
		else if (!strncmp(argv[i], "profile=", 8))
			profile = fopen(argv[i] + 8, "w");
	}
	if (!out || (argc > 1 && !profile))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
