# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# What a variant's boots said, as one line per figure and driver:
#
#	FIGURE DRIVER COST USER KERNEL XEN HYPERCALLS ENTRIES
#
# USER to XEN are instructions per page, HYPERCALLS and ENTRIES are for 1000
# pages; all of a figure's last section, or "-" if it is none of one section.
#
# awk -v counts=FILE -f figures.awk OUT [TWO]
#
# COUNTS is the plugin's file, whose lines are the sections of OUT in their
# order. A driver that comes more than once, in TWO, has the least of its values:
# what disturbs the clock on the wall adds to them.

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

# What the caller waits for, and what is left to do behind it, if anything is.
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
