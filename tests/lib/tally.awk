# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Counts one program's TAP. Prints "PASSED FAILED SKIPPED". Before that line it prints a
# line with "#" for each failure other than a failed test.
#
#   status       exit status of the run
#   where        the words that are true of the run: see tests/xen/skips
#   skips        file of the tests that are skipped (tests/xen/skips). Without it no test
#                may be skipped. Skipped hazards do not count
#   differences  file of expected failures (tests/xen/intree-differences), "" for none
#   whole        yes if all tests ran, not a selection

function trouble(text) {
	print "# " text
	failed++
}

# applies LIST: whether all words of the list are true of the run.
function applies(list,    word, n, i, negated) {
	n = split(list, word, ",")
	for (i = 1; i <= n; i++) {
		negated = sub(/^!/, "", word[i])
		if (word[i] != "*" &&
		    (index(" " where " ", " " word[i] " ") > 0) == negated)
			return 0
	}
	return 1
}

# read_list FILE: calls add(CASE, UNSURE, REASON) for the lines that apply.
function read_list(file, kind,    line, word, unsure) {
	while (file != "" && (getline line < file) > 0) {
		if (line ~ /^[ \t]*(#|$)/)
			continue
		split(line, word)
		unsure = sub(/^\?/, "", word[2])
		if (!applies(word[2]))
			continue
		if (kind == "differences") {
			expected[word[1]] = unsure ? "may fail" : "fails"
			continue
		}
		rules++
		gsub(/\*/, ".*", word[1])
		gsub(/\[!/, "[^", word[1])
		rule[rules] = "^" word[1] "$"
		must[rules] = !unsure
		sub(/^[^ \t]+[ \t]+[^ \t]+[ \t]+/, "", line)
		reason[rules] = line
	}
}

# may_skip NAME WHY: whether a line of the skips allows it.
function may_skip(name, why,    i) {
	for (i = 1; i <= rules; i++)
		if (name ~ rule[i] && index(why, reason[i]) == 1)
			return 1
	return 0
}

# must_skip NAME: whether a line of the skips demands it.
function must_skip(name,    i) {
	for (i = 1; i <= rules; i++)
		if (must[i] && name ~ rule[i])
			return 1
	return 0
}

BEGIN {
	plan = -1
	read_list(differences, "differences")
	read_list(skips, "skips")
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
		why = $0
		sub(/.*# SKIP /, "", why)
		if (name in expected)
			trouble(name " is listed as a difference, but skipped")
		if (why !~ /^hazard/ && !may_skip(name, why))
			trouble(name " is skipped, and not listed: " why)
	} else if (must_skip(name)) {
		trouble(name " is listed as skipped, but ran")
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
	print passed + 0, failed + 0, skipped + 0
}
