# bedrockd. `make help` lists the targets. Needs npm, make, a C++ compiler and any Node; see "Node" below.
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
ROOT := $(CURDIR)

# --- Node ------------------------------------------------------------------------------------------------------------
# The machine's Node serves when it is 20 or 22. Else (uWebSockets.js has no binary for newer ones) Node 22 comes from
# the npm registry into .node/, where it disturbs nothing. USE_NODE=22 asks for that one anyway.
NODE_PINNED := 22.23.3
NODE_PINNED_ABI := 127
NODE_SHA512_x64 := qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==
NODE_SHA512_arm64 := l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==
USE_NODE ?=

MACHINE_NODE := $(shell node -p 'process.execPath' 2>/dev/null)
MACHINE_MAJOR := $(shell node -p 'process.versions.node.split(".")[0]' 2>/dev/null)
ARCH := $(patsubst x86_64,x64,$(patsubst aarch64,arm64,$(shell uname -m)))

NODE_WANTED := $(or $(USE_NODE),$(if $(filter 20 22,$(MACHINE_MAJOR)),machine,22))

ifeq ($(NODE_WANTED),machine)
  NODE := $(MACHINE_NODE)
  NODE_PREFIX := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(NODE)))))
  NODE_ABI := $(shell node -p 'process.versions.modules')
  NODE_HEADERS := $(wildcard $(NODE_PREFIX)/include/node/node.h)
else ifeq ($(NODE_WANTED),22)
  NODE_PREFIX := $(ROOT)/.node/$(NODE_PINNED)-$(ARCH)
  NODE_ABI := $(NODE_PINNED_ABI)
  NODE_HEADERS := $(NODE_PREFIX)/include/node/node.h
  NODE_PRIVATE := .node/$(NODE_PINNED)-$(ARCH)/bin/node
  export PATH := $(NODE_PREFIX)/bin:$(PATH)
else
  $(error USE_NODE must be 22, machine or empty, got $(USE_NODE))
endif

# better-sqlite3 compiles where its binary cannot be downloaded, and then needs the headers of this very Node.
ifneq ($(NODE_HEADERS),)
  export npm_config_nodedir := $(NODE_PREFIX)
endif

NODE_VERIFY = const [file, expected] = process.argv.slice(1); \
  const actual = require("crypto").createHash("sha512").update(require("fs").readFileSync(file)).digest("base64"); \
  if (actual !== expected) throw new Error("the package is not the pinned one: expected " + expected + ", got " + actual);

.node/$(NODE_PINNED)-%/bin/node:
	@[ -n '$(NODE_SHA512_$*)' ] || { echo 'no Node $(NODE_PINNED) for $* is pinned here: install Node 22' >&2; exit 1; }
	@echo 'fetching Node $(NODE_PINNED) for $* into .node/ (this machine has Node $(or $(MACHINE_MAJOR),none))'
	@rm -rf .node/fetch && mkdir -p .node/fetch/tree
	@cd .node/fetch && npm pack --silent node-linux-$*@$(NODE_PINNED) >/dev/null
	@node -e '$(NODE_VERIFY)' .node/fetch/node-linux-$*-$(NODE_PINNED).tgz '$(NODE_SHA512_$*)'
	@tar -xzf .node/fetch/node-linux-$*-$(NODE_PINNED).tgz -C .node/fetch/tree --strip-components=1
	@rm -rf .node/$(NODE_PINNED)-$* && mv .node/fetch/tree .node/$(NODE_PINNED)-$* && rm -rf .node/fetch
	@touch $@

# --- Run --------------------------------------------------------------------------------------------------------------
# What the daemon runs with, installed or measured: a young generation of at most 8 MB in place of 16 holds a quarter less
# memory for each open stream (12.6 KB for 16.9, 5,000 streams) and was not seen to cost CPU.
NODE_FLAGS := --max-semi-space-size=8

# --- Install and build -----------------------------------------------------------------------------------------------
# The stamp names what node_modules was made for: another Node or another lock file installs anew.
STAMP := node_modules/.installed-$(NODE_ABI)-$(shell cat package-lock.json package.json | cksum | tr -c '0-9\n' -)
# Folders count, too: their time changes when a file goes. (Bare `test` would be the target below.)
SOURCES := $(shell find src/. workers/. test/. '(' -name '*.ts' -o -type d ')' 2>/dev/null)

$(STAMP): $(NODE_PRIVATE)
	npm ci --no-audit --no-fund && touch $@

dist/.built: $(STAMP) $(SOURCES) package.json tsconfig.json
	@rm -rf dist
	node_modules/.bin/tsc -p .
	@find dist/src -name main.js -o -name bedrockctl.js | xargs chmod +x
	@touch $@

.PHONY: demo
demo: dist/.built ## start gateway and Bedrock emulator, stream one chat, keep running
	@exec node --enable-source-maps dist/test/demo.js

.PHONY: build
build: dist/.built ## compile src, workers and test into dist

.PHONY: lint
lint: $(STAMP) ## format, lint, import layering
	node_modules/.bin/biome ci .

.PHONY: test
test: dist/.built ## all tests, or those whose file name contains T (make test T=admin)
	@files=$$(find dist/test -name '*$(T)*.test.js' | sort); \
	[ -n "$$files" ] || { echo 'no test file matches T=$(T)' >&2; exit 1; }; \
	echo "Node $$(node --version), $$(echo "$$files" | wc -l) test files"; \
	exec node --enable-source-maps --test --test-timeout=300000 --test-reporter=spec $$files

.PHONY: check
check: lint test ## lint, types and all tests: what CI runs

# Gateways of others, for the benchmark alone: pinned in a lock file of their own, not the project's. Where they can't be
# installed the benchmark says "not measured". None of their scripts runs at installation.
PEERS := test/bench/peers
PEERS_STAMP := .peers/.installed-$(shell cat $(PEERS)/package-lock.json $(PEERS)/package.json | cksum | tr -c '0-9\n' -)

.PHONY: peers
peers: $(NODE_PRIVATE) ## other gateways for the benchmark, into .peers/
	@[ -e $(PEERS_STAMP) ] || { \
	  echo 'installing the gateways of $(PEERS) into .peers/'; \
	  rm -rf .peers && mkdir .peers && cp $(PEERS)/package.json $(PEERS)/package-lock.json .peers/ && \
	  (cd .peers && npm ci --ignore-scripts --fetch-retries=1 --no-audit --no-fund --loglevel=error) && touch $(PEERS_STAMP); \
	} || { rm -rf .peers; echo 'not installed: the benchmark goes on without them' >&2; }

.PHONY: bench
bench: dist/.built peers ## the benchmark table, or the measurements named B (make bench B=requests,steady ARGS='--runs 3')
	@BENCH_NODE_FLAGS='$(NODE_FLAGS)' exec node --expose-gc dist/test/bench/main.js $(if $(B),--only $(B)) $(ARGS)

.PHONY: numbers
numbers: dist/.built ## the README's numbers and pictures, from the last `make bench`
	@node dist/test/bench/readme.js

.PHONY: run
run: dist/.built ## the daemon on real AWS, settings from the environment (ARGS='--config FILE')
	@exec node $(NODE_FLAGS) --enable-source-maps dist/src/main.js $(ARGS)

# --- Install for systemd ---------------------------------------------------------------------------------------------
LIB = $(DESTDIR)$(PREFIX)/lib/bedrockd
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
COPY = cp -R -d --preserve=mode,timestamps
# Units see neither /home nor /root: a Node from there (nvm) is shipped like the fetched one.
NODE_SHIPPED = $(or $(NODE_PRIVATE),$(filter-out /usr/% /opt/%,$(NODE)))
UWS_BINARIES = uWebSockets.js/dist/bin

.PHONY: install
install: dist/.built ## daemon, bedrockctl and units under DESTDIR (PREFIX=/usr)
	@umask 022; set -e; \
	rm -rf '$(LIB)'; install -d '$(LIB)/dist' '$(LIB)/node_modules' '$(DESTDIR)$(PREFIX)/bin' '$(UNITS)'; \
	for part in src workers; do [ ! -d dist/$$part ] || $(COPY) dist/$$part '$(LIB)/dist/'; done; \
	find '$(LIB)/dist' -name '*.map' -delete; \
	install -m 644 package.json package-lock.json LICENSE '$(LIB)/'; \
	$(COPY) node_modules/. '$(LIB)/node_modules/'; \
	(cd '$(LIB)' && npm prune --omit=dev --ignore-scripts --offline --no-audit --no-fund --silent); \
	cd '$(LIB)/node_modules'; rm -rf .installed-* better-sqlite3/deps better-sqlite3/src; \
	find better-sqlite3/build -type f ! -path '*/build/Release/better_sqlite3.node' -delete; \
	find . better-sqlite3/build -type d -empty -delete; \
	find $(UWS_BINARIES) -name 'uws_*' ! -name 'uws_linux_$(ARCH)_$(NODE_ABI).node' -delete
	@umask 022; set -e; $(if $(NODE_SHIPPED),install -D -m 755 '$(NODE_SHIPPED)' '$(LIB)/node/bin/node';) \
	$(call install_wrapper,bedrockd,dist/src/main.js,$(NODE_FLAGS) ); $(call install_wrapper,bedrockctl,dist/src/admin/bedrockctl.js)
	@umask 022; set -e; \
	for unit in bedrockd.service bedrockd@.service; do \
	  sed 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' "systemd/$$unit" >'$(UNITS)'/"$$unit"; done; \
	install -D -m 644 systemd/bedrockd.sysusers '$(DESTDIR)$(PREFIX)/lib/sysusers.d/bedrockd.conf'; \
	install -D -m 644 systemd/bedrockd.tmpfiles '$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/bedrockd.conf'; \
	install -D -m 644 systemd/bedrockd.env '$(DESTDIR)$(PREFIX)/share/doc/bedrockd/bedrockd.env'; \
	[ -e '$(DESTDIR)$(SYSCONFDIR)/bedrockd/bedrockd.env' ] || \
	  install -D -m 640 systemd/bedrockd.env '$(DESTDIR)$(SYSCONFDIR)/bedrockd/bedrockd.env'; \
	chmod -R u=rwX,go=rX '$(LIB)'
	@echo "installed under $(DESTDIR)$(PREFIX). Next, on the machine that runs it, as root:"
	@echo "  systemd-sysusers && systemd-tmpfiles --create bedrockd.conf && systemctl daemon-reload"
	@echo "  systemctl enable --now bedrockd"

# The program runs with the Node whose ABI its native parts were built for, found from the wrapper's own place, so
# that the tree may be moved.
define install_wrapper
printf '%s\n' '#!/bin/sh' 'here=$$(dirname -- "$$(readlink -f -- "$$0")")' \
  'node=$(if $(NODE_SHIPPED),$$here/../lib/bedrockd/node/bin/node,$(NODE))' \
  '[ -x "$$node" ] || node=node' \
  'exec "$$node" $(3)"$$here/../lib/bedrockd/$(2)" "$$@"' >'$(DESTDIR)$(PREFIX)/bin/$(1)'; \
chmod 755 '$(DESTDIR)$(PREFIX)/bin/$(1)'
endef

# --- Housekeeping ----------------------------------------------------------------------------------------------------
.PHONY: node
node: ## which Node everything runs on
	@echo 'node=$(or $(NODE_PRIVATE),$(NODE)) abi=$(NODE_ABI) nodedir=$(npm_config_nodedir)'

.PHONY: clean
clean: ## remove what was built (distclean: also what was installed)
	rm -rf dist .demo bench-results*

.PHONY: distclean
distclean: clean
	rm -rf node_modules .node .peers

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
