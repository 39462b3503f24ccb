# The other forms of the book: PDF, EPUB, the examples as a zip, and all
# that is put on a server. The same tree gives the same bytes here, too:
# what needs a date takes SOURCE_DATE_EPOCH, by default the day on which the
# newest evidence was seen.

ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell date -u -d "$$(grep -o '"date": "[0-9-]*' book/evidence.json | tr -dc '0-9\n-' | sort | tail -n 1)" +%s)
endif
export SOURCE_DATE_EPOCH

.PHONY: pdf
pdf: build/book.pdf ## the book for paper, build/book.pdf

# Made beside, while the transcripts are replayed, and put in place when
# both have succeeded.
define placed
build/$(1): build/new/$(1) build/transcripts/all
	$$(Q)$$(call alone,$(1)) cp $$< $$@.part; mv $$@.part $$@
endef
$(foreach form,book.pdf,$(eval $(call placed,$(form))))

build/cover.svg: book/theme/cover.svg.erb book/extensions/evidence.rb book/evidence.json book/publish.mk
	$(Q)mkdir -p build; erb -r ./book/extensions/evidence -r date $< >$@.$$$$; mv $@.$$$$ $@

authors := The authors of TCP Keepalive for Linux
build/new/book.pdf: $(inputs) build/inputs build/headers build/cover.svg book/publish.mk
	$(call say,print,build/book.pdf)
	$(Q)mkdir -p build/new; $(call alone,pdf) \
	$(asciidoctor) -r ./book/extensions/print.rb -b pdf -a compress -a author='$(authors)' \
	    -a pdf-theme=book/theme/pdf.yml -a pdf-fontsdir=/usr/share/fonts/truetype \
	    -a front-cover-image=image:../../build/cover.svg[fit=cover] -a preface-title='About this book' \
	    -a toc -a toc-title=Contents -a sectnumlevels=2 -a chapter-signifier=Chapter -a nofooter! \
	    -a index-pagenum-sequence-style=range -o $@.part book/book.adoc; mv $@.part $@
