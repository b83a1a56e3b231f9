# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# What the makefiles of programs for dom0 and guests have in common: compiler,
# flags, Xen's headers. They include it after setting what they want otherwise.
#
#	ARCH    amd64 (default) or arm64, on the command line: in the environment it
#	        is the kernel's build that means something by it
#	WERROR  1: a warning is an error, as in CI
#	LIBXEN  directory in which Debian's libxen-dev of ARCH is unpacked; without
#	        it the machine's own headers are used

ifneq ($(origin ARCH),command line)
ARCH := amd64
endif
TOP := $(realpath $(CURDIR)/../..)

TRIPLET_amd64 := x86_64-linux-gnu
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET := $(TRIPLET_$(ARCH))
ifeq ($(TRIPLET),)
$(error ARCH is '$(ARCH)', it can be amd64 or arm64)
endif
CC := $(TRIPLET)-gcc

# Those of the caller, wherever he has them, and what is needed in any case.
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra $(if $(WERROR),-Werror)
override CFLAGS += -std=gnu11 $(WARN) -pthread -fstack-protector-strong
# Ours before Xen's, as both have a xen/privcmd.h, and Xen's of LIBXEN before the
# machine's, which may be of another series. Xen's are the same for every
# architecture, but a cross compiler does not look for them where they are.
override CPPFLAGS += -D_GNU_SOURCE -MMD -MP -I$(TOP)/uapi -I$(TOP)/tests
XEN_HEADERS := $(if $(LIBXEN),-isystem $(LIBXEN)/usr/include,-idirafter /usr/include)

# What objects are made with, other than the place of the headers: they depend on it,
# and it is written only when it changes. Not so warnings, which change no object.
flags = $(CC) $(filter-out $(XEN_HEADERS),$(CPPFLAGS)) $(filter-out $(WARN),$(CFLAGS))
%/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags)' | cmp -s - $@ 2>/dev/null || echo '$(flags)' >$@
.PHONY: FORCE
.PRECIOUS: %/flags
