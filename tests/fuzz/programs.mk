# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# libFuzzer's programs, by clang: what parses in programs, with ASan and UBSan.

TOP := $(realpath $(CURDIR)/../..)
OUT := $(TOP)/build/fuzz
FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I$(TOP)/include -I$(TOP)/uapi \
	-DVERSION='""' -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -MMD -MP
NAMES := vhost_user stream ring mem xenfm

comma := ,

# Calls that program_fake.c and program_xenfm.c replace.
WRAP := ioctl mmap munmap calloc malloc
WRAP_xenfm := exit fopen sigtimedwait
link = clang $(FLAGS) -fsanitize=fuzzer -pthread -o $@ $^ \
	$(patsubst %,-Wl$(comma)--wrap=%,$(WRAP) $(WRAP_$*)) $(LIBS)

LIB := $(addprefix $(OUT)/lib-,handle.o map.o copy.o mem.o region.o grant.o)
BLK := $(addprefix $(OUT)/blk-,connection.o watch.o message.o vring.o table.o device.o \
	inflight.o queue.o ring.o block.o io.o uring.o guard.o)
TOOL := $(addprefix $(OUT)/tool-,xenfm.o args.o device.o copy.o dump.o progress.o \
	map.o ls.o json.o)
COMMON := $(OUT)/program_fake.o $(LIB)

all: $(NAMES:%=$(OUT)/fuzz-%)

$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream: $(OUT)/program_device.o
$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream $(OUT)/fuzz-ring $(OUT)/fuzz-mem: \
	$(OUT)/program_say.o $(BLK)
$(OUT)/fuzz-vhost_user $(OUT)/fuzz-stream $(OUT)/fuzz-ring $(OUT)/fuzz-mem: \
	LIBS = $(shell pkg-config --libs liburing)
$(OUT)/fuzz-xenfm: $(TOOL)

$(OUT)/fuzz-%: $(OUT)/program_%.o $(COMMON)
	$(link)

$(OUT)/lib-%.o: $(TOP)/tools/lib/%.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -c -o $@ $<

$(OUT)/blk-%.o: $(TOP)/tools/vhost-user-blk/%.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -c -o $@ $<

# libFuzzer has a main() of its own.
$(OUT)/tool-%.o: $(TOP)/tools/%.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -Dmain=xenfm_main -c -o $@ $<

# These are not what is tested: libFuzzer does not look at how they choose.
$(OUT)/%.o: %.c programs.mk
	@mkdir -p $(@D)
	clang $(subst fuzzer-no-link$(comma),,$(FLAGS)) -c -o $@ $<

.PHONY: all
.SECONDARY:
-include $(wildcard $(OUT)/*.d)
