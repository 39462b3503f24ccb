#!/usr/bin/env bats
# timers: its options, and the ends that it sees.
load helper

setup() {
    PATH=$bin:$PATH
}

@test "timers: bad values are refused by name" {
    for option in idle interval count send-at limit; do
        for value in 0 -1 1000001 1e9 abc '' 5x; do
            run -2 timers "--$option" "$value" 127.0.0.1 80
            has "timers: $option '$value': not a whole number from 1 to"
        done
    done
    for port in nonsense '' 0 65536; do
        run -2 timers -- 127.0.0.1 "$port"
        has "PORT '$port': not a whole number from 1 to 65535"
    done
    run -2 timers 127.0.0.1
    has 'usage: timers'
    run -2 timers 127.0.0.1 80 surplus
    has "unexpected 'surplus'"
}

@test "timers: a closed port and an unknown host are said plainly" {
    run -1 timers 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 timeout 20 timers nowhere.invalid 80
    has 'nowhere.invalid: '
}

# bats test_tags=slow
@test "timers: says how the connection ends, over both IP versions" {
    run -0 silent-peer --close-at 1 -- timers "{host}" "{port}"
    has 'recv: the peer has closed'
    run -0 silent-peer --host ::1 -- timers --idle 1 --interval 1 --count 1 "{host}" "{port}"
    has '  1.5 s  keepalive     1 s         1        0           1 '
    has 'recv: ETIMEDOUT'
    run -0 silent-peer --reboot-at 0 -- timers --idle 1 --interval 1 --count 1 "{host}" "{port}"
    has 'recv: ECONNRESET'
}

# bats test_tags=slow
@test "timers: ends at the limit, and shows no timer without keepalive" {
    run -0 silent-peer --deaf-at 9 -- timers --no-keepalive --limit 1 "{host}" "{port}"
    has 'keepalive off'
    [[ ${lines[-1]} == '  0.5 s  off '* ]]
}
