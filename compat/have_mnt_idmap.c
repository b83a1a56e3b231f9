// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Since 6.3 inode_operations.setattr takes a struct mnt_idmap. Before, it took a struct
// user_namespace. This question goes when 6.1 is no longer supported.
#include <linux/fs.h>

#ifndef COMPAT_CONTROL
int compat_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
		   struct iattr *attr);

const struct inode_operations compat_inode_operations = {
	.setattr = compat_setattr,
};
#endif
