# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Makes the tables of docs/conformance.md. Arguments before each file describe it:
#
#   kind=regressions   tests/suite/regressions
#   kind=rows          the output of `privcmd-test --rows`
#   kind=elsewhere     rows with cases in other programs: "ROW: WHERE", once each
#   kind=differences   tests/xen/intree-differences
#   kind=tap variant=V driver=ours|inject|intree dom0=D kernel=K xen=X
#                      the TAP of privcmd-test on this platform
#
# A run of the injection build counts as a run of our driver. The exit status is 1 if our
# driver fails a case, or if the in-tree driver fails a case that the file of differences
# does not explain.

function series(release,   part) {
	split(release, part, ".")
	return part[1] "." part[2]
}

# A column is a platform and a driver. The runs of a column differ in the kernel.
function column() {
	return dom0 SUBSEP (driver == "intree" ? "intree" : "ours")
}

function begin_run(   c) {
	run = variant SUBSEP (driver == "intree" ? "intree" : "ours")
	if (run in in_column)
		return
	c = column()
	in_column[run] = c
	runs[++nr_runs] = run
	platform[run] = dom0
	listed[run] = kernel
	xen_series[run] = xen
	of_column[c, ++nr_of_column[c]] = run
}

# A case that needs the injection build is skipped by the other build, so its result on the
# injection build replaces the skip.
function result(name, what, why) {
	if ((run, name) in results && results[run, name] != "skip")
		return
	results[run, name] = what
	reason[run, name] = why
	if (!(name in known)) {
		known[name] = 1
		cases[++nr_cases] = name
	}
}

FNR == 1 && kind == "tap" { begin_run() }

kind == "regressions" && /^[AB][0-9]+\t/ {
	split($0, field, "\t")
	rows[++nr_rows] = field[1]
	wrong[field[1]] = field[2]
	asserted[field[1]] = field[3]
}

kind == "rows" {
	row = $1
	sub(/:$/, "", row)
	sub(/^[^ ]+ /, "")
	of_row[row] = $0
}

kind == "elsewhere" { elsewhere[substr($1, 1, length($1) - 1)] = $2 }

kind == "differences" && /^[a-z]/ {
	name = $1
	where = $2
	sub(/^\?/, "", where) # the test fails only sometimes
	$1 = $2 = ""
	sub(/^ +/, "")
	if (/^the same/)
		$0 = said substr($0, length("the same") + 1)
	said = $0
	explained[name, ++nr_explained[name]] = said
	applies[name, nr_explained[name]] = where
}

kind == "tap" && /^# Linux / {
	kernel_of[run] = $3
	xen_of[run] = $6
	sub(/,$/, "", xen_of[run])
}

kind == "tap" && /^# privcmd-test / {
	version = $3
	sub(/:$/, "", version)
}

kind == "tap" && /^not ok / { result($5, "fail", "") }

kind == "tap" && /^ok / {
	why = $0
	if (!sub(/.* # SKIP /, "", why))
		result($4, "pass", "")
	else
		result($4, why ~ /^hazard/ ? "hazard" : "skip", why)
}

function count(r, names, what,   list, n, i, sum) {
	n = split(names, list)
	for (i = 1; i <= n; i++)
		sum += results[r, list[i]] == what
	return sum + 0
}

function add(text, more) {
	return text == "" ? more : text ", " more
}

function cell(r, names,   text, n) {
	if ((n = count(r, names, "pass")))
		text = n " pass"
	if ((n = count(r, names, "fail")))
		text = add(text, "**" n (n == 1 ? " differs" : " differ") "**")
	if ((n = count(r, names, "hazard")))
		text = add(text, n " hazard" (n == 1 ? "" : "s"))
	return text == "" ? "n/a" : text
}

# One cell of a column. It lists the kernels only if their results differ.
function column_cell(c, names,   i, text, all, differs) {
	for (i = 1; i <= nr_of_column[c]; i++) {
		text = cell(of_column[c, i], names)
		if (i > 1 && text != cell(of_column[c, 1], names))
			differs = 1
		all = all (i > 1 ? "; " : "") series(kernel_of[of_column[c, i]]) \
			": " text
	}
	return differs ? all : text
}

function applies_to(where, r) {
	return where == "*" || where == platform[r] || where == listed[r] ||
		where == platform[r] "-" listed[r] ||
		where == "xen-" xen_series[r]
}

function explanation(name, r,   i) {
	for (i = 1; i <= nr_explained[name]; i++)
		if (applies_to(applies[name, i], r))
			return explained[name, i]
	return ""
}

function driver_of(r,   part) {
	split(in_column[r], part, SUBSEP)
	return part[2] == "ours" ? "ours" : "in-tree"
}

function totals(   i, r, names) {
	for (i = 1; i <= nr_cases; i++)
		names = names " " cases[i]
	print "| platform | Linux | Xen | driver | pass | differ | cannot run | hazards, not run |"
	print "|---|---|---|---|--:|--:|--:|--:|"
	for (i = 1; i <= nr_runs; i++) {
		r = runs[i]
		print "| " platform[r] " | " kernel_of[r] " | " xen_of[r] " | " \
			driver_of(r) " | " count(r, names, "pass") " | " \
			count(r, names, "fail") " | " count(r, names, "skip") \
			" | " count(r, names, "hazard") " |"
	}
}

function regressions(section, title,   i, j, k, row, line, c, d) {
	split("pv pvh arm64", d)
	line = "| | " title " | asserted |"
	c = "|---|---|---|"
	for (j = 1; j <= 2; j++)
		for (k = 1; k <= 3; k++)
			if (nr_of_column[d[k], j == 1 ? "ours" : "intree"]) {
				line = line (j == 1 ? " ours " : " in-tree ") \
					d[k] " |"
				c = c "---|"
			}
	print line "\n" c
	for (i = 1; i <= nr_rows; i++) {
		row = rows[i]
		if (substr(row, 1, 1) != section)
			continue
		line = "| " row " | " wrong[row] " | " asserted[row]
		if (row in elsewhere)
			line = line " (" (row in of_row ? "also in " : "in ") \
				elsewhere[row] ")"
		line = line " |"
		for (j = 1; j <= 2; j++)
			for (k = 1; k <= 3; k++) {
				c = d[k] SUBSEP (j == 1 ? "ours" : "intree")
				if (nr_of_column[c])
					line = line " " (row in of_row ? \
						column_cell(c, of_row[row]) : "-") " |"
			}
		print line
	}
}

function row_names(name,   i, text) {
	for (i = 1; i <= nr_rows; i++)
		if (" " of_row[rows[i]] " " ~ " " name " ")
			text = add(text, rows[i])
	return text
}

# A short name for a set of in-tree runs.
function places(set,   i, k, d, r, all, some, here, kernels, text) {
	split("pv pvh arm64", d)
	all = 1
	for (k = 1; k <= 3; k++) {
		here = 1
		kernels = ""
		for (i = 1; i <= nr_of_column[d[k], "intree"]; i++) {
			r = of_column[d[k], "intree", i]
			if (r in set)
				kernels = kernels " " series(kernel_of[r])
			else
				all = here = 0
		}
		if (kernels != "")
			text = add(text, d[k] (here ? "" : kernels))
	}
	return all ? "everywhere" : text
}

# Runs where the case fails for the same reason are one line.
function differences(   i, j, k, r, name, why, set, n, order) {
	print "| case | rows | where | what the in-tree driver does |"
	print "|---|---|---|---|"
	for (i = 1; i <= nr_cases; i++) {
		name = cases[i]
		split("", order)
		n = 0
		for (j = 1; j <= nr_runs; j++) {
			r = runs[j]
			if (results[r, name] != "fail" || driver_of(r) == "ours")
				continue
			why = explanation(name, r)
			if (why == "") {
				why = "**not explained**"
				trouble = 1
			}
			for (k = 1; k <= n && order[k] != why; k++)
				;
			order[k] = why
			n = k > n ? k : n
		}
		for (k = 1; k <= n; k++) {
			split("", set)
			for (j = 1; j <= nr_runs; j++)
				if (results[runs[j], name] == "fail" &&
				    driver_of(runs[j]) != "ours" &&
				    (explanation(name, runs[j]) == order[k] ||
				     order[k] ~ /^\*\*/ && explanation(name, runs[j]) == ""))
					set[runs[j]] = 1
			print "| " name " | " row_names(name) " | " places(set) \
				" | " order[k] " |"
		}
	}
}

function failures(   i, j) {
	for (j = 1; j <= nr_runs; j++)
		for (i = 1; i <= nr_cases; i++)
			if (driver_of(runs[j]) == "ours" &&
			    results[runs[j], cases[i]] == "fail") {
				print "* our driver fails " cases[i] " on " \
					platform[runs[j]] ", Linux " \
					kernel_of[runs[j]]
				trouble = 1
				n_failures++
			}
	if (!n_failures)
		print "Our driver fails no case."
}

function reasons(   i, j, why, n, seen, order, where, here) {
	print "| reason | cases | where |"
	print "|---|--:|---|"
	for (i = 1; i <= nr_cases; i++)
		for (j = 1; j <= nr_runs; j++) {
			if (results[runs[j], cases[i]] != "skip")
				continue
			why = reason[runs[j], cases[i]]
			if (!(why in seen))
				order[++n] = why
			here = driver_of(runs[j]) " " platform[runs[j]]
			if (!((why, here) in where)) {
				where[why, here] = 1
				seen[why] = add(seen[why], here)
			}
			if (!((why, cases[i]) in where)) {
				where[why, cases[i]] = 1
				number[why]++
			}
		}
	for (i = 1; i <= n; i++)
		print "| " order[i] " | " number[order[i]] " | " seen[order[i]] " |"
}

END {
	if (part == "version")
		print version
	else if (part == "totals")
		totals()
	else if (part == "A")
		regressions("A", "fault")
	else if (part == "B")
		regressions("B", "situation")
	else if (part == "differences")
		differences()
	else if (part == "failures")
		failures()
	else
		reasons()
	exit trouble
}
