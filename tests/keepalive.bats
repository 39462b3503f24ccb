#!/usr/bin/env bats
# The program keepalive: its words, and which calls it makes on systems
# that are not here. Their headers stand in tests/systems, with a
# setsockopt() that prints what it is called with.
load helper

setup() {
    PATH=$bin:$PATH
}

# on SYSTEM WORD...: compiles the program with that system's names, and
# runs it.
on() {
    gcc -std=gnu17 -Wall -Wextra -Werror -include "$BATS_TEST_DIRNAME/systems/$1.h" \
        -o "$BATS_TEST_TMPDIR/$1" "$root/examples/keepalive/keepalive.c"
    run "$BATS_TEST_TMPDIR/$1" "${@:2}"
}

# calls: the calls that were made, "LEVEL OPTION VALUE" each.
calls() {
    sed -n 's/^setsockopt //p' <<<"$output" | paste -sd ,
}

@test "keepalive: bad words are refused by name" {
    for value in 0 -1 32768 1e9 abc '' 5x; do
        run -2 keepalive "$value" 10 6
        has "keepalive: IDLE '$value': not a whole number from 1 to 32767"
        run -2 keepalive 60 "$value" 6
        has "INTERVAL '$value'"
        run -2 keepalive 60 10 "$value"
        has "COUNT '$value'"
    done
    for words in '' '60 10' '60 10 6 1'; do
        # shellcheck disable=SC2086 # words
        run -2 keepalive $words
        has 'usage: keepalive IDLE INTERVAL COUNT'
    done
}

@test "keepalive: output that cannot be written is a failure" {
    run -1 bash -c 'keepalive 60 10 6 >/dev/full'
    has 'standard output: cannot write'
}

@test "keepalive: on FreeBSD and NetBSD it makes four calls, in seconds" {
    on freebsd 60 10 6
    [[ $(calls) == '65535 8 1,6 256 60,6 512 10,6 1024 6' ]]
    has 'SO_KEEPALIVE                      1, reads back as 8'
    on netbsd 60 10 6
    [[ $(calls) == '65535 8 1,6 3 60,6 5 10,6 6 6' ]]
}

@test "keepalive: on DragonFly BSD before 5.7.2 seconds are given as milliseconds" {
    on dragonfly 60 10 6
    [[ $(calls) == '65535 8 1,6 256 60000,6 512 10000,6 1024 6' ]]
}

@test "keepalive: on OpenBSD it turns keepalive on, and says what it cannot set" {
    on openbsd 60 10 6
    [[ $status == 0 && $(calls) == '65535 8 1' ]]
    has "the idle time is the system's"
    has "interval and count are the system's"
}

@test "keepalive: on macOS the idle time has another name" {
    on macos 60 10 6
    [[ $(calls) == '65535 8 1,6 16 60,6 257 10,6 258 6' ]]
    has 'TCP_KEEPALIVE                    60'
}

@test "keepalive: on illumos TCP_KEEPIDLE comes before the names that are older" {
    on illumos 60 10 6
    [[ $(calls) == '65535 8 1,6 34 60,6 36 10,6 35 6' ]]
}

@test "keepalive: on an older Solaris there are two thresholds, in milliseconds" {
    on solaris 60 10 6
    [[ $(calls) == '65535 8 1,6 22 60000,6 23 60000' ]]
    on solaris 60 32767 32767
    [[ $status == 1 ]]
    has 'interval and count: too long'
}

@test "keepalive: another value of an option is another call" {
    # The comparison itself can fail.
    sed 's/256/257/' "$BATS_TEST_DIRNAME/systems/freebsd.h" >"$BATS_TEST_TMPDIR/other.h"
    cp "$BATS_TEST_DIRNAME/systems/mock.h" "$BATS_TEST_TMPDIR"
    gcc -std=gnu17 -include "$BATS_TEST_TMPDIR/other.h" -o "$BATS_TEST_TMPDIR/other" "$root/examples/keepalive/keepalive.c"
    run -0 "$BATS_TEST_TMPDIR/other" 60 10 6
    [[ $(calls) != '65535 8 1,6 256 60,6 512 10,6 1024 6' ]]
}
