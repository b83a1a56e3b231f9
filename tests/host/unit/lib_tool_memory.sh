#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Host tests of xenfm memory, as TAP: its command line, and the program that it runs. The
# argument is the tool linked with the fake device of tests/lib/fake.
set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/host/unit/lib_tool_run.sh
. "$(dirname "$0")/lib_tool_run.sh"

last=0x7ffffffffffff000
usage nothing "memory: no '--' before COMMAND" memory
usage no_dashes "memory: no '--' before COMMAND" memory 3 strings {}
usage no_domain "memory: too few arguments" memory -- true
usage no_command "memory: no COMMAND after '--'" memory 3 --
usage addr_alone "memory: ADDR without LEN" memory 3 0x1000 -- true
usage too_many "memory: unexpected argument '4'" memory 1 4096 4096 4 -- true
usage unknown_option "memory: unknown option '--zeroes'" memory 3 --zeroes -- true
usage short_option "memory: unknown option '-r'" memory 3 -r -- true
usage option_value "memory: unknown option '--read-only=1'" memory 3 --read-only=1 -- true
usage domid_word "memory: DOMID 'web' is not a number" memory web -- true
usage domid_large "memory: DOMID 65536 is not in *" memory 65536 -- true
usage addr_word "memory: ADDR 'low' is not a number" memory 3 low 4096 -- true
usage addr_odd "memory: ADDR 0x1001 is not a multiple of 4096" memory 3 0x1001 4096 -- true
usage len_odd "memory: LEN 10 is not a multiple of 4096" memory 3 0x1000 10 -- true
usage len_0 "memory: LEN 0 is not in 1..$last" memory 3 0 0 -- true
usage len_large "memory: LEN 0x7ffffffffffff001 is not in *" \
	memory 3 0 0x7ffffffffffff001 -- true
usage beyond_the_end "memory: ADDR + LEN is beyond the end of memory" \
	memory 3 0xfffffffffffff000 0x2000 -- true

for device in none refused in-tree old; do
	run $device memory 5 -- touch "$work/ran"
	case $device in
	none) said='no such device: is this a Xen dom0*' ;;
	refused) said='permission denied: only root*' ;;
	in-tree) said='in-tree driver loaded, this needs xen-privcmd' ;;
	old) said='this xen-privcmd is too old for it' ;;
	esac
	expect "memory_device_$device" 1 "" "xenfm: memory: /dev/xen/privcmd: $said"
done
for range in '' '0x1000 4096'; do
	for domid in 404 403; do
		# shellcheck disable=SC2086 # words on purpose
		run xen-privcmd memory $domid $range -- touch "$work/ran"
		said='no such domain, or none that can be mapped from here'
		[[ $domid = 404 ]] ||
			said='not permitted: the device is restricted to another domain'
		expect "memory_domain_$domid${range:+_range}" 1 "" \
			"xenfm: memory: domain $domid: $said"
	done
done
# A restricted file makes no hypercall, so it finds no last frame. It needs none.
run restricted memory 5 -- touch "$work/ran"
expect memory_restricted_all 1 "" \
	"xenfm: memory: domain 5: its last frame is not known (EPERM): name ADDR and LEN"
run restricted memory 5 0 4096 -- echo ran
expect memory_restricted_range 0 "ran" ""
# The bytes of the fake memory begin with this in frame 1.
page=' 1f 20 21 22'
dump=(od -An -tx1 -N4)
run xen-privcmd memory 5 0x1000 8192 -- "${dump[@]}" {}
expect memory_range 0 "$page" ""
run xen-privcmd memory 5 4096 0x1000 -- stat -Lc %s {}
expect memory_size_of_range 0 4096 ""
# A hole is no error here, only for the program that reads it.
run xen-privcmd memory 5 0x2000000 4096 -- stat -Lc %s {}
expect memory_of_a_hole 0 4096 ""
run xen-privcmd memory 5 -- stat -Lc %s {}
expect memory_up_to_the_last_frame 0 $((0x5000 * 4096)) ""
run xen-privcmd memory 200 -- touch "$work/ran"
expect memory_all_of_a_pv_domain 1 "" "xenfm: memory: domain 200: the frames of a PV domain \
are machine frames: name ADDR and LEN"
run xen-privcmd memory 200 0 4096 -- stat -Lc %s {}
expect memory_range_of_a_pv_domain 0 4096 ""
run xen-privcmd memory 5 0 "$last" -- stat -Lc %s {}
expect memory_largest 0 $((last)) ""
XENFM_DEVICE=/dev/xen/xen-privcmd-fm run xen-privcmd memory 5 -- stat -Lc %s {}
expect memory_second_module 0 $((0x5000 * 4096)) ""

[[ ! -e $work/ran ]] && bad=0 || bad=1
tap_result "$bad" memory_failure_runs_nothing

# {} in the arguments, at any place, and nowhere else
run xen-privcmd memory 5 0 4096 -- printf '<%s>' {} 'a{}b' '{}{}' '{' '}' '{ }' '' x
fd=${out#<} fd=${fd%%>*}
expect memory_replaces 0 "<$fd><a${fd}b><$fd$fd><{><}><{ }><><x>" ""
[[ $fd = /dev/fd/[3-9] ]] && bad=0 || bad=1
tap_result "$bad" memory_names_a_descriptor <(echo "$fd")
run xen-privcmd memory 5 0 4096 -- {}
expect memory_replaces_no_command 127 "" \
	"xenfm: memory: cannot run {}: No such file or directory"
run xen-privcmd memory 5 0x1000 4096 -- sh -c 'cat <{} | cmp - {}' sh
expect memory_in_a_script 0 "" ""
# The program's options are its own, and so is a second --.
run xen-privcmd memory 5 0 4096 -- printf -- '%s %s %s' --zero-holes -- --help
expect memory_words_of_the_program 0 "--zero-holes -- --help" ""
run xen-privcmd memory --zero-holes 5 --read-only 0x1000 4096 -- "${dump[@]}" {}
expect memory_options_between_words 0 "$page" ""

# The program has the file, and no other descriptor of xenfm: the device is /dev/null here.
# Standard input and output are those of xenfm, even if they are closed.
# shellcheck disable=SC2016 # the program expands it
list='cd /proc/self/fd && for f in *; do
	case $(readlink "$f") in *xen-memory*) echo "memory $f" ;; /dev/null) echo "null $f" ;; esac
done'
ours=$(sh -c "$list" <"$work/in" 2>"$work/err")
run xen-privcmd memory 5 0 4096 -- sh -c "$list"
[[ $(sort <<<"$out") = "$(printf '%s\n' "memory ${fd##*/}" "$ours" | grep . | sort)" ]] && bad=0 || bad=1
tap_result "$bad" memory_is_the_only_descriptor <(echo "out: $out")
status=0
XENFM_FAKE=xen-privcmd "$xenfm" memory 5 0 4096 -- sh -c 'echo {} >&2' \
	<&- >&- 2>"$work/out" || status=$?
[[ $status = 0 && $(<"$work/out") = /dev/fd/[3-9] ]] && bad=0 || bad=1
tap_result "$bad" memory_not_in_place_of_standard_input "$work/out"
run xen-privcmd memory 5 0 4096 -- cat
expect memory_standard_input 0 "twelve bytes" ""

# --read-only is the driver's: the file cannot be opened for writing.
run xen-privcmd memory 5 0 4096 -- sh -c 'printf x 1<>{} && od -An -tx1 -N1 {}'
expect memory_can_be_written 0 " 78" ""
run xen-privcmd memory 5 0 4096 --read-only -- sh -c "printf x >&\${0##*/}" {}
[[ $status != 0 && -z $out ]] && bad=0 || bad=1
tap_result "$bad" memory_read_only <(printf '%s\n' "status $status" "out: $out")

# The exit status is the program's. It takes the place of xenfm, with its process ID.
for want in 0 1 7 255; do
	run xen-privcmd memory 5 0 4096 -- sh -c "exit $want"
	expect "memory_exit_status_$want" $want "" ""
done
# The shell writes a message about the signal.
{ run xen-privcmd memory 5 0 4096 -- sh -c 'kill -TERM $$'; } 2>/dev/null
[[ $status = 143 ]] && bad=0 || bad=1
tap_result "$bad" memory_signal <(echo "status $status")
XENFM_FAKE=xen-privcmd "$xenfm" memory 5 0 4096 -- sh -c 'echo $$' >"$work/out" &
wait $!
[[ $(<"$work/out") = "$!" ]] && bad=0 || bad=1
tap_result "$bad" memory_takes_the_place
run xen-privcmd memory 5 0 4096 -- "$work/nothing" {}
expect memory_no_program 127 "" \
	"xenfm: memory: cannot run $work/nothing: No such file or directory"
run xen-privcmd memory 5 0 4096 -- "$work" {}
expect memory_not_a_program 126 "" "xenfm: memory: cannot run $work: Permission denied"

tap_plan
