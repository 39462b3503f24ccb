#!/usr/bin/env bats
# A socket unit, under a real systemd.
# shellcheck disable=SC2016 # for the inner shell
load programs

@test "systemd: sets on the listening socket, and so on each client's, what the unit says" {
    form=$(sed 's/{idle}/61/; s/{interval}/11/; s/{count}/7/' "$root/book/forms/unit.socket")
    [[ $form == *KeepAliveTimeSec=61* ]]
    export form
    with_group '
        mkdir -p /run/systemd/system
        mount -t tmpfs none /etc/systemd/system
        printf "%s\n" "[Unit]" DefaultDependencies=no "$form" ListenStream=127.0.0.1:7001 Accept=yes >/run/systemd/system/keepalive.socket
        printf "%s\n" "[Unit]" DefaultDependencies=no "[Service]" "ExecStart=/bin/sleep 50" StandardInput=socket >/run/systemd/system/keepalive@.service
        echo $$ >"$group/cgroup.procs"
        unshare --cgroup --mount --pid --fork --kill-child --mount-proc bash -c "
            mount -t cgroup2 none /sys/fs/cgroup
            exec env container=test /lib/systemd/systemd --log-target=console --show-status=no --unit=keepalive.socket" >said 2>&1 &
        until_true eval "ss -Hltn sport = :7001 | grep -q LISTEN" || cat said
        exec 3<>/dev/tcp/127.0.0.1/7001
        until_true eval "keepalivectl --local :7001 | grep -q sleep" || cat said
        keepalivectl --local :7001 | awk "{ print \$3, \$5, \$NF }"
        # Out of the group again, so that it can be removed.
        echo $$ >"${group%/*}/cgroup.procs"'
    has '61/11/7 LISTEN systemd'
    has '61/11/7 ESTAB sleep'
}
