#!/usr/bin/env bats
# How the pages look, and whether they are what the standards want.
load web

@test "look: axe finds nothing on any wide page, light or dark" {
    look axeWide
}

@test "look: axe finds nothing on any page of a phone, light or dark" {
    look axePhone
}

@test "look: axe finds nothing in the search, in the evidence and in the contents" {
    look axeOpened
}

@test "look: nothing scrolls sideways on 320 px, or at 400 %" {
    look narrow
}

@test "look: nothing is cut off where text is spaced widely" {
    look spacing
}

@test "look: marks, buttons and the focus can be seen, light, dark and without motion" {
    look visible stillness
}

@test "look: marks, buttons and the focus can be seen in colours that the reader forces" {
    look forcedColours
}

@test "look: on paper stands the text and no control" {
    look paper
}

@test "look: the reference card is one sheet of paper" {
    local -A pages
    for page in card why; do
        timeout --kill-after=5 60 chromium --headless --no-sandbox --user-data-dir="$BATS_TEST_TMPDIR/$page" \
            --no-pdf-header-footer --print-to-pdf="$BATS_TEST_TMPDIR/$page.pdf" "file://$site/$page.html"
        pages[$page]=$(pdfinfo "$BATS_TEST_TMPDIR/$page.pdf" | sed -n 's/^Pages: *//p')
    done
    [[ ${pages[card]} == 1 ]]
    # And a chapter is more, so it is pages that are counted.
    [[ ${pages[why]} -gt 1 ]]
}

@test "valid: pages and stylesheet, to the last warning" {
    run -0 vnu "$site"/*.html "$site"/*.css
    [[ -z $output ]]
}

@test "valid: the book as one file" {
    run -0 vnu "$book"
    [[ -z $output ]]
}

@test "valid: the EPUB" {
    run -0 epubcheck "$epub"
    has 'Messages: 0 fatals / 0 errors / 0 warnings / 0 infos'
}
