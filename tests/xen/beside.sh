# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=sh
#
# The part of tests/xen/beside that runs in dom0, in busybox's shell. The in-tree driver
# is loaded and serves /proc/xen. Our module is loaded beside it.
#
# Usage: beside.sh

name=xen-privcmd-fm
module=xen_privcmd_fm
export XENFM_DEVICE=/dev/xen/$name
n=0

# result NAME: a test that passes if the command before it succeeded.
result() {
	if [ $? = 0 ]; then
		n=$((n + 1))
		echo "ok $n - $1"
	else
		n=$((n + 1))
		busybox sed 's/^/# /' /tmp/said
		echo "not ok $n - $1"
	fi
}

# refused KO WORDS: insmod fails, and the kernel's log has these words, if any are given.
refused() {
	dmesg -c >/dev/null
	! insmod "$1" 2>/tmp/said && { [ ! "$2" ] || dmesg | grep -q -F "$2"; }
}

# driver DEVICE WORDS: xenfm info reports this driver for the device.
driver() {
	XENFM_DEVICE=$1 xenfm info >/tmp/said 2>&1
	grep -q -x "driver: $2" /tmp/said
}

nodes() {
	ls /dev/xen >/tmp/said
	[ -c "/dev/xen/$name" ] && [ -c "/dev/xen/$name-hypercall" ]
}

both() {
	nodes && driver /dev/xen/privcmd in-tree && driver /proc/xen/privcmd in-tree &&
		driver "/dev/xen/$name" 'xen-privcmd [0-9.]*'
}

# The whole suite on our module. The host counts its TAP, see tests/xen/beside.
suite() {
	privcmd-test --hazards 2>&1
	echo "exit status $?"
}

both
result beside_both_answer

[ -e /sys/module/$module/parameters/max_frames ] &&
	[ ! -e /sys/module/xen_privcmd/parameters/max_frames ]
result beside_parameters_by_its_name

[ -d /sys/kernel/tracing/events/$module/privcmd_map ] &&
	[ ! -e /sys/kernel/tracing/events/xen_privcmd ]
result beside_tracepoints_by_its_name

refused /beside/xen-privcmd.ko '' && grep -q 'File exists' /tmp/said && both
result dropin_refused_beside_module_of_its_name

refused /beside/xen-another.ko \
	'xen_another: exports duplicate symbol xen_privcmd_fops (owned by xen_privcmd)' &&
	both
result dropin_refused_beside_its_symbols

refused /beside/xen-builtin.ko \
	'xen_another: exports duplicate symbol register_console (owned by kernel)' &&
	both
result dropin_refused_beside_the_kernel_s_own_symbols

suite | busybox sed 's/^/suite: /'

rmmod $module && ! nodes && driver /dev/xen/privcmd in-tree
result beside_unloads_alone

insmod /modules/ours/$name.ko && both
result beside_loads_again

# Both modules are ours now: our drop-in and the one beside it. They must share no names.
dmesg -c >/dev/null
umount /proc/xen && rmmod xenfs && rmmod xen_privcmd && nodes &&
	insmod /beside/xen-privcmd.ko && insmod /modules/xenfs.ko &&
	mount -t xenfs xenfs /proc/xen &&
	driver /proc/xen/privcmd 'xen-privcmd [0-9.]*' &&
	driver "/dev/xen/$name" 'xen-privcmd [0-9.]*' &&
	[ -d /sys/kernel/tracing/events/xen_privcmd/privcmd_map ] &&
	[ -d /sys/kernel/tracing/events/$module/privcmd_map ] &&
	! dmesg | grep -i -e tracefs -e 'already' >/tmp/said
result beside_ours_too

echo "1..$n"
