#!/usr/bin/env bats
# estimate: its options, its edges, and whether the kernel agrees.
load helper

estimate() {
    run -0 timeout 10 "$bin/estimate" "$@"
}

@test "estimate: bad values are refused by name" {
    for option in idle interval count user-timeout patience; do
        for value in abc '' 1e9 -1 5x 99999999999999999999; do
            run -2 "$bin/estimate" "--$option" "$value"
            has "$option '$value': not a whole number"
        done
    done
    for value in 0 32768; do
        run -2 "$bin/estimate" --idle "$value"
        has "idle '$value': not a whole number from 1 to 32767"
    done
    run -2 "$bin/estimate" --count 128
    has "count '128': not a whole number from 1 to 127"
}

@test "estimate: the largest values do not overflow" {
    estimate --idle 32767 --interval 32767 --count 127 --patience 31536000
    has 'given up 4194176 s after its last word'
    estimate --idle 1 --interval 1 --count 1 --user-timeout 2147483647
    has 'given up 2147484 s after its last word'
}

@test "estimate: an interval that is longer than the idle time takes its place" {
    estimate --idle 10 --interval 30 --count 2
    has 'a probe every 30 s'
    has 'given up 90 s after'
}

@test "estimate: a firewall needs room for the first probe, for late timers, for each lost one" {
    for given in '90 8 forget' '91 8 forgiven: 0' '180 8 forgiven: 1' '181 8 forgiven: 1' '1000 3 forgiven: 2' '1000 1 forgiven: 0'; do
        read -r patience count words <<<"$given"
        estimate --idle 80 --interval 79 --count "$count" --patience "$patience"
        has "$words"
    done
}

# What the accepted evidence says of runs whose peer was deaf from the
# start: with these values, when was the end predicted, and measured?
@test "estimate: it says what was predicted and measured in the evidence" {
    # shellcheck disable=SC2016 # it is Ruby
    run -0 ruby -rjson -e '
        JSON.parse(File.read(ARGV[0])).each do |name, entry|
          entry["ran"].each do |ran|
            words = ran[/\Asilent-peer(?: --host ::1)? -- detect((?: --(?:idle|interval|count|user-timeout) \d+)+) \{host\}/, 1] or next
            next if words[/--interval (\d+)/, 1].to_i > words[/--idle (\d+)/, 1].to_i

            said = `#{ARGV[1]} #{words}`[/given up (\d+) s/, 1]
            predicted = entry["on"].values.flat_map { |run| run["saw"].values.filter_map { |figure| figure["predicted"] } }.uniq
            next if predicted.empty?

            puts "#{predicted.include?(said) ? "agrees" : "differs"} #{name}:#{words}: #{said}, evidence: #{predicted.join(" ")}"
          end
        end' "$root/book/evidence.json" "$bin/estimate"
    printf '%s\n' "$output"
    [[ $output != *differs* ]]
    (($(grep -c ^agrees <<<"$output") >= 8))
}
