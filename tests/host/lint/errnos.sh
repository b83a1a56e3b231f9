#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares the errnos of privcmd(4) with the suite: each errno that the page names in
# the paragraph of an ioctl is in a file of tests/suite that has cases of that ioctl.
# EPERM of a restricted file may also be in restrict.c or restrict_all.c. The script
# prints the errnos that are in no such file, and fails if there is one.
#
# The script looks at whole files, not at cases: the errno may be asserted for another
# ioctl of the same file. So the script finds only errnos that no file tests.
#
# Usage: tests/host/lint/errnos.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
cd "$top" || exit 1
page=tools/man/privcmd.4

# Each line is an ioctl, an errno that no case can get, and the reason.
untested() {
	cat <<-'END'
	IOCTL_PRIVCMD_IOEVENTFD EOPNOTSUPP no kernel of tests/kernels is without eventfds
	PRIVCMD_X_COPY EACCES no hypervisor that is tested refuses a frame with this errno
	PRIVCMD_X_INFO ENOTTY only other drivers answer with this errno
	END
}

# One line for each ioctl and errno.
promised() {
	awk '
	/^\.It Dv (IOCTL_PRIVCMD|PRIVCMD_X)_[A-Z0-9_]* Fa / { name = $3 }
	/^\.Sh / { name = "" }
	name && /^\..*Er / {
		after = 0
		for (i = 1; i <= NF; i++) {
			after = after && $i !~ /^[A-Z][a-z]$/ || $i ~ /^\.?Er$/
			if (after && $i ~ /^E[A-Z0-9]+$/)
				print name, $i
		}
	}' "$page" | sort -u
}

# prefix IOCTL: prints the first part of the names of its cases.
prefix() {
	case $1 in
	IOCTL_PRIVCMD_MMAPBATCH*) echo mmapbatch ;;
	IOCTL_PRIVCMD_MMAP_RESOURCE) echo resource ;;
	IOCTL_PRIVCMD_PCIDEV_GET_GSI) echo gsi ;;
	PRIVCMD_X_MAP) echo 'x_(map|lazy)' ;;
	PRIVCMD_X_MEMORY) echo memory ;;
	*) sed 's/^IOCTL_PRIVCMD_//; s/^PRIVCMD_//' <<<"$1" | tr '[:upper:]' '[:lower:]' ;;
	esac
}

# cases IOCTL ERRNO: prints the code of the files with cases of the ioctl, without
# comments.
cases() {
	local more=()

	[[ $2 != EPERM ]] || more=(tests/suite/calls/restrict.c tests/suite/calls/restrict_all.c)
	grep -rlE "^(TAP|BATCH)_[A-Z]+\($(prefix "$1")_" tests/suite |
		cat - <(printf '%s\n' "${more[@]}") | grep . | xargs -r cat |
		grep -vE '^[[:space:]]*(/?\*|//)'
}

missing=$(
	promised | grep -q . || echo "no errnos in $page: $0 searches for the wrong macros"
	promised | while read -r ioctl errno; do
		! untested | grep -q "^$ioctl $errno " || continue
		cases "$ioctl" "$errno" | grep -w "$errno" >/dev/null ||
			echo "$ioctl: no case expects $errno"
	done
	# exceptions that are not needed any more
	untested | while read -r ioctl errno _; do
		promised | grep -qx "$ioctl $errno" || echo "not in $page: $ioctl $errno"
		! cases "$ioctl" "$errno" | grep -w "$errno" >/dev/null ||
			echo "listed as untested, but a case has it: $ioctl $errno"
	done
)
[[ ! $missing ]] || { echo "$missing"; exit 1; }
