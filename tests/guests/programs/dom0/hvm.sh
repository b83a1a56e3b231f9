# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=sh
#
# Runs in dom0. An HVM guest boots Linux and uses the disks that QEMU emulates. The test
# runs twice: with QEMU as root, and with a de-privileged QEMU (dm_restrict), whose every
# descriptor is restricted to the guest. Prints TAP. The name of a test is
# PROGRAM:SITUATION.
#
# Usage: sh hvm.sh

images=/var/lib/xen/images
console=/var/log/xen/console/hvm
tracing=/sys/kernel/tracing
base=131072 # number of the user xen-qemuuser-range-base
count=0
failed=0

# result NAME COMMAND ARG...: one test. The output is shown if the command fails.
result() {
	name=qemu-$mode:$1
	shift
	count=$((count + 1))
	if "$@" >/tmp/said 2>&1; then
		echo "ok $count - $name"
	else
		sed 's/^/# /' /tmp/said
		echo "not ok $count - $name"
		failed=$((failed + 1))
	fi
}

uptime() {
	cut -d . -f 1 /proc/uptime
}

# within LOOKS COMMAND ARG...: the looks are a second apart or more, on a slow machine.
within() {
	looks=$1
	shift
	until "$@"; do
		[ "$looks" -gt 0 ] || return 1
		looks=$((looks - 1))
		sleep 1
	done
}

same() {
	[ "$1" = "$2" ] || {
		echo "have: $1"
		echo "want: $2"
		return 1
	}
}

free_memory() {
	xl info | sed -n 's/^free_memory *: //p'
}

guest_said() {
	tr -d '\r' <"$console" 2>/dev/null | grep -q -x -F "guest: $1"
}

counts_on() {
	within "$1" guest_said 2 || {
		echo "the guest did not boot; its console:"
		tail -n 30 "$console"
		tail -n 30 /var/log/xen/qemu-dm-hvm.log
		return 1
	}
}

sum() {
	sha256sum <"$1" | cut -d " " -f 1
}

says() {
	guest_said "$1" || {
		echo "the guest did not print: $1"
		grep -a guest: "$console"
		return 1
	}
}

find_qemu() {
	domid=$(xl domid hvm)
	pid=$(xenstore-read "/local/domain/$domid/image/device-model-pid")
}

# fdinfo KEY: prints the value of this line for each of QEMU's descriptors of our device.
fdinfo() {
	cat "/proc/$pid"/fdinfo/* | sed -n "s/^xen-privcmd-$1:\t//p"
}

total() {
	awk '{ n += $1 } END { print n + 0 }'
}

# The pages that QEMU has mapped are those that our device counts: buckets of one MiB of
# QEMU's map cache, and the two pages of requests.
mappings() {
	sed -n 's|^\([^ ]*\) .* /dev/xen/privcmd$|\1|p' "/proc/$pid/maps" \
		>/tmp/ranges
	pages=0
	while read -r range; do
		pages=$((pages + (0x${range#*-} - 0x${range%-*}) / 4096))
	done </tmp/ranges
	frames=$(fdinfo frames | total)
	lost=$(fdinfo failed | total)
	echo "mapped $pages, frames $frames, failed $lost, in:"
	cat /tmp/ranges
	[ $pages -eq $((frames + lost)) ] && [ "$frames" -gt 256 ] &&
		[ $((pages % 256)) -eq 2 ]
}

# The ioctls that QEMU made, and their results: DM_OP, MMAPBATCH_V2, MMAP_RESOURCE,
# RESTRICT, and the number that no driver knows.
ioctls() {
	want='0x105005 0 0x205004 0 0x205007 0 '
	[ "$mode" = root ] || want="${want}0x25006 0 "
	same "$(sed -n "s/.*-$pid .* cmd=\(.*\) ret=\(.*\)/\1 \2/p" \
		/tmp/trace | sort -u | tr '\n' ' ')" "${want}0x50ff -25 "
}

status_line() {
	sed -n "s/^$1:\t//p" "/proc/$pid/status" | tr '\t' ' '
}

owner_root() {
	same "$(status_line Uid)" "0 0 0 0" &&
		same "$(fdinfo domid | sort -u)" none
}

owner_restricted() {
	uid=$((base + domid))
	same "$(status_line Uid)" "$uid $uid $uid $uid" &&
		same "$(status_line CapEff)" 0000000000000000 &&
		same "$(readlink "/proc/$pid/root")" \
			"/run/xen/qemu-root-$domid" &&
		same "$(fdinfo domid | sort -u)" "$domid"
}

# Prints the last number that the guest has printed.
number() {
	tr -d '\r' <"$console" | sed -n 's/^guest: \([0-9]*\)$/\1/p' | tail -n 1
}

# QEMU records the pages that it writes while the guest is saved. A new QEMU restores the
# state of the old one, and the guest continues to count. libxl does not support this with
# a restricted QEMU.
saved() {
	xl save hvm /tmp/saved && [ "$(xl list | wc -l)" -eq 2 ]
}

restored() {
	last=$(number)
	xl restore /tmp/saved || return 1
	rm /tmp/saved
	find_qemu
	within 600 guest_said $((last + 3)) || {
		echo "the guest had counted to $last, and now to $(number)"
		tail -n 30 "$console" /var/log/xen/qemu-dm-hvm.log
		return 1
	}
}

gone() {
	[ "$(xl list | wc -l)" -eq 2 ] && [ ! -e "/proc/$pid" ] &&
		[ "$(free_memory)" = "$free" ]
}

destroyed() {
	xl destroy hvm
	within 120 gone || {
		xl list
		echo "free memory is $(free_memory) MiB, it was $free MiB"
		tail -n 30 /var/log/xen/xl-hvm.log
		return 1
	}
}

# Makes a new disk, and the content that the guest must have written to it at the end.
prepare() {
	rm -f "$console"
	dd if=/dev/urandom of=$images/disk bs=64k count=32 2>/dev/null
	cp $images/disk /tmp/want
	dd if=$images/cdrom of=/tmp/want bs=4k seek=16 count=32 conv=notrunc \
		2>/dev/null
	disk=$(sum $images/disk)
	cdrom=$(sum $images/cdrom)
	free=$(free_memory)
}

one() {
	mode=$1
	started=$(uptime)
	prepare
	echo >$tracing/trace
	echo 1 >$tracing/events/xen_privcmd/privcmd_ioctl/enable
	result create xl create /etc/xen/hvm.cfg "dm_restrict=$2"
	result boot counts_on 900
	echo 0 >$tracing/events/xen_privcmd/privcmd_ioctl/enable
	cat $tracing/trace >/tmp/trace
	find_qemu
	result disk says "disk, QEMU HARDDISK $disk"
	result cdrom says "cdrom, QEMU DVD-ROM $cdrom"
	result write cmp $images/disk /tmp/want
	result mappings mappings
	result ioctls ioctls
	result owner "owner_$mode"
	if [ "$mode" = root ]; then
		result save saved
		result restore restored
	fi
	result destroy destroyed
	echo "# $mode: $(($(uptime) - started)) s"
}

echo 8192 >$tracing/buffer_size_kb
one root 0
one restricted 1
echo "1..$count"
[ $failed -eq 0 ]
