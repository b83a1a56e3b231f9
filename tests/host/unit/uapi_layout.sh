#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Compares the layout of our uapi headers with the ABI's numbers, with Xen's
# header (libxen-dev) and with the kernel's (6.12). Compiles each of our headers
# alone. Prints TAP.

set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
top=$(realpath "$(dirname "$0")/../../..")
out=$top/build/amd64/unit/uapi
src=$top/tests/host/unit/uapi_layout.c

# The kernel's header is not meant for programs: it needs these two headers.
stubs() {
	mkdir -p "$out/stub/linux" "$out/stub/xen/interface"
	echo '#define __user' >"$out/stub/linux/compiler.h"
	printf 'typedef __u16 domid_t;\ntypedef unsigned long xen_pfn_t;\n' \
		>"$out/stub/xen/interface/xen.h"
}

# layout NAME CFLAGS...
layout() {
	local name=$1

	shift
	gcc -std=gnu11 "$@" -o "$out/$name" "$src" && "$out/$name" >"$out/$name.txt"
}

# same NAME: the layout equals ours, except for definitions that some headers lack.
same() {
	local but=UNIMPLEMENTED

	grep -q GET_GSI "$out/$1.txt" || but+="|GET_GSI|pcidev_get_gsi"
	diff <(grep -vE "$but" "$out/ours.txt") \
		<(grep -vE "$but" "$out/$1.txt")
}

is_that_of_xen() {
	layout xen -DOF_XEN && same xen
}

is_that_of_the_kernel() {
	layout kernel -DOF_KERNEL -DKERNEL_HEADER="\"$kernel\"" -I"$out/stub" && same kernel
}

# alone HEADER COMPILER...: the header compiles without another one before it.
alone() {
	echo "#include <xen/$1.h>" >"$out/alone.c"
	"${@:2}" -pedantic -Wall -Wextra -Werror -I"$top/uapi" -c \
		-o "$out/alone.o" "$out/alone.c"
}

mkdir -p "$out"
stubs
kernel=$("$top/tests/xen/fetch" kernel amd64 6.12)
kernel=$(echo "$kernel"/usr/src/linux-headers-*-common/include/uapi/xen/privcmd.h)

echo "TAP version 13"
tap_check uapi_layout_compiles layout ours -I"$top/uapi"
tap_check uapi_layout_is_that_of_xen is_that_of_xen
tap_check uapi_layout_is_that_of_the_kernel is_that_of_the_kernel

# The numbers of the ABI. They show an error that all three headers have in common.
expected='IOCTL_PRIVCMD_HYPERCALL 0x00305000
IOCTL_PRIVCMD_MMAP 0x00105002
IOCTL_PRIVCMD_MMAPBATCH 0x00185003
IOCTL_PRIVCMD_MMAPBATCH_V2 0x00205004
IOCTL_PRIVCMD_DM_OP 0x00105005
IOCTL_PRIVCMD_RESTRICT 0x00025006
IOCTL_PRIVCMD_MMAP_RESOURCE 0x00205007
IOCTL_PRIVCMD_PCIDEV_GET_GSI 0x0008500a
IOCTL_PRIVCMD_UNIMPLEMENTED 0x000050ff'
tap_check uapi_numbers_are_those_of_the_abi \
	diff <(grep ^IOCTL "$out/ours.txt" | tr -s ' ') <(echo "$expected")

for header in privcmd privcmd_x; do
	tap_check "uapi_${header}_alone_in_c99" alone "$header" gcc -std=c99
	tap_check "uapi_${header}_alone_in_cxx" alone "$header" g++ -x c++
done
tap_plan
