#!/usr/bin/env bats
load claim

@test "given-up: The kernel gives a dead peer up when the idle time and one interval for each probe have passed." {
    # One interval more, or less, would be out of time.
    own_network
    try 'silent-peer -- detect --idle 3 --interval 3 --count 2 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'predicted 9 s: ETIMEDOUT'
    saw_time silence 'timed out'
    saw_count probes TcpExtTCPKeepAlive probes
    ((count == 2))
}

@test "given-up-ipv6: Over IPv6 it takes the same time." {
    try 'silent-peer --host ::1 -- detect --idle 3 --interval 3 --count 2 {host} {port}'
    prints 'predicted 9 s: ETIMEDOUT'
    prints 'connected to ::1'
    saw_time silence
}

@test "etimedout: The program learns it as ETIMEDOUT." {
    try 'silent-peer -- detect --idle 1 --interval 1 --count 1 {host} {port}'
    prints 'ETIMEDOUT'
    saw_time silence
}

@test "stays-open: Without keepalive the same connection stays open, and the program waits." {
    try 'silent-peer -- detect --no-keepalive --idle 1 --interval 1 --count 1 --limit 5 {host} {port}'
    prints 'still connected'
    saw_time waited
}

@test "healthy: A peer that answers the probes keeps its connection." {
    try 'silent-peer --deaf-at 60 -- detect --idle 1 --interval 1 --count 1 --limit 5 {host} {port}'
    prints 'keepalive on: 1 s, 1 s, 1'
    prints 'still connected'
    saw_time waited
}

@test "short-outage: An outage does a quiet connection no harm if one of the probes is answered." {
    try 'silent-peer --hear-at 2 -- detect --idle 1 --interval 1 --count 3 --limit 6 {host} {port}'
    prints 'keepalive on: 1 s, 1 s, 3'
    prints 'still connected'
    saw_time waited
}

@test "long-outage: One that swallows every probe ends a connection that would have survived without keepalive." {
    try 'silent-peer --hear-at 4 -- detect --idle 1 --interval 1 --count 2 {host} {port}'
    prints 'ETIMEDOUT'
    saw_time silence
    try 'silent-peer --hear-at 4 --close-at 5 -- detect --no-keepalive --idle 1 --interval 1 --count 2 {host} {port}'
    prints 'keepalive off'
    prints 'closed by the peer'
    saw without-keepalive 'closed by the peer'
}

@test "outage-over: An outage that swallows every probe ends the connection, even if it is over before the kernel gives up." {
    try 'silent-peer --deaf-at 1 --hear-at 5 -- detect --idle 2 --interval 2 --count 2 {host} {port}'
    prints 'peer: hears again'
    prints 'ETIMEDOUT'
    saw_time silence
}

@test "reboot: A peer that has lost its memory answers the first probe with RST, and the program sees ECONNRESET." {
    try 'silent-peer --reboot-at 1 -- detect --idle 2 {host} {port}'
    prints 'predicted 2 s: ECONNRESET'
    saw_time silence
}

@test "close: If the path works, a peer that closes its end is noticed at once, with keepalive or without." {
    # The whole run, from outside: detect knows only when the FIN came.
    local option figure
    for option in '--idle 9' --no-keepalive; do
        figure=with
        [[ $option != --no-keepalive ]] || figure=without
        try "start=\$EPOCHREALTIME; silent-peer --close-at 1 -- detect $option {host} {port}; awk -v a=\$start -v b=\$EPOCHREALTIME 'BEGIN { printf \"whole run after %.1f s, predicted 1 s\\n\", b - a }'"
        prints 'closed by the peer'
        saw_time "$figure" 'whole run'
    done
}

@test "longer-interval: If the interval is longer than the idle time, the first wait can be as long as the interval." {
    try 'silent-peer -- detect --idle 1 --interval 3 --count 1 {host} {port}'
    prints 'predicted 4 s: ETIMEDOUT'
    saw_time fresh
    try 'silent-peer --deaf-at 2 -- detect --idle 1 --interval 3 --count 1 {host} {port}'
    prints 'predicted 6 s: ETIMEDOUT'
    saw_time answered
}

@test "stopped-peer: A peer whose program is stopped still answers the probes." {
    try 'silent-peer --deaf-at 9 -- bash -c "kill -STOP \$PPID; detect --idle 1 --interval 1 --count 1 --limit 4 {host} {port}; kill -CONT \$PPID"'
    prints 'keepalive on: 1 s, 1 s, 1'
    prints 'still connected'
    saw_time waited
}
