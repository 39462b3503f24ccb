#!/usr/bin/env bats
# The pages as they were rendered.
load helper

site=$root/build/site

@test "book: every link and every picture leads somewhere" {
    mkdir "$BATS_TEST_TMPDIR/site"
    cp -r "$site/." "$BATS_TEST_TMPDIR/site/"
    run htmlproofer --disable-external --check-html --allow-hash-href "$BATS_TEST_TMPDIR/site"
    has 'finished successfully'
    # The one-file book leads nowhere but into itself.
    mkdir "$BATS_TEST_TMPDIR/single"
    cp "$root/build/book.html" "$BATS_TEST_TMPDIR/single/"
    htmlproofer --disable-external --check-html --allow-hash-href "$BATS_TEST_TMPDIR/single"
    # And the check itself can fail.
    sed -i 's/href="why.html"/href="whi.html"/' "$BATS_TEST_TMPDIR/site/index.html"
    run -1 htmlproofer --disable-external "$BATS_TEST_TMPDIR/site"
    has whi.html
}

@test "book: the words are spelt as in the dictionary or in words.txt" {
    run -0 bash -c "hunspell -H -l -d en_GB -p '$root/tests/words.txt' '$site'/*.html | sort -u"
    printf '%s\n' "$output"
    [[ -z $output ]]
    run -0 bash -c "hunspell -H -l -d en_GB -p '$root/tests/words.txt' <<<'<p>sporlling</p>'"
    [[ $output == sporlling ]]
}

@test "book: no common typing error in any source" {
    cd "$root"
    run -0 xargs -a <(sources | grep -vE '^tests/(words.txt|web/package-lock.json)$') codespell --ignore-words-list=rouge
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

# taught DIR: the numbered chapters there that lack what a course needs.
taught() {
    local page part
    grep -l '<h1 id="[a-z-]*">[0-9]' "$1"/*.html | while read -r page; do
        for part in 'class="ulist objectives"' 'class="ulist keypoints"' 'class="exampleblock exercise"' '<summary class="title">A model answer'; do
            grep -q "$part" "$page" || printf '%s: no %s\n' "${page##*/}" "$part"
        done
    done
}

@test "book: each numbered chapter has objectives, key points, and an exercise whose answer is folded away" {
    run -0 taught "$site"
    [[ -z $output ]]
    (($(grep -l '<h1 id="[a-z-]*">[0-9]' "$site"/*.html | wc -l) >= 10))
    run ! grep -l '<details open' "$site"/*.html
    # And the check itself can fail.
    sed 's/A model answer/An answer/' "$site/why.html" >"$BATS_TEST_TMPDIR/why.html"
    run -0 taught "$BATS_TEST_TMPDIR"
    [[ $output == 'why.html: no <summary class="title">A model answer' ]]
}

@test "book: every claim is in the ledger, with kernel and date, and the marks lead to it" {
    while read -r name; do
        grep -q "id=\"claim-$name\"" "$site/ledger.html"
        page=$(grep -l "popovertarget=\"evidence-$name\"" "$site"/*.html)
        grep -q "id=\"evidence-$name\" popover" "$page"
        grep -q "href=\"ledger.html#claim-$name\">In the ledger" "$page"
        grep -q "id=\"claim-$name\"" "$root/build/book.html"
    done < <(ruby -r "$root/book/extensions/evidence" -e 'puts Evidence.claims.keys')
    grep -qE 'on Linux [0-9.]+, [0-9-]{10}' "$site/ledger.html"
    grep -q '7200 s' "$site/enable.html"
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
        e["given-up"]["on"]["Linux 5.4.3"]["saw"]["silence"]["value"] = "9.3"
        File.write("book/evidence.json", JSON.generate(e))'
    run -0 make build/site.new/index.html
    entry() { sed -n "/id=\"claim-$1\"/,/id=\"claim-/p" build/site.new/ledger.html; }
    [[ $(entry own-values) == *'Saw on Linux 5.4.3'*'this socket: 59 s'*'Saw on Linux 6'*'this socket: 60 s'* ]]
    [[ $(entry given-up) != *'Saw on'* ]]
    [[ $(entry given-up) == *'silence: 9.'*'on Linux 5.4.3, '*'; Linux 6'* ]]
}

@test "book: no page asks another host for anything" {
    run ! grep -nE '(src|srcset|action)="(https?:)?//|<link rel="(stylesheet|icon|preload)[^>]+href="(https?:)?//|@import|url\(' \
        "$site"/*.html "$site"/*.css "$root/build/book.html"
    run ! grep -nE 'https?://|fetch\(|XMLHttpRequest|eval\(' "$root"/book/theme/*.js
}

# policy FILE: the security policy that a page carries.
policy() {
    grep -oP '(?<=Content-Security-Policy" content=")[^"]*' "$1"
}

@test "book: every page carries the security policy of server.conf, and nothing on it needs an exception" {
    for page in "$site"/*.html; do
        [[ $(policy "$page") == "default-src 'none'"*"script-src 'self'"* ]]
        grep -qF "Content-Security-Policy \"$(policy "$page"); frame-ancestors 'none'\"" "$root/book/theme/server.conf"
        run ! grep -nE '<style|<script>|<script [^>]*>[^<]| style="| on[a-z]+="|javascript:|src="data:' "$page"
    done
}

@test "book: the one-file book allows its own style and script by their hashes" {
    allowed=$(policy "$root/build/book.html")
    for element in style script; do
        hash=$(ruby -rdigest -e 'print Digest::SHA256.base64digest(File.read(ARGV[0])[%r{<#{ARGV[1]}>(.*?)</#{ARGV[1]}>}m, 1])' "$root/build/book.html" "$element")
        [[ $allowed == *"$element-src 'sha256-$hash'"* ]]
    done
    run ! grep -nE '<link rel="stylesheet|<script src|<img src="[^d]| style="| on[a-z]+="' "$root/build/book.html"
    (($(wc -c <"$root/build/book.html") < 1500000))
    # The server must not forbid what the page allows.
    own=$(sed -n '/location = \/book.html {/,/}/p' "$root/book/theme/server.conf")
    [[ $own == *"Content-Security-Policy \"frame-ancestors 'none'\""* && $own != *script-src* ]]
}

@test "book: without an address of its own it names none, and says what each page is" {
    run ! grep -E 'canonical|og:url' "$site"/*.html "$root/build/book.html"
    [[ ! -e $site/sitemap.xml ]]
    for page in "$site"/*.html; do
        [[ $page != */404.html ]] || continue
        grep -q '<meta property="og:title" content="[^"]' "$page"
        grep -q '<meta property="og:description" content="[^"]' "$page"
    done
    grep -q 'noindex' "$site/404.html"
    grep -q 'href="/why.html"' "$site/404.html"
    run ! grep -q 'noindex' "$site/index.html" "$root/build/book.html"
}

# bats test_tags=slow
@test "book: published elsewhere, with its source in a repository, the links say so" {
    copy_project
    make -s build/site.new/index.html SITE_URL=https://docs.example/keepalive REPOSITORY=https://git.example/keepalive/
    for page in build/site.new/*.html; do
        name=${page##*/}
        [[ $name != 404.html ]] || continue
        url=https://docs.example/keepalive/${name#index.html}
        grep -qF "<link rel=\"canonical\" href=\"$url\">" "$page"
        grep -qF "<meta property=\"og:url\" content=\"$url\">" "$page"
        grep -qF "<loc>$url</loc>" build/site.new/sitemap.xml
    done
    [[ $(grep -c '<loc>' build/site.new/sitemap.xml) == $(($(find build/site.new -maxdepth 1 -name '*.html' | wc -l) - 1)) ]]
    run ! grep -q canonical build/site.new/404.html
    grep -qF 'href="/keepalive/book.css"' build/site.new/404.html
    grep -qF 'href="https://git.example/keepalive/edit/main/book/chapters/01-why.adoc">Edit this page' build/site.new/why.html
    grep -qF 'href="https://git.example/keepalive/issues/new?title=why%3A%20">Report a mistake' build/site.new/why.html
}

@test "book: every page says on which kernel and when it was proved, and leads to its source" {
    for page in "$site"/*.html; do
        grep -qE '^<p>Proved on Linux [0-9.]+, <time>20[0-9-]{8}</time>' "$page"
        [[ $page != */404.html ]] || continue
        source=$(grep -oP 'href="source/\Kbook/chapters/[^"]*(?=">Source of this page)' "$page")
        cmp "$site/source/$source" "$root/$source"
        grep -q 'href="index.html#mistakes">Report a mistake' "$page"
    done
}

@test "book: each listing has a name to link to and its exact source file to download" {
    run -0 ruby -e '
        Dir["#{ARGV[0]}/*.html"].each do |page|
          html = File.read(page)
          listings = html.scan(%r{<div class="listingblock[^>]*>.*?</pre>}m)
          forms, listings = listings.partition { |l| l.start_with?("<div class=\"listingblock form\"") }
          abort "#{page}: a listing without its head" unless listings.length + forms.length == html.scan("<pre").length
          listings.each do |l|
            file = l[/class="file" href="source\/([^"]+)" download/, 1] or abort "#{page}: #{l[0, 200]}"
            abort "#{page}: no id: #{file}" unless l[/\A<div class="listingblock[^"]*" id="(code|run)-[\w-]+">/]
            abort file unless File.read("#{ARGV[0]}/source/#{file}") == File.read("#{ARGV[1]}/#{file}")
            puts file
          end
        end' "$site" "$root"
    ((${#lines[@]} > 50))
}

@test "book: the search knows every chapter and section, names and paths; no page loads it" {
    run -0 ruby -rjson -e '
        texts = JSON.parse(File.read("#{ARGV[0]}/search.js")[/^const texts = (.*);$/, 1])
        known = texts.map(&:first)
        Dir["#{ARGV[0]}/*.html"].each do |page|
          name = File.basename(page)
          next if name == "404.html"
          want = [name] + (name == "ledger.html" ? [] : File.read(page).scan(/<h2 id="([^"]+)"/).flatten.map { |id| "#{name}##{id}" })
          want.delete("index.html#downloads")
          abort "not in the search: #{want - known}" unless (want - known).empty?
        end
        all = texts.map(&:last).join(" ")
        %w[TCP_KEEPIDLE /proc/sys/net/ipv4 ECONNRESET].each { |word| abort word unless all.include?(word) }
        abort "marks: #{all[/.{30}[✓↓].{30}/]}" if all.gsub("like this one ✓", "").match?(/[✓↓]|Copy/)
        puts texts.length' "$site"
    ((output > 80))
    run ! grep -l 'search.js' "$site"/*.html
    (($(gzip -9c "$site/search.js" | wc -c) < 100000))
}

@test "book: from the first page it is one click to what a hanging connection wants, and to each use" {
    hang=$(sed -n '/exampleblock hang/,/exampleblock way/p' "$site/index.html")
    for target in enable.html#running override.html#detection-time heartbeat.html in-flight.html system.html#armed enable.html diagnosis.html; do
        grep -qF "href=\"$target\"" <<<"$hang"
        id=${target#*#}
        grep -qF "id=\"${id%.html}\"" "$site/${target%#*}"
    done
    for use in Read 'Follow along' Teach; do grep -qE "<h2 id=\"[^\"]*\"[^>]*>$use</h2>" "$site/index.html"; done
}

@test "book: no page holds a path of the machine that built it" {
    run ! grep -nE "(^|[^[:alnum:]._-])$root/" -r "$site" "$root/build/book.html"
}

@test "book: each page is under 30 KB compressed" {
    for page in "$site"/*.html; do
        size=$(cat "$page" "$site/book.css" "$site/book.js" | gzip -9 | wc -c)
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
