#!/usr/bin/env bats
# The pictures that the build makes from transcripts and evidence: they
# show what is in there, in every form of the book, and nothing else.
load helper

site=$root/build/site
chapter=book/chapters/01-why.adoc

# pictured FOLDER: what tests/pictured.rb says of the pages in it.
pictured() {
    ruby "$root/tests/pictured.rb" "$root" "$1"/*.html
}

# asked: the ids of all pictures in the chapters.
asked() {
    sed -nE '/^\[#/{N;N;s/^\[#([a-z-]+)\]\n\..*\n(sequence|timeline|countdown|moments)::.*\[\]$/\1/p}' "$root"/book/chapters/*.adoc
}

# picture KIND SOURCE: adds one to a chapter of the copy.
picture() {
    printf '\n[#picture-%s]\n.A caption\n%s::%s[]\n' "${3-extra}" "$1" "$2" >>"$chapter"
}

# refused TEXT: the render fails at a line of that chapter, and says TEXT.
refused() {
    run -2 make build/site.new/index.html
    has "01-why.adoc: line"
    has "$1"
}

@test "pictures: labels, times and lost segments are those of the transcript or the evidence" {
    run -0 pictured "$site"
    printf '%s\n' "$output"
    [[ $(grep -c ' ok$' <<<"$output") == $(asked | wc -l) ]]
    (($(asked | wc -l) >= 4))
    run ! grep -v ' ok$' <<<"$output"
}

@test "pictures: the comparison sees what is wrong, missing or too much" {
    local page
    page=$(grep -l '<figure class="picture"' "$site"/*.html | xargs grep -l 'keepalive probe, seq 0</text>' | head -n 1)
    cp "$page" "$BATS_TEST_TMPDIR/page.html"
    cd "$BATS_TEST_TMPDIR"
    try() {
        sed "$1" page.html >changed.html
        run ! cmp -s page.html changed.html
        run -0 ruby "$root/tests/pictured.rb" "$root" changed.html
        has "$2"
    }
    try 's/keepalive probe, seq 0<\/text>/keepalive probe, seq 1<\/text>/' ': labels '
    try '0,/<text class="middle"[^>]*>SYN<\/text>/s///' ': labels '
    try 's/>0 s<\/text>/>1 s<\/text>/' ': times '
    try 's/l9 9m0 -9l-9 9/l9 9/' ': lost ones 0, not '
    try 's/<desc id="[^"]*">[^<]*/&<desc>/; s/<desc/<disc/' ': text alternative false'
    try 's/<figure class="picture" id="/&x/' 'is asked for in no chapter'
    has 'is on no page'
}

@test "pictures: the text alternative tells each segment, and which was lost" {
    local id
    while read -r id; do
        story=$(cat "$site"/*.html | sed -n "s/.*<desc id=\"$id-story\">\\([^<]*\\)<.*/\\1/p")
        ((${#story} > 40))
        # As often as there are arrows; lost as often as there are crosses.
        figure=$(cat "$site"/*.html | sed -n "/<figure class=\"picture\" id=\"$id\"/,/<\\/figure>/p")
        if [[ $story == *'time downward'* ]]; then
            [[ $(grep -oE '[a-z0-9]+ to [a-z0-9]+, ' <<<"$story" | wc -l) == $(grep -cE 'class="middle( lost| probe)?( strong)?".*[A-Zabk1-9]' < <(grep -v slant <<<"$figure" | grep -vE '>(client|server)6?<')) ]]
            [[ $(grep -o ', lost\.' <<<"$story" | wc -l) == $(grep -c 'l9 9m0 -9l-9 9' <<<"$figure" || :) ]]
        fi
    done < <(asked)
}

@test "pictures: ids are told apart, and there is neither a style attribute nor a script" {
    for page in "$site"/*.html "$root/build/book.html"; do
        [[ -z $(grep -oE ' id="[^"]*"' "$page" | sort | uniq -d) ]]
        run ! grep -zoE '<svg[^>]*>([^<]|<[^/]|</[^s])*( style=| on[a-z]+=|<script|<style)' "$page"
    done
    (($(grep -c '<svg viewBox' "$root/build/book.html") == $(asked | wc -l)))
}

@test "pictures: PDF and EPUB hold each, with the same words, and the EPUB its text alternative" {
    pdftotext "$root/build/book.pdf" "$BATS_TEST_TMPDIR/pdf"
    local id title
    while read -r id; do
        title=$(sed -nE "/^\[#$id\]/{n;s/^\.//p}" "$root"/book/chapters/*.adoc)
        tr '\n' ' ' <"$BATS_TEST_TMPDIR/pdf" | grep -qE "Picture [0-9]+\. $title"
        svg=$(unzip -p "$root/build/book.epub" "OEBPS/pictures/$id.svg")
        ruby -r rexml/document -e 'REXML::Document.new($stdin.read)' <<<"$svg"
        # The same text, in the same order, in the page and in the file.
        diff <(cat "$site"/*.html | sed -n "/<figure class=\"picture\" id=\"$id\"/,/<\\/figure>/p" | grep -oP '<text.*?</text>' | sed 's/<[^>]*>//g') \
            <(grep -oP '<text.*?</text>' <<<"$svg" | sed 's/<[^>]*>//g')
        while read -r text; do
            grep -qF "$text" "$BATS_TEST_TMPDIR/pdf"
        done < <(grep -oP '<text.*?</text>' <<<"$svg" | sed 's/<[^>]*>//g; s/&gt;/>/g')
    done < <(asked)
    [[ $(unzip -p "$root/build/book.epub" 'OEBPS/*.xhtml' | grep -oE '<img src="pictures/[a-z-]+\.svg" alt="[^"]{40,}"' | wc -l) == $(asked | wc -l) ]]
    pdffonts "$root/build/book.pdf" | tail -n +3 | awk '$(NF - 4) != "yes" { exit 1 }'
}

# bats test_tags=slow
@test "pictures: the same tree gives the same bytes; a transcript in a picture alone is shown" {
    copy_project
    cp examples/segments/segments.transcript examples/segments/segments-extra.transcript
    picture sequence examples/segments/segments-extra.transcript
    picture timeline examples/detect/detect-reset.transcript again
    make -s build/site.new/index.html
    grep -q 'id="picture-extra-title">A caption<' build/site.new/why.html
    grep -q '>probe, reset</text>' build/site.new/why.html
    cp build/site.new/why.html before.html
    touch book/book.adoc
    make -s build/site.new/index.html
    cmp before.html build/site.new/why.html
}

# bats test_tags=slow
@test "pictures: what cannot be drawn is refused by name, with file and line" {
    copy_project
    picture sequence examples/segments/nothing.transcript 1
    picture sequence examples/segments/segments.c 2
    picture sequence examples/segments/segments-help.transcript 3
    picture timeline examples/check/check.transcript 4
    picture timeline examples/detect/detect-closed.transcript 5
    picture countdown examples/detect/detect.transcript 6
    picture moments no-such-claim 7
    picture moments user-timeout 8
    sed 's/predicted 4 s/predicted 4.5 s/' examples/detect/detect.transcript >examples/detect/detect-odd.transcript
    picture timeline examples/detect/detect-odd.transcript 9
    printf '\n[#picture-10]\nsequence::examples/segments/segments.transcript[]\n\n.A caption\nsequence::examples/segments/segments.transcript[]\n' >>"$chapter"
    refused 'sequence::examples/segments/nothing.transcript[] is not there'
    for words in 'sequence::examples/segments/segments.c[] is no transcript of an example' \
        'sequence::examples/segments/segments-help.transcript[] shows no segment with its time' \
        'timeline::examples/check/check.transcript[] does not say with which values' \
        'timeline::examples/detect/detect-closed.transcript[] does not say that a connection timed out' \
        'countdown::examples/detect/detect.transcript[] has no row that timers printed' \
        'moments::no-such-claim[] is a claim without accepted evidence' \
        'moments::user-timeout[] has no times that were predicted, with what was set' \
        'timeline::examples/detect/detect-odd.transcript[] was predicted to end after 4.5 s' \
        'the picture of examples/segments/segments.transcript has no title' \
        'the picture of examples/segments/segments.transcript has no id'; do has "$words"; done
}

# bats test_tags=slow
@test "pictures: the caption is prose, and its numbers are checked" {
    copy_project
    printf '\n[#picture-extra]\n.A caption of 11 seconds\nsequence::examples/segments/segments.transcript[]\n\nIt goes on.\n' >>"$chapter"
    refused "bare number '11 seconds'"
}
