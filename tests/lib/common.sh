# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# The common functions of the rig's scripts: paths, error messages, and the rows of the
# tables. Scripts source this file.

# Sorting and messages do not depend on the user's locale.
export LC_ALL=C
# Files for a dom0, a root or other users do not depend on the user's umask.
umask 022

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prog=$(basename "$0")
# shellcheck disable=SC2034 # used by the scripts that source this file
cache=${XEN_PRIVCMD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-privcmd}

say() {
	printf '%s: %s\n' "$prog" "$*" >&2
}

# The rig failed, not the command that runs in it. tests/xen/run documents status 125.
die() {
	say "$*"
	exit 125
}

# Builds set their own number of jobs. A caller's make -j would print a warning about it.
unset MAKEFLAGS MFLAGS

# make, kbuild and some scripts split paths at spaces.
for path in "$top" "$cache"; do
	[[ $path != *[[:space:]]* ]] ||
		die "there is a space in '$path': move the tree, or set XEN_PRIVCMD_CACHE"
done
unset path

# writable DIRECTORY HINT: makes the directory. Exits if it cannot be written.
writable() {
	{ mkdir -p "$1" && [[ -w $1 ]]; } 2>/dev/null ||
		die "cannot write to $1: $2"
}

# Scripts call these two before they build or download.
writable_tree() {
	writable "$top/build" "work on a copy of the tree that is yours (git clone)"
}

writable_cache() {
	writable "$cache" "set XEN_PRIVCMD_CACHE to a directory of yours"
}

# has_room DIRECTORY MIB: exits if the file system has less free space.
has_room() {
	local free

	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	((free >= $2)) ||
		die "$1 has $free MiB left, and $2 are needed: free some space and run it again"
}

# why TEXT: prints the end of a line about a failure, if TEXT is the output of a program
# and has the message of a known failure; else nothing.
why() {
	case $1 in
	*'No space left on device'*)
		echo ": no space is left; free some space and run it again" ;;
	*'Could not resolve'* | *'Temporary failure resolving'* | \
		*'Could not connect'* | *'Cannot initiate the connection'* | \
		*'Unable to connect'* | *'Connection failed'* | \
		*'Network is unreachable'* | *'Connection timed out'* | \
		*'Failed getting release file'* | *"Couldn't download"*)
		echo ": Debian's mirror does not answer; run it again when there is a network" ;;
	esac
}

# misuse TEXT: exits with the status for wrong usage.
misuse() {
	say "$* (see $prog --help)"
	exit 2
}

# help: prints the comment at the top of the calling script from its "Usage:" line on,
# and exits.
help() {
	sed -n '/^# Usage:/,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
	exit 0
}

# A request for help is answered before the script reads its arguments.
case ${1-} in
help | -h | --help) help ;;
esac

# row NAME: prints the "key=value" lines of a variant. The lines of the row that it is
# `like` come first.
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

# read_row NAME: sets the associative array v to the row's values.
read_row() {
	local line lines
	declare -gA v=([name]=$1 [smp]=1 [mem]=2048 [xen_set]=xen [qemu]='' [xen_args]='' \
		[linux_args]='' [slow]=1)
	lines=$(row "$1") ||
		misuse "no variant '$1'; there are: $(row_names | xargs)"
	while IFS= read -r line; do
		# shellcheck disable=SC2034 # the row is for the sourcing script
		v[${line%%=*}]=${line#*=}
	done <<<"$lines"
}

# where_is MODULE: prints the words of tests/xen/skips for a run of the module on the row.
where_is() {
	local where="${v[dom0]} ${v[kernel]} xen-${v[xen]} ${v[name]} $1"

	! checks_itself "${v[kernel]}" || where+=" ${v[kernel]%-*} debug"
	((v[smp] == 1)) || where+=' cpus'
	echo "$where"
}

# checks_itself SERIES: whether it is a debug kernel of build-kernel.
checks_itself() {
	[[ $1 =~ -(debug|kasan)$ ]]
}

# host_release: prints the code name of this machine's Debian.
host_release() {
	# shellcheck source=/dev/null # the machine's
	(. /etc/os-release && echo "${VERSION_CODENAME-}")
}

# xen_release SERIES: prints the Debian release that has this Xen. Programs for a dom0 with
# this Xen are built in that release and run on its libraries.
xen_release() {
	case $1 in
	4.17) echo bookworm ;;
	4.20) echo trixie ;;
	*) misuse "no Xen '$1'" ;;
	esac
}

# build_in RELEASE: sets the array in_root to a prefix for the commands of a build for that
# release: empty on a machine with that release, else tests/xen/root. The root is made
# here, so a later command prints only its own messages.
build_in() {
	in_root=()
	[[ $1 != "$(host_release)" ]] || return 0
	in_root=("$top/tests/xen/root" "$1")
	"${in_root[@]}" true
}

# programs_dir ARCH XEN: prints the directory in which tests/xen/build-programs puts the programs
# for dom0. Xen's control calls differ between series, so each series has its own
# programs. Those for the Xen of this machine's Debian also run on this machine.
programs_dir() {
	if [[ $(xen_release "$2") == "$(host_release)" ]]; then
		echo "$top/build/$1"
	else
		echo "$top/build/$1-xen-$2"
	fi
}

# mirror LABEL: prints the address from which the machine's apt gets Debian's archive of
# this label.
# shellcheck disable=SC2016 # apt's own notation, not the shell's
mirror() {
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' | sed -n "s/^Debian|$1|//p" | sort -u | head -n 1
}

# way_to_mirror: prints the settings of this machine's apt for downloads, such as proxies,
# for the apt of a root.
way_to_mirror() {
	apt-config dump | grep -E '^Acquire::(https?::|Check-)' || true
}

# kernel_names: prints the names of the rows of tests/kernels.
kernel_names() {
	awk '/^[^#]/ { print $1 "-" $2 }' "$top/tests/kernels"
}

# kernel_row NAME: sets arch, kernel and expected from a row of tests/kernels.
kernel_row() {
	local line

	line=$(awk -v want="$1" '/^[^#]/ && $1 "-" $2 == want' "$top/tests/kernels")
	[[ $line ]] || misuse "no kernel '$1'; there are: $(kernel_names | xargs)"
	# shellcheck disable=SC2034 # for the sourcing script
	read -r arch kernel expected <<<"$line"
}

# log_errors LOG: prints every line of a console's log that is an error of dom0 or Xen,
# from the start marker on.
log_errors() {
	sed -n '/rig: start /,$p' "$1" | tr -d '\r' |
		grep -a -F -f <(grep -v -e '^#' -e '^$' "$top/tests/xen/log-errors")
}

# archive ROOT: writes its content as a piece of an initramfs.
archive() {
	(cd "$1" && find . -mindepth 1 -printf '%P\0' | sort -z |
		cpio --quiet -0 -o -H newc -R 0:0)
}
