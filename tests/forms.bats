#!/usr/bin/env bats
# The other forms of the book: PDF, EPUB, and the examples as a zip.
load helper

pdf=$root/build/book.pdf
epub=$root/build/book.epub
zip=$root/build/examples.zip

# chapters: the id and the title of each chapter, from the source.
chapters() {
    ruby -rasciidoctor -rcgi -e '
        book = Asciidoctor.load_file(ARGV[0], safe: :unsafe)
        book.sections.each { |chapter| puts "#{chapter.id} #{CGI.unescapeHTML(chapter.title.gsub(/<[^>]*>/, ""))}" }' \
        "$root/book/book.adoc"
}

# words PAGE: its text, all blanks and line ends as one blank.
words() {
    pdftotext -f "$1" -l "$1" "$pdf" - | tr -s '[:space:]' ' '
}

# foreign FILE...: places of this machine in it, and what is fetched from elsewhere.
foreign() {
    grep -anE "$root|/usr/share/|/home/|(src|href|url)[=(]\"?(https?:)?//|@import" "$@"
}

@test "pdf: it is a sound A4 book with title, authors, subject, keywords and language" {
    run -0 pdfinfo "$pdf"
    for line in 'Title: +TCP Keepalive for Linux' 'Author: +The authors of TCP' 'Subject: +How to notice' \
        'Keywords: +TCP, keepalive' 'Page size: .*\(A4\)'; do
        grep -qE "^$line" <<<"$output"
    done
    (($(sed -n 's/^Pages: *//p' <<<"$output") > 50))
    run -0 --separate-stderr qpdf --json --json-key=qpdf "$pdf"
    has '"/Lang": "u:en-GB"'
    run -0 qpdf --check "$pdf"
    has 'No syntax or stream encoding errors found'
    run -0 --separate-stderr pdftotext "$pdf" -
    [[ -z $stderr ]]
    # And the check itself can fail.
    head -c 90000 "$pdf" >"$BATS_TEST_TMPDIR/half.pdf"
    run ! qpdf --check "$BATS_TEST_TMPDIR/half.pdf"
}

@test "pdf: every font is embedded" {
    run -0 bash -c "pdffonts '$pdf' | tail -n +3"
    for font in CharisSIL OpenSans JetBrainsMono; do has "+$font"; done
    [[ $(awk '$(NF - 4) == "yes"' <<<"$output") == "$output" ]]
}

@test "pdf: no page is empty, and none ends in a heading or the title of a listing" {
    # bad TEXT: the pages of TEXT, parted by form feeds, that are so.
    bad() {
        ruby -e '
            File.read(ARGV[0]).split("\f").each.with_index(1) do |page, number|
                lines = page.lines.map(&:strip).reject { |line| line.empty? || line.match?(/\ATCP Keepalive for Linux +\d+\z/) }
                puts "page #{number}" if lines.join(" ").split.length < 12 || lines.last.match?(/\A(?:\d+\.\d+\. (?!.*(?: \.){3})|Listing \d+\.)/)
            end' "$1"
    }
    cd "$BATS_TEST_TMPDIR"
    pdftotext -layout "$pdf" text
    run -0 bad text
    [[ -z $output ]]
    # And the check itself can fail.
    printf '%s\f' 'Words.' $'More words than there are on a page that has got nothing to say.\n 5.6. A heading \n\n TCP Keepalive for Linux   2\n' >text
    run -0 bad text
    [[ $output == $'page 1\npage 2' ]]
}

@test "pdf: outline and contents name every chapter, and the page that it begins on" {
    qpdf --json --json-key=outlines "$pdf" >"$BATS_TEST_TMPDIR/outline"
    # What follows the contents on these pages has no such lines.
    contents=$(pdftotext -layout -f 3 -l 8 "$pdf" - | tr -s ' ')
    while read -r _ title; do
        page=$(ruby -rjson -e '
            entries = JSON.parse(File.read(ARGV[0]))["outlines"]
            puts entries.select { |entry| entry["title"].end_with?(ARGV[1]) }.map { |entry| entry["destpageposfrom1"] }' \
            "$BATS_TEST_TMPDIR/outline" "$title")
        printf '%s: %s\n' "$title" "$page"
        [[ $(words "$page") == *"$title"* ]]
        grep -q "^[0-9. ]*${title}[ .]* $page\$" <<<"$contents"
    done < <(chapters; printf 'index Index\n')
}

@test "pdf: every line of code and of output is whole, and in its order" {
    cd "$BATS_TEST_TMPDIR"
    pdftotext -layout -nopgbrk "$pdf" text
    ruby "$root/tests/shown.rb" --in text
    # And the check itself can fail: a line that is broken in two.
    sed '0,/if (setsockopt(/s//if (setsock\nopt(/' text >broken
    run -1 ruby "$root/tests/shown.rb" --in broken
    has 'not whole'
}

# Reads the text of an index, prints "PAGE TERM" for each page of each entry.
entries() {
    ruby -e '
        # An entry may go on over the foot of a page and the head of the next.
        text = STDIN.read.gsub(/\n+\d+\n+Index\n+/, "\n").gsub(/-\n+(?=\d)/, "-").gsub(/\n+(?=\d)/, " ")
        # A hyphen at the end of a line is lost: 142-143 becomes 142143.
        text = text.gsub(/(?<=, )\d{4,}/) { |pages| pages.dup.insert(pages.length / 2, "-") }
        # One may go on in the next column, which is read elsewhere.
        text = text.gsub(/, \d+-$/, "")
        text.scan(/^(\S.*?)((?:, \d+(?:-\d+)?)+)$/) do |term, pages|
            pages.scan(/(\d+)(?:-(\d+))?/) { |from, to| (from.to_i..(to || from).to_i).each { |page| puts "#{page} #{term}" } }
        end'
}

# right: reads such lines, prints those whose page does not have the term.
right() {
    local page term
    while read -r page term; do
        [[ ${text[$page]=$(words "$page")} == *"$term"* ]] || printf 'page %s has no %s\n' "$page" "$term"
    done
}

@test "pdf: the index is right, and names options, errors, functions, programs and terms" {
    declare -A text=()
    pages=$(pdfinfo "$pdf" | sed -n 's/^Pages: *//p')
    index=$(pdftotext -nopgbrk -f $((pages - 9)) "$pdf" - | sed -n '/^Index$/,$p' | entries)
    for term in TCP_KEEPIDLE ETIMEDOUT 'recv()' tcp_keepalive_time detect 'idle time'; do grep -qx "[0-9]* $term" <<<"$index"; done
    (($(grep -c TCP_KEEPIDLE <<<"$index") >= 3))
    # The ledger would be on every page of it.
    ledger=$(pdftotext -layout -f 3 -l 8 "$pdf" - | sed -n 's/^ *The ledger[ .]* \. *\([0-9]*\)$/\1/p')
    [[ $ledger =~ ^[0-9]+$ ]]
    [[ -z $(awk -v ledger="$ledger" '$1 >= ledger' <<<"$index") ]]
    run -0 right <<<"$index"
    printf '%s\n' "$output"
    [[ -z $output ]]
    # And the check itself can fail.
    read -r page _ < <(grep TCP_KEEPIDLE <<<"$index")
    run -0 right <<<"$(printf 'TCP_KEEPIDLE, %s, 1-\n2\n' "$page" | entries)"
    [[ $output == $'page 1 has no TCP_KEEPIDLE\npage 2 has no TCP_KEEPIDLE' ]]
}

@test "pdf: the reference card is one page" {
    run -0 pdftotext -layout -f 3 -l 6 "$pdf" -
    card=$(sed -n 's/^ *Reference card [ .]* //p' <<<"$output")
    next=$(sed -n 's/^ *The calculator [ .]* //p' <<<"$output")
    ((card > 0 && next - card == 1))
}

@test "epub: mimetype comes first and is stored, and all that is there is in the manifest" {
    run -0 zipinfo -1 "$epub"
    [[ ${lines[0]} == mimetype ]]
    [[ $(zipinfo "$epub" mimetype) == *' stor '* && $(unzip -p "$epub" mimetype) == application/epub+zip ]]
    cd "$BATS_TEST_TMPDIR"
    unzip -q "$epub"
    [[ -f META-INF/container.xml ]]
    grep -oE 'href="[^"]*"' OEBPS/package.opf | sed '/"bk01-toc.xhtml"/!b; s/$/ package.opf/' | tr -d '"' | sed 's/href=//' | tr ' ' '\n' | sort -u >listed
    (cd OEBPS; find . -type f -printf '%P\n' | sort) >there
    diff listed there
    for name in 'dc:title[^>]*>TCP Keepalive for Linux<' 'dc:language[^>]*>en<' 'dc:creator[^>]*>The authors' \
        'dc:rights>[^<]*CC BY 4.0' 'dc:identifier[^>]*>urn:uuid:[0-9a-f-]{36}<' 'properties="cover-image"' 'properties="nav"'; do
        grep -qE "$name" OEBPS/package.opf
    done
    run ! grep -q dc:publisher OEBPS/package.opf
    grep -qE 'dcterms:modified">[0-9-]{10}T00:00:00Z<' OEBPS/package.opf
}

@test "epub: every chapter is a page and in the contents, and every link leads somewhere" {
    cd "$BATS_TEST_TMPDIR"
    unzip -q "$epub"
    cd OEBPS
    while read -r id title; do
        grep -qF "$title" "$id.xhtml"
        grep -q "<a href=\"$id.xhtml\">" bk01-toc.xhtml
        grep -q "<item [^>]*href=\"$id.xhtml\"" package.opf
    done < <(chapters)
    # dead: links that lead nowhere.
    dead() {
        ruby -e '
            pages = Dir["*.xhtml"].to_h { |name| [name, File.read(name)] }
            pages.each do |name, text|
                text.scan(/href="([^"#]*)(?:#([^"]*))?"/) do |page, id|
                    page = name if page.empty?
                    puts "#{name}: #{page}##{id}" unless File.exist?(page) && (id.nil? || pages[page].include?(%( id="#{id}")))
                end
            end'
    }
    run -0 dead
    printf '%s\n' "$output"
    [[ -z $output ]]
    sed -i 's/ id="dead-peer"//' enable.xhtml
    run -0 dead
    has '#dead-peer'
}

@test "epub: every claim is in the ledger, and its marks lead there" {
    cd "$BATS_TEST_TMPDIR"
    unzip -q "$epub"
    while read -r name; do
        grep -q "id=\"claim-$name\"" OEBPS/ledger.xhtml
        grep -q "<a class=\"claim\"[^>]* href=\"ledger.xhtml#claim-$name\">✓" OEBPS/*.xhtml
    done < <(ruby -r "$root/book/extensions/evidence" -e 'puts Evidence.claims.keys')
}

@test "epub: code and output are there to the letter, with their callouts" {
    cd "$BATS_TEST_TMPDIR"
    unzip -q "$epub"
    pages=$(sed -n 's/.*<item .*href="\([a-z0-9-]*.xhtml\)".*/OEBPS\/\1/p' OEBPS/package.opf)
    # shellcheck disable=SC2086 # one name a word
    ruby -rcgi -e '
        ARGV.each do |page|
            File.read(page).scan(%r{<pre[^>]*>(.*?)</pre>}m) { |text,| puts CGI.unescapeHTML(text.gsub(/<[^>]*>/, "")) }
        end' $pages | sed 's/[[:space:]]*$//' >text
    diff <(ruby "$root/tests/shown.rb" | sed 's/[[:space:]]*$//') text
    grep -q '❷' text
}

@test "zip: unpacked, the examples are built by cc and make alone" {
    cd "$BATS_TEST_TMPDIR"
    unzip -q "$zip"
    [[ $(ls) == keepalive-examples ]]
    diff -r --exclude=bin keepalive-examples "$root/examples" >differs || true
    [[ $(<differs) == 'Only in keepalive-examples: LICENSE' ]]
    env -i PATH="$PATH" make -C keepalive-examples
    [[ -x keepalive-examples/bin/lab ]]
    run -0 keepalive-examples/bin/check --help
}

@test "forms: none holds a place of this machine, or fetches anything" {
    cd "$BATS_TEST_TMPDIR"
    qpdf --qdf --object-streams=disable "$pdf" pdf
    unzip -q "$epub" -d epub
    unzip -q "$zip" -d zip
    run ! foreign pdf -r epub zip
    # And the check itself can fail.
    printf '<img src="https://example.org/a.png"/>' >page
    run -0 foreign page
}

# bats test_tags=slow
@test "forms: two builds of the same tree give the same bytes, ask no network and warn of nothing" {
    copy_project
    rm -rf build/new build/*.pdf build/*.epub build/*.zip build/cover.svg
    umask 077
    find examples book -exec touch -d 2001-01-01 {} +
    TZ=Asia/Tokyo run -0 strace -f -qq -e trace=connect -o net make pdf epub build/examples.zip
    [[ $(awk '{ print $1 }' <<<"$output" | sort | tr '\n' ' ') == 'print render zip ' ]]
    run ! grep AF_INET net
    cmp build/book.pdf "$pdf"
    cmp build/book.epub "$epub"
    cmp build/examples.zip "$zip"
    run -0 make pdf epub
    has "Nothing to be done for 'epub'"
    # Another date gives other bytes, and the trace sees a network.
    SOURCE_DATE_EPOCH=0 run -0 make -B build/new/book.epub
    [[ $(unzip -p build/new/book.epub OEBPS/package.opf) == *'dcterms:modified">1970-01-01T00:00:00Z'* ]]
    run -1 strace -f -qq -e trace=connect -o net bash -c ': </dev/tcp/127.0.0.1/9'
    grep -q AF_INET net
}

# bats test_tags=slow
@test "forms: a picture and the terms of the index come out; a wrong glyph stops the PDF" {
    copy_project
    mkdir -p book/images
    printf '%s' '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40" viewBox="0 0 200 40">' \
        '<text x="5" y="25" font-family="system-ui, sans-serif">a quiet connection</text></svg>' >book/images/quiet.svg
    printf '\nimage::quiet.svg[A quiet connection]\n\nA ((conversation)) that nobody hears.\n(((silence, of a peer)))\nIt goes on.footnote:[A note about it.]\n' >>book/chapters/01-why.adoc
    # Terms may stand before a claim, and in it.
    sed -i 's/^A new TCP socket has keepalive off\. claim/(((default)))\nA new ((TCP socket)) has keepalive off. claim/' book/chapters/03-enable.adoc
    run -0 make build/new/book.pdf build/new/book.epub build/site.new/index.html
    pdf=build/new/book.pdf
    [[ $(pdftotext "$pdf" -) == *'a quiet connection'* ]]
    [[ $(pdftotext -layout "$pdf" - | grep 'A note about it' | tr -s ' ') == *'[1] A note about it.' ]]
    index=$(pdftotext -nopgbrk -f 90 "$pdf" - | sed -n '/^Index$/,$p')
    for term in conversation 'of a peer' default 'TCP socket'; do grep -qE "^$term, [0-9]+\$" <<<"$index"; done
    pdffonts "$pdf" | tail -n +3 | awk '$(NF - 4) != "yes" { exit 1 }'
    zipinfo -1 build/new/book.epub | grep -qx OEBPS/images/quiet.svg
    [[ $(unzip -p build/new/book.epub OEBPS/package.opf) == *'href="images/quiet.svg" media-type="image/svg+xml"'* ]]
    grep -q 'A conversation that nobody hears' build/site.new/why.html
    run ! grep -E 'silence, of|\(\((conv|TCP|def)' build/site.new/why.html build/site.new/enable.html
    printf '\nA sign that no font has: \U13000.\n' >>book/chapters/01-why.adoc
    run -2 make build/new/book.pdf
    has 'Could not locate the character'
}

# bats test_tags=slow
@test "forms: what is published is the site and the four files, and two makes at once leave it whole" {
    copy_project
    rm -rf build/publish build/new build/book.* build/examples.zip
    make -s publish & first=$!
    make -s publish
    wait "$first"
    for file in book.pdf book.epub book.html examples.zip; do cmp "build/publish/$file" "$root/build/$file"; done
    diff <(cd build/site; find . | sort) <(cd build/publish; find . ! -name 'book.[peh]*' ! -name examples.zip | sort)
    run -0 make publish
    has "Nothing to be done for 'publish'"
}
