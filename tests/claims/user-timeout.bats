#!/usr/bin/env bats
# TCP_USER_TIMEOUT and keepalive together; with data on its way, see
# in-flight.bats.
load claim

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
    ((${BASH_REMATCH[1]%.*} < BASH_REMATCH[2]))
    saw arithmetic "${BASH_REMATCH[2]}" s
}

@test "user-timeout-moments: A user timeout between two such moments is rounded up to the later one." {
    try 'for ms in 3000 3900 4000 4500 5000; do
        silent-peer -- detect --idle 1 --interval 1 --count 3 --user-timeout $ms {host} {port} | sed -n "s/^timed/$ms ms: &/p" &
    done; wait'
    # The allowed lateness reaches the moment after: look closer.
    local line
    while read -r line; do
        [[ $line =~ after\ ([0-9]+)\.[0-9]+\ s,\ predicted\ ([0-9]+)\ s ]]
        ((BASH_REMATCH[1] == BASH_REMATCH[2]))
    done <<<"$output"
    prints '3000 ms: timed out'
    saw_time first '3000 ms:'
    prints '3900 ms: timed out'
    saw_time below '3900 ms:'
    saw_time second '4000 ms:'
    saw_time between '4500 ms:'
    saw_time third '5000 ms:'
    # What was set, for the picture.
    saw first-set 3000 ms
    saw below-set 3900 ms
    saw second-set 4000 ms
    saw between-set 4500 ms
    saw third-set 5000 ms
}

@test "user-timeout-longer: One that is longer than the sum of the three values makes keepalive wait that long." {
    own_network
    try 'silent-peer -- detect --idle 1 --interval 1 --count 3 {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive on: 1 s, 1 s, 3'
    saw_time sum 'timed out'
    saw_count probes TcpExtTCPKeepAlive
    ((count == 3))
    try 'silent-peer -- detect --idle 1 --interval 1 --count 3 --user-timeout 10000 {host} {port}'
    prints 'keepalive on: 1 s, 1 s, 3'
    saw_time longer 'timed out'
}

@test "user-timeout-coarse: A long interval makes the user timeout as coarse as itself." {
    try 'silent-peer -- detect --idle 1 --interval 4 --count 3 --user-timeout 6000 {host} {port}'
    prints 'keepalive on: 1 s, 4 s, 3'
    prints 'predicted 9 s: ETIMEDOUT'
    saw_time silence
}

@test "user-timeout-limits: The kernel accepts a user timeout from 0 ms to 2147483647 ms." {
    try 'override --user-timeout 0; override --user-timeout 2147483647'
    (($(grep -c '^TCP_USER_TIMEOUT ' <<<"$output") == 2))
    prints ' 2147483647 ms'
    try 'override --user-timeout -1'
    [[ $status == 1 ]]
    prints 'setsockopt TCP_USER_TIMEOUT -1: the kernel accepts 0 to 2147483647 ms'
    saw least 0 ms
    saw most 2147483647 ms
}

@test "user-timeout-connect: It also ends a connect() that nobody answers." {
    own_network
    try 'lab -c "unplug server
        TIMEFORMAT=\"ended after %1R s, predicted 3 s\"
        time detect --user-timeout 3000 --limit 20 server 7000"'
    prints 'connect to 198.51.100.1: Connection timed out'
    saw_time with
    try 'lab -c "unplug server
        TIMEFORMAT=\"ended after %1R s, predicted 6 s\"
        time detect --limit 6 server 7000"'
    prints 'no answer within 6 s'
    saw_time without
}
