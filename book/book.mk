# The book: from accepted things only (sources, accepted transcripts,
# accepted evidence), so the same tree gives the same bytes.

inputs := $(sort book/book.adoc book/evidence.json book/foreign.txt Makefile README.md tests/tests.mk \
    $(wildcard book/chapters/* book/extensions/* book/theme/* book/images/*) \
    $(filter-out examples/bin/%,$(wildcard examples/Makefile examples/*/*)) $(wildcard tests/claims/*) tests/replay)

# A file that is gone is a change as well.
ifneq ($(file <build/inputs),$(inputs))
$(shell mkdir -p build)
$(file >build/inputs,$(inputs))
endif

asciidoctor := asciidoctor -r ./book/extensions/book.rb -v --failure-level=INFO \
    -a attribute-missing=warn -a reproducible

.PHONY: site single
site: build/site/index.html $(replayed) ## compile and replay every example, check and render build/site/
single: build/book.html ## the book as one HTML file, build/book.html

# Rendered beside, then put in place: a failed render leaves nothing.
build/site/index.html: $(inputs) build/inputs build/headers
	$(call say,render,build/site)
	$(Q)rm -rf build/site.new && mkdir -p build/site.new/source/tests
	$(Q)$(asciidoctor) -b site -D build/site.new -o index.html book/book.adoc
	$(Q)cp book/theme/book.css build/site.new/
	$(Q)cp -r examples build/site.new/source/ && rm -rf build/site.new/source/examples/bin && cp -r tests/claims build/site.new/source/tests/
	$(Q)rm -rf build/site && mv build/site.new build/site

build/book.html: $(inputs) build/inputs build/headers
	$(call say,render,$@)
	$(Q)$(asciidoctor) -b single -a stylesheet=theme/book.css -a toc=left -o $@ book/book.adoc

# Every name that the examples' headers know, for the check of names.
build/headers: $(sources) book/book.mk
	$(Q)mkdir -p build
	$(Q){ printf '#define _GNU_SOURCE\n'; cat $(sources) | grep '^#include' | sort -u; } | $(CC) -E -dD -x c -o $@ -
