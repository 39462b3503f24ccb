# The book: from accepted things only (sources, accepted transcripts,
# accepted evidence), so the same tree gives the same bytes; but for the
# colophon, which says the versions of this machine's tools.

inputs := $(sort book/book.adoc book/evidence.json book/foreign.txt book/middleboxes.csv book/defaults.csv Makefile README.md tests/tests.mk \
    $(wildcard book/chapters/* book/forms/* book/extensions/* book/theme/* book/images/*) \
    $(filter-out examples/bin/%,$(wildcard examples/Makefile examples/*/*)) $(wildcard tests/claims/*) tests/replay)

# The search's library, Debian's libjs-lunr.
lunr := /usr/share/javascript/lunr/lunr.min.js
$(lunr):
	@printf '%s is missing: make deps\n' $@; exit 1

# Where the book is published, and where its source is kept (book.adoc).
SITE_URL ?=
REPOSITORY ?=

# A file that is gone is a change as well, and so are these two. (Help
# writes nothing.)
ifneq ($(MAKECMDGOALS),help)
given := $(inputs) $(SITE_URL) $(REPOSITORY)
ifneq ($(file <build/inputs),$(given))
$(shell mkdir -p build)
$(file >build/inputs,$(given))
endif
endif

asciidoctor := asciidoctor -r ./book/extensions/book.rb -v --failure-level=INFO \
    -a attribute-missing=warn -a reproducible -a imagesdir=images \
    $(if $(SITE_URL),-a site-url=$(SITE_URL)) $(if $(REPOSITORY),-a repository=$(REPOSITORY))

.PHONY: site single
site: build/site/index.html ## compile and replay every example, check and render build/site/
single: build/book.html ## the book as one HTML file, build/book.html

# Rendered beside, while the transcripts are replayed, and put in place
# when both have succeeded: a failure leaves the old book. One make at a
# time does either, so that two in one tree do not mix their files.
alone = exec {lock}>build/$(1).lock; flock $$lock;

build/site.new/index.html: $(inputs) $(lunr) build/inputs build/headers
	$(call say,render,build/site)
	$(Q)$(call alone,site) rm -rf build/site.part; mkdir -p build/site.part/source/{book,tests}; \
	$(asciidoctor) -b site -D build/site.part -o index.html book/book.adoc; \
	cp -r $(addprefix book/theme/,book.css book.js calculator.js icon.svg) $(wildcard book/images) build/site.part/; \
	cp -r examples build/site.part/source/; rm -rf build/site.part/source/examples/bin; \
	cp -r book/chapters build/site.part/source/book/; cp -r tests/claims build/site.part/source/tests/; \
	rm -rf build/site.new; mv build/site.part build/site.new

build/site/index.html: build/site.new/index.html build/transcripts/all
	$(Q)$(call alone,site) rm -rf build/site.part build/site; cp -r build/site.new build/site.part; mv build/site.part build/site

build/book.new.html: $(inputs) build/inputs build/headers
	$(call say,render,build/book.html)
	$(Q)$(call alone,book) $(asciidoctor) -b single -a data-uri -o $@ book/book.adoc

build/book.html: build/book.new.html build/transcripts/all
	$(Q)$(call alone,book) cp $< $@.part; mv $@.part $@

# Every name that the examples' headers know, for the check of names;
# those of other systems are not here.
build/headers: $(sources) book/book.mk
	$(Q)mkdir -p build
	$(Q){ printf '#define _GNU_SOURCE\n'; cat $(sources) | sed -n 's/^#include \(<.*>\)/#if __has_include(\1)\n&\n#endif/p'; } | $(CC) -E -dD -x c -o $@.$$$$ -; mv $@.$$$$ $@

# The manual page of keepalivectl.
build/keepalivectl.1: book/man/keepalivectl.adoc
	$(call say,man,$@)
	$(Q)mkdir -p $(@D); asciidoctor -b manpage -v --failure-level=INFO -a reproducible -o $@ $<

include book/publish.mk
