# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Prints the figures of run.sh as a table, and writes them as JSON to the file that the
# variable json names. If a figure has several values, the median is used.
#
#	# figure MODE NAME VALUE
#	# figure MODE rate BYTES COUNT SECONDS

function add(mode, name, value) {
	values[mode, name, ++count[mode, name]] = value + 0
}

function median(mode, name, n, i, j, t, v) {
	n = count[mode, name]
	if (!n)
		return ""
	for (i = 1; i <= n; i++)
		v[i] = values[mode, name, i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
			t = v[j]
			v[j] = v[j - 1]
			v[j - 1] = t
		}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

/^# figure / && $4 == "rate" {
	# a run of few requests is a warm-up and does not count
	if ($6 >= 100 && $7 > 0)
		add($3, "requests_per_s_" $5, $6 / $7)
	next
}

/^# figure / { add($3, $4, $5) }

END {
	modes = split("lazy eager files qemu-files intree", mode)
	names = split("first_ms memory_ms frames_at_first frames guest_frames rewrite_ms " \
		"requests_per_s_4096 requests_per_s_131072", name)
	head["first_ms"] = "backend's start to first request served, ms"
	head["memory_ms"] = "of that: mapping the guest's memory, ms"
	head["frames_at_first"] = "frames mapped after the first request"
	head["frames"] = "frames mapped after the guest's work"
	head["guest_frames"] = "frames of the guest's memory"
	head["rewrite_ms"] = "guest rewrites a file of 8 MiB, ms"
	head["requests_per_s_4096"] = "requests of 4 KiB per second"
	head["requests_per_s_131072"] = "requests of 128 KiB per second"
	printf "# %-45s", ""
	for (m = 1; m <= modes; m++)
		printf " %10s", mode[m]
	print ""
	printf "{" >json
	for (i = 1; i <= names; i++) {
		printf "# %-45s", head[name[i]]
		printf("%s\n  \"%s\": {", (i > 1 ? "," : ""), name[i]) >json
		first = 1
		for (m = 1; m <= modes; m++) {
			value = median(mode[m], name[i])
			printf " %10s", value == "" ? "-" : sprintf("%.0f", value)
			if (value == "")
				continue
			printf("%s \"%s\": %.1f", (first ? "" : ","), mode[m],
				value) >json
			first = 0
		}
		print ""
		printf " }" >json
	}
	printf "\n}\n" >json
	for (i = 1; i <= names; i++) {
		base = median("intree", name[i])
		if (!base || name[i] ~ /frames/)
			continue
		printf "# %-45s", name[i] ", in-tree = 1"
		for (m = 1; m <= modes; m++) {
			value = median(mode[m], name[i])
			printf " %10s", value == "" ? "-" : sprintf("%.2f", value / base)
		}
		print ""
	}
}
