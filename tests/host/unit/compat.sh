#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests the questions of compat/Kbuild.include: with headers that change in place, with a
# compiler that is killed, and with a header that is missing. A wrong "no" would, for
# example, turn lockdown off. Prints TAP.
#
# Usage: tests/host/unit/compat.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"

dir=$top/build/compat

# header TEXT: writes the header that the question is about.
header() {
	echo "$1" >"$dir/header.h"
}

# ask [MAKE-ARG...]: builds the module, and compat/config.h if it is out of date.
ask() {
	"${in_root[@]}" make -s -C "$kernel/headers" M="$dir" "$@" asked.o \
		>"$dir/log" 2>&1
}

# answers PATTERN NAME: a test that compat/config.h has a line that matches.
answers() {
	local ret=0

	grep -q "$1" "$dir/compat/config.h" 2>>"$dir/log" || ret=1
	tap_result $ret "$2" "$dir/log"
}

"$top/tests/lib/deps" build rig || exit 1
kernel=$("$top/tests/xen/fetch" kernel amd64 6.1) || exit 1
build_in "$(cat "$kernel/release" 2>/dev/null || host_release)" || exit 1
rm -rf "$dir"
mkdir -p "$dir/compat" "$dir/uapi"
cp "$top/compat/Kbuild.include" "$top"/compat/have_{canary,never}.c \
	"$top/compat/have_lockdown_xen_user_actions.c" "$dir/compat/"
cat >"$dir/Kbuild" <<'EOF'
obj-m := asked.o
xen-privcmd-y := asked.o
include $(src)/compat/Kbuild.include
EOF
cat >"$dir/compat/have_header.c" <<'EOF'
// SPDX-License-Identifier: GPL-2.0-only
#include "../header.h"

#ifndef COMPAT_CONTROL
int compat_header = NAME_IN_HEADER;
#endif
EOF
echo 'int compat_asked;' >"$dir/asked.c"
# This compiler ends as one that runs out of memory, but only at the question itself, not at
# its control.
cat >"$dir/killed-cc" <<'EOF'
#!/bin/sh
case "$*" in
*COMPAT_CONTROL*) ;;
*-c*have_lockdown*) echo "gcc: fatal error: Killed signal terminated program cc1" >&2; exit 1 ;;
esac
exec gcc "$@"
EOF
chmod +x "$dir/killed-cc"

echo "TAP version 13"
header 'int none;'
ask
answers 'have_header: no' compat_no
answers 'COMPAT_HAVE_CANARY 1' compat_canary
answers 'have_never: no' compat_never
header 'enum { NAME_IN_HEADER };'
ask
answers 'COMPAT_HAVE_HEADER 1' compat_header_changed_to_yes
header 'int none;'
ask
answers 'have_header: no' compat_header_changed_to_no
cp "$dir/compat/config.h" "$dir/before"
sleep 1.1
touch "$dir/now"
ask
ret=0
[[ ! $dir/compat/config.h -nt $dir/now ]] || ret=1
tap_result $ret compat_unchanged_is_not_asked_again "$dir/log"

header '#include <linux/no_such_header.h>'
ret=0
! ask || ret=1
grep -q 'have_header.c: the question cannot be asked' "$dir/log" || ret=1
tap_result $ret compat_missing_header_ends_the_build "$dir/log"

header 'int none;'
rm -f "$dir/compat/have_lockdown_xen_user_actions.answer"
ret=0
! ask CC="$dir/killed-cc" || ret=1
grep -q 'have_lockdown_xen_user_actions.c: the question cannot be asked' \
	"$dir/log" || ret=1
tap_result $ret compat_killed_compiler_ends_the_build "$dir/log"
ask
answers 'LOCKDOWN_XEN_USER_ACTIONS\|lockdown_xen_user_actions: no' compat_asked_again

# The control of this question differs from the question only in the name, so it fails if
# the function's prototype changes.
sed -i 's/LOCKDOWN_XEN_USER_ACTIONS);/LOCKDOWN_XEN_USER_ACTIONS, 1);/' \
	"$dir/compat/have_lockdown_xen_user_actions.c"
ret=0
! ask || ret=1
tap_result $ret compat_changed_prototype_ends_the_build "$dir/log"
tap_plan
