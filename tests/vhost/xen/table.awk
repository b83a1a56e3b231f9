# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Prints a table of the backends that have served a guest: how many of the tests of each
# have passed, how it got the guest's memory, and which program it is.
#
#	ok NUMBER - PART:WAY_SITUATION
#	# served WAY MEMORY, PROGRAM

function way_of(name) {
	sub(/^[^:]*:/, "", name)
	sub(/_.*/, "", name)
	if (!(name in all))
		ways[++count] = name
	return name
}

/^ok / {
	way = way_of($4)
	all[way]++
	good[way]++
}

/^not ok / { all[way_of($5)]++ }

/^# served / {
	served[$3] = $0
	sub(/^# served [^ ]* /, "", served[$3])
}

END {
	printf "# %-14s %-8s %s\n", "way", "passed", "memory, backend"
	for (i = 1; i <= count; i++) {
		way = ways[i]
		printf "# %-14s %-8s %s\n", way, good[way] + 0 "/" all[way],
			way in served ? served[way] : "-"
	}
}
