#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Runs in dom0: guests whose disk or shared directory is served by a vhost-user backend
# that maps their memory. Prints TAP, a comment "served WAY MEMORY, PROGRAM" for each way,
# and the figures as comments "figure WAY NAME VALUE".
#
# Usage: sh run.sh STEP...
#
#   whole=WAY  a guest works on its disk; its backend is killed meanwhile, and
#              another one takes over
#   share=WAY  a guest works on a shared directory; its backend is killed between two
#              mounts, and another one takes over
#   rates=WAY  measure the cost of requests
#
# A WAY is a backend and how it gets the guest's memory. With XEN_MMAP:
#
#   lazy   xenfm-vhost-user-blk, which maps a page when it needs it
#   eager  xenfm-vhost-user-blk, which maps all pages at its start
#   intree  the same, on the in-tree driver
#
# By memory files:
#
#   files        xenfm-vhost-user-blk, with two regions and a file of each
#   qemu-files   qemu-storage-daemon, with the same
#   qemu-offset  qemu-storage-daemon, with two regions of one file
#   virtiofsd    virtiofsd, with two regions and a file of each
#   qemu13-offset, virtiofsd13  the programs of Debian 13

export LC_ALL=C
dir=${0%/*}
# shellcheck source=tests/guests/programs/dom0/lib.sh
. "$dir/lib.sh"
# shellcheck source=tests/vhost/xen/dom0/backend.sh
. "$dir/backend.sh"
# shellcheck source=tests/vhost/xen/dom0/guest.sh
. "$dir/guest.sh"

figure() {
	echo "# figure $*"
}

part_beyond() {
	local part

	part=$(last_of part)
	[ "${part:--1}" -gt "$1" ]
}

# Without a backend the guest's request waits, and the rest of the guest runs.
stalls() {
	local before

	guest_lives || return 1 # the console may still have output
	before=$(last_of part)
	guest_lives || return 1
	echo "part $before, then part $(last_of part)"
	[ "$(last_of part)" = "$before" ] && ! guest_said "done"
}

takes_over() {
	start_backend "$1" && within 60 shim_said served "$2" &&
		within 60 part_beyond "$3"
}

writes() {
	within 300 part_beyond 3 || { cat $console shim.log backend.log; return 1; }
}

# killed WAY: kills the backend while the guest writes.
killed() {
	local frames part

	frames=$(backend_frames)
	kill_backend
	expect "kill:$1_guest_waits" stalls
	expect "kill:$1_mapping_is_gone" within 10 mapping_is_gone "$frames"
	part=$(last_of part)
	expect "kill:$1_another_takes_over" takes_over "$1" 2 "$part"
}

# A lazy mapping has a part of the guest's memory. An eager mapping has all of it.
frames_fit() {
	local frames all=$((ram * 256))

	frames=$(backend_frames)
	echo "$frames frames of $all"
	case $1 in
	eager) [ "$frames" = $all ] ;;
	*) [ "$frames" -gt 0 ] && [ "$frames" -lt $all ] ;;
	esac
}

comes_to_its_end() {
	expect "guest:$1_comes_to_its_end" guest_done || return
	expect "guest:$1_reads_exactly" has_sum seed
	expect "guest:$1_reads_what_it_wrote" has_sum written
	expect "guest:$1_reads_what_two_backends_wrote" has_sum parts
	expect "backend:$1_frames" frames_fit "$1"
	echo "# served $1 $(in_words "$1"), $(version_of)"
}

# left WAY: what is left after the guest's end.
left() {
	expect "disk:$1_seed" files_have_sum seed seed
	expect "disk:$1_written" files_have_sum written written
	# shellcheck disable=SC2046 # words
	expect "disk:$1_parts" files_have_sum parts \
		$(seq 0 23 | sed 's/^/part./')
}

whole() {
	expect "guest:$1_starts" begin "$1" sums,parts || return
	keeps_inflight || expect "guest:$1_has_one_request_at_a_time" \
		within 60 guest_said "depth 1"
	if expect "guest:$1_writes" writes; then
		killed "$1"
		comes_to_its_end "$1"
	fi
	kill_backend
	expect "guest:$1_goes_without_a_backend" ends "$1"
	left "$1"
}

# The guest mounts the directory, and no backend answers.
mount_waits() {
	within 60 guest_said mounting && guest_lives && ! guest_said mounted
}

mount_goes_on() {
	start_backend "$1" && within 60 shim_said served 2 &&
		within 60 guest_said mounted
}

# killed_unmounted WAY: kills the backend between two mounts. virtiofsd has no record of
# the files that a guest has open, so another one can serve the next mount, but not the
# last one.
killed_unmounted() {
	local frames

	expect "guest:$1_unmounts" within 300 guest_said unmounted || return
	frames=$(backend_frames)
	kill_backend
	tell_guest
	expect "kill:$1_guest_waits" mount_waits
	expect "kill:$1_mapping_is_gone" within 10 mapping_is_gone "$frames"
	expect "kill:$1_another_serves_the_next_mount" mount_goes_on "$1"
}

share() {
	local frames

	expect "guest:$1_starts" begin "$1" sums,again,parts || return
	killed_unmounted "$1" && comes_to_its_end "$1"
	frames=$(backend_frames)
	kill_backend
	expect "kill:$1_guest_outlives_its_backend" guest_lives
	expect "kill:$1_mapping_is_gone_again" within 10 mapping_is_gone "$frames"
	expect "guest:$1_goes_without_a_backend" ends "$1"
	left "$1"
}

# restart WAY NUMBER: restarts the backend while a request of the guest waits.
restart() {
	kill_backend
	sleep 1
	start_backend "$1"
	within 120 shim_said served "$2" || return 1
	figure "$1" first_ms "$(sed -n 's/^served ms=//p' shim.log | tail -n 1)"
	figure "$1" memory_ms \
		"$(sed -n 's/^memory ms=//p' shim.log | tail -n 1)"
}

restarts() {
	local i

	for i in 2 3 4; do
		restart "$1" "$i" >>figures || return 1
	done
	[ "$1" = intree ] ||
		figure "$1" frames_at_first "$(backend_frames)" >>figures
}

# Prints the guest's measurements, and the number of frames that are mapped after its work.
figures_of_work() {
	figure "$1" guest_frames $((ram * 256))
	[ "$1" = intree ] || figure "$1" frames "$(backend_frames)"
	figure "$1" rewrite_ms "$(last_of rewritten | awk '{ print $1 * 1000 }')"
	tr -d '\r' <$console | sed -n "s/^vhost: rate /# figure $1 rate /p"
}

rates() {
	: >figures
	expect "rates:$1_guest_starts" begin "$1" sums,rates || return
	if expect "rates:$1_guest_comes_to_its_end" guest_done; then
		expect "rates:$1_sum_read" has_sum seed
		expect "rates:$1_sum_written" has_sum written
		figures_of_work "$1" >>figures
		expect "rates:$1_restarts" restarts "$1"
	fi
	expect "rates:$1_guest_goes" ends "$1"
	cat figures
}

mkdir -p /tmp/vhost/image
cd /tmp/vhost || exit 1
for module in /vhost/modules/*.ko; do
	insmod "$module" || exit 1
done
backend='' shim='' id=''
# Our module may be loaded beside the in-tree one, see tests/xen/run.
[ ! -c /dev/xen/xen-privcmd-fm ] || export XENFM_DEVICE=/dev/xen/xen-privcmd-fm
answer_xl &
answerer=$!
for step; do
	case $step in
	whole=* | share=* | rates=*)
		set_way "${step#*=}"
		"${step%%=*}" "${step#*=}" ;;
	*) echo "Bail out! no step $step"; exit 1 ;;
	esac
done
kill $answerer
echo "1..$n"
[ "$bad" = 0 ]
