# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# Runs the tool on the fake device of tests/lib/fake and compares what it says. The tests
# lib_tool*.sh source this file with their argument: the tool linked with this device.

# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "${0##*/}: usage: ${0##*/} PATH-OF-XENFM-FAKE" >&2
	exit 2
fi
xenfm=$1
unset XENFM_DEVICE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'twelve bytes' >"$work/in"

# run DEVICE ARGUMENT...: sets out, err and status
run() {
	status=0
	XENFM_FAKE=$1 "$xenfm" "${@:2}" <"$work/in" >"$work/out" 2>"$work/err" || status=$?
	out=$(tr '\0' '?' <"$work/out")
	err=$(<"$work/err")
}

# expect NAME STATUS OUT ERR: the last run must have ended so; ERR is a pattern of one
# line, or empty if there must be no line
expect() {
	local lines bad=0

	lines=$(wc -l <"$work/err")
	[[ $status = "$2" && $out = "$3" ]] || bad=1
	if [[ -n $4 ]]; then
		# shellcheck disable=SC2053 # it is a pattern
		[[ $err = $4 && $lines = 1 ]] || bad=1
	else
		[[ -z $err ]] || bad=1
	fi
	tap_result "$bad" "$1" <(printf '%s\n' "status $status, not $2" "out: $out" "err: $err")
}

# usage NAME ERR ARGUMENT...: this is wrong usage, with every device
usage() {
	local device

	for device in xen-privcmd none; do
		run "$device" "${@:3}"
		[[ $status = 2 ]] || break
	done
	expect "usage_$1" 2 "" "xenfm: $2, see 'xenfm*--help'"
}

# json NAME FILTER WANTED [STATUS [ERR]]: the last run wrote one JSON text, and the
# filter of jq prints WANTED; ERR is a pattern
json() {
	local got

	got=$(jq -c "$2" "$work/out" 2>&1) || true
	# shellcheck disable=SC2053 # it is a pattern
	[[ $status = "${4-0}" && $got = "$3" && $err = ${5-} &&
		$(wc -l <"$work/out") = 1 ]] && bad=0 || bad=1
	tap_result "$bad" "json_$1" <(printf '%s\n' "status $status, not ${4-0}" "$got, not $3" \
		"out: $out" "err: $err")
}
