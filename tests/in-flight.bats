#!/usr/bin/env bats
# in-flight and full: their options, and what they do when something
# else happens than the book shows.
load helper

setup() {
    PATH=$bin:$PATH
}

# refused PROGRAM ARGUMENT...: wrong usage, and the last argument is named.
refused() {
    run -2 timeout 10 "$@"
    has "$1: "
    has "'${*: -1}'"
}

@test "in-flight, full: bad values are refused by name" {
    for program in in-flight full; do
        for option in idle interval; do
            for value in 0 -1 32768 1e9 abc '' 5x; do refused "$program" "--$option" "$value"; done
        done
        for value in 0 -1 128 1e9 abc '' 5x; do refused "$program" --count "$value"; done
        for value in -1 1e9 abc ''; do refused "$program" --user-timeout "$value"; done
        for value in 0 -1 abc ''; do refused "$program" --limit "$value"; done
    done
    for option in send-at every; do
        for value in -1 1e9 abc '' 1.5; do refused in-flight "--$option" "$value"; done
    done
}

@test "in-flight, full: hosts and ports that do not exist, and a closed port, are said plainly" {
    for program in in-flight full; do
        for port in nonsense '' 0 65536 -1; do
            run -2 "$program" -- 127.0.0.1 "$port"
            has "PORT '$port': not a whole number from 1 to 65535"
        done
        run -1 "$program" 127.0.0.1 1
        has 'connect to 127.0.0.1: Connection refused'
        run -1 timeout 20 "$program" nowhere.invalid 80
        has 'nowhere.invalid: '
    done
}

# bats test_tags=slow
@test "in-flight: a byte that is acknowledged is not sent again, and keepalive goes on" {
    run -1 silent-peer --deaf-at 60 -- in-flight --idle 1 --interval 1 --count 1 --limit 3 '{host}' '{port}'
    has 'still connected after 3'
    has 'unacknowledged bytes: 0, sent again: no'
    has 'unanswered keepalive probes: 0'
}

# bats test_tags=slow
@test "in-flight: a peer that closes is no timeout" {
    run -0 silent-peer --close-at 2 -- in-flight --user-timeout 9000 '{host}' '{port}'
    has ': the peer has closed'
    [[ $output != *'predicted 9 s'* ]]
}

# bats test_tags=slow
@test "in-flight: a peer that was restarted answers the repeated byte with RST" {
    run -0 silent-peer --reboot-at 2 -- in-flight '{host}' '{port}'
    has ': ECONNRESET'
    has 'unacknowledged bytes: 1, sent again: yes'
}

# bats test_tags=slow
@test "in-flight: death by keepalive, after the byte was acknowledged, is not predicted by the user timeout" {
    run -0 silent-peer --deaf-at 2 -- in-flight --idle 1 --interval 1 --count 1 --user-timeout 1000 '{host}' '{port}'
    has ': ETIMEDOUT'
    has 'unacknowledged bytes: 0'
    [[ $output != *'predicted 1 s: ETIMEDOUT'* ]]
}

# bats test_tags=slow
@test "full: a peer that reads is never full, and that is a failure at the limit" {
    run -1 silent-peer --deaf-at 60 -- full --limit 1 '{host}' '{port}'
    has 'not full after 1 s: the peer reads'
}

# bats test_tags=slow
@test "full: a peer that is killed ends it at once" {
    run -0 timeout 20 ruby -rsocket -e '
        listener = TCPServer.new("127.0.0.1", 0)
        listener.close_on_exec = true
        out = IO.popen([ARGV[0], "--limit", "9", "127.0.0.1", listener.local_address.ip_port.to_s])
        client = listener.accept
        loop do
          line = out.gets or break
          puts line
          client.close if line.start_with?("full:") # unread data: RST
        end' "$bin/full"
    has ': ECONNRESET'
}
