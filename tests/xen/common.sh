# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# What every script of the rig shares: where things are, how errors look, how
# a row of the variants file is read. Sourced, never run.

# The user's locale changes neither an order nor a message.
export LC_ALL=C
# Nor does what is made for a dom0, a root or other users depend on theirs.
umask 022

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prog=$(basename "$0")
# shellcheck disable=SC2034 # used by the scripts that source this file
cache=${XEN_PRIVCMD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-privcmd}

say() {
	printf '%s: %s\n' "$prog" "$*" >&2
}

# The rig failed, as opposed to what runs in it; 125 is part of run's contract.
die() {
	say "$*"
	exit 125
}

# Builds have jobs of their own: make -j of a caller would warn of theirs.
unset MAKEFLAGS MFLAGS

# Paths go through make, kbuild and lists of words.
for path in "$top" "$cache"; do
	[[ $path != *[[:space:]]* ]] ||
		die "there is a space in '$path': move the tree, or set XEN_PRIVCMD_CACHE"
done
unset path

# writable DIRECTORY HINT: it is there and can be written to, or this is the end.
writable() {
	{ mkdir -p "$1" && [[ -w $1 ]]; } 2>/dev/null ||
		die "cannot write to $1: $2"
}

# The tree and the cache; before anything is built or downloaded.
writable_tree() {
	writable "$top/build" "work on a copy of the tree that is yours (git clone)"
}

writable_cache() {
	writable "$cache" "set XEN_PRIVCMD_CACHE to a directory of yours"
}

# has_room DIRECTORY MIB: that much can be written there, or this is the end.
has_room() {
	local free

	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	((free >= $2)) ||
		die "$1 has $free MiB left, and $2 are wanted: make room and run it again"
}

# why TEXT: for the end of a line on a failure that was told in this text, if it is
# a known one.
why() {
	case $1 in
	*'No space left on device'*)
		echo ": no space is left; make some and run it again" ;;
	*'Could not resolve'* | *'Temporary failure resolving'* | \
		*'Could not connect'* | *'Cannot initiate the connection'* | \
		*'Unable to connect'* | *'Connection failed'* | \
		*'Network is unreachable'* | *'Connection timed out'* | \
		*'Failed getting release file'* | *"Couldn't download"*)
		echo ": Debian's mirror does not answer; run it again when there is a network" ;;
	esac
}

# Wrong usage.
misuse() {
	say "$* (see $prog --help)"
	exit 2
}

# The comment block at the top of the calling script, from its "Usage:" line.
help() {
	sed -n '/^# Usage:/,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
	exit 0
}

# Before anything else that a script does with its arguments.
case ${1-} in
help | -h | --help) help ;;
esac

# row NAME: "key=value" lines of a variant, those of the row it is like first.
row() {
	awk -v want="$1" '
	function show(name, n, i, lines) {
		if (!(name in body) || ++depth > 8)
			exit 1
		if (name in like)
			show(like[name])
		n = split(body[name], lines, "\n")
		for (i = 1; i < n; i++)
			print lines[i]
	}
	/^[ \t]*(#|$)/ { next }
	/^\[.*\]$/ { name = substr($0, 2, length($0) - 2); body[name] = ""; next }
	{
		key = $1
		sub(/^[^=]*=[ \t]*/, "")
		if (key == "like")
			like[name] = $0
		else
			body[name] = body[name] key "=" $0 "\n"
	}
	END { show(want) }' "$top/tests/xen/variants"
}

row_names() {
	sed -n 's/^\[\(.*\)\]$/\1/p' "$top/tests/xen/variants"
}

# read_row NAME: the row's values in the associative array "v".
read_row() {
	local line lines
	declare -gA v=([name]=$1 [smp]=1 [mem]=2048 [xen_set]=xen [qemu]='' [xen_args]='' \
		[linux_args]='' [skips]=0 [slow]=1)
	lines=$(row "$1") ||
		misuse "no variant '$1'; there are: $(row_names | xargs)"
	while IFS= read -r line; do
		# shellcheck disable=SC2034 # the row is for the sourcing script
		v[${line%%=*}]=${line#*=}
	done <<<"$lines"
}

# checks_itself SERIES: whether it is one of build-kernel's.
checks_itself() {
	[[ $1 =~ -(debug|kasan)$ ]]
}

# host_release: the code name of this machine's Debian.
host_release() {
	# shellcheck source=/dev/null # the machine's
	(. /etc/os-release && echo "${VERSION_CODENAME-}")
}

# xen_release SERIES: the Debian that has this Xen. Programs for a dom0 with that
# Xen are built there, and run on that release's libraries.
xen_release() {
	case $1 in
	4.17) echo bookworm ;;
	4.20) echo trixie ;;
	*) misuse "no Xen '$1'" ;;
	esac
}

# build_in RELEASE: sets the array in_root to what a command of a build for that
# release begins with: nothing on such a machine, else tests/xen/root. The root is
# made here, so that what the command then says is its own.
build_in() {
	in_root=()
	[[ $1 != "$(host_release)" ]] || return 0
	in_root=("$top/tests/xen/root" "$1")
	"${in_root[@]}" true
}

# programs_dir ARCH XEN: where tests/xen/programs puts what runs in dom0. Xen's
# control calls differ with its series, so programs do. Those for the Xen of this
# machine's Debian are also those for the machine.
programs_dir() {
	if [[ $(xen_release "$2") == "$(host_release)" ]]; then
		echo "$top/build/$1"
	else
		echo "$top/build/$1-xen-$2"
	fi
}

# mirror LABEL: where the machine gets Debian's archive of that label from.
# shellcheck disable=SC2016 # apt's own notation, not the shell's
mirror() {
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' | sed -n "s/^Debian|$1|//p" | sort -u | head -n 1
}

# way_to_mirror: what this machine's apt has set for it, proxies and the like, for
# the apt of a root.
way_to_mirror() {
	apt-config dump | grep -E '^Acquire::(https?::|Check-)' || true
}

# kernel_names: the rows of tests/kernels.
kernel_names() {
	awk '/^[^#]/ { print $1 "-" $2 }' "$top/tests/kernels"
}

# kernel_row NAME: a row of tests/kernels, in arch, kernel and expected.
kernel_row() {
	local line

	line=$(awk -v want="$1" '/^[^#]/ && $1 "-" $2 == want' "$top/tests/kernels")
	[[ $line ]] || misuse "no kernel '$1'; there are: $(kernel_names | xargs)"
	# shellcheck disable=SC2034 # for the sourcing script
	read -r arch kernel expected <<<"$line"
}

# log_errors LOG: every line of a console's log that is an error, in dom0's or Xen's
# words, from the start marker on.
log_errors() {
	sed -n '/rig: start /,$p' "$1" | tr -d '\r' |
		grep -a -F -f <(grep -v -e '^#' -e '^$' "$top/tests/xen/log-errors")
}

# archive ROOT: everything in it, as a piece of an initramfs.
archive() {
	(cd "$1" && find . -mindepth 1 -printf '%P\0' | sort -z |
		cpio --quiet -0 -o -H newc -R 0:0)
}
