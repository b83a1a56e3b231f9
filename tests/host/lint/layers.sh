#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares src/layers with the module's sources: which part includes a header of
# which other part, and which part uses a function, variable, macro or enumerator that
# another part defines. A part of the module is NAME.c, NAME.h or both. The names that a
# part offers to others contain "privcmd". The script prints each difference, and fails if
# there is one.
#
# The script does not see calls through struct privcmd_backend, privcmd_reap_ops and
# vm_operations_struct: these structs exist to call across layers. It does not see uses of
# the fields of a struct, if the struct's header comes in by another header.
#
# Usage: tests/host/lint/layers.sh [--print] [DIR]
#
#   --print  print the lines that match the sources, in the order of src/layers
#   DIR      the sources (default: src)
#
# A line of src/layers is a part, a colon, and the parts that it may use. These stand
# in lines below it, so the graph has no cycle.

set -euo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1
print=no
case ${1-} in
--print)
	print=yes
	shift ;;
esac
dir=${1-src}

# uses: prints "PART PART" for each pair of parts of which the first uses the second.
uses() {
	awk '
	function part_of(file) {
		sub(/.*\//, "", file)
		sub(/\.[ch]$/, "", file)
		return file
	}
	# The first pass finds the names that each part defines. Functions and variables
	# are defined on lines that are not indented.
	pass == 1 && FILENAME ~ /\.c$/ && /^[a-z]/ && !/^(static|extern|typedef|#)/ {
		line = $0
		sub(/[(=;].*/, "", line)
		n = split(line, word, /[^A-Za-z0-9_]+/)
		for (i = n; i && word[i] !~ /privcmd/; i--)
			;
		if (i && !(i > 1 && word[i - 1] == "struct"))
			defined[word[i]] = part_of(FILENAME)
	}
	pass == 1 && FILENAME ~ /\.h$/ && /^#define [A-Za-z_]/ {
		name = $2
		sub(/\(.*/, "", name)
		if (name !~ /_H$/)
			defined[name] = part_of(FILENAME)
	}
	pass == 1 && FILENAME ~ /\.h$/ && /^static inline .*\(/ {
		line = $0
		sub(/\(.*/, "", line)
		n = split(line, word, /[^A-Za-z0-9_]+/)
		if (word[n] != "inline")
			defined[word[n]] = part_of(FILENAME)
	}
	pass == 1 && FILENAME ~ /\.h$/ && /^\tPRIVCMD_[A-Z_]*( = .*)?,?$/ {
		name = $1
		sub(/,$/, "", name)
		defined[name] = part_of(FILENAME)
	}
	pass == 2 && FNR == 1 { comment = 0 }
	pass == 2 {
		from = part_of(FILENAME)
		if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"/ && $0 !~ /^#include "[a-z_]+\.h"/)
			print "unusual", FILENAME ":" FNR
		if (match($0, /^#include "[a-z_]+\.h"/)) {
			to = substr($0, 11, RLENGTH - 11)
			sub(/\.h$/, "", to)
			if (to != from)
				print from, to
			next
		}
		line = $0
		# Comments may name any function.
		while (1) {
			if (comment) {
				if (!(i = index(line, "*/")))
					next
				line = substr(line, i + 2)
				comment = 0
			}
			if (!(i = index(line, "/*")))
				break
			rest = substr(line, i + 2)
			line = substr(line, 1, i - 1)
			if (j = index(rest, "*/"))
				line = line " " substr(rest, j + 2)
			else
				comment = 1
			if (comment)
				break
		}
		gsub(/(struct |TRACE_EVENT\()[a-z_]+/, "", line)
		if (FILENAME ~ /\.h$/ && line ~ /^(extern|[a-z].*\()/ && line !~ /\{/)
			next
		sub(/^#define [A-Za-z_]+/, "", line)
		n = split(line, word, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			if (word[i] in defined && defined[word[i]] != from)
				print from, defined[word[i]]
	}' pass=1 "$dir"/*.[ch] pass=2 "$dir"/*.[ch] | sort -u
}

# layers: prints "PART PART" for each pair in src/layers, and errors of the file on
# descriptor 3.
layers() {
	awk '
	/^#/ || !NF { next }
	{
		part = $1
		if (!sub(/:$/, "", part)) {
			print "src/layers: no colon in: " $0 >"/dev/fd/3"
			next
		}
		if (part in line)
			print "src/layers: " part " has two lines" >"/dev/fd/3"
		line[part] = FNR
		for (i = 2; i <= NF; i++) {
			print part, $i
			user[$i] = user[$i] " " part
		}
	}
	END {
		for (used in user) {
			n = split(user[used], by, " ")
			for (i = 1; i <= n; i++)
				if (line[used] <= line[by[i]])
					print "src/layers: " by[i] " may not use " \
						used ": the line of " used " is not below" \
						>"/dev/fd/3"
		}
	}' "$dir/layers" | sort -u
}

# parts: prints the parts of src/layers in their order, then the other parts that have a
# file.
parts() {
	{
		sed -n 's/^\([a-z_]*\):.*/\1/p' "$dir/layers" 2>/dev/null || true
		for file in "$dir"/*.[ch]; do
			file=${file##*/}
			echo "${file%.*}"
		done
	} | awk '!seen[$0]++'
}

if [[ $print == yes ]]; then
	said=$(uses)
	while read -r part; do
		echo "$part:$(awk -v part="$part" '$1 == part { printf " %s", $2 }' <<<"$said")"
	done < <(parts)
	exit
fi

bad=0
complain() {
	echo "$*"
	bad=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uses >"$work/uses"
layers >"$work/layers" 3>"$work/complaints"
if [[ -s $work/complaints ]]; then
	complain "$(cat "$work/complaints")"
fi
[[ -s $work/uses ]] || complain "$dir: no part uses another part: this script is wrong"
while read -r from to; do
	if [[ $from == unusual ]]; then
		complain "$to: write #include \"NAME.h\""
	else
		complain "src/layers: $from uses $to, but its line does not name $to"
	fi
done < <(comm -23 "$work/uses" "$work/layers")
while read -r from to; do
	complain "src/layers: $from does not use $to, but its line names $to"
done < <(comm -13 "$work/uses" "$work/layers")
while read -r part; do
	grep -q "^$part:" "$dir/layers" || complain "src/layers: no line for $part"
	[[ -e $dir/$part.c || -e $dir/$part.h ]] ||
		complain "src/layers: there is no $part.c and no $part.h"
done < <(parts)

# The name of a static is unique in src/, so a stack trace identifies the function.
while read -r name files; do
	complain "static $name is in more than one file: $files"
done < <(awk '
	FNR == 1 { pending = "" }
	pending {
		$0 = pending " " $0
		pending = ""
	}
	/^static / {
		if ($0 !~ /[(=;\[{]/) {
			pending = $0
			next
		}
		line = $0
		sub(/__attribute__.*/, "", line)
		if (line ~ /^static_assert/)
			next
		if (match(line, /DE(FINE|CLARE)_[A-Z_]*\(/)) {
			line = substr(line, RSTART + RLENGTH)
			sub(/^.*, */, "", line)
			sub(/\).*/, "", line)
		} else if (line ~ /^static (struct|union|enum) [a-z_]* *\{/) {
			sub(/.*\}/, "", line)
			if (line !~ /[a-z]/)
				next
			sub(/[=;\[].*/, "", line)
		} else {
			sub(/[(=;\[].*/, "", line)
		}
		n = split(line, word, /[^A-Za-z0-9_]+/)
		name = word[n] != "" ? word[n] : word[n - 1]
		if (!((name, FILENAME) in seen)) {
			seen[name, FILENAME] = 1
			where[name] = where[name] " " FILENAME
			count[name]++
		}
	}
	END {
		for (name in count)
			if (count[name] > 1)
				print name where[name]
	}' "$dir"/*.c | sort)
exit "$bad"
