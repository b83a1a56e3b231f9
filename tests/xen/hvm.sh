# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# The piece of dom0's initramfs for HVM guests: Debian's QEMU as the device model, the
# firmware, and a guest that reads and writes the disks that QEMU emulates. tests/xen/pack
# sources this file, which uses its functions.

# The guest prints checksums of its disks on the emulated serial port, copies a part of one
# disk to the other, and then counts. The write ends below 256 KiB: libxl limits the files
# that a de-privileged QEMU writes to that size.
# shellcheck disable=SC2016 # for the guest to expand
hvm_init='#!/bin/sh
mount -t devtmpfs none /dev
mount -t sysfs none /sys
for module in $(cat /modules/order); do
	insmod "/modules/$module"
done
while [ ! -b /dev/sda ] || [ ! -b /dev/sr0 ]; do
	sleep 1
done
# disk WHAT NAME: prints its model and the checksum of its content.
disk() {
	echo "guest: $1," $(cat "/sys/block/$2/device/model") \
		$(sha256sum <"/dev/$2" | cut -d " " -f 1)
}
disk disk sda
disk cdrom sr0
dd if=/dev/sr0 of=/dev/sda bs=4k seek=16 count=32 conv=fsync 2>/dev/null &&
	echo "guest: copied"
n=0
while :; do
	echo "guest: $n"
	n=$((n + 1))
	sleep 1
done'

# Without pci=noearly the kernel scans for an AGP bridge, which takes ten seconds of
# accesses to QEMU. backendtype=qdisk: QEMU serves the disks. Without it libxl would use a
# loop device.
hvm_config='name = "hvm"
type = "hvm"
kernel = "/boot/guest-kernel"
ramdisk = "/boot/hvm-initrd"
extra = "console=ttyS0 quiet panic=-1 pci=noearly xen_emul_unplug=never"
memory = 128
vcpus = 1
vga = "none"
vnc = 0
nographic = 1
serial = "file:/var/log/xen/console/hvm"
disk = [
	"vdev=hda,format=raw,backendtype=qdisk,target=/var/lib/xen/images/disk",
	"vdev=hdc,format=raw,devtype=cdrom,target=/var/lib/xen/images/cdrom",
]
on_crash = "preserve"'

# disk_modules KERNEL-TREE ROOT: copies the drivers of the emulated disks, and writes the
# order in which they are loaded.
disk_modules() {
	local tree=$1 root=$2 name how file
	mkdir -p "$root/modules"
	for name in ata_piix sd_mod sr_mod; do
		PATH=$PATH:/sbin:/usr/sbin modprobe -d "$tree" -S "${tree##*/}" \
			--show-depends "$name"
	done | while read -r how file _; do
		[[ $how == insmod ]] || continue # "builtin"
		name=$(basename "${file%.xz}")
		[[ ! -e $root/modules/$name ]] || continue
		case $file in
		*.xz) xz -dc "$file" >"$root/modules/$name" ;;
		*) cp "$file" "$root/modules/" ;;
		esac
		echo "$name"
	done >"$root/order"
	mv "$root/order" "$root/modules/"
}

# hvm_guest KERNEL-TREE BUSYBOX-TREE ROOT
hvm_guest() {
	mkdir -p "$3"/{dev,sys}
	busybox "$2" "$3" cut sha256sum
	disk_modules "$1" "$3"
	printf '%s\n' "$hvm_init" >"$3/init"
	chmod 755 "$3/init"
}

# hvm KERNEL-TREE BUSYBOX-TREE TOOLSTACK-TREE QEMU-TREE ROOT
hvm() {
	local kernel=$1 tree=$3 qemu=$4 root=$5 boot file
	boot=$(cd "$tree" && echo usr/lib/xen-[0-9]*/boot)
	for file in bin boot "$boot" etc/xen usr/libexec usr/share/seabios \
		usr/share/qemu/keymaps var/lib/xen/images; do
		mkdir -p "$root/$file"
	done
	for file in awk cmp cp cut readlink rm sed sha256sum sort tail tr wc; do
		ln -s busybox "$root/bin/$file"
	done
	cp "$tree/$boot/hvmloader" "$root/$boot/"
	for file in libexec/xen-qemu-system-i386 share/seabios/bios-256k.bin \
		share/qemu/{linuxboot.bin,kvmvapic.bin,keymaps/en-us}; do
		cp "$qemu/usr/$file" "$root/usr/$file"
	done
	libraries "$root" "$qemu" "${kernel##*-}"
	# with dm_restrict=1 QEMU's user id is this one plus the domain's number
	printf '%s\n' root:x:0:0::/root:/bin/sh \
		xen-qemuuser-range-base:x:131072:131072::/nonexistent:/bin/false \
		>"$root/etc/passwd"
	printf '%s\n' "$hvm_config" >"$root/etc/xen/hvm.cfg"
	head -c 2M /dev/urandom >"$root/var/lib/xen/images/disk"
	head -c 1M /dev/urandom >"$root/var/lib/xen/images/cdrom"
	# compressed, because the guest reads it byte by byte
	write "$root/boot/hvm-initrd" hvm_guest "$kernel" "$2"
	gzip -n "$root/boot/hvm-initrd"
	mv "$root/boot/hvm-initrd.gz" "$root/boot/hvm-initrd"
}
