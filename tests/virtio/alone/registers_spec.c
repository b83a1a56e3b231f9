// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Descriptions of devices on the command line: all keys, and each error.
 */
#include "registers.h"

static void refused(const char *text, const char *want)
{
	char why[SPEC_WHY] = "";
	struct spec spec;

	if (!check(spec_parse(text, &spec, why) == -EINVAL) ||
	    !check(strstr(why, want)))
		tap_note("'%.80s': '%s', not '%s'", text, why, want);
}

TAP_CASE(spec_all_keys)
{
	char why[SPEC_WHY] = "";
	struct spec s;

	must(!spec_parse(
		"blk,socket=/run/a,,b.sock,slot=0x1f,queues=64,queue-size=1024,mask=0xffffffffffffffff,addr=0x2000000,irq=33",
		&s, why));
	check(!strcmp(s.socket, "/run/a,b.sock"));
	check(!strcmp(s.kind->name, "blk"));
	check_eq(s.slot, 31);
	check_eq(s.queues, 64);
	check_eq(s.queue_size, 1024);
	check_eq(s.mask, UINT64_MAX);
	check_eq(s.addr, 0x2000000);
	check_eq(s.irq, 33);
	must(!spec_parse(
		"net,mac=52:54:00:aB:34:56,mtu=9000,control=on,queues=31,socket=s",
		&s, why));
	check(s.has_mac && s.control);
	check(!memcmp(s.mac, "\x52\x54\x00\xab\x34\x56", 6));
	check_eq(s.mtu, 9000);
	check_eq(s.queues, 31);
	check_eq(s.queue_size, 256);
	check_eq(s.slot, 0);
	must(!spec_parse("vsock,cid=4294967294,socket=s", &s, why));
	check_eq(s.cid, 0xfffffffe);
	must(!spec_parse("id=0x12,config=00fF7a,queues=3,socket=s", &s, why));
	check_eq(s.id, 18);
	check_eq(s.config_size, 3);
	check(!memcmp(s.config, "\x00\xff\x7a", 3));
	must(!spec_parse("id=4,socket=s,config=", &s, why));
	check_eq(s.config_size, 0);
	check_eq(why[0], 0);
}

TAP_CASE(spec_refused)
{
	refused("", "the kind of a device is blk, fs, net, vsock, rng or id=N");
	refused("disk,socket=/s", "not 'disk,socket=/s'");
	refused("bl,socket=/s", "the kind");
	refused("blkk,socket=/s", "the kind");
	refused("blk=1,socket=/s", "the kind");
	refused("id,socket=/s", "the kind");
	refused("id=0,socket=/s", "id= is a number from 1 to 63, not '0'");
	refused("id=64,socket=/s", "id= is a number");
	refused("id=,socket=/s", "id= is a number");
	refused("blk", "socket= is missing");
	refused("blk,", "'' is not KEY=VALUE");
	refused("blk,socket", "'socket' is not KEY=VALUE");
	refused("blk,socket,slot=3", "is not KEY=VALUE");
	refused("blk,socket=", "socket= is a path");
	refused("blk,socket=/s,", "is not KEY=VALUE");
	refused("blk,socket=/s,=3", "there is no key ''");
	refused("blk,socket=/s,path=3", "there is no key 'path'");
	refused("blk,socket=/s,socket=/t", "socket= is given twice");
	refused("blk,socket=/s,slot=0", "slot= is a number from 1 to 31");
	refused("blk,socket=/s,slot=32", "slot= is a number from 1 to 31");
	refused("blk,socket=/s,slot=-1", "not '-1'");
	refused("blk,socket=/s,slot= 3", "not ' 3'");
	refused("blk,socket=/s,slot=3x", "not '3x'");
	refused("blk,socket=/s,slot=18446744073709551617", "slot= is a number");
	refused("blk,socket=/s,queues=0",
		"queues= is a number of queues from 1 to 64");
	refused("blk,socket=/s,queues=65", "from 1 to 64, not '65'");
	refused("fs,socket=/s,tag=t,queues=64",
		"queues of requests from 1 to 63");
	refused("net,socket=/s,control=on,queues=32",
		"pairs of queues from 1 to 31");
	refused("net,socket=/s,queues=2", "needs control=on");
	refused("rng,socket=/s,queues=1",
		"a device of kind rng has no queues=");
	refused("vsock,socket=/s,queues=1", "has no queues=");
	refused("blk,socket=/s,queue-size=100",
		"queue-size= is a power of 2, not '100'");
	refused("blk,socket=/s,queue-size=1", "from 2 to 1024");
	refused("blk,socket=/s,queue-size=2048", "from 2 to 1024");
	refused("blk,socket=/s,mask=0x10000000000000000", "mask= is a number");
	refused("blk,socket=/s,addr=0x2000000",
		"addr= and irq= are given together");
	refused("blk,socket=/s,irq=40", "addr= and irq= are given together");
	refused("blk,socket=/s,addr=0x2000100,irq=40",
		"addr= is a multiple of 0x200");
	refused("blk,socket=/s,addr=0x200,irq=31", "irq= is a number from 32");
	refused("blk,socket=/s,tag=t", "a device of kind blk has no tag=");
	refused("blk,socket=/s,mac=52:54:00:12:34:56", "has no mac=");
	refused("rng,socket=/s,cid=3", "has no cid=");
	refused("fs,socket=/s,config=00", "has no config=");
	refused("net,socket=/s,mac=52:54:00:12:34", "mac= is XX:");
	refused("net,socket=/s,mac=52:54:00:12:34:5", "mac= is XX:");
	refused("net,socket=/s,mac=52:54:00:12:34:56:78", "mac= is XX:");
	refused("net,socket=/s,mac=52-54-00-12-34-56", "mac= is XX:");
	refused("net,socket=/s,mac=", "mac= is XX:");
	refused("net,socket=/s,mac=53:54:00:12:34:56", "of one interface");
	refused("net,socket=/s,mac=00:00:00:00:00:00", "of one interface");
	refused("net,socket=/s,mtu=67", "mtu= is a number from 68 to 65535");
	refused("net,socket=/s,mtu=65536", "from 68 to 65535");
	refused("net,socket=/s,control=yes", "control= is on or off");
	refused("vsock,socket=/s,cid=2", "cid= is a number from 3");
	refused("vsock,socket=/s,cid=4294967295", "to 4294967294");
	refused("id=5,socket=/s,config=0", "two digits for each");
	refused("id=5,socket=/s,config=0g", "hexadecimal digits, not '0g'");
}

/* The longest and the shortest values, and those beyond. */
TAP_CASE(spec_lengths)
{
	char why[SPEC_WHY], text[3000], filler[2001];
	struct spec s;

	memset(filler, 'a', 2000);
	filler[2000] = 0;
	snprintf(text, sizeof(text), "blk,socket=%.107s", filler);
	check(!spec_parse(text, &s, why));
	check_eq(strlen(s.socket), 107);
	snprintf(text, sizeof(text), "blk,socket=%.108s", filler);
	refused(text, "socket= is a path of 1 to 107 bytes");
	snprintf(text, sizeof(text), "blk,socket=%s", filler);
	refused(text, "socket= has more than 1023 bytes");
	snprintf(text, sizeof(text), "blk,%s=1", filler);
	refused(text, "is not KEY=VALUE");
	snprintf(text, sizeof(text), "%s", filler);
	refused(text, "the kind of a device");
	snprintf(text, sizeof(text), "id=%s", filler);
	refused(text, "id= is too long");
	snprintf(text, sizeof(text), "id=5,socket=s,config=%.512s", filler);
	check(!spec_parse(text, &s, why));
	check_eq(s.config_size, 256);
	check_eq(s.config[255], 0xaa);
	snprintf(text, sizeof(text), "id=5,socket=s,config=%.514s", filler);
	refused(text, "up to 256 bytes");
	snprintf(text, sizeof(text), "fs,socket=s,tag=%.36s", filler);
	check(!spec_parse(text, &s, why));
	snprintf(text, sizeof(text), "fs,socket=s,tag=%.37s", filler);
	refused(text, "tag= has 1 to 36 bytes, not 37");
	refused("fs,socket=s,tag=", "tag= has 1 to 36 bytes, not 0");
	refused("fs,socket=s", "tag= is missing");
}
