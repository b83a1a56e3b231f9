# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
# shellcheck shell=dash
#
# The life of a guest, from its creation to its complete removal. The guest counts on its
# console, see tests/xen/toolstack.sh. After a restore or a migration it must continue to
# count, without a restart and without a missing number. run.sh sources this file.

# Prints the guest's log of xenconsoled. A migrating guest has another name until it has
# arrived, and its log keeps that name.
logs() {
	cat "/var/log/xen/console/guest-$1.log" \
		"/var/log/xen/console/guest-$1--incoming.log" 2>/dev/null
}

# Prints the guest's numbers. The last number of the file may be incomplete and is left out.
counts() {
	logs "$1" | sed -n 's/.*guest: \([0-9][0-9]*\)[^0-9].*/\1/p'
}

last_count() {
	counts "$1" | tail -n 1
}

counted_beyond() {
	local last

	last=$(last_count "$1")
	[ "${last:--1}" -gt "$2" ]
}

# counts_on NAME: the guest prints two more numbers from now on, and no number is missing
# or repeated.
counts_on() {
	local last

	last=$(last_count "$1")
	within 300 counted_beyond "$1" $((${last:--1} + 2)) &&
		counts "$1" | awk '$1 != NR - 1 {
			print "number " NR " is " $1; bad = 1; exit }
			END { exit bad || !NR }'
}

# listed NAME: xl list has dom0 and this guest, and no other domain.
listed() {
	xl list >list && [ "$(wc -l <list)" = 3 ] &&
		awk -v name="$1" '$1 == name { found = 1 } END { exit !found }' \
			list
}

no_xl_runs() {
	! pidof xl >/dev/null
}

# No part of a guest is left: no domain, not even a dying one, no xl that
# watches it, no mapped frame.
all_gone() {
	within 60 one_domain && within 30 no_xl_runs &&
		[ "$(mapped_frames)" = 0 ]
}

# All of the guest's memory is free again. On Arm, Xen splits a block of dom0's memory when
# dom0 gives one of its pages away, to map a guest's page there. Each split keeps one page
# for ever in Xen's tables for dom0. The number of these blocks varies from run to run.
memory_is_back() {
	local now split=0

	now=$(free_pages)
	echo "$(info free_memory) MiB and $now pages are free," \
		"$mib and $pages before"
	[ "$(uname -m)" != aarch64 ] || split=8
	[ "$now" -le "$pages" ] && [ "$now" -ge $((pages - split)) ] || return 1
	[ "$split" -gt 0 ] || [ "$(info free_memory)" = "$mib" ]
}

create_guest() {
	rm -f "/var/log/xen/console/guest-$1"*.log
	xl create "/etc/xen/$1.cfg"
}

# After the first guest Xen keeps some pages: a page of its allocator, and in a translated
# dom0 the tables for the addresses at which dom0 maps foreign frames. After every later
# guest as much memory must be free as after the first one.
warm_up() {
	create_guest "$1" && xl destroy "$1" && all_gone
}

# xl console runs as long as the guest, so the test stops it.
console_shows() {
	local pid ret

	xl console "$1" </dev/null >console 2>&1 &
	pid=$!
	within 300 grep -q 'guest: [0-9]' console
	ret=$?
	kill $pid
	wait $pid
	return $ret
}

start_xenconsoled() {
	kill "$(cat /run/xen/xenconsoled.pid)" || return 1
	within 30 no_xenconsoled || return 1
	xenconsoled --log=all --pid-file=/run/xen/xenconsoled.pid
}

no_xenconsoled() {
	! pidof xenconsoled >/dev/null
}

maps_console_page() {
	grep -q '/dev/xen/privcmd$' "/proc/$(cat /run/xen/xenconsoled.pid)/maps" &&
		{ ! ours || [ "$(mapped_frames)" = 1 ]; }
}

# With /dev/xen/gntdev, xenconsoled maps the guest's console page by a grant. Without it,
# xenconsoled maps the page through privcmd and keeps that mapping.
console_by_privcmd() {
	mv /dev/xen/gntdev /dev/xen/gntdev-away
	start_xenconsoled && within 60 maps_console_page && counts_on "$1"
}

console_by_grant() {
	mv /dev/xen/gntdev-away /dev/xen/gntdev
	start_xenconsoled && counts_on "$1" && [ "$(mapped_frames)" = 0 ]
}

saves() {
	xl save "$1" image || return 1
	# the image has all of the guest's memory
	[ "$(stat -c %s image)" -gt $((96 * 1024 * 1024)) ] && all_gone
}

restores() {
	xl restore image
	set -- $? "$@"
	rm -f image
	[ "$1" = 0 ] && listed "$2"
}

migrate() {
	xl migrate -s '' "$1" 'exec xl migrate-receive'
}

migrates() {
	local domid

	domid=$(xl domid "$1")
	migrate "$1" && within 60 listed "$1" && [ "$(xl domid "$1")" != "$domid" ]
}

# Xen can track a PV guest's writes only with shadow paging, which Debian's Xen lacks. It
# returns EOPNOTSUPP, xl fails, and the guest keeps running.
migration_is_refused() {
	local domid

	domid=$(xl domid "$1")
	! migrate "$1" >migrate 2>&1 || return 1
	cat migrate
	grep -q 'Failed to enable logdirty: 95,' migrate &&
		within 60 listed "$1" && [ "$(xl domid "$1")" = "$domid" ]
}

has_shadow_paging() {
	info virt_caps | grep -q -w shadow
}

destroys() {
	xl destroy "$1" && all_gone
}

begin() {
	expect "xl-create:$1_and_destroy_at_once" warm_up "$1" || return
	mib=$(info free_memory) pages=$(free_pages)
	expect "xl-create:$1" create_guest "$1" || return
	expect "xl-list:$1" listed "$1"
	expect "xenconsoled:$1_counts" counts_on "$1" || return
	expect "xl-console:$1" console_shows "$1"
}

end() {
	expect "xl-destroy:$1" destroys "$1"
	expect "xl-destroy:$1_memory_is_back" within 60 memory_is_back
}

create() {
	begin "$1" && inspect "$1"
	end "$1"
}

# images NAME: the tests that copy the guest's memory: dump, save, restore, migration.
images() {
	expect "xl-dump-core:$1" dumps "$1"
	expect "xl-dump-core:$1_goes_on" counts_on "$1"
	if expect "xl-save:$1" saves "$1"; then
		expect "xl-restore:$1" restores "$1" &&
			expect "xl-restore:$1_goes_on" counts_on "$1"
	fi
	if is_pv "$1" && ! has_shadow_paging; then
		expect "xl-migrate:$1_refused_by_xen" migration_is_refused "$1"
	else
		expect "xl-migrate:$1" migrates "$1"
	fi
	expect "xl-migrate:$1_goes_on" counts_on "$1"
}

guest() {
	if begin "$1"; then
		inspect "$1"
		expect "xenconsoled:$1_page_by_privcmd" console_by_privcmd "$1"
		expect "xenconsoled:$1_page_by_grant" console_by_grant "$1"
		# Arm has no save, and Xen's library writes cores without pages there, with
		# any driver.
		[ "$(uname -m)" = aarch64 ] || images "$1"
	fi
	end "$1"
}
