# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Converts the output of a variant's boots to one line per figure and driver:
#
#	FIGURE DRIVER COST USER KERNEL XEN HYPERCALLS ENTRIES
#
# USER, KERNEL and XEN are instructions per page. HYPERCALLS and ENTRIES are per 1000
# pages. These five are from the figure's last section, or "-" if the figure has no
# section.
#
# awk -v counts=FILE -f figures.awk OUT [TWO]
#
# COUNTS is the plugin's file. Its lines are the sections of OUT, in their order. TWO
# measures each driver several times with the wall clock. The least value counts, because
# disturbances only make values larger.

function broken(why) {
	print "figures.awk: " why > "/dev/stderr"
	failed = 1
	exit 1
}

$1 == "driver" { driver = $2 }

$1 == "section" && NF == 3 {
	if ((getline line < counts) <= 0)
		broken("fewer sections in " counts " than were measured")
	split(line, c, " ")
	if (!$3)
		next
	for (i = 1; i <= 5; i++)
		c[i] = sprintf("%.1f", c[i] / $3 * (i > 3 ? 1000 : 1))
	counted[$2, driver] = c[1] " " c[2] " " c[3] " " c[4] " " c[5]
}

$1 == "value" && NF == 3 {
	if (!(($2, driver) in cost))
		order[++n] = $2 SUBSEP driver
	else if ($3 + 0 > cost[$2, driver] + 0)
		next
	cost[$2, driver] = $3
}

# The figure unmap is the sum of two sections: the time that the caller waits, and the work
# of the reaper after that, if there is any.
function unmap_in_all(of, d, caller, a, b, i) {
	caller = of
	sub(/^unmap/, "unmap_caller", caller)
	if (caller == of || !((caller, d) in counted))
		return
	split(counted[caller, d], a, " ")
	split(counted[of, d], b, " ")
	counted[of, d] = a[1] + b[1]
	for (i = 2; i <= 5; i++)
		counted[of, d] = counted[of, d] " " a[i] + b[i]
}

END {
	if (failed)
		exit 1
	if (counts && (getline line < counts) > 0)
		broken("more sections in " counts " than were measured")
	if (!n)
		broken("no figures")
	for (i = 1; i <= n; i++) {
		split(order[i], key, SUBSEP)
		if (key[1] ~ /^unmap/ && key[1] !~ /caller/)
			unmap_in_all(key[1], key[2])
		print key[1], key[2], cost[order[i]], \
			order[i] in counted ? counted[order[i]] : "- - - - -"
	}
}
