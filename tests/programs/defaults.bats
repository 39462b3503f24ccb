#!/usr/bin/env bats
# The table of defaults: what Debian's programs do is what the book says.
load programs

@test "defaults: every program that was measured sets what is accepted in book/defaults.csv" {
    run -0 --separate-stderr "$programs/measure"
    printf '%s\n' "$stderr"
    printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/measured.csv"
    ((${#lines[@]} >= 40))
    # Nothing may be missing but what is not Debian's on this machine.
    run grep -v 'is not of Debian here$' <<<"$stderr"
    [[ -z $output ]]
    run -0 "$programs/accepted" compare "$BATS_TEST_TMPDIR/measured.csv" "$root/book/defaults.csv"
    printf '# %s\n' "${lines[@]}" >&3
}

@test "defaults: there is a recipe for each accepted program, and each has a row" {
    diff <(cut -d, -f2 "$root/book/defaults.csv" | tail -n +2 | sort -u) <(ls "$programs/recipes")
}

@test "defaults: another default is said, and a version alone is a note" {
    cd "$BATS_TEST_TMPDIR"
    "$programs/measure" socat nc.openbsd >measured.csv
    debian=$(sed -n 's/^VERSION_ID="\?\([0-9]*\).*/\1/p' /etc/os-release)
    "$programs/accepted" accept measured.csv defaults.csv
    run -0 "$programs/accepted" compare measured.csv defaults.csv
    [[ -z $output ]]
    sed -i 's/off,"keepalive/7200\/75\/9,"keepalive/; s/^\(nc.openbsd,"[^"]*",\)[^,]*/\19.99/' measured.csv
    run -1 "$programs/accepted" compare measured.csv defaults.csv
    has "socat: 7200/75/9, with keepalive,keepidle=30,keepintvl=10,keepcnt=3: 30/10/3; accepted on Debian $debian: off"
    has 'note: nc.openbsd is 9.99 now'
    [[ ${#lines[@]} == 2 ]]
    "$programs/accepted" accept measured.csv defaults.csv
    run -0 "$programs/accepted" compare measured.csv defaults.csv
    [[ -z $output ]]
}

@test "defaults: what is no recipe, no data, or wrong usage is refused by name" {
    run -2 "$programs/measure" nonsense
    has "there is no recipe 'nonsense'"
    run -2 "$programs/accepted"
    has 'usage: accepted'
    run -2 "$programs/accepted" compare /nonexistent "$root/book/defaults.csv"
    has 'No such file'
    printf 'one,two\n' >"$BATS_TEST_TMPDIR/bad.csv"
    run -2 "$programs/accepted" compare "$BATS_TEST_TMPDIR/bad.csv" "$root/book/defaults.csv"
    has 'not 6 columns'
}

@test "defaults: a program that does not start, or never connects, is a failure that says why" {
    cp -r "$programs" "$BATS_TEST_TMPDIR/programs"
    cp "$root/tests/private-network" "$BATS_TEST_TMPDIR/"
    cd "$BATS_TEST_TMPDIR/programs"
    # shellcheck disable=SC2016 # for the recipe
    printf '%s\n' 'title=none package=bash kind=server' 'start() { echo "no such thing"; }' >recipes/none
    export BIN=$bin
    sed -i 's/until_true 40 listens/until_true 2 listens/' measure
    run ! ./measure none
    has 'none: it does not listen:'
    has 'no such thing'
    # The two witnesses must agree.
    sed -i 's|^    found=..settled.*|    found=60/10/6|' measure
    run ! ./measure nc.openbsd
    has 'nc.openbsd: 60/10/6, but ss says'
}
