#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Checks the rules of the tree. Prints TAP; the lines that break a rule are shown above
# its result. tests/lint-selftest breaks each rule in a copy of the tree. The format of
# headers is not checked.
#
# The results of clang-format and shellcheck differ from version to version, so on a
# release other than Debian 12 all rules run in a root of Debian 12 (tests/xen/root).
#
# Usage: tests/lint.sh [--format | --rule NAME | --list]
#
#   --format     format the C files as the rule demands, and check nothing
#   --rule NAME  check only this rule
#   --list       print the names of the rules

set -uo pipefail
# shellcheck source=tests/xen/common.sh
. "$(dirname "$0")/xen/common.sh"
cd "$top" || exit 1

release=bookworm
format=no only_rule='' list=no
case ${1-} in
--help | -h) help ;;
--format) format=yes ;;
--list) list=yes ;;
--rule)
	(($# == 2)) || misuse "--rule needs a name"
	only_rule=$2 ;;
?*) misuse "unknown argument '$1'" ;;
esac

# LINT_FILES names a list of the files: tracked or not ignored, and not deleted. A root has
# no git, so it gets the list from the caller.
if [[ ! ${LINT_FILES-} ]]; then
	writable_tree
	LINT_FILES=$(mktemp build/lint.XXXXXX)
	trap 'rm -f "$LINT_FILES"' EXIT
	git ls-files --cached --others --exclude-standard | sort -u |
		while read -r file; do
			[[ ! -e $file ]] || echo "$file"
		done >"$LINT_FILES"
	if [[ $(host_release) == "$release" ]]; then
		tests/deps lint || exit 1
	else
		tests/xen/root --with "$(tests/deps --list lint)" "$release" \
			env LINT_FILES="$LINT_FILES" tests/lint.sh "$@"
		exit
	fi
fi

# files [PATTERN...]: prints the files that match a pattern.
files() {
	local file pattern

	while read -r file; do
		for pattern in "${@:-*}"; do
			# shellcheck disable=SC2053 # a pattern
			[[ $file != $pattern ]] || { echo "$file"; break; }
		done
	done <"$LINT_FILES"
}

# Prints the scripts that a shell runs. Their first line may name the shell in any form.
scripts() {
	local file line shell='^#! *(/[^ ]*/)?(env +(-[^ ]+ +)*)?([^ ]*/)?(busybox +)?(ba|da|k|)sh( |$)'

	files | while read -r file; do
		IFS= read -r line <"$file" 2>/dev/null
		[[ ! $line =~ $shell ]] || echo "$file"
	done
}

formatted() {
	files '*.c'
}

if [[ $format == yes ]]; then
	formatted | xargs clang-format -i
	exit
fi

n=0
bad=0

# rule NAME COMMAND...: the rule holds if the command succeeds.
rule() {
	local name=$1 said

	shift
	[[ $list == no ]] || { echo "$name"; return; }
	[[ ! $only_rule || $name == "$only_rule" ]] || return 0
	n=$((n + 1))
	if said=$("$@" 2>&1); then
		echo "ok $n - lint_$name"
	else
		bad=$((bad + 1))
		[[ ! $said ]] || echo "# ${said//$'\n'/$'\n'# }"
		echo "not ok $n - lint_$name"
	fi
}

# none PATTERN FILE...: no line may match. The lines that match are shown.
none() {
	local pattern=$1

	shift
	! grep -nE -e "$pattern" -- "$@"
}

# only PATTERN ALLOWED: only the allowed files of src/ may match.
only() {
	local pattern=$1 allowed=$2 file
	local others=()

	for file in src/*.[ch]; do
		[[ " $allowed " == *" ${file#src/} "* ]] || others+=("$file")
	done
	none "$pattern" "${others[@]}"
}

format() {
	local file ret=0

	while read -r file; do
		clang-format --dry-run -Werror "$file" 2>/dev/null && continue
		echo "$file: clang-format would change it: run make format"
		ret=1
	done < <(formatted)
	return $ret
}

shell() {
	scripts | xargs shellcheck -x
}

# A script must not depend on the user's locale: it changes the order of sort and comm,
# ranges of letters, and messages that a script searches for.
locale() {
	local file ret=0

	while read -r file; do
		grep -qE '^(\. .*/common\.sh"|export LC_ALL=C)$' "$file" && continue
		echo "$file: it neither sets LC_ALL=C nor sources common.sh"
		ret=1
	done < <(scripts; echo tests/xen/common.sh)
	return $ret
}

manual() {
	mandoc -Tlint -W warning tools/man/*.[0-9]
}

spdx() {
	local file ret=0

	while read -r file; do
		case $file in
		LICENSE* | *.md | .gitignore | .editorconfig | dkms.conf) continue ;;
		esac
		head -n 3 "$file" | grep -q SPDX-License-Identifier: ||
			{ echo "$file: no line with its licence"; ret=1; }
		# A line of its own, as tools that collect these lines want it.
		head -n 12 "$file" |
			grep -qE '^[^A-Za-z]*SPDX-FileCopyrightText: 2026 the xen-privcmd authors( \*/| -->)?$' ||
			{ echo "$file: no line with its copyright"; ret=1; }
	done < <(files)
	return $ret
}

kernel_doc() {
	local script

	script=$(find /usr/lib/linux-kbuild-*/scripts -name kernel-doc | sort -V |
		tail -n 1)
	[[ $script ]] || { echo "no kernel-doc (linux-kbuild)"; return 1; }
	"$script" -none -Werror uapi/xen/*.h include/xenfm.h
}

# Every ioctl of the uapi headers has a row, a paragraph and a test.
ioctls() {
	local name ret=0

	while read -r name; do
		[[ $name != IOCTL_PRIVCMD_UNIMPLEMENTED ]] &&
			! grep -q "IOCTL($name," src/device.c &&
			echo "$name: no row in src/device.c" && ret=1
		grep -q "$name" tools/man/privcmd.4 ||
			{ echo "$name: not in privcmd.4"; ret=1; }
		grep -q "$name" tests/ioctl/*.c ||
			{ echo "$name: not in tests/ioctl"; ret=1; }
		[[ $name != IOCTL_PRIVCMD_UNIMPLEMENTED ]] &&
			! grep -q "$name" tests/ioctl/restrict_all.c &&
			echo "$name: not in tests/ioctl/restrict_all.c" && ret=1
	done < <(sed -nE 's/^#define ((IOCTL_PRIVCMD|PRIVCMD_X)_[A-Z0-9_]+)[[:space:]].*(\\|_IO\(.*)$/\1/p' \
		uapi/xen/*.h)
	return $ret
}

# Every row of tests/ioctl/regressions has a case, and no case names another row.
regressions() {
	local rows=tests/ioctl/regressions

	! grep -nvP '^(#.*|[AB]\d+\t[^\t]+\t[^\t]+|)$' $rows || return
	diff <(sed -n 's/^\([AB][0-9]*\)\t.*/\1/p' $rows | sort) \
		<(files 'tests/*.c' | xargs sed -n 's/.*\.rows = "\([^"]*\)".*/\1/p' |
			tr ' ' '\n' | sort -u)
}

# Every file of a program or of the library has a line in tests/fuzz/reach: the fuzzer that
# reaches it, or the reason why none does.
fuzzed() {
	diff <(grep '^tools/' tests/fuzz/reach | sort -u) <(files 'tools/*.c' | sort)
}

version() {
	local version

	version=$(sed -n 's/^VERSION := //p' Makefile)
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "Makefile: no VERSION"; return 1; }
	grep -qx "PACKAGE_VERSION=\"$version\"" dkms.conf ||
		{ echo "dkms.conf: not version $version"; return 1; }
	! grep -nE 'xen-privcmd[-/ ][0-9]+\.[0-9]' README.md docs/install.md tools/man/* |
		grep -vE "xen-privcmd[-/ ]${version//./\\.}($|[^0-9.])"
}

# tests/kernels has no 32-bit kernel, so this rule runs the preprocessor.
refuses_32_bit_kernels() {
	local words='xen-privcmd: 32-bit kernels are not supported' dir said

	dir=$(mktemp -d) || return
	mkdir "$dir/src" "$dir/compat"
	cp src/compat.h "$dir/src"
	printf '#define COMPAT_HAVE_%s\n' CANARY MAPLE_TREE >"$dir/compat/config.h"
	said=$(gcc -E -I"$dir" -x c "$dir/src/compat.h" 2>&1
		echo '=='
		gcc -E -I"$dir" -DCONFIG_64BIT -x c "$dir/src/compat.h" 2>&1)
	rm -r "$dir"
	[[ ${said%%==*} == *"#error \"$words\""* && ${said#*==} != *"#error \"$words\""* ]]
}

kernel_versions() {
	none 'LINUX_VERSION_CODE|KERNEL_VERSION|UTS_RELEASE' src/*.[ch] compat/*.c Kbuild
}

no_bug() {
	none '\b(BUG|BUG_ON|VM_BUG_ON|panic)\(' src/*.[ch]
}

rule format format
rule shell shell
rule locale locale
rule manual manual
rule spdx spdx
rule kernel_doc kernel_doc
rule every_ioctl_everywhere ioctls
rule every_regression_has_a_case regressions
rule every_file_of_tools_in_fuzz_reach fuzzed
rule manual_is_complete tests/lint-manual.sh
rule every_message_is_in_its_manual tests/lint-messages.sh
rule every_option_everywhere tests/lint-options.sh
rule every_errno_has_a_case tests/lint-errnos.sh
rule every_promise_has_a_case tests/lint-promises.sh
rule documents_are_true tests/lint-docs.sh
rule pictures_are_of_their_texts docs/draw --check
rule version version
rule no_kernel_versions kernel_versions
rule refuses_32_bit_kernels refuses_32_bit_kernels
rule no_bug no_bug
rule layers tests/lint-layers.sh
rule compat_answers_in_one_place only 'COMPAT_HAVE_' 'compat.h fops_privcmd.c'
rule hypercalls_in_their_files only 'HYPERVISOR_[a-z]|privcmd_call\(' \
	'backend_pv.c pv_clear.c pv_copy.c pv_window.c backend_xlate.c acquire.c hcall.c dm_op.c irqfd.c ioreq.c'
rule user_copies_in_their_files only \
	'(copy_(from|to)_user|(get|put|clear)_user|copy_struct_from_user|memdup_user)\(' \
	'device.c batch.c xmap.c copy.c query.c hcall.c dm_op.c irqfd.c ioreq.c'
rule vm_private_data_is_map_s only 'vm_private_data' 'vma.c'
rule backend_chosen_once only 'xen_feature\(' 'main.c'
rule machine_frames_in_backend_pv only 'mmu_update|mfn_pte' \
	'backend_pv.c pv_clear.c pv_copy.c pv_window.c'
[[ $list == no ]] || exit 0
((n)) || misuse "no rule '$only_rule'"
echo "1..$n"
((!bad))
