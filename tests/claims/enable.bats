#!/usr/bin/env bats
load claim

@test "one-call: Setting SO_KEEPALIVE to one turns keepalive on, for IPv4 and for IPv6." {
    try 'env enable'
    prints 'IPv4, after: SO_KEEPALIVE is 1, on'
    prints 'IPv6, after: SO_KEEPALIVE is 1, on'
    local family
    for family in tcp tcp6; do try_c sockopt.c "$family" SO_KEEPALIVE 1; done
    prints 'IPv6 TCP: SO_KEEPALIVE is 1'
    saw ipv4 'IPv4 TCP: SO_KEEPALIVE is 1'
    saw ipv6 'IPv6 TCP: SO_KEEPALIVE is 1'
}

@test "any-value: On Linux any value but zero turns it on and is read back as one." {
    local value
    for value in 8 -1 256 65536 -2147483648; do
        try_c sockopt.c tcp SO_KEEPALIVE "$value"
        prints 'IPv4 TCP: SO_KEEPALIVE is 1'
    done
    try_c sockopt.c tcp SO_KEEPALIVE 0
    prints 'IPv4 TCP: SO_KEEPALIVE is 0'
    saw reads-back 1
}

@test "udp-accepts: A UDP socket accepts SO_KEEPALIVE without a complaint." {
    try_c sockopt.c udp SO_KEEPALIVE 1
    prints 'IPv4 UDP: SO_KEEPALIVE is 1'
    saw reads-back 1
}

@test "udp-refuses: The same socket refuses TCP_KEEPIDLE with ENOPROTOOPT." {
    try_c sockopt.c udp TCP_KEEPIDLE 60
    prints 'IPv4 UDP: TCP_KEEPIDLE: ENOPROTOOPT'
    saw error ENOPROTOOPT
}

@test "unix-accepts: A Unix socket accepts SO_KEEPALIVE as well." {
    try_c sockopt.c unix SO_KEEPALIVE 1
    prints 'Unix: SO_KEEPALIVE is 1'
    saw reads-back 1
}

@test "unix-refuses: It refuses TCP_KEEPIDLE with EOPNOTSUPP." {
    try_c sockopt.c unix TCP_KEEPIDLE 60
    prints 'Unix: TCP_KEEPIDLE: EOPNOTSUPP'
    saw error EOPNOTSUPP
}
