#!/usr/bin/env bats
# The claims' apparatus: it must go red for a test that proves nothing, a
# figure that changed, a claim that nobody ran.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir records
    bats_claim=$root/tests/claims/claim.bash
}

# claim BODY...: runs a claim's test with this body.
claim() {
    mkdir -p tests/claims && cp "$root"/tests/{private-network,replay,compare.rb} tests/
    cp "$bats_claim" tests/claims/
    printf '%s\n' 'load claim' '@test "it: It does." {' "$@" '}' >tests/claims/it.bats
    BIN=$bin EVIDENCE=$PWD/records bats tests/claims/it.bats
}

@test "claims: a test that runs something and sees something leaves its evidence" {
    run -0 claim 'try "echo after 4.1 s, predicted 4 s"' 'saw_time time' 'saw colour red'
    grep -qx $'ran\techo after 4.1 s, predicted 4 s' records/it
    grep -qx $'saw\ttime\t4.1\ts\t4' records/it
    grep -qx $'saw\tcolour\tred\t' records/it
}

@test "claims: a test that runs nothing, or sees nothing, fails" {
    run -1 claim 'true'
    has 'the test ran nothing, so it proves nothing'
    run -1 claim 'try "echo x"'
    has 'the test saw nothing, so it proves nothing'
    [[ ! -e records/it ]]
}

@test "claims: a time out of bounds, no time at all, and a missing text fail" {
    run -1 claim 'try "echo after 3.9 s, predicted 4 s"' 'saw_time time'
    has 'not in time'
    run -1 claim 'try "echo nothing"' 'saw_time time'
    has 'it printed no time'
    run -1 claim 'try "echo nothing"' 'prints something' 'saw x y'
    has 'it did not print: something'
    [[ ! -e records/it ]]
}

# compare MUTATION: this run's evidence is book/evidence.json put through
# a Ruby expression on `e`; prints what tests/evidence says of it.
compare() {
    ruby -rjson -e '
        e = JSON.parse(File.read(ARGV[0]))
        eval(ARGV[1])
        e.each do |name, x|
          rows = x["ran"].map { |r| "ran\t#{r}" }
          rows += x["saw"].map { |n, f| "saw\t#{n}\t#{f["value"]}\t#{f["unit"]}#{"\t#{f["predicted"]}" if f["predicted"]}" }
          File.write("records/#{name}", rows.join("\n") + "\n")
        end' "$root/book/evidence.json" "$1"
    "$root/tests/evidence" "${@:2}" records out.json "$root/book/evidence.json"
}

@test "evidence: the same evidence agrees, also when a measured time differs in bounds" {
    run -0 compare ''
    has ' 0 not ('
    run -0 compare 'e["given-up"]["saw"]["silence"]["value"] = "4.4"'
}

@test "evidence: a changed figure, prediction, command or late time is shown with both sides" {
    run -1 compare 'e["system-wide"]["saw"]["idle"]["value"] = "7201"'
    has 'system-wide idle:'
    has 'the book says     7200 s'
    has 'this kernel says  7201 s'
    run -1 compare 'e["given-up"]["saw"]["silence"]["value"] = "9.9"'
    has 'allowed is 4 to 5.5'
    run -1 compare 'e["given-up"]["saw"]["silence"]["predicted"] = "3"'
    run -1 compare 'e["given-up"]["ran"] = ["true"]'
    has 'given-up ran:'
    run -1 compare 'e["given-up"]["saw"]["more"] = { "value" => "1" }'
    has 'given-up more:'
}

@test "evidence: a claim whose test did not pass is a difference, and nothing is accepted then" {
    run -1 compare 'e.delete("given-up")'
    has 'given-up:'
    has 'nothing: its test did not pass'
    cp "$root/book/evidence.json" accepted.json
    run -1 "$root/tests/evidence" --accept records out.json accepted.json
    has 'not accepted, these tests did not pass: given-up'
    cmp "$root/book/evidence.json" accepted.json
}

@test "evidence: one claim can be looked at alone; one that does not exist is named" {
    run -0 compare 'e.delete("reboot")' --claim given-up
    has '1 claims, 1 as the book says'
    run -1 compare '' --claim nobody
    has "no claim is called 'nobody'"
    run -2 "$root/tests/evidence" records
    has 'usage: evidence'
}

@test "evidence: what bats runs is what the book takes for claims" {
    run -0 bats --count "$root/tests/claims"
    [[ $output == $(ruby -r "$root/book/extensions/evidence" -e 'puts Evidence.claims.length') ]]
}
