#!/usr/bin/env bats
# The system-wide values, one set for each network namespace.
load claim

# counts: the probes, each time that nstat printed them.
counts() {
    awk '$1 == "TcpExtTCPKeepAlive" { print $2 }' <<<"$output" | paste -sd ,
}

@test "system-followed: A socket without values of its own reports the system-wide ones of that moment." {
    own_network
    try 'silent-peer --deaf-at 9 -- socat TCP:{host}:{port},keepalive SYSTEM:"check --fd 0 >&2; sysctl -qw net.ipv4.tcp_keepalive_time=61 net.ipv4.tcp_keepalive_intvl=62 net.ipv4.tcp_keepalive_probes=63; check --fd 0 >&2",nofork'
    prints 'SO_KEEPALIVE   on
TCP_KEEPIDLE   7200 s
TCP_KEEPINTVL  75 s
TCP_KEEPCNT    9 probes
SO_KEEPALIVE   on
TCP_KEEPIDLE   61 s
TCP_KEEPINTVL  62 s
TCP_KEEPCNT    63 probes'
    saw before 7200 s
    saw after 61 s
}

@test "system-overridden: A value that was set on the socket stays what it is, and the others go on following." {
    own_network
    try 'silent-peer --deaf-at 9 -- socat TCP:{host}:{port},keepalive,keepidle=60 SYSTEM:"sysctl -qw net.ipv4.tcp_keepalive_time=61 net.ipv4.tcp_keepalive_intvl=62; check --fd 0 >&2",nofork'
    prints 'SO_KEEPALIVE   on
TCP_KEEPIDLE   60 s
TCP_KEEPINTVL  62 s'
    saw own 60 s
    saw followed 62 s
}

@test "system-armed: A connection that is waiting already reports a shorter idle time at once, but goes on waiting for the old one." {
    own_network
    local older='sysctl -qw net.ipv4.tcp_keepalive_time=5'
    local newer='sysctl -qw net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=9'
    local connect='silent-peer --deaf-at 9 -- socat TCP:{host}:{port},keepalive'
    local watch='sleep 3.5; check --fd 0 >&2; nstat -asz TcpExtTCPKeepAlive >&2; sleep 2.6; nstat -asz TcpExtTCPKeepAlive >&2'
    try "$newer; $connect SYSTEM:'$watch',nofork"
    [[ $(counts) == 1,1 ]]
    try "$older; $connect SYSTEM:'$newer; $watch',nofork"
    prints 'SO_KEEPALIVE   on'
    prints 'TCP_KEEPIDLE   1 s'
    [[ $(counts) == 0,1 ]]
    saw reports 1 s
    saw after-the-new-time 0 probes
    saw after-the-old-time 1 probe
}

@test "system-armed-longer: A longer one it waits for, because the kernel looks again when the timer has run out." {
    own_network
    try 'sysctl -qw net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=1; silent-peer --deaf-at 60 -- socat TCP:{host}:{port},keepalive SYSTEM:"sysctl -qw net.ipv4.tcp_keepalive_time=5; sleep 3.5; nstat -asz TcpExtTCPKeepAlive >&2; sleep 2.8; nstat -asz TcpExtTCPKeepAlive >&2",nofork'
    [[ $(counts) == 0,1 ]]
    saw after-the-old-time 0 probes
    saw after-the-new-time 1 probe
}

@test "system-ipv6: A connection over IPv6 is probed and given up by the values under net.ipv4." {
    own_network
    compile follow.c
    try 'sysctl -qw net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=3; silent-peer --host ::1 -- follow {host} {port} 9; nstat -asz TcpExtTCPKeepAlive'
    prints 'IPv6, keepalive 1: 2 s, 1 s, 3'
    saw_time given-up ETIMEDOUT
    saw_count probes TcpExtTCPKeepAlive probes
    ((count == 3))
}

@test "system-unchecked: The kernel accepts a system-wide idle time of -1 s, of 0 s and of 99999 s." {
    own_network
    local value
    for value in below/-1 zero/0 above/99999; do
        try "sysctl -w net.ipv4.tcp_keepalive_time=${value#*/}; check"
        prints "TCP_KEEPIDLE   ${value#*/} s"
        saw "${value%/*}" "${value#*/}" s
        try "override --idle ${value#*/}"
        prints "setsockopt TCP_KEEPIDLE ${value#*/}: the kernel accepts 1 to 32767 s"
    done
}

@test "system-count: A system-wide count may be 0 to 255." {
    own_network
    local value
    for value in 0 255; do
        try "sysctl -w net.ipv4.tcp_keepalive_probes=$value; check"
        prints "TCP_KEEPCNT    $value probes"
    done
    for value in -1 256; do
        try "sysctl -w net.ipv4.tcp_keepalive_probes=$value; check"
        prints 'Invalid argument'
        prints 'TCP_KEEPCNT    9 probes'
    done
    saw least 0
    saw most 255
}

@test "system-no-probes: With a system-wide count of zero, keepalive ends even a healthy connection as soon as the idle time has passed, and sends no probe." {
    own_network
    compile follow.c
    try 'sysctl -qw net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=1; silent-peer --deaf-at 60 -- follow {host} {port} 5'
    prints 'IPv4, keepalive 1: 2 s, 1 s, 1'
    prints 'still connected'
    try 'sysctl -qw net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=0; silent-peer --deaf-at 60 -- follow {host} {port} 5; nstat -asz TcpExtTCPKeepAlive'
    prints 'IPv4, keepalive 1: 2 s, 1 s, 0'
    saw_time ended ETIMEDOUT
    saw_count probes TcpExtTCPKeepAlive probes
    ((count == 0))
}

@test "system-namespaces: Each network namespace has values of its own, and a new one begins with the kernel's, not with those of its parent." {
    own_network
    try 'sysctl -w net.ipv4.tcp_keepalive_time=61; unshare --net bash -c "check; sysctl -w net.ipv4.tcp_keepalive_time=62; check"; check'
    [[ $(grep -o 'TCP_KEEPIDLE.*' <<<"$output" | tr -s ' ') == $'TCP_KEEPIDLE 7200 s\nTCP_KEEPIDLE 62 s\nTCP_KEEPIDLE 61 s' ]]
    saw parent 61 s
    saw child 7200 s
}

@test "system-no-switch: None of the system-wide values of keepalive turns it on." {
    own_network
    try 'find /proc/sys -name "*tcp_keepalive*" | sort'
    [[ $output == "$(printf '/proc/sys/net/ipv4/tcp_keepalive_%s\n' intvl probes time)" ]]
    try 'sysctl -w net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=1; silent-peer --deaf-at 9 -- bash -c "exec 3<>/dev/tcp/{host}/{port}; check --fd 3; sleep 2.5"; nstat -asz TcpExtTCPKeepAlive'
    prints 'SO_KEEPALIVE   off'
    prints 'TCP_KEEPIDLE   1 s'
    saw_count probes TcpExtTCPKeepAlive probes
    ((count == 0))
}

@test "system-files: If two files in /etc/sysctl.d set the same value, the one whose name comes later in the alphabet wins." {
    own_network
    # Nothing but our files is read, so nothing else of this host is written.
    local only='for d in /etc/sysctl.d /usr/lib/sysctl.d; do mount -t tmpfs none $d || exit 1; done; if [[ -e /etc/sysctl.conf ]]; then mount --bind /dev/null /etc/sysctl.conf || exit 1; fi'
    try "lab -c '$only; echo net.ipv4.tcp_keepalive_time = 61 >/etc/sysctl.d/90-ours.conf; echo net.ipv4.tcp_keepalive_time = 62 >/etc/sysctl.d/10-theirs.conf; sysctl --system; check'"
    prints 'TCP_KEEPIDLE   61 s'
    try "lab -c '$only; echo net.ipv4.tcp_keepalive_time = 61 >/etc/sysctl.d/90-ours.conf; echo net.ipv4.tcp_keepalive_time = 62 >/etc/sysctl.d/99-theirs.conf; sysctl --system; check'"
    prints 'TCP_KEEPIDLE   62 s'
    saw ours 61 s
    saw theirs 62 s
}

@test "system-read-only: Where /proc/sys is mounted read-only, as in most containers, root cannot change the values unless it may mount." {
    own_network
    try "lab -c 'sysctl -w net.ipv4.tcp_keepalive_intvl=60 && mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys || exit 1; id -u; sysctl -w net.ipv4.tcp_keepalive_time=61 || echo refused; check'"
    prints $'0\n'
    prints refused
    prints 'TCP_KEEPINTVL  60 s'
    prints 'TCP_KEEPIDLE   7200 s'
    prints_not '= 61'
    saw stays 7200 s
}
