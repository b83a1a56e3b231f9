// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * Mistakes on purpose, to show that the rig notices them. The name of a mistake
 * that is written to /dev/oops is made at once, and once. This is not a part of
 * the driver. Only tests/xen/selftest and tests/xen/debug/check-debug build it.
 *
 * Lockdep reports only once, so "locks" comes after all other mistakes that
 * lockdep checks. A mistake that kills the writer while it holds locks
 * ("page_table") comes last.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kfence.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

/* The compiler must not know the values of these. */
static int *nowhere;
static unsigned int many = 77;

static int oops(void)
{
	return READ_ONCE(*READ_ONCE(nowhere));
}

static int warning(void)
{
	return WARN_ON(READ_ONCE(many));
}

static DEFINE_SPINLOCK(spin);

static int sleep_in_atomic(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
	return 0;
}

static int processor(void)
{
	return smp_processor_id();
}

static int rcu(void)
{
	static void __rcu *pointer;

	return rcu_dereference(pointer) != NULL; /* not in a reader */
}

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(other);

static int locks(void)
{
	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);
	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
	return 0;
}

static int use_after_free(void)
{
	char *p = kmalloc(256, GFP_KERNEL);

	kfree(p);
	return p ? READ_ONCE(p[100]) : -ENOMEM;
}

/* Writes after the end of an object. The check comes when the object is freed. */
static int overflow(void)
{
	struct kmem_cache *cache = kmem_cache_create("oops", 64, 0, 0, NULL);
	char *p;

	if (!cache)
		return -ENOMEM;
	p = kmem_cache_alloc(cache, GFP_KERNEL);
	if (p) {
		WRITE_ONCE(p[64], 1);
		kmem_cache_free(cache, p);
	}
	kmem_cache_destroy(cache);
	return 0;
}

static int free_page_read(void)
{
	char *p = (char *)__get_free_page(GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	free_page((unsigned long)p);
	return READ_ONCE(*p);
}

/* KFENCE guards only some objects: one in 100 ms. */
static int kfence(void)
{
	char *p;

	for (int tries = 0; tries < 10000; tries++) {
		bool ours;

		p = kmalloc(128, GFP_KERNEL);
		ours = p && is_kfence_address(p);
		kfree(p);
		if (ours)
			return READ_ONCE(*p);
		usleep_range(1000, 2000);
	}
	return -ENOENT;
}

static int leak(void)
{
	void *p = kmalloc(200, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	return p ? 0 : -ENOMEM;
}

static int shift(void)
{
	return 1 << READ_ONCE(many);
}

static int bounds(void)
{
	static int array[4];

	return READ_ONCE(array[READ_ONCE(many) / 10]);
}

static void ring(struct timer_list *timer)
{
}

/* A running timer is freed. It is stopped before it expires. */
static int object(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, ring, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
	return 0;
}

static int list(void)
{
	static LIST_HEAD(head);
	static LIST_HEAD(one);

	list_add(&one, &head);
	list_add(&one, &head);
	INIT_LIST_HEAD(&head);
	return 0;
}

/* Longer than /proc/sys/kernel/hung_task_timeout_secs. */
static int hang(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(4 * HZ);
	return 0;
}

/* Keeps the first entry, and writes it over the second one. */
static int map_again(pte_t *pte, unsigned long addr, void *kept)
{
	pte_t *first = kept;

	if (!pte_val(*first))
		*first = *pte;
	else
		set_pte_at(current->mm, addr, pte, *first);
	return 0;
}

/* Maps an anonymous page a second time, writable. */
static int page_table(void)
{
	unsigned long at = vm_mmap(NULL, 0, 2 * PAGE_SIZE,
				   PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	pte_t kept = __pte(0);

	if (IS_ERR_VALUE(at) || put_user(1, (int __user *)at) ||
	    put_user(1, (int __user *)(at + PAGE_SIZE)))
		return -EFAULT;
	return apply_to_page_range(current->mm, at, 2 * PAGE_SIZE, map_again,
				   &kept);
}

static const struct {
	const char *name;
	int (*make)(void);
} mistakes[] = {
	{ "oops", oops },
	{ "warning", warning },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "processor", processor },
	{ "rcu", rcu },
	{ "locks", locks },
	{ "use_after_free", use_after_free },
	{ "overflow", overflow },
	{ "free_page_read", free_page_read },
	{ "kfence", kfence },
	{ "leak", leak },
	{ "shift", shift },
	{ "bounds", bounds },
	{ "object", object },
	{ "list", list },
	{ "hang", hang },
	{ "page_table", page_table },
};

static ssize_t write(struct file *file, const char __user *from, size_t len,
		     loff_t *pos)
{
	char name[32] = "";

	if (len >= sizeof(name) || copy_from_user(name, from, len))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (!sysfs_streq(name, mistakes[i].name))
			continue;
		pr_info("oops: %s gives %d\n", mistakes[i].name,
			mistakes[i].make());
		return len;
	}
	return -EINVAL;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.write = write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "oops",
	.fops = &fops,
};
module_misc_device(device);

MODULE_DESCRIPTION("mistakes on purpose");
MODULE_LICENSE("GPL");
