#!/usr/bin/env bats
load claim

# leaked FORGETS HOST OPTION...: a peer that closes and, as long as its
# kernel remembers, FORGETS seconds; the client does not close.
leaked() {
    try "lab -c 'on server sysctl -w net.ipv4.tcp_fin_timeout=$1; start server silent-peer --host $2 --port 7000 --close-at 1 >/dev/null; leak --fin-timeout $1 ${*:3} $2 7000; nstat -asz TcpExtTCPKeepAlive; on server nstat -asz TcpOutRsts; on server ss -Htan'"
    prints "net.ipv4.tcp_fin_timeout = $1"
    prints 'the peer has closed, this program has not: CLOSE_WAIT'
}

@test "leak-stays: Without keepalive the socket stays in CLOSE_WAIT, even when its peer has long forgotten the connection." {
    own_network
    leaked 1 server --no-keepalive --idle 1 --interval 1 --count 1 --limit 5
    prints 'keepalive off'
    prints 'still CLOSE_WAIT'
    # It closes at its limit, and the peer no longer knew the connection.
    prints_not TIME-WAIT
    saw_time leaked
    saw_count probes TcpExtTCPKeepAlive
    ((count == 0))
}

@test "leak-probed: With keepalive the kernel sends probes in CLOSE_WAIT too, and while the peer remembers, it answers." {
    own_network
    leaked 30 server --idle 2 --interval 1 --count 1 --limit 5
    prints 'keepalive on: 2 s, 1 s, 1'
    prints 'still CLOSE_WAIT'
    # It closes at its limit, and the peer still knew the connection.
    prints TIME-WAIT
    saw_time leaked
    saw_count probes TcpExtTCPKeepAlive
    ((count == 2))
    saw_count resets TcpOutRsts
    ((count == 0))
}

@test "leak-cleaned: The first probe after that is answered with RST, and the kernel cleans up." {
    own_network
    leaked 3 server --idle 2 --interval 1 --count 1
    prints 'keepalive on: 2 s, 1 s, 1'
    prints 'CLOSE after'
    saw_time leaked
    saw_count probes TcpExtTCPKeepAlive
    ((count == 2))
    saw_count resets TcpOutRsts
    ((count == 1))
}

@test "leak-cleaned-ipv6: Over IPv6 it takes the same course." {
    own_network
    leaked 3 server6 --idle 2 --interval 1 --count 1
    prints 'keepalive on: 2 s, 1 s, 1'
    prints 'CLOSE after'
    saw_time leaked
    saw_count probes TcpExtTCPKeepAlive
    ((count == 2))
    saw_count resets TcpOutRsts
    ((count == 1))
}

@test "leak-error: From then on send() says EPIPE, and recv() still returns zero." {
    own_network
    leaked 1 server --idle 2 --interval 1 --count 1
    prints 'keepalive on: 2 s, 1 s, 1'
    prints 'CLOSE after'
    prints 'recv() says 0, send() says EPIPE'
    saw recv 0
    saw send EPIPE
}

@test "leak-unanswered: If nobody answers at all, the leak is cleaned up like any other dead connection, and send() says ETIMEDOUT." {
    own_network
    try "lab -c 'start server silent-peer --host server --port 7000 --close-at 1 >/dev/null; after 2 unplug server; leak --idle 2 --interval 1 --count 2 server 7000; probes client'"
    prints 'keepalive on: 2 s, 1 s, 2'
    prints 'lab: unplug server'
    prints 'CLOSE after'
    prints 'recv() says 0, send() says ETIMEDOUT'
    prints 'client has sent 2 keepalive probes'
    saw_time leaked
}

@test "fin-timeout: On a fresh kernel tcp_fin_timeout is 60 s, and it is what decides how long a kernel remembers an end that its program has closed while the other has not." {
    own_network
    try "lab -c 'on server sysctl net.ipv4.tcp_fin_timeout'"
    [[ $output == 'net.ipv4.tcp_fin_timeout = 60' ]]
    saw default 60 s
    leaked 1 server --idle 2 --interval 1 --count 1
    prints 'CLOSE after'
    saw_time short
    leaked 5 server --idle 2 --interval 1 --count 1
    prints 'CLOSE after'
    saw_time long
    # When both have closed it decides nothing.
    try "lab -c 'on server sysctl -w net.ipv4.tcp_fin_timeout=1; start server silent-peer --host server --port 7000 --close-at 1 >/dev/null; detect server 7000; sleep 4; on server ss -Htan'"
    prints 'closed by the peer'
    prints TIME-WAIT
}

@test "leak-ss: ss calls this state CLOSE-WAIT, with a hyphen." {
    own_network
    try 'silent-peer --close-at 1 -- bash -c "leak --no-keepalive --limit 4 {host} {port} & until ss -tnop state close-wait | grep -q :{port}; do sleep 0.1; done; ss -Htn dport = :{port}; wait"'
    prints 'keepalive off'
    saw state CLOSE-WAIT
}
