# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# The sources of the library and of the programs, without .c. tools/Makefile and
# tests/fuzz/programs.mk include this file.

LIBXENFM_SRC := handle map fill copy mem region grant memory
XENFM_SRC := xenfm args device copy dump progress map memory space ls nodes areas json
BLK_SRC := main options listen sandbox connection watch message vring table device inflight \
	queue serve ring block io uring disk lock guard say
VIRTIO_SRC := main options devices device dispatch ioreq range server irq xen guest layout \
	memory ready virtio kind spec pci space bar msix mmio frontend start session \
	regions channel message resume
