# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Counts the lines that ran. Each variant has variant=V and two files: the record of its run
# (lines "section NAME ADDRESS", and addresses), then its module's blocks ("SECTION OFFSET
# FILE LINE"). Prints a table of files. Lines that no run reached go to the file missed.
#
# Addresses are taken modulo 2^32, because numbers of awk have fewer than 64 bits. A key
# has two halves of an address, because awk would round a large number in a key.

function number(hex,   i, n) {
	sub(/^0x/, "", hex)
	hex = substr(hex, length(hex) > 8 ? length(hex) - 7 : 1)
	for (i = 1; i <= length(hex); i++)
		n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

function key(n) {
	return int(n / 65536) "." n % 65536
}

FNR == 1 && !(variant in seen) {
	seen[variant] = 1
	variants[++nr_variants] = variant
}

/^section / { start[variant, $2] = number($3); next }
/^(0x)?[0-9a-f]+$/ { ran[variant, key(number($1))] = 1; next }

# A block's address is that of the instruction after its call. The relocated word of the
# call has four bytes on both architectures.
NF == 4 && /^\.[a-z.]+ 0x/ {
	at = $3 ":" $4
	if (!(at in lines)) {
		lines[at] = 1
		total[$3]++
	}
	if (!((variant, at) in here)) {
		here[variant, at] = 1
		of_variant[variant, $3]++
	}
	address = (start[variant, $1] + number($2) + 4) % 4294967296
	if ((variant, key(address)) in ran) {
		reached[at] = 1
		if (!((variant, at) in reached_here)) {
			reached_here[variant, at] = 1
			of_ran[variant, $3]++
		}
	}
}

function share(part, whole) {
	return whole ? sprintf("%4d/%-4d %3d%%", part, whole, 100 * part / whole) : \
		sprintf("%14s", "-")
}

function line(name, file,   i, text) {
	text = sprintf("%-18s", name)
	for (i = 1; i <= nr_variants; i++)
		text = text "  " share(of_ran[variants[i], file], \
			of_variant[variants[i], file])
	return text "  " share(all_ran[file], total[file])
}

END {
	for (at in lines) {
		split(at, part, ":")
		if (at in reached)
			all_ran[part[1]]++
		else
			print at >missed
	}
	for (file in total)
		files[file] = 1
	for (file in files) {
		total["all"] += total[file]
		all_ran["all"] += all_ran[file]
		for (i = 1; i <= nr_variants; i++) {
			of_variant[variants[i], "all"] += of_variant[variants[i], file]
			of_ran[variants[i], "all"] += of_ran[variants[i], file]
		}
	}
	head = sprintf("%-18s", "lines reached")
	for (i = 1; i <= nr_variants; i++)
		head = head sprintf("  %-14s", variants[i])
	print head "  together"
	for (file in files)
		print line(file, file) | "sort"
	close("sort")
	print line("all", "all")
	printf "" >missed
}
