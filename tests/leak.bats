#!/usr/bin/env bats
# The program leak: its options, and what it says when nothing leaks.
load helper

setup() {
    PATH=$bin:$PATH
}

@test "leak: bad values are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do
            run -2 leak "--$option" "$value"
            has "leak: $option '$value'"
        done
    done
    for value in 0 -1 128 abc ''; do
        run -2 leak --count "$value"
        has "leak: count '$value'"
    done
    for option in limit fin-timeout; do
        for value in 0 -1 abc ''; do
            run -2 leak "--$option" "$value"
            has "leak: $option '$value'"
        done
    done
}

@test "leak: too few words, too many, and what is no port are wrong usage" {
    run -2 leak 127.0.0.1
    has 'usage: leak'
    run -2 leak 127.0.0.1 80 surplus
    has "unexpected 'surplus'"
    run -2 leak 127.0.0.1 nonsense
    has "PORT 'nonsense': not a whole number from 1 to 65535"
}

@test "leak: a closed port and an unknown host are said plainly" {
    run -1 leak 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 timeout 20 leak nowhere.invalid 80
    has 'nowhere.invalid: '
}

# bats test_tags=slow
@test "leak: a peer that does not close is said at the limit, with exit status 1" {
    run -1 silent-peer --deaf-at 60 -- leak --limit 1 '{host}' '{port}'
    has 'not closed by the peer after 1 s, the limit'
}

# bats test_tags=slow
@test "leak: a peer that dies instead of closing is no leak" {
    run -1 silent-peer -- leak --idle 1 --interval 1 --count 1 '{host}' '{port}'
    has 'keepalive on: 1 s, 1 s, 1'
    has "ended, but not by the peer's close: CLOSE"
}
