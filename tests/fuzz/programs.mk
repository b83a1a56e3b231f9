# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The programs of libFuzzer: the parsers of programs with ASan and UBSan, built by clang.
# As in ../lib/rules.mk, the caller's flags (CPPFLAGS, CFLAGS, LDFLAGS, WERROR) are added to
# the fuzzers' own, and a change of one of these causes a rebuild.

CFLAGS ?= -O1 -g
include ../lib/rules.mk

# No other compiler has libFuzzer.
CC := clang
OUT := $(TOP)/build/fuzz
NAMES := vhost_user stream ring mem xenfm

comma := ,

override CPPFLAGS += -I$(TOP)/include -DVERSION='""'
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
flags += $(LDFLAGS)

# Flags for the tested code only, not for the fuzzers' own code: libFuzzer uses the coverage
# of edges, and `programs` the coverage of lines.
TESTED := -fsanitize=fuzzer-no-link -fcoverage-mapping \
	-fprofile-instr-generate=$(OUT)/default.profraw

# Calls that tests/lib/fake, program_device.c and program_xenfm.c replace.
WRAP := ioctl mmap munmap calloc malloc
WRAP_vhost_user := fdatasync
WRAP_stream := fdatasync
WRAP_xenfm := exit fopen sigtimedwait isatty clock_gettime scandir opendir \
	readlink execvp
link = $(CC) $(CFLAGS) $(TESTED) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ \
	$(patsubst %,-Wl$(comma)--wrap=%,$(WRAP) $(WRAP_$*)) $(LIBS)

include $(TOP)/tools/sources.mk
LIB := $(LIBXENFM_SRC:%=$(OUT)/lib-%.o)
# Without the files that handle the command line, the socket's file and the disk's file.
# program_say.c replaces say.c.
BLK := $(patsubst %,$(OUT)/blk-%.o,$(filter-out main options listen sandbox disk lock say,$(BLK_SRC)))
# program_ls.c includes ls.c.
TOOL := $(patsubst %,$(OUT)/tool-%.o,$(filter-out ls,$(XENFM_SRC))) $(OUT)/program_ls.o
COMMON := $(OUT)/program_fake.o $(addprefix $(OUT)/fake-,driver.o ioctl.o memory.o \
	hypercall.o) $(LIB)

all: $(NAMES:%=$(OUT)/fuzz-%) $(OUT)/fuzz-seeds

$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream: $(OUT)/program_device.o
$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream $(OUT)/fuzz-ring $(OUT)/fuzz-mem: \
	$(OUT)/program_say.o $(BLK)
$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream $(OUT)/fuzz-ring $(OUT)/fuzz-mem: \
	LIBS = $(shell pkg-config --libs liburing)
$(OUT)/fuzz-xenfm: $(TOOL)

$(OUT)/fuzz-%: $(OUT)/program_%.o $(COMMON)
	$(link)

# fuzz-seeds is no fuzzer: it writes the messages of the front end of tests/vhost/alone.
$(OUT)/fuzz-seeds: $(addprefix $(OUT)/,seed_main.o seed_note.o seed_requests.o \
		seed_memory.o seed_inflight.o front-frontend.o front-driver.o \
		front-area.o front-message.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=sendmsg,--wrap=recvmsg -o $@ $^

$(OUT)/front-%.o: $(TESTS)/vhost/alone/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/front-%.o: $(TESTS)/lib/vhost/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/fake-%.o: $(TESTS)/lib/fake/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/lib-%.o: $(TOP)/tools/lib/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TESTED) -c -o $@ $<

$(OUT)/blk-%.o: $(TOP)/tools/vhost-user-blk/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TESTED) -c -o $@ $<

# libFuzzer has its own main().
$(OUT)/tool-%.o: $(TOP)/tools/%.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TESTED) -Dmain=xenfm_main -c -o $@ $<

# program_ls.c includes the tested file.
$(OUT)/program_ls.o: override CFLAGS += $(TESTED)

$(OUT)/%.o: %.c programs.mk $(OUT)/flags
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

.PHONY: all
.DEFAULT_GOAL := all
.SECONDARY:
-include $(wildcard $(OUT)/*.d)
