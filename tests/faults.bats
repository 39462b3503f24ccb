#!/usr/bin/env bats
# bats file_tags=slow
# Every socket call that a program makes fails once: it says so, naming
# the call, ends with 1, and leaves no socket open.
load helper

setup_file() {
    export FAULTS=$BATS_FILE_TMPDIR/fault.so
    gcc -Wall -Wextra -Werror -shared -fPIC -o "$FAULTS" "$BATS_TEST_DIRNAME/fault.c" -ldl
}

# faults LEAST COMMAND: `@` in it stands for what goes before the program
# under test. Runs it once to see its calls, then once for each of them,
# at least LEAST times. `inherited` sockets are not the program's own.
inherited=0
faults() {
    local calls=$BATS_TEST_TMPDIR/calls fds=$BATS_TEST_TMPDIR/fds
    local log=$BATS_TEST_TMPDIR/log command=$2
    local name n total=0
    timeout 20 bash -c "${command//@/env LD_PRELOAD=$FAULTS FAULT_LOG=$calls}" || true
    [[ -s $calls ]]
    while read -r n name; do
        for ((; n > 0; n--)); do
            rm -f "$fds" "$log"
            printf '# %s, call %d\n' "$name" "$n"
            run timeout 20 bash -c "${command//@/env LD_PRELOAD=$FAULTS FAULT=$name:$n:ENOMEM FAULT_FDS=$fds FAULT_LOG=$log}"
            printf '%s\n' "$output"
            # Two processes may have made n calls together, and none alone.
            grep -qx failed "$log" || continue
            [[ $status == 1 ]]
            has "$name"
            has 'Cannot allocate memory' || has ENOMEM
            run ! grep -vx "$inherited" "$fds"
            total=$((total + 1))
        done
    done < <(sort "$calls" | uniq -c)
    printf '%d faults\n' "$total"
    ((total >= $1))
}

@test "faults: check" {
    faults 5 '@ check'
}

@test "faults: check --fd" {
    inherited=1
    faults 6 "silent-peer -- bash -c '@ check --fd 3 3<>/dev/tcp/{host}/{port}; exit \$?'"
}

@test "faults: enable" {
    faults 8 '@ enable'
}

@test "faults: override" {
    faults 13 '@ override --idle 9 --interval 9 --count 9 --user-timeout 9'
}

@test "faults: detect" {
    faults 11 'silent-peer --close-at 0 -- @ detect {host} {port}'
}

@test "faults: endings" {
    faults 50 'silent-peer --close-at 0 -- @ endings {host} {port}'
}

@test "faults: leak" {
    faults 14 "lab -c 'on server sysctl -qw net.ipv4.tcp_fin_timeout=1; start server silent-peer --host server --port 7000 --close-at 0; @ leak --idle 2 --limit 9 server 7000'"
}

@test "faults: silent-peer" {
    faults 15 '@ silent-peer --deaf-at 1 --hear-at 1 -- env -u LD_PRELOAD detect --limit 2 {host} {port}'
}

@test "faults: serve" {
    faults 21 "set -o pipefail; @ serve --limit 1 2>&1 | {
        read -r line; echo \"\$line\"
        if [[ \$line =~ ^listening.*port\\ ([0-9]+) ]]; then
            exec 4<>/dev/tcp/127.0.0.1/\${BASH_REMATCH[1]} && echo hello >&4
        fi
        cat; }"
}

@test "faults: in-flight" {
    faults 13 'silent-peer --close-at 2 -- @ in-flight {host} {port}'
}

@test "faults: full" {
    faults 13 'silent-peer --deaf-at 60 -- bash -c "kill -STOP \$PPID; @ full --user-timeout 500 --limit 5 {host} {port}; status=\$?; kill -CONT \$PPID; exit \$status"'
}

@test "faults: ask" {
    faults 13 'silent-peer --close-at 0 -- @ ask --pause 1 {host} {port}'
}

@test "faults: heartbeat" {
    faults 13 'silent-peer --close-at 0 -- @ heartbeat {host} {port}'
}

@test "faults: heartbeat that is not answered" {
    faults 14 'silent-peer --deaf-at 9 -- @ heartbeat --every 1 --patience 1 {host} {port}'
}

@test "faults: keepalivectl" {
    faults 9 "$root/tests/private-network unshare --pid --fork --kill-child --mount-proc bash -c 'serve --quiet --port 7000 --limit 9 & for ((n = 0; n < 99; n++)); do ss -Hltn sport = :7000 | grep -q LISTEN && break; sleep 0.05; done; @ keepalivectl --local :7000 --idle 61 --user-timeout 5'"
}

@test "faults: timers" {
    faults 15 'silent-peer --close-at 1 -- @ timers --limit 2 {host} {port}'
}

@test "faults: segments" {
    faults 4 "$root/tests/private-network @ segments --limit 1 lo"
}

setup() {
    PATH=$bin:$PATH
}

@test "faults: activate" {
    inherited=1
    faults 12 "lab -c '(for ((i = 0; i < 50; i++)); do (exec 3<>/dev/tcp/127.0.0.1/7000) 2>&1 && break; sleep 0.1; done >/dev/null; sleep 0.5) & exec systemd-socket-activate --listen 127.0.0.1:7000 @ activate --each'"
}
