#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Host tests of the tool xenfm, as TAP: its usage errors, and its commands on the fake
# device of tests/lib/fake. The argument is the tool linked with this device.
set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/host/unit/lib_tool_run.sh
. "$(dirname "$0")/lib_tool_run.sh"

usage unknown_command "unknown command 'raed'" raed
usage empty_command "unknown command ''" ""
usage unknown_option "unknown option '-x'" -x
usage ls_argument "ls: unexpected argument '5'" ls 5
usage ls_option "ls: unknown option '-l'" ls -l
usage info_argument "info: unexpected argument 'now'" info now
usage info_option "info: unknown option '--now'" info --now
usage read_nothing "read: too few arguments" read
usage read_no_length "read: too few arguments" read 5 0x1000
usage read_too_many "read: unexpected argument '4'" read 1 2 3 4
usage read_unknown_option "read: unknown option '--hexx'" read 1 2 3 --hexx
usage read_short_option "read: unknown option '-z'" read 1 2 3 -zy
usage read_option_value "read: unknown option '--hex=3'" read 1 2 3 --hex=3
usage read_domid_word "read: DOMID 'Domain-0' is not a number" read Domain-0 2 3
usage read_domid_large "read: DOMID 65536 is not in *" read 65536 2 3
usage read_negative "read: unknown option '-5'" read 1 -5 3
usage read_negative_escaped "read: ADDR '-5' is not a number" read -- 1 -5 3
usage read_plus "read: ADDR '+5' is not a number" read 1 +5 3
usage read_blank "read: ADDR ' 5' is not a number" read 1 " 5" 3
usage read_trailing "read: LEN '4k' is not a number" read 1 2 4k
usage read_empty "read: LEN '' is not a number" read 1 2 ""
usage read_hex_without_digits "read: LEN '0x' is not a number" read 1 2 0x
usage read_hex_twice "read: LEN '0x0x1' is not a number" read 1 2 0x0x1
usage read_hex_digit_missing_0x "read: ADDR 'ff' is not a number" read 1 ff 2
usage read_overflow "read: ADDR 18446744073709551616 is not in *" \
	read 1 18446744073709551616 1
usage read_hex_overflow "read: ADDR 0x10000000000000000 is not in *" \
	read 1 0x10000000000000000 1
usage read_length_0 "read: LEN 0 is not in *" read 1 2 0
usage read_beyond_the_end "read: ADDR + LEN is beyond the end of memory" \
	read 1 0xffffffffffffffff 2
usage read_hex_to_a_file "read: option '--hex' writes to standard output only" \
	read 1 2 3 --hex --output "$work/x"
usage read_output_alone "read: option '--output' needs an argument" read 1 2 3 --output
usage read_no_input "read: unknown option '--input'" read 1 2 3 --input x
usage write_nothing "write: too few arguments" write 5
usage write_too_many "write: unexpected argument '4'" write 1 2 3 4
usage write_length_0 "write: LEN 0 is not in *" write 1 2 0
usage write_beyond_the_end "write: ADDR + LEN is beyond the end of memory" \
	write 1 0xffffffffffffffff 2
usage map_nothing "map: too few arguments" map 1
usage map_count_0 "map: COUNT 0 is not in *" map 1 2 0
usage map_count_large "map: COUNT 268435457 is not in *" map 1 2 268435457
usage map_beyond_the_end "map: GFN + COUNT is beyond the largest frame number" \
	map 1 0xffffffffffffffff 2
usage map_hold_alone "map: option '--hold' needs an argument" map 1 2 --hold
usage map_hold_0 "map: SECONDS 0 is not in *" map 1 2 --hold 0
usage map_hold_word "map: SECONDS 'long' is not a number" map 1 2 --hold long
usage status_too_many "status: unexpected argument '4'" status 1 2 3 4

info=$'device: /dev/xen/privcmd\ndriver: xen-privcmd 1.2.3\nabi: 1\nbackend: pv
features: status hypercall ro_retry map copy memory\nmax_frames: 268435456'
run xen-privcmd
expect info_without_arguments 0 "$info" ""
run xen-privcmd info
expect info 0 "$info" ""
run in-tree info
expect info_in_tree 0 $'device: /dev/xen/privcmd\ndriver: in-tree' ""
XENFM_DEVICE=/some/where run xen-privcmd info
expect info_device_from_environment 0 "${info/dev\/xen\/privcmd/some/where}" ""

for command in info "read 5 0 1" "write 5 0" "map 5 0" "status 5 0"; do
	name=${command%% *}
	# shellcheck disable=SC2086 # words on purpose
	run none $command
	expect "${name}_no_device" 1 "" \
		"xenfm: $name: /dev/xen/privcmd: no such device: is this a Xen dom0*"
	# shellcheck disable=SC2086
	run refused $command
	expect "${name}_not_root" 1 "" \
		"xenfm: $name: /dev/xen/privcmd: permission denied: only root*"
done
for command in "read 404 0 1" "write 404 0" "map 404 0" "status 404 0"; do
	# shellcheck disable=SC2086
	run xen-privcmd $command
	expect "${command%% *}_domain_gone" 1 "" \
		"xenfm: ${command%% *}: domain 404: no such domain, or none*"
	# shellcheck disable=SC2086
	run xen-privcmd ${command/404/403}
	expect "${command%% *}_domain_not_ours" 1 "" \
		"xenfm: ${command%% *}: domain 403: not permitted*"
	# shellcheck disable=SC2086
	run xen-privcmd ${command/404/413}
	expect "${command%% *}_domain_large" 1 "" \
		"xenfm: ${command%% *}: domain 413: no memory, or more frames*"
done

# byte ADDR, bytes ADDR LEN: print the content of the fake memory in hexadecimal
byte() {
	local gfn=$(($1 / 4096)) offset=$(($1 % 4096))

	printf '%02x' $(((gfn * 31 + offset + (offset >> 8)) & 255))
}
bytes() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		byte "$i"
	done
}
raw() {
	run xen-privcmd read 5 "$1" "$2"
	out=$(od -An -v -tx1 "$work/out" | tr -d ' \n')
}
raw 0 1
expect read_frame_0 0 "$(bytes 0 1)" ""
raw 0x1ffe 5
expect read_across_pages 0 "$(bytes 0x1ffe 5)" ""
raw 4096 4096
expect read_page 0 "$(bytes 4096 4096)" ""
raw 0x1001 0x1fff
expect read_unaligned_pages 0 "$(bytes 0x1001 0x1fff)" ""
raw $((0x2000 * 4096 - 3)) 10
expect read_until_the_bad_frame 1 "$(bytes $((0x2000 * 4096 - 3)) 3)" \
	"xenfm: read: frame 0x2000 of domain 5: EINVAL (Invalid argument)"
raw $((0x3000 * 4096)) 1
expect read_busy_frame 1 "" "xenfm: read: frame 0x3000 of domain 5: EBUSY (*)"
# This reads more than one window. A window is 256 frames.
run xen-privcmd read 5 4095 $((300 * 4096))
bad=1
[[ $(wc -c <"$work/out") = $((300 * 4096)) &&
	$(od -An -v -tx1 -j$((256 * 4096)) -N16 "$work/out" | tr -d ' \n') = \
	$(bytes $((4095 + 256 * 4096)) 16) ]] && bad=0
tap_result $bad read_windows
run in-tree read 5 0 1
expect read_in_tree 0 '?' ""

run xen-privcmd read 5 0x41 3 --hex
expect read_hex_short 0 "0000000000000041  41 42 43 $(printf '%40s' '') |ABC|" ""
run xen-privcmd read --hex 5 0xffc 20
expect read_hex_across_pages 0 \
	"0000000000000ffc  0b 0c 0d 0e 1f 20 21 22  23 24 25 26 27 28 29 2a  |..... !\"#\$%&'()*|
000000000000100c  2b 2c 2d 2e $(printf '%37s' '') |+,-.|" ""
status=0
XENFM_FAKE=xen-privcmd "$xenfm" read 5 0 9 >/dev/full 2>"$work/err" || status=$?
out='' err=$(<"$work/err")
expect read_output_full 1 "" "xenfm: read: standard output: No space left*"

# The tool reads to a file. It creates the file only when it has data.
run xen-privcmd read 5 0x1ffe 5 --output "$work/file"
[[ $(od -An -v -tx1 "$work/file" | tr -d ' \n') = $(bytes 0x1ffe 5) ]] && bad=0 || bad=1
tap_result $bad read_to_a_file
expect read_to_a_file_says_nothing 0 "" ""
rm "$work/file"
run none read 5 0 5 --output "$work/file"
[[ $status = 1 && ! -e $work/file ]] && bad=0 || bad=1
tap_result $bad read_makes_no_file_without_device
run xen-privcmd read 5 0 5 --output "$work/no/file"
expect read_no_directory 1 "" "xenfm: read: $work/no/file: No such file or directory"
run xen-privcmd read 5 0 5 --output /dev/full
expect read_file_full 1 "" "xenfm: read: /dev/full: No space left on device"
run xen-privcmd read 5 0 3000000 --output "$work/file" --progress
expect read_progress 0 "" "xenfm: read: 3000000 of 3000000 bytes, 100%"
run xen-privcmd read 5 $((0x2000 * 4096 - 3)) 10 --output "$work/file" --progress
[[ $status = 1 && $err = *$'\n''xenfm: read: 3 of 10 bytes, 30%' ]] && bad=0 || bad=1
tap_result $bad read_progress_of_a_failure <(echo "$err")

for device in xen-privcmd in-tree; do
	run $device write 5 0x1ffe
	expect "write_$device" 0 "" ""
	run $device write 5 0x1ffe 12 --progress
	expect "write_progress_$device" 0 "" "xenfm: write: 12 of 12 bytes, 100%"
	run $device write 5 0 13
	expect "write_short_input_$device" 1 "" \
		"xenfm: write: the input ends after 12 of 13 bytes"
	run $device write 5 $((0x2000 * 4096 - 5))
	expect "write_bad_frame_$device" 1 "" \
		"xenfm: write: frame 0x* of domain 5: E*"
	run $device write 5 0xfffffffffffffff8
	expect "write_beyond_memory_$device" 1 "" \
		"xenfm: write: standard input goes on beyond the end of memory"
done
run xen-privcmd write 5 0 --input "$work/in" --progress
expect write_from_a_file 0 "" "xenfm: write: 12 bytes"
run xen-privcmd write 5 0 4 --input "$work/in" --progress
expect write_part_of_a_file 0 "" "xenfm: write: 4 of 4 bytes, 100%"
run xen-privcmd write 5 0 --input "$work/nothing"
expect write_no_file 1 "" "xenfm: write: $work/nothing: No such file or directory"
run xen-privcmd write 5 0 --input "$work"
expect write_a_directory 1 "" "xenfm: write: $work: Is a directory"
: >"$work/empty"
run xen-privcmd write 5 0 --input "$work/empty"
expect write_nothing_at_all 0 "" ""

run xen-privcmd map 5 0x10
expect map_one 0 "0x10 1 mapped" ""
run xen-privcmd map 5 0x1fff 3
expect map_runs 1 $'0x1fff 1 mapped\n0x2000 2 failed EINVAL' \
	"xenfm: map: 2 of 3 frames could not be mapped"
run in-tree map 5 16 4
expect map_in_tree 0 "0x10 4 mapped" ""
run xen-privcmd map 5 0x4000
expect map_paged_in 0 "0x4000 1 mapped" ""

run xen-privcmd map 5 0x1fff 3 --lazy
expect map_lazy 0 "0x1fff 3 lazy" ""
run in-tree map 5 0x1fff 3 --lazy
expect map_lazy_in_tree 1 "" \
	"xenfm: map: /dev/xen/privcmd: in-tree driver loaded, this needs xen-privcmd"

run xen-privcmd status 5 0xfff 3
expect status_runs 0 $'0xfff 1 rw\n0x1000 2 ro' ""
run xen-privcmd status 5 0x1fff 2
expect status_failed 0 $'0x1fff 1 ro\n0x2000 1 failed EINVAL' ""
run in-tree status 5 1
expect status_in_tree 1 "" \
	"xenfm: status: /dev/xen/privcmd: in-tree driver loaded, *"

run xen-privcmd info --json
json info . '{"device":"/dev/xen/privcmd","driver":"xen-privcmd","version":"1.2.3","abi":1,"backend":"pv","features":["status","hypercall","ro_retry","map","copy","memory"],"max_frames":268435456}'
run in-tree info --json
json info_in_tree . '{"device":"/dev/xen/privcmd","driver":"in-tree"}'
XENFM_DEVICE=$'/a"b\\c\nd\x01' run in-tree info --json
json info_device_with_quotes .device '"/a\"b\\c\nd\u0001"'
run xen-privcmd status 5 0xfff 3 --json
json status . '{"domid":5,"runs":[{"first":4095,"count":1,"state":"rw"},{"first":4096,"count":2,"state":"ro"}]}'
run xen-privcmd status 5 0x2000 --json
json status_failed '.runs[0]' '{"first":8192,"count":1,"state":"failed","error":"EINVAL"}'

# The tool holds the mapping until a signal and then exits with status 0. It prints the
# line once it holds the mapping.
mkfifo "$work/pipe"
XENFM_FAKE=xen-privcmd "$xenfm" map 5 1 2 --hold 60 >"$work/pipe" &
holder=$!
read -r line <"$work/pipe"
kill "$holder"
status=0
wait "$holder" || status=$?
[[ $line = "0x1 2 mapped" && $status = 0 ]] && bad=0 || bad=1
tap_result $bad map_hold_until_signal <(printf '%s\n' "line: $line" "status $status")

run xen-privcmd --version
[[ $status = 0 && $out =~ ^xenfm\ [0-9]+\.[0-9]+\.[0-9]+$ ]] && bad=0 || bad=1
tap_result $bad version <(echo "out: $out")
for command in "" info read write map status memory ls; do
	# shellcheck disable=SC2086
	run none $command --help
	[[ $status = 0 && -z $err && $out = "usage: xenfm "* ]] && bad=0 || bad=1
	tap_result $bad "help_${command:-all}" <(printf '%s\n' "out: $out" "err: $err")
	said=$out bad=0
	for words in "$command -h" "help $command"; do
		# shellcheck disable=SC2086
		run none $words
		[[ $status = 0 && -z $err && $out = "$said" ]] || bad=1
	done
	tap_result $bad "help_${command:-all}_short" <(printf '%s\n' "out: $out" "err: $err")
done

tap_plan
