# What every claim's test uses. A claim is one test:
#
#   @test "NAME: The sentence as the book has it." {
#       try 'COMMAND'            # runs it, remembers it as what was run
#       ...                      # looks at $output and $status
#       saw FIGURE VALUE [UNIT]  # a figure for the book, compared exactly
#       saw_time FIGURE          # the time that the command measured
#   }
#
# A test that ran nothing or saw nothing fails: it would prove nothing.
# When it passes, its evidence goes to $EVIDENCE/NAME (tests/evidence
# reads it; without EVIDENCE to a folder of bats).

bats_require_minimum_version 1.5.0

setup() {
    tests=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    PATH=${BIN:-$tests/../build/bin}:$PATH
    export LC_ALL=C.UTF-8
    claim=${BATS_TEST_DESCRIPTION%%:*}
    record=$BATS_TEST_TMPDIR/record
    : >"$record"
}

# try COMMAND: runs it in a network of its own, at most 60 s. Sets
# output and status.
try() {
    printf 'ran\t%s\n' "$1" >>"$record"
    run timeout --kill-after=2 60 "$tests/private-network" bash -c "$1" </dev/null
    printf '$ %s\n%s\n' "$1" "$output" # bats shows it if the test fails
}

# compile FILE.c: a small program of the claims, put on PATH.
compile() {
    "${CC:-gcc}" -std=c17 -Wall -Wextra -Werror -o "$BATS_TEST_TMPDIR/${1%.c}" "$BATS_TEST_DIRNAME/$1"
    [[ $PATH == "$BATS_TEST_TMPDIR":* ]] || PATH=$BATS_TEST_TMPDIR:$PATH
}

# try_c FILE.c ARGUMENT...: compiles it, and tries it.
try_c() {
    compile "$1"
    try "${1%.c} ${*:2}"
}

# with_idle_time S COMMAND: where the right to it is there, the output of
# COMMAND in a network whose system-wide idle time is S; else nothing. A
# further look, not evidence, so that any machine can have the same.
with_idle_time() {
    "$tests/private-network" bash -c '
        [[ $PRIVATE_NETWORK == yes ]] || exit 0
        { echo "$1" >/proc/sys/net/ipv4/tcp_keepalive_time; } 2>/dev/null || exit 0
        eval "$2"' - "$1" "$2"
}

# prints TEXT: the last command printed this, literally.
prints() {
    if [[ $output != *"$1"* ]]; then
        printf 'it did not print: %s\n' "$1"
        return 1
    fi
}

# saw FIGURE VALUE [UNIT]
saw() {
    printf 'saw\t%s\t%s\t%s\n' "$1" "$2" "${3-}" >>"$record"
}

# saw_time FIGURE: the last "after X s, predicted Y s" that was printed;
# it must be in time (compare.rb).
saw_time() {
    local last='' line
    while IFS= read -r line; do
        if [[ $line =~ after\ ([0-9.]+)\ s,\ predicted\ ([0-9.]+)\ s ]]; then
            last=${BASH_REMATCH[1]}\ ${BASH_REMATCH[2]}
        fi
    done <<<"$output"
    [[ -n $last ]] || { printf 'it printed no time\n'; return 1; }
    "$tests/replay" --time "${last% *}" "${last#* }"
    printf 'saw\t%s\t%s\ts\t%s\n' "$1" "${last% *}" "${last#* }" >>"$record"
}

teardown() {
    [[ -n ${BATS_TEST_COMPLETED:-} && -z ${BATS_TEST_SKIPPED:-} ]] || return 0
    local kind
    for kind in ran saw; do
        if ! grep -q "^$kind" "$record"; then
            printf '%s: the test %s nothing, so it proves nothing\n' "$claim" "$kind"
            return 1
        fi
    done
    local to=${EVIDENCE:-$BATS_RUN_TMPDIR}
    printf 'test\t%s\n' "$(basename "$BATS_TEST_FILENAME")" |
        cat - "$record" >"$to/$claim"
}
