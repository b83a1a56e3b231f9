# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=sh
#
# The part of check-mutants that runs in dom0, in busybox's shell. Each line of the file
# list beside this script has a mutant and the cases that it must fail.
#
# Usage: dom0.sh SLOW
#
#   SLOW  factor for the time limits of the cases

here=/mutants

# Prints the lines that the kernel has logged and that count as errors.
errors() {
	dmesg -c | busybox grep -F -f /tmp/log-errors | busybox sed 's/^/mutant log: /'
}

# run_cases SLOW PATTERN: fails if a case fails. Then no other case of the mutant needs to run.
# The time limit is for a process that loops in the kernel, which no signal ends.
run_cases() {
	busybox timeout -s KILL $((600 * $1)) privcmd-test --hazards --slow "$1" "$2"
	status=$?
	[ $status -le 1 ] || echo "not ok 0 - broke_off"
	return $status
}

busybox grep -v -e '^#' -e '^$' /rig/log-errors >/tmp/log-errors
insmod $here/looker.ko
# A kernel that hangs panics, so the next mutant need not wait for the time limit.
for hang in softlockup_panic hung_task_panic; do
	[ ! -e /proc/sys/kernel/$hang ] || echo 1 >/proc/sys/kernel/$hang
done
dmesg -c >/dev/null
while read -r name cases; do
	echo "mutant begins: $name"
	echo "mutant: $name" >/dev/kmsg
	insmod $here/"$name".ko && insmod /modules/xenfs.ko && mount -t xenfs xenfs /proc/xen ||
		echo "not ok 0 - load"
	(set -f; for pattern in $cases; do
		run_cases "$1" "$pattern" || break
	done) 2>&1
	umount /proc/xen 2>/dev/null
	stuck=no
	rmmod xenfs 2>/dev/null
	rmmod xen_privcmd 2>/dev/null || stuck=yes
	errors
	[ $stuck = no ] || echo "mutant stuck: $name"
	echo "mutant ends: $name"
	[ $stuck = no ] || exit 0
done <$here/list
