#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Builds the module for rows of tests/kernels, and prints TAP. W=1 and sparse must print
# no message. The module must export the same symbols as the in-tree driver, with the same
# CRCs: the kernel's xenfs.ko needs them. If the kernel's build supports MO=, the module
# must also build in another directory. If the row says "refused", the build must fail
# with the message of the row.
#
# Usage: tests/host/module.sh ROW...

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

# Messages about the machine, not about our files. BTF data is not needed. The headers of
# 7.x lack the script that looks for sparse. MODULE_INFO() of 7.x uses __builtin_strlen(),
# which sparse up to 0.6.4 does not accept as a constant.
not_ours='Skipping BTF generation|pahole version differs|kernel was built with:'
not_ours+='|You are using: |scripts/checker-valid.sh: No such file'
not_ours+='|sparse is not available or not up to date'
not_ours+='|(main|params)\.c:[0-9]+:1: error: bad constant expression'

# build FILE: builds the module and prints its name. The compiler's messages go to FILE,
# the messages of a set-up to standard error. Sparse 0.6.4 does not know
# __typeof_unqual__ either.
build() {
	: >"$1"
	KBUILD_LOG=$1 KBUILD_ARGS='W=1 C=2 KBUILD_CHECKSRC=2 CF=-D__typeof_unqual__=__typeof__' \
		"$top/tests/xen/build-module" "$arch" "$kernel"
}

crcs() {
	awk '$2 ~ /^xen_privcmd(buf)?_fops$/ { print $1, $2 }' "$1" | sort -k 2
}

# exports MODULE: whether it has the in-tree driver's exports. Prints the differences.
exports() {
	local headers theirs

	[[ $1 ]] || return
	headers=$("$top/tests/xen/fetch" kernel "$arch" "$kernel")/headers
	theirs=$(crcs "$headers/Module.symvers")
	[[ $theirs == *xen_privcmd_fops*xen_privcmdbuf_fops* ]] || {
		echo "the in-tree driver exports: ${theirs:-nothing}"
		return 1
	}
	# Without MODVERSIONS every CRC is 0, and only the names count.
	diff <(echo "$theirs") <(crcs "${1%/*}/Module.symvers")
}

# builds ROW LOG
builds() {
	local ko ret=0

	ko=$(build "$2") || ret=1
	! grep -qvE "$not_ours" "$2" || ret=1
	tap_result $ret "module_builds_clean_$1" <(grep -vE "$not_ours" "$2")
	tap_check "module_exports_are_the_kernels_$1" exports "$ko"
}

# has_mo: whether the kernel's build can write its output to another directory.
has_mo() {
	local headers

	headers=$("$top/tests/xen/fetch" kernel "$arch" "$kernel")/headers
	grep -qs KBUILD_EXTMOD_OUTPUT "$(realpath "$headers")/Makefile" \
		"$(dirname "$(realpath "$headers")")"/*-common/Makefile
}

# builds_elsewhere ROW LOG: builds with MO=. No file may appear beside the sources.
builds_elsewhere() {
	local ko ret=0 made

	ko=$("$top/tests/xen/build-module" "$arch" "$kernel" elsewhere 2>"$2") || ret=1
	made=$(cd "${ko%/out/*}" && find . -path ./out -prune -o \
		\( -name '*.o' -o -name 'config.h' -o -name '*.answer' \) -print)
	if [[ $made ]]; then
		echo "written beside the sources: ${made//$'\n'/ }" >>"$2"
		ret=1
	fi
	tap_result $ret "module_builds_elsewhere_$1" "$2"
}

# is_refused ROW LOG
is_refused() {
	local ret=0 said

	build "$2" >/dev/null && ret=1
	said=$(sed -n 's/.* error: #error "\(.*\)"$/\1/p; t
		/\(error\|warning\): /p' "$2" | grep -vE "$not_ours" | sort -u)
	[[ $said == "${expected#refused: }" ]] || ret=1
	tap_result $ret "module_is_refused_$1" <(echo "expected: ${expected#refused: }"; cat "$2")
}

(($#)) || misuse "needs a ROW of tests/kernels"
[[ $1 != --help && $1 != -h ]] || help
for row; do
	kernel_row "$row" # exits if there is no such row
done
"$top/tests/lib/deps" build rig host || exit 1
mkdir -p "$top/build/module"
echo "TAP version 13"
for row; do
	kernel_row "$row"
	log=$top/build/module/$row.log
	case $expected in
	refused:*) is_refused "$row" "$log" ;;
	*)
		builds "$row" "$log"
		! has_mo || builds_elsewhere "$row" "$log.elsewhere" ;;
	esac
done
tap_plan
