#!/usr/bin/env bats
# The program keepalive on Windows: compiled by mingw-w64, run by Wine.
load web

@test "windows: keepalive is compiled for it, and sets its values under Wine" {
    PATH=$PATH:/usr/lib/wine # where Debian has it without a wrapper
    x86_64-w64-mingw32-gcc -std=c17 -Wall -Wextra -Werror -o "$BATS_TEST_TMPDIR/keepalive.exe" \
        "$root/examples/keepalive/keepalive.c" -lws2_32
    cd "$BATS_TEST_TMPDIR"
    export WINEPREFIX=$BATS_TEST_TMPDIR/wine WINEDEBUG=-all HOME=$BATS_TEST_TMPDIR
    run -0 timeout --kill-after=5 120 bash -c 'wine64 keepalive.exe 60 10 6 | tr -d "\r"; exit "${PIPESTATUS[0]}"'
    # Its server ends itself, a little after its last program.
    timeout --kill-after=5 30 wineserver64 --wait || timeout 30 wineserver --wait
    printf '%s\n' "$output"
    has 'SO_KEEPALIVE                      1, reads back as 1'
    # A Wine that knows the options sets them; an older one, like an older
    # Windows, says that it does not (10042), and is told the other way.
    if [[ $output == *'error 10042'* ]]; then
        has 'SIO_KEEPALIVE_VALS 60000 ms, 10000 ms'
    else
        has 'TCP_KEEPIDLE                     60, reads back as 60'
        has 'TCP_KEEPINTVL                    10, reads back as 10'
        has 'TCP_KEEPCNT                       6, reads back as 6'
    fi
    run -2 timeout --kill-after=5 60 wine64 keepalive.exe 60 10 none
    has "COUNT 'none': not a whole number"
    timeout --kill-after=5 30 wineserver64 --wait || timeout 30 wineserver --wait
}
