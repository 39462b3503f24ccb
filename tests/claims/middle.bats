#!/usr/bin/env bats
# A firewall in the middle that forgets connections that are silent.
load claim

# ask_through FORGET COMMAND...: the command on a client, whose firewall
# is told to forget, with an echo server behind it that has no keepalive.
ask_through() {
    try "lab -c 'start server serve --quiet --no-keepalive --host server6 --port 7000; forget $1; ${*:2}'"
}

@test "middle-forgotten: When a connection has been silent for longer than the firewall's patience, what is sent is lost, and nobody says so." {
    own_network
    ask_through 3 'ask --no-keepalive --pause 2 server6 7000; ask --no-keepalive --pause 5 --limit 4 server6 7000'
    prints 'predicted 2 s
answered'
    prints 'predicted 5 s
no answer'
    saw_time waited 'no answer'
    prints 'still connected, bytes unacknowledged: 6'
    saw unacknowledged 6 bytes
}

@test "middle-forgotten-ipv4: Over IPv4 it is the same." {
    own_network
    try "lab -c 'start server serve --quiet --no-keepalive --host server --port 7000; forget 3; ask --no-keepalive --pause 2 server 7000; ask --no-keepalive --pause 5 --limit 4 server 7000'"
    prints 'predicted 2 s
answered'
    saw_time waited 'no answer'
    prints 'still connected, bytes unacknowledged: 6'
}

@test "middle-kept: Keepalive keeps the connection if its idle time and its interval are both shorter than that patience." {
    own_network
    ask_through 3 'ask --idle 2 --interval 1 --count 3 --pause 7 server6 7000; probes client'
    prints 'keepalive on: 2 s, 1 s, 3'
    prints 'predicted 7 s
answered'
    saw_time quiet asks
    prints 'client has sent 3 keepalive probes'
    saw probes 3 probes
    # After an answer the next probe comes when both have passed.
    ask_through 3 'ask --idle 2 --interval 10 --count 3 --pause 7 --limit 3 server6 7000; probes client'
    prints 'keepalive on: 2 s, 10 s, 3'
    prints 'no answer'
    prints 'client has sent 1 keepalive probes'
}

@test "middle-kept-server: The keepalive of the server's side keeps it as well." {
    own_network
    try "lab -c 'start server serve --quiet --idle 2 --interval 1 --count 3 --host server6 --port 7000; forget 3; ask --no-keepalive --pause 7 server6 7000; probes client; probes server'"
    prints 'keepalive off'
    prints 'predicted 7 s
answered'
    prints 'client has sent 0 keepalive probes'
    prints 'server has sent 3 keepalive probes'
    saw probes 3 probes
}

@test "middle-too-slow: Keepalive with a longer idle time cannot keep it: the probes are lost, and the connection is given up." {
    own_network
    ask_through 3 'detect --idle 4 --interval 1 --count 2 server6 7000; probes client'
    prints 'keepalive on: 4 s, 1 s, 2'
    saw_time silence ETIMEDOUT
    prints 'client has sent 2 keepalive probes'
    saw probes 2 probes
}

@test "middle-reset: A firewall that answers with RST ends the connection with ECONNRESET when something is sent." {
    own_network
    ask_through '3 reset' 'ask --no-keepalive --pause 2 server6 7000; ask --no-keepalive --pause 5 --limit 4 server6 7000'
    prints 'predicted 2 s
answered'
    prints 'predicted 5 s
after asking, recv() failed: ECONNRESET'
    saw error ECONNRESET
}

@test "middle-reset-probe: A probe that comes too late gets that RST as well." {
    own_network
    ask_through '3 reset' 'detect --idle 4 --interval 1 --count 2 server6 7000; probes client'
    prints 'keepalive on: 4 s, 1 s, 2'
    saw_time silence ECONNRESET
    prints 'client has sent 1 keepalive probes'
    saw probes 1 probe
}

@test "middle-other-side: The other side learns nothing of all this: there the connection stays open." {
    own_network
    ask_through '3 reset' 'ask --no-keepalive --pause 5 server6 7000; ss -Htn | wc -l; on server ss -Htn'
    prints 'ECONNRESET
0
ESTAB'
    saw server ESTAB
    ask_through 3 'detect --idle 4 --interval 1 --count 1 server6 7000; ss -Htn | wc -l; on server ss -Htn'
    prints 'ETIMEDOUT
0
ESTAB'
}

@test "middle-spare: A lost probe is forgiven if the longer of idle time and interval, and one interval more, are together shorter than that patience." {
    own_network
    # The client's cable is cut when the first probe of both connections
    # is sent; the second one comes within the patience, or too late.
    local cut='(sleep 1; unplug client; sleep 2; plug client)'
    local late='ask --idle 2 --interval 6 --pause 10 --limit 1 server6 7000 | sed -u "s/^/late: /"'
    ask_through 7 "$cut & $late & ask --idle 2 --interval 3 --pause 9 --limit 1 server6 7000; wait"
    prints 'keepalive on: 2 s, 3 s, 6'
    prints 'predicted 9 s
answered'
    saw_time in-time 'predicted 9 s'
    prints 'late: connected to server6, keepalive on: 2 s, 6 s, 6'
    prints 'late: no answer'
    prints 'late: still connected, bytes unacknowledged: 6'
    saw_time too-late 'predicted 10 s'
    # An interval longer than the idle time: the second probe is cut.
    local wait='ask --idle 1 --interval 4 --pause 10 --limit 1 server6 7000'
    ask_through 6 "(sleep 3.5; unplug client; sleep 3; plug client) & $wait; wait"
    prints 'keepalive on: 1 s, 4 s, 6'
    prints 'no answer'
    ask_through 6 "$wait"
    prints 'predicted 10 s
answered'
}

@test "middle-one-way: The firewall of the lab, which is Linux, begins anew with each probe that it sees, even with one that nobody answers." {
    own_network
    # The server's cable is cut for longer than the patience.
    local cut='(sleep 1; unplug server; sleep 4; plug server)'
    local silent='ask --no-keepalive --pause 8 --limit 1 server6 7000 | sed -u "s/^/silent: /"'
    ask_through 4 "$cut & $silent & ask --idle 2 --interval 1 --count 9 --pause 8 server6 7000; wait; probes client"
    prints 'keepalive on: 2 s, 1 s, 9'
    prints 'answered after'
    saw_time quiet asks
    prints 'silent: no answer'
    prints 'silent: still connected, bytes unacknowledged: 6'
    saw_time lost 'silent: no answer'
    # Answered probes would be fewer.
    [[ $output =~ 'client has sent '[4-9]' keepalive probes' ]]
}

@test "middle-tracking: The connection tracking of Linux, as it comes, forgets an established connection after 432000 s of silence." {
    own_network
    # It is there once something in the namespace tracks connections.
    try "lab -c 'forget 9; on router sysctl net.netfilter.nf_conntrack_tcp_timeout_established'"
    prints '_established = 432000'
    # It is that value which decides, where no rule says another.
    local rules='table inet plain {
            chain forward {
                type filter hook forward priority filter;
                ct state established accept
                tcp flags & (syn | ack) != syn ct state new drop
            }
        }'
    try "lab -c 'start server serve --quiet --no-keepalive --host server --port 7000
        on router nft \"$rules\"
        on router sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=3
        ask --no-keepalive --pause 2 server 7000; ask --no-keepalive --pause 5 --limit 3 server 7000'"
    prints 'predicted 2 s
answered'
    prints 'no answer'
    saw default 432000 s
}
