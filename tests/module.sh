#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# Builds the module for every kernel of the rig: W=1 and sparse have nothing to
# say, and the exported symbols have the CRCs of the kernel's own driver, so
# that the kernel's xenfs.ko loads on top. Prints TAP.

set -uo pipefail
top=$(realpath "$(dirname "$0")/..")
n=0

report() {
	n=$((n + 1))
	if (($1)); then
		echo "not ok $n - $2"
	else
		echo "ok $n - $2"
	fi
}

crcs() {
	awk '$2 ~ /^xen_privcmd(buf)?_fops$/ { print $1, $2 }' "$1" | sort
}

"$top/tests/deps" build rig lint || exit 1
mapfile -t kernels < <(awk -F ' *= *' '
	/^\[/ { arch = ""; kernel = "" }
	$1 == "arch" { arch = $2; if (!amd64) amd64 = $2 }
	$1 == "kernel" { print (arch ? arch : amd64), $2 }' "$top/tests/xen/variants" |
	sort -u)

echo "TAP version 13"
echo "1..$((2 * ${#kernels[@]}))"
for kernel in "${kernels[@]}"; do
	read -r arch series <<<"$kernel"
	log=$top/build/module/$arch-$series.log
	mkdir -p "${log%/*}"
	KBUILD_ARGS='W=1 C=2' "$top/tests/xen/module" "$arch" "$series" \
		>"$log.ko" 2>"$log"
	ret=$?
	ko=$(cat "$log.ko")
	# Debian's kernels without vmlinux cannot make BTF data, and say so.
	if grep -v 'Skipping BTF generation' "$log" | sed 's/^/# /' | grep .; then
		ret=1
	fi
	report $ret "module_builds_clean_${arch}_$series"
	ret=0
	headers=$("$top/tests/xen/fetch" kernel "$arch" "$series")/headers
	diff <(crcs "$headers/Module.symvers") \
		<(crcs "${ko%/*}/Module.symvers") | sed 's/^/# /' | grep . && ret=1
	report $ret "module_crcs_are_the_kernels_${arch}_$series"
done
