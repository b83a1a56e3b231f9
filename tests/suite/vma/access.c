// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The bytes of a mapping: accessed by system calls that take its address, by
 * system calls that need the pages behind it, and by plain writes, which must
 * not cost a fault each.
 */
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "dom0/events.h"
#include "suite.h"

/* read(2) into a mapping and write(2) from it, through a pipe. */
static void pipe_both_ways(struct domain *d)
{
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *plain = buffer(1);
	int p[2];

	must(map_frames(&a, d, 0) && !pipe(p));
	check_eq(write(p[1], a.va, PAGE), PAGE);
	check_eq(read(p[0], plain, PAGE), PAGE);
	check(page_has(plain, domain_seed(d, 0)));

	page_fill(plain, 21);
	check_eq(write(p[1], plain, PAGE), PAGE);
	check_eq(read(p[0], page_at(&a, 1), PAGE), PAGE);
	check(page_has(page_at(&a, 1), 21));

	/* From one page of the domain to another, and at an odd offset. */
	check_eq(write(p[1], page_at(&a, 1), PAGE), PAGE);
	check_eq(read(p[0], a.va, PAGE), PAGE);
	check(page_has(a.va, 21));
	check_eq(write(p[1], a.va + PAGE - 5, 10), 10);
	check_eq(read(p[0], plain, 10), 10);
	check(!memcmp(plain, a.va + PAGE - 5, 10));
	area_done(&a);
}

TAP_HAZARD(vma_read_and_write, .rows = "B18")
{
	pipe_both_ways(domain_new(DOMAIN_ANY, 2));
}

/* Asks the looker about an area in this state. */
static void looks_empty(int looker, const struct area *a, const char *when)
{
	if (!check_eq(ioctl(looker, 0, a->va), 0))
		tap_note("%s", when);
}

/*
 * Another driver must not take the private data of the VMA for an array of the
 * area's pages. The module looker (tests/xen/looker) is such a driver.
 */
TAP_HAZARD(vma_private_data_is_no_array_of_pages, .rows = "A28")
{
	int looker = open("/dev/looker", O_RDWR | O_CLOEXEC);
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	unsigned char *va = aside(3);

	if (looker < 0)
		skip("the module looker is not loaded");
	check_errno(ioctl(looker, 0, buffer(1)), ENXIO);
	looks_empty(looker, &a, "not populated");
	must(map_frames(&a, d, 0));
	looks_empty(looker, &a, "populated");
	must(mremap(a.va, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	looks_empty(looker, &a, "moved");
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	looks_empty(looker, &a, "accessed");
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(vma_read_and_write_hvm, .rows = "B18")
{
	pipe_both_ways(domain_new(DOMAIN_HVM, 2));
}

/* The kernel makes the first access to a page, and the page is absent. */
TAP_HAZARD(vma_read_and_write_unpopulated, .rows = "B18 A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	__u64 frame[] = { d->frame[0], BAD_FRAME, d->frame[2] };
	int p[2], zero = open("/dev/zero", O_RDONLY), err[3];

	must(!pipe(p));
	check_errno(write(p[1], a.va, 8), EFAULT);
	check_errno(read(zero, a.va, 8), EFAULT);
	must(check_eq(v2(a.fd, d->id, a.va, frame, err, 3), 0));
	check_errno(write(p[1], page_at(&a, 1), 8), EFAULT);
	check_errno(read(zero, page_at(&a, 1), 8), EFAULT);
	check_eq(read(zero, page_at(&a, 2), PAGE), PAGE);
	check_eq(*page_at(&a, 2), 0);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
}

TAP_HAZARD(vma_file_both_ways, .rows = "B18")
{
	struct domain *d = domain_new(DOMAIN_ANY, 20);
	struct area a = area_new(privcmd_open(), 20);
	FILE *f = tmpfile();
	size_t i;
	int fd;

	must(map_frames(&a, d, 0));
	if (!f)
		bail("tmpfile: %s", strerror(errno));
	fd = fileno(f);
	check_eq(pwrite(fd, a.va, 20 * PAGE, 0), 20 * PAGE);
	for (i = 0; i < 20; i++)
		page_fill(page_at(&a, i), 0);
	check_eq(pread(fd, a.va, 20 * PAGE, 0), 20 * PAGE);
	for (i = 0; i < 20; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}

/*
 * A system call that needs the pages behind an address fails with a clean
 * errno, as there are no pages that the kernel could hold. The mapping is as
 * before.
 */
TAP_HAZARD(vma_pages_cannot_be_pinned, .rows = "B19")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *plain = buffer(1);
	struct iovec here = { plain, PAGE }, there = { a.va, PAGE };
	int mem = open("/proc/self/mem", O_RDWR), p[2], file;

	must(map_frames(&a, d, 0) && mem >= 0 && !pipe(p));
	check_errno(process_vm_readv(getpid(), &here, 1, &there, 1, 0), EFAULT);
	check_errno(process_vm_writev(getpid(), &here, 1, &there, 1, 0),
		    EFAULT);
	check_errno(pread(mem, plain, 8, (off_t)a.va), EIO);
	check_errno(pwrite(mem, plain, 8, (off_t)a.va), EIO);
	check_errno(vmsplice(p[1], &there, 1, 0), EFAULT);
	check_errno(syscall(SYS_futex, a.va, FUTEX_WAKE, 1, NULL, NULL, 0),
		    EFAULT);
	/*
	 * O_DIRECT needs a file system that supports it. The rig's may not.
	 * Since Linux 6.6 tmpfs accepts the flag and copies.
	 */
	file = open("/run/direct", O_RDWR | O_CREAT | O_DIRECT | O_TRUNC, 0600);
	if (file >= 0) {
		check(write(file, a.va, PAGE) == PAGE || errno == EFAULT);
		unlink("/run/direct");
	}
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(vma_ptrace, .rows = "B19")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int status, p[2];
	void *va;
	pid_t pid;

	must(!pipe(p));
	pid = fork();
	if (pid == 0) {
		struct area a = area_new(privcmd_open(), 1);

		must(map_frames(&a, d, 0));
		check_eq(write(p[1], &a.va, sizeof(a.va)), sizeof(a.va));
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		check(page_has(a.va, domain_seed(d, 0)));
		_exit(0);
	}
	must(read(p[0], &va, sizeof(va)) == sizeof(va));
	must(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	check_errno(ptrace(PTRACE_PEEKDATA, pid, va, NULL), EIO);
	check_errno(ptrace(PTRACE_POKEDATA, pid, va, (void *)1), EIO);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, &status, 0);
	check(WIFEXITED(status));
	domain_destroy(d);
	check(domain_gone(d));
}

static unsigned int faults(void)
{
	unsigned int n = events_seen(" privcmd_fault:");

	events_forget();
	return n;
}

/* All faults of this process that need no input, also those that the core handles. */
static long all_faults(void)
{
	struct rusage used;

	must(!getrusage(RUSAGE_SELF, &used));
	return used.ru_minflt;
}

/*
 * With .pfn_mkwrite the core makes entries without the write bit. A driver that
 * leaves the entries to the core pays for that with a fault for each page. So does a
 * driver that leaves the entries clean, on a processor without a dirty bit of its own.
 */
TAP_CASE(vma_no_fault_per_page)
{
	struct domain *d = domain_new(DOMAIN_ANY, 256);
	struct area a = area_new(privcmd_open(), 256);
	long before;
	size_t i;

	need_ours();
	events_record("privcmd_fault");
	must(map_frames(&a, d, 0));
	before = all_faults();
	for (i = 0; i < 256; i++)
		*(volatile unsigned char *)page_at(&a, i) = i;
	check(all_faults() - before < 16); /* of this program */
	for (i = 0; i < 256; i++)
		check_eq(*(volatile unsigned char *)page_at(&a, i), i & 255);
	check_eq(faults(), 0);
	/* The event works: it is recorded for an absent page. */
	check_eq(munmap(a.va, 256 * PAGE), 0);
	a = area_new(a.fd, 4);
	check_eq(touch(page_at(&a, 3)), SIGBUS);
	check_eq(faults(), 1);
	area_done(&a);
}

TAP_HAZARD(vma_one_fault_per_refill, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area a = area_new(privcmd_open(), 8);
	unsigned char *va = aside(8);
	unsigned int n;
	size_t i;

	need_ours();
	events_record("privcmd_fault");
	must(map_frames(&a, d, 0));
	must(mremap(a.va, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	for (i = 0; i < 8; i++)
		*(volatile unsigned char *)page_at(&a, i) = i;
	n = faults();
	/*
	 * A PV dom0 refills when a page is accessed. Elsewhere the entries have
	 * moved with the area.
	 */
	if (xlate())
		check_eq(n, 0);
	else
		check(n >= 1 && n <= 8);
	for (i = 0; i < 8; i++)
		*(volatile unsigned char *)page_at(&a, i) = i;
	check_eq(faults(), 0);
	area_done(&a);
}

/* From Linux 6.7; older headers have neither. */
#define WP_UNPOPULATED (1ULL << 13)
#define WP_ASYNC       (1ULL << 15)

/*
 * Write protection that the kernel removes by itself at the first write. Such a
 * kernel allows it for any area.
 */
static int write_protect(const struct area *a)
{
	struct uffdio_api api = { .api = UFFD_API,
				  .features = WP_UNPOPULATED | WP_ASYNC };
	struct uffdio_register reg = {
		.range = { (unsigned long)a->va, a->n * PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect wp = {
		.range = reg.range,
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("this kernel has no userfaultfd");
	if (ioctl(fd, UFFDIO_API, &api))
		skip("this kernel's userfaultfd has no asynchronous write protection");
	if (ioctl(fd, UFFDIO_REGISTER, &reg))
		skip("this kernel refuses userfaultfd for such areas");
	check_eq(ioctl(fd, UFFDIO_WRITEPROTECT, &wp), 0);
	return fd;
}

/*
 * The core write-protects the entries of such an area without asking the
 * driver. On PV the core may not change these entries; an attempt would be
 * logged. So the driver keeps no entries in that area while the protection
 * lasts. Elsewhere the entries are the kernel's own, and writes work.
 */
TAP_HAZARD(vma_write_protected_by_userfaultfd, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 16);
	struct area a = area_new(privcmd_open(), 16);
	struct uffdio_range range = { (unsigned long)a.va, 16 * PAGE };
	int sig = xlate() ? 0 : SIGBUS;
	unsigned char byte[16];
	size_t i;
	int fd;

	must(map_frames(&a, d, 0));
	for (i = 0; i < 16; i++)
		byte[i] = page_at(&a, i)[0];
	fd = write_protect(&a);
	for (i = 0; i < 16; i++) {
		check_eq(touch(page_at(&a, i)), sig);
		check_eq(poke(page_at(&a, i), byte[i]), sig);
	}
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 16);
	check_eq(ioctl(fd, UFFDIO_UNREGISTER, &range), 0);
	for (i = 0; i < 16; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(poke(page_at(&a, 5), 0x5a), 0);
	area_done(&a);

	/*
	 * Populated while the protection lasts: no frame is mapped until it
	 * ends.
	 */
	a = area_new(a.fd, 16);
	fd = write_protect(&a);
	must(map_frames(&a, d, 0));
	check_eq(touch(page_at(&a, 7)), sig);
	close(fd);
	check_eq(page_at(&a, 5)[0], 0x5a);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
