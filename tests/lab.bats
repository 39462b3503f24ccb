#!/usr/bin/env bats
# The lab: its commands, its limits, and that nothing is left of it.
load helper

setup() {
    PATH=$bin:$PATH
    export LAB_MARK=$BATS_TEST_NAME-$$-$RANDOM
}

teardown() {
    if [[ -n ${place-} ]]; then rm -r "$place"; fi
}

# left: the processes that have this test's mark.
left() {
    local process
    for process in /proc/[0-9]*; do
        if { tr '\0' '\n' <"$process/environ"; } 2>/dev/null | grep -qxF "LAB_MARK=$LAB_MARK.lab"; then
            printf '%s\n' "$process"
        fi
    done
}

# nothing_left: within five seconds all marked processes are gone.
nothing_left() {
    local tries
    for ((tries = 0; tries < 50; tries++)); do
        [[ -n $(left) ]] || return 0
        sleep 0.1
    done
    left
    return 1
}

peer='start server silent-peer --host server --port 7000 --deaf-at 999'
peer6='start server silent-peer --host server6 --port 7000 --deaf-at 999'

@test "lab: the command's exit status is its own, in each form" {
    run -0 lab true
    run -7 lab bash -c 'exit 7'
    run -7 lab -c 'exit 7'
    run -143 lab bash -c 'kill -TERM $$'
    run -127 lab no-such-command
    has "there is no command 'no-such-command'"
}

@test "lab: wrong usage is told, exit 2; --help tells all its commands" {
    run -2 lab -c
    has 'usage: lab'
    run -2 lab --nonsense
    has 'usage: lab'
    run -0 lab --help
    for word in on start unplug plug power-off power-on freeze thaw forget reject accept capture probes after; do has " $word"; done
}

@test "lab: its commands refuse what they do not know, by name" {
    run -0 lab -c '
        on nobody true; echo $?
        on server; echo $?
        unplug router; echo $?
        power-off client; echo $?
        power-on server; echo $?
        forget soon; echo $?
        forget 3 laughing; echo $?
        after x true; echo $?
        probes; echo $?
        capture router; echo $?
        capture client --clocks; echo $?
        start server true; echo $?
        start server no-such-command; echo $?
        power-off server; on server true; echo $?; unplug server; echo $?; power-off server; echo $?'
    printf '%s\n' "$output"
    [[ $(grep -cx 2 <<<"$output") == 16 ]]
    has "HOST 'nobody'"
    has "OPTION '--clocks'"
    has "SECONDS 'soon'"
    has "ANSWER 'laughing'"
    has "SECONDS 'x'"
    has "'true' has ended"
    has "'no-such-command' has ended"
    has 'the server is switched off'
}

@test "lab: client, router and server hear each other by name, IPv4 and IPv6" {
    for host in server server6; do
        run -1 lab -c "start server silent-peer --host $host --port 7000 --deaf-at 999
            detect --limit 1 $host 7000"
        has "connected to $host"
        has 'still connected'
    done
    run -0 lab -c 'for host in client router server; do on $host ip -4 -o address show scope global; done'
    [[ $(awk '{ print $4 }' <<<"$output" | xargs) == '192.0.2.1/24 192.0.2.254/24 198.51.100.254/24 198.51.100.1/24' ]]
}

@test "lab: the clock of after begins with the client's connection" {
    run -1 lab -c "after 0.5 echo event; sleep 1; echo waited; $peer; detect --idle 9 --limit 2 server 7000"
    [[ $output == 'waited'*$'\nconnected to server'*$'\nlab: echo event\nevent\nstill connected after 2'* ]]
}

# bats test_tags=slow
@test "lab: a cut cable is silence, and a mended one carries again; IPv4 and IPv6, both ends" {
    detect='detect --idle 1 --interval 1 --count 3 --limit 6'
    for end in server client; do
        for both in "$peer; to=server" "$peer6; to=server6"; do
            run -0 lab -c "$both; after 0.5 unplug $end; $detect \$to 7000; probes client"
            has 'timed out after 4'
            has 'client has sent 3 keepalive probes'
            run -1 lab -c "$both; after 0.5 unplug $end; after 2.5 plug $end; $detect \$to 7000"
            has 'still connected'
        done
    done
}

# bats test_tags=slow
@test "lab: a probe into a cable that was cut a moment ago is lost, and not repeated early" {
    for end in client server; do
        run -0 lab -c "$peer6; after 0.9 unplug $end; detect --idle 1 --interval 2 --count 2 server6 7000; probes client"
        has 'timed out after 5'
        has 'client has sent 2 keepalive probes'
    done
}

# bats test_tags=slow
@test "lab: a server that is switched off says nothing, and is back without memory; IPv4 and IPv6" {
    for both in "$peer; to=server" "$peer6; to=server6"; do
        run -0 lab -c "$both; after 0.5 power-off server; after 2.5 power-on server
            detect --idle 1 --interval 1 --count 9 --limit 8 \$to 7000"
        has 'reset after 3'
    done
}

# bats test_tags=slow
@test "lab: the firewall forgets quiet connections and no others; or answers with RST" {
    quiet='exec 3<>/dev/tcp/server/7000; sleep 3.5; echo >&3; sleep 0.5; ss -Htn dport = :7000'
    run -0 lab -c "forget 2; $peer; $quiet"
    [[ $output =~ ESTAB\ +0\ +1\  ]]
    run -0 lab -c "forget 2; ${peer6/7000/7000}; ${quiet/server/server6}"
    [[ $output =~ ESTAB\ +0\ +1\  ]]
    run -0 lab -c "forget 2; $peer; ${quiet/3.5/1}"
    [[ $output =~ ESTAB\ +0\ +0\  ]]
    run -0 lab -c "forget 2 reset; $peer; $quiet"
    run ! grep ESTAB <<<"$output"
}

# bats test_tags=slow
@test "lab: ICMP instead of silence, until it is taken back" {
    for both in "$peer; to=server" "$peer6; to=server6"; do
        run -1 lab -c "$both; reject; detect --limit 5 \$to 7000; accept; detect --limit 1 \$to 7000"
        [[ $output == *'No route to host'* || $output == *'Network is unreachable'* ]]
        has 'still connected'
    done
}

@test "lab: a frozen server's programs stop and its kernel does not, until they are thawed" {
    run -0 lab -c 'start server serve --quiet --host server --port 7000
        freeze server
        exec 3<>/dev/tcp/server/7000
        echo hello >&3
        read -r -t 1 line <&3 || echo silent
        thaw server
        read -r -t 5 line <&3
        echo "$line"
        freeze client; echo $?'
    has $'silent\nhello'
    has "HOST 'client'"
}

@test "lab: a system-wide value is that of one host, and the host machine keeps its own" {
    before=$(</proc/sys/net/ipv4/tcp_keepalive_time)
    run -0 lab -c 'on server sysctl -qw net.ipv4.tcp_keepalive_time=11
        for host in client router server; do on $host cat /proc/sys/net/ipv4/tcp_keepalive_time; done'
    [[ $output == $'7200\n7200\n11' ]]
    [[ $(</proc/sys/net/ipv4/tcp_keepalive_time) == "$before" ]]
}

@test "lab: nothing of the machine is touched: interfaces, names, mounts" {
    look() { ip link; ip rule; cat /etc/hosts; grep -v cgroup /proc/self/mounts; ls /run; hostname; }
    before=$(look)
    run -0 lab -c 'power-off server; power-on server; unplug client'
    [[ $(look) == "$before" ]]
}

@test "lab: eight side by side do not meet" {
    for i in {1..8}; do
        lab -c "on server sysctl -qw net.ipv4.tcp_keepalive_time=$i; on server cat /proc/sys/net/ipv4/tcp_keepalive_time" >"$BATS_TEST_TMPDIR/$i" &
    done
    wait
    run -0 cat "$BATS_TEST_TMPDIR"/{1..8}
    [[ $output == $(seq 8) ]]
}

@test "lab: what runs in the background ends with the command" {
    run -0 env LAB_MARK="$LAB_MARK.lab" lab -c "$peer; after 100 true; sleep 100 & on server sleep 100 & setsid sleep 100 &"
    nothing_left
}

# bats test_tags=slow
@test "lab: ended by any signal, at any moment, it leaves nothing" {
    for signal in KILL TERM HUP; do
        for moment in 0.02 0.1 0.2 0.3 0.5 0.8 1.5; do
            env LAB_MARK="$LAB_MARK.lab" lab -c "$peer; power-off server; power-on server; $peer; sleep 60" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
            sleep "$moment" # no condition to wait for: any moment will do
            kill -"$signal" $!
            wait $! || true
            nothing_left
        done
    done
}

@test "lab: ended with its process group by timeout, it leaves nothing" {
    run timeout 1 env LAB_MARK="$LAB_MARK.lab" lab -c "$peer; sleep 60" 3>&-
    [[ $status == 124 || $status == 143 ]]
    nothing_left
}

@test "lab: a shell at a terminal: welcome, commands, exit" {
    run -0 script -qec 'lab' /dev/null <<<$'probes client\nexit\n'
    has 'You are on the client'
    has 'client has sent 0 keepalive probes'
}

@test "lab: an ordinary user has one as well" {
    if ((EUID == 0)); then
        # Where everybody may read: the home of root is often closed.
        place=$(mktemp -d)
        chmod 755 "$place"
        cp "$bin/lab" "$place"
        run -0 setpriv --reuid 65534 --regid 65534 --clear-groups \
            env HOME=/ "$place/lab" -c 'power-off server; power-on server; probes server'
    else
        run -0 lab -c 'power-off server; power-on server; probes server'
    fi
    [[ $output == 'server has sent 0 keepalive probes' ]]
}

# without LIMIT COMMAND: where no further namespace of a kind can be made.
without() {
    unshare --user --map-root-user bash -c 'echo 0 >"/proc/sys/user/max_$1_namespaces"; "${@:2}"' - "$@"
}

@test "lab: without the right it says what is missing and how to get it, in one line, exit 1" {
    for kind in net pid; do
        run -1 without "$kind" lab true
        ((${#lines[@]} == 1))
        has 'lab: '
        has 'namespaces'
        [[ $output == *sudo* || $output == *--security-opt* ]]
    done
}

@test "lab: where it cannot have a /proc of its own it names the container's option" {
    # As in a container: something lies over a part of /proc.
    run -1 unshare --user --map-root-user --mount --pid --fork bash -c '
        mount --bind /dev/null /proc/version
        mount --bind /proc/sys /proc/sys
        mount -o remount,ro,bind /proc/sys
        unshare --user --map-root-user --mount lab true'
    ((${#lines[@]} == 1))
    has 'unmask=ALL'
    has 'systempaths=unconfined'
}

@test "lab: where nothing can be mounted it names the container's option" {
    mkdir "$BATS_TEST_TMPDIR/denied"
    printf '#!/bin/sh\necho "mount: /: denied" >&2\nexit 32\n' >"$BATS_TEST_TMPDIR/denied/mount"
    chmod +x "$BATS_TEST_TMPDIR/denied/mount"
    PATH=$BATS_TEST_TMPDIR/denied:$PATH run -1 lab true
    ((${#lines[@]} == 1))
    has 'seccomp=unconfined'
}

@test "lab: without nft, 'forget' says what to install" {
    mkdir "$BATS_TEST_TMPDIR/few"
    for tool in bash ip nsenter basename readlink env; do ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/few/"; done
    run -0 lab -c "PATH=/run/lab/bin:$BATS_TEST_TMPDIR/few; forget 3; echo \$?"
    has 'install nftables'
    has 2
}

@test "lab: a kernel that has no nf_tables is said to have none" {
    printf '#!/bin/sh\nexec strace -f -qq -o /dev/null -e inject=socket:error=EPROTONOSUPPORT %s "$@"\n' "$(command -v nft)" >"$BATS_TEST_TMPDIR/nft"
    chmod +x "$BATS_TEST_TMPDIR/nft"
    run -0 lab -c "PATH=$BATS_TEST_TMPDIR:\$PATH; forget 3; echo \"status \$?\""
    has 'Protocol not supported'
    has "lab: this kernel cannot do that"
    has 'status 1'
}
