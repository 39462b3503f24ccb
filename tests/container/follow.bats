#!/usr/bin/env bats
# The image to follow along in: what a reader meets who types what the book
# says.
load container

# What an engine must allow for the lab: a /proc of its own, and namespaces,
# which Docker forbids without being told to. (AppArmor's profile too, where
# the kernel has AppArmor: tried nowhere yet.)
own_proc=(--security-opt unmask=ALL)
namespaces=(--security-opt seccomp=unconfined)
lab=("${own_proc[@]}")
if [[ $engine != podman ]]; then
    own_proc=(--security-opt systempaths=unconfined)
    lab=("${namespaces[@]}" --security-opt apparmor=unconfined "${own_proc[@]}")
fi

@test "follow: the shell greets with what to try, as an ordinary user, and the first of it works" {
    started -it keepalive
    run -0 timeout 60 "$engine" exec "$name" bash -lc 'id -u; check; command -v lab ss strace tcpdump nano vi less; nstat -asz TcpExtTCPKeepAlive; man -w tcp ss keepalivectl'
    printf '%s\n' "$output"
    [[ ${lines[0]} == 1000 ]]
    has 'SO_KEEPALIVE   off'
    has man7/tcp.7
    has man8/ss.8
    has man1/keepalivectl.1
    printf '$ check\n%s\n' "$(sed -n '/^SO_KEEP/,/^TCP_KEEPCNT/p' <<<"$output")" >"$BATS_TEST_TMPDIR/first.transcript"
    "$here/typed" "$BATS_TEST_TMPDIR/first.transcript" "$engine" exec -it "$name" bash
    # What it says first is no part of that: the prompt comes after it.
    run -0 timeout 20 "$engine" logs "$name"
    has 'every command of the book works here as printed'
    has 'make -C /book serve'
}

@test "follow: another word on the screen would be noticed" {
    started -it keepalive
    # shellcheck disable=SC2016 # a prompt
    printf '%s\n' '$ echo one' 'two' >"$BATS_TEST_TMPDIR/wrong.transcript"
    run -1 "$here/typed" "$BATS_TEST_TMPDIR/wrong.transcript" "$engine" exec -it "$name" bash
    has '-two'
    has '+one'
}

# typed_all TRANSCRIPT...: in shells of one container, side by side, each in
# a folder of its own.
# shellcheck disable=SC2016 # for the inner shells
typed_all() {
    printf '%s\n' "$@" | xargs -P 6 -I '{}' bash -c '"$0" "$1" "${@:2}" 2>&1 || "$0" "$1" "${@:2}" || echo "failed: $1"' \
        "$here/typed" '{}' "$engine" exec -it "$name" bash -c 'cd "$(mktemp -d)" && exec bash' >"$BATS_TEST_TMPDIR/said"
    cat "$BATS_TEST_TMPDIR/said"
    run ! grep '^failed: ' "$BATS_TEST_TMPDIR/said"
}

@test "follow: every line of every transcript without the lab works when it is typed" {
    started -it keepalive
    mapfile -t transcripts < <(grep -LE '^\$ (lab|sudo)' "$root"/examples/*/*.transcript)
    ((${#transcripts[@]} >= 35))
    typed_all "${transcripts[@]}"
}

@test "follow: with the flag for the lab, every line of the lab's works as well" {
    started -it "${lab[@]}" keepalive
    mapfile -t transcripts < <(grep -lE '^\$ lab' "$root"/examples/*/*.transcript)
    ((${#transcripts[@]} >= 35))
    typed_all "${transcripts[@]}"
}

@test "follow: without a flag for the lab, it names the one that is missing, and with all of them it works" {
    run -1 container "${namespaces[@]}" keepalive lab true
    has 'lab: '
    has "${own_proc[*]}"
    forbidding=()
    if [[ $engine == podman ]]; then
        # What Docker's profile does to who has not CAP_SYS_ADMIN.
        printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["unshare", "setns", "mount", "umount2"], "action": "SCMP_ACT_ERRNO"}]}' >"$BATS_TEST_TMPDIR/profile.json"
        forbidding=(--security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json")
    fi
    run -1 container "${forbidding[@]}" "${own_proc[@]}" keepalive lab true
    has "${namespaces[*]}"
    run -0 container "${lab[@]}" keepalive lab true
}

@test "follow: the book is served from it, on a port of the host" {
    port=$(free_port)
    started -p "127.0.0.1:$port:8080" keepalive make -C /book serve
    until_true curl -sf --max-time 2 "http://127.0.0.1:$port/enable.html"
}

@test "follow: an example that is changed is what runs, also in a copy that a volume keeps, and the book is served all the same" {
    started -p "127.0.0.1:$(free_port):8080" keepalive bash -c '
        cd /book/examples && sed -i "s/probes/counted/" check/check.c && make && cd && check && exec make -C /book serve'
    port=$("$engine" port "$name" 8080 | sed -n '1s/.*://p')
    until_true curl -sf --max-time 2 "http://127.0.0.1:$port/enable.html"
    run -0 "$engine" logs "$name"
    has '9 counted'
    has 'this run printed something else'
    has 'served as it was before that change'
    home=$name
    container -v "$home:/home/reader" keepalive bash -c 'cp -r /book/examples ~ && sed -i "s/probes/kept/" ~/examples/check/check.c'
    run -0 container -v "$home:/home/reader" keepalive bash -c 'make -s -C ~/examples && check'
    has '9 kept'
}

@test "follow: a container that is killed in the middle of a lab leaves nothing on the host" {
    # Docker has a veth for each container, and others run beside this one.
    links() { ip -brief link | awk '$1 !~ /^veth/ { print $1 }'; }
    before=$(links)
    port=$(free_port) # no other test's
    started "${lab[@]}" keepalive lab -c "start server serve --host server --port $port; sleep 60"
    first=$("$engine" inspect --format '{{.State.Pid}}' "$name")
    until_true sh -c "$engine exec $name pgrep -x serve"
    space=$(readlink "/proc/$first/ns/net")
    "$engine" kill "$name" >/dev/null
    until_true sh -c "! test -e /proc/$first"
    # Nobody is left in its network, or in one that was made inside of it.
    run ! sh -c "for p in /proc/[0-9]*; do readlink \$p/ns/net; done 2>/dev/null | grep -F '$space'"
    run ! pgrep -f "serve --host server --port $port"
    [[ $(links) == "$before" ]]
}

@test "follow: without IPv6 the programs work by IPv4" {
    run -0 container --sysctl net.ipv6.conf.all.disable_ipv6=1 --sysctl net.ipv6.conf.default.disable_ipv6=1 keepalive \
        silent-peer --deaf-at 1 -- bash -c 'detect --idle 1 --interval 1 --count 1 {host} {port} || true'
    has 'timed out'
}

@test "follow: a port that is taken is said plainly, in the container and by the engine" {
    # shellcheck disable=SC2016 # for the inner shell
    run -2 container keepalive bash -c 'coproc ruby -rsocket -e "TCPServer.new(8080); puts %q(here); STDOUT.flush; sleep 20"
        read -r _ <&"${COPROC[0]}"; make -s -C /book serve'
    has 'port 8080 is taken'
    port=$(free_port)
    started --publish "127.0.0.1:$port:8080" --read-only keepalive-site
    run ! container --publish "127.0.0.1:$port:8080" keepalive-site true
    has "$port"
}
