# SPDX-License-Identifier: Apache-2.0
# whodid: `make help` lists the targets. Everything generated lies under $(B); nothing but install,
# run and test needs root. bpf/build.mk has the rules for the kernel side.
B ?= build
CC ?= cc
CLANG ?= clang
BPFTOOL ?= bpftool
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
# SAN=1: AddressSanitizer and UndefinedBehaviorSanitizer. WERROR=1: warnings are errors (tests do that).
SAN ?= 0
WERROR ?= 0
V ?= 0
ARGS ?=

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
ifeq ($(SAN),1)
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
endif
CPPFLAGS_ALL := -D_GNU_SOURCE -Iuserspace -I. -I$(B) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 $(WARN) -MMD -MP $(HARDEN) $(CFLAGS)
LINK = $(CC) $(CFLAGS) $(HARDEN) $(HARDEN_LD) $(LDFLAGS) -pthread

LIB_PKGS := yaml-0.1 sqlite3 libzstd libcrypto jansson
DAEMON_PKGS := libbpf libmicrohttpd
CLIENT_PKGS := libcurl
# libresolv is part of libc: the reader of DNS messages is in it.
libs = $(shell $(PKG_CONFIG) --libs $(1)) -lresolv

LIB_SRC := $(wildcard userspace/base/*.c userspace/event*.c userspace/heart.c userspace/decode/*.c userspace/names/*.c \
	userspace/identity/*.c userspace/identity/ci/*.c userspace/identity/container/*.c \
	userspace/program/*.c userspace/profile/*.c userspace/anomaly/*.c userspace/sink/*.c userspace/store/*.c \
	userspace/attest/*.c userspace/config/*.c)
DAEMON_SRC := $(wildcard userspace/whodidd*.c) userspace/pipeline.c $(wildcard userspace/collect/*.c userspace/api/*.c)
CLIENT_SRC := userspace/whodid.c $(wildcard userspace/cmd/*.c)
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
# One program per file: actors and drivers of the tests, and what prints the generated documents.
ACTOR_SRC := $(wildcard tests/live/actors/*.c tests/bench/*.c tests/lib/*.c)
TOOL_SRC := $(wildcard tools/*.c tests/golden/*.c)
obj = $(patsubst %.c,$(B)/%.o,$(1))
prog = $(patsubst %.c,$(B)/%,$(1))
C_FILES = $(shell git ls-files '*.c' '*.h')

UNIT := $(call prog,$(UNIT_SRC))
FUZZ := $(call prog,$(FUZZ_SRC))
ACTORS := $(call prog,$(ACTOR_SRC))
TOOLS := $(call prog,$(TOOL_SRC))

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all help run test quick check bench fuzz soak live unit fuzz-replay test-programs test-build asan \
	install uninstall clean format lint compile_commands vm vm-all

all: $(B)/whodidd $(B)/whodid ## build the daemon and the client (no root)

help: ## this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

include bpf/build.mk
$(BPF_OBJ): | $(B)/.deps

# --- build

# Says once, in words, what is missing, instead of a compiler's guess.
$(B)/.deps: tools/install-deps
	@tools/install-deps build --check
	@mkdir -p $(@D) && touch $@

$(B)/%.o: %.c | $(B)/.deps
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(B)/libwhodid.a: $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(call obj,$(wildcard userspace/collect/*.c)): | $(B)/bpf/whodid.skel.h

$(B)/whodidd: $(call obj,$(DAEMON_SRC)) $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call libs,$(LIB_PKGS) $(DAEMON_PKGS)) -lelf -lz

$(B)/whodid: $(call obj,$(CLIENT_SRC)) $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call libs,$(LIB_PKGS) $(CLIENT_PKGS))

# The server and the line are no part of the library: their tests take them as objects.
$(filter $(B)/tests/unit/api/%,$(UNIT)): $(call obj,$(wildcard userspace/api/*.c))
$(filter $(B)/tests/unit/pipeline/%,$(UNIT)): $(B)/userspace/pipeline.o
$(UNIT): $(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $(filter-out %.a,$^) $(filter %.a,$^) $(call libs,$(LIB_PKGS) cmocka libmicrohttpd)

$(FUZZ): $(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/stub_main.o $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call libs,$(LIB_PKGS))

# What storms start has to be short-lived.
$(B)/tests/bench/noop: HARDEN_LD := -static
$(ACTORS): %: %.o
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^

$(TOOLS): %: %.o $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call libs,$(LIB_PKGS))

$(B)/event.schema.json: $(B)/tools/print-document
	$(call say,GEN,$@)
	$(Q)$< schema > $@

unit: $(UNIT)
fuzz-replay: $(FUZZ)
test-programs: all $(UNIT) $(FUZZ) $(ACTORS) $(TOOLS) $(BPF_TESTS) $(B)/event.schema.json ## build everything that tests run
asan: ## build unit, golden and fuzz programs with ASan and UBSan, in $(B)/asan
	+$(Q)$(MAKE) --no-print-directory B=$(B)/asan SAN=1 CFLAGS='-O1 -g' unit fuzz-replay $(B)/asan/whodidd
test-build:
	+$(Q)$(MAKE) --no-print-directory WERROR=1 test-programs
	+$(Q)$(MAKE) --no-print-directory WERROR=1 asan

# --- run and test

# What root built for somebody who said sudo is that somebody's.
hand_back = @if [ -n "$$SUDO_UID" ]; then chown -R "$$SUDO_UID:$$SUDO_GID" $(B); fi

run: ## install what is missing, build, watch this host live (root); ARGS='--for 10s' for a bounded run
	@tools/install-deps build >&2
	+@$(MAKE) --no-print-directory all >&2
	$(hand_back)
	@B=$(B) tools/run $(ARGS)

test: ## install what the tests need, build, run all tests that this machine can run (root for all of them)
	@tools/install-deps test
	+@$(MAKE) --no-print-directory -j2 test-build
	$(hand_back)
	@B=$(B) tests/run

quick: ## format, warnings as errors, unit and golden tests: seconds
	+$(Q)$(MAKE) --no-print-directory WERROR=1 $(B)/whodidd $(TOOLS) unit fuzz-replay
	@B=$(B) tests/run --no-asan unit golden fuzz tests/checks/format.t tests/checks/layers.t

check: lint ## linters, layers, documents, and unit, golden and fuzz tests under sanitizers
	+$(Q)$(MAKE) --no-print-directory test-build
	@B=$(B) tests/run checks unit golden fuzz
	@B=$(B) tests/run --no-asan tests/bpf/cost.t

lint: ## clang-tidy and cppcheck over the userspace sources
	@B=$(B) tools/lint

live: test-programs ## the live tests only (root)
	@B=$(B) tests/run live

bench: test-programs ## what the sensor costs, monitored against unmonitored (root); BENCH_QUICK=1 for a short run
	@B=$(B) tests/bench/bench

vm: ## boot Debian 12's kernel under qemu (no KVM) and run the tests of the kernel programs and the live tests in it
	@tools/install-deps vm
	+@$(MAKE) --no-print-directory -j2 test-programs
	$(hand_back)
	@B=$(B) tests/vm/vm $(KERNELS)

vm-all: ## the same with each kernel that is claimed: 6.1, 6.12, 6.18, Debian's newest, and 6.1 on arm64; 5.10 says why not
	+@$(MAKE) --no-print-directory vm KERNELS=all

FUZZ_SECONDS ?= 60
fuzz: ## fuzz one reader with libFuzzer: make fuzz T=decode FUZZ_SECONDS=60
	@test -n '$(T)' || { echo 'which one? make fuzz T=decode' >&2; exit 2; }
	+$(Q)$(MAKE) --no-print-directory B=$(B)/fuzz CC=$(CLANG) SAN=1 \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' $(B)/fuzz/libwhodid.a $(B)/fuzz/tests/fuzz/fuzz_$(T).o
	@mkdir -p $(B)/fuzz/corpus/$(T) tests/fuzz/corpus/$(T)
	$(Q)$(CLANG) -g -fsanitize=fuzzer,address,undefined -pthread -o $(B)/fuzz/fuzz_$(T) \
		$(B)/fuzz/tests/fuzz/fuzz_$(T).o $(B)/fuzz/libwhodid.a $(call libs,$(LIB_PKGS))
	$(B)/fuzz/fuzz_$(T) -max_total_time=$(FUZZ_SECONDS) -timeout=5 $(B)/fuzz/corpus/$(T) tests/fuzz/corpus/$(T)

SOAK ?= 1h
soak: test-programs ## run the daemon under mixed load and watch memory and loss (root): make soak SOAK=1h
	@B=$(B) tests/bench/soak $(SOAK)

# --- for people who work on whodid

format: ## format the C sources
	clang-format -i $(C_FILES)

compile_commands: ## write compile_commands.json for clangd (needs bear)
	+bear -- $(MAKE) --no-print-directory B=$(B)/bear test-programs

clean: ## remove everything generated
	rm -rf $(B) compile_commands.json

# --- install

MAN := $(wildcard userspace/man/*.[1-8])
SHARE = $(DESTDIR)$(PREFIX)/share
CONF = $(DESTDIR)$(SYSCONFDIR)/whodid

install: all $(B)/event.schema.json ## install programs, pages, profiles and unit: DESTDIR= PREFIX=/usr/local
	install -d $(CONF)/profiles.d $(CONF)/conf.d $(CONF)/issuers.d
	install -D -m 755 $(B)/whodidd $(DESTDIR)$(PREFIX)/sbin/whodidd
	install -D -m 755 $(B)/whodid $(DESTDIR)$(PREFIX)/bin/whodid
	$(foreach m,$(MAN),install -D -m 644 $(m) $(SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m))${\n})
	install -D -m 644 userspace/etc/bash_completion $(SHARE)/bash-completion/completions/whodid
	install -D -m 644 -t $(SHARE)/whodid/profiles userspace/etc/profiles/*.yaml
	install -D -m 644 $(B)/event.schema.json $(SHARE)/whodid/schema/event.json
	install -D -m 644 -t $(SHARE)/doc/whodid README.md CHANGES LICENSE
	@test -e $(CONF)/whodid.yaml || install -D -m 644 userspace/etc/whodid.yaml $(CONF)/whodid.yaml
ifneq ($(PREFIX),/usr)
	printf 'profiles:\n  vendor_dir: $(PREFIX)/share/whodid/profiles\n' > $(CONF)/conf.d/00-prefix.yaml
endif
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@PREFIX@|$(PREFIX)|g' userspace/etc/whodid.service > $(DESTDIR)$(UNITDIR)/whodid.service

uninstall: ## remove what install put there; settings, profiles.d and the store stay
	rm -f $(DESTDIR)$(PREFIX)/sbin/whodidd $(DESTDIR)$(PREFIX)/bin/whodid
	rm -f $(foreach m,$(MAN),$(SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rm -f $(SHARE)/bash-completion/completions/whodid $(DESTDIR)$(UNITDIR)/whodid.service
	rm -f $(CONF)/conf.d/00-prefix.yaml
	rm -rf $(SHARE)/whodid $(SHARE)/doc/whodid

define \n


endef

-include $(shell find $(B) -name vm -prune -o -name '*.d' -type f -not -path '$(B)/asan/*' -not -path '$(B)/fuzz/*' -print 2>/dev/null)
