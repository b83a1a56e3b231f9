#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Runs in dom0: HVM guests whose disk is a virtio-pci device of xenfm-virtio, served by
# xenfm-vhost-user-blk. Prints TAP.
#
# Usage: sh run.sh STEP...
#
#   disk    the guest is started by xl alone, works on its disk, and is destroyed. The
#           back end is killed meanwhile, and another one takes over
#   reboot  the guest reboots, and works on its disk again; xenfm-virtio has given up
#           its rights

export LC_ALL=C
exec 3>&1
dir=${0%/*}
# shellcheck source=tests/guests/programs/dom0/lib.sh
. "$dir/lib.sh"

# within SECONDS COMMAND...: as in lib.sh, but with a look in three seconds. The looks of the
# original take most of the time of a machine that has one CPU for dom0 and guest.
within() {
	local looks=$(($1 / 3 + 1))
	shift
	until "$@"; do
		if [ $looks = 0 ]; then
			echo "in vain: $*"
			return 1
		fi
		looks=$((looks - 1))
		sleep 3
	done
}

console=/var/log/xen/console/virtio
log=/var/log/xen/qemu-dm-virtio.log
socket=/run/virtio/disk.sock
disk=/tmp/programs/disk
backend='' options=''

start_backend() {
	rm -f $socket
	xenfm-vhost-user-blk --socket-path=$socket --blk-file=$disk >>backend.log 2>&1 &
	backend=$!
}

kill_backend() {
	kill -9 "$backend"
	wait "$backend" 2>/dev/null
	backend=
	return 0
}

# create_guest WORD...: creates the guest, with these words on its kernel's command line.
create_guest() {
	cat >virtio.cfg <<-END
		name = "virtio"
		type = "hvm"
		kernel = "/boot/guest-kernel"
		ramdisk = "/virtio/initrd.gz"
		extra = "console=ttyS0 quiet panic=-1 pci=noearly $*"
		memory = 128
		vcpus = 1
		vga = "none"
		vnc = 0
		nographic = 1
		serial = "file:$console"
		on_crash = "preserve"
		device_model_override = "/usr/libexec/xenfm-virtio-dm"
		device_model_args_hvm = [ "-xenfm-virtio", "blk,socket=$socket" $options ]
	END
	rm -f $console
	xl create virtio.cfg || { cat $log* backend.log; return 1; }
}

# guest_said WORDS: the guest has printed this line. SeaBIOS leaves something before the first
# one.
guest_said() {
	tr -d '\r' <$console 2>/dev/null | grep -a -q "virtio: $1\$"
}

# Prints what may explain a failure, past expect.
show() {
	look 2>&1 | tr -d '\r' | sed 's/^/# /' >&3
	return 1
}

look() {
	tail -n 10 $console
	tail -n 25 $log
	for file in /proc/"$(virtio_pid)"/task/*; do
		echo "${file##*/} $(cat "$file/comm") $(cat "$file/wchan") $(cut -d " " -f 14-15 "$file/stat")"
		cat "$file/stack"
	done
	grep -H . /proc/"$(virtio_pid)"/fdinfo/* | grep -e privcmd
	grep -i -e evtchn -e ioev /proc/interrupts
	xl debug-keys q
	xl dmesg | grep -e ioreq_server -e VCPU
	tail -n 5 backend.log
	xl list
}

says() {
	within "$1" guest_said "$2" || show
}

# The number of the guest's last line that begins with this word.
last_of() {
	tr -d '\r' <$console | sed -n "s/^virtio: $1 //p" | tail -n 1
}

is_beyond() {
	local at

	at=$(last_of "$1")
	[ "${at:--1}" -gt "$2" ]
}

# has_sum NAME WANTED: the guest has printed this checksum.
has_sum() {
	guest_said "sum $1 $(sed -n "s/^$2 //p" /virtio/sums)" && return
	cat /virtio/sums
	tr -d '\r' <$console | grep "^virtio: sum"
	return 1
}

# The image has the right checksum where the guest has written.
image_has_sum() {
	set -- "$(dd if=$disk bs=1M skip=4 count=4 2>/dev/null | sha256sum)"
	echo "written ${1%% *}"
	grep -q -x "written ${1%% *}" /virtio/sums
}

virtio_pid() {
	pidof xenfm-virtio
}

# interrupts WORD: how often the line of /proc/interrupts with this last word has come.
interrupts() {
	awk -v name="$1" '$NF == name { n += $2 } END { print n + 0 }' /proc/interrupts
}

# While the guest works, the driver gets all kicks, and xenfm-virtio gets no request. From
# Linux 6.8 on it gets the event of a kick, too, which the driver has answered.
requests_do_not_pass_by() {
	local kicks seen

	kicks=$(interrupts xen-ioeventfd) seen=$(interrupts evtchn:xenfm-virtio)
	within 60 is_beyond slow $(($(last_of slow) + 10)) || return
	echo "kicks: $kicks, then $(interrupts xen-ioeventfd);" \
		"events: $seen, then $(interrupts evtchn:xenfm-virtio)"
	[ "$(interrupts xen-ioeventfd)" -ge $((kicks + 10)) ] &&
		[ "$(interrupts evtchn:xenfm-virtio)" = "$seen" ]
}

# refused STATUS TEXT OPTION...: xenfm-virtio does not start.
refused() {
	local status=$1 text=$2 said
	shift 2
	said=$(xenfm-virtio "$@" 2>&1)
	[ $? = "$status" ] || { echo "$said"; return 1; }
	echo "$said"
	echo "$said" | grep -q "$text"
}

virtio_user() {
	awk '/^Uid:/ { print $3 }' /proc/"$(virtio_pid)"/status
}

virtio_is_gone() {
	! virtio_pid
}

no_guest() {
	[ "$(xl list | wc -l)" = 2 ]
}

backend_has_frames() {
	echo "$(mapped_frames) frames"
	[ "$(mapped_frames)" -gt "$1" ]
}

new_disk() {
	mkdir -p /run/virtio
	gunzip -c /virtio/disk.gz >$disk
}

# Without a back end the guest's request waits.
stalls() {
	sleep 3
	set -- "$(last_of slow)"
	sleep 3
	echo "slow $1, then slow $(last_of slow)"
	[ "$1" = "$(last_of slow)" ] && ! guest_said "done"
}

goes_on() {
	set -- "$(last_of slow)"
	start_backend
	within 60 is_beyond slow "$1" || show
}

facts() {
	tr -d '\r' <$console | grep -a -e '^virtio: pci' -e '^virtio: inter' \
		-e '^virtio: queues' -e '^virtio: dmesg' | sed 's/^/# /'
	sed 's/^/# /' $log | grep xenfm
	xl debug-keys q
	xl dmesg | grep "ioreq_server.*memory" | sed 's/^/# /'
	grep -e ioeventfd -e evtchn:xenfm /proc/interrupts | sed 's/^/# /'
}

works() {
	expect "$1:guest_has_one_device" within 10 guest_said \
		"pci 0000:00:10.0 0x1042 0x010000 virtio-pci"
	expect "$1:guest_reads_exactly" has_sum "read" "read"
	expect "$1:guest_reads_what_it_wrote" has_sum written written
}

destroyed() {
	expect "$1:guest_is_destroyed" xl destroy virtio
	expect "$1:virtio_ends" within 30 virtio_is_gone || kill -9 "$(virtio_pid)"
	expect "$1:nothing_is_left" within 30 no_guest || xl list
	expect "$1:image_has_it" image_has_sum
	kill_backend
	expect "$1:no_frame_is_left" [ "$(mapped_frames)" = 0 ]
}

disk() {
	new_disk
	start_backend
	expect "disk:guest_is_created" create_guest || return
	expect "disk:virtio_runs" virtio_pid
	expect "disk:guest_boots" says 600 booted || return
	expect "disk:guest_finds_its_disk" says 60 "slow 3"
	facts
	works disk
	expect "disk:requests_do_not_pass_by" requests_do_not_pass_by
	expect "disk:running_guest_is_refused" refused 1 "runs already" \
		--domain=virtio --device=blk,socket=$socket
	expect "disk:unknown_guest_is_refused" refused 1 "no domain 'other'" \
		--domain=other --device=blk,socket=$socket
	kill_backend
	expect "disk:guest_waits_without_a_backend" stalls
	expect "disk:another_takes_over" goes_on
	expect "disk:guest_comes_to_its_end" says 120 "done"
	expect "disk:two_backends_wrote_exactly" has_sum slow-copy slow
	destroyed disk
}

reboot() {
	new_disk
	start_backend
	options=", '-xenfm-virtio', '--user=xen-qemuuser-range-base'"
	within 30 chmod 666 $socket 2>/dev/null
	expect "reboot:guest_is_created" create_guest virtio_reboot || return
	expect "reboot:guest_reboots" says 600 reboots || return
	rm -f $console.first
	mv $console $console.first
	expect "reboot:guest_boots_again" says 600 "boot 1"
	expect "reboot:guest_comes_to_its_end" says 200 "done"
	expect "reboot:virtio_is_another_user" [ "$(virtio_user)" = 131072 ]
	works reboot
	destroyed reboot
}

for step; do
	case $step in
	disk | reboot) "$step" ;;
	*) echo "Bail out! no step $step"; exit 1 ;;
	esac
done
echo "1..$n"
[ "$bad" = 0 ]
