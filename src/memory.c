// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files (X_MEMORY): a range of a domain's memory as a file. Programs that
 * know nothing of Xen map it, read it and write it.
 *
 * The inode owns the object. An open file, an area, a queued socket message and
 * an O_PATH descriptor keep the inode, each through a mount. The mount keeps the
 * only superblock of this type, and the superblock keeps the module. The core
 * puts that reference on the module after the last call into this file. An open
 * /dev/xen/privcmd makes a mount for its first memory file and keeps it.
 * Without one of these there is no superblock, and the module can be unloaded.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/slab.h>

#include "compat.h"
#include "fops.h"
#include "memory.h"
#include "vma.h"

#define MEMORY_FLAGS (PRIVCMD_X_MEMORY_READ_ONLY | PRIVCMD_X_MEMORY_ZERO_HOLES)

/* statfs(2) reports this number: "XENM". */
#define MEMORY_MAGIC 0x58454e4d

/* The size in bytes is less than 2^63. */
#define MEMORY_MAX_FRAMES (1ULL << (63 - PAGE_SHIFT))

/* Blocks of st_blocks have 512 bytes. */
#define MEMORY_BLOCK_SHIFT 9

static const struct file_operations *memory_fops;

/* ---- the file system ---- */

/* The root directory has no object. */
static void memory_evict_inode(struct inode *inode)
{
	struct privcmd_file *pf = inode->i_private;

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (pf)
		privcmd_file_put(pf);
}

static const struct super_operations memory_super_ops = {
	.statfs = simple_statfs,
	.evict_inode = memory_evict_inode,
};

static int memory_fill_super(struct super_block *sb, struct fs_context *fc)
{
	static const struct tree_descr no_files[] = { { "" } };
	int ret = simple_fill_super(sb, MEMORY_MAGIC, no_files);

	if (ret)
		return ret;
	sb->s_op = &memory_super_ops;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	return 0;
}

static int memory_get_tree(struct fs_context *fc)
{
	return get_tree_single(fc, memory_fill_super);
}

static const struct fs_context_operations memory_context_ops = {
	.get_tree = memory_get_tree,
};

static int memory_init_context(struct fs_context *fc)
{
	fc->ops = &memory_context_ops;
	fc->sb_flags |= SB_NOUSER;
	/* Every user namespace has the same superblock. */
	fc->global = true;
	return 0;
}

/* Not registered: nobody can mount it. */
static struct file_system_type memory_fs = {
	.owner = THIS_MODULE,
	.name = "xen-memory",
	.init_fs_context = memory_init_context,
	.kill_sb = kill_anon_super,
};

/* Size, mode, owner and times never change. truncate(2) would drop all entries. */
static int memory_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			  struct iattr *attr)
{
	return -EPERM;
}

static const struct inode_operations memory_inode_ops = {
	.setattr = memory_setattr,
};

/* ---- a new file ---- */

static bool memory_is_valid(const struct privcmd_x_memory *m)
{
	u64 last;

	return !(m->flags & ~MEMORY_FLAGS || m->pad[0] || m->pad[1] ||
		 m->pad[2]) &&
	       m->num && m->num < MEMORY_MAX_FRAMES &&
	       !check_add_overflow(m->first, m->num - 1, &last);
}

/* Made by @maker. The caller gets the reference on mem->file. */
static struct privcmd_memory *memory_new(const struct privcmd_x_memory *m,
					 struct privcmd_file *maker)
{
	struct privcmd_memory *mem = kzalloc(sizeof(*mem), GFP_KERNEL_ACCOUNT);

	static_assert(offsetof(struct privcmd_memory, file) == 0);
	if (!mem)
		return NULL;
	privcmd_file_init(&mem->file, m->dom);
	privcmd_file_get(maker);
	mem->file.maker = maker;
	mem->dom = m->dom;
	mem->first = m->first;
	mem->num = m->num;
	mem->read_only = m->flags & PRIVCMD_X_MEMORY_READ_ONLY;
	mem->zero_holes = m->flags & PRIVCMD_X_MEMORY_ZERO_HOLES;
	return mem;
}

/*
 * The inode takes over the caller's reference on @mem, also if this fails.
 *
 * alloc_anon_inode() sets S_PRIVATE: security modules are not asked about this
 * inode, because the descriptor is the permission. Some kernels let it choose
 * the file's type. The inode is put on the superblock's list, so that the core
 * ends inotify watches before it ends the superblock.
 */
static struct inode *memory_inode(struct super_block *sb,
				  struct privcmd_memory *mem)
{
	struct inode *inode = alloc_anon_inode(sb);

	if (IS_ERR(inode)) {
		privcmd_file_put(&mem->file);
		return inode;
	}
	inode->i_private = &mem->file;
	inode->i_mode |= S_IFREG;
	if (mem->read_only)
		inode->i_mode &= ~S_IWUSR;
	inode->i_op = &memory_inode_ops;
	inode->i_fop = memory_fops;
	inode->i_size = mem->num << PAGE_SHIFT;
	inode->i_blocks = mem->num << (PAGE_SHIFT - MEMORY_BLOCK_SHIFT);
	inode_sb_list_add(inode);
	return inode;
}

/* As open(2) does it. The core puts the reference on the module at the end. */
static struct file *memory_open_first(struct inode *inode, struct vfsmount *mnt)
{
	struct privcmd_memory *mem = privcmd_memory_of(inode->i_private);
	struct file *file;
	char name[32];

	snprintf(name, sizeof(name), "xen-memory:%u", mem->dom);
	file = alloc_file_pseudo(inode, mnt, name,
				 O_LARGEFILE |
					 (mem->read_only ? O_RDONLY : O_RDWR),
				 memory_fops);
	if (IS_ERR(file))
		return file;
	__module_get(THIS_MODULE);
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE |
			FMODE_ATOMIC_POS;
	file->private_data = &mem->file;
	return file;
}

/* The mount of all memory files that @maker makes. */
static struct vfsmount *memory_mount(struct privcmd_file *maker)
{
	struct vfsmount *mnt = READ_ONCE(maker->mount), *old;

	if (mnt)
		return mnt;
	mnt = vfs_kern_mount(&memory_fs, SB_KERNMOUNT, memory_fs.name, NULL);
	if (IS_ERR(mnt))
		return mnt;
	old = cmpxchg(&maker->mount, NULL, mnt);
	if (!old)
		return mnt;
	mntput(mnt);
	return old;
}

/* @pf makes no memory file any more. Those that it made have its mount, too. */
void privcmd_memory_release(struct privcmd_file *pf)
{
	mntput(pf->mount);
}

/* Takes over the caller's reference on @mem, also if this fails. */
static struct file *memory_file(struct privcmd_memory *mem)
{
	struct vfsmount *mnt = memory_mount(mem->file.maker);
	struct inode *inode;
	struct file *file;

	if (IS_ERR(mnt)) {
		privcmd_file_put(&mem->file);
		return ERR_CAST(mnt);
	}
	inode = memory_inode(mnt->mnt_sb, mem);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	file = memory_open_first(inode, mnt);
	if (IS_ERR(file))
		iput(inode);
	return file;
}

/*
 * X_MEMORY. Returns the descriptor. Nothing is left of a call that fails.
 * -EPERM: the caller's file was restricted to another domain meanwhile.
 */
long privcmd_memory_ioctl(struct file *caller, void *arg)
{
	struct privcmd_file *maker = caller->private_data;
	const struct privcmd_x_memory *m = arg;
	struct privcmd_memory *mem;
	struct file *file;
	int fd;

	if (!memory_is_valid(m))
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	mem = memory_new(m, maker);
	file = mem ? memory_file(mem) : ERR_PTR(-ENOMEM);
	if (!IS_ERR(file) && !privcmd_file_allows(maker, m->dom)) {
		fput(file);
		file = ERR_PTR(-EPERM);
	}
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

void privcmd_memory_init(const struct file_operations *fops)
{
	memory_fops = fops;
}

/* ---- file operations ---- */

/* The file is opened again, by /proc/PID/fd. The inode's mode stops only users. */
int privcmd_memory_open(struct inode *inode, struct file *file)
{
	struct privcmd_memory *mem = privcmd_memory_of(inode->i_private);

	if (file->f_flags & O_TRUNC ||
	    (mem->read_only && file->f_mode & FMODE_WRITE))
		return -EACCES;
	file->private_data = &mem->file;
	return 0;
}

int privcmd_memory_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct privcmd_memory *mem =
		privcmd_memory_of(file->private_data);

	if (vma->vm_pgoff >= mem->num ||
	    vma_pages(vma) > mem->num - vma->vm_pgoff)
		return -ENXIO;
	return privcmd_vma_mmap_fixed(file, vma, mem->dom,
				      mem->first + vma->vm_pgoff);
}
