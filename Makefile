# SPDX-License-Identifier: LGPL-2.1-or-later
# `make help` lists what can be made. V=1 shows the commands.

VERSION := 0.1.0

prefix ?= /usr
bindir ?= $(prefix)/bin
sysconfdir ?= /etc
enginedir ?= $(prefix)/lib/gpu-handoff
hookdir ?= $(sysconfdir)/libvirt/hooks
docdir ?= $(prefix)/share/doc/gpu-handoff
mandir ?= $(prefix)/share/man
bashdir ?= $(prefix)/share/bash-completion/completions
# Debian's zsh does not look into site-functions below /usr.
zshdir ?= $(prefix)/share/zsh/$(if $(wildcard /etc/debian_version),vendor-completions,site-functions)
# Where udev, systemd and the makers of initramfs images look, whatever the prefix.
udevdir := /usr/lib/udev
unitdir := /usr/lib/systemd/system
initramfsdir := /usr/share/initramfs-tools
dracutdir := /usr/lib/dracut/modules.d/55gpu-handoff
initcpiodir := /usr/lib/initcpio
DESTDIR ?=

CC ?= gcc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
B ?= build

V ?= 0
Q := $(if $(filter 0,$(V)),@,)
say = $(if $(filter 0,$(V)),@echo "  $(1)",@:)

LIBRARIES := inih libxml-2.0 libudev
# The command's alone. It loads libvirt itself, when a verb needs it.
COMMAND_LIBRARIES := smartcols
COMMAND_HEADERS := libvirt
WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wmissing-prototypes -Wstrict-prototypes
# Some compilers have a level of their own built in. tests/static/built.test looks at what came out.
HARDENING := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LANGUAGE := -std=gnu17 -D_GNU_SOURCE -Isrc
LIB_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBRARIES))
LIB_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBRARIES))
COMMAND_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(COMMAND_LIBRARIES) $(COMMAND_HEADERS))
COMMAND_LIBS = $(shell $(PKG_CONFIG) --libs $(COMMAND_LIBRARIES))
LINK_HARDENING := -Wl,-z,relro,-z,now -Wl,--as-needed

ENGINE := libgpu-handoff.so
SOURCES := $(wildcard src/base/*.c src/host/*.c src/handoff/*.c)
OBJECTS := $(SOURCES:src/%.c=$(B)/obj/%.o)
COMMAND := gpu-handoff
COMMAND_SOURCES := $(wildcard src/cli/*.c)
COMMAND_OBJECTS := $(COMMAND_SOURCES:src/%.c=$(B)/obj/%.o)

# The boot stub: static, since it goes into initramfs images, and made of the engine's parts.
STUB := gpu-handoff-stub
UNITS := gpu-handoff-boot.service gpu-handoff-stub@.service
STUB_SOURCES := $(wildcard udev/*.c)
STUB_ENGINE := $(addprefix src/,base/clock.c base/error.c base/file.c base/ini.c base/lock.c base/log.c base/process.c \
	base/root.c base/run.c base/text.c base/worker.c base/worker_child.c base/worker_note.c host/kmod.c host/kmod_load.c host/mountinfo.c host/pci.c \
	host/pci_addresses.c host/pci_binding.c host/pci_id.c host/root_storage.c handoff/boot_select.c handoff/boot_state.c handoff/boot_storage.c handoff/boot_view.c handoff/claim.c \
	handoff/claim_names.c handoff/claim_text.c handoff/config.c handoff/config_boot.c handoff/config_device.c \
	handoff/config_domain.c handoff/config_file.c handoff/config_open.c handoff/select.c handoff/store.c)
STUB_OBJECTS := $(STUB_SOURCES:udev/%.c=$(B)/stub/%.o) $(STUB_ENGINE:src/%.c=$(B)/stub/%.o)

# The same sources under the sanitizers, for tests.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_OBJECTS := $(SOURCES:src/%.c=$(B)/sanitized/%.o)
TEST_LIBRARY := $(B)/sanitized/libgpu-handoff.a
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test-*.c))
TREE_TEST := $(B)/tests/tree
TREE_EXPAND := $(B)/tests/expand

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all always help libraries manual install uninstall clean
.PHONY: fuzz fuzz-targets coverage
.PHONY: check check-all check-fast check-kernel check-boot check-lab check-matrix tests plain-tests staged demo deps bench format golden

all: $(B)/qemu $(B)/$(ENGINE) $(B)/$(COMMAND) $(B)/$(STUB) manual ## build the hook, its engine, the command, the stub and the manual

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

# One line for each library that is missing, with the package that has it.
libraries:
	@tests/libraries "$(PKG_CONFIG)" $(LIBRARIES) $(COMMAND_LIBRARIES) $(COMMAND_HEADERS)

$(B)/obj/%.o: src/%.c | libraries
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) $(HARDENING) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -fPIC \
		$(CFLAGS_OF_ITS_OWN) -MMD -MP -c -o $@ $<

# Where the command is installed is built into the engine, which runs it.
$(B)/obj/host/holders_program.o: CFLAGS_OF_ITS_OWN = -DCOMMAND_PATH='"$(bindir)/$(COMMAND)"'
$(B)/obj/host/holders.o: CFLAGS_OF_ITS_OWN = -DCOMMAND_PATH='"$(bindir)/$(COMMAND)"'
$(B)/obj/host/terminate.o: CFLAGS_OF_ITS_OWN = -DCOMMAND_PATH='"$(bindir)/$(COMMAND)"'
$(B)/obj/host/holders_program.o $(B)/obj/host/holders.o $(B)/obj/host/terminate.o: $(B)/places
# Which sources a part is of is built in as well.
$(B)/obj/base/build.o: CFLAGS_OF_ITS_OWN = -DBUILD='"$(shell cat $(B)/sources)"'
$(B)/obj/base/build.o: $(B)/sources
$(COMMAND_OBJECTS): CFLAGS_OF_ITS_OWN = $(COMMAND_CFLAGS) -DVERSION='"$(VERSION)"'

$(B)/$(ENGINE): $(OBJECTS)
	$(call say,LINK     $@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(ENGINE) -Wl,-z,defs $(LINK_HARDENING) $(LDFLAGS) \
		-o $@ $^ $(LIB_LIBS)

# Where each part finds another is built in: another place is another part.
$(B)/places: always
	@mkdir -p $(@D)
	@echo '$(enginedir) $(bindir)' | cmp -s - $@ || echo '$(enginedir) $(bindir)' >$@

# "VERSION-HASH" of all that parts are made of.
$(B)/sources: always
	@mkdir -p $(@D)
	@hash=$$(LC_ALL=C; export LC_ALL; find src hooks udev -type f | sort | xargs sha256sum | sha256sum | \
		cut -c 1-12) && echo "$(VERSION)-$$hash" >$@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv -f $@.new $@

# The doorman takes nothing of the engine in but the log, and which build it is.
$(B)/qemu: hooks/qemu.c src/handoff/hook.h $(B)/obj/base/log.o $(B)/obj/base/build.o $(B)/places
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS) -fPIE \
		-DENGINE_PATH='"$(enginedir)/$(ENGINE)"' -pie $(LINK_HARDENING) $(LDFLAGS) -o $@ \
		$< $(B)/obj/base/log.o $(B)/obj/base/build.o

$(B)/$(COMMAND): $(COMMAND_OBJECTS) $(B)/obj/base/build.o $(B)/$(ENGINE) $(B)/places
	$(call say,LINK     $@)
	$(Q)$(CC) $(CFLAGS) -pie $(LINK_HARDENING) -Wl,-rpath,$(enginedir) $(LDFLAGS) -o $@ \
		$(COMMAND_OBJECTS) $(B)/obj/base/build.o $(B)/$(ENGINE) $(COMMAND_LIBS)

# What the stub does not call is left out, and with it what that would need.
STUB_CFLAGS := -fPIE -ffunction-sections -fdata-sections

$(B)/stub/%.o: src/%.c | libraries
	$(call say,CC       $< (stub))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) $(HARDENING) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS) \
		$(STUB_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/stub/%.o: udev/%.c | libraries
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS) $(STUB_CFLAGS) \
		-MMD -MP -c -o $@ $<

# Where a distribution has no static libraries, who makes an image takes the shared ones along.
STUB_STATIC := -static-pie -l:libinih.a
STUB_LINK = $(shell echo 'int main(void) { return 0; }' | \
	$(CC) -x c - -fPIE -o /dev/null $(STUB_STATIC) 2>/dev/null && \
	echo '$(STUB_STATIC)' || echo "-pie $$($(PKG_CONFIG) --libs inih)")

$(B)/$(STUB): $(STUB_OBJECTS)
	$(call say,LINK     $@)
	$(Q)$(CC) $(CFLAGS) $(LINK_HARDENING) -Wl,--gc-sections $(LDFLAGS) -o $@ $^ $(STUB_LINK)
	@! readelf -l $@ | grep -q INTERP || \
		echo "  NOTE     $@ is not static: there is no static libinih or libc here" >&2

# A host without scdoc goes without a manual, and is told so once.
PAGES := gpu-handoff.8 gpu-handoff-json.5 gpu-handoff-findings.7
BUILT_PAGES := $(if $(shell command -v scdoc),$(PAGES))
manual: $(if $(BUILT_PAGES),$(BUILT_PAGES:%=$(B)/man/%),$(B)/man/none)

$(B)/man/none:
	@mkdir -p $(@D)
	@echo "  NOTE     there is no scdoc here: man pages are not built" >&2
	@touch $@

$(B)/man/%: docs/%.scd
	$(call say,SCDOC    $<)
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@

# $(call page_path,PAGE): where it is installed
page_path = $(mandir)/man$(subst .,,$(suffix $(1)))/$(1)

install: all ## install below DESTDIR; a hook of another maker is left alone
	install -d "$(DESTDIR)$(enginedir)" "$(DESTDIR)$(hookdir)" "$(DESTDIR)$(bindir)"
	install -d "$(DESTDIR)$(sysconfdir)/gpu-handoff/domains.d"
	install -m 0644 conf/domains.d/README "$(DESTDIR)$(sysconfdir)/gpu-handoff/domains.d/README"
	install -m 0755 $(B)/$(ENGINE) "$(DESTDIR)$(enginedir)/$(ENGINE).new"
	mv -f "$(DESTDIR)$(enginedir)/$(ENGINE).new" "$(DESTDIR)$(enginedir)/$(ENGINE)"
	install -m 0755 $(B)/$(COMMAND) "$(DESTDIR)$(bindir)/$(COMMAND).new"
	mv -f "$(DESTDIR)$(bindir)/$(COMMAND).new" "$(DESTDIR)$(bindir)/$(COMMAND)"
	conf/install-hook $(B)/qemu "$(DESTDIR)$(hookdir)"
	install -D -m 0644 conf/boot.ini "$(DESTDIR)$(docdir)/boot.ini"
	install -D -m 0644 docs/gpu-handoff.schema.json "$(DESTDIR)$(docdir)/gpu-handoff.schema.json"
	$(foreach page,$(BUILT_PAGES),install -D -m 0644 $(B)/man/$(page) \
		"$(DESTDIR)$(call page_path,$(page))" &&) :
	install -D -m 0644 conf/completion/gpu-handoff.bash "$(DESTDIR)$(bashdir)/gpu-handoff"
	install -D -m 0644 conf/completion/_gpu-handoff "$(DESTDIR)$(zshdir)/_gpu-handoff"
	install -D -m 0755 $(B)/$(STUB) "$(DESTDIR)$(udevdir)/$(STUB).new"
	mv -f "$(DESTDIR)$(udevdir)/$(STUB).new" "$(DESTDIR)$(udevdir)/$(STUB)"
	install -D -m 0644 udev/60-gpu-handoff.rules \
		"$(DESTDIR)$(udevdir)/rules.d/60-gpu-handoff.rules"
	install -d "$(DESTDIR)$(unitdir)/sysinit.target.wants"
	install -m 0644 udev/gpu-handoff-boot.service "$(DESTDIR)$(unitdir)/"
	sed 's|@bindir@|$(bindir)|' udev/gpu-handoff-stub@.service.in \
		>"$(DESTDIR)$(unitdir)/gpu-handoff-stub@.service"
	chmod 0644 "$(DESTDIR)$(unitdir)/gpu-handoff-stub@.service"
	ln -sf ../gpu-handoff-boot.service "$(DESTDIR)$(unitdir)/sysinit.target.wants/"
	install -D -m 0755 udev/initramfs-tools/hook "$(DESTDIR)$(initramfsdir)/hooks/gpu-handoff"
	install -D -m 0755 udev/initramfs-tools/init-top \
		"$(DESTDIR)$(initramfsdir)/scripts/init-top/gpu-handoff"
	install -D -m 0755 -t "$(DESTDIR)$(dracutdir)" udev/dracut/*.sh
	install -D -m 0755 udev/mkinitcpio/install "$(DESTDIR)$(initcpiodir)/install/gpu-handoff"
	install -D -m 0755 udev/mkinitcpio/hook "$(DESTDIR)$(initcpiodir)/hooks/gpu-handoff"

# What `install` makes and `uninstall` removes, the hook and the directories aside.
INSTALLED = $(enginedir)/$(ENGINE) $(bindir)/$(COMMAND) \
	$(sysconfdir)/gpu-handoff/domains.d/README \
	$(docdir)/boot.ini $(docdir)/gpu-handoff.schema.json \
	$(foreach page,$(PAGES),$(call page_path,$(page))) \
	$(bashdir)/gpu-handoff $(zshdir)/_gpu-handoff \
	$(udevdir)/$(STUB) $(udevdir)/rules.d/60-gpu-handoff.rules \
	$(addprefix $(unitdir)/,$(UNITS) sysinit.target.wants/gpu-handoff-boot.service) \
	$(addprefix $(initramfsdir)/,hooks/gpu-handoff scripts/init-top/gpu-handoff) \
	$(addprefix $(dracutdir)/,$(notdir $(wildcard udev/dracut/*.sh))) \
	$(addprefix $(initcpiodir)/,install/gpu-handoff hooks/gpu-handoff)
INSTALLED_DIRECTORIES = $(enginedir) $(sysconfdir)/gpu-handoff/domains.d \
	$(sysconfdir)/gpu-handoff $(docdir) $(dracutdir)

uninstall: ## remove what install made; your INI files stay
	conf/install-hook --remove "$(DESTDIR)$(hookdir)"
	for file in $(INSTALLED); do rm -f "$(DESTDIR)$$file"; done
	for directory in $(INSTALLED_DIRECTORIES); do \
		[ ! -d "$(DESTDIR)$$directory" ] || \
			rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$directory"; \
	done

clean: ## remove what was built; the lab's images in build/vm stay
	rm -rf $(B)/obj $(B)/stub $(B)/sanitized $(B)/static $(B)/tests $(B)/dest $(B)/man $(B)/qemu $(B)/$(ENGINE) \
		$(B)/$(COMMAND) $(B)/$(STUB) $(B)/fuzz/obj $(B)/fuzz/targets

# ---- tests ----------------------------------------------------------------------------------

$(B)/sanitized/%.o: src/%.c | libraries
	$(call say,CC       $< (sanitized))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) $(LIB_CFLAGS) -O1 -g $(SANITIZE) -MMD -MP -c -o $@ $<

$(TEST_LIBRARY): $(TEST_OBJECTS)
	$(call say,AR       $@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/tests/%: tests/unit/%.c $(TEST_LIBRARY)
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -Itests/unit $(LIB_CFLAGS) -O1 -g $(SANITIZE) -MMD -MP \
		-o $@ $< $(TEST_LIBRARY) $(LIB_LIBS) $(TEST_LDFLAGS)

$(TREE_TEST) $(TREE_EXPAND): $(B)/tests/%: tests/trees/%.c $(TEST_LIBRARY)
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -Itests/unit $(LIB_CFLAGS) -O1 -g $(SANITIZE) -MMD -MP \
		-o $@ $< $(TEST_LIBRARY) $(LIB_LIBS) $(TEST_LDFLAGS)

# Preloaded into the command by tests/trees/failures.
$(B)/tests/fail.so: tests/trees/fail.c tests/trees/fail.h
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O2 -fPIC -shared -o $@ $<

# The tree tests' program with the engine that is installed: a sanitizer does not let its malloc() be replaced.
TREE_PLAIN := $(B)/tests/plain/tree
$(TREE_PLAIN): tests/trees/tree.c $(wildcard tests/trees/*.h) src/handoff/apply.c src/base/clock.c $(B)/$(ENGINE)
	$(call say,CC       $< (plain))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -Itests/unit $(CFLAGS) -o $@ $< $(B)/$(ENGINE) $(TEST_LDFLAGS)

# The unit tests likewise.
PLAIN_UNIT_TESTS := $(UNIT_TESTS:$(B)/tests/%=$(B)/tests/plain/%)
$(PLAIN_UNIT_TESTS): $(B)/tests/plain/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(B)/$(ENGINE)
	$(call say,CC       $< (plain))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -Itests/unit $(LIB_CFLAGS) $(CFLAGS) \
		-o $@ $< $(B)/$(ENGINE) $(LIB_LIBS) $(TEST_LDFLAGS)

plain-tests: $(PLAIN_UNIT_TESTS)

tests: $(UNIT_TESTS) $(TREE_TEST) $(TREE_EXPAND)

# Fuzz targets, and the engine that they are linked to, are built by clang, which brings libFuzzer.
FUZZ_CC ?= clang
FUZZ_OBJECTS := $(SOURCES:src/%.c=$(B)/fuzz/obj/%.o)
FUZZ_LIBRARY := $(B)/fuzz/obj/libgpu-handoff.a
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/targets/%,$(wildcard tests/fuzz/fuzz-*.c))
fuzz-targets: $(FUZZ_TARGETS)

$(B)/fuzz/obj/%.o: src/%.c | libraries
	$(call say,CC       $< (fuzzed))
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(LANGUAGE) $(WARNINGS) $(LIB_CFLAGS) -O1 -g $(SANITIZE) \
		-fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(FUZZ_LIBRARY): $(FUZZ_OBJECTS)
	$(call say,AR       $@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/targets/%: tests/fuzz/%.c $(FUZZ_LIBRARY)
	$(call say,CC       $< (fuzzed))
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(LANGUAGE) $(WARNINGS) -Itests/fuzz -Itests/unit $(LIB_CFLAGS) -O1 -g \
		$(SANITIZE) -fsanitize=fuzzer -MMD -MP -o $@ $< $(FUZZ_LIBRARY) $(LIB_LIBS)

T ?= 60
fuzz: ## search for input that parsers do not bear, T=60 seconds each; FUZZ=claim: one alone
	@tests/fuzz/run --search $(T) $(FUZZ)

# What goes into the test VMs: the project as it is installed, and in /lab/bin what tests need.
STAGED = $(addprefix $(B)/tests/,measure crowd hold)
STAGED_EXPAND = $(B)/tests/static/expand
STAGED_MATRIX = $(B)/tests/matrix $(B)/tests/failing-malloc.so
STAGED_FAILING = $(B)/tests/fail.so $(B)/tests/stub
staged: all $(STAGED) $(STAGED_EXPAND) $(STAGED_MATRIX) $(STAGED_FAILING)
	@$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(B)/dest) >/dev/null
	@install -D -m 0755 -t $(B)/dest/lab/bin $(STAGED) $(STAGED_EXPAND) \
		$(STAGED_MATRIX) $(STAGED_FAILING)
	@install -m 0644 INSTALL.md $(B)/dest/lab/

vpath %.c tests/bench tests/vm
$(STAGED): $(B)/tests/%: %.c
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O2 -static -o $@ $<

EXPAND_ENGINE = $(addprefix $(B)/stub/,base/file.o base/clock.o base/root.o base/text.o host/pci_id.o)
$(STAGED_EXPAND): tests/trees/expand.c $(wildcard tests/trees/*.h) $(EXPAND_ENGINE)
	$(call say,CC       $< (static))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O2 -static -o $@ $< $(EXPAND_ENGINE) $(TEST_LDFLAGS)

# Nothing can be preloaded into a static program.
$(B)/tests/stub: $(STUB_OBJECTS)
	$(call say,LINK     $@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Wl,--gc-sections $(LDFLAGS) -o $@ $^ -pie $$($(PKG_CONFIG) --libs inih)

$(B)/tests/matrix: $(addprefix tests/matrix/,matrix.c points.c tracer.c host.c points.h tracer.h host.h)
	$(call say,CC       $@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O2 -static -o $@ $(filter %.c,$^) $(TEST_LDFLAGS)

$(B)/tests/failing-malloc.so: tests/matrix/failing-malloc.c
	$(call say,CC       $<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -O2 -shared -fPIC -o $@ $<

deps: ## install the packages that building and testing need
	@tests/deps

check: ## all tests; installs what they need
	@tests/check all

check-all: ## the same in full: every kill and fault, 200 rounds of a race; 20 boots where check has 3: hours
	@CHECK_ALL=1 tests/check all

check-fast: ## all tests without a VM: a few minutes, no root
	@tests/check fast

check-kernel: ## the hook on a real kernel in a small VM
	@tests/check kernel

check-boot: ## boots from a disk, by initramfs-tools and dracut, in a VM
	@tests/check boot

check-lab: ## the hook under a real libvirtd
	@tests/check lab

check-matrix: ## kill the hook, and fail it, at every system call, in VMs: hours; goes on where it was interrupted
	@tests/check matrix

demo: deps ## show the main job in a VM, from `virsh start` to `virsh destroy`
	@$(MAKE) --no-print-directory staged
	@tests/lab/demo

bench: ## measure the hook: memory, time; holders beside fuser; 16 devices beside one
	@tests/bench/run

coverage: deps ## which lines and branches the tests reach: build/coverage
	@tests/coverage/run

golden: tests ## write the tree tests' expected outputs anew
	@tests/trees/run --golden
	@tests/trees/commands --golden

format: ## format the sources
	clang-format -i src/*/*.[ch] hooks/*.c tests/unit/*.[ch] tests/fuzz/*.[ch] tests/trees/*.c tests/matrix/*.[ch]

-include $(FUZZ_OBJECTS:.o=.d) $(FUZZ_TARGETS:=.d)
-include $(OBJECTS:.o=.d) $(STUB_OBJECTS:.o=.d) $(COMMAND_OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TREE_TEST).d $(TREE_EXPAND).d
