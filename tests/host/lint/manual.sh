#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares privcmd(4) with the sources: each struct, ioctl, constant, module parameter,
# tracepoint and fdinfo field of the sources is in the page, and the page has no others.
# The script prints the differences, and fails if there is one. It also fails if it finds
# no item of a kind, because then it looks in the wrong file.
#
# Usage: tests/host/lint/manual.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1
page=tools/man/privcmd.4
headers=(uapi/xen/privcmd.h uapi/xen/privcmd_x.h)

# structs FILE...: prints each struct on one line, without __user.
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

# both WHAT SOURCES PAGE: the two commands must print the same lines, in any order.
both() {
	local what=$1 in_sources in_page

	in_sources=$("$2" | sort -u)
	in_page=$("$3" | sort -u)
	[[ $in_sources ]] || echo "no $what in the sources: $0 looks in the wrong file"
	comm -23 <(echo "$in_sources") <(echo "$in_page") | sed "s|^|$what not in $page: |"
	comm -13 <(echo "$in_sources") <(echo "$in_page") | sed "s|^|$what only in $page: |"
}

# The page has every struct, with all members in their order.
structs_of_sources() { structs "${headers[@]}"; }
structs_of_page() { structs "$page"; }

# The text under an ioctl names every argument of the ioctl, except reserved fields and
# the fields size and flags, which all private ioctls have.
missing_arguments() {
	awk '
	function done(  m) {
		for (m in member)
			if (!(m in said))
				print name ": the text does not name " m
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

names_of_sources() {
	sed -nE 's/^#define ((IOCTL_)?PRIVCMD_[A-Z0-9_]+)[[:space:]].*/\1/p' "${headers[@]}"
}

names_of_page() {
	grep -owE '(IOCTL_)?PRIVCMD_[A-Z0-9_]+' "$page"
}

# Prints each parameter with its default, and rw if it can be written at run time. The
# parameters of inject.c are left out, because no installed module has them. The variable
# is the second argument of module_param_named() and the third of module_param_cb(). For
# the other macros it has the name of the parameter.
parameters_of_sources() {
	local name type default mode

	find src -name '*.c' ! -name inject.c -exec awk '
	FNR == 1 { text = "" }
	/^(static )?(bool|int|u?long|unsigned (int|long)) [a-z_]+( = .*)?;/ {
		sub(/^static /, "")
		value = /=/ ? $0 : "= 0;"
		gsub(/^.*= |;.*/, "", value)
		sub(/( =.*)?;.*/, "")
		initial[$NF] = value
		type[$NF] = $1
	}
	/^(module|core)_param/ { text = "" ; inside = 1 }
	inside { text = text $0 }
	inside && /;/ {
		inside = 0
		split(text, part, /[(),]+[ \t]*/)
		variable = text ~ /^[a-z]*_param_named/ ? part[3] : \
			text ~ /^[a-z]*_param_cb/ ? part[4] : part[2]
		gsub(/[& ]/, "", variable)
		sub(/^.*, */, "", text)
		print part[2], type[variable] ? type[variable] : "unknown", \
			text ~ /^0[2367][0-7][0-7]\)/ ? "rw" : "ro", \
			initial[variable]
	}' {} + | while read -r name type mode default; do
		default=${default//UL/}
		case $type,$default in
		bool,true) default=Y ;;
		bool,*) default=N ;;
		unknown,*) default=unknown ;;
		*) default=$((default)) ;;
		esac
		echo "$name $default $mode"
	done
}

parameters_of_page() {
	awk '
	function done() {
		if (name)
			print name, default, mode
		name = ""
	}
	/^\.Sh / { done(); inside = $0 == ".Sh MODULE PARAMETERS" }
	!inside { next }
	/^\.It Cm / { done(); name = $3; default = "unknown"; mode = "unknown" }
	/^Default / || / [Dd]efault / {
		match($0, /[Dd]efault [^ ,:.]+/)
		default = substr($0, RSTART + 8, RLENGTH - 8)
	}
	/writable at run time/ { mode = "rw" }
	/readable at run time/ { mode = "ro" }' "$page"
}

# The synopsis lists the parameters for modprobe.
parameters_of_synopsis() {
	sed -nE 's/^\.Op Cm ([a-z_]+) Ns = .*/\1/p' "$page"
}

parameter_names() {
	parameters_of_sources | cut -d ' ' -f 1
}

# Prints each tracepoint with its fields in their order.
tracepoints_of_sources() {
	awk -F '[(,)]' '
	/^TRACE_EVENT\(/ { name = $2; fields = "" }
	/__field\(/ { sub(/^ +/, "", $3); fields = fields " " $3 }
	/TP_fast_assign/ { print name fields }' src/trace.h
}

tracepoints_of_page() {
	awk '
	name { print name " " substr($0, 5); name = "" }
	/^\.It Li privcmd_/ { name = $3 }' "$page"
}

fdinfo_of_sources() {
	cat src/*.c | grep -ohE '"xen-privcmd-[a-z]+:' | tr -d '":'
}

fdinfo_of_page() {
	sed -nE 's/^\.It Li (xen-privcmd-[a-z]+) :$/\1/p' "$page"
}

# A program with the headers of the synopsis compiles, and these headers define every
# name. This is checked only if Xen's headers are installed. Xen's header may lack some
# names of the source tree; the page says which, and these are not checked.
synopsis_compiles() {
	local dir name

	[[ -e /usr/include/xen/sys/privcmd.h ]] || return 0
	dir=$(mktemp -d) || return
	mkdir "$dir/xenfm"
	cp uapi/xen/privcmd_x.h "$dir/xenfm"
	{
		sed -n '/^\.Sh SYNOPSIS/,/^\.Sh /s/^\.In \(.*\)/#include <\1>/p' "$page"
		names_of_sources | sort -u |
			grep -vE 'IRQFD|IOEVENTFD|PCIDEV_GET_GSI' |
			while read -r name; do
				echo "unsigned long long use_$name = $name;"
			done
	} >"$dir/synopsis.c"
	cc -std=gnu11 -fsyntax-only -I"$dir" "$dir/synopsis.c" 2>&1 |
		sed -n "s|.*error:|$page, synopsis:|p" | head -n 3
	rm -r "$dir"
}

missing=$(
	both struct structs_of_sources structs_of_page
	missing_arguments
	both name names_of_sources names_of_page
	both 'parameter (name, default, mode)' parameters_of_sources parameters_of_page
	synopsis_compiles
	both 'parameter in the synopsis' parameter_names parameters_of_synopsis
	both tracepoint tracepoints_of_sources tracepoints_of_page
	both 'fdinfo field' fdinfo_of_sources fdinfo_of_page
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
