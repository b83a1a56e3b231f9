#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Runs in dom0: real programs use /dev/xen/privcmd. The result of a program shows whether
# the driver worked. Prints TAP. The name of a test is PROGRAM:SITUATION.
#
# Usage: sh run.sh STEP...
#
#   daemons      xenstored, xenconsoled and the hypervisor's log
#   trace        xentrace
#   resource     Xen's own test-resource
#   guest=NAME   the whole life of the guest /etc/xen/NAME.cfg
#   create=NAME  the same without the long tests: no save, migration or dump
#   memory=NAME  dd, cmp, cp, strings, python3 and gdb on a file of the guest's memory

export LC_ALL=C
dir=${0%/*}
# shellcheck source=tests/guests/programs/dom0/lib.sh
. "$dir/lib.sh"
# shellcheck source=tests/guests/programs/dom0/host.sh
. "$dir/host.sh"
# shellcheck source=tests/guests/programs/dom0/guest.sh
. "$dir/guest.sh"
# shellcheck source=tests/guests/programs/dom0/inspect.sh
. "$dir/inspect.sh"
# shellcheck source=tests/guests/programs/dom0/dump.sh
. "$dir/dump.sh"
# shellcheck source=tests/guests/programs/dom0/memory.sh
. "$dir/memory.sh"

for step; do
	case $step in
	daemons | trace | resource) "$step" ;;
	guest=* | create=* | memory=*) "${step%%=*}" "${step#*=}" ;;
	*) echo "Bail out! no step $step"; exit 1 ;;
	esac
done
echo "1..$n"
[ "$bad" = 0 ]
