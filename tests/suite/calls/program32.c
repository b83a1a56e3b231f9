// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * 32-bit programs on a 64-bit kernel. They get ENOTTY for every ioctl, as there
 * is no compat_ioctl. The case writes its programs itself, one system call
 * each, so no compiler is needed.
 */
#include <elf.h>

#include "suite.h"

#define LOAD_AT 0x100000

struct program {
	Elf32_Ehdr header;
	Elf32_Phdr segment;
	unsigned char code[128];
};

static unsigned char *put32(unsigned char *p, uint32_t word)
{
	memcpy(p, &word, 4);
	return p + 4;
}

#ifdef __aarch64__
#define MACHINE EM_ARM
#define FLAGS	EF_ARM_EABI_VER5

/* The registers of the arguments and of the number. */
static const unsigned char where[7] = { 0, 1, 2, 3, 4, 5, 7 };

/* movw or movt */
static unsigned char *half(unsigned char *p, uint32_t op, unsigned int reg,
			   uint32_t value)
{
	return put32(p, op | (value >> 12) << 16 | reg << 12 | (value & 0xfff));
}

static unsigned char *load(unsigned char *p, unsigned int i, uint32_t value)
{
	p = half(p, 0xe3000000, where[i], value & 0xffff);
	return half(p, 0xe3400000, where[i], value >> 16);
}

static void finish(unsigned char *p)
{
	p = put32(p, 0xef000000); /* svc 0 */
	p = put32(p, 0xe2600000); /* rsb r0, r0, #0 */
	p = put32(p, 0xe3a07001); /* mov r7, #1 (exit) */
	put32(p, 0xef000000);
}
#else
#define MACHINE EM_386
#define FLAGS	0

/* mov $x to ebx, ecx, edx, esi, edi, ebp; eax gets the number */
static const unsigned char where[7] = {
	0xbb, 0xb9, 0xba, 0xbe, 0xbf, 0xbd, 0xb8
};

static unsigned char *load(unsigned char *p, unsigned int i, uint32_t value)
{
	*p = where[i];
	return put32(p + 1, value);
}

static void finish(unsigned char *p)
{
	static const unsigned char code[] = {
		0xcd, 0x80,		      /* int $0x80 */
		0xf7, 0xd8,		      /* neg %eax */
		0x89, 0xc3,		      /* mov %eax, %ebx */
		0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1 (exit), %eax */
		0xcd, 0x80,
	};

	memcpy(p, code, sizeof(code));
}
#endif

static void write_program(int file, const uint32_t *arg)
{
	struct program prog = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				     ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = MACHINE,
			.e_version = EV_CURRENT,
			.e_entry = LOAD_AT + offsetof(struct program, code),
			.e_phoff = offsetof(struct program, segment),
			.e_flags = FLAGS,
			.e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_vaddr = LOAD_AT,
			.p_filesz = sizeof(prog),
			.p_memsz = sizeof(prog),
			.p_flags = PF_R | PF_X,
			.p_align = PAGE,
		},
	};
	unsigned char *p = prog.code;
	unsigned int i;

	for (i = 0; i < 7; i++)
		p = load(p, i, arg[i]);
	finish(p);
	must(write(file, &prog, sizeof(prog)) == sizeof(prog));
}

/*
 * Makes a system call with six arguments and a number. Returns its errno, or 0
 * if its result is page aligned.
 */
static int call32(const uint32_t *arg)
{
	char *const none[] = { NULL };
	int file, status;
	pid_t pid;

	file = memfd_create("program32", MFD_CLOEXEC);
	must(file >= 0);
	write_program(file, arg);
	pid = fork();
	if (pid == 0) {
		fexecve(file, none, none);
		_exit(errno == ENOEXEC ? 255 : 254);
	}
	must(waitpid(pid, &status, 0) == pid);
	close(file);
	must(check(WIFEXITED(status)));
	if (WEXITSTATUS(status) == 255)
		skip("this kernel runs no 32-bit programs");
	return WEXITSTATUS(status);
}

/* The number of ioctl is the same on both architectures. */
static int ioctl32(int fd, uint32_t cmd, uint32_t arg)
{
	return call32((uint32_t[]){ fd, cmd, arg, 0, 0, 0, 54 });
}

TAP_CASE(unknown_to_32_bit_programs)
{
	static const uint32_t cmd[] = {
		IOCTL_PRIVCMD_HYPERCALL, IOCTL_PRIVCMD_MMAP,
		IOCTL_PRIVCMD_MMAPBATCH, IOCTL_PRIVCMD_MMAPBATCH_V2,
		IOCTL_PRIVCMD_DM_OP,	 IOCTL_PRIVCMD_MMAP_RESOURCE,
		IOCTL_PRIVCMD_RESTRICT,	 IOCTL_PRIVCMD_IRQFD,
		IOCTL_PRIVCMD_IOEVENTFD, IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		PRIVCMD_X_INFO,		 PRIVCMD_X_MAP,
		PRIVCMD_X_UNMAP,	 PRIVCMD_X_STATUS,
		PRIVCMD_X_COPY,		 PRIVCMD_X_HYPERCALL,
		PRIVCMD_X_MEMORY,	 IOCTL_PRIVCMD_UNIMPLEMENTED,
	};
	int fd = dup(privcmd_open()); /* a duplicate stays open in exec */
	size_t i;

	/* shows that the number means ioctl */
	check_eq(ioctl32(-1, cmd[0], 0), EBADF);
	for (i = 0; i < ARRAY_SIZE(cmd); i++) {
		check_eq(ioctl32(fd, cmd[i], 0), ENOTTY);
		check_eq(ioctl32(fd, cmd[i], LOAD_AT), ENOTTY);
	}
	/* The sizes that the structs have in a 32-bit program. */
	check_eq(ioctl32(fd, _IOC(_IOC_NONE, 'P', 2, 12), LOAD_AT), ENOTTY);
	check_eq(ioctl32(fd, _IOC(_IOC_NONE, 'P', 3, 20), LOAD_AT), ENOTTY);
	check_eq(ioctl32(fd, _IOC(_IOC_NONE, 'P', 4, 24), LOAD_AT), ENOTTY);
	check_eq(ioctl32(fd, _IOC(_IOC_NONE, 'P', 5, 8), LOAD_AT), ENOTTY);
}

/* mmap2(): every program may map the device. */
TAP_CASE(unknown_to_32_bit_programs_mmap)
{
	uint32_t rw = PROT_READ | PROT_WRITE, fd = dup(privcmd_open());

	check_eq(
		call32((uint32_t[]){ 0, 2 * PAGE, rw, MAP_SHARED, fd, 0, 192 }),
		0);
	check_eq(
		call32((uint32_t[]){ 0, 2 * PAGE, rw, MAP_SHARED, -1, 0, 192 }),
		EBADF);
}
