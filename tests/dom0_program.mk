# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# How a program that is not the suite, but stands on its files, is made of them.
# A makefile sets, and includes it at its end:
#
#	PROGRAM  what is built, static
#	SRC      its own files, in the order of their cases
#	SHARED   files of tests/ioctl and tests/stress, without .c

include $(dir $(lastword $(MAKEFILE_LIST)))program.mk
OUT := $(TOP)/build/$(ARCH)
OBJ := $(OUT)/obj/$(notdir $(CURDIR))
override CPPFLAGS += -I$(TOP)/tests/ioctl -I$(TOP)/tests/stress $(XEN_HEADERS)
OBJS := $(SRC:%.c=$(OBJ)/%.o) $(SHARED:%=$(OBJ)/%.o)

$(OUT)/bin/$(PROGRAM): $(OBJS) | $(OUT)/bin
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^

$(OBJ)/%.o: %.c Makefile $(OBJ)/flags | $(OBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OBJ)/%.o: ../ioctl/%.c Makefile $(OBJ)/flags | $(OBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OBJ)/%.o: ../stress/%.c Makefile $(OBJ)/flags | $(OBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUT)/bin $(OBJ):
	mkdir -p $@

clean:
	rm -rf $(OBJ) $(OUT)/bin/$(PROGRAM)

.PHONY: clean
-include $(OBJS:.o=.d)
