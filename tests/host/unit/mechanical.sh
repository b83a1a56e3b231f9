#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests tests/mutants/mechanical with a small file: the exact list, and that each mutant
# compiles. Prints TAP.
#
# Usage: tests/host/unit/mechanical.sh

set -uo pipefail
# shellcheck source=tests/lib/common.sh
. "$(dirname "$0")/../../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
# shellcheck source=tests/mutants/list.sh
. "$top/tests/mutants/list.sh"
cd "$top" || exit 1

writable_tree
work=$(mktemp -d build/mechanical.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/small.c" <<'END'
/* chosen(1) && "chosen(2)" */
#define EINVAL 22
int chosen(int a, int *b);
void act(void), mutex_lock(int *lock), cond_resched(void);

int neighbour(int a)
{
	act();
	return chosen(a, 0) ? 0 : -EINVAL;
}

int chosen(int a, int *b)
{
	static const int unchanged = 1;
	const char *text = "a < 1";
	int i, ret = -EINVAL; /* 1 */

	mutex_lock(b);
	if (a < 1 ||
	    !b)
		return 0;
	for (i = 0; i < a && b[i]; i += 2) {
		if (i)
			cond_resched();
		act(); /* b->c */
	}
	for (i = 0; i < a; i++)
		b[i] = a;
	while (a)
		a >>= 1;
	if (a == 3)
		goto out;
	ret = text[a] ?: -EINVAL;
	do {
		act();
	} while (i-- > unchanged);
out:
	return ret ? ret : i != 8U;
}
END

# expected: prints the number, kind and change of each mutant.
expected() {
	cat <<-'END'
	1_error: int i, ret = -EINVAL; -> int i, ret = 0;
	2_relation: if (a < 1 || !b) -> if (a <= 1 || !b)
	3_minus: if (a < 1 || !b) -> if (a < 0 || !b)
	4_logic: if (a < 1 || !b) -> if (a < 1 && !b)
	5_negated: if (a < 1 || !b) -> if (!(a < 1 || !b))
	6_plus: return 0; -> return 1;
	7_plus: for (i = 0; i < a && b[i]; i += 2) -> for (i = 1; i < a && b[i]; i += 2)
	8_skipped: for (i = 0; i < a && b[i]; i += 2) -> for (i = 0; 0 && (i < a && b[i]); i += 2)
	9_removed: act(); -> ;
	10_plus: for (i = 0; i < a; i++) -> for (i = 1; i < a; i++)
	11_relation: for (i = 0; i < a; i++) -> for (i = 0; i <= a; i++)
	12_skipped: for (i = 0; i < a; i++) -> for (i = 0; 0 && (i < a); i++)
	13_skipped: while (a) -> while (0 && (a))
	14_plus: a >>= 1; -> a >>= 2;
	15_minus: a >>= 1; -> a >>= 0;
	16_relation: if (a == 3) -> if (a != 3)
	17_plus: if (a == 3) -> if (a == 4)
	18_minus: if (a == 3) -> if (a == 2)
	19_error: ret = text[a] ?: -EINVAL; -> ret = text[a] ?: 0;
	20_removed: act(); -> ; #2
	21_relation: while (i-- > unchanged) -> while (i-- >= unchanged)
	22_skipped: while (i-- > unchanged) -> while (0 && (i-- > unchanged))
	23_negated: return ret ? ret : i != 8U; -> return !(ret) ? ret : i != 8U;
	24_relation: return ret ? ret : i != 8U; -> return ret ? ret : i == 8U;
	25_plus: return ret ? ret : i != 8U; -> return ret ? ret : i != (8U + 1);
	26_minus: return ret ? ret : i != 8U; -> return ret ? ret : i != (8U - 1);
	END
}

# short LIST: prints the number, kind and change of each mutant.
short() {
	awk '
	/^# chosen: / { change = substr($0, 11) }
	/^\[mech_chosen_/ { print substr($0, 14, length($0) - 14) ": " change }' "$1"
}

mechanical() {
	tests/mutants/mechanical --argued "$work/argued" "$@"
}

exact_list() {
	mechanical --on pv --cases 'one two' "$work/small.c" chosen >"$work/list" &&
		diff <(expected) <(short "$work/list") &&
		[[ $(grep -c -x -e 'on = pv' -e 'cases = one two' "$work/list") == \
			$((2 * $(short "$work/list" | wc -l))) ]]
}

# The same call is in neighbour() and twice here. The text around it tells which one is meant.
finds_the_right_one() {
	diff - <(grep -A 2 '^\[mech_chosen_.*_removed\]' "$work/list" | grep -e '^from' -e '^to') <<-'END'
	from = ; act();
	to = ; ;
	from = { act(); }
	to = { ; }
	END
}

each_compiles() {
	local name

	read_list "$work/list"
	((${#names[@]} > 20)) || return
	for name in "${names[@]}"; do
		mutate "$name" "$work/small.c" >"$work/mutant.c" || { echo "$name"; return 1; }
		! cmp -s "$work/small.c" "$work/mutant.c" || { echo "$name"; return 1; }
		gcc -fsyntax-only "$work/mutant.c" || return
	done
}

argued() {
	printf 'chosen: if (a == 3) -> if (a != 3)\n\tthe\n\treason\n' >"$work/argued"
	mechanical --cases one "$work/small.c" chosen | grep -A 5 relation | grep -x 'argued = the reason'
}

# fails TEXT ARGUMENT...: the command fails with a message that ends with this text.
fails() {
	local said

	if said=$(mechanical "${@:2}" 2>&1) || [[ $said != *"$1" ]]; then
		echo "$said"
		return 1
	fi
}

argued_no_longer_there() {
	printf 'chosen: if (a == 4) -> if (a != 4)\n\treason\n' >"$work/argued"
	fails "there is no such mutant: chosen: if (a == 4) -> if (a != 4)" \
		--cases one "$work/small.c" chosen
}

argued_without_reason() {
	printf 'chosen: if (a == 3) -> if (a != 3)\n' >"$work/argued"
	fails "no reason for chosen: if (a == 3) -> if (a != 3)" --cases one "$work/small.c" chosen
}

no_function() {
	fails "has no function 'act'" --cases one "$work/small.c" act
}

no_cases() {
	fails "$work/small.c has no listed mutants, so name the --cases (see mechanical --help)" \
		"$work/small.c" chosen
}

# The functions of tests/mutants/functions exist, and each mutant matches its source once.
fits_the_tree() {
	tests/mutants/mechanical >"$work/list" &&
		tests/mutants/check-mutants --list-file "$work/list" --list >/dev/null
}

: >"$work/argued"
for test in exact_list finds_the_right_one each_compiles argued argued_no_longer_there \
	argued_without_reason; do
	tap_check "mechanical_$test" "$test"
done
: >"$work/argued"
for test in no_function no_cases fits_the_tree; do
	tap_check "mechanical_$test" "$test"
done
tap_plan
