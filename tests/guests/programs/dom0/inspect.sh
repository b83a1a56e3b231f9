# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Programs that inspect a running guest. run.sh sources this file.

xentop_lists() {
	xentop -b -i 1 >top &&
		awk -v name="$1" '$1 == name && $5 >= 96 * 1024 { found = 1 }
			END { exit !found }' top
}

# The guest sleeps most of the time. Its CPU then is after the hypercall instruction (PV:
# 0f 05, syscall) or after "sti; hlt". xenctx reads the bytes there from the guest's
# memory, through the guest's own page tables.
sees_idle_code() {
	xenctx -a "$1" >ctx || return 1
	grep -q -E " $2 <[0-9a-f]{2}>" ctx
}

# arm64's xenctx shows registers only.
sees_registers() {
	xenctx -a "$1" >ctx &&
		grep -q -E '^PC: +ffff8[0-9a-f]{11}$' ctx &&
		grep -q -E '^TTBR1: [0-9a-f]{16}$' ctx
}

has_stack() {
	sed -n '/^Stack:/,/^$/p' ctx >stack &&
		grep -q -E '^( [0-9a-f]{16}){4}$' stack &&
		grep -q -E '\[<ffffffff8[0-9a-f]{7}>\] <--$' ctx
}

# p2m_is_whole DOMID: dump-p2m prints a line for every frame of the guest.
# m2p_is_inverse: Xen's table of the opposite direction has every one of these frames.
p2m_is_whole() {
	xen-mfndump dump-p2m "$1" >p2m || return 1
	[ "$(grep -c '^  pfn=' p2m)" = 24576 ]
}

m2p_is_inverse() {
	xen-mfndump dump-m2p >m2p || return 1
	awk -F '[= ]+' '
	FNR == NR { if ($2 == "pfn") { pfn[$6] = $3; frames++ } next }
	$2 == "mfn" && $3 in pfn { seen++; if (pfn[$3] != $6) bad++ }
	END { print frames + 0, seen + 0, bad + 0
		exit !(frames == 24576 && seen == frames && !bad) }' \
		p2m m2p
}

# Prints the machine frame of the kernel's first page, which never moves.
kernel_frame() {
	sed -n 's/^  pfn=0x1000 ==> mfn=\(0x[0-9a-f]*\) .*/\1/p' p2m
}

# An entry that maps this frame is found in two ways: by the frame, and in the dump of its
# page table. lookup-pte exits with 1 if it has found entries.
page_table_is_read() {
	local mfn digits='[0-9a-f]*' table index entry rest

	mfn=$(kernel_frame)
	xen-mfndump lookup-pte "$1" "$mfn" >lookup
	read -r table index entry rest <<-END
		$(sed -n "s/^  $mfn <-- \[\(0x$digits\)\]\[\($digits\)\]: \(0x$digits${mfn#0x}...\)$/\1 \2 \3/p" \
			lookup | head -n 1)
	END
	cat lookup
	xen-mfndump dump-ptes "$1" "$table" >ptes &&
		[ "$(grep -c '^  pte\[' ptes)" = 512 ] &&
		grep -q -x "  pte\[$index\]: $entry" ptes
}

memcmp_tells() {
	local text table

	text=$(kernel_frame)
	table=$(sed -n 's/.* mfn=\(0x[0-9a-f]*\) .*pinned L1$/\1/p' p2m |
		head -n 1)
	xen-mfndump memcmp-mfns "$1" "$text" "$1" "$text" |
		grep -q 'memcpy(1, 2) = 0$' &&
		xen-mfndump memcmp-mfns "$1" "$text" "$1" "$table" |
		grep -q 'memcpy(1, 2) = -\?[1-9]'
}

# inspect NAME
inspect() {
	local domid

	domid=$(xl domid "$1")
	expect "xentop:$1" xentop_lists "$1"
	if [ "$(uname -m)" = aarch64 ]; then
		expect "xenctx:$1_registers" sees_registers "$domid"
		return
	elif is_pv "$1"; then
		expect "xenctx:$1_code" within 300 sees_idle_code "$domid" '0f 05'
	else
		expect "xenctx:$1_code" within 300 sees_idle_code "$domid" 'fb f4'
	fi
	expect "xenctx:$1_stack" has_stack
	is_pv "$1" || return
	expect "xen-mfndump:$1_p2m" p2m_is_whole "$domid"
	expect "xen-mfndump:$1_m2p" m2p_is_inverse
	expect "xen-mfndump:$1_page_table" page_table_is_read "$domid"
	expect "xen-mfndump:$1_compare" memcmp_tells "$domid"
	rm -f p2m m2p
}
