#!/usr/bin/env bats
# Data that the peer has not acknowledged, or that waits for room.
load claim

# counted COUNTER: what the last command's nstat printed for it, where the
# number itself is nothing to rely on.
counted() {
    awk -v name="$1" '$1 == name { print $2 }' <<<"$output"
}

# no_probe: the last command counted keepalive probes, and there were none.
no_probe() {
    saw_count probes TcpExtTCPKeepAlive
    ((count == 0))
}

@test "unacknowledged: While data of yours is unacknowledged, keepalive does not give the peer up." {
    try 'silent-peer -- in-flight --idle 2 --interval 1 --count 2 --limit 7 {host} {port}'
    prints 'keepalive on: 2 s, 1 s, 2'
    prints 'still connected'
    prints 'unacknowledged bytes: 1'
    saw_time waited 'still connected'
}

@test "in-flight-probes: It does not even send a probe." {
    own_network
    try 'silent-peer -- detect --idle 2 --interval 1 --count 3 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive on: 2 s, 1 s, 3'
    prints ETIMEDOUT
    saw_count quiet TcpExtTCPKeepAlive
    ((count == 3))
    try 'silent-peer -- in-flight --idle 2 --interval 1 --count 3 --limit 7 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive on: 2 s, 1 s, 3'
    prints 'still connected'
    prints 'unacknowledged bytes: 1'
    no_probe
}

@test "in-flight-ipv6: With IPv6 it is the same: the byte is unacknowledged, the connection stays, no probe is sent." {
    own_network
    try 'silent-peer --host ::1 -- in-flight --idle 2 --interval 1 --count 2 --limit 7 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'connected to ::1, keepalive on: 2 s, 1 s, 2'
    prints 'unacknowledged bytes: 1'
    saw_time waited 'still connected'
    no_probe
}

@test "sent-again: What the kernel does instead is to send the byte again." {
    try 'silent-peer -- in-flight --no-keepalive --limit 2 {host} {port}'
    prints 'keepalive off'
    prints 'unacknowledged bytes: 1, sent again: yes'
    saw again yes
    try 'silent-peer --deaf-at 60 -- in-flight --no-keepalive --limit 2 {host} {port}'
    prints 'unacknowledged bytes: 0, sent again: no'
    saw answered no
}

@test "sent-to-nobody: The send() succeeds, even if the peer is long gone." {
    try 'silent-peer -- in-flight --send-at 2 --limit 1 {host} {port}'
    prints 'deaf from the start'
    prints 'unacknowledged bytes: 1'
    saw_time sent 'sent a byte'
}

@test "in-flight-again: As soon as the byte is acknowledged, keepalive is back, and finds the peer dead the next time." {
    own_network
    try "lab -c 'start server silent-peer --host server --port 7000 --deaf-at 999
        after 1 unplug server
        after 4.6 plug server
        after 7 unplug server
        in-flight --send-at 2 --idle 3 --interval 1 --count 2 --limit 20 server 7000
        probes client'"
    prints 'keepalive on: 3 s, 1 s, 2'
    prints 'ETIMEDOUT'
    prints 'unacknowledged bytes: 0, sent again: yes'
    prints 'unanswered keepalive probes: 2'
    prints 'client has sent 2 keepalive probes'
    saw unacknowledged 0
    saw probes 2
}

@test "heartbeat-in-flight: A program that sends more often than the idle time leaves keepalive nothing to do, neither before its peer dies nor after." {
    own_network
    try 'silent-peer --deaf-at 5 -- in-flight --every 1 --idle 2 --interval 1 --count 2 --limit 9 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive on: 2 s, 1 s, 2'
    prints 'peer: deaf'
    prints 'sent again: yes'
    saw_time waited 'still connected'
    no_probe
}

@test "retries: With tcp_retries2 at 3 and not at 15, the byte is given up within seconds." {
    own_network
    try 'sysctl net.ipv4.tcp_retries2; silent-peer -- in-flight --limit 9 {host} {port}'
    prints 'tcp_retries2 = 15'
    prints 'unacknowledged bytes: 1'
    saw fresh 15
    saw_time waited 'still connected'
    try 'sysctl -w net.ipv4.tcp_retries2=3; silent-peer -- in-flight --limit 9 {host} {port}'
    prints 'tcp_retries2 = 3'
    prints ': ETIMEDOUT'
    prints 'unacknowledged bytes: 1'
    saw lowered 3
}

@test "retries-late: Lowered while the byte is being repeated, the value holds for that byte too." {
    own_network
    try '(sleep 2; sysctl -w net.ipv4.tcp_retries2=3) & silent-peer -- in-flight --limit 12 {host} {port}'
    prints 'tcp_retries2 = 3'
    prints ': ETIMEDOUT'
    prints 'unacknowledged bytes: 1'
    saw lowered 3
    # Without that it goes on: it is the value that ends it.
    try 'sysctl net.ipv4.tcp_retries2; silent-peer -- in-flight --limit 12 {host} {port}'
    saw fresh 15
    prints 'still connected'
}

@test "retries-least: At 4, it takes more than 6 s." {
    own_network
    try 'sysctl -w net.ipv4.tcp_retries2=4; silent-peer -- in-flight --limit 6 {host} {port} & silent-peer -- in-flight --limit 20 {host} {port}; wait'
    prints 'tcp_retries2 = 4'
    prints 'still connected after 6'
    prints ': ETIMEDOUT'
    saw retries 4
    saw longer-than 6 s
}

@test "user-timeout-data: TCP_USER_TIMEOUT sets a limit for such data as well." {
    try 'silent-peer -- in-flight --idle 2 --interval 1 --count 2 --user-timeout 3000 --limit 8 {host} {port}'
    prints 'keepalive on: 2 s, 1 s, 2'
    prints 'ETIMEDOUT'
    prints 'unacknowledged bytes: 1'
    saw_time silence 'ended'
}

@test "user-timeout-data-ipv6: The same holds for IPv6." {
    try 'silent-peer --host ::1 -- in-flight --idle 2 --interval 1 --count 2 --user-timeout 3000 --limit 8 {host} {port}'
    prints 'connected to ::1, keepalive on: 2 s, 1 s, 2'
    prints 'ETIMEDOUT'
    prints 'unacknowledged bytes: 1'
    saw_time silence 'ended'
}

@test "user-timeout-sooner: It waits for no probe, so the end may come long before the idle time has passed." {
    try 'silent-peer -- in-flight --user-timeout 1500 --limit 8 {host} {port}'
    prints 'keepalive on: 60 s, 10 s, 6'
    prints 'ETIMEDOUT'
    prints 'unacknowledged bytes: 1'
    saw_time silence 'ended'
}

@test "user-timeout-oldest: More data does not postpone the end: the oldest byte counts." {
    try 'silent-peer -- in-flight --every 1 --user-timeout 3000 --limit 8 {host} {port}'
    prints 'sent a byte after 3'
    prints 'ETIMEDOUT'
    saw_time silence 'ended'
}

@test "user-timeout-retries: While data is repeated, a user timeout takes the place of tcp_retries2." {
    own_network
    try 'sysctl -w net.ipv4.tcp_retries2=1; silent-peer -- in-flight --limit 6 {host} {port}'
    prints ': ETIMEDOUT'
    try 'sysctl -w net.ipv4.tcp_retries2=1; silent-peer -- in-flight --user-timeout 6000 --limit 12 {host} {port}'
    prints 'tcp_retries2 = 1'
    prints 'user timeout 6000 ms'
    saw retries 1
    saw_time silence 'ended'
}

@test "user-timeout-outage: An outage does no harm if the data is repeated once more after it and before the limit." {
    try 'silent-peer --hear-at 3 -- in-flight --idle 2 --interval 1 --count 2 --user-timeout 6000 --limit 8 {host} {port}'
    prints 'user timeout 6000 ms'
    prints 'peer: hears again'
    prints 'unacknowledged bytes: 0, sent again: yes'
    saw_time waited 'still connected'
}

@test "user-timeout-too-late: One that outlasts the last repetition ends the connection, although the path is back before the limit." {
    try 'silent-peer --hear-at 5 -- in-flight --idle 2 --interval 1 --count 2 --user-timeout 6000 --limit 12 {host} {port}'
    prints 'user timeout 6000 ms'
    prints 'peer: hears again'
    prints 'unacknowledged bytes: 1'
    prints ': ETIMEDOUT'
    saw_time silence 'ended'
}

# try_full [PEER OPTION...] -- FULL OPTION...: a peer whose program is
# stopped; then probes of both kinds are counted. before: a command that
# comes first.
try_full() {
    local peer=()
    while [[ $1 != -- ]]; do peer+=("$1"); shift; done
    try "${before:+$before; }silent-peer ${peer[*]} --deaf-at 60 -- bash -c 'kill -STOP \$PPID
        full --idle 1 --interval 1 --count 2 ${*:2} {host} {port}
        kill -CONT \$PPID'; nstat -asz TcpExtTCPKeepAlive TcpExtTCPWinProbe"
    prints 'keepalive on: 1 s, 1 s, 2'
    prints 'full: the peer reads nothing'
}

@test "window-stays: A peer that reads nothing keeps its connection for as long as its kernel answers." {
    own_network
    # A dead one is given up within seconds then (window-dead).
    local before='sysctl -w net.ipv4.tcp_retries2=3'
    try_full -- --limit 15
    prints 'net.ipv4.tcp_retries2 = 3'
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    saw_time waited 'still connected'
}

@test "window-probes: No keepalive probe is sent, although every byte on its way has been acknowledged: the kernel asks for room instead." {
    own_network
    try_full -- --limit 7
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    prints 'still connected'
    (($(counted TcpExtTCPWinProbe) > 0))
    no_probe
}

@test "window-ipv6: With IPv6 it is the same, a full connection stays, and no keepalive probe is sent." {
    own_network
    try_full --host ::1 -- --limit 7
    prints 'connected to ::1'
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    saw_time waited 'still connected'
    no_probe
}

@test "window-again: When the peer reads again, the bytes find room and keepalive is back." {
    own_network
    try "silent-peer --deaf-at 60 -- bash -c 'kill -STOP \$PPID
        (sleep 3; kill -CONT \$PPID) &
        full --idle 1 --interval 1 --count 2 --limit 8 {host} {port}'; nstat -asz TcpExtTCPKeepAlive"
    prints 'full: the peer reads nothing'
    prints 'still connected'
    prints 'bytes that wait for room: no'
    saw waiting no
    (($(counted TcpExtTCPKeepAlive) > 0))
}

@test "window-dead: If the peer dies then, no keepalive probe finds out: tcp_retries2 sets the limit for these questions, too." {
    own_network
    local story="start server silent-peer --host server --port 7000 --deaf-at 999
        freeze server
        after 3 unplug server
        full --idle 1 --interval 1 --count 2 --limit 14 server 7000
        probes client"
    try "lab -c 'sysctl net.ipv4.tcp_retries2
        $story'"
    prints 'tcp_retries2 = 15'
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    prints 'client has sent 0 keepalive probes'
    saw_time waited 'still connected'
    saw fresh 15
    try "lab -c 'sysctl -w net.ipv4.tcp_retries2=3
        $story'"
    prints 'keepalive on: 1 s, 1 s, 2'
    prints 'full: the peer reads nothing'
    prints ': ETIMEDOUT'
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    prints 'client has sent 0 keepalive probes'
    saw lowered 3
    saw probes 0
}

@test "user-timeout-window-dead: A user timeout does not lengthen that: the sooner of the two limits ends the connection." {
    own_network
    try "lab -c 'sysctl -w net.ipv4.tcp_retries2=3
        start server silent-peer --host server --port 7000 --deaf-at 999
        freeze server
        after 3 unplug server
        full --idle 1 --interval 1 --count 2 --user-timeout 40000 --limit 25 server 7000'"
    prints 'net.ipv4.tcp_retries2 = 3'
    prints 'full: the peer reads nothing'
    # It ended within the limit of 25 s.
    prints 'predicted 40 s: ETIMEDOUT'
    saw lowered 3
}

@test "user-timeout-window: TCP_USER_TIMEOUT also ends a connection whose peer is well but reads nothing." {
    try_full -- --limit 7
    saw_time without 'still connected'
    try_full -- --user-timeout 3000 --limit 7
    prints 'ETIMEDOUT'
    prints 'bytes on their way: 0, bytes that wait for room: yes'
    saw_time with 'ended'
}
