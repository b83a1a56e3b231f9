# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# The common functions of the steps: TAP, waiting, and checks that several steps use.
# run.sh sources this file.

n=0 bad=0

# The steps write all their files to this directory. The image has links for a few of
# busybox's commands only. The links for the others are here.
mkdir -p /tmp/programs/bin
cd /tmp/programs || exit 1
busybox --install -s bin
PATH=$PATH:$PWD/bin

# expect PROGRAM:SITUATION COMMAND...: a test that passes if the command succeeds. If the
# command fails, its output is shown, and the result is false.
expect() {
	local name=$1

	shift
	n=$((n + 1))
	if "$@" >said 2>&1; then
		echo "ok $n - $name"
		return 0
	fi
	bad=$((bad + 1))
	tail -n 30 said | sed 's/^/# /'
	echo "not ok $n - $name"
	return 1
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# within SECONDS COMMAND...: repeats the command until it succeeds. The limit is counted in
# looks, 0.2 s apart, and not by the clock: on a slow machine each look takes longer, too.
# On an idle machine the limits are about ten times the usual duration.
within() {
	local seconds=$1 looks

	shift
	looks=$((seconds * 5))
	until "$@"; do
		if [ $looks = 0 ]; then
			echo "not in $((seconds * 5)) looks: $*"
			return 1
		fi
		looks=$((looks - 1))
		sleep 0.2
	done
}

ours() {
	[ -e /sys/module/xen_privcmd/parameters/ro_retry ]
}

is_pv() {
	grep -q '^type = "pv"' "/etc/xen/$1.cfg"
}

# free_pages: prints the number of free pages of Xen's heap, from the output of the debug
# key H. "xl info" rounds to MiB.
free_pages() {
	xl dmesg -c >/dev/null &&
		xl debug-keys H &&
		xl dmesg | awk '/heap\[node=/ { pages += $(NF - 1); zones++ }
			END { print pages; exit !zones }'
}

info() {
	xl info | sed -n "s/^$1 *: //p"
}

# Prints the number of frames that the processes of dom0 have mapped through our module.
mapped_frames() {
	cat /proc/[0-9]*/fdinfo/* 2>/dev/null |
		awk '/^xen-privcmd-frames:/ { frames += $2 } END { print frames + 0 }'
}
