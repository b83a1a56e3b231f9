#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares the sections DIAGNOSTICS of the manual pages with the sources. Each
# message that the module writes to the kernel's log is in privcmd(4), each error
# message of xenfm in xenfm(8), each line of the vhost-user back end in
# xenfm-vhost-user-blk(8), and these sections list no others. The script prints the
# differences, and fails if there is one. It also fails if it finds no message, because
# then it looks in the wrong file.
#
# A section lists a message as the quoted argument of .It, with any words where the
# program fills something in. Messages about wrong usage are not listed.
#
# Usage: tests/host/lint/messages.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1

# texts PATTERN: reads C code on standard input. The pattern matches the beginning of a
# call. The function prints each string literal that is the first argument of such a call,
# or that follows ? or : in that argument. Adjacent literals are joined, as in C. A
# conversion of printf() becomes @.
texts() {
	tr '\n' ' ' | awk -v pattern="$1" '
	function text(  all) {
		all = ""
		for (;;) {
			sub(/^[ \t]+/, "", rest)
			if (match(rest, /^"([^"\\]|\\.)*"/))
				all = all substr(rest, 2, RLENGTH - 2)
			else if (all ~ /%[-#0-9.]*$/ && match(rest, /^PRI[a-zA-Z0-9]+/))
				all = all "d" # of <inttypes.h>
			else if (all && match(rest, /^[A-Z_]+/))
				all = all "@" # such as PRIVCMD_DEVICE
			else
				return all
			rest = substr(rest, RLENGTH + 1)
		}
	}
	{
		rest = $0
		while (match(rest, pattern)) {
			rest = substr(rest, RSTART + RLENGTH)
			do {
				sub(/^[^";,]*/, "", rest)
				said = text()
				gsub(/\\n/, "", said)
				gsub(/%[-#0-9.]*(ll|l|z)?[a-z]/, "@", said)
				if (said ~ /[a-z]/)
					print said
			} while (rest ~ /^:/)
		}
	}'
}

# A file that defines pr_fmt() begins its messages with the name of the module.
module_messages() {
	local file prefix

	for file in src/*.c; do
		[[ $file != src/inject.c ]] || continue # not in the module that is shipped
		prefix=
		! grep -qF '#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt' "$file" ||
			prefix='xen_privcmd: '
		texts 'pr_(info|warn|err|notice)(_ratelimited)?[(]' <"$file" |
			sed "s/^/$prefix/"
	done
}

# The explanation of an errno follows the device or the domain.
xenfm_messages() {
	cat tools/*.c | texts '(complain[(]|char behind[[][]] =)' | sed 's/^: //' |
		grep -vx 'domain @: @'
	sed -n '/^static const char \*explain_open/,/^}/p' tools/device.c |
		texts 'return ' | sed 's/^/@: /'
	sed -n '/^static const char \*explain_domain/,/^}/p' tools/device.c |
		texts 'return ' | sed 's/^/domain @: /'
}

# The reason why an argument cannot be used follows the argument.
disk_messages() {
	cat tools/vhost-user-blk/*.c | texts 'say(_guest)?[(]'
	cat tools/vhost-user-blk/*.c | texts '[*]why = ' | sed 's/^/@: /'
}

# listed PAGE: prints the messages that the page lists, without the one message of the
# kernel's module loader.
listed() {
	sed -n '/^\.Sh DIAGNOSTICS/,/^\.Sh S/s/^\.It "\(.*\)"$/\1/p' "$1" |
		grep -vF '(owned by kernel)'
}

# compare PAGE MESSAGES: the page must list exactly these messages.
compare() {
	local page=tools/man/$1 what

	what=$("$2" | sort -u)
	[[ $what ]] || echo "no message for $page: $0 looks in the wrong file"
	listed "$page" | awk -v page="$page" '
	function pattern(text) {
		gsub(/[][().*+?^$|{}\\]/, "\\\\&", text)
		gsub(/@/, ".+", text)
		return "^" text "$"
	}
	NR == FNR { messages[$0]; next }
	{
		found = 0
		for (m in messages)
			if ($0 ~ pattern(m)) {
				found = 1
				used[m]
			}
		if (!found)
			print "only in " page ": " $0
	}
	END {
		for (m in messages)
			if (!(m in used))
				print "not in " page ": " m
	}' <(echo "$what") - | sort
}

missing=$(
	compare privcmd.4 module_messages
	compare xenfm.8 xenfm_messages
	compare xenfm-vhost-user-blk.8 disk_messages
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
