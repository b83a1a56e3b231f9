# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# Prints TAP for a script's own tests. Scripts source this file. It needs no other file of
# the tree.

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
