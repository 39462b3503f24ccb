#!/usr/bin/env bats
# keepalive-bpf: keepalive for all programs of a control group.
# shellcheck disable=SC2016 # for the inner shell
load programs

# `within COMMAND...` runs it as a member of the group.
within='printf "%s\n" "#!/bin/bash" "echo \$\$ >$group/cgroup.procs" "exec \"\$@\"" >within
chmod +x within
PATH=$PWD:$PATH'
export tool=$root/examples/keepalive-bpf/keepalive-bpf

@test "bpf: programs in the group get it, static ones as well, and others do not" {
    with_group "$within"'
        "$tool" attach "$group" 61 11 7
        build_static
        connected ./static
        echo inside
        connected within ./static
        connected within nc.openbsd -d 127.0.0.1 7000
        "$tool" detach "$group"
        echo after
        connected within ./static'
    [[ $output == *'off static'*inside*'61/11/7 static'*'61/11/7 nc.openbsd'*after*'off static'* ]]
}

@test "bpf: another program on the group stays, and a group below may have its own" {
    with_group '
        sed "s/int keepalive(/int other(/" "${tool%/*}/keepalive-bpf.bpf.c" >other.bpf.c
        clang -O2 -g -target bpf -DIDLE=9 -DINTERVAL=9 -DCOUNT=9 -I"/usr/include/$(uname -m)-linux-gnu" -o other.o -c other.bpf.c
        mkdir bpf; mount -t bpf none bpf
        bpftool prog load other.o bpf/other
        bpftool cgroup attach "$group" sock_ops pinned bpf/other multi
        "$tool" attach "$group" 61 11 7
        mkdir "$group/below"
        "$tool" attach "$group/below" 62 11 7
        "$tool" detach "$group"
        bpftool cgroup list "$group" | awk "{ print \$NF }"'
    [[ ${lines[-1]} == other ]]
    [[ $output != *failed* ]]
}

@test "bpf: twice, never, nowhere, bad numbers and wrong usage are refused by name" {
    with_group "$within"'
        "$tool" attach "$group" 61 11 7
        "$tool" attach "$group" 61 11 7 || echo "status $?"
        "$tool" detach "$group"; "$tool" detach "$group" || echo "status $?"
        "$tool" detach /run || echo "status $?"
        for bad in "0 1 1" "1 32768 1" "1 1 128" "x 1 1"; do "$tool" attach "$group" $bad || echo "status $?"; done
        "$tool" nonsense || echo "status $?"; "$tool" --help'
    has 'keepalive is attached already'
    has 'keepalive is not attached'
    has '/run: not a group of cgroup2'
    has "IDLE '0': not a whole number from 1 to 32767"
    has "INTERVAL '32768'"
    has "COUNT '128'"
    has "unexpected 'nonsense'"
    [[ $(grep -c 'status 1' <<<"$output") == 3 && $(grep -c 'status 2' <<<"$output") == 5 ]]
}

@test "bpf: who is not root is told so" {
    with_group 'setpriv --reuid nobody --clear-groups bash -s attach "$group" 61 11 7 <"$tool" || echo "status $?"'
    has 'it takes root'
    has 'status 1'
}
