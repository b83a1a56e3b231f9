# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Counts one program's TAP. Prints "PASSED FAILED SKIPPED". Before that line it prints a
# line with "#" for each failure other than a failed test.
#
#   status       exit status of the run
#   skips        number of tests that may be skipped; skipped hazards do not count
#   differences  file of expected failures, "" for none
#   dom0         kind of the dom0 of the run
#   kernel       series of its kernel
#   xen          series of its hypervisor
#   whole        yes if all tests ran, not a selection

function trouble(text) {
	print "# " text
	failed++
}

BEGIN {
	plan = -1
	while (differences != "" && (getline line < differences) > 0) {
		if (line ~ /^[ \t]*(#|$)/)
			continue
		split(line, word)
		now_and_then = sub(/^\?/, "", word[2])
		if (word[2] == "*" || word[2] == dom0 || word[2] == kernel ||
		    word[2] == dom0 "-" kernel || word[2] == "xen-" xen)
			expected[word[1]] = now_and_then ? "may fail" : "fails"
	}
}

/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; next }
/^Bail out!/ { bailed = 1; trouble($0) }

/^(not )?ok / {
	good = $1 == "ok"
	name = $(good ? 4 : 5)
	results++
	seen[name] = 1
	if (good && /# SKIP/) {
		skipped++
		if (name in expected)
			trouble(name " is listed as a difference, but skipped")
		if (!/# SKIP hazard/)
			counted++
	} else if (name in expected && expected[name] == "fails" && good) {
		trouble(name " is listed as a difference, but passes")
	} else if (name in expected || good) {
		passed++
	} else {
		failed++
		if (differences != "")
			print "# " name " fails, but is not listed as a difference"
	}
	if (!good)
		reported++
}

END {
	if (status == 125)
		trouble("the rig failed")
	else if (plan <= 0)
		trouble("no plan or an empty one, status " status)
	else if (results != plan && !bailed)
		trouble(results + 0 " results, but the plan is " plan)
	else if ((status != 0) != (reported > 0 || bailed))
		trouble("status " status ", but " reported + 0 " failures")
	for (name in expected)
		if (whole == "yes" && !(name in seen))
			trouble(name " is listed as a difference, but did not run")
	if (counted > skips)
		trouble(counted " skipped, " skips " allowed")
	print passed + 0, failed + 0, skipped + 0
}
