#!/usr/bin/env bats
# A server whose program hangs: SIGSTOP stops all programs on its host,
# and its kernel goes on.
load claim

# with_server COMMAND: on a client, with an echo server.
with_server() {
    try "lab -c 'start server serve --quiet --no-keepalive --host server6 --port 7000; $1'"
}
hang='freeze server'
wake='thaw server'

@test "hung-probes: Keepalive does not find it: the kernel of the hung program answers every probe." {
    own_network
    with_server "(sleep 0.5; $hang) & detect --idle 2 --interval 1 --count 1 --limit 5 server6 7000; probes client; ask --pause 0 --limit 1 server6 7000"
    prints 'keepalive on: 2 s, 1 s, 1'
    saw_time waited 'still connected'
    prints 'client has sent 2 keepalive probes'
    saw probes 2 probes
    prints 'no answer'
    prints 'still connected, bytes unacknowledged: 0'
}

@test "hung-found: A heartbeat finds it: the server is given up when its answer has not come within the patience." {
    own_network
    with_server "(sleep 1.5; $hang) & heartbeat --every 1 --patience 3 --idle 1 --interval 1 --count 1 server6 7000"
    prints 'keepalive on: 1 s, 1 s, 1'
    saw_time waited 'given up'
}

@test "hung-acknowledged: TCP sees nothing wrong with it: the connection stands, and even the heartbeat is acknowledged." {
    own_network
    with_server "(sleep 1.5; $hang) & heartbeat --every 1 --patience 2 server6 7000"
    prints 'given up after'
    prints 'TCP says: connected, bytes unacknowledged: 0'
    saw unacknowledged 0 bytes
}

@test "hung-pause: A pause of the program that is shorter than the patience raises no alarm." {
    own_network
    with_server "(sleep 1.5; $hang; sleep 2; $wake) & heartbeat --every 1 --patience 3 --limit 6 server6 7000"
    prints 'an answer took more than 1 s'
    saw_time well 'well'
}

@test "heartbeat-dead: A heartbeat also finds a dead host, in the same time." {
    own_network
    with_server '(sleep 1.5; unplug server) & heartbeat --every 1 --patience 3 --no-keepalive server6 7000'
    prints 'keepalive off'
    saw_time waited 'given up'
    prints 'TCP says: connected, bytes unacknowledged: 14'
    saw unacknowledged 14 bytes
}

@test "heartbeat-ipv4: Over IPv4 it is the same." {
    own_network
    try "lab -c 'start server serve --quiet --no-keepalive --host server --port 7000; (sleep 1.5; $hang) & heartbeat --every 1 --patience 3 server 7000'"
    prints 'connected to server,'
    saw_time waited 'given up'
    prints 'bytes unacknowledged: 0'
}
