# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# libFuzzer's programs, by clang: what parses in programs, with ASan and UBSan.

TOP := $(realpath $(CURDIR)/../..)
OUT := $(TOP)/build/fuzz
FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I$(TOP)/include -I$(TOP)/uapi \
	-DVERSION='""' -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -MMD -MP
NAMES := vhost_user ring mem

LIB := $(addprefix $(OUT)/lib-,handle.o map.o copy.o mem.o region.o grant.o)
BLK := $(addprefix $(OUT)/blk-,message.o vring.o table.o device.o inflight.o \
	queue.o ring.o block.o io.o uring.o guard.o)

all: $(NAMES:%=$(OUT)/fuzz-%)

$(OUT)/fuzz-%: $(OUT)/program_%.o $(OUT)/program_say.o $(BLK) $(LIB)
	clang $(FLAGS) -fsanitize=fuzzer -pthread -o $@ $^

$(OUT)/lib-%.o: $(TOP)/tools/lib/%.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -c -o $@ $<

$(OUT)/blk-%.o: $(TOP)/tools/vhost-user-blk/%.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -c -o $@ $<

$(OUT)/%.o: %.c programs.mk
	@mkdir -p $(@D)
	clang $(FLAGS) -c -o $@ $<

.PHONY: all
.SECONDARY:
-include $(wildcard $(OUT)/*.d)
