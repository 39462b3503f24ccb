#!/usr/bin/env bats
load claim

# dies [HOST]: the table of a connection that keepalive ends.
dies() {
    try "silent-peer --host ${1-127.0.0.1} -- endings --idle 1 --interval 1 --count 1 {host} {port}"
    prints "connections to ${1-127.0.0.1}, keepalive on: 1 s, 1 s, 1"
}

# row WAY TEXT: a line of the table.
row() {
    grep -qxF -- "$(printf '%-13s %s' "$1" "$2")" <<<"$output" || {
        printf 'no such line: %s %s\n' "$1" "$2"
        return 1
    }
}

@test "error-once: The error is given once: the next recv() returns zero, as if the peer had closed." {
    dies
    row 'recv()' 'ETIMEDOUT, then 0'
    saw first ETIMEDOUT
    saw second 0
}

@test "error-eaten: Reading SO_ERROR takes the error away, and the recv() after it returns zero." {
    dies
    row SO_ERROR 'ETIMEDOUT, then recv() 0'
    saw SO_ERROR ETIMEDOUT
    saw recv 0
}

@test "send-error: The first send() gives the same error, and the second one EPIPE." {
    dies
    row 'send()' 'ETIMEDOUT, then EPIPE'
    saw first ETIMEDOUT
    saw second EPIPE
}

@test "send-signal: It is the second one that raises SIGPIPE." {
    compile died.c
    try 'silent-peer -- died {host} {port} write; echo "status $?"'
    prints 'keepalive on'
    prints 'send 1: ETIMEDOUT'
    prints_not 'send 2'
    saw first ETIMEDOUT
    ((${output##*status } == 128 + $(kill -l PIPE)))
    saw status "${output##*status }"
}

@test "blocked-recv: A program that is blocked in recv() is woken with the error." {
    compile died.c
    try 'silent-peer -- died {host} {port} read'
    prints 'keepalive on'
    prints 'recv 1: ETIMEDOUT'
    saw_time waited 'recv 1'
}

@test "read-first: Bytes that came before the end are read first, and the error comes after them." {
    own_network
    try "lab -c 'start server socat -u SYSTEM:\"printf hello; sleep 99\" TCP-LISTEN:7000,bind=198.51.100.1
        after 1 unplug server
        socat TCP:server:7000,keepalive,keepidle=1,keepintvl=1,keepcnt=1 SYSTEM:\"sleep 4; cat >&2\",nofork'"
    prints 'hello'
    prints 'hellocat: -: Connection timed out'
    saw error 'Connection timed out'
}

@test "poll-death: When a peer is given up, poll() reports POLLERR and POLLHUP, and of what was asked for POLLIN and POLLRDHUP." {
    dies
    row 'poll()' 'POLLIN POLLERR POLLHUP POLLRDHUP, unasked POLLERR POLLHUP'
    saw events 'POLLIN POLLERR POLLHUP POLLRDHUP'
}

@test "poll-unasked: A program that asked for no event is told POLLERR and POLLHUP all the same." {
    dies
    row 'poll()' 'POLLIN POLLERR POLLHUP POLLRDHUP, unasked POLLERR POLLHUP'
    saw events 'POLLERR POLLHUP'
}

@test "epoll-death: epoll_wait() reports the same four by its own names." {
    dies
    row 'epoll_wait()' 'EPOLLIN EPOLLERR EPOLLHUP EPOLLRDHUP'
    saw events 'EPOLLIN EPOLLERR EPOLLHUP EPOLLRDHUP'
}

@test "select-death: select() marks the socket readable and writable, and not exceptional." {
    dies
    row 'select()' 'readable, writable, not exceptional'
    saw marks 'readable, writable, not exceptional'
}

@test "death-ipv6: Over IPv6 each of these answers is the same." {
    dies
    local ipv4
    ipv4=$(tail -n +3 <<<"$output")
    dies ::1
    [[ $(tail -n +3 <<<"$output") == "$ipv4" ]]
    row 'recv()' 'ETIMEDOUT, then 0'
    saw answers "$(wc -l <<<"$ipv4")"
}

@test "reset-looks: A reset gives the same answers, with ECONNRESET in the place of ETIMEDOUT." {
    dies
    local timed_out
    timed_out=$(tail -n +3 <<<"$output")
    try 'silent-peer --reboot-at 1 -- endings --idle 2 {host} {port} | grep -v peer:'
    prints 'keepalive on: 2 s, 10 s, 6'
    [[ $(tail -n +2 <<<"$output") == "${timed_out//ETIMEDOUT/ECONNRESET}" ]]
    row 'poll()' 'POLLIN POLLERR POLLHUP POLLRDHUP, unasked POLLERR POLLHUP'
    saw error ECONNRESET
}

@test "closed-looks: A peer that has closed in order gives no error, and neither POLLERR nor POLLHUP." {
    try 'silent-peer --close-at 1 -- endings {host} {port} | grep -v peer:'
    row 'recv()' '0, then 0'
    row SO_ERROR '0, then recv() 0'
    row 'poll()' 'POLLIN POLLRDHUP, unasked nothing'
    row 'epoll_wait()' 'EPOLLIN EPOLLRDHUP'
    saw events 'POLLIN POLLRDHUP'
}

@test "closed-send: The first send() to a peer that has closed succeeds; its kernel answers with RST, and once that has come the next one says EPIPE." {
    own_network
    try 'lab -c "start server silent-peer --host server --port 7000 --close-at 1 >/dev/null; endings server 7000; on server nstat -asz TcpOutRsts"'
    row 'send()' '1, then EPIPE'
    saw_count resets TcpOutRsts
    ((count == 1))
    saw first 1
    saw second EPIPE
}

# power_cycle HOST: its probe meets a kernel that remembers nothing.
power_cycle() {
    try "lab -c 'start server silent-peer --host $1 --port 7000 --deaf-at 999 >/dev/null; after 1 power-off server; after 2.5 power-on server; detect --idle 5 $1 7000; probes client; on server nstat -asz TcpOutRsts'"
    prints 'keepalive on: 5 s, 10 s, 6'
    prints 'lab: power-on server'
    prints 'ECONNRESET'
    prints 'client has sent 1 keepalive probes'
}

@test "restarted: A host that was switched off and on again answers the first probe with RST." {
    own_network
    power_cycle server
    saw_count resets TcpOutRsts
    ((count == 1))
    saw_time silence ECONNRESET
}

@test "restarted-ipv6: It does so over IPv6 as well." {
    own_network
    power_cycle server6
    saw_count resets TcpOutRsts
    ((count == 1))
    saw_time silence ECONNRESET
}

@test "firewall-reset: A firewall that answers with RST in the peer's place looks the same, and the peer does not hear of it." {
    own_network
    try 'lab -c "start server silent-peer --host server --port 7000 --deaf-at 999 >/dev/null; forget 2 reset; endings --idle 4 server 7000; on server nstat -asz TcpOutRsts; on server ss -Htn state established"'
    row 'recv()' 'ECONNRESET, then 0'
    row 'poll()' 'POLLIN POLLERR POLLHUP POLLRDHUP, unasked POLLERR POLLHUP'
    saw error ECONNRESET
    saw_count resets-of-the-peer TcpOutRsts
    ((count == 0))
    (($(grep -c ':7000 .*192.0.2.1:' <<<"$output") == 7))
}

@test "death-reset: When keepalive gives a peer up, the kernel sends it an RST." {
    own_network
    local host
    for host in server server6; do
        try "lab -c 'start server silent-peer --host $host --port 7000 --deaf-at 999 >/dev/null; after 1 unplug server; detect --idle 2 --interval 1 --count 2 $host 7000; nstat -asz TcpOutRsts TcpExtTCPKeepAlive'"
        prints "connected to $host, keepalive on: 2 s, 1 s, 2"
        prints 'ETIMEDOUT'
        saw_count "probes-$host" TcpExtTCPKeepAlive
        ((count == 2))
        saw_count "resets-$host" TcpOutRsts
        ((count == 1))
    done
}

# data_dies HOST CUT [WORD...]: a byte that is repeated in vain.
data_dies() {
    compile died.c
    try "lab -c 'sysctl -w net.ipv4.tcp_retries2=2; start server silent-peer --host $1 --port 7000 --deaf-at 999 >/dev/null; after 1 ${*:2}; died $1 7000 data; nstat -asz TcpOutRsts TcpExtTCPKeepAlive TcpExtTCPAbortOnTimeout TcpRetransSegs'"
    prints 'net.ipv4.tcp_retries2 = 2'
    prints 'keepalive off'
    prints "lab: ${*:2}"
    prints 'one byte sent'
}

@test "data-no-reset: When the repetition of data gives a peer up, it sends none." {
    own_network
    data_dies server unplug server
    prints 'recv 1: ETIMEDOUT'
    [[ $output =~ TcpRetransSegs\ +([0-9]+) ]]
    ((BASH_REMATCH[1] >= 2))
    saw_count resets TcpOutRsts
    ((count == 0))
}

@test "same-counter: TcpExtTCPAbortOnTimeout counts both." {
    own_network
    data_dies server unplug server
    prints 'recv 1: ETIMEDOUT'
    saw_count data TcpExtTCPAbortOnTimeout
    ((count == 1))
    try 'silent-peer -- detect --idle 1 --interval 1 --count 1 {host} {port}; nstat -asz TcpExtTCPAbortOnTimeout'
    prints 'keepalive on: 1 s, 1 s, 1'
    prints 'ETIMEDOUT'
    saw_count keepalive TcpExtTCPAbortOnTimeout
    ((count == 1))
}

@test "info-tells: TCP_INFO still tells them apart afterwards: the probes without an answer are in tcpi_probes, the repetitions of data in tcpi_retransmits." {
    own_network
    dies
    row TCP_INFO 'tcpi_probes 1, tcpi_retransmits 0'
    saw keepalive 'tcpi_probes 1, tcpi_retransmits 0'
    data_dies server unplug server
    prints 'recv 1: ETIMEDOUT, tcpi_probes 0, tcpi_retransmits '
    [[ $output =~ tcpi_retransmits\ ([0-9]+) ]]
    ((BASH_REMATCH[1] >= 2))
    saw data-probes 'tcpi_probes 0'
}

# rejected HOST: the router answers the probes with ICMP.
rejected() {
    try "lab -c 'start server silent-peer --host $1 --port 7000 --deaf-at 999 >/dev/null; after 1 reject; detect --idle 2 --interval 1 --count 2 $1 7000; nstat -asz TcpExtTCPKeepAlive TcpExtOutOfWindowIcmps'"
    prints "connected to $1, keepalive on: 2 s, 1 s, 2"
    prints 'lab: reject'
    prints 'ETIMEDOUT'
    saw_time silence ETIMEDOUT
    saw_count probes TcpExtTCPKeepAlive
    ((count == 2))
    saw_count ignored TcpExtOutOfWindowIcmps
    ((count == 2))
}

@test "unreachable: A router that answers the probes with ICMP, host unreachable, changes neither the time nor the error." {
    own_network
    rejected server
}

@test "unreachable-ipv6: Over IPv6 such an answer to a probe is ignored as well." {
    own_network
    rejected server6
}

@test "unreachable-data: When data is repeated in vain, the router's answer becomes the error: EHOSTUNREACH." {
    own_network
    data_dies server reject
    prints 'recv 1: EHOSTUNREACH'
    saw error EHOSTUNREACH
}

@test "unreachable-data-ipv6: Over IPv6 the router of the lab says that it has no route, and the error is ENETUNREACH." {
    own_network
    data_dies server6 reject
    prints 'recv 1: ENETUNREACH'
    saw error ENETUNREACH
}

# no_answer HOST: how long connect() tries, with keepalive set before.
no_answer() {
    try "lab -c 'sysctl -w net.ipv4.tcp_syn_retries=1; sysctl -q -e -w net.ipv4.tcp_syn_linear_timeouts=0; unplug server; start=\$EPOCHREALTIME; detect --idle 1 --interval 1 --count 1 $1 7000; awk -v a=\$start -v b=\$EPOCHREALTIME \"BEGIN { printf \\\"after %.1f s, predicted 3 s\\n\\\", b - a }\"; probes client; plug server; start server silent-peer --host $1 --port 7000 --deaf-at 99 >/dev/null; detect --idle 1 --interval 1 --count 1 --limit 1 $1 7000'"
    prints 'net.ipv4.tcp_syn_retries = 1'
    prints ': Connection timed out'
    prints 'client has sent 0 keepalive probes'
    prints 'keepalive on: 1 s, 1 s, 1' # as the same command has it when it connects
    saw_time waited
}

@test "connecting: Keepalive does nothing during connect(): how long that tries is set by tcp_syn_retries." {
    own_network
    no_answer server
    saw probes 0
}

@test "connecting-ipv6: The same setting holds for IPv6." {
    own_network
    no_answer server6
    saw probes 0
}

# other_side PLUG_AT OPTIONS SECONDS: the client of a server that is well
# gives it up, because the cable is out from 1 s to PLUG_AT; so many
# seconds later, how is the server?
other_side() {
    try "lab -c 'start server socat -d -u TCP-LISTEN:7000,bind=198.51.100.1$2 -; after 1 unplug server; after $1 plug server; detect --idle 2 --interval 2 --count 1 server 7000; sleep $3; on server ss -Htno state established; nstat -asz TcpOutRsts'"
    prints 'keepalive on: 2 s, 2 s, 1'
    prints 'lab: plug server'
    prints 'timed out after'
    saw_time silence ETIMEDOUT
}

@test "reset-heard: If the path is back by then, a peer that was well all the time hears the RST and loses its connection too." {
    own_network
    other_side 3 '' 0.5
    prints 'server: '
    prints 'Connection reset by peer'
    prints_not ':7000 '
    saw error 'Connection reset by peer'
}

@test "reset-missed: If not, that RST is lost, and the peer keeps its connection." {
    own_network
    other_side 5 '' 2
    prints_not 'Connection reset by peer'
    prints_not 'timer:'
    [[ $output =~ 198\.51\.100\.1:7000\ +192\.0\.2\.1: ]]
    saw_count resets TcpOutRsts
    ((count == 1))
}

@test "reset-later: It hears an RST when it speaks the next time, be it by a keepalive probe of its own." {
    own_network
    other_side 5 ,keepalive,keepidle=6,keepintvl=1,keepcnt=9 3
    prints 'Connection reset by peer'
    prints_not ':7000 '
    saw_count resets TcpOutRsts
    ((count == 2))
}
