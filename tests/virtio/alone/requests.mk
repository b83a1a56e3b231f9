# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# requests-test, which tests how xenfm-virtio passes requests of vcpus to devices, without
# Xen. The Makefile includes this file, or it is used by itself:
#
#	make -f requests.mk [SAN=1] [WERROR=1]

ifndef TESTS
include ../../lib/rules.mk
endif

REQUESTS_SAN := $(if $(filter 1,$(SAN)),-fsanitize=address -fsanitize=undefined \
	-fno-sanitize-recover=all)
REQUESTS_BIN := $(OUT)/$(if $(filter 1,$(SAN)),san/)virtio
REQUESTS_OBJ := $(OBJ)/requests$(if $(filter 1,$(SAN)),-san)
REQUESTS_FLAGS = -I$(TOP)/tools/virtio $(CPPFLAGS) $(XEN_HEADERS) $(CFLAGS) \
	$(REQUESTS_SAN) -Wmissing-prototypes -Wstrict-prototypes
REQUESTS_SRC := ioreq dispatch range
REQUESTS_TEST := requests requests_xen requests_ranges

$(REQUESTS_BIN)/requests-test: $(REQUESTS_SRC:%=$(REQUESTS_OBJ)/tools/%.o) \
		$(REQUESTS_TEST:%=$(REQUESTS_OBJ)/%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(REQUESTS_SAN) $(LDFLAGS) -o $@ $^

$(REQUESTS_SRC:%=$(REQUESTS_OBJ)/tools/%.o): $(REQUESTS_OBJ)/tools/%.o: \
		$(TOP)/tools/virtio/%.c $(OBJ)/flags requests.mk
	@mkdir -p $(@D)
	$(CC) $(REQUESTS_FLAGS) -c -o $@ $<

$(REQUESTS_TEST:%=$(REQUESTS_OBJ)/%.o): $(REQUESTS_OBJ)/%.o: \
		$(TESTS)/virtio/alone/%.c $(OBJ)/flags requests.mk
	@mkdir -p $(@D)
	$(CC) $(REQUESTS_FLAGS) -c -o $@ $<

.PHONY: requests-test
requests-test: $(REQUESTS_BIN)/requests-test
all: requests-test
