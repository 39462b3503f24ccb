#!/usr/bin/env bats
# heartbeat: its options, and each way in which it can end.
load helper

setup() {
    PATH=$bin:$PATH
}

# refused ARGUMENT...: wrong usage, and the last argument is named.
refused() {
    run -2 timeout 10 heartbeat "$@"
    has "'${*: -1}'"
    has 'not a whole number'
}

@test "heartbeat: bad values are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do refused "--$option" "$value"; done
    done
    for value in 0 -1 128 abc ''; do refused --count "$value"; done
    for option in every patience limit; do
        for value in 0 -1 1e9 abc ''; do refused "--$option" "$value"; done
    done
    for port in nonsense '' 0 65536 -1; do refused -- 127.0.0.1 "$port"; done
}

@test "heartbeat: a closed port, and a peer that closes" {
    run -1 heartbeat 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 silent-peer --close-at 0 -- heartbeat --idle 7 --interval 8 --count 9 '{host}' '{port}'
    has 'connected to 127.0.0.1, keepalive on: 7 s, 8 s, 9'
    has 'closed by the peer'
}

# bats test_tags=slow
@test "heartbeat: keepalive may end the connection first" {
    run -1 silent-peer -- heartbeat --every 9 --idle 1 --interval 1 --count 1 '{host}' '{port}'
    has 'recv() failed: ETIMEDOUT'
}

# bats test_tags=slow
@test "heartbeat: a server that answers nothing, or half, is given up; one that talks too much is well" {
    run -1 silent-peer --deaf-at 9 -- heartbeat --every 1 --patience 1 '{host}' '{port}'
    has 'given up after 1.0 s, predicted 1 s'
    has 'TCP says: connected, bytes unacknowledged: 0'
    local answer
    for answer in half twice; do
        coproc peer { exec socat -d -d TCP-LISTEN:0,bind=127.0.0.1 SYSTEM:"$(declare -f "$answer"); $answer" 2>&1; } 3>&-
        while read -r -t 5 line <&"${peer[0]}"; do [[ $line != *'listening on'* ]] || break; done
        run timeout 20 heartbeat --every 1 --patience 1 --limit 3 127.0.0.1 "${line##*:}"
        case $answer in
            half) has 'given up after 1.0 s' ;;
            twice) has 'well after 3.0 s, predicted 3 s' ;;
        esac
    done
}
half() { while read -r line; do printf 'are you'; done; }
twice() { while read -r line; do printf '%s\n%s\n' "$line" "$line"; done; }
