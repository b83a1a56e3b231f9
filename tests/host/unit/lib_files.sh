#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Checks the files of the library and the manual pages, as TAP: the header alone, exported
# symbols, an installation, mdoc. Uses the programs of the environment variables CC, CXX
# and MAKE.
set -euo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"

if [[ $# -ne 1 || ! -d $1/lib ]]; then
	echo "lib_files.sh: usage: lib_files.sh BUILD-DIRECTORY" >&2
	exit 2
fi
build=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
cc=${CC:-cc} cxx=${CXX:-c++} make=${MAKE:-make}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strict=(-Wall -Wextra -Werror -pedantic -fsyntax-only)
header=$top/include/xenfm.h
tap_check header_c99 "$cc" -std=c99 -x c "${strict[@]}" "$header"
tap_check header_c11 "$cc" -std=c11 -x c "${strict[@]}" "$header"
if command -v "$cxx" >/dev/null; then
	tap_check header_cxx98 "$cxx" -std=c++98 -Wno-long-long -x c++ "${strict[@]}" "$header"
	tap_check header_cxx17 "$cxx" -std=c++17 -x c++ "${strict[@]}" "$header"
else
	tap_skip header_cxx98 "no C++ compiler"
	tap_skip header_cxx17 "no C++ compiler"
fi
no_foreign_header() { ! grep '#include.*\(linux\|asm\|xen\)/' "$header"; }
tap_check header_includes_no_kernel_or_xen no_foreign_header

# The library exports exactly the names of the map file, and the header declares them all.
so=$build/lib/libxenfm.so.0
sed -n '/global:/,/local:/s/^\t*\([a-z_]*\);$/\1/p' "$top/tools/lib/libxenfm.map" |
	sort >"$work/map"
symbols_as_mapped() {
	nm -D --defined-only "$so" | sed -n 's/.* T \([a-z_]*\)@@XENFM_.*/\1/p' |
		sort | diff "$work/map" - &&
		! nm -D --defined-only "$so" | grep -v ' T xenfm_\| A XENFM_'
}
symbols_in_header() {
	grep -o '\bxenfm_[a-z_]*(' "$header" | tr -d '(' | sort -u | diff "$work/map" -
}
# The static library hides no names, but all its names begin with xenfm_.
static_names() {
	! nm -g --defined-only "$build/lib/libxenfm.a" | grep ' [A-Z] ' | grep -v ' xenfm_'
}
soname() { readelf -d "$so" | grep >/dev/null 'SONAME.*\[libxenfm.so.0\]'; }
tap_check symbols_as_mapped symbols_as_mapped
tap_check symbols_in_header symbols_in_header
tap_check static_names static_names
tap_check soname soname

# An installation consists of exactly these files, a program can be built with it, and
# uninstall removes all of it. The first installation is made by the top makefile and has
# the default PREFIX.
root=$work/root local=$work/local
pc() { PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/pkgconfig pkg-config "$@"; }
installed=(include/xenfm.h include/xenfm/privcmd_x.h lib/libxenfm.a lib/libxenfm.so
	lib/libxenfm.so.0 lib/pkgconfig/libxenfm.pc sbin/privcmd-test sbin/xenfm
	sbin/xenfm-vhost-user-blk share/bash-completion/completions/xenfm
	share/man/man3/xenfm.3 share/man/man4/privcmd.4 share/man/man8/privcmd-test.8
	share/man/man8/xenfm-vhost-user-blk.8 share/man/man8/xenfm.8
	share/qemu/vhost-user/50-xenfm-blk.json)
install_local() {
	"$make" -s --no-print-directory -C "$top" install DESTDIR="$local" &&
		diff <(printf '%s\n' "${installed[@]}") \
			<(cd "$local/usr/local" && find . ! -type d -printf '%P\n' | LC_ALL=C sort) &&
		grep -qx prefix=/usr/local "$local/usr/local/lib/pkgconfig/libxenfm.pc" &&
		[[ $("$local/usr/local/sbin/xenfm" --version) == "$("$build/bin/xenfm" --version)" ]]
}
# The suite is one static program that needs no file of this tree.
suite_stands_alone() {
	local suite=$local/usr/local/sbin/privcmd-test status=0

	! readelf -l "$suite" | grep INTERP >/dev/null || return
	[[ $("$suite" --version) == "privcmd-test $(sed -n 's/^VERSION := //p' "$top/Makefile")" ]] ||
		return
	"$suite" --list | diff - <("$build/bin/privcmd-test" --list) || return
	XENFM_DEVICE=/nonexistent "$suite" >"$work/tap" || status=$?
	((status == 3)) && grep -q '^Bail out! no /nonexistent' "$work/tap" || return
	# a file of another kind: no case runs
	status=0
	XENFM_DEVICE=/dev/null "$suite" >"$work/tap" || status=$?
	((status == 3)) && [[ $(tail -n +3 "$work/tap") == \
		"Bail out! /dev/null is no privcmd device: "* ]] || return
	diff <("$suite" --help) <("$suite" -h) && diff <("$suite" --help) <("$suite" help)
}
# SUITE=no installs the same files except the suite.
install_without_suite() {
	"$make" -s --no-print-directory -C "$top" install DESTDIR="$work/less" SUITE=no &&
		diff <(printf '%s\n' "${installed[@]}" | grep -v privcmd-test) \
			<(cd "$work/less/usr/local" && find . ! -type d -printf '%P\n' | LC_ALL=C sort)
}
# Others can read all files, also if they are installed with umask 077.
readable_by_others() {
	(umask 077 && "$make" -s --no-print-directory -C "$top" install \
		DESTDIR="$work/masked" SUITE=no) || return
	[[ ! $(cd "$work/masked" && find usr ! -perm -o=r) ]]
}
# The caller's flags are added to the project's own. A change of them causes a rebuild.
flags_of_environment() {
	local tool=$work/flags/bin/xenfm said

	# build OPTION...
	build() {
		"$make" "$@" --no-print-directory -C "$top/tools" OUT="$work/flags" "$tool"
	}
	said=$(CPPFLAGS=-DFROM_CPPFLAGS CFLAGS='-O1 -DFROM_CFLAGS' LDFLAGS=-Wl,-O1 \
		build -n) || return
	[[ $said == *-D_FORTIFY_SOURCE=*-DFROM_CPPFLAGS*-DFROM_CFLAGS*-Wl,-O1* ]] || return
	CFLAGS=-O1 build -s || return
	cp -p "$tool" "$work/before"
	# the kernel's name for this machine, as kernel developers export it
	ARCH=x86_64 CFLAGS=-O1 build -s && [[ ! $tool -nt $work/before ]] || return
	CFLAGS=-O2 build -s && [[ $tool -nt $work/before ]] || return
	cp -p "$tool" "$work/before"
	CPPFLAGS=-DX CFLAGS=-O2 build -s && [[ $tool -nt $work/before ]]
}
# The programs use checked calls of the C library, and a canary on the stack.
hardened() {
	local program

	for program in "$build/bin/xenfm-vhost-user-blk" "$so"; do
		nm -D "$program" >"$work/symbols"
		grep -q __stack_chk_fail "$work/symbols" || return
	done
	nm -D "$build/bin/xenfm-vhost-user-blk" | grep >/dev/null '__[a-z]*_chk@' &&
		nm "$build/bin/privcmd-test" | grep >/dev/null __stack_chk_fail
}
uninstall_local() {
	"$make" -s --no-print-directory -C "$top" uninstall DESTDIR="$local" || return
	! find "$local" ! -type d -o -name xenfm | grep .
}
install_root() {
	"$make" -s --no-print-directory -C "$top/tools" SAN= install DESTDIR="$root" PREFIX=/usr
}
build_against_root() {
	[[ $(pc --modversion libxenfm) == "$(sed -n 's/^VERSION := //p' "$top/Makefile")" ]] ||
		return
	printf '%s\n' '#include <xenfm.h>' '#include <xenfm/privcmd_x.h>' \
		'int main(void) { struct xenfm *h; return -xenfm_open(&h, 0); }' >"$work/try.c"
	# shellcheck disable=SC2046 # words on purpose
	"$cc" -o "$work/try" "$work/try.c" $(pc --cflags --libs libxenfm) || return
	status=0
	XENFM_DEVICE=/dev/null LD_LIBRARY_PATH=$root/usr/lib "$work/try" || status=$?
	((status == 25)) || return # ENOTTY
	# shellcheck disable=SC2046 # words on purpose
	"$cc" -static -o "$work/try" "$work/try.c" $(pc --static --cflags --libs libxenfm) ||
		return
	status=0
	XENFM_DEVICE=/nonexistent "$work/try" || status=$?
	((status == 2)) # ENOENT
}
uninstall_root() {
	"$make" -s --no-print-directory -C "$top/tools" uninstall DESTDIR="$root" PREFIX=/usr || return
	! find "$root" ! -type d | grep .
}
tap_check install_by_default_is_local install_local
tap_check suite_stands_alone suite_stands_alone
tap_check install_without_suite install_without_suite
tap_check readable_by_others readable_by_others
tap_check flags_of_environment flags_of_environment
tap_check hardened hardened
tap_check uninstall_leaves_nothing uninstall_local
tap_check install install_root
tap_check install_is_usable build_against_root
tap_check uninstall uninstall_root

for page in "$top"/tools/man/*.[1-9]; do
	tap_check "mandoc_${page##*/}" mandoc -Tlint -W warning "$page"
done
# The manual pages have every ioctl of the headers, every function and every command.
ioctls_in_manual() {
	sed -n 's/^#define \(\(IOCTL_PRIVCMD\|PRIVCMD_X\)_[A-Z0-9_]*\)[ \t]*\(_IO(.*\|\\\)$/\1/p' \
		"$top"/uapi/xen/*.h >"$work/ioctls"
	[[ -s $work/ioctls ]]
	while read -r name; do
		grep -q "\b$name\b" "$top/tools/man/privcmd.4" || { echo "$name"; return 1; }
	done <"$work/ioctls"
}
functions_in_manual() {
	while read -r name; do
		grep -q "^\.Fo $name\$" "$top/tools/man/xenfm.3" || { echo "$name"; return 1; }
	done <"$work/map"
}
commands_in_manual() {
	"$build/bin/xenfm" --help | sed -n 's/^  xenfm \([a-z]*\).*/\1/p' >"$work/commands"
	[[ -s $work/commands ]]
	while read -r name; do
		grep -q "^\.It Cm $name" "$top/tools/man/xenfm.8" || { echo "$name"; return 1; }
	done <"$work/commands"
}
version_in_manual() {
	local version

	version=$("$build/bin/xenfm" --version)
	grep -q "^driver: xen-privcmd ${version#xenfm }\$" "$top/tools/man/xenfm.8"
}
# The programs of xenfm.3 compile. The suite for dom0 runs them.
example_compiles() {
	"$top/tests/lib/man-example" "$top/tools/man/xenfm.3" "$1" >"$work/example.c" || return
	"$cc" -std=gnu11 "${strict[@]}" -I"$top/include" "$work/example.c"
}
tap_check ioctls_in_manual ioctls_in_manual
tap_check functions_in_manual functions_in_manual
tap_check commands_in_manual commands_in_manual
# privcmd-test(8) has every option and exit status of the suite.
suite_in_manual() {
	local page=$top/tools/man/privcmd-test.8 options word arg

	mapfile -t options < <("$build/bin/privcmd-test" --help |
		sed -n 's/^  --\([a-z]*\) \([A-Z]*\) .*/\1 \2/p')
	((${#options[@]})) || return
	while read -r word arg; do
		grep -q "^\.It Fl -$word${arg:+ Ar ${arg,,}}$" "$page" || { echo "$word"; return 1; }
	done < <(printf '%s\n' "${options[@]}")
	for word in 0 1 2 3; do
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX/p' "$page" | grep -x "\.It $word" >/dev/null ||
			{ echo "status $word"; return 1; }
	done
}
tap_check suite_in_manual suite_in_manual
tap_check version_in_manual version_in_manual
# xenfm-vhost-user-blk(8) has every option of the back end.
options_in_manual() {
	"$build/bin/xenfm-vhost-user-blk" --help | grep -oE -e '--[a-z-]+' | sort -u \
		>"$work/options"
	[[ -s $work/options ]]
	while read -r name; do
		grep -qE -e "^\.It .*Fl -${name#--}( |$)" \
			"$top/tools/man/xenfm-vhost-user-blk.8" || { echo "$name"; return 1; }
	done <"$work/options"
}
tap_check options_in_manual options_in_manual
tap_check example_1_compiles example_compiles 1
tap_check example_2_compiles example_compiles 2
there_are_two() { ! "$top/tests/lib/man-example" "$top/tools/man/xenfm.3" 3; }
tap_check example_are_two there_are_two

tap_plan
