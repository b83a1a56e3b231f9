# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# Rules for a program that is not the suite but uses files of the suite. A makefile sets
# these variables and includes this file at its end:
#
#	PROGRAM  the name of the program, which is linked statically
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
