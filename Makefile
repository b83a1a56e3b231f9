# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the xen-privcmd authors
#
# What people type. The kernel's build reads Kbuild, the library and the tool
# have tools/Makefile.

VERSION := 0.1.0

# A path with a space is several to make.
ifneq ($(words $(CURDIR)),1)
$(error there is a space in '$(CURDIR)': move the tree to a path without)
endif
export LC_ALL := C

KDIR ?= /lib/modules/$(shell uname -r)/build
V ?= pv,pvh,arm64
T ?=
TIME ?=
LIST ?=
ONLY ?=

# Not from the environment, where some systems keep the machine's name in it.
ifneq ($(origin NAME),command line)
NAME := xen-privcmd
endif

.PHONY: all module compat-report tools install uninstall demo check check-all \
	check-host check-debug check-dkms check-hosts check-kernels check-programs \
	check-stress \
	check-vhost check-vhost-user check-xen conformance coverage bench \
	bench-docs fuzz lint format clean help headers

all: module tools

help:
	@sed -n 's/^#: //p' Makefile

#: make module [KDIR=...]    xen-privcmd.ko for the running kernel, or KDIR's
#:        [NAME=xen-privcmd-fm]  one that loads beside the kernel's own
#:        [LLVM=1|-18]       by that clang; needed only to overrule the choice
#:                           that is made for a kernel that clang built
# Type data of the module (BTF) would need pahole and is of no use to anybody.
module: | headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(llvm) $(kernel-arch) PRIVCMD_NAME=$(NAME) CONFIG_DEBUG_INFO_BTF_MODULES= modules

# ARCH is the kernel's word here, also in the environment; Debian's is understood.
kernel-arch = $(if $(filter amd64,$(ARCH)),ARCH=x86_64)

# A kernel that clang built takes modules built by clang. The clang of the version
# that built the kernel is preferred (clang-18), else the one without a suffix is
# used. LLVM= and CC= of the caller stand, except for the CC=clang LD=ld.lld and the
# LLVM=1 that DKMS 3.0 and 3.2 give for such kernels: these may not be installed.
kernel-config = $(firstword $(wildcard $(KDIR)/include/config/auto.conf $(KDIR)/.config) /dev/null)
clang-kernel = $(shell grep -x CONFIG_CC_IS_CLANG=y $(kernel-config))
clang-major = $(shell sed -nE 's/^CONFIG_CLANG_VERSION=([0-9]+)[0-9]{4}$$/\1/p' $(kernel-config))
callers-compiler = $(filter-out 1,$(LLVM))$(if $(filter command,$(origin CC)),$(filter-out clang,$(CC)))
llvm = $(if $(callers-compiler),,$(if $(clang-kernel),$(call llvm-of,$(clang-major))))

# $(call llvm-of,MAJOR): LLVM= and the names that it stands for.
llvm-of = $(or $(if $(1),$(call llvm-args,-$(1),-$(1))),$(call llvm-args,,1),$(error \
	clang$(1:%= %) built this kernel (CONFIG_CC_IS_CLANG=y), and no clang with its \
	linker and tools is installed: apt install $(if $(1),clang-$(1) lld-$(1) llvm-$(1)$(comma) or )clang lld llvm))

# $(call llvm-args,SUFFIX,LLVM): nothing if these programs are not installed.
llvm-args = $(shell for tool in clang ld.lld llvm-nm; do \
		command -v $$tool$(1) >/dev/null || exit; \
	done; echo LLVM=$(2) CC=clang$(1) LD=ld.lld$(1))

headers:
	@[ -e '$(KDIR)/Makefile' ] || { echo "make module: no kernel headers in" \
		"$(KDIR): apt install linux-headers-$$(uname -r), or say KDIR=" >&2; \
		exit 1; }
	@[ -w . ] || { echo "make module: cannot write to $(CURDIR): work on a" \
		"copy of the tree that is yours (git clone)" >&2; exit 1; }

#: make compat-report        what "make module" learnt of that kernel
compat-report:
	@for answer in compat/*.answer; do \
		[ -e "$$answer" ] || { echo "compat-report: make module first" >&2; exit 1; }; \
		cat "$$answer"; \
		grep -q define "$$answer" || sed -n '/error/{s/^/    /p;q}' "$${answer%answer}log"; \
	done

#: make dkms-install [KVER=...]    the module by DKMS, for the running kernel or
#:                           KVER; replaces what DKMS has of it
#: make dkms-uninstall       and out again, from every kernel
.PHONY: dkms-install dkms-uninstall
dkms-install:
	@tools/dkms install $(KVER)

dkms-uninstall:
	@tools/dkms uninstall

#: make tools                libxenfm, xenfm, xenfm-vhost-user-blk, below build/
tools:
	$(MAKE) -C tools

#: make install              library, tool, the suite privcmd-test and manual
#:                           pages [DESTDIR= PREFIX= SUITE=no]
#: make uninstall            and out again
install uninstall:
	$(MAKE) -C tools $@

#: make demo                 another domain's memory, on real Xen: a minute, and
#:                           some to install and download, the first time
demo:
	tests/demo

#: make check                every test but the long ones; the last line counts
#:                           them, those before it say which long ones are due
check:
	tests/check host lint commits vhost-user dkms xen beside toolstack fuzz rig hosts

#: make check-all [ONLY="programs kernels"]    the long tests that are due: programs,
#:                           kernels, debug, smp, stress, vhost, fuzz, bench, hosts; two
#:                           machines at a time; goes on where it was interrupted
#:        [LIST=1]           which of them are due, and why
check-all:
	@tests/check-all $(LIST:%=--list) $(ONLY)

#: make check-host           the tests that need no Xen; a minute, and no root, on
#:                           Debian 12; elsewhere kernel modules are built in a
#:                           root of Debian 12, which wants sudo
check-host:
	tests/check host

#: make check-vhost-user     the vhost-user back end, without Xen, with this machine's
#:                           QEMU and with Debian 13's; a quarter of an hour
check-vhost-user:
	tests/check vhost-user

#: make check-dkms           the module by DKMS, in roots of Debian 12 and 13
check-dkms:
	tests/check dkms

#: make check-xen [V=pv,...] [T=case]    the suite on rows of tests/xen/variants
check-xen:
	tests/xen/check $(subst $(comma), ,$(V)) $(T:%=-t %)

#: make check-hosts          demo and check-host as a newcomer runs them, in fresh
#:                           roots of Debian 12, 13 and sid; 15 minutes
check-hosts:
	tests/check-hosts

#: make check-kernels        every kernel of tests/kernels, built, and run where
#:                           make check does not; half an hour
check-kernels:
	tests/check-kernels

#: make check-debug [V=pv-debug,...]    suite, stress and xl on kernels that check
#:                           themselves; 40 minutes, and 30 to build those
#:                           kernels, once
check-debug:
	tests/debug/check $(if $(filter file,$(origin V)),,$(subst $(comma), ,$(V))) \
		$(T:%=-t %)

#: make check-stress [V=pv,...]    everything at once, for long; 15 minutes
check-stress:
	tests/stress/run $(subst $(comma), ,$(V))

#: make check-programs       xl, xentrace and the like on the module; a table
check-programs:
	tests/programs/check

#: make conformance [V=pv,...]    what the suite says of ours and of the in-tree
#:                           driver, on those rows, into docs/conformance.md
conformance:
	tests/conformance/run $(subst $(comma), ,$(V))
	tests/conformance/report

#: make coverage [V=pv,...]  which lines of the module the suite reaches; those that
#:                           it does not are then in build/coverage/missed
coverage:
	tests/coverage/run $(subst $(comma), ,$(V))

#: make check-vhost          a guest whose disk our vhost-user back end serves, on
#:                           Xen; 4 minutes
check-vhost:
	tests/vhost/check

#: make fuzz [TIME=300] [V=pv,...]    calls that a program makes up, on those rows
#:                           (pv); without V also bytes for the vhost-user back
#:                           end, libxenfm and xenfm; so many seconds in all, two
#:                           at a time
fuzz:
	tests/fuzz/run $(TIME:%=--seconds %) \
		$(if $(filter file,$(origin V)),,$(subst $(comma), ,$(V)))

#: make bench [V=pv,...] [T=case]    what mapping costs, ours and the in-tree
#:                           driver in one boot; results in build/bench
bench:
	tests/bench/run $(subst $(comma), ,$(V)) $(T:%=-t %)

#: make bench-docs           those results into docs/performance.md
bench-docs:
	tests/bench/report docs

#: make lint                 format, shell, layers, manual pages, versions; in a
#:                           root of Debian 12, whose clang-format it wants
lint:
	tests/lint.sh

#: make format               lay C out as lint wants it
format:
	tests/lint.sh --format

#: make clean                remove what was built here
clean:
	rm -rf build compat/config.h
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '*.answer' -o -name 'have_*.log' -o -name '.*.d' \
		-o -name modules.order -o -name Module.symvers \) -exec rm -f {} +

comma := ,
