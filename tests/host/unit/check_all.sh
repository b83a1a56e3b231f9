#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Tests tests/check-all and tests/lib/jobs.sh in a temporary git repository, with commands
# that do nothing. Prints TAP.
#
# Usage: tests/host/unit/check_all.sh

set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../../lib/tap.sh"
here=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
if ! command -v git >/dev/null; then
	tap_skip check_all "no git"
	tap_plan
	exit
fi

# check NAME COMMAND...: a test that passes if the command succeeds.
check() {
	"${@:2}"
	tap_result $? "check_all_$1" said
}

# has PATTERN...: each pattern matches a whole line of the output.
has() {
	local line
	for line; do
		grep -qxE -e "$line" said || { echo "# no line: $line"; return 1; }
	done
}

# hasnt PATTERN: no line of the output matches.
hasnt() {
	! grep -nE -e "$1" said
}

commit() {
	git add -A
	git -c user.name=t -c user.email=t@localhost commit -qm "$1"
}

all() {
	tests/check-all "$@" >said 2>&1
}

recorded() {
	cut -f 1,3 tests/long-runs | grep -qxE "$1	$2"
}

# Command one has one job, a1. Command two has three jobs: b1, b2 and b3. A job writes two
# lines to the file trace. Between them it runs the commands of the file how-NAME.
fake_repository() {
	git init -q
	mkdir -p tests/lib src one two
	cp "$here/check-all" tests
	cp "$here"/lib/{common,tap,jobs}.sh tests/lib
	cat >tests/long-commands <<-'END'
		[every]
		covers = src
		[one]
		run = ./fake one a1
		covers = one :(exclude)*.md
		[two]
		run = ./fake two b1 b2 b3
		jobs = recorded
		covers = two
		covers = more*
	END
	cat >fake <<-'END'
		#!/usr/bin/env bash
		. tests/lib/common.sh
		. tests/lib/tap.sh
		. tests/lib/jobs.sh
		job() {
			echo "begin $1" >>trace
			[[ ! -e how-$1 ]] || . "./how-$1"
			echo "end $1" >>trace
			echo "ok 1 - $1"
			echo "${verdict:-2 passed, 0 failed, 1 skipped}"
		}
		dir=$(jobs_dir build/$1)
		run_jobs "$dir" 2 "${@:2}"
		tap_total
	END
	chmod +x fake
	printf '%s\n' /build/ /said /trace '/how-*' >.gitignore
	echo '# command	commit	verdict	duration' >tests/long-runs
	touch src/a one/a two/a
	commit first
}

first_time() {
	all --list && has "one is due: it has no line in tests/long-runs" \
		"two is due: it has no line in tests/long-runs" && [[ ! -e trace ]]
}

runs_what_is_due() {
	all && has "== one: no duration recorded; it has no line in tests/long-runs" \
		"== in all about 0 min, and 2 whose duration is not recorded" \
		"two: == b2 begins, 2 of 3" \
		"two: == b1 ends: 2 passed, 0 failed, 1 skipped, [0-9]+ s" \
		"# one +2 passed, 0 failed, 1 skipped +[0-9]+ s" \
		"# two +6 passed, 0 failed, 3 skipped +[0-9]+ s" &&
		[[ $(tail -n 1 said) == "8 passed, 0 failed, 4 skipped" ]] &&
		recorded one "2 passed, 0 failed, 1 skipped" &&
		recorded two "6 passed, 0 failed, 3 skipped"
}

nothing_due() {
	commit records
	rm trace
	all --list && has "one is not due: 2 passed, .* at [0-9a-f]{12}, [0-9]+ s" &&
		hasnt "is due" &&
		all --due && [[ ! -s said ]] &&
		all && has "== nothing is due" && [[ ! -e trace ]] &&
		[[ $(tail -n 1 said) == "8 passed, 0 failed, 4 skipped" ]]
}

# A command is not due if only the records change, or a file that a pattern excludes.
not_covered() {
	touch one/notes.md README
	commit notes
	all --due && [[ ! -s said ]]
}

uncommitted_change() {
	local first

	first=$(git rev-parse --short=12 HEAD~2)
	echo 1 >two/a
	all --due && has "two is due: two/a changed since $first" &&
		touch more && all --due &&
		has "two is due: more and 1 more changed since $first" &&
		all && has "check-all: two: not recorded: commit the files that it covers, .*" &&
		all --due && has "two is due: .*"
}

# The command has passed on these files. Only the commit is new.
recorded_after_commit() {
	commit change
	rm trace
	all && has "== two: it has passed before on the same files" && [[ ! -e trace ]] &&
		all --due && [[ ! -s said ]] &&
		git diff -U0 tests/long-runs | grep -q "^+two	$(git rev-parse --short=12 HEAD)"
}

every_covers_all() {
	commit records
	echo 1 >src/a
	commit src
	all --due && has "one is due: src/a changed since .*" "two is due: src/a .*"
}

one_of_them() {
	rm -f trace
	all one && ! grep -q b1 trace && hasnt '^# two' &&
		all --due && has "two is due: .*" && hasnt "^one" &&
		[[ $(all nonsense; echo $?) == 2 ]]
}

# fails COMMAND: a run must fail, and must not change the command's record.
fails() {
	! all "$1" && recorded "$1" "6 passed, 0 failed, 3 skipped" &&
		all --due "$1" && has "$1 is due: .*"
}

failure_is_not_recorded() {
	echo 'verdict="1 passed, 1 failed, 0 skipped"; echo not ok 7 - x' >how-b2
	fails two && ! all two &&
		has "two: not ok 7 - x" "# two +5 passed, 1 failed, 2 skipped +[0-9]+ s" &&
		[[ $(tail -n 1 said) == "5 passed, 1 failed, 2 skipped" ]]
}

broken_off_is_a_failure() {
	echo 'echo "2 passed, 0 failed, 0 skipped"; exit 3' >how-b2
	# shellcheck disable=SC2016 # for the job
	fails two && echo 'kill -9 $BASHPID' >how-b2 && fails two &&
		echo 'verdict=nothing' >how-b2 && fails two
}

# A failed job is run again. A job that passed is not.
failed_job_again() {
	rm -f how-b2 trace
	all two && [[ $(grep -c . trace) == 2 ]] && grep -qx "end b2" trace &&
		has "two: == b1: this result is from an earlier run" &&
		recorded two "6 passed, 0 failed, 3 skipped"
}

# tests/long-runs has the jobs that have passed. In another clone, which has no build
# directory, they are not run again if the covered files are the same. The command's own
# line replaces the lines of its jobs.
goes_on_in_another_clone() {
	commit records
	echo 9 >two/a
	commit change
	echo 'exit 3' >how-b2
	! all two && recorded two/b1 "2 passed, 0 failed, 1 skipped" &&
		recorded two/b3 "2 passed, 0 failed, 1 skipped" &&
		! grep -q '^two/b2' tests/long-runs || return
	commit jobs
	rm -rf build how-b2 trace
	all two && has "== two: about .*, 2 of its jobs have ended before; .*" &&
		[[ $(xargs <trace) == "begin b2 end b2" ]] &&
		has "two: == b1: this result is from an earlier run" &&
		[[ $(tail -n 1 said) == "6 passed, 0 failed, 3 skipped" ]] &&
		recorded two "6 passed, 0 failed, 3 skipped" &&
		! grep -q '^two/' tests/long-runs
}

# All jobs run if a covered file has changed since.
other_files_other_jobs() {
	commit records
	echo 10 >two/a
	commit change
	echo 'exit 3' >how-b2
	all two
	grep -q '^two/b1' tests/long-runs || return
	commit jobs
	echo 11 >two/a
	commit change
	rm -rf build how-b2 trace
	all two && [[ $(grep -c begin trace) == 3 ]]
}

# wait_for TEXT FILE: waits until the file has the text. Fails after ten minutes or more, as
# no limit of another program ends this script.
wait_for() {
	local i
	for ((i = 0; i < 6000; i++)); do
		! grep -qs "$1" "$2" || return 0
		sleep 0.1
	done
	return 1
}

# interrupt SIGNAL: starts command two and sends the signal while b2 and b3 run. Returns
# the status of check-all.
interrupt() {
	local pid

	commit records
	date +%N >two/a
	commit change
	rm -f trace
	echo 'while [[ ! -e how-go ]]; do sleep 0.1; done' >how-b2
	cp how-b2 how-b3
	rm -f how-go
	tests/check-all two >said 2>&1 &
	pid=$!
	wait_for "begin b3" trace && all two
	[[ $? == 125 ]] && has "check-all: another check-all runs .*" || return
	kill "-$1" $pid
	wait $pid
}

interrupted_run_resumes() {
	interrupt TERM
	[[ $? == 130 ]] || return
	touch how-go
	sleep 0.5
	! grep -qE "end b[23]" trace && all --due && has "two is due: .*" &&
		all two && has "two: == b1: this result is from an earlier run" \
			"== two: about .*, 1 of its jobs have ended before; .*" &&
		[[ $(sort trace | xargs) == "begin b1 begin b2 begin b2 begin b3 begin b3 end b1 end b2 end b3" ]] &&
		recorded two "6 passed, 0 failed, 3 skipped"
}

changed_meanwhile() {
	commit records
	echo 2 >two/a
	commit change
	echo 'echo 3 >two/a' >how-b2
	rm how-b3
	all two && has "check-all: two: not recorded: a file that it covers changed .*" &&
		git checkout -q two/a && all --due && has "two is due: .*"
}

# b1 and b2 wait until both have begun. b3 fails unless one of them has ended.
# shellcheck disable=SC2016 # for the jobs
two_at_a_time() {
	echo 'for i in {1..6000}; do [[ $(grep -c "begin b[12]" trace) != 2 ]] || break; sleep 0.1; done
		((i < 6000)) || exit 1' | tee how-b1 >how-b2
	echo 'grep -q "end b" trace || exit 1' >how-b3
	rm -f trace
	all two && [[ $(tail -n 1 said) == "6 passed, 0 failed, 3 skipped" ]]
}

unknown_commit() {
	sed -i 's/^one\t[0-9a-f]*/one\t123456789abc/' tests/long-runs
	all --due && has "one is due: git does not know commit 123456789abc"
}

no_git() {
	mv .git git
	all --due &&
		has "cannot tell which tests are due: this tree is not a git repository" && ! all
}

# check-kernels leaves out some suites because `make check` runs them. It must run each.
no_suite_is_left_out() {
	local row n=0

	while read -r row; do
		n=$((n + 1))
		grep -qE "[( ]xen-${row}[ )]" "$here/check" ||
			{ echo "# tests/check does not run $row"; return 1; }
	done < <(sed -n 's/.*\tcheck //p' "$here/kernels" | tr ' ' '\n')
	((n))
}

# A job must see the caller's variables, not those of the functions of jobs.sh.
jobs_see_the_callers_variables() {
	(
		# shellcheck source=tests/lib/jobs.sh
		. "$here/lib/jobs.sh"
		dir=its name=own at_once=values number=here
		job() {
			echo "$dir $name $at_once $number"
			echo "1 passed, 0 failed, 0 skipped"
		}
		run_jobs "$(mktemp -d -p "$PWD")" 1 one
	) >said 2>&1
	has "its own values here"
}

fake_repository
tests=(first_time runs_what_is_due nothing_due not_covered uncommitted_change
	recorded_after_commit every_covers_all one_of_them failure_is_not_recorded
	broken_off_is_a_failure failed_job_again goes_on_in_another_clone
	other_files_other_jobs interrupted_run_resumes
	changed_meanwhile two_at_a_time unknown_commit no_git
	no_suite_is_left_out jobs_see_the_callers_variables)
echo "TAP version 13"
for test in "${tests[@]}"; do
	check "$test" "$test"
done
tap_plan
