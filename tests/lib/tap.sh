# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# The functions for TAP: a script prints the results of its own tests, or runs programs
# that print TAP and counts their results. Scripts source this file.

# The numbers of this script's tests, and of those that failed.
tap_tests=0 tap_failed=0

# tap_result STATUS NAME [LOG]: prints a result. The test has passed if STATUS is 0. If it
# has failed, the lines of the file LOG are printed first, as comments.
tap_result() {
	tap_tests=$((tap_tests + 1))
	if (($1 == 0)); then
		echo "ok $tap_tests - $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	[[ ! -r ${3-} ]] || awk '{ print "# " $0 }' "$3"
	echo "not ok $tap_tests - $2"
}

# tap_check NAME COMMAND...: a test that passes if the command succeeds. Its output is
# printed only if it fails. The command runs in a subshell, so it cannot set variables of
# the script.
tap_check() {
	local tap_said tap_status=0

	tap_said=$("${@:2}" 2>&1) || tap_status=$?
	tap_result "$tap_status" "$1" <(printf '%s' "$tap_said")
}

# tap_skip NAME REASON: prints the result of a test that cannot run here.
tap_skip() {
	tap_result 0 "$1 # SKIP $2"
}

# tap_include FILE PREFIX: prints the results in another program's TAP as results of this
# script, with PREFIX before the names, and the comments. Leaves the other lines out.
tap_include() {
	local line

	while IFS= read -r line; do
		case $line in
		'ok '*) tap_result 0 "$2${line#* - }" ;;
		'not ok '*) tap_result 1 "$2${line#* - }" ;;
		'#'*) echo "$line" ;;
		esac
	done <"$1"
}

# tap_plan: prints the plan after the last result. Fails if a test has failed.
tap_plan() {
	echo "1..$tap_tests"
	((tap_failed == 0))
}

# The totals of all programs that tap_tally has counted, or of the jobs of jobs.sh.
passed=0 failed=0 skipped=0

tap_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# tap_tally FILE STATUS [VARIABLE=VALUE...]: counts the TAP of a program that has ended with
# this status. Prints the failures that tally.awk finds, and the line "N passed, N failed, N
# skipped", which is also in tap_verdict. Adds to the totals. The variables are those of
# tally.awk: where decides which tests may be skipped; all tests ran, unless the caller sets
# whole.
tap_tally() {
	local tally p f s variable variables=(-v "status=$2" -v whole=yes
		-v "skips=$tap_lib/../xen/skips")

	for variable in "${@:3}"; do
		variables+=(-v "$variable")
	done
	tally=$(awk -f "$tap_lib/tally.awk" "${variables[@]}" "$1")
	sed '$d' <<<"$tally"
	read -r p f s <<<"${tally##*$'\n'}"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	tap_verdict="$p passed, $f failed, $s skipped"
	echo "$tap_verdict"
}

# tap_run FILE [VARIABLE=VALUE...] -- COMMAND...: runs a program that prints TAP.
# Prints its output, keeps it in FILE, and counts it by tap_tally. A command that fails does
# not end the script. The script must have set pipefail.
tap_run() {
	local tap_file=$1 tap_status=0 tap_variables=()

	shift
	while [[ $1 != -- ]]; do
		tap_variables+=("$1")
		shift
	done
	"${@:2}" | tee "$tap_file" || tap_status=${PIPESTATUS[0]}
	tap_tally "$tap_file" "$tap_status" "${tap_variables[@]}"
}

# tap_total: prints the totals. Fails if a test has failed or if none has passed.
tap_total() {
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0 && passed > 0))
}
