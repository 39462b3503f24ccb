#!/usr/bin/env bats
# keepalive-preload.so: what it sets, and what it leaves as it is.
load helper

setup_file() {
    gcc -std=c17 -Wall -Wextra -Werror -pthread -o "$BATS_FILE_TMPDIR/preloaded" "$BATS_TEST_DIRNAME/preloaded.c"
}

# with VARIABLE=VALUE... COMMAND: in a network of its own, with the library.
with() {
    timeout --kill-after=1 30 "$root/tests/private-network" env LD_PRELOAD="$bin/keepalive-preload.so" "$@"
}

@test "keepalive-preload: sets what the environment says, on what connects, listens and is accepted" {
    run -0 with KEEPALIVE_IDLE=61 KEEPALIVE_INTERVAL=11 KEEPALIVE_COUNT=7 KEEPALIVE_USER_TIMEOUT=90000 "$BATS_FILE_TMPDIR/preloaded" values
    printf '%s\n' "$output"
    for family in IPv4 IPv6; do
        has "$family"$'\nlistening: on 61/11/7 90000\nconnected: on 61/11/7 90000\naccepted: on 61/11/7 90000'
    done
    # Multipath TCP has no user timeout, and gets the rest all the same.
    has $'MPTCP\nlistening: on 61/11/7 -1\nconnected: on 61/11/7 -1\naccepted: on 61/11/7 -1'
    # What is not TCP is left alone.
    has $'Unix\nlistening: off'
    has $'UDP\nconnected: off'
}

@test "keepalive-preload: without an environment it is keepalive with the values of the system" {
    run -0 with "$BATS_FILE_TMPDIR/preloaded" values
    has $'IPv4\nlistening: on 7200/75/9 0\nconnected: on 7200/75/9 0'
}

@test "keepalive-preload: results, errno, flags and addresses are those without it" {
    run -0 timeout 30 "$root/tests/private-network" "$BATS_FILE_TMPDIR/preloaded"
    without=$output
    run -0 with KEEPALIVE_IDLE=61 KEEPALIVE_COUNT=7 KEEPALIVE_USER_TIMEOUT=1 "$BATS_FILE_TMPDIR/preloaded"
    diff <(printf '%s\n' "$without") <(printf '%s\n' "$output")
    [[ $(grep -c 'errno 1234' <<<"$output") -gt 10 && $(grep -c 'errno 9$' <<<"$output") == 3 ]]
}

@test "keepalive-preload: what the kernel refuses is left as it is, and nobody notices" {
    gcc -shared -fPIC -o "$BATS_TEST_TMPDIR/fault.so" "$root/tests/fault.c" -ldl
    run -0 with LD_PRELOAD="$bin/keepalive-preload.so:$BATS_TEST_TMPDIR/fault.so" FAULT=setsockopt:1:ENOMEM \
        KEEPALIVE_IDLE=61 "$BATS_FILE_TMPDIR/preloaded" values
    has $'IPv4\nlistening: on 7200/75/9'
    has $'connected: on 61/75/9'
    for n in 1 2 3 4; do
        run -0 with LD_PRELOAD="$bin/keepalive-preload.so:$BATS_TEST_TMPDIR/fault.so" FAULT="getsockopt:$n:ENOMEM" "$BATS_FILE_TMPDIR/preloaded"
        printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/$n"
    done
    diff "$BATS_TEST_TMPDIR/1" <(timeout 30 "$root/tests/private-network" "$BATS_FILE_TMPDIR/preloaded")
    diff "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/4"
}

@test "keepalive-preload: bad settings are reported once and not used" {
    local long
    long=$(printf '9%.0s' {1..60000})
    for value in 0 -1 32768 abc '' ' 5' +5 5x 5.0 0x10 1e3 %s%n%s $'5\n' "$long"; do
        for name in IDLE INTERVAL; do
            run -0 with "KEEPALIVE_$name=$value" "$BATS_FILE_TMPDIR/preloaded" values
            has "keepalive-preload: KEEPALIVE_$name '${value:0:40}"
            has 'not a whole number from 1 to 32767, not used'
            [[ $(grep -c 'keepalive-preload:' <<<"$output") == 1 ]]
            has 'connected: on 7200/75/9 0'
        done
    done
    for value in 0 128 -5; do
        run -0 with KEEPALIVE_COUNT="$value" KEEPALIVE_IDLE=61 "$BATS_FILE_TMPDIR/preloaded" values
        has "KEEPALIVE_COUNT '$value': not a whole number from 1 to 127"
        has 'connected: on 61/75/9 0'
    done
    run -0 with KEEPALIVE_USER_TIMEOUT=2147483648 "$BATS_FILE_TMPDIR/preloaded" values
    has 'not a whole number from 1 to 2147483647'
}

@test "keepalive-preload: many threads at once" {
    run -0 with KEEPALIVE_IDLE=61 "$BATS_FILE_TMPDIR/preloaded" threads
    [[ $output == '2400 connections' ]]
}

@test "keepalive-preload: has no names but those four" {
    run -0 nm -D --defined-only "$bin/keepalive-preload.so"
    [[ $(awk '{ print $3 }' <<<"$output" | sort | xargs) == 'accept accept4 connect listen' ]]
}
