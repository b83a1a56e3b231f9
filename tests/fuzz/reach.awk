# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Counts the lines of its files that a fuzzer has reached. Arguments: the file reach, then
# the output of llvm-cov (lcov). Prints a line for all files together and one for each
# file. Lines that were not reached go to the file @missed. The status is 1 if less than
# LEAST per cent of a file were reached and reach does not say why, or if a file is not in
# the fuzzer.
#
#   name    name of the fuzzer
#   inputs  number of its inputs
#   top     the directory, with a slash, to which names of files are relative
#   missed  the output file, with lines "FILE:LINE"

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
			trouble(file ": the fuzzer does not contain this file")
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
