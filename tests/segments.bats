#!/usr/bin/env bats
# segments: what it captures, and what it makes of it.
load helper

setup() {
    PATH=$bin:$PATH
    cd "$BATS_TEST_TMPDIR"
}

@test "segments: bad values are refused by name" {
    for option in count limit; do
        for value in 0 -1 1e9 abc '' 5x; do
            run -2 segments "--$option" "$value" lo
            has "$option '$value': not a whole number from 1 to 1000000"
        done
    done
    run -2 segments
    has 'usage: segments'
    run -2 segments lo surplus
    has "unexpected 'surplus'"
}

@test "segments: without the right, or without such an interface, it says so" {
    run -1 unshare --user segments lo
    [[ $output == 'segments: socket AF_PACKET (needs CAP_NET_RAW): Operation not permitted' ]]
    run -1 segments no-such-thing
    [[ $output == 'segments: interface no-such-thing: No such device' ]]
}

# bats test_tags=slow
@test "segments: --limit ends it in silence, --count after so many segments" {
    run -0 "$root/tests/private-network" segments --limit 1 lo
    [[ $output == 'capturing on lo' ]]
    run -0 "$root/tests/private-network" bash -c 'segments --count 1 lo & sleep 0.3
        (: </dev/tcp/127.0.0.1/1) 2>/dev/null; wait $!'
    [[ ${#lines[@]} == 2 && ${lines[1]} == 'localhost > localhost  SYN      seq 0             0 bytes' ]]
}

# bats test_tags=slow
@test "segments: packets that lie about their lengths are passed over" {
    cat >liar.rb <<'END'
require 'socket'
index = File.read('/sys/class/net/lo/ifindex').to_i rescue 1
tcp = [1, 2, 3, 4, 0x5010, 1, 0, 0].pack('nnNNnnnn')
ip4 = ->(first, length, fragment) { [first, 0, length, 0, fragment, 64, 6, 0, 127, 0, 0, 1, 127, 0, 0, 1].pack('CCnnnCCnC8') }
ip6 = ->(length, following) { [6 << 28, length, following, 64].pack('NnCC') + ("\0" * 15 + "\1") * 2 }
packets = [[0x800, ''], [0x800, 'E'], [0x800, ip4.(0x45, 20, 0)], [0x800, ip4.(0x45, 39, 0) + tcp],
           [0x800, ip4.(0x44, 40, 0) + tcp], [0x800, ip4.(0x4f, 40, 0) + tcp], [0x800, ip4.(0x45, 4000, 0) + tcp],
           [0x800, ip4.(0x45, 0, 0) + tcp], [0x800, ip4.(0x45, 40, 5) + tcp],
           [0x800, ip4.(0x45, 40, 0) + tcp.sub("\x50\x10".b, "\x40\x10".b)],
           [0x800, ip4.(0x45, 40, 0) + tcp.sub("\x50\x10".b, "\xf0\x10".b)],
           [0x86dd, ''], [0x86dd, ip6.(20, 6)], [0x86dd, ip6.(65535, 6) + tcp], [0x86dd, ip6.(20, 0) + tcp],
           [0x86dd, ip6.(19, 6) + tcp], [0x806, tcp], [0x800, ip4.(0x45, 40, 0) + tcp]]
out = Socket.new(Socket::AF_PACKET, :DGRAM)
packets.each do |protocol, bytes|
  to = [Socket::AF_PACKET, protocol, index, 0, 0, 6].pack('SnlSCC') + "\0" * 8
  out.send(bytes.b, 0, to)
rescue Errno::EINVAL
  raise unless bytes.empty?
end
END
    gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all -o checked "$root/examples/segments/segments.c"
    # The last one alone is what it says it is.
    run -0 "$root/tests/private-network" bash -c './checked --limit 2 lo & sleep 0.5; ruby liar.rb; wait $!'
    [[ ${#lines[@]} == 2 && ${lines[1]} == 'localhost > localhost  ACK      seq 1    ack 1    0 bytes' ]]
}

# bats test_tags=slow
@test "segments: data is counted, and named when it is sent again" {
    run -0 lab -c 'start server serve --host server6 --port 7000 --quiet
        capture client >wire
        after 1 unplug server
        timers --send-at 2 --limit 3 server6 7000
        cat wire'
    has 'client6 > server6  PSH ACK  seq 1    ack 1    1 bytes
client6 > server6  PSH ACK  seq 1    ack 1    1 bytes  sent again'
}

# bats test_tags=slow
@test "segments: probes of a connection that was there before are known from the second on" {
    run -0 lab -c 'start server serve --host server --port 7000 --quiet
        detect --idle 2 --interval 1 --limit 5 server 7000 & sleep 1
        capture client >wire; wait $!; cat wire'
    has 'client > server    ACK      seq 1    ack 1    0 bytes
server > client    ACK      seq 1    ack 2    0 bytes
client > server    ACK      seq 1    ack 1    0 bytes  keepalive probe
server > client    ACK      seq 1    ack 2    0 bytes  answer'
}

# bats test_tags=slow
@test "segments: --clock counts the seconds since the first one, to the nearest whole one" {
    # Half a second and a little is one, a little less is none; a segment
    # counts from when it passed, not from when it is read.
    run -0 lab -c 'start server serve --host server --port 7000 --quiet
        capture client --clock >wire
        send() { sleep "$1"; printf x >&3; }
        sleep 1.2; exec 3<>/dev/tcp/server/7000; send 0.3; send 0.4; send 2
        sleep 0.2; grep " > server" wire | cut -c 1-72'
    [[ $(grep -oE "^ *[0-9]+ s  client > server    (SYN  |PSH)" <<<"$output") == \
' 0 s  client > server    SYN  
 0 s  client > server    PSH
 1 s  client > server    PSH
 3 s  client > server    PSH' ]]
    has ' 3 s  client > server    PSH ACK  seq 3  ack 3  1 bytes'
    run -0 "$root/tests/private-network" bash -c 'segments --clock --count 4 lo >wire & sleep 0.3
        (: </dev/tcp/127.0.0.1/1) 2>/dev/null; kill -STOP $!; sleep 0.2; (: </dev/tcp/127.0.0.1/1) 2>/dev/null
        sleep 0.8; kill -CONT $!; wait $!; cat wire'
    [[ $(grep -c '^ 0 s  ' <<<"$output") == 4 ]]
}

# bats test_tags=slow
@test "segments: with --clock no line of the lab has more than 72 columns" {
    run -0 lab -c 'start server serve --host server6 --port 7000 --quiet
        capture client --clock >wire
        detect --idle 1 --limit 2 server6 7000; cat wire'
    has ' 1 s  client6 > server6  ACK      seq 0  ack 1  0 bytes  keepalive probe'
    [[ $(wc -L <<<"$output") == 72 ]]
}
