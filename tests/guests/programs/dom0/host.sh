# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Steps that need no guest: the daemons, the trace buffers, the hypervisor's
# log, a program of Xen's own tests. run.sh sources this file.

# has_device PID: the process has /dev/xen/privcmd open, and the device is our module's.
# Only our module has such lines in fdinfo.
has_device() {
	local fd

	for fd in /proc/"$1"/fd/*; do
		[ "$(readlink "$fd")" = /dev/xen/privcmd ] || continue
		! ours || grep -q '^xen-privcmd-frames:' \
			"/proc/$1/fdinfo/${fd##*/}" || return 1
		return 0
	done
	echo "process $1 has no /dev/xen/privcmd open"
	return 1
}

daemon_has_device() {
	has_device "$(cat "/run/xen/$1.pid")"
}

xenstored_answers() {
	xenstore-write /programs/test yes &&
		[ "$(xenstore-read /programs/test)" = yes ] &&
		xenstore-rm /programs
}

xl_info() {
	xl info >info && grep -q '^xen_version *: 4\.' info &&
		grep -q '^free_memory *: [1-9]' info
}

hypervisor_log() {
	xl dmesg >dmesg && grep -q -a '^(XEN) .*Xen version' dmesg
}

# The log has the message of the debug key only after the key.
debug_key() {
	xl dmesg -c >/dev/null && ! xl dmesg | grep 'Debug keys' &&
		xl debug-keys h && xl dmesg | grep -q "'h' pressed"
}

daemons() {
	expect xl-info:tells_of_xen xl_info
	expect xl-dmesg:shows_the_boot hypervisor_log
	expect xl-dmesg:shows_what_is_new debug_key
	expect xenstored:on_this_device daemon_has_device xenstored
	expect xenstored:answers xenstored_answers
	expect xenconsoled:on_this_device daemon_has_device xenconsoled
}

# Records in Xen's format begin with a head word. Its bit 31 is set if a time stamp of two
# words follows. Its bits 28 to 30 are the number of further words. A record of the event
# 0x1f003 has a CPU and the number of bytes of its records that follow. The last of these
# records must end with these bytes, and the file must end with a complete record.
trace_is_whole() {
	od -A n -v -t u4 -w4 trace | awk '
	function bail(text) {
		print "word " NR ": " text
		bad = 1
		exit 1
	}
	skip { if (--skip == 0 && window_next) { left = $1 / 4; window_next = 0 }
		next }
	{
		event = $1 % 268435456
		more = int($1 / 268435456) % 8
		stamp = $1 >= 2147483648 ? 2 : 0
		skip = more + stamp
		if (event == 126979) {
			if (left)
				bail("the records of a CPU begin " left " words too early")
			if (more != 2 || stamp)
				bail("the record of a CPU has an unknown form")
			window_next = 1
			next
		}
		left -= 1 + skip
		if (left < 0)
			bail("a record is longer than the rest of its CPU")
		records++
		# 0x2xxxx: the scheduler
		sched += event >= 131072 && event < 196608
	}
	END {
		if (bad)
			exit 1
		if (skip || left) {
			print "the file ends inside a record"
			exit 1
		}
		print records + 0 " records, " sched + 0 " of the scheduler"
		exit !(records > 100 && sched > 100)
	}'
}

take_trace() {
	xentrace -D -e all -T 2 trace
}

# The buffers are Xen's own frames (DOMID_XEN).
trace() {
	expect xentrace:ends_well take_trace &&
		expect xentrace:records_are_whole trace_is_whole
	expect xentrace:again take_trace &&
		expect xentrace:records_are_whole_again trace_is_whole
	rm -f trace
}

one_domain() {
	[ "$(xl list | wc -l)" = 2 ]
}

test_resource() {
	test-resource && test-resource && within 30 one_domain
}

resource() {
	expect test-resource:passes_twice test_resource
}
