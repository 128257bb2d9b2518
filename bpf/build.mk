# SPDX-License-Identifier: GPL-2.0-only
# One object per family of hooks, linked into one, from which the skeleton is made.
# Included by the Makefile; also builds the tests of tests/bpf.
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(shell uname -m)))
BPF_SRC := $(wildcard bpf/*.bpf.c)
BPF_OBJ := $(patsubst bpf/%.bpf.c,$(B)/bpf/%.bpf.o,$(BPF_SRC))
BPF_CFLAGS := -target bpf -D__TARGET_ARCH_$(BPF_ARCH) -mcpu=v3 -O2 -g -Wall -Wextra -Werror \
	-Wno-unused-parameter

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/bpf/whodid.bpf.o: $(BPF_OBJ)
	$(call say,BPFLD,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(B)/bpf/whodid.skel.h: $(B)/bpf/whodid.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name whodid_bpf > $@

BPF_TEST_SRC := $(wildcard tests/bpf/test_*.c)
BPF_TESTS := $(patsubst %.c,$(B)/%,$(BPF_TEST_SRC))

$(patsubst %.c,$(B)/%.o,$(BPF_TEST_SRC)) $(B)/tests/bpf/harness.o: | $(B)/bpf/whodid.skel.h
$(B)/tests/bpf/test_%: $(B)/tests/bpf/test_%.o $(B)/tests/bpf/harness.o \
	$(patsubst %.c,$(B)/%.o,$(wildcard userspace/collect/*.c)) $(B)/libwhodid.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call libs,$(LIB_PKGS) libbpf cmocka) -lelf -lz

$(B)/tests/bpf/cost.o: | $(B)/bpf/whodid.skel.h
$(B)/tests/bpf/cost: $(B)/tests/bpf/cost.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call libs,libbpf) -lelf -lz

.PHONY: bpf-tests bpf-clang
bpf-clang: $(B)/bpf/whodid.bpf.o ## compile the kernel programs alone: make bpf-clang CLANG=clang-19 B=/tmp/b [BPF_ARCH=arm64]

bpf-tests: $(BPF_TESTS) $(ACTORS) ## build the tests of the kernel programs (run them as root)

# what the test runner runs
test-programs: $(BPF_TESTS) $(B)/tests/bpf/cost
