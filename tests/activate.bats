#!/usr/bin/env bats
# The program activate: its options, and what it takes for a socket that
# was handed over.
load helper

setup() {
    PATH=$bin:$PATH
}

# handed WORD...: activate with these words, started by the first of two
# clients, one after the other. In a lab, so the port is ours.
handed() {
    # shellcheck disable=SC2016 # for the inner shell
    timeout 30 lab bash -c '
        for client in 1 2; do
            for ((i = 0; i < 50; i++)); do (exec 3<>/dev/tcp/127.0.0.1/7000) 2>&1 && break; sleep 0.1; done
            sleep 0.5
        done >/dev/null &
        exec env SYSTEMD_LOG_LEVEL=err systemd-socket-activate --listen 127.0.0.1:7000 "$@"' - "$@"
}

@test "activate: bad values are refused by name" {
    for option in idle interval count clients limit; do
        for value in 0 -1 abc '' 5x 9999999999; do
            run -2 activate "--$option" "$value"
            has "activate: $option '$value'"
        done
    done
    run -2 activate surplus
    has "unexpected 'surplus'"
    run -2 activate --nonsense
    has 'usage: activate'
}

@test "activate: without a socket it says how to be started" {
    for words in 'LISTEN_FDS=1' 'LISTEN_PID=1 LISTEN_FDS=1'; do
        # shellcheck disable=SC2086 # words
        run -1 env -u LISTEN_PID -u LISTEN_FDS $words activate
        has 'no socket was handed over: start it with systemd-socket-activate'
    done
    run -2 env LISTEN_PID=many LISTEN_FDS=1 activate
    has "LISTEN_PID 'many'"
}

@test "activate: two sockets, or what does not listen, are refused by name" {
    # shellcheck disable=SC2016 # for the inner shell
    run -1 bash -c 'export LISTEN_PID=$$ LISTEN_FDS=2; exec activate'
    has "LISTEN_FDS '2': one socket is wanted"
    # shellcheck disable=SC2016 # for the inner shell
    run -1 bash -c 'export LISTEN_PID=$$ LISTEN_FDS=1; exec activate 3</dev/null'
    has 'getsockopt SO_ACCEPTCONN'
    # shellcheck disable=SC2016 # for the inner shell
    run -1 silent-peer -- bash -c 'export LISTEN_PID=$$ LISTEN_FDS=1; exec activate 3<>/dev/tcp/{host}/{port}'
    has 'descriptor 3 does not listen'
}

@test "activate: the first client lacks what is set on the listener, with --each it does not" {
    run -0 handed activate --idle 61 --clients 2
    [[ $output == $'client 1: keepalive off, idle time 7200 s\nclient 2: keepalive on, idle time 61 s' ]]
    run -0 handed activate --idle 61 --clients 2 --each
    [[ $output == $'client 1: keepalive on, idle time 61 s\nclient 2: keepalive on, idle time 61 s' ]]
}

@test "activate: if nobody comes any more it says so at the limit" {
    run -1 handed activate --clients 3 --limit 2
    has 'client 3: none came within 2 s'
}
