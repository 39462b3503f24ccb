#!/usr/bin/env bats
# The replay tool, and above all that it goes red when it must.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# transcript LINE...: writes x.transcript
transcript() {
    printf '%s\n' "$@" >x.transcript
}

replay() {
    "$root/tests/replay" "$@"
}

@test "canary: this suite can go red" {
    run ! bats - <<<'@test "must fail" { false; }'
    printf '@test "must fail" { false; }\n' >canary.bats
    run -1 bats canary.bats
    has 'not ok 1 must fail'
}

@test "replay: agrees with what is printed, errors and exit status too" {
    transcript '$ echo one; echo two >&2' one two '$ false' '$ echo $?' 1
    run -0 replay x.transcript
    [[ -z $output ]]
}

@test "replay: another output is a unified diff that names file and line" {
    transcript '$ echo one' one '$ echo two' zwei
    run -1 replay x.transcript
    has 'x.transcript:4: this run printed something else'
    has '--- x.transcript'
    has '-zwei'
    has '+two'
}

@test "replay: a line more, a line less, and an empty line are differences" {
    transcript '$ printf "a\nb\n"' a
    run -1 replay x.transcript
    transcript '$ echo a' a b
    run -1 replay x.transcript
    transcript '$ printf "a\n\n"' a
    run -1 replay x.transcript
}

@test "replay: a time is in time from the prediction to a quarter and half a second more" {
    for good in '4.0 4' '4.3 4' '5.5 4' '0.0 0' '0.5 0' '1.7 1'; do
        read -r measured predicted <<<"$good"
        replay --time "$measured" "$predicted"
    done
    for bad in '3.9 4' '5.6 4' '0.6 0' '0.9 1' '1.8 1'; do
        read -r measured predicted <<<"$bad"
        run -1 replay --time "$measured" "$predicted"
        has 'not in time'
    done
    TIME_SCALE=2 replay --time 6.0 4
    run -1 env TIME_SCALE=0 "$root/tests/replay" --time 4 4
    has "TIME_SCALE '0'"
    run -2 replay --time four 4
    has "'four': not a number"
}

@test "replay: times in time are equal, others are shown with what is allowed" {
    transcript '$ echo "after 4.3 s, predicted 4 s"' 'after 4.1 s, predicted 4 s'
    replay x.transcript
    transcript '$ echo "after 9.9 s, predicted 4 s"' 'after 4.1 s, predicted 4 s'
    run -1 replay x.transcript
    has 'allowed is 4 to 5.5'
    transcript '$ echo "after 9.9 s, predicted 4 s"' 'after 9.9 s, predicted 4 s'
    run -1 replay x.transcript
    run -2 replay --accept x.transcript
    transcript '$ echo "after 4.1 s, predicted 4 s"' 'after 4.1 s, predicted 3 s'
    run -1 replay x.transcript
}

@test "replay: a lost last newline, a carriage return and an exit at the end are seen" {
    transcript '$ printf %s one' one
    run -1 "$root/tests/replay" x.transcript
    has 'the last line printed has no end'
    transcript '$ printf "one\r\n"' one
    run -1 "$root/tests/replay" x.transcript
    has 'x.transcript:2: this run printed something else'
    transcript '$ exit 3'
    run -1 "$root/tests/replay" x.transcript
    has "'exit 3' ended the shell"
}

@test "replay: a quotation goes on in the next line, as a shell has it" {
    transcript "\$ printf '%s\\n' 'one" "> two' three" one two three
    run -0 "$root/tests/replay" x.transcript
    transcript '$ echo one' '> two'
    run -1 "$root/tests/replay" x.transcript
}

@test "replay: a transcript that uses the lab is not replayed where there can be no lab, and says so" {
    mkdir -p other
    cp "$bin"/* other/
    printf '#!/bin/sh\necho "lab: no right" >&2; exit 1\n' >other/lab
    transcript "\$ lab -c 'echo one'" two
    run -0 "$root/tests/replay" --bin other x.transcript
    [[ $output == 'x.transcript: not replayed here: lab: no right' ]]
    run -0 "$root/tests/replay" --bin other --out out.transcript x.transcript
    [[ -z $output && ! -e out.transcript && $(<not-replayed) == 'lab: no right' ]]
    run -2 "$root/tests/replay" --bin other --accept x.transcript
    has 'not accepted: lab: no right'
    run -1 "$root/tests/replay" x.transcript
    has '+one'
}

@test "replay: a command that is never reached is a failure" {
    transcript '$ exit' '$ false' '$ echo $?'
    run -1 replay x.transcript
    has "x.transcript:2: 'false' was never reached"
}

@test "replay: a failure that nobody looks at is a failure" {
    transcript '$ false'
    run -1 replay x.transcript
    has "x.transcript:1: 'false' ended with exit status 1, and no '\$ echo \$?' follows"
}

@test "replay: what does not end is ended, and nothing is left of it" {
    transcript '$ sleep 987' 'never'
    SECONDS=0
    REPLAY_LIMIT=1 run -1 replay x.transcript
    has 'not at an end after 1 s'
    ((SECONDS < 20))
    run ! pgrep -f 'sleep 987'
}

@test "replay: a process left behind is a failure, and is ended" {
    transcript '$ (sleep 986 >/dev/null 2>&1 &)'
    run -1 replay x.transcript
    has 'left processes behind'
    run ! pgrep -f 'sleep 986'
}

@test "replay: ended itself, it takes its commands along" {
    transcript '$ sleep 985'
    "$root/tests/replay" x.transcript 3>&- &
    for _ in {1..100}; do pgrep -f '^sleep 985' && break; sleep 0.05; done
    kill $!
    wait $! || true
    for _ in {1..100}; do pgrep -f '^sleep 985' || return 0; sleep 0.05; done
    false
}

@test "replay: bad transcripts are refused with file and line" {
    transcript '$ sleep 1 &'
    run -2 replay x.transcript
    has "x.transcript:1: a command in the background"
    transcript 'output of nobody' '$ true'
    run -2 replay x.transcript
    has 'x.transcript:1: output that belongs to no command'
    : >x.transcript
    run -2 replay x.transcript
    has 'nothing to run'
    transcript "\$ echo $(printf '%080d' 0)"
    run -2 replay x.transcript
    has 'x.transcript:1: 87 columns, 72 is the most'
    transcript '$ '
    run -2 replay x.transcript
    has 'no command'
    run -2 replay nowhere.transcript
    has 'nowhere.transcript: no such transcript'
    run -2 replay
    has 'usage: replay'
    run -2 replay --nonsense x.transcript
    has nonsense
}

@test "replay: a printed line that paper would wrap is a failure" {
    transcript '$ printf "%080d\n" 0'
    run -1 replay --accept x.transcript
    has 'printed a line of 80 columns'
}

@test "replay: a program hidden by a builtin of bash is refused by name" {
    mkdir bin && printf '#!/bin/sh\necho mine\n' >bin/test && chmod +x bin/test
    transcript '$ test' mine
    run -2 replay --bin bin x.transcript
    has "'test' is a builtin of bash"
    transcript '$ env test' mine
    replay --bin bin x.transcript
}

@test "replay: where it cannot run as it must, it says why" {
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' >bin/unshare && chmod +x bin/unshare
    cp -r "$root/tests" tests
    sed -i 's/time=7200/time=7201/' tests/private-network
    transcript '$ true'
    PATH=$PWD/bin:$PATH run -1 tests/replay x.transcript
    has 'tcp_keepalive_time is 7200 here, not the 7201 of a fresh kernel, and there is no right'
}

@test "replay: without the right to a namespace it runs where it is" {
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' >bin/unshare && chmod +x bin/unshare
    transcript '$ echo here' here
    PATH=$PWD/bin:$PATH run -0 "$root/tests/replay" x.transcript
}

@test "replay: --accept writes what was printed, once, and then agrees" {
    transcript '$ echo one \' '>     two' '$ false' '$ echo $?'
    run -0 replay --accept x.transcript
    has 'accepted x.transcript'
    [[ $(<x.transcript) == $'$ echo one \\\n>     two\none two\n$ false\n$ echo $?\n1' ]]
    run -0 replay --accept x.transcript
    [[ -z $output ]]
}

@test "replay: --out gets what this run printed, only if it agrees" {
    transcript '$ echo "after 4.3 s, predicted 4 s"' 'after 4.1 s, predicted 4 s'
    replay --out sub/out x.transcript
    grep -q 'after 4.3 s' sub/out
    transcript '$ echo one' two
    run -1 replay --out sub/other x.transcript
    [[ ! -e sub/other ]]
}

@test "replay: commands run in a fresh place, in one shell, without input" {
    transcript '$ cd /; x=5' '$ pwd; echo $x' / 5 '$ cat' '$ ls -A ~' \
        '$ cat /proc/sys/net/ipv4/tcp_keepalive_time' 7200
    replay x.transcript
}

@test "private-network: other values do not leak in, and none are written out" {
    run -2 "$root/tests/private-network"
    has 'usage: private-network'
    run -0 "$root/tests/private-network" cat /proc/sys/net/ipv4/tcp_keepalive_probes
    [[ $output == 9 ]]
    run -3 "$root/tests/private-network" bash -c 'exit 3'
}
