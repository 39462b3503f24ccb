#!/usr/bin/env bats
load claim

@test "off-by-default: A new TCP socket has keepalive off." {
    try 'check'
    prints 'SO_KEEPALIVE   off'
    saw keepalive off
}

@test "system-wide: A socket that has no values of its own uses the system-wide ones." {
    try 'check; head /proc/sys/net/ipv4/tcp_keepalive_{time,intvl,probes}'
    local name value
    for name in KEEPIDLE/time/idle KEEPINTVL/intvl/interval KEEPCNT/probes/count; do
        IFS=/ read -r option file figure <<<"$name"
        value=$(awk -v option="TCP_$option" '$1 == option { print $2 }' <<<"$output")
        prints "==> /proc/sys/net/ipv4/tcp_keepalive_$file <=="$'\n'"$value"
        case $figure in
            count) saw count "$value" probes ;;
            *) saw "$figure" "$value" s ;;
        esac
    done
    local changed
    changed=$(with_idle_time 61 check)
    [[ -z $changed || $changed == *'TCP_KEEPIDLE   61 s'* ]]
    try 'override'
    [[ $output =~ given\ up\ ([0-9]+)\ s ]]
    saw detection "${BASH_REMATCH[1]}" s
}

@test "system-wide-ipv6: In spite of that path they hold for IPv6 as well." {
    compile sockopt.c
    try 'cat /proc/sys/net/ipv4/tcp_keepalive_time; sockopt tcp6 TCP_KEEPIDLE'
    [[ $output =~ ^([0-9]+)[[:space:]]reads\ ([0-9]+)$ ]]
    [[ ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]
    saw idle "${BASH_REMATCH[2]}" s
    local changed
    changed=$(with_idle_time 61 'sockopt tcp6 TCP_KEEPIDLE')
    [[ -z $changed || $changed == 'reads 61' ]]
}

@test "inherited-descriptor: A socket keeps its values when another program takes it over." {
    try "silent-peer -- socat TCP:{host}:{port},keepalive,keepidle=60,keepintvl=10,keepcnt=6 SYSTEM:'check --fd 0 >&2',nofork"
    prints 'SO_KEEPALIVE   on'
    prints 'TCP_KEEPIDLE   60 s'
    prints 'TCP_KEEPINTVL  10 s'
    prints 'TCP_KEEPCNT    6 probes'
    saw idle 60 s
    saw interval 10 s
    saw count 6 probes
}

@test "ss-timer: A quiet connection with keepalive has a keepalive timer there, and one without has none." {
    try 'silent-peer --deaf-at 9 -- bash -c "detect --limit 2 {host} {port} & sleep 1; ss -tnop dport = :{port}; wait"'
    prints 'timer:(keepalive,'
    try 'silent-peer --deaf-at 9 -- bash -c "detect --no-keepalive --limit 2 {host} {port} & sleep 1; ss -tnop dport = :{port}; wait"'
    prints 'ESTAB'
    [[ $output != *timer* ]]
    saw with keepalive
    saw without none
}
