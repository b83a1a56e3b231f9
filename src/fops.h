/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The file operations of the two devices and of memory files. fops_privcmd.c
 * and fops_hypercall.c include this file, and their includes must stay exactly what they are. So
 * this file includes nothing.
 */
#ifndef PRIVCMD_FOPS_H
#define PRIVCMD_FOPS_H

struct file;
struct inode;
struct iov_iter;
struct kiocb;
struct seq_file;
struct vm_area_struct;

int privcmd_device_open(struct inode *inode, struct file *file);
int privcmd_device_release(struct inode *inode, struct file *file);
long privcmd_device_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long privcmd_device_memory_ioctl(struct file *file, unsigned int cmd,
				 unsigned long arg);
void privcmd_fdinfo(struct seq_file *seq, struct file *file);
void privcmd_fdinfo_memory(struct seq_file *seq, struct file *file);
int privcmd_vma_mmap(struct file *file, struct vm_area_struct *vma);
int privcmd_buf_mmap(struct file *file, struct vm_area_struct *vma);
int privcmd_memory_open(struct inode *inode, struct file *file);
int privcmd_memory_mmap(struct file *file, struct vm_area_struct *vma);
ssize_t privcmd_memory_read(struct kiocb *iocb, struct iov_iter *to);
ssize_t privcmd_memory_write(struct kiocb *iocb, struct iov_iter *from);

extern const struct file_operations xen_privcmd_fops;
extern const struct file_operations xen_privcmdbuf_fops;
extern const struct file_operations privcmd_memory_fops;

#endif /* PRIVCMD_FOPS_H */
