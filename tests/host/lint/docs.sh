#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares the documents that show commands with the tree: make targets and variables,
# options of scripts and programs, rows of tests/xen/variants, paths, links and
# parameters must exist. The program of README.md must compile, link and print its
# usage. The script prints each error, and fails if there is one.
#
# Usage: tests/host/lint/docs.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1
documents=(README.md CONTRIBUTING.md tests/README.md docs/install.md)

# code FILE: prints each line of code and each text between backticks on its own line,
# without comments. A line of code that ends with a backslash is joined with the next.
code() {
	awk '
	function spans(  n, i, part) {
		n = split(paragraph, part, "`")
		for (i = 2; i <= n; i += 2)
			print part[i]
		paragraph = ""
	}
	/^```/ { fenced = !fenced; next }
	fenced { next }
	/^    / {
		spans()
		sub(/^ +/, "")
		sub(/ +# .*/, "")
		if (sub(/\\$/, ""))
			printf "%s", $0
		else
			print
		next
	}
	/^$/ { spans() }
	{ paragraph = paragraph " " $0 }
	END { spans() }' "$1"
}

# targets MAKEFILE: prints its phony targets.
targets() {
	sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$1" | sed -n 's/^\.PHONY://p' |
		tr -s '[:blank:]' '\n' | sort -u
}

# words_of MAKEFILE WORD...: checks the targets and variables of one make command.
words_of() {
	local makefile=$1 word

	shift
	for word; do
		case $word in
		*...*) ;; # such as check-...
		*=*)
			grep -qw -e "${word%%=*}" "$makefile" tools/Makefile tests/lib/*.mk ||
				echo "no variable ${word%%=*}" ;;
		-*) ;;
		*)
			targets "$makefile" | grep -qxF -e "$word" ||
				echo "no target $word in $makefile" ;;
		esac
	done
}

make_commands() {
	local words

	while read -ra words; do
		[[ ${words[0]-} == make ]] || continue
		# a quoted value of a variable may have spaces: remove it
		read -ra words < <(sed -E 's/="[^"]*"/=/g' <<<"${words[*]}")
		if [[ ${words[1]-} == -C ]]; then
			words_of "${words[2]}/Makefile" "${words[@]:3}"
		else
			words_of Makefile "${words[@]:1}"
		fi
	done < <(code "$1")
}

# options HELP LINE: the options of LINE before " -- " must be in the text HELP.
options() {
	local word

	for word in ${2%% -- *}; do
		[[ $word == -[A-Za-z]* || $word == --[a-z]* ]] || continue
		[[ $word != --help ]] || continue # tests/host/unit/help.sh checks it
		word=${word%%=*}
		grep -qE -e "(^|[^-a-z])$word([^-a-z]|\$)" <<<"$1" ||
			echo "no option $word: $2"
	done
}

# For a program its manual page is read. tests/host/lint/options.sh compares that with --help.
command_options() {
	local line name

	while read -r line; do
		name=${line%% *}
		case ${name##*/} in
		xenfm | xenfm-vhost-user-blk | privcmd-test)
			options "$(sed -n 's/\\-/-/g; s/.*Fl -\([a-z-]*\).*/--\1/p' \
				"tools/man/${name##*/}.8")" "$line" ;;
		*)
			[[ $name == tests/* && -x $name && ! -d $name && $line == *\ * ]] ||
				continue
			options "$("$name" --help)" "$line" ;;
		esac
	done < <(code "$1")
}

rows() {
	local row

	code "$1" | grep -oE -e '(^|[ ])(V=|-V )[a-z0-9,-]+' | sed 's/.*[= ]//' |
		tr ',' '\n' | sort -u | while read -r row; do
		grep -qxF -e "[$row]" tests/xen/variants || echo "no row $row of variants"
	done
}

paths() {
	local path

	code "$1" | grep -oE -e '(^|[ ])(\./)?(src|compat|uapi|include|tools|tests|docs)/[^ ]*' |
		sort -u | while read -r path; do
		compgen -G "$path" >/dev/null || echo "no $path"
	done
}

# slugs FILE: prints the anchors that a git forge makes of its headings.
slugs() {
	sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-'
}

links() {
	local link file

	grep -oE -e '\]\([^)]*\)' <<<"$(tr '\n' ' ' <"$1")" | sed 's/^](//; s/)$//' |
		while read -r link; do
		[[ $link != *://* ]] || continue
		file=$(dirname "$1")/${link%%#*}
		[[ $link != '#'* ]] || file=$1
		[[ -e $file ]] || { echo "no $file"; continue; }
		[[ $link != *#* ]] || slugs "$file" | grep -qxF -e "${link#*#}" ||
			echo "no heading for $link"
	done
}

# The table of docs/install.md has exactly the module's parameters. The parameters of
# inject.c are left out, because no installed module has them.
parameters() {
	diff <(find src -name '*.c' ! -name inject.c -exec \
		sed -nE 's/^module_param(_named|_cb)?\(([a-z_]+),.*/\2/p' {} + | sort) \
		<(sed -n '/^## Parameters/,$s/^| `\([a-z_]*\)` |.*/\1/p' docs/install.md | sort)
}

# The program of README.md runs without a device and prints its usage.
program() {
	local work said ret=0

	work=$(mktemp -d) || return
	{
		tests/lib/man-example README.md 1 >"$work/program.c" &&
			gcc -std=gnu11 -Wall -Wextra -Werror -pedantic -D_GNU_SOURCE \
				-Iinclude -fsyntax-only "$work/program.c" &&
			gcc -std=gnu11 -D_GNU_SOURCE -Iinclude -Iuapi -o "$work/program" \
				"$work/program.c" tools/lib/*.c
	} || ret=1
	if ((!ret)); then
		said=$("$work/program" 2>&1)
		[[ $? == 2 && $said == *"usage: "* ]] || { echo "$said"; ret=1; }
	fi
	rm -r "$work"
	return $ret
}

wrong=$(
	for document in "${documents[@]}"; do
		{
			make_commands "$document"
			command_options "$document"
			rows "$document"
			paths "$document"
			links "$document"
		} 2>&1 | sed "s|^|$document: |"
	done
	parameters 2>&1 || echo "docs/install.md: its parameters are not those of src/"
	program 2>&1 || echo "README.md: its program does not compile and run"
)
[[ ! $wrong ]] || { echo "$wrong"; exit 1; }
