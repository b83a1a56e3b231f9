#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The init of a guest of tests/vhost/alone/check-vhost-user. The word part=NAME of the kernel's command
# line chooses the part. The output goes to the second serial port: a line "pass NAME" or
# "fail NAME" for each check, and "end" at the end.

export LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS1 2>&1
while read -r module; do
	insmod "/modules/$module.ko"
done </modules/order

check() {
	name=$1
	shift
	if "$@"; then echo "pass $name"; else echo "fail $name"; fi
}

sum() {
	dd if=/dev/vda bs=1M skip="$1" count="$2" 2>/dev/null | sha256sum
}

# is FILE TEXT
is() {
	[ "$(cat "$1")" = "$2" ] || { echo "$1: $(cat "$1")"; return 1; }
}

M=1048576
sys=/sys/block/vda

# The disk has 64 MiB. The host has written the first 8 MiB. The guest writes the rest.
work() {
	check queues test -d $sys/mq/1 -a ! -d $sys/mq/2
	check capacity is $sys/size 131072
	check serial is $sys/serial serial-of-the-test
	check write_cache is $sys/queue/write_cache "write back"
	check fill guest fill /dev/vda $((8 * M)) $((16 * M)) 1
	check verify guest verify /dev/vda $((8 * M)) $((16 * M)) 1
	check discard guest discard /dev/vda $((10 * M)) $((2 * M))
	check discarded guest zeroes /dev/vda $((10 * M)) $((2 * M))
	check zero guest zero /dev/vda $((14 * M)) $((3 * M))
	check zeroed guest zeroes /dev/vda $((14 * M)) $((3 * M))
	check beside guest verify /dev/vda $((12 * M)) $((2 * M)) 1
}

case " $(cat /proc/cmdline) " in
*" part=first "*)
	if [ "$(dd if=/dev/vda bs=1M skip=63 2>/dev/null | head -c 8)" = rebooted ]; then
		check after_reboot guest verify /dev/vda $((17 * M)) $((7 * M)) 1
		check after_reboot_fill guest fill /dev/vda $((32 * M)) $((4 * M)) 5
		echo "sum $(sum 0 8)"
		echo end
		sync
		poweroff -f
	fi
	echo "sum $(sum 0 8)"
	work
	echo stress
	check stress guest stress /dev/vda $((32 * M)) $((8 * M)) 12
	printf rebooted | dd of=/dev/vda bs=1M seek=63 conv=notrunc,fsync 2>/dev/null
	echo reboot
	reboot -f
	;;
*" part=plain "*)
	echo "sum $(sum 0 8)"
	work
	;;
*" part=sync "*)
	echo "sum $(sum 0 8)"
	check sync guest sync /dev/vda $((40 * M)) $M
	;;
*" part=readonly "*)
	echo "sum $(sum 0 8)"
	check read_only is $sys/ro 1
	check no_discard is $sys/queue/discard_max_bytes 0
	check no_zeroes is $sys/queue/write_zeroes_max_bytes 0
	check read_only_verify guest verify /dev/vda $((17 * M)) $((7 * M)) 1
	;;
esac
echo end
sync
poweroff -f
