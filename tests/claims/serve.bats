#!/usr/bin/env bats
load claim

# Keepalive as accepted.c sets it, and as a fresh kernel has it.
set_values='keepalive 1, idle 60 s, interval 10 s, count 6, user timeout 5000 ms'
no_values='keepalive 0, idle 7200 s, interval 75 s, count 9, user timeout 0 ms'

# in_lab OPTIONS COMMAND...: tries the commands in a lab that has an echo
# server on port 7000, started with `--host OPTIONS`.
in_lab() {
    local all
    printf -v all '; %s' "${@:2}"
    try "lab -c 'start server serve --port 7000 --host $1$all'"
}

# Three clients that go silent: their cable is cut, and then they end.
three_gone='exec 3<>/dev/tcp/server/7000 4<>/dev/tcp/server/7000 5<>/dev/tcp/server/7000; sleep 0.5; unplug client; exec 3>&- 4>&- 5>&-'
established='echo "$(on server ss -Htn state established | wc -l) established"'

@test "accepted: An accepted socket has the values that the listening socket had when the connection was made." {
    local family
    for family in 4 6; do
        try_c accepted.c before "$family"
        prints "IPv$family"
        prints "accepted: $set_values"
    done
    saw idle 60 s
    saw interval 10 s
    saw count 6 probes
    saw user-timeout 5000 ms
}

@test "accepted-before: A client that was in the queue already does not get what the listening socket is given later." {
    local family
    for family in 4 6; do
        try_c accepted.c after "$family"
        prints "IPv$family"
        prints "listener: $set_values"
        prints "accepted: $no_values"
    done
    saw idle 7200 s
    saw user-timeout 0 ms
}

@test "accepted-apart: What is changed on an accepted socket does not change the listening one." {
    local family
    for family in 4 6; do
        try_c accepted.c apart "$family"
        prints "IPv$family"
        prints "accepted: $set_values"
        prints 'accepted changed, accepted: keepalive 1, idle 61 s'
        prints "accepted changed, listener: $set_values"
    done
    saw accepted 61 s
    saw listener 60 s
}

@test "listener-apart: What is changed on the listening socket does not change those that it has accepted." {
    local family
    for family in 4 6; do
        try_c accepted.c apart "$family"
        prints "IPv$family"
        prints 'listener changed, listener: keepalive 0, idle 62 s, interval 10 s, count 6, user timeout 6000 ms'
        prints 'listener changed, accepted: keepalive 1, idle 61 s, interval 10 s, count 6, user timeout 5000 ms'
    done
    saw listener 6000 ms
    saw accepted 5000 ms
}

@test "queued: A connection is probed while it still waits to be accepted." {
    own_network
    # A server that is stopped accepts nobody.
    in_lab 'server --idle 4 --interval 1 --count 2' \
        'on server bash -c "kill -STOP -1"' \
        'exec 3<>/dev/tcp/server/7000' \
        'sleep 6' \
        'probes server' \
        'on server ss -Hltn' \
        'on server bash -c "kill -CONT -1"' \
        'sleep 1'
    prints 'listener: keepalive on: 4 s, 1 s, 2'
    [[ $output =~ LISTEN\ +1\  ]] # one waits
    [[ ${output##*LISTEN} == *'client 1: keepalive on: 4 s, 1 s, 2'* ]]
    prints 'server has sent 1 keepalive probes'
    saw probes 1
}

@test "both-sides: If both sides have keepalive, each sends as many probes as it would alone." {
    own_network
    # The server's idle time is the shorter one: if its probes counted as
    # words of the peer, the client would never send one.
    local client='detect --idle 3 --interval 1 --limit 15 server 7000 & sleep 7.2; probes client; probes server; kill $!'
    in_lab 'server --idle 2 --interval 1' "$client"
    prints 'connected to server, keepalive on: 3 s, 1 s, 6'
    prints 'client 1: keepalive on: 2 s, 1 s, 6'
    [[ $output =~ 'server has sent '([3-9])' keepalive probes' ]]
    local server=${BASH_REMATCH[1]}
    prints 'client has sent 2 keepalive probes'
    saw both 2 probes
    in_lab 'server --no-keepalive' "$client"
    prints 'connected to server, keepalive on: 3 s, 1 s, 6'
    prints 'client 1: keepalive off'
    prints 'server has sent 0 keepalive probes'
    prints 'client has sent 2 keepalive probes'
    saw alone 2 probes
    in_lab 'server --idle 2 --interval 1' "${client/detect /detect --no-keepalive }"
    prints 'connected to server, keepalive off'
    prints "server has sent $server keepalive probes"
}

@test "other-side-waits: The side without keepalive still waits when the other one has given up." {
    own_network
    in_lab 'server --no-keepalive --limit 7' \
        'after 0.5 unplug server' \
        'detect --idle 1 --interval 1 --count 2 server 7000' \
        'sleep 5'
    prints 'client 1: keepalive off'
    prints 'connected to server, keepalive on: 1 s, 1 s, 2'
    prints ', 1 connected'
    saw_time client 'timed out'
    saw_time server 'stopped'
}

@test "server-alone: A server with keepalive gives up a client that has none." {
    own_network
    local family host
    for family in 4 6; do
        host=server${family#4}
        in_lab "$host --idle 1 --interval 1 --count 2" \
            'after 0.5 unplug client' \
            "detect --no-keepalive --limit 5 $host 7000"
        prints "connected to $host, keepalive off"
        prints 'client 1: keepalive on: 1 s, 1 s, 2'
        prints 'still connected'
        saw_time "ipv$family" 'client 1: timed out'
    done
}

@test "half-open: Without keepalive a server keeps the connections of clients that are gone." {
    own_network
    in_lab 'server --no-keepalive --limit 9' "$three_gone" 'sleep 4' "$established" 'sleep 6'
    prints 'client 3: keepalive off'
    prints ', 3 connected'
    prints '3 established'
    saw connections 3 connections
    saw_time waited stopped
}

@test "half-open-cleared: With keepalive it gives up each of them in the usual time." {
    own_network
    in_lab 'server --idle 1 --interval 1 --count 2 --limit 9' "$three_gone" 'sleep 5' "$established" 'sleep 5'
    prints 'client 3: keepalive on: 1 s, 1 s, 2'
    prints ', 0 connected'
    prints '0 established'
    saw connections 0 connections
    local client
    for client in 1 2 3; do saw_time "client-$client" "client $client: timed out"; done
}

@test "killed-program: When a program is killed, its kernel closes the connections that no other process has open, and the other side knows it at once." {
    own_network
    local family host
    for family in 4 6; do
        host=server${family#4}
        in_lab "$host --no-keepalive" \
            "{ detect --no-keepalive --limit 9 $host 7000; echo \$EPOCHREALTIME >/run/known; } & sleep 1" \
            'since=$(on server bash -c "echo \$EPOCHREALTIME; kill -KILL -1")' \
            'wait $!' \
            'known=$(</run/known)' \
            'us=$((${known/./} - ${since/./}))' \
            'printf "known after %d.%03d s, predicted 0 s\n" $((us / 1000000)) $((us / 1000 % 1000))'
        prints "connected to $host, keepalive off"
        prints 'closed by the peer'
        saw_time "ipv$family" known
    done
}

@test "fork-probes: A socket that one process has closed is still probed while another one has it open." {
    own_network
    compile forked.c
    try 'silent-peer --deaf-at 60 -- forked alone {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive 1: 3 s, 1 s, 2'
    prints 'the parent has closed it'
    saw_count alone TcpExtTCPKeepAlive probes
    [[ $count == 0 ]]
    try 'silent-peer --deaf-at 60 -- forked shared {host} {port}; nstat -asz TcpExtTCPKeepAlive'
    prints 'keepalive 1: 3 s, 1 s, 2'
    prints 'the parent has closed it'
    prints 'the child: still connected'
    saw_count shared TcpExtTCPKeepAlive probes
    [[ $count == 2 ]]
}

@test "fork-death: The process that still has it learns that the peer is gone." {
    compile forked.c
    try 'silent-peer -- forked shared {host} {port}'
    prints 'the parent has closed it'
    prints 'the child: ETIMEDOUT'
    saw error ETIMEDOUT
}

@test "healthy-cost: A connection that is well costs one probe and one answer for each idle time, if that is longer than the interval, and neither carries data." {
    own_network
    in_lab 'server --no-keepalive' \
        'detect --idle 3 --interval 1 --limit 15 server 7000 & sleep 0.5' \
        'export NSTAT_HISTORY=/run/nstat' \
        'nstat -n' \
        'sleep 7' \
        'nstat -z TcpExtTCPKeepAlive TcpOutSegs TcpInSegs TcpExtTCPOrigDataSent' \
        'on server nstat -asz TcpExtTCPOrigDataSent' \
        'kill $!'
    prints 'connected to server, keepalive on: 3 s, 1 s, 6'
    saw_count probes TcpExtTCPKeepAlive probes
    [[ $count == 2 ]]
    saw_count sent TcpOutSegs segments
    [[ $count == 2 ]]
    saw_count received TcpInSegs segments
    [[ $count == 2 ]]
    [[ $(grep -c 'TCPOrigDataSent  *0 ' <<<"$output") == 2 ]]
    saw_count with-data TcpExtTCPOrigDataSent segments
}

@test "activated: Of a server that systemd starts for its first client, that client does not have what the program sets on the listening socket, and the next one has." {
    own_network
    try "lab -c 'start server systemd-socket-activate --listen 198.51.100.1:7000 activate --idle 61 --clients 2; exec 3<>/dev/tcp/server/7000; sleep 1; exec 4<>/dev/tcp/server/7000; sleep 0.5'"
    prints 'client 1: keepalive off, idle time 7200 s'
    prints 'client 2: keepalive on, idle time 61 s'
    saw first off
    saw next on
}

@test "mptcp-keepalive: A socket of Multipath TCP takes SO_KEEPALIVE and the three values, sends probes by them, and hands them on to those it accepts." {
    own_network
    compile mptcp.c
    try 'ip link set lo up; mptcp; nstat -asz TcpExtTCPKeepAlive MPTcpExtMPCapableSYNACKRX'
    prints 'connecting: MPTCP, keepalive 1, 3 s, 2 s, 4'
    prints 'accepted: MPTCP, keepalive 1, 3 s, 2 s, 4'
    [[ $output =~ MPTcpExtMPCapableSYNACKRX\ +1\  ]]
    # One of each side, after the idle time.
    saw_count probes TcpExtTCPKeepAlive probes
    [[ $count == 2 ]]
}

@test "mptcp-user-timeout: As long as it speaks Multipath TCP it does not take TCP_USER_TIMEOUT, and with a peer that speaks plain TCP it does." {
    own_network
    compile mptcp.c
    try 'ip link set lo up; mptcp'
    prints 'TCP_USER_TIMEOUT: ENOPROTOOPT'
    saw error ENOPROTOOPT
    try 'ip link set lo up; mptcp plain'
    prints 'connecting: MPTCP, keepalive 1, 3 s, 2 s, 4'
    prints 'accepted: TCP, '
    prints 'TCP_USER_TIMEOUT: accepted'
}
