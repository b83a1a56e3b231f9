# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# The piece of dom0's initramfs that holds Debian's toolstack and a guest for
# it. tests/xen/pack sources this file, which uses its functions.

# Guests run Debian's kernel of dom0's series. This script is their only program. It counts
# on the console, so the output shows whether the guest runs.
# shellcheck disable=SC2016 # for the guest to expand
guest_init='#!/bin/sh
n=0
while :; do
	echo "guest: $n"
	n=$((n + 1))
	sleep 1
done'

# guest_root BUSYBOX-TREE ROOT
guest_root() {
	busybox "$1" "$2"
	printf '%s\n' "$guest_init" >"$2/init"
	chmod 755 "$2/init"
}

# guest_config NAME TYPE ROOT
guest_config() {
	cat >"$3/etc/xen/$1.cfg" <<-END
		name = "$1"
		type = "$2"
		kernel = "/boot/guest-kernel"
		ramdisk = "/boot/guest-initrd"
		extra = "console=hvc0 panic=-1"
		memory = 96
		vcpus = 1
		on_crash = "preserve"
	END
}

# guest KERNEL-TREE BUSYBOX-TREE ROOT
guest() {
	local kernel=$1 root=$3
	mkdir -p "$root/boot" "$root/etc/xen"
	write "$root/boot/guest-initrd" guest_root "$2"
	cp "$kernel"/boot/vmlinuz-* "$root/boot/guest-kernel"
	case ${kernel##*-} in
	amd64)
		guest_config pv pv "$root"
		guest_config pvh pvh "$root" ;;
	arm64)
		guest_config vm pvh "$root" ;;
	esac
}

# toolstack KERNEL-TREE BUSYBOX-TREE TOOLSTACK-TREE ROOT
toolstack() {
	local kernel=$1 tree=$3 root=$4 bin dir file

	bin=$(cd "$tree" && echo usr/lib/xen-[0-9]*/bin)
	for dir in "$bin" usr/bin usr/sbin var/lib/xen var/lib/xenstored \
		var/log/xen/console etc/xen; do
		mkdir -p "$root/$dir"
	done
	ln -s /run/lock "$root/var/lock"
	: >"$root/etc/xen/xl.conf"
	# On Debian a script chooses the version of these programs. Here there is only one
	# version. The OCaml xenstored is left out: it is as big as all the others.
	for file in "$tree/$bin"/*; do
		[[ $file != */oxenstored && ! -L $file ]] || continue
		[[ $(head -c 4 "$file") == $'\x7fELF' ]] || continue
		cp "$file" "$root/$bin/"
		ln -s "/$bin/${file##*/}" "$root/usr/sbin/"
	done
	find "$tree/usr/bin" -name 'xenstore*' -type f \
		-exec cp -t "$root/usr/bin" {} +
	libraries "$root" "$tree" "${kernel##*-}"
	guest "$kernel" "$2" "$root"
}
