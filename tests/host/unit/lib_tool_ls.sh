#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Host tests of xenfm ls, as TAP: on this machine's /proc, and on a fake one. The argument
# is the tool linked with the fake device of tests/lib/fake.
set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/host/unit/lib_tool_run.sh
. "$(dirname "$0")/lib_tool_run.sh"

# lines VALUE...: prints lines of the list, of eight values each
lines() {
	printf '%7s %6s %8s %8s %8s %19s %6s %s\n' "$@"
}

# ls accepts any file as the device. A program file is mapped by its process.
cp "$(command -v sleep)" "$work/de vice"
"$work/de vice" 3600 &
closed=$!
sleep 3600 9<"$work/de vice" &
open=$!
while [[ $(</proc/$closed/comm) != 'de vice' || $(</proc/$open/comm) != sleep ]]; do :; done
pages=0
while IFS=' -' read -r from to _; do
	pages=$((pages + (0x$to - 0x$from) / 4096))
done < <(grep 'de vice' /proc/$closed/maps)
# A user who is not root sees only his own processes, and a message about the others.
ls_status=0 ls_err=''
if [[ ! -r /proc/1/fd ]]; then
	ls_status=1
	ls_err='xenfm: ls: +([0-9]) processes not looked into: only root may'
fi
XENFM_DEVICE="$work/de vice" run none ls --json
json ls "map(select(.pid == $closed))" \
	"[{\"pid\":$closed,\"command\":\"de vice\",\"pages\":$pages}]" \
	"$ls_status" "$ls_err"
json ls_open_file "map(select(.pid == $open))" \
	"[{\"pid\":$open,\"command\":\"sleep\",\"fd\":9,\"domid\":null,\"frames\":null,\"readonly\":null}]" \
	"$ls_status" "$ls_err"
json ls_nobody_else length 2 "$ls_status" "$ls_err"
XENFM_DEVICE="$work/de vice" run none ls
expect ls "$ls_status" "$(lines PID FD DOMID FRAMES READONLY RANGE ACCESS COMMAND
	lines $closed maps - "$pages" - - - 'de vice' $open 9 - - - - - sleep | sort -n)" \
	"$ls_err"
kill $closed $open
wait $closed $open 2>/dev/null || true
XENFM_DEVICE="$work/nothing" run none ls --json
json ls_no_device . '[]' "$ls_status" "$ls_err"

# From here on ls reads a directory in place of /proc.
export XENFM_FAKE_PROC=$work/proc

# process PID: makes a process without open files and areas
process() {
	mkdir -p "$work/proc/$1/fd" "$work/proc/$1/fdinfo"
	echo "holder$1" >"$work/proc/$1/comm"
	: >"$work/proc/$1/maps"
	: >"$work/proc/$1/smaps"
}

# open_file PID FD NAME LINE...: adds an open file with these lines in its fdinfo
open_file() {
	ln -s "$3" "$work/proc/$1/fd/$2"
	printf '%b\n' "${@:4}" >"$work/proc/$1/fdinfo/$2"
}

# memory DOMID RANGE FRAMES: prints the lines of the fdinfo of a file of memory
memory() {
	printf '%s\n' "xen-privcmd-domid:\t$1" "xen-privcmd-memory:\t$2" \
		"xen-privcmd-frames:\t$3" "xen-privcmd-readonly:\t1" \
		"xen-privcmd-lazy:\t7" "xen-privcmd-failed:\t0" "xen-privcmd-later:\t0"
}

# area PID FROM TO NAME FLAGS: adds an area to maps and smaps
area() {
	local line="$2-$3 rw-s 00000000 00:0c 77 $4"

	echo "$line" >>"$work/proc/$1/maps"
	printf '%s\nSize: 4 kB\nVmFlags: rd wr sh %s de\n' "$line" "$5" >>"$work/proc/$1/smaps"
}

name='/xen-memory:3 (deleted)'
head=$(lines PID FD DOMID FRAMES READONLY RANGE ACCESS COMMAND)
process 9
process 10
mapfile -t fields < <(memory 3 '256 512 rw' 5)
open_file 10 4 "$name" 'pos:\t0' 'mnt_id:\t14' "${fields[@]}"
mapfile -t fields < <(memory 65535 '4503599627370494 1 ro' 0)
open_file 9 5 '/xen-memory:65535 (deleted)' "${fields[@]}"
run none ls
expect ls_memory 0 "$head
$(lines 10 4 3 5 1 0x100-0x2ff rw holder10)" ""
run none ls --all
expect ls_memory_all 0 "$head
$(lines 9 5 65535 0 1 0xffffffffffffe-0xffffffffffffe ro holder9 \
	10 4 3 5 1 0x100-0x2ff rw holder10)" ""
run none ls --json
json ls_memory . '[{"pid":10,"command":"holder10","fd":4,"domid":3,"frames":5,"readonly":1,"first":256,"count":512,"access":"rw"}]'

# Frames that wait for the reaper count as for the device.
mapfile -t fields < <(memory 3 '0 1 ro' 0 | sed 's/later:.*/later:\\t2/')
process 11
open_file 11 3 "$name" "${fields[@]}"
run none ls --json
json ls_memory_later 'map(select(.pid == 11)) | map([.fd, .access])' '[[3,"ro"]]'
rm -r "$work/proc"

# A name proves nothing: any user can give a file this name. The fdinfo decides, by whole
# lines. A file of another name is none, whatever its fdinfo says.
process 20
mapfile -t fields < <(memory 3 '0 1 rw' 1)
open_file 20 3 "$name" 'pos:\t0' 'flags:\t02'
open_file 20 4 "$name" "${fields[@]/memory:/memories:}"
open_file 20 5 "$name" "xen-privcmd-memory:\t0 1 wo"
open_file 20 6 "$name" "xen-privcmd-memory:\t0 rw"
open_file 20 7 "$name" "$(printf '%127s' '')xen-privcmd-memory:\t0 1 rw"
open_file 20 8 '/xen-memory:3' "${fields[@]}"
open_file 20 9 "/tmp$name" "${fields[@]}"
open_file 20 10 '/xen-memory:65536 (deleted)' "${fields[@]}"
open_file 20 11 '/xen-memory:3 (deleted)x' "${fields[@]}"
open_file 20 12 '/xen-memory: (deleted)' "${fields[@]}"
run none ls --all
expect ls_memory_by_name 0 "$head" ""

# Areas: those of one domain are one line. Only a driver's area has the flag pf.
area 20 1000 2000 "$name" 'mr mw io pf'
area 20 2000 5000 '/xen-memory:4 (deleted)' 'mr pf'
area 20 5000 7000 "$name" 'pf'
area 20 7000 8000 "$name" 'mr mw'
area 20 8000 9000 /tmp/file 'pf'
area 20 9000 a000 '' 'pf'
process 21
area 21 1000 9000 "$name" 'mr'
area 21 9000 f000 '/xen-memory:5' 'pf'
run none ls
expect ls_memory_areas 0 "$head
$(lines 20 maps 3 3 - - - holder20 20 maps 4 3 - - - holder20)" ""
run none ls --json
json ls_memory_areas . '[{"pid":20,"command":"holder20","domid":3,"pages":3},{"pid":20,"command":"holder20","domid":4,"pages":3}]'
# The areas of the device have no domain, and need no flags.
area 20 a000 c000 /dev/xen/privcmd pf
run none ls --json
json ls_memory_and_device 'map([.domid, .pages])' '[[null,2],[3,3],[4,3]]'
# A kernel without /proc/PID/smaps shows none.
rm "$work/proc/20/smaps"
run none ls
expect ls_memory_areas_without_flags 0 "$head
$(lines 20 maps - 2 - - - holder20)" ""

tap_plan
