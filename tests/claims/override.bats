#!/usr/bin/env bats
load claim

# limits OPTION LEAST MOST UNIT: the kernel takes both ends and nothing
# beyond them.
limits() {
    local value
    for value in "$2" "$3"; do
        try "override --$1 $value"
        [[ $status == 0 ]]
    done
    for value in $(($2 - 1)) $(($3 + 1)); do
        try "override --$1 $value"
        [[ $status == 1 ]]
        prints "the kernel accepts $2 to $3"
    done
    saw least "$2" "$4"
    saw most "$3" "$4"
}

@test "idle-limits: The kernel accepts an idle time from 1 s to 32767 s." {
    limits idle 1 32767 s
}

@test "interval-limits: The interval has the same limits, 1 s to 32767 s." {
    limits interval 1 32767 s
}

@test "count-limits: The count may be 1 to 127." {
    limits count 1 127 ''
}

@test "own-values: A value set on one socket is not used by the next one." {
    try 'override --idle 60; check'
    prints 'TCP_KEEPIDLE           7200 s       7200 s         60 s'
    prints 'TCP_KEEPIDLE   7200 s'
    saw this-socket 60 s
    saw next-socket 7200 s
}
