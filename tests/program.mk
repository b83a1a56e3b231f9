# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# What the makefiles of programs for dom0 and guests have in common: compiler,
# flags, Xen's headers. They include it after setting what they want otherwise.
#
#	ARCH    amd64 (default) or arm64
#	WERROR  1: a warning is an error, as in CI
#	LIBXEN  directory in which Debian's libxen-dev of ARCH is unpacked; without
#	        it the machine's own headers are used

ARCH ?= amd64
TOP := $(realpath $(CURDIR)/../..)

TRIPLET_amd64 := x86_64-linux-gnu
TRIPLET_arm64 := aarch64-linux-gnu
TRIPLET := $(TRIPLET_$(ARCH))
ifeq ($(TRIPLET),)
$(error ARCH is '$(ARCH)', it can be amd64 or arm64)
endif
CC := $(TRIPLET)-gcc

CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) -pthread
# Ours before Xen's, as both have a xen/privcmd.h, and Xen's of LIBXEN before the
# machine's, which may be of another series. Xen's are the same for every
# architecture, but a cross compiler does not look for them where they are.
CPPFLAGS += -D_GNU_SOURCE -MMD -MP -I$(TOP)/uapi -I$(TOP)/tests
XEN_HEADERS := $(if $(LIBXEN),-isystem $(LIBXEN)/usr/include,-idirafter /usr/include)
