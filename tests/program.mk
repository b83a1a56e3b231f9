# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The common part of the makefiles of programs for dom0 and guests: compiler, flags, Xen's
# headers. A makefile sets its own values first and then includes this file.
#
#	ARCH    amd64 (default) or arm64. It is read from the command line only: in the
#	        environment it is a variable of the kernel's build
#	WERROR  1: a warning is an error, as in CI
#	LIBXEN  directory in which Debian's libxen-dev of ARCH is unpacked. Without it
#	        the machine's own headers are used

ifneq ($(origin ARCH),command line)
ARCH := amd64
endif
TOP := $(realpath $(CURDIR)/../..)

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
override CPPFLAGS += -D_GNU_SOURCE -MMD -MP -I$(TOP)/uapi -I$(TOP)/tests
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
