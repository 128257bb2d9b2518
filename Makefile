# SPDX-License-Identifier: Apache-2.0
# whodid: `make help` lists the targets. Everything generated lies under $(B).
B ?= build
CC ?= cc
CLANG ?= clang
BPFTOOL ?= bpftool
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2);
else
say =
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 \
	-Wvla -Wundef -Wimplicit-fallthrough
ifeq ($(WERROR),1)
WARN += -Werror
endif
CPPFLAGS_ALL := -D_GNU_SOURCE -Iuserspace -I. -I$(B) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(WARN) -MMD -MP $(CFLAGS)

LIB_PKGS := yaml-0.1 sqlite3 libzstd libcrypto jansson
DAEMON_PKGS := libbpf libmicrohttpd
CLIENT_PKGS := libcurl
libs = $(shell $(PKG_CONFIG) --libs $(1))

LIB_SRC := $(wildcard userspace/base/*.c userspace/event*.c userspace/decode/*.c userspace/identity/*.c \
	userspace/profile/*.c userspace/anomaly/*.c userspace/sink/*.c userspace/store/*.c userspace/config/*.c)
DAEMON_SRC := userspace/whodidd.c userspace/pipeline.c $(wildcard userspace/collect/*.c userspace/api/*.c)
CLIENT_SRC := userspace/whodid.c $(wildcard userspace/cmd/*.c)
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help clean format unit fuzz-replay

all: $(B)/whodidd $(B)/whodid ## build the daemon and the client (no root)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

include bpf/build.mk

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(B)/libwhodid.a: $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(call obj,$(wildcard userspace/collect/*.c)): | $(B)/bpf/whodid.skel.h

$(B)/whodidd: $(call obj,$(DAEMON_SRC)) $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call libs,$(LIB_PKGS) $(DAEMON_PKGS)) -lelf -lz

$(B)/whodid: $(call obj,$(CLIENT_SRC)) $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call libs,$(LIB_PKGS) $(CLIENT_PKGS))

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call libs,$(LIB_PKGS) cmocka)

$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/stub_main.o $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call libs,$(LIB_PKGS))

unit: $(patsubst %.c,$(B)/%,$(UNIT_SRC)) ## build the unit tests
fuzz-replay: $(patsubst %.c,$(B)/%,$(FUZZ_SRC)) ## build the fuzz targets with the corpus runner

format: ## format the C sources
	clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove everything generated
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
