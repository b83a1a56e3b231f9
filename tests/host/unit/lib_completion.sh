#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Host test of the bash completion of xenfm, as TAP: it offers exactly the commands and
# options of the tool's --help. The argument is the tool.
set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "lib_completion.sh: usage: lib_completion.sh PATH-OF-XENFM" >&2
	exit 2
fi
xenfm=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tools/completion/xenfm
. "$top/tools/completion/xenfm"

# This stand-in for xl lists dom0 and one guest.
mkdir "$work/bin"
cat >"$work/bin/xl" <<'END'
#!/bin/sh
printf '%s\n' 'Name    ID  Mem VCPUs State Time(s)' 'Domain-0 0 768 2 r----- 9.9' \
	'web 17 128 1 -b---- 0.1'
END
chmod +x "$work/bin/xl"
PATH=$work/bin:$PATH

# offers NAME WANTED WORD...: completes the last word
offers() {
	local name=$1 wanted=$2 got status=0

	COMP_WORDS=(xenfm "${@:3}")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_xenfm
	got="${COMPREPLY[*]-}"
	[[ $got = "$wanted" ]] || status=1
	tap_result $status "completion_$name" <(echo "'$got', not '$wanted'")
}

commands=$("$xenfm" --help | sed -n 's/^  xenfm \([a-z]*\).*/\1/p' | tr '\n' ' ')
offers commands "${commands}help --help --version" ''
offers help_of_commands "${commands% }" help ''
offers command_begun "status" st
offers no_such_command '' bogus --
for command in $commands; do
	# The options are in the order of the help. --help, which the help does not list, is
	# the last.
	options=$("$xenfm" "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | tr '\n' ' ')
	offers "options_of_$command" "$options--help" "$command" --
done
for command in read write map status memory; do
	offers "domains_of_$command" '0 17' "$command" ''
	offers "no_address_of_$command" '' "$command" 17 ''
done
offers domain_begun 17 read 1
offers no_domain_for_ls '' ls ''
offers no_seconds '' map 1 2 --hold ''
touch "$work/image"
offers file_to_read_into "$work/image" read 1 2 3 --output "$work/im"
ln -s xl "$work/bin/examine-memory"
offers program_of_memory examine-memory memory 17 -- examine-m
offers program_of_a_part examine-memory memory 17 0 4096 --zero-holes -- examine-m
offers file_of_the_program "$work/image" memory 17 -- cmp '{}' "$work/im"
offers no_options_of_the_program '' memory 17 -- cmp --
offers file_to_write "$work/image" write 1 2 --input "$work/im"

tap_plan
