#!/usr/bin/env bats
# ask: its options, and each way in which a question can go.
load helper

setup() {
    PATH=$bin:$PATH
}

# refused ARGUMENT...: wrong usage, and the last argument is named.
refused() {
    run -2 timeout 10 ask "$@"
    has "'${*: -1}'"
    has 'not a whole number'
}

@test "ask: bad values are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do refused "--$option" "$value"; done
    done
    for value in 0 -1 128 abc ''; do refused --count "$value"; done
    for value in -1 1e9 abc ''; do refused --pause "$value"; done
    for value in 0 -1 abc ''; do refused --limit "$value"; done
    for port in nonsense '' 0 65536 -1; do refused -- 127.0.0.1 "$port"; done
}

@test "ask: a closed port and a host that does not exist are said plainly" {
    run -1 ask 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 timeout 20 ask nowhere.invalid 80
    has 'nowhere.invalid: '
}

@test "ask: prints what the kernel holds, and no values when keepalive is off" {
    run -1 silent-peer --close-at 0 -- ask --idle 7 --interval 8 --count 9 '{host}' '{port}'
    has 'connected to 127.0.0.1, keepalive on: 7 s, 8 s, 9'
    has 'while quiet: closed by the peer'
    run -1 silent-peer --close-at 0 -- ask --no-keepalive '{host}' '{port}'
    has 'keepalive off'
    [[ $output != *'keepalive off:'* ]]
}

@test "ask: a peer that speaks first is not taken for an answer" {
    run -1 bash -c 'set -o pipefail; coproc socat -d -d TCP-LISTEN:0,bind=127.0.0.1 SYSTEM:"echo hello; sleep 2" 2>&1
        while read -r line <&"${COPROC[0]}"; do [[ $line != *"listening on"* ]] || break; done
        ask --pause 2 127.0.0.1 "${line##*:}"'
    has 'the peer speaks before it is asked'
}

# bats test_tags=slow
@test "ask: an answer, none, one that nobody acknowledges, RST" {
    run -0 lab -c 'start server serve --quiet --host server --port 7000
        ask --pause 1 server 7000'
    has 'asks after 1.0 s, predicted 1 s'
    has 'answered after 0.0 s, predicted 0 s'
    run -1 silent-peer --deaf-at 9 -- ask --pause 0 --limit 1 '{host}' '{port}'
    has 'no answer after 1.0 s, predicted 1 s'
    has 'bytes unacknowledged: 0'
    run -1 silent-peer -- ask --pause 1 --limit 1 '{host}' '{port}'
    has 'bytes unacknowledged: 6'
    run -1 silent-peer --reboot-at 1 -- ask --pause 2 '{host}' '{port}'
    has 'after asking, recv() failed: ECONNRESET'
    run -1 silent-peer -- ask --idle 1 --interval 1 --count 1 --pause 4 '{host}' '{port}'
    has 'while quiet, recv() failed: ETIMEDOUT'
}
