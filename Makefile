# Fanfare: one Makefile, no recursion into folders. `make help` lists what it does.
#
#   make SAN=1 ...       address and undefined-behaviour sanitizers, build/asan
#   make FUZZ=1 ...      clang's fuzzer, build/fuzz
#   make BUILD=dir ...   any other build folder
#   make unit T=gateway  only the unit tests whose path contains "gateway"

SHELL := /bin/sh
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# --- variant and flags -------------------------------------------------------

VARIANT := $(if $(FUZZ),fuzz,$(if $(SAN),asan,release))
BUILD ?= build/$(VARIANT)

ifeq ($(origin CC),default)
CC := $(if $(FUZZ),clang,gcc)
endif

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wwrite-strings \
	-Wswitch-enum -Werror

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
FLAGS_release := -O2 -D_FORTIFY_SOURCE=2
FLAGS_asan := -O1 $(SANITIZE)
FLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link $(SANITIZE)

CPPFLAGS += -D_GNU_SOURCE -Ilib -Iproto -I.
CFLAGS += -std=c17 -g $(WARN) -fstack-protector-strong -fPIE -pthread \
	$(FLAGS_$(VARIANT))
LDFLAGS += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(FLAGS_$(VARIANT))

# --- libraries ---------------------------------------------------------------

pkg = $(shell pkg-config --silence-errors --libs $(1))

LIBS := $(call pkg,libnats libuv libmicrohttpd jansson libcrypto) -lm
LIBS_gateway := $(call pkg,libwebsockets zlib) -lev
LIBS_auth := $(call pkg,libjwt)
LIBS_notify := $(call pkg,sqlite3)
LIBS_analytics := $(call pkg,sqlite3)
LIBS_cmocka := $(call pkg,cmocka)

# --- what there is to build --------------------------------------------------

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
folders = $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard $(1)/*/*.c)))))

SERVICES := $(call folders,services)
TOOLS := $(call folders,tools)
BENCHES := $(patsubst bench/%.c,%,$(wildcard bench/loadgen.c bench/floor.c))
LIBFF := $(BUILD)/libff.a

UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c tests/fuzz/*/fuzz_*.c)
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(FUZZ_SRC))

PROGRAMS := $(foreach d,$(wildcard services/*/main.c tools/*/main.c),\
	$(BUILD)/fanfare-$(notdir $(patsubst %/,%,$(dir $(d)))))
PROGRAMS := $(patsubst %/fanfare-ctl,%/fanfarectl,$(PROGRAMS))
PROGRAMS += $(if $(filter loadgen,$(BENCHES)),$(BUILD)/fanfare-loadgen) \
	$(if $(filter floor,$(BENCHES)),$(BUILD)/fanfare-bench-floor)

.PHONY: all
all: $(PROGRAMS) ## build every program (release; SAN=1 for sanitizers)

# `make V=1` shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1) $(@:$(BUILD)/%=%)')

# --- rules -------------------------------------------------------------------

# Rebuild when compiler or flags change in the same folder.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@
.PHONY: force

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

define archive
@mkdir -p $(@D)
@rm -f $@
$(call say,AR  )
$(Q)ar rcs $@ $(filter %.o,$^)
endef

define link
$(call say,LINK)
$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(1) -o $@
endef

.PHONY: lib
lib: $(LIBFF)
$(LIBFF): $(call objects,$(wildcard lib/*.c))
	$(archive)

# Every folder of services/ and tools/ is an archive of all but main.c, so that
# tests can link its parts, and a program of main.c and that archive.
# $(1) = folder, $(2) = its name, $(3) = the program
define program
$(BUILD)/lib$(2).a: $(call objects,$(filter-out $(1)/main.c,$(wildcard $(1)/*.c)))
	$$(archive)
$(BUILD)/$(3): $(BUILD)/obj/$(1)/main.o $(BUILD)/lib$(2).a $(LIBFF)
	$$(call link,$$(LIBS_$(2)) $$(LIBS))
.PHONY: $(2)
$(2): $(BUILD)/$(3)
endef
$(foreach s,$(SERVICES),$(eval $(call program,services/$(s),$(s),fanfare-$(s))))
$(foreach t,$(filter-out ctl,$(TOOLS)),\
	$(eval $(call program,tools/$(t),$(t),fanfare-$(t))))
$(if $(filter ctl,$(TOOLS)),$(eval $(call program,tools/ctl,ctl,fanfarectl)))

$(BUILD)/libbench.a: $(call objects,$(wildcard bench/loadgen_*.c))
	$(archive)
$(BUILD)/fanfare-loadgen: $(BUILD)/obj/bench/loadgen.o $(BUILD)/libbench.a \
	$(LIBFF)
	$(call link,$(LIBS))
$(BUILD)/fanfare-bench-floor: $(BUILD)/obj/bench/floor.o $(LIBFF)
	$(call link,$(LIBS))

# The gateway carries its demo pages inside.
WWW := $(wildcard services/gateway/www/* services/gateway/www/*/*)
$(BUILD)/gen/pages_data.c: scripts/embed.sh $(WWW)
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)scripts/embed.sh services/gateway/www >$@
$(BUILD)/libgateway.a: $(BUILD)/obj/gen/pages_data.o

# tests/unit/<area>/test_x.c links the archive of that service or tool, and the
# other files of its own folder as helpers; those of tests/unit/lib are for all.
AREAS := $(SERVICES) $(TOOLS) $(if $(BENCHES),bench)
area_archive = $(if $(filter $(1),$(AREAS)),$(BUILD)/lib$(1).a)
area_helpers = $(call objects,$(filter-out tests/unit/$(1)/test_%,\
	$(wildcard tests/unit/$(1)/*.c)))
LIBTEST := $(BUILD)/libtest.a
$(LIBTEST): $(call objects,$(filter-out tests/unit/lib/test_%,\
	$(wildcard tests/unit/lib/*.c)))
	$(archive)
define unit_area
$(filter $(BUILD)/tests/unit/$(1)/%,$(UNIT)): $(BUILD)/tests/%: \
	$(BUILD)/obj/tests/%.o $(area_helpers) $(area_archive) \
	$(if $(filter-out lib,$(1)),$(LIBTEST)) $(LIBFF)
	@mkdir -p $$(@D)
	$$(call link,$$(LIBS_$(1)) $$(LIBS) $$(LIBS_cmocka))
endef
$(foreach a,$(call folders,tests/unit),$(eval $(call unit_area,$(a))))

define fuzz_target
$(patsubst tests/fuzz/%.c,$(BUILD)/%,$(2)): $(call objects,$(2)) \
	$(area_archive) $(LIBFF)
	@mkdir -p $$(@D)
	$$(call link,-fsanitize=fuzzer $$(LIBS_$(1)) $$(LIBS))
endef
$(foreach f,$(FUZZ_SRC),$(eval $(call \
	fuzz_target,$(notdir $(patsubst %/,%,$(dir $(f)))),$(f))))

.SECONDARY:
-include $(shell [ -d $(BUILD)/obj ] && find $(BUILD)/obj -name '*.d')

# --- targets for people ------------------------------------------------------

JOBS = $$(nproc)

.PHONY: run
run: ## install what is missing, build, and run a whole cluster until Ctrl-C
	@scripts/install.sh build run
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@exec $(BUILD)/fanfare-up $(ARGS)

.PHONY: test
test: ## install what is missing, build, and run every test
	@scripts/test.sh

.PHONY: unit-build fuzz-build unit
unit-build: $(UNIT)
fuzz-build: $(FUZZERS)
unit: ## unit tests of this variant (T=substring chooses)
	@$(MAKE) --no-print-directory -j$(JOBS) \
		$(if $(T),$(foreach u,$(UNIT),$(if $(findstring $(T),$(u)),$(u))),unit-build)
	@scripts/unit.sh $(BUILD) $(T)

.PHONY: system
system: ## system tests of this variant (T=files or parts of their names)
	@scripts/install.sh build run test
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@tests/system/run.sh $(BUILD) $(T)

.PHONY: fuzz-smoke
fuzz-smoke: ## every fuzz target for some seconds (SECONDS_EACH=5)
	@$(MAKE) --no-print-directory -j$(JOBS) FUZZ=1 fuzz-build
	@scripts/fuzz.sh build/fuzz $(or $(SECONDS_EACH),5)

.PHONY: bench
bench: ## the benchmarks (see bench/README.md)
	@scripts/install.sh build run bench
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@bench/run.sh $(BUILD) $(ARGS)

.PHONY: lint lint-fast
lint: lint-fast ## formatting, clang-tidy, cppcheck and the rules of the house
	@scripts/install.sh build lint
	@scripts/lint.sh format headers tidy cppcheck
lint-fast:
	@scripts/lint.sh rules

.PHONY: format
format: ## apply .clang-format to every C file
	@git ls-files '*.c' '*.h' | xargs -r clang-format -i

.PHONY: gen check-gen
gen: $(BUILD)/fanfare-gen ## write every generated file from proto/
	$(BUILD)/fanfare-gen
check-gen: $(BUILD)/fanfare-gen ## fail when a generated file is out of date
	$(BUILD)/fanfare-gen --check

.PHONY: check-headers
check-headers: ## every header compiles alone
	@scripts/lint.sh headers

.PHONY: hooks
hooks: ## install the git hooks of this repository
	git config core.hooksPath .githooks

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | \
		sed -E 's/:.*## /|/' | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'
