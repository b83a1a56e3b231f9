#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests that every script with a usage prints it on request and does nothing else. The
# scripts of tests/host/unit are left out. Prints TAP.

set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
cd "$(dirname "$0")/../../.." || exit 1

# answers SCRIPT: help, -h and --help print the usage.
answers() {
	local way said

	for way in help -h --help; do
		said=$("$1" $way 2>&1 </dev/null) || return
		[[ $said == "Usage: $1"* ]] || return
	done
}

while read -r script; do
	tap_check "help_$script" answers "$script"
done < <(grep -rlE '^# Usage: (tests|tools)/' tests tools | grep -v '^tests/host/unit/' | sort |
	xargs grep -LE '^# shellcheck shell=' | xargs grep -lE '^#!')
tap_plan && ((tap_tests > 20))
