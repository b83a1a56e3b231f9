#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests the set-up of a machine. If a step fails, the script must print one line that says
# what to do. After a killed set-up, the next one must succeed. Runs on a copy of the
# scripts, with stand-ins for apt, debootstrap, sudo and the commands that make mounts:
# nothing is installed, downloaded or mounted. Prints TAP.

# No -e: a false expression is the result of a test and must not end the script.
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
top=$(realpath "$(dirname "$0")/../../..")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# result NAME: a test that passes if the last expression was true.
result() {
	tap_result $? "setup_$1" <(echo "status $status, said:"; sed 's/^/  /' "$work/said")
}

# stub NAME: makes standard input a program of that name, for the following tests.
stub() {
	mkdir -p "$work/bin"
	{
		printf '#!/bin/bash\n'
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# try COMMAND...: sets status, and writes the output to the file said.
try() {
	status=0
	{ # the shell's own message about a killed command goes to /dev/null
		PATH=$work/bin:$PATH XEN_PRIVCMD_CACHE=$cache "$@" >"$work/said" 2>&1 ||
			status=$?
	} 2>/dev/null
}

# beside LOCK COMMAND...: the same while another process holds the lock. That process
# releases it when the command prints that it waits, or after ten minutes.
beside() {
	local lock=$1 holder

	shift
	: >"$work/said"
	mkdir -p "${lock%/*}"
	exec 5>"$lock"
	flock 5
	for ((i = 0; i < 6000; i++)); do
		! grep -q waiting "$work/said" || break
		sleep 0.1
	done &
	holder=$!
	exec 5>&-
	try "$@"
	wait "$holder"
}

# says STATUS LINE: the last command ended with this status and printed one line that
# matches the pattern. A line of make itself is ignored.
says() {
	local said

	said=$(grep -v '^make.* Error ' "$work/said") || true
	# shellcheck disable=SC2053 # a pattern
	[[ $status == "$1" && $said == $2 ]] && (($(wc -l <<<"$said") == 1))
}

copy_tree() {
	mkdir -p "$1"
	(cd "$top" && tar -c --exclude='*.o' --exclude='*.ko' --exclude='.*.cmd' \
		Makefile Kbuild src compat uapi tests tools) | tar -x -C "$1"
}

cache=$work/cache
tree=$work/tree
copy_tree "$tree"

# A path with a space.
copy_tree "$work/a b"
for what in demo tools check-host module; do
	try make --no-print-directory -C "$work/a b" "$what"
	says 2 "*there is a space in '$work/a b': move the tree*"
	result "space_in_the_path_make_$what"
done
try "$work/a b/tests/check" host
says 125 "check: there is a space in '$work/a b': move the tree*"
result space_in_the_path_of_a_script
cache="$work/my cache"
try "$tree/tests/lib/deps" root
says 125 "deps: there is a space in '$work/my cache': *set XEN_PRIVCMD_CACHE"
result space_in_the_path_of_the_cache
cache=$work/cache

# Directories that do not exist or cannot be written.
try make --no-print-directory -C "$tree" module KDIR="$work/none"
says 2 "make module: no kernel headers in $work/none: apt install linux-headers-*"
result no_headers
touch "$work/file"
cache=$work/file/cache
try "$tree/tests/xen/fetch" busybox amd64
says 125 "fetch: cannot write to $cache: set XEN_PRIVCMD_CACHE to *"
result cache_cannot_be_written
cache=$work/cache
touch "$tree/build"
try "$tree/tests/demo"
says 125 "demo: cannot write to $tree/build: work on a copy *"
result tree_cannot_be_written_make_demo
try "$tree/tests/check" host
says 2 "check: cannot write to $tree/build: work on a copy *"
result tree_cannot_be_written_make_check
rm "$tree/build"
if ((EUID)); then
	chmod a-w "$tree"
	try make --no-print-directory -C "$tree" module KDIR="$tree"
	chmod u+w "$tree"
else
	# shellcheck disable=SC2016 # for the inner shell
	try unshare --mount --propagation private bash -c '
		mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" &&
		cd "$1" && exec make --no-print-directory -C "$1" module KDIR="$1"' sh "$tree"
fi
says 2 "make module: cannot write to $tree: work on a copy *"
result tree_is_read_only

# Packages. On this machine none is installed.
stub sudo <<-'END'
	exec "$@"
END
stub dpkg-query <<-'END'
	exit 1
END
stub dpkg <<-'END'
	exit 0
END
stub apt-get <<-END
	echo "\$*" >>"$work/apt"
	cat "$work/apt-says" >&2
	exit "\$(cat "$work/apt-status")"
END
apt_says() {
	echo "$1" >"$work/apt-status"
	echo "$2" >"$work/apt-says"
}
apt_says 100 "E: Failed to fetch http://deb/  Could not resolve 'deb'"
try "$tree/tests/lib/deps" root
[[ $(tail -n 1 "$work/said") == "deps: cannot install debootstrap: Debian's mirror\
 does not answer; run it again when there is a network" &&
	$(wc -l <"$work/said") == 2 && $status == 1 ]]
result no_network
apt_says 100 'dpkg: cannot copy extracted data: No space left on device'
try "$tree/tests/lib/deps" root
[[ $(tail -n 1 "$work/said") == \
	"deps: cannot install debootstrap: no space is left; free some space and run it again" &&
	$(wc -l <"$work/said") == 2 && $status == 1 ]]
result no_space_for_packages
apt_says 0 ''
: >"$work/apt"
beside "$cache/deps.lock" "$tree/tests/lib/deps" root
[[ $(head -n 1 "$work/said") == "deps: waiting for another tests/lib/deps to end" && $status == 0 &&
	$(tail -n 1 "$work/apt") == *" install debootstrap" ]]
result second_set_up_waits

# A machine without apt: PATH has the needed programs but not apt-get.
mkdir "$work/no-apt"
for program in bash env dirname basename sort grep sed; do
	ln -s "$(command -v $program)" "$work/no-apt/"
done
ln -s "$work/bin/dpkg-query" "$work/no-apt/"
status=0
PATH=$work/no-apt XEN_PRIVCMD_CACHE=$cache bash "$tree/tests/lib/deps" root \
	>"$work/said" 2>&1 || status=$?
says 1 "deps: there is no apt-get here: install these packages yourself: debootstrap"
result no_apt

# Roots. The stand-in for debootstrap makes an empty root. The stand-in for chroot runs
# commands on this machine.
rm "$work/bin/dpkg"
stub dpkg-query <<-'END'
	printf 'installed %s\n' debootstrap gcc make libc6-dev bc kmod libelf-dev sparse \
		gcc-aarch64-linux-gnu libc6-dev-arm64-cross libxen-dev pkg-config liburing-dev \
		libseccomp-dev libcap-ng-dev \
		 qemu-system-x86 qemu-system-arm ipxe-qemu binutils cpio zstd xz-utils
END
stub apt-get <<-'END'
	echo 'Debian|Debian|http://deb/'
END
stub apt-config <<-'END'
	exit 0
END
stub mount <<-'END'
	exit 0
END
stub unshare <<-'END'
	while [[ $1 != -- ]]; do shift; done
	shift
	exec "$@"
END
stub chroot <<-'END'
	while [[ $1 == --* ]]; do shift; done
	shift
	exec "$@"
END
stub debootstrap <<-END
	for target; do [[ \$target != *.tmp ]] || break; done
	mkdir -p "\$target/whole"
	[[ ! -e "$work/kill" ]] || kill -9 \$PPID
END
stub df <<-'END'
	printf 'Filesystem 1M-blocks Used Available Use%% Mounted\n/dev/x 100 93 7 93%% /\n'
END
try "$tree/tests/xen/root" bookworm echo hello
says 125 "root: $cache/root has 7 MiB left, and * are needed: free some space and run it again"
result no_space_for_a_root
rm "$work/bin/df"
touch "$work/kill"
try "$tree/tests/xen/root" bookworm echo hello
((status)) && [[ ! -e $cache/root/bookworm && -e $cache/root/bookworm.tmp/whole ]]
result a_killed_root_is_none
rm "$work/kill"
try "$tree/tests/xen/root" bookworm echo hello
[[ $status == 0 && $(tail -n 1 "$work/said") == hello &&
	-e $cache/root/bookworm/whole && ! -e $cache/root/bookworm.tmp ]]
result the_next_root_goes_on
rm -r "$cache/root/bookworm"
beside "$cache/root/lock" "$tree/tests/xen/root" bookworm echo hello
[[ $(head -n 1 "$work/said") == "root: waiting for another tests/xen/root to end" &&
	$status == 0 && $(tail -n 1 "$work/said") == hello ]]
result second_root_waits

# The module for a kernel of another Debian: the messages of a set-up are not in the
# compiler's log, and a failed set-up is reported as such, not as a failed build.
kernel=$cache/kernel/0.0-other
mkdir -p "$cache/newest" "$kernel/headers"
echo "$kernel" >"$cache/newest/kernel-amd64-6.1"
echo other >"$kernel/release"
printf '%s\n\t%s\n\t%s\n' modules: "@echo 'main.c: warning: made up' >&2" \
	"@touch \$(M)/xen-privcmd.ko" >"$kernel/headers/Makefile"
try env KBUILD_LOG="$work/log" "$tree/tests/xen/build-module" amd64 6.1
[[ $status == 0 && $(<"$work/log") == 'main.c: warning: made up' ]] &&
	grep -q '^root: making a root of Debian other' "$work/said"
result messages_of_a_set_up_are_no_compilers
rm -rf "$tree/build/module"
stub unshare <<-'END'
	echo 'unshare: unshare failed: Operation not permitted' >&2
	exit 1
END
try "$tree/tests/xen/build-module" amd64 6.1
says 125 "root: this machine allows no mounts *: run it on a machine or *"
result no_mounts_is_no_build_failure

tap_plan
