#!/usr/bin/env bats
# The image that serves the book.
load container

# get PATH [OPTION...]: headers and body.
get() {
    run -0 curl -s -i --max-time 10 "${@:2}" "http://127.0.0.1:$port$1"
    output=${output//$'\r'/}
}

serve_site() {
    port=$(free_port)
    started --read-only --cap-drop=all --security-opt no-new-privileges -p "127.0.0.1:$port:8080" keepalive-site
    until_true curl -sf --max-time 2 "http://127.0.0.1:$port/"
}

@test "site: serves pages, styles and scripts with their types, without any right and on a read-only root" {
    serve_site
    get /
    has 'HTTP/1.1 200'
    has 'Content-Type: text/html; charset=utf-8'
    has '<title>TCP Keepalive for Linux'
    get /enable.html
    has 'HTTP/1.1 200'
    get /book.css
    has 'Content-Type: text/css'
    get /book.js
    has 'javascript'
    get /icon.svg
    has 'Content-Type: image/svg+xml'
    get /source/examples/detect/detect.c
    has 'Content-Type: text/plain'
    has 'detect: '
    get /book.pdf --range 0-3
    has 'Content-Type: application/pdf'
    has '%PDF'
    get /book.epub --head
    has 'Content-Type: application/epub+zip'
    get /examples.zip --head
    has 'HTTP/1.1 200'
    # It carries a policy of its own, which a stricter one would undo.
    get /book.html --head
    has "Content-Security-Policy: frame-ancestors 'none'"
    get /
    has 'href="book.pdf"'
    get /source
    has 'Location: /source/'
}

@test "site: what is not there is the book's own 404, and nothing outside of it is served" {
    serve_site
    get /nothing.html
    has 'HTTP/1.1 404'
    has '<title>'
    has 'X-Content-Type-Options: nosniff'
    get /../../etc/passwd --path-as-is
    [[ $output != *root:* && $output == *'HTTP/1.1 4'* ]]
    get / -X POST
    has 'HTTP/1.1 405'
}

@test "site: headers for safety and caching, and a second visit costs nothing" {
    serve_site
    get /
    has 'X-Content-Type-Options: nosniff'
    has 'X-Frame-Options: DENY'
    has 'Referrer-Policy: no-referrer'
    has "Content-Security-Policy: default-src 'none'"
    has 'Cache-Control: no-cache'
    [[ $output != *nginx/* ]]
    [[ $output =~ ETag:\ (\"[^\"]+\") ]]
    get / -H "If-None-Match: ${BASH_REMATCH[1]}"
    has 'HTTP/1.1 304'
    get /why.html -H 'Accept-Encoding: gzip' --compressed
    has 'Content-Encoding: gzip'
    # By way of a proxy as well, and one of the old kind.
    get /why.html -H 'Accept-Encoding: gzip' -H 'Via: 1.1 proxy' --compressed --http1.0
    has 'Content-Encoding: gzip'
}

@test "site: nobody's process, and it ends at once when it is told to" {
    serve_site
    run -0 "$engine" exec "$name" sh -c 'grep -E "^(Uid|CapEff)" /proc/1/status; touch /srv/book/x 2>&1; true'
    has $'Uid:\t33'
    has $'CapEff:\t0000000000000000'
    has 'touch: cannot touch'
    start=$SECONDS
    "$engine" stop --time 20 "$name" >/dev/null
    ((SECONDS - start < 15))
}

@test "site: its own connections have keepalive" {
    serve_site
    run -0 "$engine" exec "$name" ss -Hlnto 'sport = :8080'
    has ':8080'
    exec 5<>"/dev/tcp/127.0.0.1/$port"
    until_true sh -c "$engine exec $name ss -Htno state established sport = :8080 | grep -q keepalive"
    exec 5<&-
}
