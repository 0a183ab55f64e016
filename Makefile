# SPDX-License-Identifier: Apache-2.0
# `make run` and `make test` do everything from a fresh Debian 12 on; `make help` lists the rest.

ifeq ($(origin CC),default)
CC := gcc
endif
Q := $(if $(V),,@)
CI ?=
WERROR ?= $(CI)
SANITIZE ?=
FUZZ_SECONDS ?= 10
# Compilers beside each other, and jobs of the suite: these wait more than they work.
CORES := $(shell nproc 2>/dev/null || echo 2)
JOBS ?= $(shell expr 3 \* $(CORES))
# Of the regions of specs that do not give the number themselves, so that each machine runs the same.
WORKERS ?= 1
PREFIX ?= /usr/local
DESTDIR ?=
INSTALL ?= install
# Below PREFIX: a directory of zsh's functions. Debian's packages use share/zsh/vendor-completions.
ZSH_DIR ?= share/zsh/site-functions

# The first entry of the changelog has the version. COMMIT is given where the sources have no .git.
VERSION := $(shell sed -n '1s/^sallyport .\([0-9.]*\). .*/\1/p' engine/packaging/debian/changelog)
COMMIT ?= $(or $(if $(wildcard .git),$(shell git rev-parse --short=12 HEAD 2>/dev/null)),unknown)

# A build tree is a directory: the plain one, and one for each set of sanitizers.
BUILD ?= build
BIN ?= $(if $(filter build,$(BUILD)),sallyport,$(BUILD)/sallyport)

PACKAGES := gcc libc6-dev pkg-config liblua5.4-dev libev-dev libssl-dev libjansson-dev libjsmn-dev libcurl4-openssl-dev libsqlite3-dev libmicrohttpd-dev libhiredis-dev openssl curl sqlite3 \
	lua5.4 lua-busted lua-check lua-socket lua-sec lua-dkjson lua-filesystem libcmocka-dev iproute2 systemd tzdata
# For specs: a store and its client; promtool, and a server that scrapes a region; the shells that complete; a reader of manual pages.
TEST_PACKAGES := redis-server redis-tools prometheus zsh fish mandoc
# Other servers, for a comparison, and a store.
BENCH_PACKAGES := haproxy nginx libnginx-mod-http-lua redis-server redis-tools
FUZZ_PACKAGES := clang libclang-rt-14-dev
HEADERS := stdio.h=libc6-dev lua.h=liblua5.4-dev ev.h=libev-dev openssl/ssl.h=libssl-dev jansson.h=libjansson-dev jsmn.h=libjsmn-dev curl/curl.h=libcurl4-openssl-dev sqlite3.h=libsqlite3-dev microhttpd.h=libmicrohttpd-dev hiredis/hiredis.h=libhiredis-dev

LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
LUA_LIBS := $(shell pkg-config --libs lua5.4 2>/dev/null || echo -llua5.4)
# Sanitizers make gcc see what is not there, so only the plain build stops at a warning.
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 $(if $(WERROR),$(if $(SANITIZE),,-Werror))
HARDENING := -fstack-protector-strong $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Iengine -I. $(LUA_CFLAGS) $(WARNINGS) $(HARDENING) $(CPPFLAGS) $(CFLAGS) \
	-fPIC -fno-semantic-interposition -MMD -MP \
	$(if $(SANITIZE),-fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(SANITIZE))
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE))
ENGINE_LIBS := -lev -lssl -lcrypto -lcurl -ljansson -lsqlite3 -lmicrohttpd -lhiredis -lpthread -lm
LIBS := $(LUA_LIBS) $(ENGINE_LIBS)

SRC := $(filter-out engine/main.c engine/policy/lhost_module.c,$(shell find engine -name '*.c'))
OBJ := $(SRC:engine/%.c=$(BUILD)/engine/%.o)
LIB := $(BUILD)/libsallyport.a
# `require "sallyport.host"` for plain Lua: what of the engine it needs, the linker finds. Hence PIC, which costs a PIE nothing.
HOST := build/sallyport/host.so
# What the specs of a bad line put between two network namespaces.
BADLINE := build/badline
# Plays the service manager that starts a region.
SERVICE_MANAGER := build/service_manager
# A malloc that fails when a spec says so; preloaded, so it is of no build tree.
FAILING_MALLOC := build/failing_malloc.so
# Calls of a file system that do not come back; preloaded too.
HANGING_FILES := build/hanging_files.so
# Another time of day for a region; the same.
CLOCK := build/clock.so
# A bare TLS server to compare with, and the partners of both.
BENCH_PROGRAMS := build/bare build/partners
BENCH := peers connections chains reload answers requests records replay rows scale invariants shadow workers store
UNIT := $(patsubst spec/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard spec/unit/*/*_test.c)))
FUZZ ?= $(patsubst spec/fuzz/%_fuzz.c,%,$(wildcard spec/fuzz/*_fuzz.c))

all: $(BIN) $(HOST)

help:
	@echo 'make             builds ./sallyport'
	@echo 'make run         installs what is missing, builds, starts the demo region'
	@echo 'make test        installs what is missing, builds, runs every test (SPEC=spec/conn/x_spec.lua: that one alone; JOBS=$(JOBS) at a time; WORKERS=3: of each region)'
	@echo 'make deps        the install step alone; touches no network when nothing is missing'
	@echo 'make certs       the demo key rings, certs/rings'
	@echo 'make workers     the specs of regions again, with three workers in each'
	@echo 'make asan        the tests again, under AddressSanitizer and UBSan'
	@echo 'make tsan        the parts with threads again, under ThreadSanitizer'
	@echo 'make fuzz        each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS) (FUZZ=http: that one alone); installs clang'
	@echo 'make bench       what a connection, a reload and a request cost'
	@echo 'make lint        luacheck and the shell scripts'
	@echo 'make types       writes lua/types, the stubs for editors'
	@echo 'make install     into $$DESTDIR$$PREFIX (PREFIX=$(PREFIX))'
	@echo 'make uninstall   removes the files that make install put there'
	@echo 'make manual      build/manual: sallyport(1), sallyport-region(5), sallyport-policy(7)'
	@echo 'make deb         build/deb: the Debian packages sallyport and sallyport-doc'
	@echo 'make deb-test    installs, upgrades and purges the packages in a bare Debian; minutes, as root'
	@echo 'make clean       removes what was built, and the key rings'
	@echo
	@echo 'Documents: README.md has the map.'
	@echo '  policies/README.md lua/README.md certs/README.md   for authors of policies'
	@echo '  engine/config/README.md engine/admin/README.md     for operators: region.lua and the saf; commands and messages'
	@echo '  engine/ipic/README.md engine/ipic/IPIC.md          the wire; the facts about IPIC'
	@echo '  engine/README.md spec/README.md                    for contributors'

# --- the two commands. deps may bring pkg-config, so what follows it is a make of its own.
run: run-deps
	$(Q)$(MAKE) --no-print-directory all certs
	$(Q)cat engine/packaging/next
	$(Q)exec ./sallyport run

test: deps
	$(Q)$(MAKE) -j$(CORES) --no-print-directory suite

deps:
	$(Q)engine/packaging/deps $(PACKAGES) $(TEST_PACKAGES)
run-deps:
	$(Q)engine/packaging/deps $(PACKAGES)

# The output and the counts of the jobs.
RESULTS = $(BUILD)/results
RUN_JOBS = exec env ASAN_OPTIONS=allocator_may_return_null=1 SALLYPORT=./$(BIN) SALLYPORT_WORKERS=$(WORKERS) UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=suppressions=$(CURDIR)/spec/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1:report_thread_leaks=0 SPEC_SECONDS=$(if $(SANITIZE),600,300) MAKEFLAGS= \
	$(MAKE) -s -k -f spec/support/jobs.mk

# UNITS, with SPEC: C units beside those spec files.
SOME_UNITS = $(filter $(UNITS:%=$(BUILD)/unit/%),$(UNIT))
suite: all certs $(BADLINE) $(SERVICE_MANAGER) $(FAILING_MALLOC) $(HANGING_FILES) $(CLOCK) $(if $(SPEC),$(SOME_UNITS),unit)
	$(Q)rm -rf $(RESULTS); mkdir -p $(RESULTS)
	$(Q)lua5.4 spec/support/suite.lua order $(RESULTS) $(SPEC) -- $(if $(SPEC),$(SOME_UNITS),$(UNIT))
	$(Q)$(RUN_JOBS) RESULTS=$(RESULTS) -j$(JOBS) -Otarget together
	$(Q)$(RUN_JOBS) RESULTS=$(RESULTS) -j1 alone
	$(Q)lua5.4 spec/support/suite.lua again $(RESULTS) $(JOBS)
	$(Q)$(RUN_JOBS) RESULTS=$(RESULTS)/again -j1 alone
	$(Q)lua5.4 spec/support/suite.lua report $(RESULTS)

# --- building
$(BUILD)/flags: FORCE
	$(Q)mkdir -p $(@D); echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' >$@

$(BUILD)/headers: | $(BUILD)/flags
	$(Q)CC='$(CC)' LUA_CFLAGS='$(LUA_CFLAGS)' engine/packaging/headers $(HEADERS)
	$(Q)touch $@

# Only one object has the version and the commit, so that a commit compiles one file again.
ABOUT := -DSALLYPORT_VERSION='"$(VERSION)"' -DSALLYPORT_COMMIT='"$(COMMIT)"'
$(BUILD)/about: FORCE
	$(Q)mkdir -p $(@D); echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
$(BUILD)/engine/client/about.o: $(BUILD)/about
$(BUILD)/engine/client/about.o: private ALL_CFLAGS += $(ABOUT)

$(BUILD)/engine/%.o: engine/%.c $(BUILD)/flags | $(BUILD)/headers
	@mkdir -p $(@D); echo '  CC    $<'
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(OBJ)
	$(Q)rm -f $@; ar rcs $@ $^

$(BIN): $(BUILD)/engine/main.o $(LIB)
	@echo '  LD    $@'
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(HOST): build/engine/policy/lhost_module.o build/libsallyport.a
	@mkdir -p $(@D); echo '  LD    $@'
	$(Q)$(CC) -shared -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS) -o $@ $^ $(ENGINE_LIBS)

$(FAILING_MALLOC) $(HANGING_FILES) $(CLOCK): build/%.so: spec/support/%.c
	@mkdir -p $(@D); echo '  LD    $@'
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared -o $@ $< -ldl

unit: $(UNIT)
$(BUILD)/unit/%: spec/unit/%.c $(LIB)
	@mkdir -p $(@D); echo '  CC    $<'
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LIBS)

$(BADLINE) $(SERVICE_MANAGER): build/%: spec/support/%.c
	@mkdir -p $(@D); echo '  CC    $<'
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -o $@ $<

$(BENCH_PROGRAMS): build/%: spec/bench/%.c build/libsallyport.a
	@mkdir -p $(@D); echo '  CC    $<'
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -Iengine $(WARNINGS) -O2 -g -o $@ $< build/libsallyport.a -lssl -lcrypto -lm

# --- key rings: all of them or none, see the script. The demo's saf holds password hashes, and a checkout leaves it readable by everybody.
certs: certs/rings/.made
	$(Q)chmod 600 policies/saf.lua
certs/rings/.made: certs/make-rings certs/rings.cnf
	@echo '  CERTS certs/rings'
	$(Q)certs/make-rings certs/rings

# The specs again whose regions work with several workers otherwise than with one. Not those of documents, sources, packages and scripts.
WORKERS_SPECS = $(filter-out $(addprefix spec/,config/ docs/ house/ packaging/ sandbox/),$(sort $(dir $(wildcard spec/*/*_spec.lua))))
workers: deps
	$(Q)$(MAKE) -j$(CORES) --no-print-directory WORKERS=3 SPEC='$(WORKERS_SPECS)' suite

# --- more ways to test. Lua's library is looked for beside the binary, and host.so stays the plain one: lua5.4 has no sanitizer.
asan: deps
	$(Q)$(MAKE) -j$(CORES) --no-print-directory $(HOST)
	$(Q)mkdir -p build/asan; ln -sfn ../../lua build/asan/lua
	$(Q)$(MAKE) -j$(CORES) --no-print-directory BUILD=build/asan SANITIZE=address,undefined HOST= suite

# A race ends the process that has it, with a report on stderr. A region leaves a thread that hangs in a disk. The rest of the suite has one thread, or measures time and memory.
TSAN_SPECS := spec/admin/canary_spec.lua spec/admin/shadow_spec.lua spec/base spec/client/ask_spec.lua spec/client/replay_spec.lua spec/config/files_spec.lua spec/metrics/metrics_spec.lua spec/metrics/hostile_scrape_spec.lua spec/records spec/security $(addprefix spec/store/,claims_spec.lua rules_spec.lua store_spec.lua sysplex_spec.lua values_spec.lua) \
	spec/conn spec/request spec/policy/hanging_names_spec.lua spec/policy/waiting_spec.lua $(addprefix spec/region/,gates_spec.lua moves_spec.lua moves_stress_spec.lua reload_spec.lua rows_spec.lua shared_spec.lua standby_spec.lua versions_spec.lua version_store_spec.lua workers_spec.lua)
TSAN_UNITS := admin/control_test \
	base/log_test \
	conn/peers_test conn/published_test conn/recovery_test conn/statistics_test \
	metrics/scrape_test \
	net/lookups_test net/mailbox_test net/threadpool_test \
	policy/counters_test policy/generation_parts_test policy/wait_places_test \
	records/recorder_test \
	region/version_store_test \
	tls/chain_cache_test tls/ring_test
tsan: deps
	$(Q)$(MAKE) -j$(CORES) --no-print-directory $(HOST)
	$(Q)mkdir -p build/tsan; ln -sfn ../../lua build/tsan/lua
	$(Q)$(MAKE) -j$(CORES) --no-print-directory BUILD=build/tsan SANITIZE=thread HOST= SPEC='$(or $(SPEC),$(wildcard $(TSAN_SPECS)))' UNITS='$(if $(filter command,$(origin UNITS)),$(UNITS),$(if $(SPEC),,$(TSAN_UNITS)))' suite

fuzz: deps
	$(Q)engine/packaging/deps $(FUZZ_PACKAGES)
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined $(FUZZ:%=fuzz-%)

# New findings go to the build tree; the corpus under spec/ is chosen by hand.
fuzz-%: $(BUILD)/fuzz/%
	@mkdir -p $(BUILD)/corpus/$* spec/fuzz/corpus/$*; echo '  FUZZ  $* ($(FUZZ_SECONDS) s)'
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -artifact_prefix=$(BUILD)/$*- $(BUILD)/corpus/$* spec/fuzz/corpus/$* \
		>$(BUILD)/$*.log 2>&1 || { tail -n 60 $(BUILD)/$*.log; exit 1; }
	@tail -n 1 $(BUILD)/$*.log

$(BUILD)/fuzz/%: spec/fuzz/%_fuzz.c $(LIB)
	@mkdir -p $(@D); echo '  CC    $<'
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)

# CPU and memory of connections and of requests, time and pause of a reload, over loopback; figures for comparing, not a test.
# A region has one worker, as the servers beside it, unless WORKERS says otherwise.
bench: export SALLYPORT_WORKERS := $(WORKERS)
bench: run-deps
	-$(Q)engine/packaging/deps $(BENCH_PACKAGES)
	$(Q)$(MAKE) -j$(CORES) --no-print-directory all certs $(BENCH_PROGRAMS)
	$(Q)for one in $(BENCH); do lua5.4 spec/bench/$$one.lua || echo "bench: $$one.lua did not end in order"; done

# The stubs for editors, from the tables of the engine and the schema of the library.
types: all
	$(Q)lua5.4 spec/support/types.lua

lint:
	$(Q)luacheck --no-color -q lua policies spec engine/packaging
	$(Q)for s in certs/make-rings engine/packaging/deps engine/packaging/headers engine/packaging/files engine/packaging/completion/complete.sh \
		engine/packaging/completion/sallyport.bash .ci/run spec/support/job spec/support/machine; do bash -n $$s || exit 1; done

# --- the rest
# engine/packaging/files lists the installed files; the directories that are empty afterwards go with them.
FILES = ZSH_DIR='$(ZSH_DIR)' UNITS='$(UNITS)' engine/packaging/files $(BIN)
install: all manual completion units
	$(Q)$(FILES) | while read -r mode from to; do $(INSTALL) -D -m $$mode $$from $(DESTDIR)$(PREFIX)/$$to || exit 1; done
	@echo 'installed into $(DESTDIR)$(PREFIX)'

uninstall:
	$(Q)$(FILES) | while read -r mode from to; do rm -f $(DESTDIR)$(PREFIX)/$$to || exit 1; done
	$(Q)for d in share/sallyport share/doc/sallyport lib/lua/5.4/sallyport; do \
		[ ! -d $(DESTDIR)$(PREFIX)/$$d ] || find $(DESTDIR)$(PREFIX)/$$d -depth -type d -empty -delete || exit 1; done

# The manual pages and the completion have the words of the program's help texts.
manual: build/manual/.made
build/manual/.made: $(BIN) $(wildcard engine/packaging/manual/*.lua) engine/packaging/debian/changelog README.md engine/admin/README.md \
		engine/config/README.md policies/README.md lua/README.md
	$(Q)mkdir -p $(@D); echo '  LUA   $(@D)'
	$(Q)lua5.4 engine/packaging/manual/pages.lua ./$(BIN) $(@D)
	$(Q)touch $@

# The scripts name one of their files by its installed place.
completion: build/completion/$(subst /,+,$(PREFIX)).made
build/completion/%.made: $(BIN) engine/packaging/manual/help.lua $(wildcard engine/packaging/completion/*)
	$(Q)mkdir -p $(@D); echo '  LUA   $(@D)'; rm -f $(@D)/*.made
	$(Q)lua5.4 engine/packaging/completion/make.lua ./$(BIN) $(@D) $(PREFIX)/share/sallyport/complete
	$(Q)touch $@

# The units name the program by its installed place.
UNITS = build/systemd/$(subst /,+,$(PREFIX))
units: $(UNITS)/.made
build/systemd/%/.made: $(wildcard engine/packaging/systemd/*.service)
	$(Q)mkdir -p $(@D)
	$(Q)for u in $^; do sed 's,/usr/bin/,$(PREFIX)/bin/,' $$u >$(@D)/$${u##*/} || exit 1; done
	$(Q)touch $@

# --- Debian packages, in build/deb. The sources are copied there, with debian/ at the top as dpkg wants it.
SOURCES := Makefile LICENSE README.md engine lua policies certs spec
deb:
	$(Q)engine/packaging/deps lintian
	$(Q)$(MAKE) --no-print-directory build-deps packages
	$(Q)lintian --allow-root --fail-on error,warning --info build/deb/*.changes
	$(Q)ls -s --block-size=1K build/deb/*.deb

# The packages that a build of the Debian packages needs, without those of the tests.
build-deps:
	$(Q)engine/packaging/deps build-essential pkg-config lua5.4 debhelper $(foreach h,$(HEADERS),$(lastword $(subst =, ,$h)))

packages:
	$(Q)rm -rf build/deb; mkdir -p build/deb/sallyport
	$(Q)tar -c --exclude=certs/rings $(SOURCES) | tar -x -C build/deb/sallyport
	$(Q)mv build/deb/sallyport/engine/packaging/debian build/deb/sallyport/debian; mkdir build/deb/sallyport/engine/packaging/debian
	$(Q)cp build/deb/sallyport/debian/changelog build/deb/sallyport/engine/packaging/debian/
	$(Q)cd build/deb/sallyport && env -u MAKEFLAGS -u MAKELEVEL COMMIT='$(COMMIT)' DEB_BUILD_OPTIONS=parallel=$(CORES) \
		dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -n 40 ../build.log; exit 1; }

# The packages in a bare Debian, as root; minutes, and the registry of Debian.
deb-test: deps deb build/bare.tar
	$(Q)lua5.4 /usr/bin/busted spec/packaging/bare.lua
build/bare.tar:
	$(Q)engine/packaging/deps mmdebstrap
	$(Q)mkdir -p $(@D); mmdebstrap --quiet --variant=minbase bookworm $@

clean:
	rm -rf build sallyport certs/rings certs/.rings.*

FORCE:
.SECONDARY:
.PHONY: all help run test workers deps run-deps suite unit certs asan tsan fuzz bench types lint install uninstall manual completion units deb build-deps packages deb-test clean FORCE
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
