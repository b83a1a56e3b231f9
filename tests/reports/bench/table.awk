# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Converts the lines of figures.awk to a table that compares the first driver with the last.
#
# awk -v format=FORMAT -v platform=pv|pvh|arm64 [-v name=VARIANT]
#	[-v missing="CASE..."] -f table.awk TARGETS FIGURES
#
#   text     a table for a terminal
#   markdown a table for docs/performance.md
#   json     all values of all drivers
#   ratios   lines "FIGURE": RATIO for summary.json

FILENAME == ARGV[1] {
	if (!/^#/ && NF == 4)
		target[$1] = platform == "pv" ? $2 : platform == "pvh" ? $3 : $4
	next
}

{
	if (!($1 in known)) {
		known[$1]
		figure[++n] = $1
	}
	if (!($2 in seen)) {
		seen[$2]
		driver[++drivers] = $2
	}
	cost[$1, $2] = $3
	kernel[$1, $2] = $5
	xen[$1, $2] = $6
	hypercalls[$1, $2] = $7
	entries[$1, $2] = $8
	user[$1, $2] = $4
}

function ratio(f) {
	return cost[f, last] + 0 && (f, first) in cost ? \
		sprintf("%.4f", cost[f, first] / cost[f, last]) : "-"
}

function verdict(f) {
	if (!(f in target) || target[f] == "-" || ratio(f) == "-")
		return ""
	return ratio(f) + 0 <= target[f] + 0 ? "met" : "missed"
}

function aim(f) {
	return f in target && target[f] != "-" ? target[f] : ""
}

function both(of, f) {
	return of[f, first] == "-" ? "" : \
		sprintf("%.0f / %.0f", of[f, first], of[f, last])
}

function row(layout, f) {
	printf layout, f, sprintf("%.1f", cost[f, first]), \
		sprintf("%.1f", cost[f, last]), ratio(f), aim(f), verdict(f), \
		both(kernel, f), both(xen, f), both(hypercalls, f), \
		both(entries, f)
}

function number(x) {
	return x == "-" ? "null" : x
}

function json(f, i, d) {
	printf "    \"%s\": {\n", f
	for (i = 1; i <= drivers; i++) {
		d = driver[i]
		if (!((f, d) in cost))
			continue
		printf "      \"%s\": {\"cost\": %s, \"user\": %s, \"kernel\": %s, \"xen\": %s, \"hypercalls\": %s, \"entries\": %s},\n", \
			d, cost[f, d], number(user[f, d]), \
			number(kernel[f, d]), number(xen[f, d]), \
			number(hypercalls[f, d]), number(entries[f, d])
	}
	printf "      \"ratio\": %s, \"target\": %s\n    }", \
		number(ratio(f)), aim(f) == "" ? "null" : aim(f)
}

END {
	first = driver[1]
	last = driver[drivers]
	if (format == "json") {
		printf "{\n  \"variant\": \"%s\",\n  \"compared\": [\"%s\", \"%s\"],\n", \
			name, first, last
		gsub(/ /, "\", \"", missing)
		printf "  \"missing\": [%s],\n  \"figures\": {\n", \
			missing == "" ? "" : "\"" missing "\""
		for (i = 1; i <= n; i++) {
			json(figure[i])
			print (i < n ? "," : "")
		}
		print "  }\n}"
		exit
	}
	if (format == "ratios") {
		for (i = 1; i <= n; i++)
			printf "%s    \"%s\": %s", (i > 1 ? ",\n" : ""), \
				figure[i], number(ratio(figure[i]))
		print ""
		exit
	}
	layout = "%-18s %11s %11s %7s %7s %-7s %-16s %-16s %-13s %s\n"
	if (format == "markdown") {
		layout = "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n"
		printf layout, "figure", first, last, "ratio", "target", "", \
			"kernel", "Xen", "hypercalls", "entries"
		print "|---|--:|--:|--:|--:|---|--:|--:|--:|--:|"
	} else {
		printf layout, name, first, last, "ratio", "target", "", \
			"kernel", "Xen", "hypercalls", "entries"
	}
	for (i = 1; i <= n; i++)
		row(layout, figure[i])
}
