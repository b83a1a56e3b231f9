// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The kernel reads the first page of a mapped file by itself when a program asks for the
 * build id of an area. The first page of a memory file is the guest's.
 */
#include <elf.h>

#include "memory/memory.h"

#define ID_SIZE 20

/* PROCMAP_QUERY of <linux/fs.h>, which older headers do not have. */
struct query {
	__u64 size, flags, addr;
	__u64 start, end, vma_flags, page_size, offset, inode;
	__u32 major, minor, name_size, build_id_size;
	__u64 name_addr, build_id_addr;
};

#define QUERY _IOWR('f', 17, struct query)

/* An ELF file with a build id, on one page. */
struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	Elf64_Nhdr note;
	char name[4];
	unsigned char id[ID_SIZE];
};

static const struct elf elf = {
	.header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
	},
	.segment = {
		.p_type = PT_NOTE,
		.p_flags = PF_R,
		.p_offset = offsetof(struct elf, note),
		.p_filesz = sizeof(struct elf) - offsetof(struct elf, note),
		.p_memsz = sizeof(struct elf) - offsetof(struct elf, note),
		.p_align = 4,
	},
	.note = {
		.n_namesz = sizeof("GNU"),
		.n_descsz = ID_SIZE,
		.n_type = NT_GNU_BUILD_ID,
	},
	.name = "GNU",
	.id = "twenty bytes of id.",
};

/* Asks for the area at @va. Returns the size of its build id, or -1 with errno. */
static int build_id(int maps, const void *va, unsigned char *id)
{
	struct query q = {
		.size = sizeof(q),
		.addr = (unsigned long)va,
		.build_id_size = ID_SIZE,
		.build_id_addr = (unsigned long)id,
	};

	memset(id, 0x55, ID_SIZE);
	if (ioctl(maps, QUERY, &q))
		return -1;
	check(q.start <= q.addr && q.addr < q.end);
	return q.build_id_size;
}

/* An ordinary file with these bytes has the id. */
static void ordinary_file_has_it(int maps)
{
	int file = memfd_create("elf", MFD_CLOEXEC);
	unsigned char id[ID_SIZE];
	struct area a;

	must(file >= 0 && pwrite(file, &elf, sizeof(elf), 0) == sizeof(elf));
	must(!ftruncate(file, PAGE));
	a = area_new(file, 1);
	check_eq(build_id(maps, a.va, id), ID_SIZE);
	check(!memcmp(id, elf.id, ID_SIZE));
	must(!munmap(a.va, PAGE));
	close(file);
}

/*
 * The guest's bytes are an ELF file. The kernel must not read them, whether the area shows
 * the page or has no entry, and must not crash.
 */
TAP_HAZARD(memory_build_id)
{
	struct domain *d = memory_full(2);
	int file = memory_of(d, 0, 2, 0), maps;
	struct area a = area_new(file, 2);
	unsigned char id[ID_SIZE];
	int i, k;

	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	must(maps >= 0);
	around("1");
	if (build_id(maps, &elf, id) < 0 && errno == ENOTTY)
		skip("this kernel finds no areas for a program");
	ordinary_file_has_it(maps);
	must(check_eq(pwrite(file, &elf, sizeof(elf), 0), sizeof(elf)));
	for (i = 0; i < 2; i++) {
		check_eq(build_id(maps, a.va, id), 0);
		for (k = 0; k < ID_SIZE; k++)
			check_eq(id[k], 0x55);
		memory_has(file, i, 2 - i, 0);
		check(!memcmp(a.va, &elf, sizeof(elf)));
	}
	area_done(&a);
	check_eq(pread(file, id, ID_SIZE, offsetof(struct elf, id)), ID_SIZE);
	check(!memcmp(id, elf.id, ID_SIZE));
	memory_end(d);
}
