#!/usr/bin/env bats
# The heartbeats of other protocols, as programs of Debian have them.
load claim

# in_lab LINE...: tries them in the lab. The folder /run is its own.
in_lab() {
    local all
    printf -v all '%s; ' "$@"
    try "lab -c '${all%; }'"
}

@test "http-quiet: HTTP keep-alive of itself sends nothing while the connection is quiet." {
    own_network
    # nstat without -s remembers, so it prints what came since.
    in_lab 'start server /usr/bin/python3 -m http.server --protocol HTTP/1.1 --bind 198.51.100.1 --directory /run 7000 2>/dev/null' \
        'exec 3<>/dev/tcp/server/7000' \
        'printf "GET / HTTP/1.1\r\nHost: server\r\nConnection: keep-alive\r\n\r\n" >&3' \
        'read -r -t 2 said <&3; echo "$said"' \
        'sleep 1' \
        'export NSTAT_HISTORY=/run/nstat' \
        'nstat -n' \
        'sleep 4' \
        'nstat -z TcpOutSegs TcpInSegs' \
        'echo "$(ss -Htn state established | wc -l) established"'
    prints 'HTTP/1.1 200'
    prints '1 established'
    saw_count sent TcpOutSegs segments
    [[ $count == 0 ]]
    saw_count received TcpInSegs segments
    [[ $count == 0 ]]
}

@test "ssh-keepalive: With TCPKeepAlive alone, ssh goes on waiting for a server that hangs." {
    own_network
    script ssh-session
    in_lab 'sysctl -qw net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=2' \
        'ssh-session TCPKeepAlive=yes ServerAliveInterval=0' \
        'nstat -asz TcpExtTCPKeepAlive'
    prints here
    prints 'still connected 12 s after the server stopped'
    # One a second, each answered; how many depends on how long ssh took.
    (($(awk '$1 == "TcpExtTCPKeepAlive" { print $2 }' <<<"$output") > 8))
    saw waits 12 s
}

@test "ssh-alive: With ServerAliveInterval ssh asks the server itself, and gives it up." {
    own_network
    script ssh-session
    in_lab 'ssh-session TCPKeepAlive=no ServerAliveInterval=1 ServerAliveCountMax=3; nstat -asz TcpExtTCPKeepAlive'
    prints here
    prints 'ssh ended with 255'
    # At the fourth question after the last answer, which came before the stop.
    [[ $output =~ ,\ ([0-9.]+)\ s\ after ]]
    awk -v seconds="${BASH_REMATCH[1]}" 'BEGIN { exit !(seconds >= 2.9 && seconds <= 5) }'
    saw status 255
    saw_count probes TcpExtTCPKeepAlive probes
    [[ $count == 0 ]]
}

# mqtt EVENT KEEPALIVE LIMIT: a reader with a keep alive of so many seconds,
# LIMIT s long; the event comes 1 s after it has connected.
mqtt() {
    in_lab 'printf "%s\n" "listener 7000 198.51.100.1" "allow_anonymous true" "user root" "log_type all" >/run/conf' \
        'start server mosquitto -c /run/conf' \
        "after 1 $1" \
        "timeout --kill-after=1 $3 stdbuf -oL mosquitto_sub -d -h server -p 7000 -k $2 -i reader -t news"
}

@test "mqtt-ping: mosquitto_sub, an MQTT client, gives the broker up when its ping gets no answer, and connects again." {
    own_network
    mqtt 'freeze server' 5 15
    prints 'Client reader received CONNACK'
    prints 'Client reader sending PINGREQ'
    [[ $output == *PINGREQ*'Client reader sending CONNECT'* ]]
    prints_not PINGRESP
    saw ping PINGREQ
}

@test "mqtt-broker: The broker gives up a client that says nothing for one and a half times the keep alive that it has announced." {
    own_network
    # Factors of 1 and 2 would be out of these bounds.
    mqtt 'unplug client' 16 34
    prints 'as reader (p2, c1, k16)'
    prints 'Client reader has exceeded timeout, disconnecting'
    local from to
    from=$(sed -n 's/^server: \([0-9]*\): New client connected.*/\1/p' <<<"$output")
    to=$(sed -n 's/^server: \([0-9]*\): Client reader has exceeded.*/\1/p' <<<"$output")
    ((to - from >= 24 && to - from <= 31))
    saw said 'exceeded timeout'
}

# websocket EVERY: a client that pings every so many seconds, and a
# server that hangs after 3 s.
websocket() {
    script websocket.py
    in_lab 'start server websocket.py serve 198.51.100.1' \
        'after 3 freeze server' \
        "timeout --kill-after=1 30 websocket.py watch 198.51.100.1 $1"
    prints connected
}

@test "websocket-ping: A WebSocket client that pings finds that its server hangs, and one that does not ping goes on waiting." {
    own_network
    websocket 2
    prints 'keepalive ping timeout'
    websocket 60
    prints 'still connected after 12 s'
    saw waits 12 s
    saw code 1011
}

@test "grpc-ping: A gRPC client that pings finds that its server hangs, and the call ends with UNAVAILABLE." {
    own_network
    script grpc-stream.py
    in_lab 'start server grpc-stream.py serve 198.51.100.1 500' \
        'after 3 freeze server' \
        'timeout --kill-after=1 30 grpc-stream.py watch 198.51.100.1 2000'
    prints here
    prints 'UNAVAILABLE: keepalive watchdog timeout'
    saw code UNAVAILABLE
    # Of a server that is well it does not.
    in_lab 'start server grpc-stream.py serve 198.51.100.1 500' \
        'timeout --kill-after=1 30 grpc-stream.py watch 198.51.100.1 2000'
    prints here
    prints DEADLINE_EXCEEDED
    in_lab 'start server grpc-stream.py serve 198.51.100.1 500' \
        'after 3 freeze server' \
        'timeout --kill-after=1 30 grpc-stream.py watch 198.51.100.1 60000'
    prints here
    prints DEADLINE_EXCEEDED
}

@test "grpc-too-many: A gRPC server ends the connection of a client that pings more often than it allows." {
    own_network
    script grpc-stream.py
    in_lab 'start server grpc-stream.py serve 198.51.100.1 0' \
        'timeout --kill-after=1 30 grpc-stream.py watch 198.51.100.1 2000'
    prints here
    prints 'UNAVAILABLE: Too many pings'
    prints too_many_pings
    saw said too_many_pings
}
