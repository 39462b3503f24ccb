#!/usr/bin/env bats
# What a standard asks for, where no other claim shows it.
load claim

# syn_with_option FILE: a capture of one SYN that carries the option, so
# that we know what tcpdump calls it.
syn_with_option() {
    printf '%b' '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0' \
        '\0\0\0\0\0\0\0\0\x2c\0\0\0\x2c\0\0\0' \
        '\x45\0\0\x2c\0\0\0\0\x40\x06\0\0\xc0\0\x02\x01\xc6\x33\x64\x01' \
        '\x04\0\x1b\x58\0\0\0\0\0\0\0\0\x60\x02\xff\xff\0\0\0\0\x1c\x04\0\x3c' >"$1"
}

@test "half-open-data: A host that has lost its memory of a connection answers data with RST, and the sender needs no keepalive to learn of it." {
    own_network
    local to
    for to in server server6; do
        try "lab -c 'start server silent-peer --host $to --port 7000 --deaf-at 999 >/dev/null; after 1 bash -c \"power-off server && power-on server\"; in-flight --no-keepalive --send-at 6 --limit 9 $to 7000; on server nstat -asz TcpOutRsts; probes client'"
        prints "connected to $to, keepalive off"
        prints 'lab: bash -c power-off server && power-on server'
        prints 'sent a byte'
        prints 'ECONNRESET'
        prints 'client has sent 0 keepalive probes'
        [[ $output =~ TcpOutRsts\ +[1-9] ]]
    done
    saw error ECONNRESET
    saw probes 0
}

@test "each-connection: Of two connections to one peer, one can have keepalive while the other has none." {
    own_network
    try "lab -c 'start server serve --host server --port 7000 --quiet
        timers --no-keepalive --limit 4 server 7000 >without & timers --idle 1 --interval 1 --limit 4 server 7000 >with
        wait; tr -s \" \" <without; tr -s \" \" <with; rm without with'"
    local without=${output%%keepalive on*}
    local with=${output#*keepalive on}
    [[ $output == *'keepalive off'*'keepalive on: 1 s, 1 s, 6'* ]]
    [[ $without == *' 1.5 s off - 1 '*' 3.5 s off - 3 '* ]]
    [[ $without != *' s keepalive '* ]]
    [[ $with == *' 1.5 s keepalive 1 s 0 '*' 3.5 s keepalive 1 s 0 '* ]]
    [[ $with != *' s off '* ]]
    saw one keepalive
    saw other off
}

@test "one-probe-user-timeout: With a user timeout no longer than idle time and one interval, a single one does so too, whatever the count." {
    own_network
    # The cable is out for the first probe, and back for the second.
    try "lab -c 'start server silent-peer --host server --port 7000 --deaf-at 999 >/dev/null; after 1 unplug server; after 3 plug server; detect --idle 2 --interval 3 --count 9 --user-timeout 1000 --limit 9 server 7000; probes client'"
    prints 'keepalive on: 2 s, 3 s, 9'
    prints 'lab: plug server'
    saw_time silence ETIMEDOUT
    prints 'client has sent 1 keepalive probes'
    saw probes 1
}

@test "one-probe: With a count of one, a single probe without an answer ends the connection." {
    own_network
    local count
    for count in 2 1; do
        try "lab -c 'start server silent-peer --host server --port 7000 --deaf-at 999 >/dev/null; after 1 unplug server; after 3 plug server; detect --idle 2 --interval 3 --count $count --limit 7 server 7000; probes client'"
        prints "keepalive on: 2 s, 3 s, $count"
        prints 'lab: plug server'
        [[ $count == 1 ]] || prints 'still connected'
    done
    saw_time silence ETIMEDOUT
    prints 'client has sent 1 keepalive probes'
    saw probes 1
}

@test "empty-again: A probe that is repeated is as empty as the first." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    try "lab -c 'start server silent-peer --host server --port 7000 --deaf-at 999 >/dev/null; capture client >wire; after 1 unplug server; detect --idle 2 --interval 1 --count 4 server 7000; sleep 0.3; grep probe wire'"
    prints 'keepalive on: 2 s, 1 s, 4'
    prints ETIMEDOUT
    local probes
    probes=$(grep -c 'keepalive probe$' <<<"$output")
    (($(grep -c ' ACK      seq 0    ack 1    0 bytes  keepalive probe$' <<<"$output") == probes))
    ((probes >= 4))
    saw bytes 0
}

@test "answer-without: A host answers a probe whether its own end of the connection has keepalive or not." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    local own
    for own in '--idle 60' --no-keepalive; do
        try "lab -c 'start server serve --host server --port 7000 $own; capture client >wire; detect --idle 1 --interval 1 --limit 3 server 7000; sleep 0.3; grep -e probe -e answer wire'"
        prints 'connected to server, keepalive on: 1 s, 1 s, 6'
        [[ $own == --no-keepalive ]] || prints 'server: client 1: keepalive on'
        prints 'still connected'
        prints '  keepalive probe'
        (($(grep -c '  answer$' <<<"$output") == $(grep -c '  keepalive probe$' <<<"$output")))
    done
    prints 'server: client 1: keepalive off'
    saw own-keepalive 'keepalive off'
}

@test "no-timeout-option: With TCP_USER_TIMEOUT set, no segment of a connection carries the TCP User Timeout Option." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    syn_with_option option.pcap
    try 'tcpdump -Z root -n -r option.pcap | grep -c "options .*uto"'
    [[ $output == *$'\n'1 ]]
    try "lab -c 'start server silent-peer --host server --port 7000 --deaf-at 999 >/dev/null; on router tcpdump -Z root -n -l -i client tcp >wire 2>log & until grep -q listening log; do sleep 0.1; done; in-flight --user-timeout 4000 --send-at 2 --idle 1 --interval 1 --limit 2 server 7000; sleep 0.5; grep -c uto wire; cat wire'"
    prints 'user timeout 4000 ms'
    prints 'unacknowledged bytes: 0'
    # The SYN, the end of the handshake and the probe, the byte.
    [[ $output =~ 'Flags [S], '.*'options [mss '.*'Flags [.], '.*'options [nop,nop,TS '.*'Flags [P.], ' ]]
    prints_not uto
    prints_not unknown
    saw segments-with-it 0
}
