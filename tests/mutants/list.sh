# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# The lists of mutants: reads them, and applies a mutant to a text. check-mutants sources
# this file and describes the format.

names=()
declare -A file=() from=() to=() on=() cases=() argued=()

# read_list LIST: adds its mutants.
read_list() {
	local line name='' source='' n=0

	while IFS= read -r line; do
		n=$((n + 1))
		case $line in
		'' | '#'*) continue ;;
		'file = '*) source=${line#file = }; continue ;;
		'['*']')
			name=${line:1:-1}
			[[ $name =~ ^[a-z0-9_]+$ ]] || die "$1:$n: wrong name '$name'"
			[[ ! ${file[$name]-} ]] || die "$1:$n: a second mutant '$name'"
			names+=("$name")
			file[$name]=$source on[$name]=pv
			continue ;;
		esac
		[[ $name ]] || die "$1:$n: before the first mutant: $line"
		case $line in
		'from = '*) from[$name]=${line#from = } ;;
		'to ='*) to[$name]=${line#to =} to[$name]=${to[$name]# } ;;
		'on = '*) on[$name]=${line#on = } ;;
		'cases = '*) cases[$name]=${line#cases = } ;;
		'argued = '*) argued[$name]=${line#argued = } ;;
		*) die "$1:$n: unknown line: $line" ;;
		esac
	done <"$1"
}

# mutate NAME FILE: prints the text of FILE with the change of the mutant. Fails if the
# text of the mutant is not in it exactly once.
mutate() {
	FROM=${from[$1]} TO=${to[$1]} awk '
	BEGIN {
		pattern = ENVIRON["FROM"]
		gsub(/[][\\.^$*+?(){}|\/]/, "\\\\&", pattern)
		gsub(/[ \t]+/, "[ \t\n]+", pattern)
	}
	{ text = text $0 "\n" }
	END {
		if (!match(text, pattern))
			exit 1
		before = substr(text, 1, RSTART - 1)
		after = substr(text, RSTART + RLENGTH)
		if (match(after, pattern))
			exit 1
		printf "%s%s%s", before, ENVIRON["TO"], after
	}' "$2"
}

# check_mutant NAME: whether the list says all that is needed, and it matches.
check_mutant() {
	local row

	[[ -e $top/${file[$1]} ]] || { say "$1: there is no ${file[$1]}"; return 1; }
	[[ ${from[$1]-} ]] || { say "$1: no line 'from'"; return 1; }
	[[ ${to[$1]+set} ]] || { say "$1: no line 'to'"; return 1; }
	[[ ${cases[$1]-} ]] || { say "$1: no line 'cases'"; return 1; }
	mutate "$1" "$top/${file[$1]}" >/dev/null ||
		{ say "$1: '${from[$1]}' is not exactly once in ${file[$1]}"; return 1; }
	for row in ${on[$1]}; do
		case ${file[$1]} in
		src/*) [[ $(row_names) == *"$row"* ]] ;;
		*) [[ $row == host || $row == alone ]] ;;
		esac || { say "$1: it cannot run on '$row'"; return 1; }
	done
}

# sample N: prints the names of N mutants. The commit decides which.
sample() {
	local commit name

	commit=$(git -C "$top" rev-parse HEAD 2>/dev/null || echo none)
	for name in "${names[@]}"; do
		printf '%s %s\n' "$(cksum <<<"$commit $name" | cut -d ' ' -f 1)" "$name"
	done | sort -n | head -n "$1" | cut -d ' ' -f 2
}
