# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=bash
#
# Runs the jobs of a long command two at a time and writes the output of each to a log of
# its own, and adds the results of the jobs to the totals of tests/lib/tap.sh. Scripts
# source this file after tests/lib/common.sh and tests/lib/tap.sh.
#
# The sourcing script defines "job NAME", which does the work of one job. The output of a
# job ends with a line "N passed, N failed, N skipped". Names are valid file names.
#
# tests/check-all sets CHECK_ALL_KEEP to a directory that keeps the results of jobs. A job
# that has passed there is not run again: its log is printed instead.

# One emulated machine keeps one processor busy. A job runs one machine at a time.
# shellcheck disable=SC2034 # the sourcing script uses the variable
jobs_at_once=${JOBS_AT_ONCE:-$(($(nproc) > 1 ? 2 : 1))}

# jobs_dir DIR: prints the directory of the jobs' logs: CHECK_ALL_KEEP if it is set, else
# DIR, which is emptied. A job has NAME.log, and NAME.done with its exit status and
# its duration in seconds.
jobs_dir() {
	local dir=${CHECK_ALL_KEEP:-$1}

	[[ ${CHECK_ALL_KEEP-} ]] || rm -rf "$dir"
	mkdir -p "$dir"
	echo "$dir"
}

# verdict_of LOG: prints "PASSED FAILED SKIPPED" from the last line, or nothing if the
# last line is not a verdict.
verdict_of() {
	tail -n 1 "$1" | sed -nE \
		's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p'
}

# end_job DIR NAME: prints the log of a job that has ended, and adds to the totals.
end_job() {
	local log=$1/$2.log status=137 seconds=0 p f s

	[[ ! -e $1/$2.done ]] || read -r status seconds <"$1/$2.done"
	# A job that broke off has failed, also if it counted no failed test.
	read -r p f s < <(verdict_of "$log") || p=0 f=1 s=0
	((status == 0 || f > 0)) || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	echo
	cat "$log"
	echo "== $2 ends: $p passed, $f failed, $s skipped, $seconds s"
}

# has_passed DIR NAME: whether the job has passed in an earlier run.
has_passed() {
	local status

	[[ -e $1/$2.done ]] && read -r status _ <"$1/$2.done" && ((status == 0)) &&
		[[ $(verdict_of "$1/$2.log") =~ ^[0-9]+' 0 ' ]]
}

# start_job DIR NAME: runs a job. NAME.done appears when the log is complete.
start_job() {
	local job_begun=$SECONDS job_status job_errexit=+e

	[[ $- != *e* ]] || job_errexit=-e
	set +e
	rm -f "$1/$2.done"
	# A command of a job may run jobs, too: one at a time.
	(set $job_errexit; unset CHECK_ALL_KEEP; export JOBS_AT_ONCE=1; job "$2") \
		</dev/null >"$1/$2.log" 2>&1
	job_status=$?
	echo "$job_status $((SECONDS - job_begun))" >"$1/$2.done.new"
	mv "$1/$2.done.new" "$1/$2.done"
}

# stop_jobs PID...: kills the jobs' process groups, and exits.
stop_jobs() {
	local pid

	for pid; do
		kill -- "-$pid" 2>/dev/null
	done
	wait
	exit 130
}

# run_jobs DIR AT_ONCE NAME...: runs the jobs in this order, AT_ONCE at a time. The output
# of a job is printed when the job ends. A job sees the caller's variables, so the
# variables of these functions have names that no caller uses.
run_jobs() {
	local jobs_in=$1 jobs_limit=$2 job_name job_number=0 job_total=$(($# - 2))
	local -A jobs_running=()
	shift 2

	trap 'stop_jobs "${!jobs_running[@]}"' INT TERM HUP
	for job_name; do
		job_number=$((job_number + 1))
		if has_passed "$jobs_in" "$job_name"; then
			end_job "$jobs_in" "$job_name"
			echo "== $job_name: this result is from an earlier run"
			continue
		fi
		while ((${#jobs_running[@]} >= jobs_limit)); do
			wait_for_jobs
		done
		echo "== $job_name begins, $job_number of $job_total"
		set -m # a process group of its own, so stop_jobs can kill it as a whole
		start_job "$jobs_in" "$job_name" &
		set +m
		jobs_running[$!]=$job_name
	done
	while ((${#jobs_running[@]})); do
		wait_for_jobs
	done
	trap - INT TERM HUP
}

# wait_for_jobs: waits until at least one job ends. Uses the variables of run_jobs.
wait_for_jobs() {
	local pid

	wait -n "${!jobs_running[@]}" || true
	for pid in "${!jobs_running[@]}"; do
		! kill -0 "$pid" 2>/dev/null || continue
		end_job "$jobs_in" "${jobs_running[$pid]}"
		unset "jobs_running[$pid]"
	done
}
