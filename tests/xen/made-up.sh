# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# Tests of the rig's scripts without a machine: stubs replace the other programs. selftest
# sources this file and defines $top, $tmp and result().
# shellcheck disable=SC2154 # selftest defines the variables

# stub TREE FILE: makes standard input an executable script.
stub() {
	mkdir -p "$(dirname "$1/$2")"
	{
		echo '#!/usr/bin/env bash'
		cat
	} >"$1/$2"
	chmod +x "$1/$2"
}

# made_up_kernel DIR: makes a kernel of 26 bytes of code, at 0xffffffff81000000. At offset
# 10 is the instruction of the known crash. At offset 17 is the same with another register.
# Offset 21 follows another RDTSC.
made_up_kernel() {
	local size

	mkdir -p "$1/boot" "$1/lib/modules/made-up"
	printf '.text\n.globl _start\n_start: .byte %s\n' \
		'144,144,144,144,144,193,201,5,15,49,49,193,193,201,5,15,49,49,194,15,49,144,144,144,144,144' |
		gcc -x assembler -nostdlib -static -Wl,-Ttext=0xffffffff81000000 \
			-o "$tmp/elf" - || return
	xz -c "$tmp/elf" >"$tmp/payload"
	size=$(stat -c %s "$tmp/payload")
	head -c 1024 /dev/zero >"$1/boot/vmlinuz-made-up"
	# shellcheck disable=SC2059 # bytes
	printf "$(printf '\\x%02x' $((size & 255)) $((size >> 8 & 255)) $((size >> 16)))" |
		dd of="$1/boot/vmlinuz-made-up" bs=1 seek=$((0x24c)) conv=notrunc status=none
	printf '\1' |
		dd of="$1/boot/vmlinuz-made-up" bs=1 seek=$((0x1f1)) conv=notrunc status=none
	cat "$tmp/payload" >>"$1/boot/vmlinuz-made-up"
}

# end_at OFFSET [LINE]: prints the console's log of a machine that crashes at this offset,
# with LINE before the crash.
end_at() {
	printf 'rig: start NONCE\r\n'
	printf '%s\r\n' "${@:2}" \
		'(XEN) [   40.125] d0v1 Triple fault - invoking HVM shutdown action 1' \
		'(XEN) [   40.126] *** Dumping Dom0 vcpu#1 state: ***' \
		'(XEN) [   40.126] ----[ Xen-4.17.5  x86_64  debug=n  Not tainted ]----' \
		'(XEN) [   40.127] CPU:    1' \
		"$(printf '(XEN) [   40.127] RIP:    0010:[<%x>]' $((0xffffffff81000000 + $1)))" \
		'(XEN) [   40.127] RFLAGS: 0000000000000046   CONTEXT: hvm guest (d0v1)' \
		'(XEN) [   40.128] r15: 0000000000000000   cr0: 0000000080050033   cr4: 00000000000006e0' \
		'(XEN) [   40.128] cr3: 00000000060d4000   cr2: 0000000000000000' \
		'(XEN) [   40.129] Hardware Dom0 shutdown: rebooting machine'
}

# hangs_at LINE...: prints the console's log of a debug kernel that hangs at its start.
hangs_at() {
	printf '%s\r\n' '(XEN) [   11.900] Freed 656kB init memory' \
		'[    0.000000] Linux version 6.1.192-debug-amd64' "$@"
}

# made_up_rig TREE: makes a tree with tests/xen/run and stubs. The stub for the machine
# takes the log of boot N from TREE/N.log and the verdict from TREE/N.verdict, and prints
# "this is boot N" on both outputs.
made_up_rig() {
	local tree=$1

	mkdir -p "$tree/tests/xen" "$tree/tests/lib" "$tree/pieces/boot"
	cp "$top/tests/lib/common.sh" "$tree/tests/lib/"
	cp "$top/tests/xen/"{run,variants,log-errors,known-end} "$tree/tests/xen/"
	made_up_kernel "$tree/kernel"
	: >"$tree/pieces/boot/xen-4.17-amd64"
	: >"$tree/piece"
	stub "$tree" tests/lib/deps <<<'exit 0'
	stub "$tree" tests/xen/build-programs <<<'exit 0'
	stub "$tree" tests/xen/mend <<<'echo qemu'
	: >"$tree/looker"
	stub "$tree" tests/xen/build-module <<<"[[ \$* == *looker ]] && echo '$tree/looker' || echo '$tree/piece'"
	stub "$tree" tests/xen/fetch <<-END
		[[ \$1 == kernel ]] && echo '$tree/kernel' || echo '$tree/pieces'
	END
	stub "$tree" tests/xen/pack <<-END
		[[ \$1 == programs ]] && : >"\$2" || echo '$tree/piece'
	END
	stub "$tree" build/xen/collect <<-END
		n=\$((\$(cat '$tree/boots') + 1))
		echo "this is boot \$n"
		echo "this is boot \$n" >&2
		echo \$n >'$tree/boots'
		for word; do
			[[ \$word != file:*/console.log ]] || log=\${word#file:}
		done
		[[ -e '$tree'/\$n.log ]] || exec sleep 600
		sed "s/NONCE/\${1#0x}/" '$tree'/\$n.log >"\$log"
		cp '$tree'/\$n.verdict "\$5"
	END
}

# ends OFFSET... -- ARG...: runs this machine. Boot N crashes at the Nth offset, or ends
# well if the offset is 0. Writes the files out and err, and sets status.
ends() {
	local n=0 tree=$tmp/made-up

	rm -rf "$tree/build/xen/"*.* "$tree/"*.{log,verdict}
	echo 0 >"$tree/boots"
	while [[ $1 != -- ]]; do
		n=$((n + 1))
		if [[ $1 == 0 ]]; then
			echo 'rig: start NONCE' >"$tree/$n.log"
			echo 'status 7' >"$tree/$n.verdict"
		else
			end_at "$1" ${before:+"$before"} >"$tree/$n.log"
			echo 'rig the machine stopped without a verdict' \
				>"$tree/$n.verdict"
		fi
		shift
	done
	shift
	status=0
	"$tree/tests/xen/run" "$@" -- true >"$tmp/out" 2>"$tmp/err" || status=$?
}

# first_hangs LINE...: runs a machine whose first boot hangs after these lines. Its second
# boot ends well.
first_hangs() {
	local tree=$tmp/made-up

	rm -rf "$tree/build/xen/"*.* "$tree/"*.{log,verdict}
	echo 0 >"$tree/boots"
	hangs_at "$@" >"$tree/1.log"
	echo 'rig no boot within 240 s' >"$tree/1.verdict"
	echo 'rig: start NONCE' >"$tree/2.log"
	echo 'status 7' >"$tree/2.verdict"
	status=0
	"$tree/tests/xen/run" -V pv-debug -- true >"$tmp/out" 2>"$tmp/err" || status=$?
}

# boots N: whether it booted N times, and printed only the output of the last boot.
boots() {
	[[ $(cat "$tmp/made-up/boots") == "$1" ]] &&
		[[ $(cat "$tmp/out") == "this is boot $1" ]] &&
		[[ $(grep 'this is boot' "$tmp/err") == "this is boot $1" ]]
}

known_ends() {
	local before=''

	made_up_rig "$tmp/made-up"

	ends 10 0 -- -V pvh4
	[[ $status == 7 && $(grep -c 'triple fault.*boots again' "$tmp/err") == 1 &&
		$(wc -l <"$tmp/err") == 2 ]] && boots 2
	result known_end_boots_again

	ends 10 10 -- -V pvh4
	[[ $status == 125 ]] && grep -q 'triple fault.*twice.*; log: ' "$tmp/err" && boots 2
	result known_end_twice_fails

	ends 17 -- -V pvh4
	[[ $status == 125 ]] && grep -q 'stopped without a verdict' "$tmp/err" && boots 1
	result triple_fault_at_another_place_fails

	ends 21 -- -V pvh4
	[[ $status == 125 ]] && boots 1
	result triple_fault_behind_another_rdtsc_fails

	first_hangs '[    6.657192] Running RCU-tasks wait API self tests' \
		'[   91.716782] random: crng init done'
	[[ $status == 7 && $(grep -c 'RCU tasks: boots again' "$tmp/err") == 1 ]] && boots 2
	result hang_of_a_debug_kernel_boots_again

	first_hangs '[    6.657192] Running RCU-tasks wait API self tests' \
		'[    6.755000] Callback from call_rcu_tasks_trace() invoked.'
	[[ $status == 125 ]] && grep -q 'no boot within' "$tmp/err" && boots 1
	result hang_after_that_test_fails

	before='BUG: test'
	ends 10 -- -V pvh4
	[[ $status == 125 ]] && grep -q 'BUG: test' "$tmp/err" && boots 1
	result known_end_after_an_error_fails
	before=''

	ends 10 -- -V pvh --smp 1
	[[ $status == 125 ]] && boots 1
	result triple_fault_of_one_cpu_fails

	# A signal ends the run during its second boot, which does not end by itself.
	ends 10 -- -V pvh4 & # the output is in files, so the subshell does not matter
	while [[ $(cat "$tmp/made-up/boots") != 2 ]] && kill -0 $!; do
		sleep 0.1
	done
	sleep 0.5
	pkill -TERM -P $! -f made-up/tests/xen/run
	wait $!
	boots 2
	result output_of_a_run_that_is_ended

	ends 10 -- -V pv4
	[[ $status == 125 ]] && boots 1
	result triple_fault_of_pv_fails
}

# made_up_bench TREE: makes a tree with the scripts of tests/reports/bench and stubs. A boot fails
# if its options are in TREE/fails.
made_up_bench() {
	local tree=$1 programs

	programs=$(programs_dir amd64 4.17)
	mkdir -p "$tree/tests/"{xen,lib,reports/bench} "$tree/modules/lib/modules"
	cp "$top/tests/lib/common.sh" "$tree/tests/lib/"
	cp "$top/tests/xen/variants" "$tree/tests/xen/"
	cp "$top/tests/reports/bench/"* "$tree/tests/reports/bench/"
	: >"$tree/modules/lib/modules/xen-privcmd.ko"
	stub "$tree" tests/lib/deps <<<'exit 0'
	stub "$tree" tests/xen/build-programs <<<'exit 0'
	stub "$tree" tests/xen/build-module <<<"echo '$tree/modules/lib/modules/xen-privcmd.ko'"
	stub "$tree" tests/xen/fetch <<<"echo '$tree/modules'"
	stub "$tree" "${programs#"$top/"}/bin/privcmd-bench" <<<'echo batch_1; echo threads_at_once'
	stub "$tree" bin/gcc <<<'exit 0'
	stub "$tree" bin/gnuplot <<<'cat >/dev/null'
	stub "$tree" tests/xen/run <<-END
		case "\$*" in
		*--icount*) boot="\$2 icount" figure=map_1 ;;
		*) boot="\$2 two" figure=at_once ;;
		esac
		[[ "\$*" != *--icount* ]] || : >'$tree'/build/bench/\$2.counts
		printf 'driver ours\nvalue %s 10\n' \$figure
		! grep -q -x "\$boot" '$tree/fails' || exit 125
		printf 'driver intree\nvalue %s 20\n' \$figure
	END
}

# bench FAILS ARG...: runs tests/reports/bench/bench in that tree. The boots that the lines FAILS
# name fail.
bench() {
	local tree=$tmp/bench

	printf '%b' "$1" >"$tree/fails"
	shift
	status=0
	PATH=$tree/bin:$PATH "$tree/tests/reports/bench/bench" "$@" >"$tmp/out" 2>"$tmp/err" ||
		status=$?
}

# ratio VARIANT FIGURE: whether the summary has this ratio.
ratio() {
	awk -v variant="\"$1\":" '$1 == variant { on = 1 } on; /}/ { on = 0 }' \
		"$tmp/bench/build/bench/summary.json" | grep -q "\"$2\": 0.5000"
}

bench_keeps_what_it_has() {
	local made=$tmp/bench/build/bench

	made_up_bench "$tmp/bench"

	bench '' pv pvh
	[[ $status == 0 ]] && ratio pv map_1 && ratio pv at_once && ratio pvh at_once &&
		! grep -q 'not measured' "$tmp/out" "$tmp/err"
	result bench_of_good_boots

	bench 'pvh two\n' pv pvh arm64
	[[ $status == 125 ]] && ratio pv at_once && ratio pvh map_1 && ratio arm64 map_1 &&
		! ratio pvh at_once &&
		grep -q 'not measured: pvh, two CPUs; ' "$tmp/err" &&
		grep -q 'not measured.*two CPUs: threads_at_once' "$tmp/out" &&
		grep -q 'Not measured.*two CPUs.: threads_at_once' "$made/figures.md" &&
		grep -q '"missing": \["threads_at_once"\]' "$made/pvh.json" &&
		grep -q '"missing": \[\]' "$made/pv.json"
	result bench_without_two_cpus

	bench 'pv icount\n' pv
	[[ $status == 125 ]] && ratio pv at_once && ! ratio pv map_1 &&
		grep -q '"missing": \["batch_1"\]' "$made/pv.json"
	result bench_without_counting

	# The figures of an earlier run must not be reported for this run.
	bench 'pvh icount\npvh two\n' pvh pv
	[[ $status == 125 ]] && ratio pv map_1 && ! grep -q '"pvh"' "$made/summary.json" &&
		grep -q 'not measured: pvh, counting instructions; pvh, two CPUs; ' "$tmp/err"
	result bench_without_a_variant
}

# verdicts TEXT PROGRAM CASE...: whether the cases end as TEXT says: "ok" or "not ok", and
# the name of each case.
verdicts() {
	local want=$1

	shift
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[[ $(sed -nE 's/^((not )?ok) [0-9]+ - /\1 /p' "$tmp/out" | xargs) == "$want" ]]
}

# A case hangs if it makes no progress for its limit. A slow case is no hang. The cases
# have a limit of 2 s or 4 s. To the second program the machine looks idle all the time.
hangs() {
	local name
	cat >"$tmp/hangs.c" <<-'END'
		#define TAP_LOOKS 150 /* 0.6 s of a wait, or more */
		#include "tap.h"

		TAP_CASE(slow, .seconds = 2)
		{
			for (int i = 0; i < 12; i++) {
				usleep(500000);
				check(true);
			}
		}

		TAP_CASE(hangs, .seconds = 2)
		{
			pause();
		}

		TAP_CASE(works, .seconds = 4)
		{
			while (clock() < 6 * CLOCKS_PER_SEC)
				;
		}

		TAP_CASE(works_for_ever, .seconds = 2)
		{
			for (;;)
				;
		}

		TAP_CASE(child_of_a_case_works, .seconds = 2)
		{
			if (fork() == 0)
				for (;;) {
					usleep(500000);
					tap_progress();
				}
			sleep(5);
		}

		TAP_CASE(soon_while_it_counts)
		{
			int n = 0;

			check(tap_soon(++n == 300, n));
		}

		TAP_CASE(soon_ends)
		{
			check(!tap_soon(false, 0));
		}

		TAP_MAIN
	END
	status=0
	for name in hangs hangs-idle; do
		gcc -D_GNU_SOURCE -std=gnu11 -Wall -Wextra -I"$top/tests/lib" \
			"-DTAP_STAT=\"$([[ $name == hangs ]] && echo /proc/stat || echo /dev/null)\"" \
			-o "$tmp/$name" "$tmp/hangs.c" 2>"$tmp/err" || status=$?
	done
	verdicts "ok slow not ok hangs ok child_of_a_case_works ok soon_while_it_counts ok soon_ends" \
		"$tmp/hangs" slow hangs child_of_a_case_works 'soon_*' &&
		[[ $status == 1 ]] && grep -q 'hangs:0: hung: no progress for 2 s' "$tmp/out"
	result hang_is_no_progress

	verdicts "ok works not ok works_for_ever" "$tmp/hangs" 'works*' &&
		grep -q 'works_for_ever:0: hung: ' "$tmp/out"
	result hang_is_no_work

	verdicts "not ok works" "$tmp/hangs-idle" works &&
		grep -q 'works:0: hung: ' "$tmp/out"
	result hang_on_an_idle_machine
}
