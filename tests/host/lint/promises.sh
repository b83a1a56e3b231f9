#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares xenfm-vhost-user-blk(8) with its tests: each sentence has a row in
# tests/vhost/alone/promises, each row has its sentence, and each case that a row
# names exists. The script prints the differences, and fails if there is one.
#
# Usage: tests/host/lint/promises.sh [--sentences]
#
#   --sentences  print the sentences of the page instead

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1
page=tools/man/xenfm-vhost-user-blk.8
rows=tests/vhost/alone/promises

# Prints each sentence of the page on one line. A sentence of mandoc's output ends with a
# full stop before two spaces or before the end of a line. mandoc sets no wider lines than
# these, so a longer paragraph is joined here.
sentences() {
	mandoc -T ascii -O width=1000 "$page" | sed 's/.\x08//g' | awk '
	/^[A-Z]/ {
		inside = /^(DESCRIPTION|DEVICE|PROTOCOL|SECURITY|ENVIRONMENT|FILES|EXIT STATUS)$/
		next
	}
	inside {
		sub(/^ +/, "")
		line = line $0
		if (length($0) > 800) { # the paragraph continues on the next line
			line = line (line ~ /\.$/ ? "  " : " ")
			next
		}
		n = split(line, part, /  +/)
		line = ""
		for (i = 1; i <= n; i++)
			if (part[i] ~ /\.$/)
				print part[i]
	}'
}

case ${1-} in
--sentences)
	sentences
	exit ;;
esac

# Each sentence must begin with the text of exactly one row.
missing_sentences() {
	sentences | awk -F '\t' '
	NR == FNR {
		if (/^[^#]/)
			row[$1] = 0
		next
	}
	{
		found = 0
		for (key in row)
			if (index($0, key) == 1) {
				row[key]++
				found++
			}
		if (found != 1)
			print found " rows for: " $0
	}
	END {
		for (key in row)
			if (row[key] != 1)
				print row[key] " sentences for: " key
	}' "$rows" -
}

# Prints the names of all C cases: TAP_CASE(), and the macros that define cases.
cases() {
	sed -nE 's/^(TAP|ORDERED)_CASE\(([a-z0-9_]+).*/\2/p
		s/^BAD_DESC\(([a-z0-9_]+).*/hostile_\1/p
		s/^SILENT_REQUEST\(([a-z0-9_]+).*/stop_silent_\1/p' \
		tests/vhost/alone/*.c tests/host/unit/*.c
}

missing_cases() {
	local name text all

	all=" $(cases | tr '\n' ' ')"
	awk -F '\t' '/^[^#]/ && $2 !~ /^- / { print $2 }' "$rows" | tr ' ' '\n' |
		sort -u | while IFS=: read -r name text; do
		if [[ $text ]]; then
			grep -qF -e "$text" "$name" || echo "no '$text' in $name"
		else
			[[ $all == *" $name "* ]] || echo "no case $name"
		fi
	done
}

bad_rows() {
	grep -nvP '^(#.*|[^\t]+\t(- )?[^\t]*[^\t ]|)$' "$rows"
}

missing=$(
	bad_rows
	missing_sentences
	missing_cases
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
