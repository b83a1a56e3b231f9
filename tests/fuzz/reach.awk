# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# How many lines of its files a fuzzer has reached. Files: reach, then what llvm-cov
# has written (lcov). Prints a line of all of them together and one for each; lines
# that were not reached go to @missed. The status is 1 if a file has less than LEAST
# per cent and reach does not say why, or if it is no part of the fuzzer.
#
#   name    of the fuzzer
#   inputs  how many it has had
#   top     the directory that names of files are relative to, with a slash
#   missed  file for "FILE:LINE"

BEGIN { LEAST = 80 }

# An object may name its source by a path through another directory.
function plain(path) {
	while (sub(/[^\/]+\/\.\.\//, "", path))
		;
	sub(top, "", path)
	return path
}

function trouble(text) {
	print "# " text
	bad = 1
}

FNR == NR && /^#/ { next }
FNR == NR && /^\[/ { ours = $0 == "[" name "]"; next }
FNR == NR && /^[^ \t]/ {
	if (ours)
		files[++nr] = file = $0
	next
}
FNR == NR && NF && ours { told[file] = 1 }
FNR == NR { next }

/^SF:/ { file = plain(substr($0, 4)) }
/^DA:/ {
	split(substr($0, 4), part, ",")
	if (!((file, part[1]) in lines)) {
		lines[file, part[1]] = 1
		order[++n] = file ":" part[1]
		of[n] = file
		at[n] = part[1]
	}
	if (part[2] > 0)
		ran[file, part[1]] = 1
}

END {
	for (i = 1; i <= n; i++) {
		total[of[i]]++
		if ((of[i], at[i]) in ran)
			reached[of[i]]++
	}
	for (i = 1; i <= nr; i++) {
		wanted[files[i]] = 1
		all += total[files[i]]
		all_reached += reached[files[i]]
	}
	printf "" >missed
	for (i = 1; i <= n; i++)
		if (of[i] in wanted && !((of[i], at[i]) in ran))
			print order[i] >missed
	printf "# %s: %d inputs, %d of %d lines of its files\n", name, inputs, \
		all_reached, all
	for (i = 1; i <= nr; i++) {
		file = files[i]
		if (!total[file]) {
			trouble(file ": not in this fuzzer")
			continue
		}
		share = int(100 * reached[file] / total[file])
		printf "#   %-36s %4d/%-4d %3d%%\n", file, reached[file], \
			total[file], share
		if (share < LEAST && !(file in told))
			trouble(file ": less than " LEAST "%, and tests/fuzz/reach does not say why")
	}
	exit bad
}
