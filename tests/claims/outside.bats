#!/usr/bin/env bats
# Keepalive in programs of other people.
load claim

@test "outside-set: Keepalive that is set from outside works as if the program had set it itself." {
    own_network
    try "lab -c 'start server serve --quiet --host server --port 7000
        after 1 unplug client
        after 2 keepalivectl --peer :7000 --idle 3 --interval 1 --count 2 --quiet
        ask --no-keepalive --pause 30 server 7000; nstat -asz TcpExtTCPKeepAlive'"
    prints 'while quiet, recv() failed: ETIMEDOUT'
    saw error ETIMEDOUT
    saw_count probes TcpExtTCPKeepAlive probes
    [[ $count == 2 ]]
}

@test "outside-late: When the values are set first and keepalive is turned on then, the first probe comes after a whole idle time: the silence before does not count." {
    own_network
    # The idle time is 3 s. It is set after 2 s of silence, so that the first
    # probe would come after 1 s if those counted.
    try "lab -c 'start server serve --quiet --host server --port 7000
        after 2 keepalivectl --peer :7000 --idle 3 --interval 9 --quiet
        after 4 nstat -asz TcpExtTCPKeepAlive
        after 6.5 nstat -asz TcpExtTCPKeepAlive
        ask --no-keepalive --pause 8 server 7000'"
    [[ $(awk '$1 == "TcpExtTCPKeepAlive" { print $2 }' <<<"$output" | xargs) == '0 1' ]]
    saw_count probes TcpExtTCPKeepAlive probes
}

@test "outside-user-timeout: A user timeout that is set from outside ends a connection that is repeating data." {
    own_network
    try "lab -c 'start server serve --quiet --host server --port 7000
        after 1 unplug client
        after 4 keepalivectl --peer :7000 --user-timeout 1000 --quiet
        ask --no-keepalive --pause 2 --limit 30 server 7000'"
    prints 'after asking, recv() failed: ETIMEDOUT'
    saw error ETIMEDOUT
}

@test "outside-listening: What is set on a listening socket from outside, the clients that come later get." {
    own_network
    try "lab -c 'start server serve --quiet --no-keepalive --host server --port 7000
        keepalivectl --local :7000 --idle 61 --quiet
        after 1 bash -c \"keepalivectl --local :7000\"
        ask --no-keepalive --pause 2 server 7000'"
    [[ $output =~ 61/10/6\ +0\ +LISTEN ]]
    [[ $output =~ 61/10/6\ +0\ +ESTAB ]]
    saw settings 61/10/6
}

@test "outside-namespace: It reaches connections in other network namespaces as well." {
    own_network
    # In the lab, whose /proc has nobody else's processes.
    try "lab -c 'unshare --net bash -c \"ip link set lo up; serve --quiet --port 7000 --limit 9 & sleep 1; ask --no-keepalive --pause 4 127.0.0.1 7000\" &
        sleep 2; echo \"\$(ss -Htn | wc -l) here\"; keepalivectl --peer :7000 --idle 61 | tail -n 1; wait'"
    prints '0 here'
    prints 'is now     61/10/6'
    saw idle 61 s
}

@test "preload-works: With the library in front, a program that has no option for it gives up a dead peer." {
    try 'silent-peer --deaf-at 1 -- env LD_PRELOAD=$(type -P keepalive-preload.so) KEEPALIVE_IDLE=1 KEEPALIVE_INTERVAL=1 KEEPALIVE_COUNT=2 bash -c "cat </dev/tcp/{host}/{port}"'
    prints 'Connection timed out'
    saw said 'Connection timed out'
}

@test "preload-static: A program that is linked statically takes no notice of the library." {
    own_programs
    once ask-static "${CC:-gcc}" -std=c17 -static -o "$BATS_RUN_TMPDIR/bin/ask-static" "$tests/../examples/ask/ask.c"
    for program in ask ask-static; do
        try "silent-peer --close-at 1 -- env LD_PRELOAD=\$(type -P keepalive-preload.so) $program --no-keepalive --pause 3 {host} {port}"
        saw "$program" "keepalive $([[ $program == ask ]] && echo on || echo off)"
    done
}
