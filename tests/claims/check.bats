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
    try 'override'
    [[ $output =~ given\ up\ ([0-9]+)\ s ]]
    saw detection "${BASH_REMATCH[1]}" s
}

@test "inherited-descriptor: A program can ask a socket that it was handed by another." {
    try "silent-peer -- bash -c 'check --fd 3 3<>/dev/tcp/{host}/{port}'"
    prints 'SO_KEEPALIVE   off'
    saw keepalive off
}
