#!/usr/bin/env bats
# The pages as they were rendered.
load helper

site=$root/build/site

@test "book: every link and every picture leads somewhere" {
    mkdir "$BATS_TEST_TMPDIR/site"
    cp "$site"/*.html "$site"/*.css "$BATS_TEST_TMPDIR/site/"
    cp -r "$site/source" "$BATS_TEST_TMPDIR/site/"
    run htmlproofer --disable-external --check-html --allow-hash-href "$BATS_TEST_TMPDIR/site"
    has 'finished successfully'
    # The one-file book leads nowhere but into itself.
    mkdir "$BATS_TEST_TMPDIR/single"
    cp "$root/build/book.html" "$BATS_TEST_TMPDIR/single/"
    htmlproofer --disable-external --check-html --allow-hash-href "$BATS_TEST_TMPDIR/single"
    # And the check itself can fail.
    sed -i 's/href="detect.html"/href="detekt.html"/' "$BATS_TEST_TMPDIR/site/index.html"
    run -1 htmlproofer --disable-external "$BATS_TEST_TMPDIR/site"
    has detekt.html
}

@test "book: the words are spelt as in the dictionary or in words.txt" {
    run -0 bash -c "hunspell -H -l -d en_GB -p '$root/tests/words.txt' '$site'/*.html | sort -u"
    printf '%s\n' "$output"
    [[ -z $output ]]
    run -0 bash -c "hunspell -H -l -d en_GB -p '$root/tests/words.txt' <<<'<p>sporlling</p>'"
    [[ $output == sporlling ]]
}

@test "book: no common typing error in any source" {
    run -0 bash -c "cd '$root' && git ls-files --cached --others --exclude-standard | grep -v '^tests/words.txt' | xargs codespell --ignore-words-list=rouge"
}

@test "book: one page a chapter, each with its title, its one h1, prev and next" {
    for chapter in "$root"/book/chapters/[0-9]*.adoc; do
        slug=$(sed -n 's/^\[#\([a-z-]*\),.*/\1/p' "$chapter" | head -n 1)
        [[ -n $slug ]] || continue
        page=$site/$slug.html
        [[ $(grep -c '<h1' "$page") == 1 ]]
        grep -q '<title>.* · TCP Keepalive for Linux</title>' "$page"
        grep -q 'rel="prev"' "$page"
        grep -q 'aria-current="page"' "$page"
        grep -q '<meta name="description"' "$page"
    done
    grep -q 'rel="next"' "$site/index.html"
}

@test "book: every claim is in the ledger, with kernel and date, and the marks lead to it" {
    while read -r name; do
        grep -q "id=\"claim-$name\"" "$site/ledger.html"
        grep -q "href=\"ledger.html#claim-$name\" class=\"claim\"" "$site"/*.html
        grep -q "id=\"claim-$name\"" "$root/build/book.html"
    done < <(ruby -r "$root/book/extensions/evidence" -e 'puts Evidence.claims.keys')
    grep -qE 'on Linux [0-9.]+, [0-9-]{10}' "$site/ledger.html"
    grep -q '7200 s' "$site/check.html"
}

# bats test_tags=slow
@test "book: where two kernels differ the ledger shows both, where they agree it says so once" {
    copy_project
    ruby -rjson -e '
        e = JSON.parse(File.read("book/evidence.json"))
        %w[own-values given-up].each do |name|
          on = e[name]["on"]
          on.replace({ "Linux 5.4.3" => JSON.parse(JSON.generate(on.values.last)) }.merge(on))
        end
        e["own-values"]["on"]["Linux 5.4.3"]["saw"]["this-socket"]["value"] = "59"
        e["given-up"]["on"]["Linux 5.4.3"]["saw"]["silence"]["value"] = "4.3"
        File.write("book/evidence.json", JSON.generate(e))'
    run -0 make build/site.new/index.html
    entry() { sed -n "/id=\"claim-$1\"/,/id=\"claim-/p" build/site.new/ledger.html; }
    [[ $(entry own-values) == *'Saw on Linux 5.4.3'*'this socket: 59 s'*'Saw on Linux 6'*'this socket: 60 s'* ]]
    [[ $(entry given-up) != *'Saw on'* ]]
    [[ $(entry given-up) == *'silence: 4.'*'on Linux 5.4.3, '*'; Linux 6'* ]]
}

@test "book: a listing's title leads to its source, byte for byte" {
    grep -q 'href="source/examples/detect/detect.c"' "$site/detect.html"
    cmp "$site/source/examples/detect/detect.c" "$root/examples/detect/detect.c"
}

@test "book: no page asks another host for anything" {
    run ! grep -nE '(src|srcset|action)="(https?:)?//|<link[^>]+href="(https?:)?//|@import|url\(' \
        "$site"/*.html "$site"/*.css "$root/build/book.html"
}

@test "book: no page holds a path of the machine that built it" {
    run ! grep -n "$root" -r "$site" "$root/build/book.html"
}

@test "book: each page is under 30 KB compressed" {
    for page in "$site"/*.html; do
        size=$(cat "$page" "$site/book.css" | gzip -9 | wc -c)
        printf '%s %d\n' "${page##*/}" "$size"
        ((size < 30720))
    done
}

# bats test_tags=slow
@test "book: two builds of the same tree give the same bytes" {
    copy_project
    rm -rf build/site* build/book*
    TZ=Asia/Tokyo make -s site build/book.html
    diff -r build/site "$site"
    cmp build/book.html "$root/build/book.html"
}

# bats test_tags=slow
@test "book: a picture is copied to the site, and stands in the one-file book" {
    copy_project
    mkdir -p book/images
    printf '<svg xmlns="http://www.w3.org/2000/svg"/>\n' >book/images/dot.svg
    printf '\nimage::dot.svg[A dot]\n' >>book/chapters/01-why.adoc
    make -s site single
    grep -q 'src="images/dot.svg"' build/site/why.html
    cmp build/site/images/dot.svg book/images/dot.svg
    grep -q "src=\"data:image/svg+xml;base64,$(base64 -w 0 book/images/dot.svg)\"" build/book.html
}
