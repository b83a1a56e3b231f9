#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares all places that name the options of a program: the code that reads them, the
# text of --help, and the synopsis and the list of the manual page. The script prints the
# differences, and fails if there is one. It also fails if it finds no option in one of
# these places, because then it looks in the wrong file.
#
# Usage: tests/host/lint/options.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1

# same WHAT ONE OTHER: the two commands must print the same lines, in any order.
same() {
	local what=$1 one other

	one=$("$2" | tr '[:upper:]' '[:lower:]' | sort -u)
	other=$("$3" | tr '[:upper:]' '[:lower:]' | sort -u)
	[[ $one ]] || echo "$what: no options by $2: $0 looks in the wrong file"
	[[ $other ]] || echo "$what: no options by $3: $0 looks in the wrong file"
	comm -23 <(echo "$one") <(echo "$other") | sed "s/^/$what, only in $2: /"
	comm -13 <(echo "$one") <(echo "$other") | sed "s/^/$what, only in $3: /"
}

# synopsis PAGE: prints one line for each way to call the program.
synopsis() {
	awk '
	/^\.Sh / { inside = /SYNOPSIS/; next }
	inside && /^\.Nm/ { print line; line = ""; next }
	inside { line = line " " $0 }
	END { print line }' "tools/man/$1"
}

# plain: converts lines of mdoc(7) on standard input to the notation of --help.
plain() {
	awk '
	{
		gsub(/ Ns = Ns /, "=")
		gsub(/=Ar /, "=")
		out = ""
		deep = 0
		for (i = 1; i <= NF; i++) {
			if ($i == ".Op" || $i == "Op") {
				out = out (deep ? "] [" : " [")
				deep = 1
			} else if ($i ~ /^\.[A-Z]/) {
				out = out (deep ? "] " : " ")
				deep = 0
				fl = $i == ".Fl"
			} else if ($i == "Oo") {
				out = out " ["
			} else if ($i == "Oc") {
				out = out "] "
			} else if ($i == "Fl") {
				fl = 1
			} else if ($i == "Ar" || $i == "Cm") {
				fl = 0
			} else {
				out = out " " (fl ? "-" : "") $i
				fl = fl && $(i + 1) == "|"
				if ($i == "|")
					fl = 1
			}
		}
		out = out (deep ? "]" : "")
		gsub(/-\|/, "|", out)
		gsub(/ +/, " ", out)
		gsub(/\[ /, "[", out)
		gsub(/ \]/, "]", out)
		sub(/^ /, "", out)
		sub(/ $/, "", out)
		print out
	}'
}

# xenfm: each command with its arguments, as in "read domid addr len [--hex] ...".
xenfm_help() {
	awk -F '"' '
	/\.name =/ { name = $2 }
	/\.usage =/ {
		if (NF < 2)
			getline # a long text has a line of its own
		print name " " $2
	}' tools/xenfm.c
}

xenfm_list() {
	grep '^\.It Cm' tools/man/xenfm.8 | sed 's/^\.It //' | plain
}

# The synopsis has "info" as optional.
xenfm_synopsis() {
	synopsis xenfm.8 | sed 's/^ \.Op Cm info/ .Cm info/' | grep '^ \.Cm' |
		grep -v 'Cm help' | plain
}

# Prints the options that getopt_long() is given.
xenfm_options_read() {
	cat tools/*.c | awk '
	/^int cmd_[a-z]+\(/ { match($0, /cmd_[a-z]+/); name = substr($0, RSTART + 4, RLENGTH - 4) }
	/^}/ { name = "" }
	name && /^\t\t\{ "[a-z-]+", (no|required)_argument/ {
		split($0, part, "\"")
		if (part[2] != "help")
			print name " --" part[2] (/required/ ? " ARG" : "")
	}'
}

xenfm_options_helped() {
	xenfm_help | while read -r name usage; do
		grep -oE -e '--[a-z-]+( [A-Z]+)?' <<<"$usage" |
			sed -E "s/^/$name /; s/ [A-Z]+\$/ ARG/"
	done
}

# xenfm-vhost-user-blk: each option as in "--blk-file=path".
disk_help() {
	sed -n '/^static const char help\[\] =/,/;$/p' tools/vhost-user-blk/options.c |
		grep -oE -e '--[a-z-]+(=[A-Z]+)?'
}

disk_list() {
	grep '^\.It Fl' tools/man/xenfm-vhost-user-blk.8 | sed 's/^\.It //; s/ , h$//' | plain
}

disk_synopsis() {
	synopsis xenfm-vhost-user-blk.8 | plain | grep -oE -e '--[a-z-]+(=[a-z]+)?'
}

disk_read() {
	sed -nE 's/^\t\{ "([a-z-]+)", (no|required)_argument.*/--\1 \2/p' \
		tools/vhost-user-blk/options.c
}

disk_helped() {
	disk_help | sed -E 's/=.*/ required/; /required/!s/$/ no/'
}

# privcmd-test: each option as in "--slow n".
suite_help() {
	sed -nE 's/^[^"]*"  (--[a-z]+)( [A-Z]+)? .*/\1\2/p' tests/lib/tap_main.h
}

suite_list() {
	grep '^\.It Fl' tools/man/privcmd-test.8 | sed 's/^\.It //' | plain
}

suite_synopsis() {
	synopsis privcmd-test.8 | plain | tr '|[]' '\n' |
		grep -oE -e '--[a-z]+( [a-z]+)?'
}

suite_read() {
	sed -nE 's/.*strcmp\(argv\[i\], "(--[a-z]+)"\).*/\1/p' tests/lib/tap_main.h
}

suite_helped() {
	suite_help | cut -d ' ' -f 1
}

missing=$(
	same xenfm xenfm_help xenfm_list
	same xenfm xenfm_help xenfm_synopsis
	same xenfm xenfm_options_helped xenfm_options_read
	same xenfm-vhost-user-blk disk_help disk_list
	same xenfm-vhost-user-blk disk_help disk_synopsis
	same xenfm-vhost-user-blk disk_helped disk_read
	same privcmd-test suite_help suite_list
	same privcmd-test suite_help suite_synopsis
	same privcmd-test suite_helped suite_read
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
