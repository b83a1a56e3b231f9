// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_INFO: what the driver says of itself, to callers with structs of
 * any size.
 */
#include <sys/stat.h>

#include "x/map.h"

struct bigger {
	struct privcmd_x_info info;
	unsigned char tail[64];
};

static void check_info(const struct privcmd_x_info *i)
{
	char param[32];

	check_eq(i->size, sizeof(*i));
	check_eq(i->abi, PRIVCMD_X_ABI);
	check(i->features & PRIVCMD_X_FEATURE_STATUS);
	check(i->features & PRIVCMD_X_FEATURE_HYPERCALL);
	check(i->features & PRIVCMD_X_FEATURE_MAP);
	check(i->features & PRIVCMD_X_FEATURE_COPY);
	check(i->features & PRIVCMD_X_FEATURE_MEMORY);
	check_eq(i->backend,
		 xlate() ? PRIVCMD_X_BACKEND_XLATE : PRIVCMD_X_BACKEND_PV);
	check_eq(i->pad, 0);
	if (check(param_get("max_frames", param, sizeof(param))))
		check_eq(i->max_frames, strtoull(param, NULL, 0));
	check(i->version[0] && memchr(i->version, 0, sizeof(i->version)));
}

TAP_CASE(x_info_says)
{
	struct privcmd_x_info i = { .size = sizeof(i) };
	char version[64] = "", path[128];
	FILE *f;

	need_ours();
	memset(&i.abi, 0xee, sizeof(i) - sizeof(i.size));
	check_eq(ioctl(privcmd_open(), PRIVCMD_X_INFO, &i), 0);
	check_info(&i);
	check_eq(sizeof(i), PRIVCMD_X_INFO_SIZE_V1);
	snprintf(path, sizeof(path), "/sys/module/%s/version", module_name());
	f = fopen(path, "r");
	if (check(f && fgets(version, sizeof(version), f))) {
		version[strcspn(version, "\n")] = 0;
		check(!strcmp(version, i.version));
	}
}

TAP_CASE(x_info_restricted)
{
	struct privcmd_x_info i = { .size = sizeof(i) };
	int fd = privcmd_open();

	need_ours();
	must(check_eq(restrict_to(fd, 0x7fff), 0));
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &i), 0);
	check_info(&i);
}

TAP_CASE(x_info_size)
{
	struct bigger b = { 0 };
	int fd = privcmd_open();
	unsigned int i;

	need_ours();
	for (i = 0; i < PRIVCMD_X_INFO_SIZE_V1; i++) {
		b.info.size = i;
		check_errno(ioctl(fd, PRIVCMD_X_INFO, &b), EINVAL);
	}
	/* A caller of a later version; its additional bytes are zero. */
	for (i = 1; i <= sizeof(b.tail); i += 9) {
		memset(&b, 0, sizeof(b));
		b.info.size = sizeof(b.info) + i;
		check_eq(ioctl(fd, PRIVCMD_X_INFO, &b), 0);
		check_info(&b.info);
		check_eq(b.tail[0] | b.tail[i - 1], 0);
	}
	/* The same caller; one of its additional bytes is not zero. */
	for (i = 0; i < sizeof(b.tail); i += 9) {
		memset(&b, 0, sizeof(b));
		b.info.size = sizeof(b);
		b.tail[i] = 1;
		check_errno(ioctl(fd, PRIVCMD_X_INFO, &b), E2BIG);
	}
	memset(&b.info, 0, sizeof(b.info));
	b.info.size = sizeof(b.info);
	check_eq(takes_longer(fd, PRIVCMD_X_INFO, &b.info), 0);
	/* Memory beyond the size that the caller names is not accessed. */
	memset(&b, 0xff, sizeof(b));
	memset(&b.info, 0, sizeof(b.info));
	b.info.size = sizeof(b.info);
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &b), 0);
	check_eq(b.tail[0], 0xff);
}

TAP_CASE(x_info_unreadable)
{
	unsigned char *p = buffer(1),
		      *last = p + PAGE - sizeof(struct privcmd_x_info);
	struct privcmd_x_info *i = (void *)last;
	int fd = privcmd_open();

	need_ours();
	check_errno(ioctl(fd, PRIVCMD_X_INFO, NULL), EFAULT);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, aside(1)), EFAULT);
	/* Only the size can be read. Then all but the last byte can. */
	*(__u32 *)(p + PAGE - 4) = sizeof(*i);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, p + PAGE - 4), EFAULT);
	memset(p, 0, PAGE);
	*(__u32 *)(last + 4) = sizeof(*i);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, last + 4), EFAULT);
	/* The struct ends right before memory that cannot be read. */
	memset(p, 0, PAGE);
	i->size = sizeof(*i);
	check_eq(ioctl(fd, PRIVCMD_X_INFO, i), 0);
	check_info(i);
	/* The tail cannot be read. */
	i->size = sizeof(*i) + 8;
	check_errno(ioctl(fd, PRIVCMD_X_INFO, i), EFAULT);
	/* The answer cannot be written. */
	memset(p, 0, PAGE);
	i->size = sizeof(*i);
	must(!mprotect(p, PAGE, PROT_READ));
	check_errno(ioctl(fd, PRIVCMD_X_INFO, i), EFAULT);
}

/* The feature follows the parameter. */
TAP_CASE(x_info_ro_retry)
{
	struct privcmd_x_info i = { .size = sizeof(i) };
	int fd = privcmd_open();

	need_ours();
	need_pv("no read-only retry there");
	must(param_set("ro_retry", "N"));
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &i), 0);
	check(!(i.features & PRIVCMD_X_FEATURE_RO_RETRY));
	must(param_set("ro_retry", "Y"));
	i.size = sizeof(i);
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &i), 0);
	check(i.features & PRIVCMD_X_FEATURE_RO_RETRY);
}

TAP_CASE(x_info_parameters)
{
	static const struct {
		const char *name;
		unsigned int mode;
	} param[] = {
		{ "ro_retry", 0644 },
		{ "max_frames", 0644 },
		{ "fault_around", 0644 },
		{ "unrestricted", 0444 },
	};
	char path[128], value[32];
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(param); i++) {
		struct stat st;

		snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s",
			 module_name(), param[i].name);
		if (check_eq(stat(path, &st), 0))
			check_eq(st.st_mode & 07777, param[i].mode);
	}
	/* The default. With fewer frames each lazy mapping has more faults. */
	if (check(param_get("fault_around", value, sizeof(value))))
		check_eq(atoi(value), 64);
	check(!param_set("max_frames", "many") && errno == EINVAL);
	check(!param_set("ro_retry", "perhaps") && errno == EINVAL);
}
