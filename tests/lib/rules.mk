# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The common part of the makefiles of test programs: compiler, flags, Xen's headers, and
# the rules for objects and programs. A makefile includes this file first. It adds its
# own flags with `override CPPFLAGS +=`.
#
#	ARCH    amd64 (default) or arm64. It is read from the command line only: in the
#	        environment it is a variable of the kernel's build
#	WERROR  1: a warning is an error, as in CI
#	LIBXEN  directory in which Debian's libxen-dev of ARCH is unpacked. Without it
#	        the machine's own headers are used
#	OUT     directory of the results (build/ARCH)
#
# Source files are named relative to tests/. The object of tests/lib/dom0/area.c is
# $(OBJ)/lib/dom0/area.o. Each makefile has an OBJ of its own, as flags differ.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
ifneq ($(origin ARCH),command line)
ARCH := amd64
endif
TESTS := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))..)
TOP := $(realpath $(TESTS)/..)
# The directory of the makefile, relative to tests/.
HERE := $(patsubst $(TESTS)/%,%,$(realpath $(CURDIR)))
OUT := $(TOP)/build/$(ARCH)
OBJ := $(OUT)/obj/$(HERE)

TRIPLET_amd64 := x86_64-linux-gnu
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET := $(TRIPLET_$(ARCH))
ifeq ($(TRIPLET),)
$(error ARCH is amd64 or arm64, not '$(ARCH)')
endif
CC := $(TRIPLET)-gcc

# The caller's flags, from the environment or the command line, then the project's own.
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra $(if $(WERROR),-Werror)
override CFLAGS += -std=gnu11 $(WARN) -pthread -fstack-protector-strong
# Our headers come before Xen's, because both have a xen/privcmd.h. The headers of LIBXEN
# come before the machine's, which may be of another series. Xen's headers are the same
# for every architecture, but a cross compiler does not look in /usr/include for them.
override CPPFLAGS += -D_GNU_SOURCE -MMD -MP -I$(TOP)/uapi -I$(TESTS)/lib
XEN_HEADERS := $(if $(LIBXEN),-isystem $(LIBXEN)/usr/include,-idirafter /usr/include)

# The compiler and the flags, except the directories of Xen's headers and the warning
# options, which change no object. Objects depend on this file, which is written only when
# its content changes.
flags = $(CC) $(filter-out $(XEN_HEADERS),$(CPPFLAGS)) $(filter-out $(WARN),$(CFLAGS))
%/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags)' | cmp -s - $@ 2>/dev/null || echo '$(flags)' >$@
.PHONY: FORCE
.PRECIOUS: %/flags

# $(call objects,FILE...): the objects of source files. A name without a directory is a
# file of the makefile's own directory.
own = $(foreach f,$(1),$(if $(findstring /,$f),$f,$(HERE)/$f))
objects = $(patsubst %,$(OBJ)/%.o,$(basename $(call own,$(1))))

# Recipes of a program whose prerequisites are its objects and static libraries.
link = @mkdir -p $(@D)$(newline)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
link-static = @mkdir -p $(@D)$(newline)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^
define newline


endef

.PHONY: all clean
all:

$(OBJ)/%.o: $(TESTS)/%.c $(OBJ)/flags Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OBJ)/%.o: $(TESTS)/%.S $(OBJ)/flags Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -c -o $@ $<

clean:
	rm -rf $(OBJ)

# Files of a dom0 that most programs need.
DOM0 := lib/dom0/device.c lib/dom0/area.c lib/dom0/domain.c

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
