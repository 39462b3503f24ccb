#!/usr/bin/env bats
load claim

@test "given-up: The kernel gives a dead peer up when the idle time and one interval for each probe have passed." {
    try 'silent-peer -- detect --idle 2 --interval 1 --count 2 {host} {port}'
    prints 'timed out after'
    saw_time silence
}

@test "given-up-ipv6: Over IPv6 it takes the same time." {
    try 'silent-peer --host ::1 -- detect --idle 2 --interval 1 --count 2 {host} {port}'
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
    prints 'ECONNRESET'
    saw_time silence
}

@test "close: If the path works, a peer that closes its end is noticed at once, with keepalive or without." {
    try 'silent-peer --close-at 1 -- detect {host} {port}'
    prints 'closed by the peer'
    saw_time with
    try 'silent-peer --close-at 1 -- detect --no-keepalive {host} {port}'
    prints 'closed by the peer'
    saw_time without
}

@test "longer-interval: If the interval is longer than the idle time, the first wait can be as long as the interval." {
    try 'silent-peer -- detect --idle 1 --interval 3 --count 1 {host} {port}'
    prints 'predicted 4 s: ETIMEDOUT'
    saw_time fresh
    try 'silent-peer --deaf-at 2 -- detect --idle 1 --interval 3 --count 1 {host} {port}'
    prints 'predicted 6 s: ETIMEDOUT'
    saw_time answered
}

@test "user-timeout: With TCP_USER_TIMEOUT set, probes are no longer counted." {
    try 'silent-peer -- detect --idle 1 --interval 1 --count 9 --user-timeout 3500 {host} {port}'
    saw_time shorter
    try 'silent-peer -- detect --idle 1 --interval 1 --count 1 --user-timeout 3500 {host} {port}'
    saw_time longer
}

@test "user-timeout-alone: Without keepalive, TCP_USER_TIMEOUT does not end an idle connection." {
    try 'silent-peer -- detect --no-keepalive --idle 1 --interval 1 --count 1 --user-timeout 1000 --limit 5 {host} {port}'
    prints 'keepalive off'
    prints 'still connected'
    saw_time waited
}

@test "user-timeout-floor: It is never quicker than the idle time and one interval." {
    try 'silent-peer -- detect --idle 2 --interval 2 --count 2 --user-timeout 1000 {host} {port}'
    prints 'predicted 4 s: ETIMEDOUT'
    saw_time silence
}

@test "user-timeout-late: A user timeout a millisecond above such a moment is met by the lateness of the timer alone, one interval earlier than the arithmetic says." {
    try 'silent-peer -- detect --idle 1 --interval 1 --count 9 --user-timeout 4001 {host} {port}'
    [[ $output =~ after\ ([0-9.]+)\ s,\ predicted\ ([0-9]+)\ s ]]
    "$tests/replay" --time "${BASH_REMATCH[1]}" "$((BASH_REMATCH[2] - 1))"
    saw arithmetic "${BASH_REMATCH[2]}" s
}

@test "user-timeout-window: TCP_USER_TIMEOUT also ends a connection whose peer is well but reads nothing." {
    try_c window.c 0 6
    prints 'keepalive 1: 1 s, 1 s, 2'
    prints 'still connected'
    saw_time without
    try_c window.c 3000 6
    prints 'keepalive 1: 1 s, 1 s, 2'
    prints 'ETIMEDOUT'
    saw_time with
}

@test "unacknowledged: While data of yours is unacknowledged, keepalive does not give the peer up." {
    compile busy.c
    try 'silent-peer -- busy {host} {port} 0 8'
    prints 'keepalive 1: 1 s, 1 s, 2'
    prints 'still connected'
    saw_time waited
}

@test "user-timeout-data: TCP_USER_TIMEOUT sets a limit for such data as well." {
    compile busy.c
    try 'silent-peer -- busy {host} {port} 3000 8'
    prints 'keepalive 1: 1 s, 1 s, 2'
    prints 'ETIMEDOUT'
    saw_time silence
}

@test "stopped-peer: A peer whose program is stopped still answers the probes." {
    try 'silent-peer --deaf-at 9 -- bash -c "kill -STOP \$PPID; detect --idle 1 --interval 1 --count 1 --limit 4 {host} {port}; kill -CONT \$PPID"'
    prints 'keepalive on: 1 s, 1 s, 1'
    prints 'still connected'
    saw_time waited
}
