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
    run -0 claim 'try "echo after 4.1 s, predicted 4 s"' 'saw_time time' 'try "echo a red one"' 'saw colour red'
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

@test "claims: a figure that no command printed is not seen" {
    run -1 claim 'try "echo it took 14.1 s, 4x"' 'saw x 4'
    has 'saw x: no command printed: 4'
    run -1 claim 'try "echo it took 4.1 s"' 'saw x 4'
    run -0 claim 'try "echo it took 4 s."' 'saw x 4 s'
    run -1 claim 'try "echo nothing"' 'saw_count x TcpOutRsts'
    has 'nstat printed no TcpOutRsts'
    run -1 claim 'try "echo a after 1 s, predicted 1 s"' 'saw_time x "b after"'
    has 'it printed no time with b after'
}

@test "claims: where no network can be made, a claim that needs one is skipped and says why" {
    mkdir bin
    printf '#!/bin/sh\necho "lab: no right" >&2; exit 1\n' >bin/lab
    chmod +x bin/lab
    bin=$PWD/bin run -0 claim 'own_network' 'try "echo x"' 'saw x x'
    has 'skip lab: no right'
    grep -qx $'untried\tlab: no right' records/it
}

# compare MUTATION [OPTION...]: this run's evidence is book/evidence.json
# put through a Ruby expression on `e` (claim -> entry) with `saw` for its
# figures; prints what tests/evidence says of it. The accepted evidence is
# accepted.json, if there is one.
compare() {
    [[ -e accepted.json ]] || cp "$root/book/evidence.json" accepted.json
    ruby -r "$root/book/extensions/evidence" -e '
        e = Evidence.seen
        saw = e.transform_values { |x| Evidence.on(x)["saw"] }
        eval(ARGV[0])
        e.each do |name, x|
          rows = x["ran"].map { |r| "ran\t#{r}" }
          rows += saw[name].map { |n, f| "saw\t#{n}\t#{f["value"]}\t#{f["unit"]}#{"\t#{f["predicted"]}" if f["predicted"]}" }
          rows = ["untried\tno right"] if x["untried"]
          File.write("records/#{name}", rows.join("\n") + "\n")
        end' "$1"
    "$root/tests/evidence" "${@:2}" records out.json accepted.json
}

@test "evidence: the same evidence agrees, also when a measured time differs in bounds" {
    run -0 compare ''
    has 'as the book says, 0 not, 0 not tried'
    run -0 compare 'saw["given-up"]["silence"]["value"] = "9.4"'
    [[ $output =~ ' given-up silence '+'9.'[0-9]' s (predicted 9 s)'\ +'9.4 s (predicted 9 s)' ]]
}

@test "evidence: a changed figure, prediction, command or late time is shown with both sides" {
    run -1 compare 'saw["system-wide"]["idle"]["value"] = "7201"'
    [[ $output =~ '! system-wide idle '+'7200 s'' '+'7201 s' ]]
    run -1 compare 'saw["given-up"]["silence"]["value"] = "19.9"'
    [[ $output =~ '! given-up silence '.*'19.9 s' ]]
    run -1 compare 'saw["given-up"]["silence"]["predicted"] = "3"'
    run -1 compare 'e["given-up"]["ran"] = ["true"]'
    has '! given-up ran'
    run -1 compare 'saw["given-up"]["more"] = { "value" => "1" }'
    has '! given-up more '
}

@test "evidence: what could not be tried here is counted, and neither agrees nor differs" {
    run -0 compare 'e["given-up"]["untried"] = true'
    has '? given-up '
    has '0 not, 1 not tried here'
    run -1 compare 'e["given-up"]["untried"] = true' --accept
    has 'not accepted, these tests did not pass: given-up'
}

@test "evidence: a book that was proved on another kernel is compared with that, and holds both afterwards" {
    ruby -rjson -e '
        e = JSON.parse(File.read(ARGV[0]))
        e.each_value { |x| x["on"] = { "Linux 5.4.3" => x["on"].values.last } }
        e["own-values"]["on"]["Linux 5.4.3"]["saw"]["this-socket"]["value"] = "59"
        File.write("accepted.json", JSON.generate(e))' "$root/book/evidence.json"
    run -1 compare ''
    [[ $output =~ '! own-values this-socket '+'59 s'' '+'60 s' ]]
    has ' 1 not, 0 not tried'
    run -0 compare '' --accept
    run -0 compare ''
    ruby -rjson -e 'e = JSON.parse(File.read("accepted.json"))["own-values"]["on"]
        abort e.inspect unless e.transform_values { |x| x["saw"]["this-socket"]["value"] }.values == %w[59 60]'
    # Said in other words, the other kernel has not seen it.
    ruby -rjson -e 'e = JSON.parse(File.read("accepted.json")); e["own-values"]["sentence"] = "x"; File.write("accepted.json", JSON.generate(e))'
    run -0 compare '' --accept
    ruby -rjson -e 'abort unless JSON.parse(File.read("accepted.json"))["own-values"]["on"].length == 1'
}

@test "evidence: a claim whose test did not pass is a difference, and nothing is accepted then" {
    run -1 compare 'e.delete("given-up")'
    [[ $output =~ '! given-up '.*'nothing: its test did not pass' ]]
    run -1 "$root/tests/evidence" --accept records out.json accepted.json
    has 'not accepted, these tests did not pass: given-up'
    cmp "$root/book/evidence.json" accepted.json
}

@test "evidence: one claim can be looked at alone; one that does not exist is named" {
    run -0 compare 'e.delete("reboot")' --claim given-up
    has '1 claims: 1 as the book says'
    run -1 compare '' --claim nobody
    has "no claim is called 'nobody'"
    run -2 "$root/tests/evidence" records
    has 'usage: evidence'
}

@test "evidence: what bats runs is what the book takes for claims" {
    run -0 bats --count "$root/tests/claims"
    [[ $output == $(ruby -r "$root/book/extensions/evidence" -e 'puts Evidence.claims.length') ]]
}
