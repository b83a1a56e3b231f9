# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# The backends, and the ways in which they get the guest's memory. run.sh sources this
# file.

socket=/run/vhost.sock
disk=/tmp/vhost/disk
shared=/tmp/vhost/share

# set_way WAY: sets the backend's program, and for vhost-shim the kind of the device and
# the form of the memory. Memory files are for programs that know nothing of Xen. Debian's
# own are in /; those of Debian 13 are in /debian13.
set_way() {
	root='' program=xenfm-vhost-user-blk device=disk regions=files
	case $1 in
	lazy | eager | intree) regions=foreign ;;
	files) ;;
	qemu-files) program=qemu-storage-daemon ;;
	qemu-offset) program=qemu-storage-daemon regions=offset ;;
	qemu13-offset)
		root=/debian13 program=qemu-storage-daemon regions=offset ;;
	virtiofsd) program=virtiofsd device=share ;;
	virtiofsd13) root=/debian13 program=virtiofsd device=share regions=file ;;
	*) echo "Bail out! no way $1"; exit 1 ;;
	esac
}

# in_words: prints the form of the memory.
in_words() {
	case $1/$regions in
	*/foreign) echo "XEN_MMAP, $1" ;;
	*/file) echo "a memory file" ;;
	*/files) echo "two memory files" ;;
	*/offset) echo "a memory file, two offsets" ;;
	esac
}

# The shared directory has the file of the disk.
new_files() {
	gunzip -c /vhost/disk.gz >$disk
	rm -rf $shared
	mkdir -p $shared
	[ "$device" = disk ] || {
		mount -t ext4 -o loop,ro $disk image && cp image/seed $shared/ &&
			umount image
	}
}

# run PROGRAM ARGUMENT...: runs a program of $root with its libraries. Used with "&".
run() {
	local libraries=$root/lib/aarch64-linux-gnu program=$1

	shift
	[ "$root" ] || exec "$program" "$@"
	exec "$root/lib/ld-linux-aarch64.so.1" --library-path "$libraries" \
		"$root$program" "$@"
}

# Debian 12's virtiofsd is QEMU's. Debian 13's is another program.
become_virtiofsd() {
	case $root in
	'')
		run /usr/lib/qemu/virtiofsd -f "--socket-path=$socket" \
			-o "source=$shared,sandbox=chroot" ;;
	*)
		run /usr/libexec/virtiofsd "--socket-path=$socket" \
			"--shared-dir=$shared" --sandbox=none ;;
	esac
}

# become_backend WAY: becomes the backend.
become_backend() {
	local options=

	case $1 in
	eager | intree) options=--eager ;;
	esac
	case $program in
	xenfm-vhost-user-blk)
		# shellcheck disable=SC2086 # words
		exec $program $options --socket-path=$socket --blk-file=$disk ;;
	qemu-storage-daemon)
		run "/usr/bin/$program" \
			--blockdev "driver=file,node-name=disk,filename=$disk" \
			--export "type=vhost-user-blk,id=disk,node-name=disk,writable=on,addr.type=unix,addr.path=$socket" ;;
	virtiofsd)
		become_virtiofsd ;;
	esac
}

start_backend() {
	rm -f $socket
	become_backend "$1" >>backend.log 2>&1 &
	backend=$!
}

kill_backend() {
	kill -9 "$backend"
	wait "$backend" 2>/dev/null
	backend=
	return 0
}

# version_of: prints the first line of the program's --version.
version_of() {
	case $root/$program in
	*/xenfm-vhost-user-blk) xenfm-vhost-user-blk --version ;;
	/virtiofsd) (run /usr/lib/qemu/virtiofsd --version) ;;
	*/virtiofsd) (run /usr/libexec/virtiofsd --version) ;;
	*) (run "/usr/bin/$program" --version) ;;
	esac 2>&1 | head -n 1
}

# node_of WAY: prints the driver's device. The devices of our module and of the in-tree
# one differ if both are loaded.
node_of() {
	case $1 in
	intree) echo /dev/xen/privcmd ;;
	*) echo "${XENFM_DEVICE:-/dev/xen/privcmd}" ;;
	esac
}

# frames_of PID KIND: prints the number of frames that are mapped through the open files
# of the process: its own mappings (KIND domid), or all mappings of the memory files that
# it has open (KIND memory).
frames_of() {
	grep '^xen-privcmd-' "/proc/$1"/fdinfo/* 2>/dev/null |
		awk -v kind="$2" -F '[:\t ]+' '
		$2 == "xen-privcmd-memory" { memory[$1] = 1 }
		$2 == "xen-privcmd-frames" { frames[$1] = $3 }
		END {
			for (file in frames)
				if ((kind == "memory") == (file in memory))
					n += frames[file]
			print n + 0
		}'
}

# backend_frames: prints the number of frames that the backend has mapped. The shim has the
# memory files open.
backend_frames() {
	case $regions in
	foreign) frames_of "$backend" domid ;;
	*) frames_of "$shim" memory ;;
	esac
}

# The frames that the backend had mapped were released when it was killed.
mapping_is_gone() {
	echo "the backend had $1 frames; all processes have $(mapped_frames) now," \
		"the shim has $(frames_of "$shim" domid)"
	[ "$1" -gt 0 ] && [ "$(mapped_frames)" = "$(frames_of "$shim" domid)" ]
}
