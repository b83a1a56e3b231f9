# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The targets that a user runs. The kernel's build reads Kbuild; tools/Makefile builds
# the library and the tools.

VERSION := 0.1.0

# make splits a path with a space into several words.
ifneq ($(words $(CURDIR)),1)
$(error there is a space in '$(CURDIR)': move the tree to a path without spaces)
endif
export LC_ALL := C

KDIR ?= /lib/modules/$(shell uname -r)/build
V ?= pv,pvh,arm64
T ?=
TIME ?=
LIST ?=
ONLY ?=

# NAME of the environment is ignored: some systems store the machine's name there.
ifneq ($(origin NAME),command line)
NAME := xen-privcmd
endif

.PHONY: all module compat-report tools install uninstall demo check check-all \
	check-host check-debug check-dkms check-hosts check-kernels check-mutants \
	check-programs check-stress check-vhost check-vhost-user check-virtio check-xen \
	conformance coverage bench bench-docs fuzz lint format clean help headers

all: module tools

help:
	@sed -n 's/^#: //p' Makefile

#: make module [KDIR=...]    build xen-privcmd.ko for the running kernel, or for the
#:                           kernel whose headers are in KDIR
#:        [NAME=xen-privcmd-fm]  build a module that loads beside the in-tree one
#:        [LLVM=1|-18]       compile with this clang; a kernel that clang built gets
#:                           a matching clang without it
# Type data of the module (BTF) would need pahole, and nothing uses it.
module: | headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(llvm) $(kernel-arch) PRIVCMD_NAME=$(NAME) CONFIG_DEBUG_INFO_BTF_MODULES= modules

# ARCH is the kernel's name of the architecture, also if it comes from the environment.
# Debian's name amd64 is accepted.
kernel-arch = $(if $(filter amd64,$(ARCH)),ARCH=x86_64)

# A kernel that clang built needs modules that clang built. The clang of the version
# that built the kernel is preferred (clang-18), else the clang without a suffix is
# used. LLVM= and CC= of the caller are kept, with two exceptions: DKMS 3.0 gives
# CC=clang LD=ld.lld and DKMS 3.2 gives LLVM=1 for such kernels, and a clang without a
# suffix may not be installed.
kernel-config = $(firstword $(wildcard $(KDIR)/include/config/auto.conf $(KDIR)/.config) /dev/null)
clang-kernel = $(shell grep -x CONFIG_CC_IS_CLANG=y $(kernel-config))
clang-major = $(shell sed -nE 's/^CONFIG_CLANG_VERSION=([0-9]+)[0-9]{4}$$/\1/p' $(kernel-config))
callers-compiler = $(filter-out 1,$(LLVM))$(if $(filter command,$(origin CC)),$(filter-out clang,$(CC)))
llvm = $(if $(callers-compiler),,$(if $(clang-kernel),$(call llvm-of,$(clang-major))))

# $(call llvm-of,MAJOR): LLVM= and the program names that it implies.
llvm-of = $(or $(if $(1),$(call llvm-args,-$(1),-$(1))),$(call llvm-args,,1),$(error \
	clang$(1:%= %) built this kernel (CONFIG_CC_IS_CLANG=y), and no clang with its \
	linker and tools is installed: apt install $(if $(1),clang-$(1) lld-$(1) llvm-$(1)$(comma) or )clang lld llvm))

# $(call llvm-args,SUFFIX,LLVM): the same for one suffix; empty if one of the programs is
# not installed.
llvm-args = $(shell for tool in clang ld.lld llvm-nm; do \
		command -v $$tool$(1) >/dev/null || exit; \
	done; echo LLVM=$(2) CC=clang$(1) LD=ld.lld$(1))

headers:
	@[ -e '$(KDIR)/Makefile' ] || { echo "make module: no kernel headers in" \
		"$(KDIR): apt install linux-headers-$$(uname -r), or set KDIR=" >&2; \
		exit 1; }
	@[ -w . ] || { echo "make module: cannot write to $(CURDIR): work on a" \
		"copy of the tree that is yours (git clone)" >&2; exit 1; }

#: make compat-report        print which functions "make module" found in the kernel
compat-report:
	@for answer in compat/*.answer; do \
		[ -e "$$answer" ] || { echo "compat-report: run make module first" >&2; exit 1; }; \
		cat "$$answer"; \
		grep -q define "$$answer" || sed -n '/error/{s/^/    /p;q}' "$${answer%answer}log"; \
	done

#: make dkms-install [KVER=...]    install the module by DKMS, for the running kernel
#:                           or KVER; this replaces every version that DKMS has
#: make dkms-uninstall       remove the module from DKMS and from every kernel
.PHONY: dkms-install dkms-uninstall
dkms-install:
	@tools/dkms install $(KVER)

dkms-uninstall:
	@tools/dkms uninstall

#: make tools                build libxenfm, xenfm and xenfm-vhost-user-blk in build/
tools:
	$(MAKE) -C tools

#: make install              install the library, the tools, the suite privcmd-test and
#:                           the manual pages [DESTDIR= PREFIX= SUITE=no]
#: make uninstall            remove these files
install uninstall:
	$(MAKE) -C tools $@

#: make demo                 map another domain's memory, on real Xen: a minute; the
#:                           first run installs and downloads, for some minutes
demo:
	tests/demo

#: make check                run every test except the long ones; the last line counts
#:                           the tests, the lines before it list the long ones that
#:                           are due
check:
	tests/check host lint commits vhost-user virtio dkms xen mutants beside toolstack fuzz rig hosts

#: make check-all [ONLY="programs kernels"]    run the long tests that are due: programs,
#:                           kernels, debug, smp, stress, vhost, fuzz, bench, hosts; two
#:                           machines at a time; an interrupted run is resumed
#:        [LIST=1]           only list which of them are due, and why
check-all:
	@tests/check-all $(LIST:%=--list) $(ONLY)

#: make check-host           run the tests that need no Xen: a minute, as any user, on
#:                           Debian 12; another release builds the kernel modules in
#:                           a root of Debian 12, which needs sudo
check-host:
	tests/check host

#: make check-vhost-user     test the vhost-user back end without Xen, with this
#:                           machine's QEMU and with Debian 13's; 15 minutes
check-vhost-user:
	tests/check vhost-user

#: make check-virtio         boot x86 guests on Xen whose disk is a device of xenfm-virtio;
#:                           10 minutes
check-virtio:
	tests/virtio/xen/check-virtio

#: make check-dkms           test the installation by DKMS, in roots of Debian 12 and 13
check-dkms:
	tests/check dkms

#: make check-xen [V=pv,...] [T=case]    run the suite on these rows of
#:                           tests/xen/variants
check-xen:
	tests/xen/check-xen $(subst $(comma), ,$(V)) $(T:%=-t %)

#: make check-hosts          run demo and check-host as a new user does, in fresh roots
#:                           of Debian 12, 13 and sid; 15 minutes
check-hosts:
	tests/check-hosts

#: make check-kernels        build the module for every kernel of tests/kernels, and
#:                           run the suite on those that make check leaves out; half
#:                           an hour
check-kernels:
	tests/check-kernels

#: make check-debug [V=pv-debug,...]    run suite, stress and xl on debug kernels; 40
#:                           minutes; the first run builds these kernels, for 30
#:                           minutes
check-debug:
	tests/xen/debug/check-debug $(if $(filter file,$(origin V)),,$(subst $(comma), ,$(V))) \
		$(T:%=-t %)

#: make check-stress [V=pv,...]    run many kinds of calls at the same time; 15 minutes
check-stress:
	tests/load/check-stress $(subst $(comma), ,$(V))

#: make check-programs       run xl, xentrace and other programs on the module; prints
#:                           a table
check-programs:
	tests/guests/programs/check-programs

#: make check-mutants        make faults in copies of the sources, one at a time, and
#:                           check that a test notices each of them
#:        [MECHANICAL=1]     faults made by rules in the functions of
#:                           tests/mutants/functions, not the listed ones
check-mutants:
ifeq ($(MECHANICAL),1)
	@mkdir -p build
	tests/mutants/mechanical >build/mechanical
	tests/mutants/check-mutants --list-file build/mechanical
else
	tests/mutants/check-mutants
endif

#: make conformance [V=pv,...]    run the suite on our module and on the in-tree driver,
#:                           on these rows, and write docs/conformance.md
conformance:
	tests/reports/conformance/conformance $(subst $(comma), ,$(V))
	tests/reports/conformance/report

#: make coverage [V=pv,...]  report which lines of the module the suite reaches; the
#:                           other lines are then in build/coverage/missed
coverage:
	tests/reports/coverage/coverage $(subst $(comma), ,$(V))

#: make check-vhost          boot guests on Xen whose disk or shared directory is served
#:                           by our vhost-user back end, qemu-storage-daemon and
#:                           virtiofsd; 7 minutes
check-vhost:
	tests/vhost/xen/check-vhost

#: make fuzz [TIME=300] [V=pv,...]    run random calls on these rows (default: pv);
#:                           without V also feed random bytes to the vhost-user back
#:                           end, libxenfm and xenfm; TIME is seconds in all, two
#:                           jobs at a time
fuzz:
	tests/fuzz/fuzz $(TIME:%=--seconds %) \
		$(if $(filter file,$(origin V)),,$(subst $(comma), ,$(V)))

#: make bench [V=pv,...] [T=case]    measure our module and the in-tree driver in one
#:                           boot; the results are in build/bench
bench:
	tests/reports/bench/bench $(subst $(comma), ,$(V)) $(T:%=-t %)

#: make bench-docs           write these results into docs/performance.md
bench-docs:
	tests/reports/bench/report docs

#: make lint                 check format, shell, layers, manual pages and versions,
#:                           with the tools of Debian 12
lint:
	tests/host/lint/lint

#: make format               format the C files as lint demands
format:
	tests/host/lint/lint --format

#: make clean                remove the files that were built
clean:
	rm -rf build compat/config.h
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '*.answer' -o -name 'have_*.log' -o -name '.*.d' \
		-o -name modules.order -o -name Module.symvers \) -exec rm -f {} +

comma := ,
