# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 the xen-privcmd authors
#
# frontend-test, which tests the front end of xenfm-virtio without Xen. A makefile that has
# included rules.mk can include this file, or it is used by itself:
#
#	make -f frontend.mk [SAN=1] [WERROR=1]
#
# The front end is compiled anew, with a shorter time limit, so that silent back ends do not
# cost 10 seconds each.

ifndef TESTS
include ../../lib/rules.mk
endif

FRONTEND_SAN := $(if $(filter 1,$(SAN)),-fsanitize=address -fsanitize=undefined \
	-fno-sanitize-recover=all)
FRONTEND_BIN := $(OUT)/$(if $(filter 1,$(SAN)),san/)virtio
FRONTEND_OBJ := $(OBJ)/frontend$(if $(filter 1,$(SAN)),-san)
FRONTEND_FLAGS = $(CPPFLAGS) $(CFLAGS) $(FRONTEND_SAN) -DFRONTEND_SECONDS=5 \
	-Wmissing-prototypes -Wstrict-prototypes
FRONTEND_SRC := message channel session start regions resume frontend
FRONTEND_TEST := $(basename $(notdir $(wildcard $(TESTS)/virtio/alone/frontend_*.c)))

$(FRONTEND_BIN)/frontend-test: $(FRONTEND_SRC:%=$(FRONTEND_OBJ)/tools/%.o) \
		$(FRONTEND_TEST:%=$(FRONTEND_OBJ)/%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(FRONTEND_SAN) $(LDFLAGS) -o $@ $^

$(FRONTEND_SRC:%=$(FRONTEND_OBJ)/tools/%.o): $(FRONTEND_OBJ)/tools/%.o: \
		$(TOP)/tools/virtio/%.c $(OBJ)/flags \
		frontend.mk
	@mkdir -p $(@D)
	$(CC) $(FRONTEND_FLAGS) -c -o $@ $<

$(FRONTEND_TEST:%=$(FRONTEND_OBJ)/%.o): $(FRONTEND_OBJ)/%.o: \
		$(TESTS)/virtio/alone/%.c $(OBJ)/flags \
		frontend.mk
	@mkdir -p $(@D)
	$(CC) $(FRONTEND_FLAGS) -c -o $@ $<

.PHONY: frontend-test
frontend-test: $(FRONTEND_BIN)/frontend-test
all: frontend-test
