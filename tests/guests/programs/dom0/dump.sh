# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Reads the file that xl dump-core writes: an x86 ELF core. Its sections have the
# guest's pages and their frame numbers. run.sh sources this file.

# number OFFSET BYTES: prints an unsigned little-endian number of the core.
number() {
	od -A n -t "u$2" -j "$1" -N "$2" core | tr -d ' '
}

# section NAME: sets offset and size; false if there is no such section.
section() {
	local table names i=0 header name

	table=$(number 40 8)
	names=$(number $((table + 64 * $(number 62 2) + 24)) 8)
	while [ $i -lt "$(number 60 2)" ]; do
		header=$((table + 64 * i))
		name=$(dd if=core bs=1 skip=$((names + $(number $header 4))) \
			count=32 2>/dev/null | tr '\0' '\n' | sed -n 1p)
		offset=$(number $((header + 24)) 8) size=$(number $((header + 32)) 8)
		[ "$name" != "$1" ] || return 0
		i=$((i + 1))
	done
	echo "the core has no section $1"
	return 1
}

is_elf_core() {
	[ "$(number 0 4)" = $((0x464c457f)) ] && [ "$(number 4 1)" = 2 ] &&
		[ "$(number 16 2)" = 4 ] && [ "$(number 18 2)" = 62 ]
}

# frames_of_core NAME: prints "INDEX PFN FRAME" for every page of the core. FRAME is the
# number by which a program maps the page.
frames_of_core() {
	if is_pv "$1"; then
		section .xen_p2m || return 1
		od -A n -v -t u8 -w16 -j $offset -N $size core |
			awk '{ print NR - 1, $1, $2 }'
	else
		section .xen_pfn || return 1
		od -A n -v -t u8 -w8 -j $offset -N $size core |
			awk '{ print NR - 1, $1, $1 }'
	fi
}

# The first 16 pages of the guest's kernel, from 16 MiB on, never change. The core must
# have the same content as the guest's memory.
holds_kernel_text() {
	local domid=$1 index pfn frame pages=0

	while read -r index pfn frame; do
		dd if=core bs=4096 skip=$((offset / 4096 + index)) count=1 \
			of=page 2>/dev/null
		xenfm read "$domid" $((frame * 4096)) 4096 | cmp - page ||
			return 1
		[ "$(tr -d '\0' <page | wc -c)" -gt 1024 ] ||
			{ echo "pfn $pfn is empty"; return 1; }
		pages=$((pages + 1))
	done <<-END
		$(awk '$2 >= 4096 && $2 < 4096 + 16' frames)
	END
	[ $pages = 16 ]
}

# check_core NAME: the core has as many pages as the guest's memory, with the right
# content.
check_core() {
	is_elf_core || { echo "the file is no ELF core"; return 1; }
	frames_of_core "$1" >frames && section .xen_pages || return 1
	echo "$(wc -l <frames) frames, $size bytes of pages"
	[ "$size" = $(($(wc -l <frames) * 4096)) ] &&
		[ "$size" -ge $((96 * 1024 * 1024)) ] &&
		[ "$size" -lt $((97 * 1024 * 1024)) ] &&
		holds_kernel_text "$(xl domid "$1")"
}

# dumps NAME
dumps() {
	local ret

	xl dump-core "$1" core && check_core "$1"
	ret=$?
	rm -f core
	return $ret
}
