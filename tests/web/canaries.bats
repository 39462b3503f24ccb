#!/usr/bin/env bats
# Faults planted in a copy of the site: each must be found, and by its name.
load web

# plant HTML: into the text of one page.
plant() {
    copy_site
    sed -i "s|</main>|$1&|" site/enable.html
    grep -qF "$1" site/enable.html
}

@test "canary: axe sees a link without a name" {
    plant '<p><a href="why.html"></a></p>'
    mkdir one
    cp -r site/enable.html site/*.css site/*.js site/source one/
    site=$PWD/one
    run -1 look axeWide
    has 'enable.html, wide, system light: axe: link-name'
}

@test "canary: an inline script breaks the policy, in both browsers" {
    plant '<script>document.title = "planted"</script>'
    run -1 look phone
    has 'enable.html: console: '
    has "script-src 'self'"
    run -1 look --browser firefox phone
    has 'script-src-elem'
}

@test "canary: a request to another host is seen, in both browsers" {
    plant '<img src="http://192.0.2.1/planted.png" alt="">'
    run -1 look --over file phone
    has 'enable.html: asks another host: http://192.0.2.1/planted.png'
    # Firefox asks only where the policy does not forbid it.
    sed -i 's|<meta http-equiv="Content-Security-Policy"[^>]*>||' site/enable.html
    run -1 look --over file --browser firefox phone
    has 'asks another host: http'
}

@test "canary: an error of the script is seen, in both browsers" {
    copy_site
    printf 'setTimeout(() => { throw new Error("planted") })\n' >>site/book.js
    run -1 look phone
    has 'enable.html: uncaught: planted'
    run -1 look --browser firefox phone
    has 'enable.html: uncaught: '
    has planted
}

@test "canary: a picture that is not there is missed, in both browsers" {
    plant '<img src="planted.png" alt="">'
    run -1 look phone
    has 'enable.html: 404 for planted.png'
    run -1 look --browser firefox phone
    has '404 for planted.png'
}

@test "canary: a site without its script has lost what the script does" {
    copy_site
    : >site/book.js
    run -1 look search
    run -1 look theme
    run -1 look copy
    has 'no copy button'
}

@test "canary: vnu sees a fault of a page and one of the stylesheet" {
    plant '<p><div></div></p>'
    run -1 vnu site/*.html
    has 'enable.html'
    has 'No “p” element in scope but a “p” end tag seen'
    printf 'main { colour: red; }\n' >>site/book.css
    run -1 vnu site/*.css
    has 'colour'
}

@test "canary: epubcheck sees that a book is none" {
    printf 'planted\n' >"$BATS_TEST_TMPDIR/book.epub"
    run -1 epubcheck "$BATS_TEST_TMPDIR/book.epub"
    has FATAL
}

@test "canary: what takes too long is ended, and nothing of it stays" {
    export TMPDIR=$BATS_TEST_TMPDIR/temporary
    mkdir "$TMPDIR"
    for how in 'chromium --seconds 0.1' 'chromium --seconds 2' 'firefox --seconds 0.1' 'firefox --seconds 3'; do
        # shellcheck disable=SC2086 # words
        run -1 look --browser $how turn
        has 'not done after '
        run -0 ls "$TMPDIR"
        [[ -z $output ]]
        run ! pgrep -f "$TMPDIR"
    done
}

@test "canary: wrong usage is named" {
    for wrong in '' 'nosuch' '--browser lynx search' '--over pigeon search' '--seconds soon search' '--nosuch search'; do
        # shellcheck disable=SC2086 # words
        run -2 look $wrong
        has 'usage: '
    done
}

@test "canary: every scenario stands in a test" {
    run -0 node "$web/web.mjs" --list
    ((${#lines[@]} > 10))
    for scenario in "${lines[@]}"; do grep -qE "^    look .*\b$scenario\b" "$web"/{reader,look}.bats; done
}
