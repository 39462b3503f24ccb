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

@test "middle-kept: Keepalive with an idle time shorter than that patience keeps the connection." {
    own_network
    ask_through 3 'ask --idle 2 --interval 1 --count 3 --pause 7 server6 7000; probes client'
    prints 'keepalive on: 2 s, 1 s, 3'
    prints 'predicted 7 s
answered'
    saw_time quiet asks
    prints 'client has sent 3 keepalive probes'
    saw probes 3 probes
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

@test "middle-spare: A lost probe is forgiven if the idle time and one interval together are shorter than that patience." {
    own_network
    # The first probe is lost on the client's cable; the second comes
    # within the patience of the firewall, or too late.
    local cut='(sleep 1.3; unplug client; sleep 1.5; plug client) & ask --idle 2'
    ask_through 4 "$cut --interval 1 --count 3 --pause 6 server6 7000; probes client"
    prints 'keepalive on: 2 s, 1 s, 3'
    prints 'predicted 6 s
answered'
    saw_time quiet asks
    ask_through 4 "$cut --interval 3 --count 3 --pause 6 --limit 2 server6 7000; probes client"
    prints 'keepalive on: 2 s, 3 s, 3'
    prints 'predicted 6 s
no answer'
    prints 'client has sent 2 keepalive probes'
    saw probes 2 probes
}
