#!/usr/bin/env bats
# The program endings: its options, and what it says when nothing ends.
load helper

setup() {
    PATH=$bin:$PATH
}

@test "endings: bad values are refused by name" {
    for option in idle interval; do
        for value in 0 -1 32768 1e9 abc '' 5x; do
            run -2 endings "--$option" "$value"
            has "endings: $option '$value'"
        done
    done
    for value in 0 -1 128 abc ''; do
        run -2 endings --count "$value"
        has "endings: count '$value'"
    done
    for value in 0 -1 abc ''; do
        run -2 endings --limit "$value"
        has "endings: limit '$value'"
    done
}

@test "endings: too few words, too many, and what is no port are wrong usage" {
    run -2 endings 127.0.0.1
    has 'usage: endings'
    run -2 endings 127.0.0.1 80 surplus
    has "unexpected 'surplus'"
    run -2 endings 127.0.0.1 nonsense
    has "PORT 'nonsense': not a whole number from 1 to 65535"
}

@test "endings: a closed port and an unknown host are said plainly" {
    run -1 endings 127.0.0.1 1
    has 'connect to 127.0.0.1: Connection refused'
    run -1 timeout 20 endings nowhere.invalid 80
    has 'nowhere.invalid: '
}

# bats test_tags=slow
@test "endings: a peer that stays is said at the limit, with exit status 1" {
    run -1 silent-peer --deaf-at 60 -- endings --limit 1 '{host}' '{port}'
    has 'still connected after 1 s, the limit'
    [[ $output != *recv* ]]
}

@test "endings: a failure of epoll or select is none of the peer's endings" {
    # No descriptor is left for an epoll instance: 0, 1, 2 and seven.
    run -1 silent-peer --close-at 0 -- bash -c 'exec 3>&- 4>&- 5>&- 6>&-; ulimit -n 10; exec endings {host} {port}'
    has 'epoll: Too many open files'
    # A descriptor that is too large for an fd_set, where so many are allowed.
    if (($(ulimit -Hn) < 2048)); then return; fi
    run -1 silent-peer --close-at 0 -- ruby -e '
        Process.setrlimit(:NOFILE, 2048) rescue exit(1)
        keep = (3..1029).to_h { |fd| [fd, $stdin] }
        exec "endings", *ARGV, keep' '{host}' '{port}'
    has 'select: descriptor 1035 is too large'
}
