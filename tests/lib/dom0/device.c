// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The driver under test: its devices, which driver it is, which kind of dom0 it
 * serves, its parameters and its fdinfo.
 */
#include <sys/utsname.h>

#include "dom0/area.h"

#define PARAMETERS "/sys/module/%s/parameters/%s"

/* From <xen/xen.h> and <xen/version.h>, which device.h excludes: see domain.h. */
#define HYPERVISOR_memory_op   12
#define MEM_maximum_ram_page   2
#define HYPERVISOR_xen_version 17
#define XENVER_version	       0
#define XENVER_get_features    6
#define AUTO_TRANSLATED	       (1u << 2)

const char *device(void)
{
	const char *path = getenv("XENFM_DEVICE");

	return path && *path ? path : "/dev/xen/privcmd";
}

/*
 * A module that is loaded beside the in-tree one has device names and a module
 * name of its own.
 */
bool beside(void)
{
	return !strstr(device(), "/xen/privcmd");
}

const char *hypercall_device(void)
{
	static char path[128];

	if (!beside())
		return "/dev/xen/hypercall";
	snprintf(path, sizeof(path), "%s-hypercall", device());
	return path;
}

const char *module_name(void)
{
	static char name[64];
	char *c;

	if (!beside())
		return "xen_privcmd";
	snprintf(name, sizeof(name), "%s", strrchr(device(), '/') + 1);
	for (c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return name;
}

long module_references(void)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module_name());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtol(text, NULL, 10);
}

static int open_or_bail(void)
{
	const char *path = device();
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		bail("no %s: is this a Xen dom0 with its driver loaded?", path);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

int privcmd_open(void)
{
	tap_progress();
	return open_or_bail();
}

/*
 * A file that the suite keeps open for its own questions to the driver and to
 * Xen.
 */
static int control_file = -1;

static int control_fd(void)
{
	if (control_file < 0)
		control_file = open_or_bail();
	return control_file;
}

void control_close(void)
{
	if (control_file >= 0)
		close(control_file);
	control_file = -1;
}

long hypercall(int fd, unsigned long op, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d, unsigned long e)
{
	struct privcmd_hypercall call = { op, { a, b, c, d, e } };

	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

long control(unsigned long op, unsigned long a, unsigned long b,
	     unsigned long c, unsigned long d)
{
	return hypercall(control_fd(), op, a, b, c, d, 0);
}

const struct privcmd_x_info *driver(void)
{
	static struct privcmd_x_info info;

	if (info.abi)
		return &info;
	info.size = sizeof(info);
	if (ioctl(control_fd(), PRIVCMD_X_INFO, &info))
		return NULL;
	return &info;
}

void need_ours(void)
{
	if (!driver())
		skip("the loaded driver has no private ioctls");
}

bool xlate(void)
{
	struct {
		unsigned int index;
		uint32_t features;
	} map = { 0, 0 };

	if (control(HYPERVISOR_xen_version, XENVER_get_features,
		    (unsigned long)&map, 0, 0))
		bail("XENVER_get_features: %s", strerror(errno));
	return map.features & AUTO_TRANSLATED;
}

long xen_version(void)
{
	return control(HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
}

/* Only the initial domain has a UUID of zeros, as no toolstack created it. */
bool initial_domain(void)
{
	char uuid[64] = "";
	FILE *f = fopen("/sys/hypervisor/uuid", "r");

	if (f) {
		if (!fgets(uuid, sizeof(uuid), f))
			uuid[0] = 0;
		fclose(f);
	}
	return uuid[strspn(uuid, "0-\n")] == 0;
}

/*
 * Beyond the memory of the rig's machines. If this machine has more, the number
 * is larger.
 */
unsigned long long bad_frame(void)
{
	static unsigned long long frame;

	if (!frame) {
		frame = 0x0bad0000;
		if (control(HYPERVISOR_memory_op, MEM_maximum_ram_page, 0, 0,
			    0) > (long)frame)
			frame |= 1ULL << 36;
	}
	return frame;
}

void need_pv(const char *why)
{
	if (xlate())
		skip("auto-translated dom0: %s", why);
}

void hazard_if_xlate(void)
{
	if (xlate() && !tap_hazards)
		skip("hazard on an auto-translated dom0: only with --hazards");
}

bool kernel_since(unsigned int major, unsigned int minor)
{
	unsigned int a, b;
	struct utsname u;

	uname(&u);
	if (sscanf(u.release, "%u.%u", &a, &b) != 2)
		bail("cannot read the version of kernel %s", u.release);
	return a > major || (a == major && b >= minor);
}

int restrict_to(int fd, unsigned int domid)
{
	domid_t d = domid;

	return ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &d);
}

long fdinfo(int fd, const char *field)
{
	char path[64], line[256];
	long value = LONG_MIN;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(field);

		if (strncmp(line, field, len) || line[len] != ':')
			continue;
		line[strcspn(line, "\n")] = 0;
		if (strstr(line, "none"))
			value = -1;
		else
			value = strtol(line + len + 1, NULL, 0);
	}
	fclose(f);
	return value;
}

long meminfo(const char *field)
{
	FILE *f = fopen("/proc/meminfo", "r");
	size_t len = strlen(field);
	char line[128];
	long kib = -1;

	must(f);
	while (kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':')
			kib = strtol(line + len + 1, NULL, 10);
	fclose(f);
	must(kib >= 0);
	return kib;
}

bool param_get(const char *name, char *value, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), PARAMETERS, module_name(), name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	n = read(fd, value, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	value[n] = 0;
	value[strcspn(value, "\n")] = 0;
	return true;
}

bool put_text(const char *text, const char *path, ...)
{
	char full[128];
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, path);
	vsnprintf(full, sizeof(full), path, ap);
	va_end(ap);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text);
}

static bool param_write(const char *name, const char *value)
{
	return put_text(value, PARAMETERS, module_name(), name);
}

static struct {
	char name[32], value[32];
} changed[8];

static void restore_params(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(changed) && changed[i].name[0]; i++)
		param_write(changed[i].name, changed[i].value);
}

bool param_set(const char *name, const char *value)
{
	unsigned int i;

	for (i = 0; changed[i].name[0] && strcmp(changed[i].name, name); i++)
		;
	if (!changed[i].name[0]) {
		if (i == 0)
			atexit(restore_params);
		if (!param_get(name, changed[i].value,
			       sizeof(changed[i].value)))
			return false;
		snprintf(changed[i].name, sizeof(changed[i].name), "%s", name);
	}
	return param_write(name, value);
}
