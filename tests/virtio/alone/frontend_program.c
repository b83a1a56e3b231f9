// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Starts and ends real back ends, and drives their rings: see frontend_program.h.
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "frontend_program.h"

struct program program;

/* ---- programs ---- */

void program_word(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	must(vasprintf(&program.argv[program.words++], fmt, ap) > 0);
	va_end(ap);
}

/*
 * The dynamic linker of unpacked packages, with their libraries. Until Debian 12 packages
 * have files in /lib and /lib64, too.
 */
static void program_loader(const char *root)
{
	char *old;

	must(asprintf(&old, "%s/lib64/ld-linux-x86-64.so.2", root) > 0);
	program_word("%s%s/lib64/ld-linux-x86-64.so.2", root,
		     access(old, X_OK) ? "/usr" : "");
	program_word("--library-path");
	program_word("%s/usr/lib/x86_64-linux-gnu:%s/lib/x86_64-linux-gnu",
		     root, root);
	free(old);
}

bool program_find(const char *path)
{
	const char *root = getenv("BACKENDS_ROOT");
	char *full;
	bool is;

	must(asprintf(&full, "%s%s", root ? root : "", path) > 0);
	is = !access(full, X_OK);
	if (is && root)
		program_loader(root);
	if (is)
		program_word("%s", full);
	free(full);
	return is;
}

static char *in_dir(char *path, size_t size, const char *name)
{
	must(snprintf(path, size, "%s/%s", program.dir, name) < (int)size);
	return path;
}

void program_files(void)
{
	struct program *p = &program;
	char file[128];
	uint32_t i;
	int fd;

	snprintf(p->dir, sizeof(p->dir), "/tmp/frontend-test.XXXXXX");
	must(mkdtemp(p->dir) && !chmod(p->dir, 0755));
	in_dir(p->socket, sizeof(p->socket), "socket");
	in_dir(p->disk, sizeof(p->disk), "disk");
	in_dir(p->share, sizeof(p->share), "share");
	in_dir(p->monitor, sizeof(p->monitor), "monitor");
	fd = open(p->disk, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	must(fd >= 0 && !ftruncate(fd, DISK_SIZE));
	for (i = 0; i < DISK_SIZE; i += 512)
		must(pwrite(fd, &i, sizeof(i), i) == sizeof(i));
	close(fd);
	must(!mkdir(p->share, 0755));
	in_dir(file, sizeof(file), "share/file");
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	must(fd >= 0 && write(fd, "seven\n", 6) == 6);
	close(fd);
	p->output = memfd_create("output", MFD_CLOEXEC);
	core_start(p->socket);
	core.v.queues = 2;
	core.v.own = 0;
}

void program_start(void)
{
	struct program *p = &program;

	unlink(p->socket);
	unlink(p->monitor);
	p->pid = fork();
	must(p->pid >= 0);
	if (!p->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(p->output, 1);
		dup2(p->output, 2);
		execv(p->argv[0], p->argv);
		_exit(127);
	}
	if (core_soon(frontend_is_connected(core.f)))
		return;
	program_end();
	tap_end(TAP_ENDED, NULL);
}

void program_kill(void)
{
	must(!kill(program.pid, SIGKILL));
	must(waitpid(program.pid, NULL, 0) == program.pid);
	program.pid = 0;
	must(core_soon(!frontend_is_connected(core.f)));
}

int program_result(void)
{
	int status;

	must(tap_soon(waitpid(program.pid, &status, WNOHANG) == program.pid,
		      0));
	program.pid = 0;
	return status;
}

void program_end(void)
{
	char file[128], text[4096];
	ssize_t n;

	check_eq(core.breaks, 0);
	if (tap_result->failed) {
		n = pread(program.output, text, sizeof(text) - 1, 0);
		text[n < 0 ? 0 : n] = '\0';
		tap_note("the program wrote: %.400s", text);
	}
	core_end();
	if (program.pid) {
		kill(program.pid, SIGKILL);
		waitpid(program.pid, NULL, 0);
	}
	unlink(in_dir(file, sizeof(file), "share/file"));
	rmdir(program.share);
	unlink(in_dir(file, sizeof(file), "socket.pid"));
	unlink(program.socket);
	unlink(program.monitor);
	unlink(program.disk);
	rmdir(program.dir);
}

/* ---- rings ---- */

static uint16_t seen[2];

void ring_start(uint64_t features)
{
	memset(core.mem + REGION_SIZE, 0, REGION_SIZE);
	memset(seen, 0, sizeof(seen));
	driver_set_up();
	core.v.queue[1].enabled = true;
	core.v.queue[2].enabled = false;
	core.v.accepted = core.v.offered & features;
	must(driver_ok());
	check(frontend_is_connected(core.f));
}

void ring_add(unsigned int q, unsigned int head, const struct part *parts,
	      unsigned int nr)
{
	struct vring_desc *desc = guest(RING_AT(q));
	struct vring_avail *avail = guest(RING_AT(q) + AVAIL_AT);
	unsigned int i;

	for (i = 0; i < nr; i++)
		desc[head + i] = (struct vring_desc){
			.addr = LOW + parts[i].at,
			.len = parts[i].len,
			.flags = (i + 1 < nr ? VRING_DESC_F_NEXT : 0) |
				 (parts[i].device_writes ? VRING_DESC_F_WRITE :
							   0),
			.next = i + 1 < nr ? head + i + 1 : 0,
		};
	avail->ring[avail->idx % RING_SIZE] = head;
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_SEQ_CST);
	must(write(core.v.queue[q].kick, &(uint64_t){ 1 }, 8) == 8);
}

uint32_t ring_wait(unsigned int q, unsigned int head)
{
	struct vring_used *used = guest(RING_AT(q) + USED_AT);
	struct vring_used_elem *elem = &used->ring[seen[q] % RING_SIZE];

	must(core_soon(__atomic_load_n(used_idx(q), __ATOMIC_SEQ_CST) !=
		       seen[q]));
	seen[q]++;
	check_eq(elem->id, head);
	return elem->len;
}
