# What keeps prose and programs honest: replay, claims, and the tests.

# --- Transcripts -----------------------------------------------------
# One rule a transcript: it is replayed when it changes, when a program
# changes that it or its path names, or when the way of comparing does.
transcripts := $(wildcard examples/*/*.transcript)
replayed := $(patsubst %,build/transcripts/%,$(notdir $(transcripts)))
replay = tests/replay --bin $(BIN) --out $@ $<
comparing := tests/replay tests/compare.rb tests/private-network

define replay_rule
build/transcripts/$(notdir $(1)): $(1) $(comparing) $(foreach p,$(programs),$(if $(findstring $(notdir $(p)),$(1) $(file <$(1))),$(p)))
	$$(call say,replay,$$(@F))
	$$(Q)$$(replay)$$(if $$(filter 0,$$(RETRIES)),, || { printf '  again   %s, in case this machine was late\n' '$$(@F)'; $$(replay); })
endef
# What fails is tried once more, and with RETRIES=0 it is not.
RETRIES ?= 1
$(foreach t,$(transcripts),$(eval $(call replay_rule,$(t))))

# Counts those that could not be replayed here (they need the lab); only
# when there are none it is done.
build/transcripts/all: $(replayed)
	$(Q)missing=0; for t in $^; do [[ -e $$t ]] || missing=$$((missing + 1)); done; \
	if ((missing == 0)); then touch $@; \
	else printf '%d of %d transcripts were not replayed here: %s\n' $$missing $(words $^) "$$(<$(@D)/not-replayed)"; fi

.PHONY: transcripts
transcripts: build/transcripts/all

# --- Claims ----------------------------------------------------------
# CLAIM=name proves one. The output is bats's, then what differs. Up to
# twelve run at a time: nearly all that they do is waiting.
CLAIM ?=
one_claim := $(if $(CLAIM),--claim $(CLAIM))
prove = rm -rf build/claims; mkdir -p build/claims; \
    EVIDENCE='$(CURDIR)/build/claims' bats --timing --jobs 12 $(if $(CLAIM),--filter '^$(CLAIM): ') tests/claims \
        >build/claims.tap || awk '/^(not )?ok /{ bad = /^not / } bad' build/claims.tap

.PHONY: prove promote
prove: $(programs) ## run every claim on this kernel and say where it differs from the book (CLAIM=name: one)
	$(Q)$(prove); \
	tests/evidence $(one_claim) build/claims build/evidence.json book/evidence.json

promote: $(programs) ## accept what transcripts and claims say now (SLUG=name, CLAIM=name: one)
	$(if $(SLUG),$(if $(wildcard examples/$(SLUG)/*.transcript),,$(error SLUG=$(SLUG): there is no examples/$(SLUG)/*.transcript)))
	$(Q)pids=(); for t in $(if $(CLAIM),,$(wildcard examples/$(or $(SLUG),*)/*.transcript)); do \
	    tests/replay --bin $(BIN) --accept "$$t" & pids+=($$!); \
	done; \
	for pid in "$${pids[@]}"; do wait "$$pid"; done
	$(Q)$(if $(SLUG),exit 0;) $(prove); \
	tests/evidence --accept $(one_claim) build/claims build/evidence.json book/evidence.json
SLUG ?=

# --- Tests -----------------------------------------------------------
# Each run ends with the line "N passed, N failed, N skipped"; a skip
# is a failure here, because a check that was not made proves nothing.
define count
	awk '/^ok .*# skip/ { skipped++; print > "/dev/stderr"; next } \
	     /^ok / { passed++ } /^not ok / { failed++ } \
	     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed + skipped > 0 || passed == 0 }'
endef

.PHONY: check test bench
tested := site build/book.html pdf epub build/examples.zip
check: $(tested) ## the fast tests, for the edit loop
	$(Q)failed=0; \
	bats --jobs $(jobs) --filter-tags '!slow' tests | tee build/check.tap || failed=1; \
	$(count) build/check.tap || failed=1; exit $$failed

test: $(tested) ## all tests: both compilers, sanitizers, claims, drift, references, links
	$(Q)failed=0; $(prove); \
	tests/evidence build/claims build/evidence.json book/evidence.json >build/claims.txt || { failed=1; grep -v '^  ' build/claims.txt; }; \
	bats --jobs $(jobs) tests | tee build/tests.tap || failed=1; \
	cat build/claims.tap build/tests.tap | $(count) || failed=1; \
	exit $$failed
# So many files at a time, and of each so many tests: half of what they do
# is waiting.
jobs := $(shell echo $$((2 * $$(nproc))))

# --- Other people's programs -------------------------------------------
.PHONY: test-programs defaults
test-programs: programs ## change the keepalive of Debian's programs from outside, and compare their defaults
	$(Q)failed=0; bats --timing --jobs $(jobs) tests/programs | tee build/programs.tap || failed=1; \
	$(count) build/programs.tap || failed=1; exit $$failed

defaults: programs ## measure what those programs set, and accept it into book/defaults.csv
	$(Q)tests/programs/measure >build/defaults.csv; \
	tests/programs/accepted accept build/defaults.csv book/defaults.csv

# --- The images ---------------------------------------------------------
# ENGINE is docker, podman, or another that is called like them: by default
# the first that answers, else the first that is there. It is asked once, and
# by these targets alone.
engines := docker podman
answers = $(foreach e,$(engines),$(shell timeout 20 $e info >/dev/null 2>&1 && echo $e))
is-there = $(foreach e,$(engines),$(shell command -v $e >/dev/null && echo $e))
ENGINE ?= $(eval ENGINE := $(firstword $(answers) $(is-there) docker))$(ENGINE)
STAGE ?= follow
TAG ?= keepalive
with_engine = command -v '$(ENGINE)' >build/engine.log || { printf '%s: there is no such program: install Docker or Podman, or say ENGINE=\n' '$(ENGINE)' >&2; exit 1; }; \
    '$(ENGINE)' info >build/engine.log 2>&1 || { tail -n 2 build/engine.log >&2; printf '%s cannot be used by this user: is it started, and have you the right to?\n' '$(ENGINE)' >&2; exit 1; }
# With Podman runc, where it is (crun wants one hierarchy of control groups),
# and the host's network, which is there within a container too.
podman = $(filter podman,$(ENGINE))
engine = '$(ENGINE)' $(if $(podman),$(if $(shell command -v runc),--runtime runc))
build_image = $(engine) build $(if $(podman),--network=host) \
    $(foreach name,SITE_URL REPOSITORY SOURCE_DATE_EPOCH,$(if $($(name)),--build-arg $(name)='$($(name))'))

.PHONY: container container-test container-verify
container: ## build the image to follow along in (ENGINE=docker or podman, STAGE=site or build, TAG=keepalive)
	$(Q)mkdir -p build; $(with_engine); $(build_image) --target $(STAGE) -t $(TAG) .

container-test: ## build all images, and use them as readers do, with Podman and Docker
	$(Q)mkdir -p build; $(with_engine); \
	$(if $(podman),tests/container/base podman;) \
	for image in build:keepalive-build site:keepalive-site follow:keepalive; do \
	    $(build_image) --target "$${image%:*}" -t "$${image#*:}" . >build/image.log 2>&1 || { tail -n 20 build/image.log; exit 1; }; \
	done; failed=0; \
	ENGINE='$(ENGINE)' bats --timing --jobs $(jobs) tests/container | tee build/container.tap || failed=1; \
	$(if $(podman),$(in_docker) | tee -a build/container.tap || failed=1;) \
	$(count) build/container.tap || failed=1; exit $$failed

# What readers do with them, once more with Docker.
in_docker = tests/container/with-docker build/docker keepalive keepalive-site -- \
    env ENGINE=docker bats --timing --jobs $(jobs) tests/container/follow.bats tests/container/site.bats \
    | sed -uE 's/^((not )?ok [0-9]+) /\1 docker: /'

container-verify: ## make test in a container: every claim and transcript, with nothing skipped
	$(Q)mkdir -p build; $(with_engine); \
	$(if $(podman),tests/container/base podman;) \
	$(build_image) --target verify -t keepalive-verify . >build/image.log 2>&1 || { tail -n 20 build/image.log; exit 1; }; \
	$(engine) run --rm \
	    $(if $(podman),--ulimit nofile=1024:1024 --ulimit nproc=10000:10000 --network=none --security-opt unmask=ALL,--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined) \
	    keepalive-verify

# --- The site in browsers --------------------------------------------
# What is looked at: the site, the book as one file, and the EPUB.
web := build/site
web-needs := site epub build/book.html

.PHONY: test-web
test-web: $(web-needs) ## look at the site in Chromium and Firefox, and check pages and EPUB for validity
	$(Q)failed=0; \
	SITE='$(CURDIR)/$(web)' bats --timing --jobs $(jobs) tests/web | tee build/web.tap || failed=1; \
	$(count) build/web.tap || failed=1; exit $$failed

bench: ## print how long things take, how large they are, and how steady (RUNS=10)
	$(Q)tests/bench $(RUNS)
RUNS ?= 10
