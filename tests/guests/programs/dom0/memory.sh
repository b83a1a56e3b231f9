# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# Programs that know nothing of Xen read and write a file of a guest's memory: xenfm makes
# the file and gives it to them as /dev/fd/N. The expected bytes are those of xenfm read,
# which copies them without a file. run.sh sources this file.

# This many bytes of the guest's kernel, which do not change while the guest is paused.
bytes=65536

# Prints the number of a frame in the code of the guest's kernel.
code_of_kernel() {
	case $(uname -m) in
	aarch64) echo $((0x40200)) ;;
	*) echo $((0x1000)) ;;
	esac
}

# parts NAME DOMID FIRST NUM: prints the address and the length of each contiguous part of
# NUM frames, as programs in dom0 address it. The memory of a PV guest is scattered over
# the machine.
parts() {
	is_pv "$1" || { echo $(($3 * 4096)) $(($4 * 4096)); return; }
	xen-mfndump dump-p2m "$2" | sed -n -e "$(printf '/pfn=0x%x /,/pfn=0x%x /' \
		"$3" $(($3 + $4 - 1)))s/.* mfn=\(0x[0-9a-f]*\) .*/\1/p" |
		while read -r mfn; do
			echo $((mfn))
		done | awk '
		num && $1 != start + num { print start * 4096, num * 4096; num = 0 }
		!num { start = $1 }
		{ num++ }
		END { print start * 4096, num * 4096 }'
}

# of_kernel [OPTION...] -- COMMAND...: runs the command with the file of these bytes.
# shellcheck disable=SC2154 # the variables are set by memory()
of_kernel() {
	xenfm memory "$domid" "$addr" $bytes "$@"
}

# now_is FILE: the guest's memory has this content.
now_is() {
	# shellcheck disable=SC2154 # set by memory()
	xenfm read "$domid" "$addr" $bytes >now && cmp now "$1"
}

# Three files: what the memory has, the same with one byte changed, and with all of them.
prepare() {
	# shellcheck disable=SC2154 # set by memory()
	xenfm read "$domid" "$addr" $bytes >kernel || return 1
	[ "$(tr -d '\0' <kernel | wc -c)" -gt $((bytes / 4)) ] ||
		{ echo "the kernel is not at $addr"; return 1; }
	tr '\000-\377' '\001-\377\000' <kernel >other
	{
		head -c 5000 kernel
		tail -c +5001 other | head -c 1
		tail -c +5002 kernel
	} >one
}

# refused MESSAGE COMMAND...: the command fails with this message, and changes nothing.
refused() {
	local message=$1

	shift
	! "$@" >refused 2>&1 || { echo "the command did not fail"; return 1; }
	cat refused
	grep -q "$message" refused && now_is kernel
}

# changed COMMAND...: the command writes the content of the file other into the guest. Then
# the guest gets its own content again.
changed() {
	local ret=0

	{ "$@" && now_is other; } || ret=1
	xenfm write "$domid" "$addr" <kernel && now_is kernel && return $ret
}

dd_reads() {
	of_kernel --read-only -- /usr/bin/dd if={} of=out bs=4096 || return 1
	cmp out kernel || return 1
	of_kernel --read-only -- /usr/bin/dd if={} of=out bs=1000 skip=3 count=7 &&
		tail -c +3001 kernel | head -c 7000 | cmp - out
}

cmp_compares() {
	of_kernel --read-only -- /usr/bin/cmp {} kernel || return 1
	! of_kernel --read-only -- /usr/bin/cmp {} one >differs || return 1
	cat differs
	grep -q ' one differ: char 5001, line ' differs
}

cp_copies() {
	rm -f out
	of_kernel --read-only -- /usr/bin/cp {} out && cmp out kernel
}

# The guest's kernel is dom0's, so it has the same banner.
strings_finds_the_banner() {
	local at len

	parts "$1" "$domid" "$frame" 10240 >places
	echo "$(wc -l <places) parts"
	while read -r at len; do
		xenfm memory "$domid" "$at" "$len" --read-only -- \
			/usr/bin/strings -n 40 {} || return 1
	done <places >texts
	grep -q -x -F "$(cat /proc/version)" texts
}

# python STATEMENT [OPTION...]: Python maps the whole file as m and runs the statement.
python() {
	local statement=$1

	shift
	of_kernel "$@" -- /usr/bin/python3 -c "
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR if sys.argv[2] == 'rw' else os.O_RDONLY)
assert os.fstat(fd).st_size == $bytes
prot = mmap.PROT_READ | (mmap.PROT_WRITE if sys.argv[2] == 'rw' else 0)
with mmap.mmap(fd, 0, prot=prot) as m:
    assert len(m) == $bytes
    $statement
" {} "$([ $# = 0 ] && echo rw || echo ro)"
}

python_maps() {
	python 'sys.stdout.buffer.write(m)' --read-only >out && cmp out kernel
}

python_writes() {
	python "m[:] = open('other', 'rb').read(); m.flush()"
}

# gdb_runs COMMAND COMMAND [OPTION...]: gdb stops a program before its first instruction
# and runs the commands. Their variable "to" is the address of a free part of the program's
# stack.
gdb_runs() {
	local one=$1 two=$2

	shift 2
	of_kernel "$@" -- /usr/bin/gdb -nx -batch \
		-ex 'set startup-with-shell off' -ex starti \
		-ex "set \$to = ((unsigned long)\$sp - $((bytes + 16384))) & ~4095" \
		-ex "$one" -ex "$two" --args /bin/busybox true
}

gdb_restores() {
	rm -f out
	gdb_runs "restore {} binary \$to" \
		"dump binary memory out \$to \$to + $bytes" --read-only &&
		cmp out kernel
}

# gdb truncates the file that it dumps to, and a memory file cannot be truncated.
gdb_dumps() {
	gdb_runs "restore other binary \$to" \
		"dump binary memory {} \$to \$to + $bytes"
}

readers() {
	expect "dd:$1_reads" dd_reads
	expect "dd:$1_writes" changed of_kernel -- \
		/usr/bin/dd if=other of={} bs=1500 conv=notrunc
	expect "dd:$1_cannot_truncate" refused 'Permission denied' of_kernel -- \
		/usr/bin/dd if=other of={} bs=4096
	expect "dd:$1_cannot_write_read_only" refused 'Permission denied' \
		of_kernel --read-only -- \
		/usr/bin/dd if=other of={} bs=4096 conv=notrunc
	expect "cmp:$1_compares" cmp_compares
	expect "cp:$1_copies" cp_copies
	expect "strings:$1_finds_the_banner" strings_finds_the_banner "$1"
	expect "python3:$1_maps" python_maps
	expect "python3:$1_writes_to_the_mapping" changed python_writes
	expect "gdb:$1_restores" gdb_restores
	expect "gdb:$1_cannot_truncate" refused 'Permission denied' gdb_dumps
}

# memory NAME. The in-tree driver has no memory files.
memory() {
	local domid frame addr

	ours || return 0
	# udev makes this link, and this dom0 has no udev
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	expect "xl-create:$1_whose_memory_is_a_file" create_guest "$1" || return
	if expect "xenconsoled:$1_counts_at_first" counts_on "$1"; then
		domid=$(xl domid "$1") frame=$(code_of_kernel)
		xl pause "$1"
		addr=$(parts "$1" "$domid" "$frame" $((bytes / 4096)) |
			sed -n "s/ $bytes\$//p")
		expect "xenfm:$1_reads_the_kernel" prepare && readers "$1"
		xl unpause "$1"
		expect "xl-unpause:$1_counts_on" counts_on "$1"
	fi
	expect "xl-destroy:$1_whose_memory_was_a_file" destroys "$1"
}
