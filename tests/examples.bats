#!/usr/bin/env bats
# The programs: their options, their builds, and what the style asks.
load helper

# Every folder of examples/ but the scripts (tests/lab.bats, tests/programs)
# and the library (tests/keepalive-preload.bats).
mapfile -t programs < <(basename -s .c -a "$root"/examples/*/*.c | grep -vE '^keepalive-preload$|\.bpf$')
mapfile -t compiled < <(printf '%s\n' "$root"/examples/*/*.c | grep -v '\.bpf\.c$')
warnings=(-std=c17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror)

# refused PROGRAM ARGUMENT...: wrong usage, and the last argument is named.
refused() {
    run -2 timeout 10 "$bin/$1" "${@:2}"
    has "$1: "
    has "'${*: -1}'"
}

@test "examples: --help says how to use it and ends well" {
    for program in "${programs[@]}"; do
        run -0 --separate-stderr "$bin/$program" --help
        has "usage: $program"
        [[ -z $stderr ]]
    done
}

@test "examples: an unknown option is named, with the usage, exit 2" {
    for program in "${programs[@]}"; do
        run -2 "$bin/$program" --nonsense
        has nonsense
        has "usage: $program"
    done
}

@test "examples: an argument too many is wrong usage" {
    for program in check enable override; do
        run -2 "$bin/$program" surplus
        has "usage: $program"
    done
    for program in detect in-flight full ask heartbeat; do
        run -2 "$bin/$program" 127.0.0.1 80 surplus
        has "usage: $program"
        run -2 "$bin/$program" 127.0.0.1
        has "usage: $program"
    done
}

@test "check: bad descriptors are refused by name" {
    for value in abc '' 1e9 -1 3x 99999999999999999999; do refused check --fd "$value"; done
    run -2 "$bin/check" --fd
    has "'--fd'"
}

@test "override: what is no number is refused by name" {
    for option in idle interval count user-timeout; do
        for value in abc '' 1e9 5x 99999999999999999999; do refused override "--$option" "$value"; done
    done
}

@test "override: what the kernel refuses is named with the accepted range" {
    for value in 0 -1 32768; do
        for option in idle/TCP_KEEPIDLE interval/TCP_KEEPINTVL; do
            run -1 "$bin/override" "--${option%/*}" "$value"
            has "setsockopt ${option#*/} $value: the kernel accepts 1 to 32767 s"
        done
    done
    for value in 0 -1 128; do
        run -1 "$bin/override" --count "$value"
        has "setsockopt TCP_KEEPCNT $value: the kernel accepts 1 to 127"
    done
    run -1 "$bin/override" --user-timeout -1
    has 'setsockopt TCP_USER_TIMEOUT -1: the kernel accepts 0 to 2147483647 ms'
}

@test "detect: bad values are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do refused detect "--$option" "$value"; done
    done
    for value in 0 -1 128 1e9 abc '' 5x; do refused detect --count "$value"; done
    for value in -1 1e9 abc ''; do refused detect --user-timeout "$value"; done
    for value in 0 -1 abc ''; do refused detect --limit "$value"; done
}

@test "detect: hosts and ports that do not exist, and a closed port, are said plainly" {
    for port in nonsense '' 0 65536 70000 -1; do
        run -2 "$bin/detect" -- 127.0.0.1 "$port"
        has "PORT '$port': not a whole number from 1 to 65535"
    done
    run -1 "$bin/detect" 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 timeout 20 "$bin/detect" nowhere.invalid 80
    has 'nowhere.invalid: '
}

@test "detect: connect() to an address that answers nothing ends at the limit" {
    # A listener whose queue is full lets a SYN go unanswered.
    run -1 timeout 20 ruby -rsocket -e '
        s = Socket.new(:INET, :STREAM)
        s.bind(Addrinfo.tcp("127.0.0.1", 0)); s.listen(0)
        port = s.local_address.ip_port
        fill = 4.times.map { c = Socket.new(:INET, :STREAM); c.connect_nonblock(Addrinfo.tcp("127.0.0.1", port), exception: false); c }
        s.close_on_exec = false; fill.each { |c| c.close_on_exec = false }
        exec ARGV[0], "--limit", "1", "127.0.0.1", port.to_s' "$bin/detect"
    has 'connect to 127.0.0.1: no answer within 1 s'
}

@test "silent-peer: bad values and contradictions are refused by name" {
    for option in deaf-at hear-at reboot-at close-at; do
        for value in -1 1e9 abc '' 5x; do refused silent-peer "--$option" "$value"; done
    done
    run -1 "$bin/silent-peer" --no-read --deaf-at 9 -- "$bin/full" --limit 2 '{host}' '{port}'
    has 'full: the peer reads nothing'
    for value in -1 65536 abc ''; do refused silent-peer --port "$value"; done
    for value in 0 -1 abc ''; do refused silent-peer --limit "$value"; done
    run -2 "$bin/silent-peer" --hear-at 1 --reboot-at 2
    has '--hear-at and --reboot-at exclude each other'
    run -2 "$bin/silent-peer" --deaf-at 3 --hear-at 1
    has '--hear-at 1: the peer is not deaf then'
    run -2 "$bin/silent-peer" --close-at 1 --reboot-at 2
    has '--close-at and --reboot-at exclude each other'
    run -2 "$bin/silent-peer" --deaf-at 1 --close-at 2
    has '--close-at 2: the peer is deaf then'
    run -2 "$bin/silent-peer" --deaf-at 3 --reboot-at 1
    has '--reboot-at 1: the peer is not deaf then'
}

@test "silent-peer: passes the command's status on, and names one that cannot run" {
    run -7 "$bin/silent-peer" -- bash -c 'exit 7'
    run -143 "$bin/silent-peer" -- bash -c 'kill -TERM $$'
    run -1 "$bin/silent-peer" -- no-such-command
    has "cannot run 'no-such-command': No such file or directory"
}

@test "silent-peer: a command that runs too long is ended, even one that will not listen" {
    run -1 timeout 20 "$bin/silent-peer" --limit 1 -- bash -c 'trap "" TERM; sleep 9 & wait; sleep 9'
    has 'stopped after 1 s, the limit'
}

@test "silent-peer: alone it serves several clients, and ends on SIGTERM with nothing left" {
    coproc peer { exec "$bin/silent-peer" --deaf-at 0; } 3>&-
    peer_pid=$peer_PID
    read -r -t 5 line <&"${peer[0]}"
    port=${line##* }
    for i in 1 2 3; do
        "$bin/detect" --idle 1 --interval 1 --count 1 127.0.0.1 "$port" >"$BATS_TEST_TMPDIR/$i" 3>&- &
        pids[i]=$!
    done
    wait "${pids[@]}"
    for i in 1 2 3; do grep -q 'timed out after 2' "$BATS_TEST_TMPDIR/$i"; done
    kill "$peer_pid"
    wait "$peer_pid"
}

@test "silent-peer: interrupted around a command, it ends it and says so in its status" {
    "$bin/silent-peer" -- bash -c 'echo $$ >"$0"; exec sleep 60' "$BATS_TEST_TMPDIR/pid" 3>&- &
    interrupted=$!
    for _ in {1..100}; do [[ -s $BATS_TEST_TMPDIR/pid ]] && break; sleep 0.05; done
    kill -TERM "$interrupted"
    status=0
    wait "$interrupted" || status=$?
    [[ $status == 143 ]]
    run ! kill -0 "$(<"$BATS_TEST_TMPDIR/pid")"
}

@test "silent-peer: a thousand clients that come and go leave room for the next" {
    said=$BATS_TEST_TMPDIR/said
    "$bin/silent-peer" --deaf-at 60 >"$said" 3>&- &
    peer_pid=$!
    for _ in {1..100}; do [[ -s $said ]] && break; sleep 0.05; done
    port=$(sed 's/.* //;q' "$said")
    ruby -rsocket -e '1500.times { TCPSocket.new("127.0.0.1", ARGV[0].to_i).close }' "$port"
    run -1 timeout 10 "$bin/detect" --limit 1 127.0.0.1 "$port"
    has 'still connected'
    kill "$peer_pid"
    wait "$peer_pid"
    [[ $(grep -c 'a client connects' "$said") == 1501 ]]
}

@test "silent-peer: a kernel that makes no peer deaf is said before the command starts" {
    gcc -shared -fPIC -o "$BATS_TEST_TMPDIR/fault.so" "$root/tests/fault.c" -ldl
    run -1 env LD_PRELOAD="$BATS_TEST_TMPDIR/fault.so" FAULT=setsockopt:2:ENOPROTOOPT "$bin/silent-peer" -- echo started
    has 'setsockopt TCP_MD5SIG (no peer can go deaf without it): Protocol not available'
    [[ $output != *started* ]]
}

@test "examples: output that cannot be written, or standard descriptors that are closed, are failures" {
    for program in check 'env enable' override 'detect --help' 'silent-peer --help'; do
        run -1 bash -c "PATH=$bin:\$PATH; $program >/dev/full"
        has 'standard output: cannot write'
        run -1 bash -c "PATH=$bin:\$PATH; $program >&-"
        has 'standard descriptor 1'
    done
}

@test "silent-peer: killed without warning, it takes its command along" {
    "$bin/silent-peer" -- bash -c 'echo $$ >"$0"; exec sleep 60' "$BATS_TEST_TMPDIR/pid" 3>&- &
    killed=$!
    for _ in {1..100}; do [[ -s $BATS_TEST_TMPDIR/pid ]] && break; sleep 0.05; done
    command=$(<"$BATS_TEST_TMPDIR/pid")
    kill -KILL "$killed"
    for _ in {1..100}; do
        state=$(ps -o state= -p "$command" || printf 'gone')
        [[ $state == gone || $state == Z ]] && return 0
        sleep 0.05
    done
    false
}

@test "check: asks the socket that socat hands it" {
    command -v socat
    coproc peer { exec socat -d -d "TCP-LISTEN:0,bind=127.0.0.1" "EXEC:$bin/check --fd 0,nofork" 2>&1; } 3>&-
    peer_pid=$peer_PID
    while read -r -t 5 line <&"${peer[0]}"; do
        [[ $line == *'listening on'* ]] && break
    done
    port=${line##*:}
    run -0 timeout 5 bash -c "cat </dev/tcp/127.0.0.1/$port"
    has 'SO_KEEPALIVE   off'
    has 'TCP_KEEPCNT    9 probes'
    wait "$peer_pid"
}

@test "check: names what is no TCP socket" {
    run -1 "$bin/check" --fd 0 </dev/null
    has 'getsockopt SO_DOMAIN: Socket operation on non-socket'
    run -1 "$bin/check" --fd 9 9>&-
    has 'getsockopt SO_DOMAIN: Bad file descriptor'
    has 'descriptor 9 cannot be asked'
    run -1 ruby -rsocket -e 's = UDPSocket.new; exec ARGV[0], "--fd", "9", 9 => s' "$bin/check"
    has 'descriptor 9: a UDP socket, not a TCP socket'
    run -1 ruby -rsocket -e 's = UNIXSocket.pair; exec ARGV[0], "--fd", "9", 9 => s[0]' "$bin/check"
    has 'descriptor 9: a Unix socket, not a TCP socket'
}

@test "examples: gcc, its analyzer and clang have nothing to say" {
    for source in "${compiled[@]}" "$root"/tests/claims/*.c; do
        library=()
        [[ $source != *preload.c ]] || library=(-shared -fPIC)
        gcc "${warnings[@]}" -O2 -fanalyzer "${library[@]}" -o "$BATS_TEST_TMPDIR/program" "$source"
        clang "${warnings[@]}" -O2 "${library[@]}" -o "$BATS_TEST_TMPDIR/program" "$source"
    done
}

@test "examples: each compiles alone with plain cc, and the folder when copied out" {
    cp -r "$root/examples" "$BATS_TEST_TMPDIR/"
    cd "$BATS_TEST_TMPDIR/examples"
    for source in */*.c; do
        [[ $source == *.bpf.c || $source == *preload.c ]] || cc -o program "$source"
    done
    cc -shared -fPIC -o keepalive-preload.so keepalive-preload/keepalive-preload.c
    rm program keepalive-preload.so
    make
    bin/check
    make clean
    [[ ! -e bin ]]
}

@test "examples: layout is clang-format's, lines have 72 columns at most" {
    clang-format --style=file --dry-run --Werror "$root"/examples/*/*.c "$root"/tests/claims/*.c
    run ! grep -nE '^.{73,}' "$root"/examples/*/*.c
}

@test "examples: plumbing of one name is the same to the byte" {
    run -0 ruby -e '
        regions = Dir[ARGV[0] + "/examples/*/*.c"].sort.flat_map do |path|
          File.read(path).scan(%r{^// tag::(number|output|read|clock|connect|ready|arithmetic|silence)\[\]\n(.*?)^// end::}m).map { |tag, text| [tag, text, path] }
        end
        regions.group_by(&:first).each do |tag, all|
          puts "#{tag} #{all.length}"
          puts "#{tag} differs: #{all.map(&:last).join(" ")}" if all.map { |r| r[1] }.uniq.length > 1
        end' "$root"
    printf '%s\n' "$output"
    [[ $output != *differs* ]]
    # All but keepalive, which is for systems without <err.h> as well.
    has "output $((${#programs[@]} - 1))"
    local tag count
    while read -r tag count; do ((count >= 2)); done <<<"$output"
}

# replay_all DIR TRANSCRIPT...: against other builds of the programs; once
# more, as make does, what fails.
replay_all() {
    # shellcheck disable=SC2016 # for the inner shell
    printf '%s\n' "${@:2}" | xargs -P 8 -I '{}' bash -c '"$0" --bin "$1" "$2" >"$3" 2>&1 || "$0" --bin "$1" "$2"' \
        "$root/tests/replay" "$1" '{}' /dev/null
}

# bats test_tags=slow
@test "examples: clean under the address and undefined sanitizers" {
    make -s -C "$root/examples" BIN="$BATS_TEST_TMPDIR/bin" \
        CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
    # The library is loaded by programs that are not ours: no runtime there.
    gcc "${warnings[@]}" -O1 -shared -fPIC -fsanitize=undefined -fsanitize-undefined-trap-on-error \
        -o "$BATS_TEST_TMPDIR/bin/keepalive-preload.so" "$root/examples/keepalive-preload/keepalive-preload.c"
    # Leaks are looked for outside the lab: the sanitizer finds itself in
    # /proc, and there the lab's hosts may see other processes' numbers.
    mapfile -t inside < <(grep -l '^\$ lab' "$root"/examples/*/*.transcript)
    mapfile -t outside < <(grep -L '^\$ lab' "$root"/examples/*/*.transcript)
    run replay_all "$BATS_TEST_TMPDIR/bin" "${outside[@]}"
    printf '%s\n' "$output"
    [[ -z $output && $status == 0 ]]
    # systemd-socket-activate hands down no environment but its own.
    mkdir "$BATS_TEST_TMPDIR/real"
    mv "$BATS_TEST_TMPDIR/bin/activate" "$BATS_TEST_TMPDIR/real"
    printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec "%s" "$@"\n' "$BATS_TEST_TMPDIR/real/activate" >"$BATS_TEST_TMPDIR/bin/activate"
    chmod +x "$BATS_TEST_TMPDIR/bin/activate"
    ASAN_OPTIONS=detect_leaks=0 run replay_all "$BATS_TEST_TMPDIR/bin" "${inside[@]}"
    printf '%s\n' "$output"
    [[ -z $output && $status == 0 ]]
}

# bats test_tags=slow
@test "examples: built by clang, they do the same" {
    make -s -C "$root/examples" BIN="$BATS_TEST_TMPDIR/bin" CC=clang
    run replay_all "$BATS_TEST_TMPDIR/bin" "$root"/examples/*/*.transcript
    printf '%s\n' "$output"
    [[ -z $output && $status == 0 ]]
}

# bats test_tags=slow
@test "examples: clean under valgrind" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for program in "${programs[@]}"; do
        printf '#!/bin/sh\nexec valgrind -q --sim-hints=lax-ioctls --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible "%s" "$@"\n' \
            "$bin/$program" >"$BATS_TEST_TMPDIR/bin/$program"
        chmod +x "$BATS_TEST_TMPDIR/bin/$program"
    done
    cp "$bin/keepalive-preload.so" "$BATS_TEST_TMPDIR/bin/"
    # A valgrind takes seconds to start, too long for the stories that the
    # lab tells by the clock.
    mapfile -t unhurried < <(grep -L '^\$ lab' "$root"/examples/*/*.transcript)
    TIME_SCALE=8 run replay_all "$BATS_TEST_TMPDIR/bin" "${unhurried[@]}"
    printf '%s\n' "$output"
    [[ -z $output && $status == 0 ]]
}
