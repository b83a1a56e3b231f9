// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Asks the hypervisor how large the address space of a domain is. These are the
 * only hypercalls of xenfm: libxenfm makes none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "xenfm.h"

/* From Xen's public headers, which a build of the tool does not need. */
#define HYPERVISOR_MEMORY_OP 12
#define MAXIMUM_GPFN	     14
#define HYPERVISOR_HVM_OP    34
#define HVMOP_GET_PARAM	     1
#define HVM_PARAM_STORE_PFN  1

/* The argument of HVMOP_GET_PARAM. MAXIMUM_GPFN reads the domid alone. */
struct param {
	uint16_t domid;
	uint16_t pad;
	uint32_t index;
	uint64_t value;
};

/*
 * Open the device that has memory for the arguments of hypercalls. A module that
 * is loaded beside the kernel's own has a device with a name of its own.
 */
static int open_arguments(void)
{
	static const char plain[] = "/privcmd";
	const char *device = xenfm_device();
	size_t len = strlen(device);
	char path[256];

	if (len >= sizeof(plain) - 1 &&
	    !strcmp(device + len - (sizeof(plain) - 1), plain))
		snprintf(path, sizeof(path), "/dev/xen/hypercall");
	else
		snprintf(path, sizeof(path), "%s-hypercall", device);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* A page for the arguments, or NULL with errno. */
static struct param *map_arguments(void)
{
	int fd = open_arguments(), saved;
	void *page;

	if (fd < 0)
		return NULL;
	page = mmap(NULL, XENFM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return page == MAP_FAILED ? NULL : page;
}

/* The result of the hypercall, or the negative errno of the ioctl. */
static int64_t hypercall(int fd, uint64_t op, uint64_t cmd,
			 const struct param *arg)
{
	struct privcmd_x_hypercall call = {
		.size = sizeof(call),
		.op = op,
		.arg = { cmd, (uintptr_t)arg },
	};

	return ioctl(fd, PRIVCMD_X_HYPERCALL, &call) ? -errno : call.result;
}

/* The number of frames, or 0 for a PV domain, or a negative errno. */
static int64_t ask(int fd, struct param *param, unsigned int domid)
{
	int64_t ret;

	*param = (struct param){ .domid = domid, .index = HVM_PARAM_STORE_PFN };
	ret = hypercall(fd, HYPERVISOR_HVM_OP, HVMOP_GET_PARAM, param);
	if (ret == -EINVAL) /* only a PV domain has no such parameter */
		return 0;
	if (ret >= 0)
		ret = hypercall(fd, HYPERVISOR_MEMORY_OP, MAXIMUM_GPFN, param);
	return ret < 0 ? ret : ret + 1;
}

static int64_t number_of_frames(unsigned int domid)
{
	int fd = open(xenfm_device(), O_RDWR | O_CLOEXEC);
	struct param *param;
	int64_t ret;

	if (fd < 0)
		return -errno;
	param = map_arguments();
	ret = param ? ask(fd, param, domid) : -errno;
	if (param)
		munmap(param, XENFM_PAGE_SIZE);
	close(fd);
	return ret;
}

int space_of(unsigned int domid, uint64_t *num)
{
	int64_t ret = number_of_frames(domid);

	if (ret > 0) {
		*num = ret;
		return EXIT_OK;
	}
	if (ret == -ESRCH)
		complain_domain(domid, ret);
	else if (!ret)
		complain(
			"domain %u: the frames of a PV domain are machine frames: name ADDR and LEN",
			domid);
	else
		complain(
			"domain %u: its last frame is not known (%s): name ADDR and LEN",
			domid, errno_name(ret));
	return EXIT_FAILED;
}
