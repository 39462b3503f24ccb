# The other forms of the book: PDF, EPUB, the examples as a zip, and all
# that is put on a server. The same tree gives the same bytes here, too:
# what needs a date takes SOURCE_DATE_EPOCH, by default the day on which the
# newest evidence was seen.

ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell date -u -d "$$(grep -o '"date": "[0-9-]*' book/evidence.json | tr -dc '0-9\n-' | sort | tail -n 1)" +%s)
endif
export SOURCE_DATE_EPOCH

.PHONY: pdf epub publish
pdf: build/book.pdf ## the book for paper, build/book.pdf
epub: build/book.epub ## the book for e-readers, build/book.epub
publish: build/publish/index.html ## all that is put on a server, build/publish/

# Made beside, while the transcripts are replayed, and put in place when
# both have succeeded.
define placed
build/$(1): build/new/$(1) build/transcripts/all
	$$(Q)$$(call alone,$(1)) cp $$< $$@.part; mv $$@.part $$@
endef
$(foreach form,book.pdf book.epub examples.zip,$(eval $(call placed,$(form))))

# An archive in folder $(1) of the names $(2), sorted, with fixed times
# and modes: cp has made new files, so only what they may do is kept.
dated = chmod -R u=rwX,go=rX $(1); find $(1) -type f -exec touch -d @$$SOURCE_DATE_EPOCH {} +
zipped = find $(1) -type f | sort | TZ=UTC zip -q -X9 -@ $(2)

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
	    -a index-pagenum-sequence-style=range -a pictures=build/pictures -o $@.part book/book.adoc; mv $@.part $@

# DocBook's own stylesheets say what they are doing; more than that is an
# error. The first file of an EPUB says what it is, uncompressed.
build/new/book.epub: $(inputs) build/inputs build/headers build/cover.svg book/publish.mk
	$(call say,render,build/book.epub)
	$(Q)mkdir -p build/new; $(call alone,epub) rm -rf build/epub build/new/book.epub.zip; mkdir -p build/epub/OEBPS; \
	$(asciidoctor) -r ./book/extensions/ebook.rb -b docbook5 -a authors-line='$(authors)' \
	    -a preface-title='About this book' -a pictures=build/epub/OEBPS/pictures -o build/epub.xml book/book.adoc; \
	TZ=UTC xsltproc --nonet --stringparam base.dir build/epub/OEBPS/ book/theme/epub.xsl build/epub.xml 2>build/epub.log || \
	    { cat build/epub.log >&2; exit 1; }; \
	if grep -v '^Generating ' build/epub.log >&2; then exit 1; fi; \
	cp -r build/cover.svg book/theme/epub.css $(wildcard book/images) build/epub/OEBPS/; \
	$(call dated,build/epub); \
	(cd build/epub; TZ=UTC zip -q -X0 ../new/book.epub.zip mimetype; $(call zipped,META-INF OEBPS,../new/book.epub.zip)); \
	mv build/new/book.epub.zip $@

build/new/examples.zip: $(filter examples/%,$(inputs)) LICENSE build/inputs book/publish.mk
	$(call say,zip,build/examples.zip)
	$(Q)mkdir -p build/new; $(call alone,zip) rm -rf build/zip build/new/examples.part.zip; mkdir build/zip; \
	cp -r examples build/zip/keepalive-examples; rm -rf build/zip/keepalive-examples/bin; cp LICENSE build/zip/keepalive-examples/; \
	$(call dated,build/zip); \
	(cd build/zip; $(call zipped,keepalive-examples,../new/examples.part.zip)); \
	mv build/new/examples.part.zip $@

# The site once more, now that the sizes of what it offers are known.
downloads := book.pdf book.epub book.html examples.zip
build/publish/index.html: build/site/index.html $(addprefix build/,$(downloads)) book/publish.mk
	$(call say,render,build/publish)
	$(Q)$(call alone,publish) rm -rf build/publish.part; cp -r build/site build/publish.part; \
	$(asciidoctor) -b site -a downloads="$$(cd build; stat -c '%n=%s' $(downloads) | tr '\n' ' ')" \
	    -a verified-date="$$(date -u -d @$$SOURCE_DATE_EPOCH +%F)" -D build/publish.part -o index.html book/book.adoc; \
	cp $(addprefix build/,$(downloads)) build/publish.part/; \
	rm -rf build/publish; mv build/publish.part build/publish
