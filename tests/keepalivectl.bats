#!/usr/bin/env bats
# keepalivectl: what it lists and sets, and what it says when it cannot.
load helper

setup() {
    PATH=$bin:$PATH
}

# alone SCRIPT: in a network and among processes of its own, where a server
# listens on port 7000. `client` connects one without keepalive,
# as descriptor $fd of $pid.
alone() {
    # shellcheck disable=SC2016 # for the inner shell
    run timeout --kill-after=1 60 "$root/tests/private-network" \
        unshare --pid --fork --kill-child --mount-proc bash -c '
            until_lists() { for ((n = 0; n < 200; n++)); do "$@" | grep -q ESTAB && return; sleep 0.05; done; false; }
            client() { ask --no-keepalive --pause 50 127.0.0.1 7000 >/dev/null & pid=$!; until_lists keepalivectl --pid "$pid"; fd=$(keepalivectl --pid "$pid" | awk "NR == 2 { print \$2 }"); }
            serve --quiet --host 127.0.0.1 --port 7000 --limit 55 &
            server=$!
            for ((n = 0; n < 200; n++)); do ss -Hltn "sport = :7000" | grep -q LISTEN && break; sleep 0.05; done
            eval "$1"' bash "$1"
    printf '%s\n' "$output"
}

# refused WHAT ARGUMENT...: wrong usage, and it says so.
refused() {
    run -2 timeout 10 keepalivectl "${@:2}"
    has "$1"
}

@test "keepalivectl: bad values and contradictions are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do refused "$option '$value'" --all "--$option" "$value"; done
    done
    for value in 0 128 abc ''; do refused "count '$value'" --all --count "$value"; done
    for value in -1 abc ''; do refused "user-timeout '$value'" --all --user-timeout "$value"; done
    for value in 0 -1 abc ''; do refused "--pid '$value'" --pid "$value"; done
    for value in -1 abc ''; do refused "--fd '$value'" --pid 1 --fd "$value"; done
    for value in '' : nonsense host:80 1.2.3:4 '[::1' '[::1]80' '[]:80' ::1:x: 127.0.0.1: "$(printf '1%.0s' {1..99}):1"; do
        refused "--peer" --peer "$value"
    done
    for value in :0 :65536 127.0.0.1:x; do refused 'not a whole number from 1 to 65535' --local "$value"; done
    refused '--fd needs --pid' --fd 3
    refused '--off excludes' --all --off --idle 5
    refused '--dry-run: nothing to set' --dry-run
    refused 'on which sockets?' --idle 5
    refused "unexpected 'surplus'" surplus
}

@test "keepalivectl: is installed with its manual page, which has every option" {
    run -0 make -s -C "$root" install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr
    cd "$BATS_TEST_TMPDIR/usr"
    [[ $(find . -type f | sort | xargs) == './bin/keepalivectl ./lib/keepalive-preload.so ./share/man/man1/keepalivectl.1' ]]
    run -0 bin/keepalivectl --help
    diff <(grep -oE -- '^  --[a-z-]+' <<<"$output" | sort; echo '  --help') \
        <(grep -oE '^\*--[a-z-]+' "$root/book/man/keepalivectl.adoc" | sed 's/^\*/  /' | sort -u | grep -v help; echo '  --help')
    grep -q '^\.SH "EXIT STATUS"' share/man/man1/keepalivectl.1
    [[ -x bin/keepalivectl && ! -x share/man/man1/keepalivectl.1 ]]
}

@test "keepalivectl: lists what is there, and what has no keepalive" {
    alone 'client; keepalivectl; echo --; keepalivectl --without'
    [[ $status == 0 ]]
    [[ $output =~ 60/10/6\ +0\ +LISTEN\ +127.0.0.1:7000\ +-\ +serve ]]
    [[ $output =~ 60/10/6\ +0\ +ESTAB\ +127.0.0.1:7000\ +127.0.0.1:[0-9]+\ +serve ]]
    [[ $output =~ off\ +0\ +ESTAB\ +127.0.0.1:[0-9]+\ +127.0.0.1:7000\ +ask ]]
    [[ ${output#*--} != *serve* ]]
    [[ ${output#*--} == *ask* ]]
}

@test "keepalivectl: sets what is asked, by process, descriptor, peer or address, and ss agrees" {
    alone 'client
        keepalivectl --pid "$pid" --fd "$fd" --idle 100 --interval 20 --count 5 --user-timeout 90000
        ss -Htno "dport = :7000"
        keepalivectl --peer 127.0.0.1:7000 --off
        ss -Htno "dport = :7000"
        keepalivectl --local 127.0.0.1:7000 --count 9'
    [[ $status == 0 ]]
    has 'is now     100/20/5    90000'
    [[ $output =~ keepalive,1min(39|40)sec ]]
    has 'is now     off         90000'
    [[ $(grep -c 'timer:' <<<"$output") == 1 ]]
    [[ $(grep -c 'is now     60/10/9' <<<"$output") == 2 ]]
}

@test "keepalivectl: a dry run sets nothing" {
    alone 'client; keepalivectl --pid "$pid" --idle 100 --dry-run; keepalivectl --pid "$pid"'
    [[ $status == 0 ]]
    [[ $output =~ would\ be\ \ \ 100/10/6 ]]
    [[ $(grep -c ' off ' <<<"$output") == 2 ]]
}

@test "keepalivectl: IPv6, an IPv4 address inside of it, and MPTCP" {
    alone 'ruby -rsocket -e "
            Socket.new(:INET6, :STREAM).tap { |s| s.bind(Addrinfo.tcp(%q(::1), 7001)); s.listen(5); Thread.new { loop { s.accept } } }
            Socket.new(:INET6, :STREAM).tap { |s| s.setsockopt(41, 26, 0); s.bind(Addrinfo.tcp(%q(::), 7002)); s.listen(5); \$a = s }
            m = Socket.new(Socket::AF_INET, Socket::SOCK_STREAM, 262).tap { |s| s.bind(Addrinfo.tcp(%q(127.0.0.1), 7003)); s.listen(5) }
            c = TCPSocket.new(%q(::1), 7001); d = TCPSocket.new(%q(127.0.0.1), 7002); puts %q(ready); sleep 50" >said &
        ruby=$!
        for ((n = 0; n < 200; n++)); do [[ -s said ]] && break; sleep 0.05; done
        keepalivectl --pid "$ruby" --peer ::1 --idle 30
        keepalivectl --pid "$ruby" --peer [::1]:7001 --idle 31
        keepalivectl --pid "$ruby" --peer 127.0.0.1:7002 --idle 32
        keepalivectl --pid "$ruby" --local 127.0.0.1:7003 --idle 33
        keepalivectl --pid "$ruby" --local 127.0.0.1:7003 --user-timeout 1000'
    rm -f said
    has '[::1]:7001'
    for value in 30 31 32 33; do has "is now     $value/75/9"; done
    # MPTCP has no user timeout, and says so.
    has 'setsockopt TCP_USER_TIMEOUT 1000: Protocol not available'
    [[ $status == 1 ]]
}

@test "keepalivectl: what is not there, or is no TCP socket, is said plainly" {
    alone 'client
        keepalivectl --pid 999999 || echo "status $?"
        keepalivectl --pid "$pid" --fd 77 || echo "status $?"
        keepalivectl --pid "$pid" --fd 0 </dev/null || echo "status $?"
        keepalivectl --peer :9 --idle 5 || echo "status $?"
        keepalivectl --peer :9; echo "status $?"'
    has 'pid 999999: there is no such process'
    has 'has no descriptor 77'
    has 'descriptor 0: not a TCP socket'
    has 'no such socket'
    [[ $(grep -c 'status 1' <<<"$output") == 4 && $output == *'status 0' ]]
}

@test "keepalivectl: without the right it says which one is missing, and changes nothing" {
    # Only root can play somebody else; for others the call is refused.
    denied='strace -qq -o /dev/null -e inject=pidfd_getfd:error=EPERM'
    ((EUID != 0)) || denied='setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs'
    alone "denied='$denied'"'
        client
        nobody() { $denied "$(type -P keepalivectl)" "$@"; }
        nobody --pid "$pid" --idle 5 || echo "status $?"
        nobody --peer :7000 --idle 5 || echo "status $?"
        nobody; echo "status $?"
        keepalivectl --pid "$pid"'
    [[ $output =~ pid\ [0-9]+:\ not\ permitted:.*CAP_SYS_PTRACE ]]
    has 'processes may not be looked into'
    [[ $(grep -c 'status 1' <<<"$output") == 2 && $(grep -c 'status 0' <<<"$output") == 1 ]]
    [[ $output =~ off\ +0\ +ESTAB ]]
}

@test "keepalivectl: who may list a process's descriptors and not read them is told so" {
    # So is root in a container without CAP_SYS_PTRACE; here the kernel is made to say it.
    alone 'client
        strace -qq -o /dev/null -e inject=readlinkat:error=EACCES keepalivectl --pid "$pid" --idle 60 || echo "status $?"
        strace -qq -o /dev/null -e inject=readlinkat:error=EACCES keepalivectl'
    has 'not permitted: it takes the same user'
    has 'status 1'
    has 'processes may not be looked into'
}

@test "keepalivectl: raw sockets and descriptors that are only paths are no TCP sockets" {
    # shellcheck disable=SC2016 # for the inner shell
    alone 'ruby -rsocket -e "s = Socket.new(Socket::AF_INET, Socket::SOCK_RAW, 6); puts %q(ready); STDOUT.flush; sleep 50" >ready.$$ &
        raw=$!
        for ((n = 0; n < 200; n++)); do [[ -s ready.$$ ]] && break; sleep 0.05; done; rm -f ready.$$
        keepalivectl --pid "$raw" --idle 60 || echo "status $?"
        keepalivectl; echo "status $?"'
    has 'no such socket'
    [[ $output == *'status 1'*'status 0' ]]
}

@test "keepalivectl: :: is an address, and only :PORT means any" {
    alone 'client; keepalivectl --peer ::; keepalivectl --local [::]:7000; echo --; keepalivectl --local :7000 | grep -c 7000'
    [[ $output == $'--\n2' ]]
}

@test "keepalivectl: a kernel without pidfd_getfd, and no /proc, are said plainly" {
    alone 'client
        strace -o /dev/null -e inject=pidfd_getfd:error=ENOSYS keepalivectl --pid "$pid" || echo "status $?"
        strace -o /dev/null -e inject=pidfd_open:error=ENOSYS keepalivectl || echo "status $?"
        unshare --mount bash -c "mount -t tmpfs none /proc; keepalivectl; echo status \$?; keepalivectl --pid $pid --fd $fd --idle 44"'
    [[ $(grep -c 'this kernel has no pidfd_getfd()' <<<"$output") == 2 ]]
    has '/proc is not there, so no process is found'
    [[ $(grep -c 'status 1' <<<"$output") == 3 ]]
    has 'is now     44/10/6'
}

@test "keepalivectl: a /proc that shows other numbers than its own is not believed" {
    run -1 timeout 20 "$root/tests/private-network" unshare --pid --fork --kill-child keepalivectl
    has '/proc is of another namespace'
    run -1 timeout 20 "$root/tests/private-network" unshare --pid --fork --kill-child keepalivectl --pid 1
    has '/proc is of another namespace'
}

@test "keepalivectl: a process that ends between look-up and duplicate is said to be gone" {
    alone 'client
        strace -o /dev/null -e inject=pidfd_getfd:delay_enter=1000000 keepalivectl --pid "$pid" --fd "$fd" --idle 5 & tool=$!
        sleep 0.5
        kill "$pid"; wait "$pid"
        wait "$tool"; echo "status $?"'
    has 'there is no such process'
    has 'status 1'
}

@test "keepalivectl: a number that is given to another socket meanwhile leaves that one alone" {
    # The values take a second each to arrive; meanwhile the process closes
    # the socket, and opens another one under its number.
    alone 'ruby -rsocket -e "
            one = TCPSocket.new(%q(127.0.0.1), 7000); number = one.fileno
            trap(:USR1) { one.close; \$two = TCPSocket.new(%q(127.0.0.1), 7000)
                          warn(\$two.fileno == number ? %q(the same number) : %q(another number)) }
            sleep 0.1 while true" &
        pid=$!
        until_lists keepalivectl --pid "$pid"
        strace -qq -o /dev/null -e inject=setsockopt:delay_enter=1000000 keepalivectl --pid "$pid" --idle 5 &
        tool=$!
        sleep 0.5
        kill -USR1 "$pid"
        wait "$tool"; echo "status $?"
        keepalivectl --pid "$pid"'
    has 'the same number'
    has 'is now     5/75/9'
    has 'status 0'
    [[ ${output#*status} =~ off\ +0\ +ESTAB ]]
}

@test "keepalivectl: thousands of sockets are listed and set in one go" {
    # shellcheck disable=SC2016 # for the inner shell
    # In ten processes: a container may allow each a thousand descriptors.
    alone 'ruby -rsocket -e "
            10.times { |n| fork { at = [%q(127.0.0.) + (n + 1).to_s, 7005]
                listener = TCPServer.new(*at)
                all = 250.times.map { [TCPSocket.new(*at), listener.accept] }
                puts %q(ready); STDOUT.flush; sleep 50 } }" | {
            for _ in {1..10}; do read -r line; done
            keepalivectl --peer :7005 --idle 77 | grep -c "is now     77/75/9"
            keepalivectl --local :7005 --without | grep -c ESTAB
            (ulimit -n 16; keepalivectl --local :7005 --without | grep -c LISTEN); }
'
    has $'2500\n2500\n10'
}
