# SPDX-License-Identifier: LGPL-2.1-or-later
# For analyzers.test. TOOL/SOURCE.ok is there when the tool had nothing to say of the source, or of a
# header of its; else findings/TOOL/SOURCE has what it said.

include Makefile

STATIC := $(B)/static
PRODUCT := $(wildcard src/*/*.c hooks/*.c udev/*.c)
TEST_SOURCES := $(wildcard tests/*/*.c)
# What gcc's own header is included in is for gcc alone.
CLANG_TEST_SOURCES := $(filter-out tests/coverage/%,$(TEST_SOURCES))

# As the product is compiled, whatever a part of it needs beside.
PLACES := -DVERSION='"0"' -DBUILD='"0"' -DENGINE_PATH='"/engine"'
AS_BUILT := $(LANGUAGE) $(WARNINGS) $(HARDENING) $(LIB_CFLAGS) $(COMMAND_CFLAGS) $(PLACES) -O2
AS_TESTS := $(LANGUAGE) $(WARNINGS) -Itests/unit $(LIB_CFLAGS) -O1

# -O0: what the optimizer has rebuilt, and inlined, gcc 12 misunderstands more often.
# malloc-leak: it takes for lost what has been stored through a pointer that it does not know the
# target of, which is how each of our functions returns something. Leaks are for the sanitizers.
# use-of-uninitialized-value: it means the compiler's own variables, where a loop has cleanups and
# several ends. -Wmaybe-uninitialized (with -O2) and clang-tidy look for it as well.
ANALYZER := $(LANGUAGE) $(WARNINGS) $(LIB_CFLAGS) $(COMMAND_CFLAGS) $(PLACES) -O0 -fanalyzer \
	-Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value

# A third of what it looks at by itself: a third of the time, and no finding less.
TIDY := -Xclang -analyzer-config -Xclang max-nodes=75000

# unreadVariable, memleak: it does not always see __attribute__((cleanup)).
# variableScope: a va_list, or an object with a cleanup, stands where its function begins.
# missingIncludeSystem, unmatchedSuppression: are about the options.
CPPCHECK := --enable=warning,style,performance,portability --inline-suppr \
	--std=c11 --platform=unix64 -D_GNU_SOURCE $(PLACES) \
	-D__x86_64__ -Isrc -Iudev --suppress=unreadVariable --suppress=memleak --suppress=variableScope \
	--suppress=missingIncludeSystem --suppress=unmatchedSuppression --error-exitcode=1 -q \
	--template='{file}:{line}: {severity}: {message} [{id}]'

.PHONY: analyzers
analyzers: $(PRODUCT:%=$(STATIC)/clang-tidy/%.ok) $(PRODUCT:%=$(STATIC)/gcc/%.ok) \
	$(PRODUCT:%=$(STATIC)/clang/%.ok) $(TEST_SOURCES:%=$(STATIC)/gcc-tests/%.ok) \
	$(CLANG_TEST_SOURCES:%=$(STATIC)/clang-tests/%.ok) $(STATIC)/cppcheck/all.ok

# $(call look,COMMAND): with its findings in a file when it fails.
look = mkdir -p $(@D) $(dir $(findings)) && { $(1); } >$@.out 2>&1 && mv $@.out $@ || \
	{ mv $@.out $(findings); exit 1; }
findings = $(@:$(STATIC)/%.ok=$(STATIC)/findings/%)

# The dependencies that gcc writes are those of the other tools as well.
depends = -MMD -MP -MF $(STATIC)/depends/$(subst /,-,$*).d \
	$(foreach tool,$(1),-MT $(STATIC)/$(tool)/$*.ok)

$(STATIC)/gcc/%.ok: % tests/static/analyzers.mk
	@mkdir -p $(STATIC)/depends
	@$(call look,gcc $(AS_BUILT) -Werror $(call depends,gcc clang clang-tidy) -c -o /dev/null $< && \
		gcc $(ANALYZER) -Werror -c -o /dev/null $<)

$(STATIC)/clang/%.ok: % tests/static/analyzers.mk
	@$(call look,clang $(AS_BUILT) -Werror -c -o /dev/null $<)

$(STATIC)/clang-tidy/%.ok: % .clang-tidy tests/static/analyzers.mk
	@$(call look,clang-tidy --quiet $< -- $(AS_BUILT) $(TIDY))

$(STATIC)/gcc-tests/%.ok: % tests/static/analyzers.mk
	@mkdir -p $(STATIC)/depends
	@$(call look,gcc $(AS_TESTS) -Werror $(call depends,gcc-tests clang-tests) -c -o /dev/null $<)

$(STATIC)/clang-tests/%.ok: % tests/static/analyzers.mk
	@$(call look,clang $(AS_TESTS) -Werror -c -o /dev/null $<)

$(STATIC)/cppcheck/all.ok: $(wildcard src/*/*.[ch] hooks/*.c udev/*.[ch]) tests/static/analyzers.mk
	@$(call look,cppcheck $(CPPCHECK) src hooks udev)

-include $(wildcard $(STATIC)/depends/*.d)
