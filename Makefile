# The only door: `make help` lists every verb.

SHELL := bash
export LC_ALL := C.UTF-8
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --warn-undefined-variables
.DEFAULT_GOAL := site

# Quiet, a line a step; `make V=1` shows the commands.
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# What `make deps`, `deps-publish`, `deps-test`, `deps-programs` and
# `deps-web` install: the one list of Debian and Ubuntu packages. (Ubuntu has
# no such browsers.)
packages := asciidoctor ruby-rouge gcc libc6-dev diffutils iproute2 util-linux \
    nftables procps libjs-lunr socat systemd
packages-publish := ruby-asciidoctor-pdf fonts-sil-charis fonts-open-sans \
    fonts-jetbrains-mono fonts-dejavu-core docbook-xsl-ns xsltproc zip
packages-test := bats parallel shellcheck clang clang-format strace \
    valgrind git codespell hunspell hunspell-en-gb ruby-html-proofer tcpdump \
    poppler-utils qpdf unzip openssh-client dropbear-bin mosquitto \
    mosquitto-clients python3-websockets python3-grpcio
# The programs that tests/programs measures, and what it changes them with.
packages-programs := apache2-bin bpftool chromium curl default-jdk-headless \
    dropbear-bin firefox-esr git golang-go haproxy inetutils-telnet iperf3 \
    libbpf-dev libkeepalive0 lighttpd mariadb-client mariadb-server memcached \
    mosquitto mosquitto-clients ncat netcat-openbsd nginx-light openssh-server \
    openssl postgresql postgresql-client python3-redis python3-requests \
    redis-server rsync socat stunnel4 vsftpd wget wget2
# What the images of the Dockerfile have on top, and what tests them.
packages-serve := nginx-light
packages-follow := bash-completion less man-db manpages manpages-dev nano \
    strace tcpdump vim-tiny
packages-container := bats ca-certificates curl fuse-overlayfs \
    mmdebstrap netavark podman runc ruby slirp4netns tmux
packages-web := chromium firefox-esr default-jre-headless epubcheck ca-certificates \
    curl nginx-light postgresql redis-server gcc-mingw-w64-x86-64-win32 wine64

# `make deps site`, `make clean site`: these come first, before the rest
# is even read, also with -j. So the rest runs in a make of its own.
first := $(filter clean deps deps-%,$(MAKECMDGOALS))
rest := $(filter-out $(first),$(MAKECMDGOALS))

.PHONY: deps deps-publish deps-test deps-programs deps-web deps-serve deps-follow deps-container clean help
deps: ## install what building the book needs (Debian or Ubuntu packages)
	$(call install,$(packages))
deps-publish: deps ## install what the other forms of the book need as well
	$(call install,$(packages-publish))
deps-test: deps deps-publish ## install what testing needs as well
	$(call install,$(packages-test))
# Servers start when they are installed, on a machine with systemd: better
# not on one that is needed. (Debian 12 has no Valkey.)
deps-programs: deps-test ## install the programs that test-programs measures
	$(call install,$(packages-programs) $(if $(shell command -v node),,nodejs) $(if $(shell apt-cache search --names-only '^valkey-server$$'),valkey-server))
# (Node.js from elsewhere brings an npm that Debian's would conflict with.)
deps-web: deps-test ## install what test-web needs as well: browsers, Java, Wine, packages of npm
	$(call install,$(packages-web) $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm))
	$(Q)cd tests/web; [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci

# The first two are for the Dockerfile.
deps-serve:
	$(call install,$(packages-serve))
deps-follow:
	$(call install,$(packages-follow))
deps-container: ## install what container-test needs: podman, tmux
	$(call install,$(packages-container))

clean:: ## remove everything that was built
	rm -rf build examples/bin

# Installs what is not there yet; sudo only if not root.
define install
	@missing=(); \
	for package in $(1); do \
	    dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>&1 | grep -qx installed || missing+=("$$package"); \
	done; \
	if (($${#missing[@]} == 0)); then exit 0; fi; \
	root=(); if ((EUID != 0)); then root=(sudo); fi; \
	set -x; \
	"$${root[@]}" apt-get update -q; \
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"
endef

ifneq ($(first),)

ifneq ($(rest),)
.PHONY: $(rest) afterwards
$(rest): afterwards ;
afterwards: $(first)
	+@$(MAKE) --no-print-directory $(rest)
endif

else

# Waiting costs no CPU, and nearly all that is done here is waiting: many
# more steps at a time than there are cores, unless the caller says -j. But
# not all at once: what starts together starts late, and a lab's clock runs.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += --jobs=16
endif

CC := gcc
BIN := build/bin
unexport BIN # an image sets another, for the examples alone
include examples/Makefile
include tests/tests.mk
include book/book.mk

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: serve lab install
install: programs build/keepalivectl.1 ## install keepalivectl and keepalive-preload.so (PREFIX=/usr/local)
	$(Q)install -D -m 755 $(BIN)/keepalivectl '$(DESTDIR)$(PREFIX)/bin/keepalivectl'
	$(Q)install -D -m 644 $(BIN)/keepalive-preload.so '$(DESTDIR)$(PREFIX)/lib/keepalive-preload.so'
	$(Q)install -D -m 644 build/keepalivectl.1 '$(DESTDIR)$(PREFIX)/share/man/man1/keepalivectl.1'
PREFIX ?= /usr/local
DESTDIR ?=
lab: programs ## a shell in a private network with a client, a router and a server
	@PATH="$(CURDIR)/$(BIN):$$PATH" lab
# Who has changed an example reads on in the book as it was.
serve: ## serve the book on port PORT (8080) of this machine
	+@MAKEFLAGS='$(filter-out -j% --jobs%,$(MAKEFLAGS))' $(MAKE) --no-print-directory -s site || { [[ -e build/site/index.html ]] && \
	    printf 'The book is served as it was before that change.\n' >&2; }
	@ruby -rsocket -e 'TCPServer.new(ARGV[0], ARGV[1].to_i).close' $(BIND) $(PORT) 2>build/serve.log || \
	    { printf 'port %s is taken, or may not be used here: make serve PORT=8081\n' $(PORT) >&2; exit 1; }
	@printf 'The book is at http://localhost:%s/ until you press Ctrl-C.\n' $(PORT)
	@ruby -run -e httpd -- --port=$(PORT) --bind-address=$(BIND) build/site
PORT ?= 8080
BIND ?= 127.0.0.1

endif
