# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# A guest with a virtio-mmio device, its device model and the device's backend. The three
# start and end independently. run.sh sources this file.

console=/var/log/xen/console/guest-vhost.log
ram=256 # MiB of guest memory

# For a "standalone" disk xl waits until the backend's manager writes to xenstore that the
# backend is ready, and after the guest's end that the backend has gone. This function
# writes both. A shared directory looks like a disk to xl: the guest asks the device what
# it is.
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

# A backend that keeps no record of the requests in flight can be replaced only if the
# guest has one request at a time. Debian's backends keep none.
keeps_inflight() {
	[ "$program" = xenfm-vhost-user-blk ]
}

# start_shim DOMID WAY
start_shim() {
	local path=/local/domain/0/backend/virtio_disk/$1/51712 options=

	keeps_inflight || options=--no-inflight
	[ "$device" = disk ] || options="$options --share share"
	# shellcheck disable=SC2086 # words
	vhost-shim --domain "$1" --base "$(xenstore-read $path/base)" \
		--irq "$(xenstore-read $path/irq)" --ram $ram --socket "$socket" \
		--device "$(node_of ours)" --memory "$(node_of "$2")" \
		--regions "$regions" $options >shim.log 2>&1 &
	shim=$!
}

# shim_said PATTERN [N]: at least N lines (default: 1) of the shim's log match.
shim_said() {
	kill -0 "$shim" 2>/dev/null || { cat shim.log backend.log; return 2; }
	[ "$(grep -c "^$1" shim.log)" -ge "${2:-1}" ]
}

# create_guest WORK
create_guest() {
	local depth=

	keeps_inflight || depth=vhost_depth=1
	cat >vhost.cfg <<-END
		name = "vhost"
		type = "pvh"
		kernel = "/boot/guest-kernel"
		ramdisk = "/vhost/initrd"
		extra = "console=hvc0 loglevel=4 panic=-1 vhost=$1 vhost_device=$device $depth"
		memory = $ram
		vcpus = 1
		on_crash = "preserve"
		disk = [ "backendtype=standalone, specification=virtio, \
		vdev=xvda, format=raw, target=$disk" ]
	END
	rm -f $console
	xl create -p vhost.cfg && id=$(xl domid vhost)
}

# begin WAY WORK: starts the backend, the shim and the guest.
begin() {
	new_files && start_backend "$1" && create_guest "$2" &&
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

# tell_guest: types a line at the guest's console. The guest waits for it.
tell_guest() {
	echo >"$(xenstore-read "/local/domain/$id/console/tty")"
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

# sum_in DIRECTORY NAME FILE...
sum_in() {
	local is

	is=$(cd "$1" && shift 2 && cat "$@" | sha256sum)
	echo "$2 ${is%% *}"
	grep -q -x "$2 ${is%% *}" /vhost/sums
}

# files_have_sum NAME FILE...: the files have the right checksum in the image, or in the
# shared directory. dom0 reads them without guest and backend.
files_have_sum() {
	local ret

	[ "$device" = disk ] || { sum_in "$shared" "$@"; return; }
	mount -t ext4 -o loop,ro "$disk" image || return 1
	sum_in image "$@"
	ret=$?
	umount image
	return $ret
}

no_guest() {
	[ "$(xl list | wc -l)" = 2 ]
}

# ends WAY: destroys the guest. No part of it may be left, and no mapping. A backend that
# has mapped all of the guest's memory is killed first: while pages of a dying domain are
# mapped, Xen on Arm scans all its remaining pages again and again. dom0's only CPU may
# never return from that, with any driver.
ends() {
	case $1/$backend in
	*/) ;;
	eager/* | intree/*) kill_backend ;;
	esac
	xl destroy vhost || return 1
	[ ! "$backend" ] || kill "$backend"
	kill "$shim"
	wait "$shim" "$backend" 2>/dev/null
	backend='' shim=''
	within 60 no_guest && [ "$(mapped_frames)" = 0 ]
}
