# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# What the steps share: TAP, waiting, and the questions that several of them
# ask. Sourced by run.sh.

n=0 bad=0

# Everything that the steps write goes into this directory. The image has links
# for a few of busybox's commands only; the rest are here.
mkdir -p /tmp/programs/bin
cd /tmp/programs || exit 1
busybox --install -s bin
PATH=$PATH:$PWD/bin

# expect PROGRAM:SITUATION COMMAND...: a test, which holds if the command
# succeeds; what it said is shown if not. False if it did not hold.
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

uptime_s() {
	local up rest

	read -r up rest </proc/uptime
	echo "${up%.*}"
}

# within SECONDS COMMAND...: asks again and again until the answer is yes. The
# limits are some ten times what it takes, because the machine may be busy.
within() {
	local seconds=$1 end

	shift
	end=$(($(uptime_s) + seconds))
	until "$@"; do
		if [ "$(uptime_s)" -ge $end ]; then
			echo "not within $seconds s: $*"
			return 1
		fi
		sleep 0.2
	done
}

ours() {
	[ -e /sys/module/xen_privcmd/parameters/ro_retry ]
}

is_pv() {
	grep -q '^type = "pv"' "/etc/xen/$1.cfg"
}

# free_pages: what Xen's heap has left, to the page, as its debug key tells it;
# "xl info" rounds to MiB.
free_pages() {
	xl dmesg -c >/dev/null &&
		xl debug-keys H &&
		xl dmesg | awk '/heap\[node=/ { pages += $(NF - 1); zones++ }
			END { print pages; exit !zones }'
}

info() {
	xl info | sed -n "s/^$1 *: //p"
}

# Frames that the processes of dom0 have mapped through our module.
mapped_frames() {
	cat /proc/[0-9]*/fdinfo/* 2>/dev/null |
		awk '/^xen-privcmd-frames:/ { frames += $2 } END { print frames + 0 }'
}
