// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PCI driver that misbehaves on demand, for QEMU's pci-testdev and edu: its remove() takes its time,
 * hangs or oopses, its probe() is slow or fails. What it does is said, at any time, by the parameters
 * below /sys/module/gh_test/parameters. For each device there is a /dev/gh_test-ADDRESS to be held open
 * or mapped; that keeps the module, but not remove(), as with many a real driver.
 *
 * There is no MODULE_DEVICE_TABLE: without an alias udev does not load it, modprobe gh_test does.
 */
#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>

#define NODES 64

static char only[16];
module_param_string(only, only, sizeof(only), 0644);
MODULE_PARM_DESC(only, "address of the function that is to hang, oops or fail; empty: each of them");

static bool remove_hang;
module_param(remove_hang, bool, 0644);
MODULE_PARM_DESC(remove_hang, "remove() does not return for as long as this is set");

static bool remove_oops;
module_param(remove_oops, bool, 0644);
MODULE_PARM_DESC(remove_oops, "remove() follows a null pointer");

static int probe_fail;
module_param(probe_fail, int, 0644);
MODULE_PARM_DESC(probe_fail, "so many of the next probes fail with EIO; -1: all of them");

static unsigned int remove_ms;
module_param(remove_ms, uint, 0644);
MODULE_PARM_DESC(remove_ms, "remove() of any function sleeps so long, beyond the reach of signals");

static unsigned int probe_ms;
module_param(probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "probe() of any function sleeps so long");

static bool mmap_hang;
module_param(mmap_hang, bool, 0644);
MODULE_PARM_DESC(mmap_hang, "mmap() of a node does not return for as long as this is set; it has the process's memory locked");

/* It lives for as long as its node is bound or open. */
struct gh_device {
	struct device node;
	struct cdev cdev;
	struct page *page;
};

static dev_t first_node;
static DEFINE_IDA(minors);
static struct class gh_class = { .name = "gh_test" };

static bool is_meant(struct pci_dev *pdev)
{
	bool meant;

	kernel_param_lock(THIS_MODULE);
	/* What echo wrote ends with a newline. */
	meant = sysfs_streq(only, "") || sysfs_streq(only, pci_name(pdev));
	kernel_param_unlock(THIS_MODULE);
	return meant;
}

static bool probe_shall_fail(struct pci_dev *pdev)
{
	bool fail;

	if (!is_meant(pdev))
		return false;
	kernel_param_lock(THIS_MODULE);
	fail = probe_fail != 0;
	if (probe_fail > 0)
		probe_fail--;
	kernel_param_unlock(THIS_MODULE);
	return fail;
}

/* The page is the device's: a mapping holds the file, and with it the device and the module. */
static int gh_open(struct inode *inode, struct file *file)
{
	file->private_data = container_of(inode->i_cdev, struct gh_device, cdev);
	return 0;
}

static int gh_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct gh_device *gh = file->private_data;

	while (READ_ONCE(mmap_hang))
		msleep(50);
	if (vma->vm_pgoff != 0 || vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, gh->page);
}

static const struct file_operations gh_files = {
	.owner = THIS_MODULE,
	.open = gh_open,
	.mmap = gh_mmap,
};

static void gh_release(struct device *node)
{
	struct gh_device *gh = container_of(node, struct gh_device, node);

	ida_free(&minors, MINOR(node->devt) - MINOR(first_node));
	__free_page(gh->page);
	kfree(gh);
}

static int gh_node_add(struct pci_dev *pdev)
{
	struct gh_device *gh = kzalloc(sizeof(*gh), GFP_KERNEL);
	int minor, status;

	if (!gh)
		return -ENOMEM;
	gh->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	minor = gh->page ? ida_alloc_max(&minors, NODES - 1, GFP_KERNEL) : -ENOMEM;
	if (minor < 0) {
		if (gh->page)
			__free_page(gh->page);
		kfree(gh);
		return minor;
	}

	device_initialize(&gh->node);
	gh->node.parent = &pdev->dev;
	gh->node.class = &gh_class;
	gh->node.devt = MKDEV(MAJOR(first_node), MINOR(first_node) + minor);
	gh->node.release = gh_release;
	cdev_init(&gh->cdev, &gh_files);
	gh->cdev.owner = THIS_MODULE;
	status = dev_set_name(&gh->node, "gh_test-%s", pci_name(pdev));
	if (!status)
		status = cdev_device_add(&gh->cdev, &gh->node);
	if (status) {
		put_device(&gh->node);
		return status;
	}
	pci_set_drvdata(pdev, gh);
	return 0;
}

static int gh_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int status;

	msleep(READ_ONCE(probe_ms));
	if (probe_shall_fail(pdev))
		return -EIO;
	/* Where there are many, not each of them has I/O ports. */
	status = pci_enable_device_mem(pdev);
	if (status)
		return status;
	status = gh_node_add(pdev);
	if (status)
		pci_disable_device(pdev);
	return status;
}

static void gh_remove(struct pci_dev *pdev)
{
	struct gh_device *gh = pci_get_drvdata(pdev);

	msleep(READ_ONCE(remove_ms));
	while (READ_ONCE(remove_hang) && is_meant(pdev))
		msleep(50);
	if (READ_ONCE(remove_oops) && is_meant(pdev))
		WRITE_ONCE(*(int *)NULL, 1);
	cdev_device_del(&gh->cdev, &gh->node);
	put_device(&gh->node);
	pci_disable_device(pdev);
}

static const struct pci_device_id gh_ids[] = {
	{ PCI_DEVICE(0x1b36, 0x0005) }, /* pci-testdev */
	{ PCI_DEVICE(0x1234, 0x11e8) }, /* edu */
	{ }
};

static struct pci_driver gh_driver = {
	.name = "gh_test",
	.id_table = gh_ids,
	.probe = gh_probe,
	.remove = gh_remove,
};

static int __init gh_init(void)
{
	int status = alloc_chrdev_region(&first_node, 0, NODES, "gh_test");

	if (status)
		return status;
	status = class_register(&gh_class);
	if (status)
		goto no_class;
	status = pci_register_driver(&gh_driver);
	if (status)
		goto no_driver;
	return 0;

no_driver:
	class_unregister(&gh_class);
no_class:
	unregister_chrdev_region(first_node, NODES);
	return status;
}

static void __exit gh_exit(void)
{
	pci_unregister_driver(&gh_driver);
	class_unregister(&gh_class);
	unregister_chrdev_region(first_node, NODES);
}

module_init(gh_init);
module_exit(gh_exit);
MODULE_DESCRIPTION("Test driver that hangs, oopses and fails on demand");
MODULE_LICENSE("GPL");
