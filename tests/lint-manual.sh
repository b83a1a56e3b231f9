#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# Holds privcmd(4) against the sources: whatever a program, an administrator or
# somebody who traces can name is in the page. Prints what is not, and then
# fails.
#
# Usage: tests/lint-manual.sh

set -uo pipefail
export LC_ALL=C
case ${1-} in
help | -h | --help)
	sed -n '/^# Usage:/,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
	exit ;;
esac
cd "$(dirname "$0")/.." || exit 1
page=tools/man/privcmd.4
headers=(uapi/xen/privcmd.h uapi/xen/privcmd_x.h)

# Each struct of a file as one line, without what only the kernel reads.
structs() {
	awk '
	/^struct [a-z0-9_]+ \{$/ { text = $0; next }
	text && /^\};$/ { print text " };"; text = "" }
	text {
		gsub(/__user /, "")
		sub(/^[ \t]+/, "")
		text = text " " $0
	}' "$@"
}

# Every struct as it is, with all members in their order.
missing_structs() {
	local line
	structs "${headers[@]}" | while IFS= read -r line; do
		structs "$page" | grep -xF -e "$line" >/dev/null || echo "not in $page: $line"
	done
}

# Every argument in the words under its ioctl. Fields that are reserved are not,
# nor those which all private ioctls have.
missing_arguments() {
	awk '
	function done(  m) {
		for (m in member)
			if (!(m in said))
				print name ": nothing said of " m
		split("", member)
		split("", said)
	}
	/^\.It Dv (IOCTL_PRIVCMD|PRIVCMD_X)_.* Fa / { done(); name = $3 }
	/^\.Sh / { done() }
	/^struct [a-z0-9_]+ \{$/ { inside = 1; private = $2 ~ /_x_/; next }
	/^\};$/ { inside = 0 }
	inside {
		m = $NF
		gsub(/^\*|\[.*|;$/, "", m)
		if (m != "pad" && !(private && (m == "size" || m == "flags")))
			member[m]
	}
	/^\.Fa / { for (i = 2; i <= NF; i++) said[$i] }' "$page"
}

missing_names() {
	local name
	sed -nE 's/^#define ((IOCTL_)?PRIVCMD_[A-Z0-9_]+)[[:space:]].*/\1/p' "${headers[@]}" |
		while read -r name; do
			grep -qw -e "$name" "$page" || echo "not in $page: $name"
		done
}

# Where the page has the parameters, and where modprobe's are listed. Those of
# inject.c are in no module that anybody gets.
missing_parameters() {
	local name
	find src -name '*.c' ! -name inject.c -exec \
		sed -nE 's/^module_param(_named|_cb)?\(([a-z_]+),.*/\2/p' {} + |
		while read -r name; do
			grep -qx -e "\.It Cm $name" "$page" &&
				grep -q -e "^\.Op Cm $name Ns" "$page" ||
				echo "parameter not in $page: $name"
		done
}

# Each tracepoint with its fields in their order.
missing_tracepoints() {
	local name fields
	awk -F '[(,)]' '
	/^TRACE_EVENT\(/ { name = $2; fields = "" }
	/__field\(/ { sub(/^ +/, "", $3); fields = fields " " $3 }
	/TP_fast_assign/ { print name fields }' src/trace.h |
		while read -r name fields; do
			grep -A 1 -x -e "\.It Li $name" "$page" |
				grep -qx -e "\.Fa $fields" ||
				echo "tracepoint not in $page: $name with $fields"
		done
}

missing_fdinfo() {
	local name
	grep -ohE 'xen-privcmd-[a-z]+:' src/fdinfo.c | sort -u | while read -r name; do
		grep -qxF -e ".It Li ${name%:} :" "$page" ||
			echo "fdinfo field not in $page: $name"
	done
}

missing=$(
	missing_structs
	missing_arguments
	missing_names
	missing_parameters
	missing_tracepoints
	missing_fdinfo
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
