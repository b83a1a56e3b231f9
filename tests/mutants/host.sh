# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# Mutants of the library and of the vhost-user back end, which need no Xen. check-mutants
# sources this file.

# run_on_host KIND DIR NAME...: builds and runs the unit tests, or vhost-user-test.
run_on_host() {
	local kind=$1 dir=$2 name patterns

	shift 2
	copy_tree "$dir" Makefile tools include uapi tests/lib tests/host/unit tests/vhost/alone
	for name; do
		[[ $name == original-* ]] ||
			mutate "$name" "$top/${file[$name]}" >"$dir/${file[$name]}"
		if "build_$kind" "$dir" >"$out/$name.$kind" 2>&1; then
			read -ra patterns <<<"$(cases_of "$name" "$@")"
			"run_$kind" "$dir" "${patterns[@]}" >"$out/$name.$kind" 2>&1 || true
			echo "mutant ends: $name" >>"$out/$name.$kind"
			result "$name" "$kind" "$(verdict "$out/$name.$kind")"
		else
			result "$name" "$kind" "$(no_build "$out/$name.$kind")"
		fi
		[[ $name == original-* ]] || cp "$top/${file[$name]}" "$dir/${file[$name]}"
	done
}

unit_tests='libxenfm-test blk-test sandbox-test table-test grants-test uring-test'

build_host() {
	local arch targets=() program

	arch=$(host_arch)
	for program in $unit_tests; do
		targets+=("$1/build/$arch/san/unit/$program")
	done
	make -s -C "$1/tools" ARCH="$arch" SAN=1 "${targets[@]}"
}

# run_host DIR PATTERN...: each program of the unit tests runs the cases that it has.
run_host() {
	local program dir=$1 known

	shift
	for program in $unit_tests; do
		program=$dir/build/$(host_arch)/san/unit/$program
		mapfile -t known < <(for pattern; do
			! "$program" --list "$pattern" >/dev/null 2>&1 || echo "$pattern"
		done)
		((!${#known[@]})) || timeout 300 "$program" "${known[@]}"
	done
}

build_alone() {
	make -s -C "$1/tools" ARCH="$(host_arch)" SAN= all &&
		make -s -C "$1/tools" ARCH="$(host_arch)" SAN=1 all &&
		make -s -C "$1/tests/vhost/alone"
}

run_alone() {
	local arch

	arch=$(host_arch)
	BACKEND=$1/build/$arch/san/bin/xenfm-vhost-user-blk BACKEND_OPTIONS=--no-sandbox \
		timeout 900 "$1/build/amd64/vhost-user/vhost-user-test" "${@:2}"
	BACKEND=$1/build/$arch/bin/xenfm-vhost-user-blk BACKEND_OPTIONS='' \
		timeout 900 "$1/build/amd64/vhost-user/vhost-user-test" "${@:2}"
}

host_arch() {
	uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/'
}
