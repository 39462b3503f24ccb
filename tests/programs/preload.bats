#!/usr/bin/env bats
# keepalive-preload.so, and Debian's libkeepalive, under real programs.
# shellcheck disable=SC2016 # for the inner shell
load programs

export OURS="env LD_PRELOAD=$bin/keepalive-preload.so KEEPALIVE_IDLE=61 KEEPALIVE_INTERVAL=11 KEEPALIVE_COUNT=7"
export THEIRS='env LD_PRELOAD=libkeepalive.so.0 KEEPIDLE=61 KEEPINTVL=11 KEEPCNT=7'
export DIAL='package main
import ("net"; "time")
func main() { (&net.Dialer{KeepAlive: -1}).Dial("tcp", "127.0.0.1:7000"); time.Sleep(time.Minute) }'

@test "preload: programs that are linked with the C library get what the environment says" {
    alone 'connected $OURS nc.openbsd -d 127.0.0.1 7000
        connected $OURS python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 7000)).recv(1)"
        connected $OURS wget -q http://127.0.0.1:7000/
        connected $OURS ssh -F none -o BatchMode=yes -p 7000 127.0.0.1'
    for program in nc.openbsd python3 wget ssh; do has "61/11/7 $program"; done
}

@test "preload: what a program sets itself after connect() holds, and what it sets before does not" {
    # curl sets it before it connects, redis-cli after.
    alone 'connected $OURS curl -s http://127.0.0.1:7000/
        connected $OURS redis-cli -p 7000 get key
        connected $OURS python3 -c "import socket
s = socket.create_connection((\"127.0.0.1\", 7000))
s.setsockopt(6, 4, 99)
s.recv(1)"'
    has '61/11/7 curl'
    has '15/5/3 redis-cli'
    has '99/11/7 python3'
}

@test "preload: servers get it as well, listening and accepted" {
    alone '$OURS python3 -m http.server --bind 127.0.0.1 7001 2>said &
        until_true eval "ss -Hltn sport = :7001 | grep -q LISTEN"
        exec 3<>/dev/tcp/127.0.0.1/7001
        until_true eval "keepalivectl --local :7001 | grep -q ESTAB"
        sleep 0.3
        keepalivectl --local :7001 | awk "\$NF == \"python3\" { print \$3, \$5 }"'
    has '61/11/7 LISTEN'
    has '61/11/7 ESTAB'
}

@test "preload: Debian's libkeepalive does it where a program makes its socket by socket()" {
    alone 'connected $THEIRS nc.openbsd -d 127.0.0.1 7000
        connected $THEIRS python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 7000)).recv(1)"
        connected $THEIRS wget -q http://127.0.0.1:7000/'
    for program in nc.openbsd python3 wget; do has "61/11/7 $program"; done
}

@test "preload: Go and static programs take no notice of either, and keepalivectl reaches them" {
    alone 'printf "%s\n" "$DIAL" >main.go
        GOCACHE=/run/cache GOTOOLCHAIN=local go build -o dialer main.go
        build_static
        for preload in "$OURS" "$THEIRS"; do connected $preload ./dialer; connected $preload ./static; done
        for program in ./dialer ./static; do
            $program & until_true stands
            keepalivectl --pid $! --idle 61 --interval 11 --count 7 --quiet
            show; kill $!; wait $! 2>/dev/null
        done; true'
    [[ $(grep -c '^off dialer' <<<"$output") == 2 ]]
    [[ $(grep -c '^off static' <<<"$output") == 2 ]]
    has '61/11/7 dialer'
    has '61/11/7 static'
}
