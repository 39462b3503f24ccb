#!/usr/bin/env bats
load claim

@test "off-by-default: A new TCP socket has keepalive off." {
    try 'check'
    prints 'SO_KEEPALIVE   off'
    saw keepalive off
    try_c sockopt.c tcp6 SO_KEEPALIVE
    prints 'IPv6 TCP: SO_KEEPALIVE is 0'
}

@test "system-wide: A socket that has no values of its own uses the system-wide ones." {
    own_network
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
    try 'override'
    [[ $output =~ given\ up\ ([0-9]+)\ s ]]
    saw detection "${BASH_REMATCH[1]}" s
    try 'sysctl -w net.ipv4.tcp_keepalive_time=61 net.ipv4.tcp_keepalive_intvl=62 net.ipv4.tcp_keepalive_probes=63; check'
    prints 'TCP_KEEPIDLE   61 s'
    prints 'TCP_KEEPINTVL  62 s'
    prints 'TCP_KEEPCNT    63 probes'
}

@test "system-wide-ipv6: In spite of that path they hold for IPv6 as well." {
    own_network
    compile sockopt.c
    try 'sockopt tcp6 TCP_KEEPIDLE; sysctl -w net.ipv4.tcp_keepalive_time=61; sockopt tcp6 TCP_KEEPIDLE'
    prints 'IPv6 TCP: TCP_KEEPIDLE is 7200'
    prints 'IPv6 TCP: TCP_KEEPIDLE is 61'
    saw before 7200 s
    saw after 61 s
    try 'sysctl -w net.ipv4.tcp_keepalive_intvl=62 net.ipv4.tcp_keepalive_probes=63; sockopt tcp6 TCP_KEEPINTVL; sockopt tcp6 TCP_KEEPCNT'
    prints 'IPv6 TCP: TCP_KEEPINTVL is 62'
    prints 'IPv6 TCP: TCP_KEEPCNT is 63'
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
    # watched OPTION...: what ss says of detect's connection.
    watched() {
        try "silent-peer --deaf-at 60 -- bash -c 'detect $* --limit 50 {host} {port} & until ss -Htn state established dport = :{port} | grep -q .; do sleep 0.1; done; ss -tnop dport = :{port}; kill \$!'"
        prints ESTAB
    }
    watched --idle 60
    prints 'keepalive on: 60 s'
    prints 'timer:(keepalive,'
    saw with 'timer:(keepalive,'
    watched --no-keepalive
    prints 'keepalive off'
    prints_not timer
}
