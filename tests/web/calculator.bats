#!/usr/bin/env bats
# The calculator: its arithmetic is that of examples/estimate, and its
# settings are what the programs themselves read from them.
load web

bin=$root/build/bin
values=(61 11 7 90000) # idle, interval, count, user timeout in ms

calculator() {
    timeout 120 node "$web/calculator.mjs" "$@"
}

# form FILE: that form with the values, in a file of that name.
form() {
    cd "$BATS_TEST_TMPDIR"
    calculator fill "$root/book/forms/$1" "${values[@]}" >"$1"
}

# alone COMMAND...: in a network of its own.
alone() {
    timeout 30 "$root/tests/private-network" "$@"
}

@test "calculator: its arithmetic and that of estimate are one" {
    run -0 calculator compare "$bin/estimate"
    has '300 compared, 0 differ'
}

@test "calculator: another arithmetic would be noticed" {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p tests/web book/theme
    cp "$web/calculator.mjs" tests/web/
    sed 's/spare < unanswered - 1/spare < unanswered/' "$root/book/theme/calculator.js" >book/theme/calculator.js
    run -1 node tests/web/calculator.mjs compare "$bin/estimate"
    has 'the page says'
}

@test "calculator: what stands on the page before it runs is what it would say" {
    run -0 calculator page "$site/calculator.html"
    has ', 0 differ'
    copy_site
    sed -i 's/so_keepalive=60s:10s/so_keepalive=60s:11s/' site/calculator.html
    run -1 calculator page site/calculator.html
    has 'not what was chosen: listen'
}

@test "calculator: bad values get a plain message" {
    run -0 calculator refuse idle 0 32768 -1 1e3 5x ''
    [[ $(sort -u <<<"$output") == 'Idle time: a whole number from 1 to 32767 s, please.' ]]
    run -0 calculator refuse patience '' 5 5.5
    [[ ${lines[0]} == taken && ${lines[1]} == taken && ${lines[2]} == *'or nothing, please.' ]]
}

@test "settings: every form has a test here" {
    for file in "$root"/book/forms/*; do grep -qE "^    form ${file##*/}\$" "$BATS_TEST_FILENAME"; done
}

@test "settings: socket.c compiles, and the kernel takes it" {
    form socket.c
    printf '%s\n' '#include <netinet/in.h>' '#include <netinet/tcp.h>' '#include <stdio.h>' '#include <sys/socket.h>' \
        'int main(void) { int fd = socket(AF_INET, SOCK_STREAM, 0);' "$(<socket.c)" \
        'int held = 0; socklen_t size = sizeof held;' \
        '#define SAY(level, name) getsockopt(fd, level, name, &held, &size); printf("%d ", held)' \
        'SAY(SOL_SOCKET, SO_KEEPALIVE); SAY(IPPROTO_TCP, TCP_KEEPIDLE); SAY(IPPROTO_TCP, TCP_KEEPINTVL);' \
        'SAY(IPPROTO_TCP, TCP_KEEPCNT); SAY(IPPROTO_TCP, TCP_USER_TIMEOUT); }' >whole.c
    gcc -Wall -Wextra -Werror -o whole whole.c
    run -0 ./whole
    [[ $output == '1 61 11 7 90000 ' ]]
}

@test "settings: sysctl.conf is read by sysctl" {
    form sysctl.conf
    run -0 alone bash -c 'sysctl -q -p sysctl.conf && cat /proc/sys/net/ipv4/tcp_keepalive_{time,intvl,probes}'
    [[ $output == $'61\n11\n7' ]]
}

@test "settings: compose.yaml and pod.yaml are YAML, and say it in the right place" {
    form compose.yaml
    form pod.yaml
    # shellcheck disable=SC2016 # it is Ruby
    run -0 ruby -ryaml -e '
        compose = YAML.load_file("compose.yaml").dig("services", "server", "sysctls")
        pod = YAML.load_file("pod.yaml").dig("spec", "securityContext", "sysctls").to_h { |s| [s["name"], s["value"]] }
        abort "a number must be a text to Kubernetes" unless pod.values.all?(String)
        %w[time intvl probes].each { |name| puts [compose, pod].map { |from| from["net.ipv4.tcp_keepalive_#{name}"] }.join(" ") }'
    [[ $output == $'61 61\n11 11\n7 7' ]]
}

@test "settings: unit.socket is understood by systemd" {
    form unit.socket
    printf 'ListenStream=7000\n' >>unit.socket
    mv unit.socket keepalive.socket
    printf '[Service]\nExecStart=/bin/true\n' >keepalive.service
    run -0 systemd-analyze verify --man=no ./keepalive.socket
    [[ $output != *keepalive.socket:* ]]
    sed -i 's/KeepAliveProbes=7/KeepAliveProbes=many/; s/KeepAliveTimeSec/KeepAliveTimeSeconds/' keepalive.socket
    run systemd-analyze verify --man=no ./keepalive.socket
    has 'Failed to parse unsigned value'
    has KeepAliveTimeSeconds
}

@test "settings: nginx.conf is taken by nginx" {
    form nginx.conf
    printf 'pid %s/pid; error_log stderr; events {} http { access_log off; server { %s } }\n' "$PWD" "$(<nginx.conf)" >whole.conf
    run -0 alone nginx -t -p "$PWD" -c whole.conf
    sed -i 's/so_keepalive=61s/so_keepalive=many/' whole.conf
    run ! alone nginx -t -p "$PWD" -c whole.conf
}

@test "settings: postgresql.conf is read by PostgreSQL" {
    form postgresql.conf
    postgres=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
    mkdir data
    initdb=${postgres%/*}/initdb
    who=()
    if ((EUID == 0)); then # it refuses to be run by root
        chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$BATS_TEST_TMPDIR"
        chown -R nobody data
        who=(setpriv --reuid nobody --regid nogroup --clear-groups)
    fi
    "${who[@]}" "$initdb" -D data -A trust --no-sync >/dev/null
    cat postgresql.conf >>data/postgresql.conf
    for name in tcp_keepalives_idle=61 tcp_keepalives_interval=11 tcp_keepalives_count=7 tcp_user_timeout=90000; do
        run -0 --separate-stderr "${who[@]}" "$postgres" -D data -C "${name%=*}"
        [[ $output == "${name#*=}" ]]
    done
}

@test "settings: redis.conf is read by Redis, which derives the others from it" {
    form redis.conf
    printf 'port 7000\nbind 127.0.0.1\nsave ""\ndir %s\n' "$PWD" >>redis.conf
    # shellcheck disable=SC2016 # for the inner shell
    run -0 alone bash -c '
        strace -f -o trace -e trace=setsockopt redis-server redis.conf >log 2>&1 & server=$!
        for ((i = 0; i < 100; i++)); do redis-cli -p 7000 ping >/dev/null 2>&1 && break; sleep 0.1; done
        redis-cli -p 7000 config get tcp-keepalive
        redis-cli -p 7000 shutdown nosave
        wait "$server"'
    has $'tcp-keepalive\n61'
    run -0 cat trace
    has 'TCP_KEEPIDLE, [61]'
    has 'TCP_KEEPINTVL, [20]'
    has 'TCP_KEEPCNT, [3]'
}

@test "settings: curlrc is read by curl" {
    form curlrc
    # What is older than the count does not know it.
    curl --help all | grep -q -- --keepalive-cnt || sed -i '/keepalive-cnt/d' curlrc
    # shellcheck disable=SC2016 # for the inner shell
    run -0 alone bash -c '
        "$0" --host 127.0.0.1 --port 7000 --quiet --limit 20 & server=$!
        for ((i = 0; i < 100; i++)); do [[ -n $(ss -Hltn) ]] && break; sleep 0.1; done
        strace -f -o trace -e trace=setsockopt curl -s -m 2 -K curlrc http://127.0.0.1:7000/ >/dev/null
        kill "$server"' "$bin/serve"
    run -0 cat trace
    has 'TCP_KEEPIDLE, [61]'
    has 'TCP_KEEPINTVL, [61]'
    if grep -q cnt curlrc; then has 'TCP_KEEPCNT, [7]'; fi
}

@test "settings: ssh_config is read by ssh" {
    form ssh_config
    run -0 ssh -G -F ssh_config 192.0.2.1
    has 'serveraliveinterval 11'
    has 'serveralivecountmax 7'
    has 'tcpkeepalive yes'
}
