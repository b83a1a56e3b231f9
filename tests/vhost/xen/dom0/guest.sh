# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# A guest with a virtio-mmio disk, its device model and the disk's backend. The three
# start and end independently. run.sh sources this file.

console=/var/log/xen/console/guest-vhost.log
socket=/run/vhost.sock
disk=/tmp/vhost/disk
ram=256 # MiB of guest memory

# For a "standalone" disk xl waits until the backend's manager writes to xenstore that the
# backend is ready, and after the guest's end that the backend has gone. This function
# writes both.
answer_xl() {
	local path=/local/domain/0/backend/virtio_disk id state

	while :; do
		for id in $(xenstore-list $path 2>/dev/null); do
			state=$path/$id/51712/state
			case $(xenstore-read "$state" 2>/dev/null) in
			1) xenstore-write "$state" 2 ;;
			5) xenstore-write "$state" 6 ;;
			esac
		done
		sleep 0.3
	done
}

new_disk() {
	gunzip -c /vhost/disk.gz >$disk
}

# start_backend lazy|eager|intree: starts the backend. The argument is the way in which it
# maps the guest's memory.
start_backend() {
	local options=

	[ "$1" = lazy ] || options=--eager
	rm -f $socket
	# shellcheck disable=SC2086 # words
	xenfm-vhost-user-blk $options --socket-path=$socket --blk-file=$disk \
		>>backend.log 2>&1 &
	backend=$!
}

kill_backend() {
	kill -9 "$backend"
	wait "$backend" 2>/dev/null
	backend=
	return 0
}

# node_of MODE: prints the driver's device. The devices of our module and of the in-tree
# one differ if both are loaded.
node_of() {
	case $1 in
	intree) echo /dev/xen/privcmd ;;
	*) echo "${XENFM_DEVICE:-/dev/xen/privcmd}" ;;
	esac
}

# start_shim DOMID MODE
start_shim() {
	local path=/local/domain/0/backend/virtio_disk/$1/51712

	vhost-shim --domain "$1" --base "$(xenstore-read $path/base)" \
		--irq "$(xenstore-read $path/irq)" --ram $ram --socket $socket \
		--device "$(node_of ours)" --memory "$(node_of "$2")" \
		>shim.log 2>&1 &
	shim=$!
}

# shim_said PATTERN [N]: at least N lines (default: 1) of the shim's log match.
shim_said() {
	kill -0 "$shim" 2>/dev/null || { cat shim.log backend.log; return 2; }
	[ "$(grep -c "^$1" shim.log)" -ge "${2:-1}" ]
}

# create_guest WORK
create_guest() {
	cat >vhost.cfg <<-END
		name = "vhost"
		type = "pvh"
		kernel = "/boot/guest-kernel"
		ramdisk = "/vhost/initrd"
		extra = "console=hvc0 loglevel=4 panic=-1 vhost=$1"
		memory = $ram
		vcpus = 1
		on_crash = "preserve"
		disk = [ "backendtype=standalone, specification=virtio, \
		vdev=xvda, format=raw, target=$disk" ]
	END
	rm -f $console
	xl create -p vhost.cfg && id=$(xl domid vhost)
}

# begin MODE WORK: starts the backend, the shim and the guest.
begin() {
	new_disk && start_backend "$1" && create_guest "$2" &&
		start_shim "$id" "$1" && within 60 shim_said ready &&
		xl unpause vhost
}

# guest_said WORDS: the guest has printed this line.
guest_said() {
	tr -d '\r' <$console 2>/dev/null | grep -q "^vhost: $1\$"
}

# last_of WORD: prints the guest's last line that begins with this word.
last_of() {
	tr -d '\r' <$console | sed -n "s/^vhost: $1 //p" | tail -n 1
}

guest_done() {
	within 600 guest_said "done" || {
		tail -n 15 $console
		cat shim.log backend.log
		return 1
	}
}

alive_beyond() {
	[ "$(last_of alive)" -gt "$1" ]
}

guest_lives() {
	within 60 alive_beyond $(($(last_of alive) + 2))
}

# has_sum NAME: the guest has printed the right checksum of this file.
has_sum() {
	guest_said "sum $1 $(sed -n "s/^$1 //p" /vhost/sums)" && return
	echo "expected: $(grep "^$1 " /vhost/sums)"
	tr -d '\r' <$console | grep "^vhost: sum"
	return 1
}

# files_have_sum NAME FILE...: the files have the right checksum in the image. dom0 reads
# the image without guest and backend.
files_have_sum() {
	local name=$1 is

	shift
	mount -t ext4 -o loop,ro $disk image || return 1
	is=$(cd image && cat "$@" | sha256sum)
	umount image
	echo "$name ${is%% *}"
	grep -q -x "$name ${is%% *}" /vhost/sums
}

# frames_of PID: prints the number of frames that the process has mapped through our module.
frames_of() {
	cat "/proc/$1"/fdinfo/* 2>/dev/null |
		awk '/^xen-privcmd-frames:/ { n += $2 } END { print n + 0 }'
}

no_guest() {
	[ "$(xl list | wc -l)" = 2 ]
}

# ends MODE: destroys the guest. No part of it may be left, and no mapping. A backend that
# has mapped all of the guest's memory is killed first: while pages of a dying domain are
# mapped, Xen on Arm scans all its remaining pages again and again. dom0's only CPU may
# never return from that, with any driver.
ends() {
	[ ! "$backend" ] || [ "$1" = lazy ] || kill_backend
	xl destroy vhost || return 1
	[ ! "$backend" ] || kill "$backend"
	kill "$shim"
	wait "$shim" "$backend" 2>/dev/null
	backend='' shim=''
	within 60 no_guest && [ "$(mapped_frames)" = 0 ]
}
