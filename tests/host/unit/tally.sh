#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests tap_run of tests/lib/tap.sh, and the lists of skipped cases and of differences that
# it uses, with programs that only print TAP. Prints TAP.
#
# Usage: tests/host/unit/tally.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/skips" <<-'END'
	# a comment
	arm_*		arm64		no x86
	arm_[!n]*	!arm64		no Arm
	race		?*		too slow
	new		pv,!6.1		too new
END
cat >"$work/differences" <<-'END'
	differs		pv	a reason
	elsewhere	arm64	a reason
	sometimes	?*	a race
END

# program STATUS LINE...: prints the lines as TAP with a plan.
program() {
	local n=0 line

	for line in "${@:2}"; do
		n=$((n + 1))
		[[ $line == 'not ok '* ]] && echo "not ok $n - ${line#not ok }" || echo "ok $n - $line"
	done
	echo "1..$n"
	return "$1"
}

# expect NAME OUTPUT [VARIABLE=VALUE...] -- COMMAND...: what tap_run prints below the TAP,
# with ";" between lines.
expect() {
	local name=$1 expected=$2 said variables=()

	shift 2
	while [[ $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	said=$(tap_run "$work/tap" skips="$work/skips" "${variables[@]}" "$@" |
		grep -v -E '^(not )?ok |^1\.\.' | paste -sd ';')
	[[ $said == "$expected" ]]
	tap_result $? "tally_$name" <(printf 'said:     %s\nexpected: %s\n' "$said" "$expected")
}

pv=where="pv 6.1 ours" arm=where="arm64 6.1 ours"
expect passes "2 passed, 0 failed, 0 skipped" -- program 0 a b
expect fails "1 passed, 1 failed, 0 skipped" -- program 1 a 'not ok b'
expect status_without_failure "# status 3, but 0 failures;2 passed, 1 failed, 0 skipped" \
	-- program 3 a b
expect failure_without_status "# status 0, but 1 failures;1 passed, 2 failed, 0 skipped" \
	-- program 0 a 'not ok b'
expect rig_fails "# the rig failed;1 passed, 1 failed, 0 skipped" -- program 125 a
expect nothing "# no plan or an empty one, status 0;0 passed, 1 failed, 0 skipped" -- true
expect breaks_off "# 1 results, but the plan is 2;1 passed, 1 failed, 0 skipped" \
	-- printf 'ok 1 - a\n1..2\n'
expect skip_not_listed "# a is skipped, and not listed: why;0 passed, 1 failed, 1 skipped" \
	"$pv" -- program 0 'a # SKIP why'
expect skip_listed "1 passed, 0 failed, 1 skipped" \
	"$arm" -- program 0 'arm_a # SKIP no x86 here' b
expect skip_for_another_reason \
	"# arm_a is skipped, and not listed: broken;1 passed, 1 failed, 1 skipped" \
	"$arm" -- program 0 'arm_a # SKIP broken' b
expect skip_elsewhere "# arm_a is skipped, and not listed: no x86;0 passed, 1 failed, 1 skipped" \
	"$pv" -- program 0 'arm_a # SKIP no x86'
expect listed_as_skipped_but_ran \
	"# arm_a is listed as skipped, but ran;1 passed, 1 failed, 0 skipped" \
	"$arm" -- program 0 arm_a b
expect pattern_with_an_exception "1 passed, 0 failed, 1 skipped" \
	"$pv" -- program 0 'arm_a # SKIP no Arm' arm_no
expect may_be_skipped "1 passed, 0 failed, 1 skipped" -- program 0 a 'race # SKIP too slow'
expect may_be_skipped_and_ran "2 passed, 0 failed, 0 skipped" -- program 0 a race
expect two_words "1 passed, 0 failed, 1 skipped" \
	where="pv 6.12" -- program 0 a 'new # SKIP too new'
expect two_words_one_is_wrong "2 passed, 0 failed, 0 skipped" "$pv" -- program 0 a new
expect hazard_may_be_skipped "1 passed, 0 failed, 1 skipped" \
	-- program 0 a 'b # SKIP hazard: only with --hazards'
differences=differences="$work/differences"
expect difference "3 passed, 0 failed, 0 skipped" \
	"$pv" "$differences" -- program 1 a 'not ok differs' sometimes
expect difference_passes \
	"# differs is listed as a difference, but passes;2 passed, 1 failed, 0 skipped" \
	"$pv" "$differences" -- program 0 a differs sometimes
expect difference_elsewhere \
	"# elsewhere fails, but is not listed as a difference;3 passed, 1 failed, 0 skipped" \
	"$pv" "$differences" -- program 1 a 'not ok differs' 'not ok elsewhere' sometimes
expect difference_now_and_then "3 passed, 0 failed, 0 skipped" \
	"$pv" "$differences" -- program 1 'not ok sometimes' a 'not ok differs'
expect difference_did_not_run \
	"# differs is listed as a difference, but did not run;2 passed, 1 failed, 0 skipped" \
	"$pv" "$differences" -- program 0 a sometimes
expect selection "1 passed, 0 failed, 0 skipped" \
	"$pv" "$differences" whole=no -- program 0 a

# Each line of the real list is a pattern, words and a reason that a case prints.
listed_reasons_exist() {
	local reason ret=0

	while IFS=$'\t' read -r _ _ reason; do
		reason=${reason#auto-translated dom0: }
		grep -rqF "$reason" tests/suite tests/lib/dom0 tests/library tests/guests/inside \
			tests/virtio/alone ||
			{ echo "no case prints: $reason"; ret=1; }
	done < <(grep -v -e '^#' -e '^$' tests/xen/skips | tr -s '\t')
	return $ret
}

cd "$top" || exit 1
tap_check tally_listed_reasons_exist listed_reasons_exist
tap_plan
