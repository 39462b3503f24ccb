#!/usr/bin/env bats
load claim

# What a lab of this file starts with: a server that is well.
serve='start server silent-peer --host server --port 7000 --deaf-at 99 >/dev/null'
serve6=${serve/host server/host server6}

# row SECONDS TEXT: the row that timers printed at that time, without the
# spaces between its columns.
row() {
    local rows
    rows=$(tr -s ' ' <<<"$output")$'\n'
    if [[ $rows != *$'\n'" $1.5 s $2"$'\n'* ]]; then
        printf 'no row: %s.5 s %s\n' "$1" "$2"
        return 1
    fi
}

# --- On the wire ------------------------------------------------------------

@test "probe: A keepalive probe is an empty ACK whose sequence number is one below the next one." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    try "lab -c '$serve; capture client >wire; detect --idle 1 --limit 2 server 7000; sleep 0.3; cat wire'"
    prints 'keepalive on: 1 s'
    prints 'client > server    ACK      seq 0    ack 1    0 bytes  keepalive probe'
    prints 'client > server    FIN ACK  seq 1    ack 1    0 bytes'
    try "lab -c '$serve6; capture client >wire; detect --idle 1 --limit 2 server6 7000; sleep 0.3; cat wire'"
    prints 'keepalive on: 1 s'
    prints 'client6 > server6  ACK      seq 0    ack 1    0 bytes  keepalive probe'
    prints 'client6 > server6  FIN ACK  seq 1    ack 1    0 bytes'
    saw sequence 0
    saw next 1
}

@test "answer: The answer is an empty ACK as well, with the number that comes next." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    try "lab -c '$serve; capture client >wire; detect --idle 1 --limit 2 server 7000; sleep 0.3; cat wire'"
    prints $'keepalive probe\nserver > client    ACK      seq 1    ack 1    0 bytes  answer\n'
    try "lab -c '$serve6; capture client >wire; detect --idle 1 --limit 2 server6 7000; sleep 0.3; cat wire'"
    prints $'keepalive probe\nserver6 > client6  ACK      seq 1    ack 1    0 bytes  answer\n'
    saw sequence 1
}

@test "no-data: A probe and its answer carry no data." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    local to
    for to in server server6; do
        try "lab -c '${serve/host server/host $to}; capture client >wire; detect --idle 2 --interval 1 --limit 5 $to 7000; grep -e probe -e answer wire'"
        prints 'keepalive on: 2 s, 1 s'
        (($(grep -c '  0 bytes  keepalive probe$' <<<"$output") == 2))
        (($(grep -c '  0 bytes  answer$' <<<"$output") == 2))
        ((${#lines[@]} == 6)) # two are detect's
    done
    saw bytes 0
}

@test "tcpdump: tcpdump prints the sequence number of an empty acknowledgement only with -vv." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    local watch='on router tcpdump -Z root -n -l'
    try "lab -c '$serve; $watch -v -i client tcp >v 2>&1 & $watch -vv -i client tcp >vv 2>&1 & until grep -q listening v && grep -q listening vv; do sleep 0.1; done; detect --idle 1 --limit 2 server 7000; sleep 0.3; echo with -v; grep \"\\[[.]\\]\" v; echo with -vv; grep \"\\[[.]\\]\" vv'"
    prints 'keepalive on: 1 s'
    local v=${output#*with -v$'\n'}
    local vv=${v#*with -vv}
    v=${v%%with -vv*}
    [[ $v == *'ack 1, win'* && $v != *' seq '* ]]
    # The end of the handshake, the probe.
    [[ $vv == *' seq 1, ack 1, '*' seq 0, ack 1, '* ]]
    saw sequence 0
}

@test "window-probe: The probe of a window that is closed looks the same." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    try "lab -c 'start server socat -u TCP-LISTEN:7000 EXEC:\"sleep 60\" >/dev/null; capture client >wire; head -c 20000000 /dev/zero | timeout 4 socat -u - TCP:server:7000; grep -A1 \"window probe\" wire | head -n 2'"
    [[ $output =~ 'client > server    ACK      seq '([0-9]+)'  ack 1    0 bytes  window probe'$'\n''server > client    ACK      seq 1    ack '([0-9]+)'  0 bytes  answer' ]]
    ((BASH_REMATCH[1] == BASH_REMATCH[2] - 1))
    saw bytes 0
}

@test "rate-limit: A kernel answers no more than one probe of a connection within tcp_invalid_ratelimit, by default 500 ms." {
    own_network
    try "lab -c '$serve; on server sysctl net.ipv4.tcp_invalid_ratelimit; on server sysctl -w net.ipv4.tcp_invalid_ratelimit=3500; timers --idle 1 --interval 1 --count 9 --limit 6 server 7000; on server nstat -asz TcpExtTCPACKSkippedSeq'"
    prints 'keepalive on: 1 s, 1 s, 9'
    row 1 'keepalive 1 s 0 0 0 1'
    row 4 'keepalive 1 s 3 0 3 4'
    row 5 'keepalive 1 s 0 0 0 5'
    saw default 500 ms
    saw_count unanswered TcpExtTCPACKSkippedSeq
}

# --- When a probe is sent ---------------------------------------------------

@test "healthy-rate: A quiet connection that is well is probed once in the idle time, or once in the interval if that is longer." {
    own_network
    try "lab -c '$serve; timers --idle 2 --interval 1 --count 2 --limit 7 server 7000'"
    prints 'keepalive on: 2 s, 1 s, 2'
    row 1 'keepalive 1 s 1 0 0 0'
    row 6 'keepalive 1 s 0 0 0 3'
    saw probes 3
    try "lab -c '$serve; timers --idle 1 --interval 3 --count 2 --limit 6 server 7000'"
    prints 'keepalive on: 1 s, 3 s, 2'
    row 1 'keepalive 3 s 0 0 0 1'
    row 3 'keepalive 1 s 2 0 0 1'
    row 5 'keepalive 2 s 1 0 0 2'
    saw longer-interval 2
}

@test "heard: The idle time begins with the last segment from the peer, be it data or an acknowledgement." {
    own_network
    try "lab -c 'start server socat TCP-LISTEN:7000 SYSTEM:\"sleep 2; echo; sleep 9\" >/dev/null; timers --idle 3 --interval 1 --count 2 --limit 7 server 7000'"
    prints 'keepalive on: 3 s, 1 s, 2'
    row 4 'keepalive 1 s 2 0 0 0'
    row 6 'keepalive 2 s 1 0 0 1'
    try "lab -c '$serve6; timers --idle 3 --interval 1 --count 2 --send-at 2 --limit 6 server6 7000'"
    prints 'keepalive on: 3 s, 1 s, 2'
    row 4 'keepalive 1 s 2 0 0 0'
    row 5 'keepalive 1 s 0 0 0 1'
    saw none-at 4.5 s
    saw first-by 5.5 s
}

@test "lazy: Traffic does not touch a timer that runs: when it fires, it is set to what is left of the idle time." {
    own_network
    try "lab -c '$serve; timers --idle 3 --interval 1 --count 2 --send-at 2 --limit 4 server 7000'"
    prints 'keepalive on: 3 s, 1 s, 2'
    row 1 'keepalive 2 s 1 0 0 0'
    row 2 'keepalive 1 s 0 0 0 0'
    row 3 'keepalive 2 s 1 0 0 0'
    saw left-after-traffic 1 s
    saw left-after-firing 2 s
}

@test "count-again: An answer sets the count of unanswered probes back to zero." {
    own_network
    try "lab -c '$serve; after 1 unplug server; after 5 plug server; timers --idle 2 --interval 2 --count 4 --limit 7 server 7000'"
    prints 'keepalive on: 2 s, 2 s, 4'
    prints 'lab: plug server'
    row 4 'keepalive 2 s 4 0 2 2'
    row 6 'keepalive 2 s 0 0 0 3'
    saw before 2
    saw after 0
}

@test "set-idle: Setting TCP_KEEPIDLE on an open connection counts the silence so far." {
    compile rearm.c
    try 'silent-peer -- rearm {host} {port} idle'
    prints 'keepalive 1: 7200 s, then 2 s, 1 s, 1'
    # A full idle time from the call on would end it a second later.
    prints 'ETIMEDOUT after 3.'
    saw_time silence
}

@test "set-again: Setting SO_KEEPALIVE to one where it is one already leaves the timer as it runs." {
    own_network
    compile rearm.c
    try 'silent-peer -- rearm {host} {port} again'
    prints 'keepalive 1: 7200 s, then 2 s, 1 s, 1'
    prints 'still connected'
    saw_time waited
}

@test "off-and-on: Setting it to zero and to one again begins a full idle time." {
    own_network
    compile rearm.c
    try 'silent-peer -- rearm {host} {port} off-on'
    prints 'keepalive 1: 7200 s, then 2 s, 1 s, 1'
    prints 'ETIMEDOUT'
    saw_time silence
}

@test "never-early: Of 100 connections none was given up before its time." {
    compile early.c
    # To be late is forgiven once, and to be early is not.
    [[ ! -e $BATS_RUN_TMPDIR/early ]]
    try 'silent-peer -- early {host} {port}'
    [[ $output == *', 0 of them early'* ]] || : >"$BATS_RUN_TMPDIR/early"
    prints '100 connections, 0 of them early, ETIMEDOUT'
    saw connections 100
    saw early 0
    saw_time latest
}

# --- Watching it ------------------------------------------------------------

@test "counter-sent: TcpExtTCPKeepAlive counts every probe that this host has tried to send, answered or not." {
    own_network
    cd "$BATS_TEST_TMPDIR"
    try "lab -c '$serve; capture client >wire; after 3 unplug server; detect --idle 2 --interval 1 --count 2 server 7000; sleep 0.3; cat wire; nstat -asz TcpExtTCPKeepAlive'"
    prints 'keepalive on: 2 s, 1 s, 2'
    prints 'ETIMEDOUT'
    (($(grep -c 'bytes  keepalive probe$' <<<"$output") == 3))
    (($(grep -c 'bytes  answer$' <<<"$output") == 1))
    saw_count probes TcpExtTCPKeepAlive
    ((count == 3))
    # Those that went nowhere as well.
    try "lab -c '$serve; capture client >wire; after 1 ip route add blackhole 198.51.100.1; detect --idle 2 --interval 1 --count 2 server 7000; sleep 0.3; cat wire; nstat -asz TcpExtTCPKeepAlive'"
    (($(grep -c 'keepalive probe$' <<<"$output") == 0))
    saw_count not-sent TcpExtTCPKeepAlive
    ((count == 2))
}

@test "counter-end: When it gives a peer up, TcpExtTCPAbortOnTimeout and TcpOutRsts grow by one." {
    own_network
    try "lab -c '$serve; after 1 unplug server; nstat -asz TcpExtTCPAbortOnTimeout TcpOutRsts; detect --idle 2 --interval 1 --count 1 server 7000; nstat -asz TcpExtTCPAbortOnTimeout TcpOutRsts'"
    prints 'keepalive on: 2 s, 1 s, 1'
    prints 'ETIMEDOUT'
    (($(grep -cE '^Tc\S+ +0 ' <<<"$output") == 2))
    saw_count aborts TcpExtTCPAbortOnTimeout
    ((count == 1))
    saw_count resets TcpOutRsts
    ((count == 1))
}

@test "unanswered-count: tcpi_probes in TCP_INFO counts the probes that have stayed unanswered since the peer was last heard." {
    own_network
    try "lab -c '$serve; after 3 unplug server; timers --idle 2 --interval 1 --count 3 server 7000'"
    prints 'keepalive on: 2 s, 1 s, 3'
    row 2 'keepalive 1 s 0 0 0 1'
    row 4 'keepalive 1 s 2 0 1 2'
    row 6 'keepalive 1 s 4 0 3 4'
    prints 'recv: ETIMEDOUT'
    saw sent 4
    saw unanswered 3
}

@test "timer-off: Without keepalive no timer runs for a quiet connection." {
    own_network
    try "lab -c '$serve; timers --no-keepalive --limit 2 server 7000'"
    prints 'keepalive off'
    row 1 'off - 1 0 0 0'
    saw timer off
}

@test "ss-keepalive: ss -o shows the timer of a quiet connection as keepalive, and as its last number the unanswered probes." {
    own_network
    try "lab -c '$serve; after 1 unplug server; detect --idle 2 --interval 2 --count 3 server 7000 & sleep 7; ss -Hnto state established; wait'"
    prints 'keepalive on: 2 s, 2 s, 3'
    [[ $output =~ :7000\ *timer:\(keepalive,[^,]+,3\) ]]
    prints 'ETIMEDOUT'
    saw timer keepalive
    saw unanswered 3
}

@test "ss-on: While data is unacknowledged it shows the timer of the retransmission, on, and keepalive is hidden." {
    own_network
    try "lab -c '$serve; after 1 unplug server; timers --idle 3 --interval 1 --count 9 --send-at 2 --limit 4 server 7000 & sleep 3.2; ss -Hnto state established; wait'"
    prints 'keepalive on: 3 s, 1 s, 9'
    [[ $output =~ :7000\ *timer:\(on,[^,]+,[0-9]+\) ]]
    saw timer on
}

@test "ss-persist: When the peer's window is closed it shows persist." {
    own_network
    try "lab -c 'start server socat -u TCP-LISTEN:7000 EXEC:\"sleep 60\" >/dev/null; head -c 20000000 /dev/zero | timeout 4 socat -u - TCP:server:7000,keepalive & sleep 3; ss -Hnto state established; wait'"
    [[ $output =~ :7000\ *timer:\(persist,[^,]+,[0-9]+\) ]]
    saw timer persist
}
