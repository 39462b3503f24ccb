# What every claim's test uses. A claim is one test:
#
#   @test "NAME: The sentence as the book has it." {
#       own_network                 # only if it needs one: lab, nstat, sysctl
#       try 'COMMAND'               # runs it, remembers it as what was run
#       prints TEXT                 # it printed this
#       saw FIGURE VALUE [UNIT]     # a figure for the book, compared exactly
#       saw_count FIGURE COUNTER    # what nstat printed for this counter
#       saw_time FIGURE [TEXT]      # the time on the last line that has TEXT
#   }
#
# A test that ran nothing or saw nothing fails: it would prove nothing. So
# does a figure that no command of the test has printed. When the test
# passes, its evidence goes to $EVIDENCE/NAME (tests/evidence reads it;
# without EVIDENCE to a folder of bats).

bats_require_minimum_version 1.8.0

# A busy machine may be late where a claim counts on the clock: a test that
# fails is tried once more (not with RETRIES=0). What is not true fails twice.
export BATS_TEST_RETRIES=${RETRIES:-1}

setup() {
    tests=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    PATH=${BIN:-$tests/../build/bin}:$PATH
    export LC_ALL=C.UTF-8
    claim=${BATS_TEST_DESCRIPTION%%:*}
    record=$BATS_TEST_TMPDIR/record
    : >"$record"
    printed=''
}

# own_network: this claim needs a network namespace (it counts probes, or
# writes system-wide values, or uses the lab). Where none can be made the
# test is skipped, with the reason; the claim counts as not tried here.
own_network() {
    local why
    once own_network lab true
    why=$(<"$BATS_RUN_TMPDIR/own_network")
    [[ -n $why ]] || return 0
    printf 'untried\t%s\n' "$why" >"${EVIDENCE:-$BATS_RUN_TMPDIR}/$claim"
    skip "$why"
}

# once NAME COMMAND...: runs it one time for all tests of this run. The
# file NAME in bats's folder has what it printed, if it failed.
once() {
    local file=$BATS_RUN_TMPDIR/$1
    (
        flock 9
        [[ ! -e $file ]] || exit 0
        if "${@:2}" >"$file.part" 2>&1; then : >"$file.part"; fi
        mv "$file.part" "$file"
    ) 9>"$file.lock"
}

# try COMMAND: runs it in a network of its own, at most
# REPLAY_LIMIT (60) s, as a transcript. Sets output and status.
try() {
    printf 'ran\t%s\n' "$1" >>"$record"
    run timeout --kill-after=2 "${REPLAY_LIMIT:-60}" "$tests/private-network" bash -c "$1" </dev/null
    printed+=$output$'\n'
    printf '$ %s\n%s\n' "$1" "$output" # bats shows it if the test fails
}

# own_programs: the folder of this run for them, made and put on PATH.
own_programs() {
    mkdir -p "$BATS_RUN_TMPDIR/bin"
    [[ $PATH == "$BATS_RUN_TMPDIR/bin":* ]] || PATH=$BATS_RUN_TMPDIR/bin:$PATH
}

# compile FILE.c: a small program of the claims, put on PATH.
compile() {
    own_programs
    once "$1" "${CC:-gcc}" -std=c17 -Wall -Wextra -Werror -o "$BATS_RUN_TMPDIR/bin/${1%.c}" "$BATS_TEST_DIRNAME/$1"
    cat "$BATS_RUN_TMPDIR/$1"
    [[ -x $BATS_RUN_TMPDIR/bin/${1%.c} ]]
}

# script FILE: a script of the claims, put on PATH.
script() {
    own_programs
    once "$1" install -m 755 "$BATS_TEST_DIRNAME/$1" "$BATS_RUN_TMPDIR/bin/$1"
}

# try_c FILE.c ARGUMENT...: compiles it, and tries it.
try_c() {
    compile "$1"
    try "${1%.c} ${*:2}"
}

# prints TEXT: the last command printed this, literally.
prints() {
    if [[ $output != *"$1"* ]]; then
        printf 'it did not print: %s\n' "$1"
        return 1
    fi
}

# prints_not TEXT: the last command did not print this.
prints_not() {
    if [[ $output == *"$1"* ]]; then
        printf 'it printed: %s\n' "$1"
        return 1
    fi
}

# saw FIGURE VALUE [UNIT]: a command of this test has printed VALUE, as a
# word or words of its own.
saw() {
    # Not as a part of a longer word or number.
    if ! grep -qP -e "(?<![\w.])\Q$2\E(?!(?<=\w)\w|\.\d)" <<<"$printed"; then
        printf 'saw %s: no command printed: %s\n' "$1" "$2"
        return 1
    fi
    printf 'saw\t%s\t%s\t%s\n' "$1" "$2" "${3-}" >>"$record"
}

# saw_count FIGURE COUNTER [UNIT]: the value that `nstat -asz` printed for
# the counter, the last time. Sets count.
saw_count() {
    count=$(awk -v name="$2" '$1 == name { value = $2 } END { print value }' <<<"$output")
    [[ $count =~ ^[0-9]+$ ]] || { printf 'nstat printed no %s\n' "$2"; return 1; }
    saw "$1" "$count" "${3-}"
}

# saw_time FIGURE [TEXT]: the last "after X s, predicted Y s" that was
# printed, on a line that has TEXT; it must be in time (compare.rb).
saw_time() {
    local last='' line
    while IFS= read -r line; do
        if [[ $line == *"${2-}"* && $line =~ after\ ([0-9.]+)\ s,\ predicted\ ([0-9.]+)\ s ]]; then
            last=${BASH_REMATCH[1]}\ ${BASH_REMATCH[2]}
        fi
    done <<<"$output"
    [[ -n $last ]] || { printf 'it printed no time %s\n' "${2:+with $2}"; return 1; }
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
