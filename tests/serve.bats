#!/usr/bin/env bats
# serve, the echo server: its options, its clients, and its end.
load helper

# begin OPTION...: starts it on a free port, and sets port. What it says
# goes to $said.
begin() {
    said=$BATS_TEST_TMPDIR/said
    "$bin/serve" "$@" >"$said" 2>&1 3>&- &
    server=$!
    disown # no word about its end
    for _ in {1..100}; do grep -q '^listener' "$said" && break; sleep 0.05; done
    port=$(sed -n 's/^listening on .* port //p' "$said")
}

# says TEXT: within five seconds it has said so.
says() {
    for _ in {1..100}; do
        if grep -qF -e "$1" "$said"; then return; fi
        sleep 0.05
    done
    printf 'missing: %s\nsaid:\n%s\n' "$1" "$(<"$said")"
    return 1
}

teardown() {
    if [[ -n ${server-} ]]; then kill "$server"; fi
}

@test "serve: bad values are refused by name" {
    refused() {
        run -2 "$bin/serve" "$@"
        has "'${*: -1}'"
    }
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do refused "--$option" "$value"; done
    done
    for value in 0 -1 128 abc ''; do refused --count "$value"; done
    for value in -1 2147483648 abc ''; do refused --user-timeout "$value"; done
    for value in -1 65536 abc ''; do refused --port "$value"; done
    for value in 0 -1 1000001 abc ''; do refused --limit "$value"; done
    refused surplus
}

@test "serve: a place where it cannot listen is said plainly" {
    run -1 "$bin/serve" --host 203.0.113.1
    has 'bind 203.0.113.1 port 0: Cannot assign requested address'
    run -1 timeout 20 "$bin/serve" --host nowhere.invalid
    has 'nowhere.invalid: '
    begin
    run -1 "$bin/serve" --port "$port"
    has "bind 127.0.0.1 port $port: Address already in use"
}

@test "serve: output that cannot be written is a failure" {
    run -1 bash -c "'$bin/serve' --limit 1 >/dev/full"
    has 'standard output: cannot write'
}

@test "serve: what the listener was given, each client has, IPv4 and IPv6" {
    for host in 127.0.0.1 ::1; do
        begin --host "$host" --idle 7 --interval 3 --count 2 --user-timeout 9000
        says 'listener: keepalive on: 7 s, 3 s, 2, user timeout 9000 ms'
        exec 5<>"/dev/tcp/$host/$port"
        says 'client 1: keepalive on: 7 s, 3 s, 2, user timeout 9000 ms'
        kill "$server"
    done
    begin --no-keepalive
    exec 5<>"/dev/tcp/127.0.0.1/$port"
    says 'client 1: keepalive off'
}

@test "serve: all that many clients say comes back, also to those who read late" {
    begin
    run -0 ruby -rsocket -e '
        text = Random.bytes(3_000_000)
        clients = Array.new(20) { TCPSocket.new("127.0.0.1", ARGV[0].to_i) }
        writers = clients.map { |c| Thread.new { c.write(text); c.close_write } }
        sleep 0.5 # nobody reads: the server cannot send
        clients.each { |c| abort "another text" unless c.read == text }
        writers.each(&:join)' "$port"
    says 'client 20: closed by the peer'
}

@test "serve: a client that breaks off in the middle does no harm to the others" {
    begin
    ruby -rsocket -e '
        c = TCPSocket.new("127.0.0.1", ARGV[0].to_i)
        c.write_nonblock("x" * 1_000_000)
        c.setsockopt(Socket::Option.linger(true, 0))
        c.close' "$port"
    says 'client 1: reset by the peer: '
    exec 5<>"/dev/tcp/127.0.0.1/$port"
    printf 'hello\n' >&5
    read -r -t 5 answer <&5
    [[ $answer == hello ]]
}

@test "serve: a thousand clients at once, and more who wait until there is room" {
    begin
    run -0 ruby -rsocket -e '
        first, more = [1000, 10].map { |n| Array.new(n) { TCPSocket.new("127.0.0.1", ARGV[0].to_i) } }
        more.each { |c| c.write("late") }
        first.each(&:close)
        more.each { |c| abort "no echo" unless c.read(4) == "late" }' "$port"
    says 'client 1010: closed by the peer'
}

@test "serve: quiet, it says nothing; at the limit it ends well" {
    run -0 "$bin/serve" --quiet --limit 1
    [[ -z $output ]]
    run -0 "$bin/serve" --limit 1
    has 'stopped after 1.'
    has ', 0 connected'
}

# bats test_tags=slow
@test "serve: data that nobody acknowledges is told from a quiet death" {
    PATH=$bin:$PATH
    # The echo leaves when the cable is cut already.
    run -0 lab -c 'start server serve --host server --port 7000 --idle 1 --interval 1 --count 2 --user-timeout 2000
        exec 3<>/dev/tcp/server/7000
        on server bash -c "kill -STOP -1"
        echo hello >&3
        sleep 0.2; unplug client
        on server bash -c "kill -CONT -1"
        sleep 4'
    has 'client 1: timed out, data unacknowledged: ETIMEDOUT'
}
