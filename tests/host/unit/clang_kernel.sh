#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests which compiler `make module` gives to the kernel's build: clang for a kernel that
# clang built, and none for any other, so that build chooses. The kernel is a directory
# with a configuration and a Makefile that prints its variables. The compilers are empty
# programs. Prints TAP.
#
# Usage: tests/host/unit/clang_kernel.sh

set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
top=$(realpath "$(dirname "$0")/../../..")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
kdir=$tmp/kernel bin=$tmp/bin

# PATH has only these programs, and no compiler.
mkdir -p "$bin" "$kdir/include/config"
for tool in make sh sed grep uname; do
	ln -s "$(command -v "$tool")" "$bin/$tool"
done
# shellcheck disable=SC2016 # make's own notation, not the shell's
printf '%s\n\t%s\n' \
	'given = $(if $(filter command,$(origin $(1))),$($(1)),none)
modules:' '@echo "LLVM=$(call given,LLVM) CC=$(call given,CC) LD=$(call given,LD)"' \
	>"$kdir/Makefile"

# kernel FILE LINE...: the kernel's only configuration is FILE with these lines.
kernel() {
	rm -f "$kdir/.config" "$kdir/include/config/auto.conf"
	printf '%s\n' "${@:2}" >"$kdir/$1"
}

# programs SUFFIX...: clang and its companions are installed with these suffixes.
programs() {
	local suffix tool

	rm -f "$bin"/{clang,ld.lld,llvm-nm}*
	for suffix; do
		for tool in clang ld.lld llvm-nm; do
			printf '#!/bin/sh\n' >"$bin/$tool$suffix"
			chmod +x "$bin/$tool$suffix"
		done
	done
}

# ends STATUS OUTPUT [VARIABLE=...]: runs make module. Tells whether it has ended so.
ends() {
	local said status=0

	said=$(env -i PATH="$bin" make -s --no-print-directory -C "$top" module \
		KDIR="$kdir" "${@:3}" 2>&1) || status=$?
	said=${said//"$kdir"/KDIR}
	printf 'exit status %s, expected %s\n' "$status" "$1"
	printf 'said:     %s\nexpected: %s\n' "$said" "$2"
	((status == $1)) && [[ ${said#Makefile:*: } == "$2" ]]
}

# expect NAME STATUS OUTPUT [VARIABLE=...]: a test that make module ends so.
expect() {
	tap_check "clang_kernel_$1" ends "${@:2}"
}

none='LLVM=none CC=none LD=none'
plain='LLVM=1 CC=clang LD=ld.lld'
suffixed='LLVM=-18 CC=clang-18 LD=ld.lld-18'
built='built this kernel (CONFIG_CC_IS_CLANG=y), and no clang with its'
built+=' linker and tools is installed: apt install'
clang_18=(CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=180108)

programs "" -18
kernel include/config/auto.conf CONFIG_CC_IS_GCC=y CONFIG_CLANG_VERSION=0
expect gcc 0 "$none"
expect gcc_by_callers_choice 0 'LLVM=1 CC=none LD=none' LLVM=1
kernel .config '# CONFIG_CC_IS_CLANG is not set' CONFIG_CLANG_VERSION=0
expect gcc_dot_config 0 "$none"
rm "$kdir/.config"
expect no_configuration 0 "$none"

kernel include/config/auto.conf "${clang_18[@]}"
expect same_version_first 0 "$suffixed"
expect callers_llvm 0 'LLVM=-19 CC=none LD=none' LLVM=-19
expect callers_cc 0 'LLVM=none CC=gcc LD=none' CC=gcc
programs ""
expect plain 0 "$plain"
kernel .config "${clang_18[@]}"
expect dot_config 0 "$plain"
kernel .config CONFIG_CC_IS_CLANG=y
expect unknown_version 0 "$plain"
kernel include/config/auto.conf "${clang_18[@]}"
echo CONFIG_CC_IS_GCC=y >"$kdir/.config"
expect auto_conf_first 0 "$plain"

# The arguments that DKMS adds for such a kernel: 3.0 of Debian 12, 3.2 of Debian 13.
programs -18
expect dkms_3_0 0 "$suffixed" CC=clang LD=ld.lld
expect dkms_3_2 0 "$suffixed" LLVM=1

message="*** clang 18 $built clang-18 lld-18 llvm-18, or clang lld llvm.  Stop."
programs -19
expect other_version_only 2 "$message"
programs
expect no_clang 2 "$message"
expect no_clang_dkms_3_0 2 "$message" CC=clang LD=ld.lld
expect no_clang_dkms_3_2 2 "$message" LLVM=1
programs -18 ""
rm "$bin/ld.lld" "$bin/llvm-nm-18"
expect incomplete 2 "$message"
kernel .config CONFIG_CC_IS_CLANG=y
expect no_clang_unknown_version 2 "*** clang $built clang lld llvm.  Stop."

tap_plan
