# What the tests of other people's programs share.
# shellcheck source=SCRIPTDIR/../helper.bash
. "$BATS_TEST_DIRNAME/../helper.bash"
root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
bin=$root/build/bin
export programs=$BATS_TEST_DIRNAME

setup() {
    # Not what somebody else has put before Debian's.
    PATH=$bin:/usr/sbin:/usr/bin:/sbin:/bin
}

# alone SCRIPT: in a network and among processes of its own, beside a peer
# on port 7000 that accepts and says nothing. `connected COMMAND...` starts
# it and waits until one of its connections to 7000 stands, whose keepalive
# and command it prints. `build_static` makes ./static (static.c).
alone() {
    # shellcheck disable=SC2016 # for the inner shell
    run timeout --kill-after=1 90 "$root/tests/private-network" \
        unshare --mount --pid --fork --kill-child --mount-proc bash -c '
            mount -t tmpfs none /run; cd /run; export HOME=/run
            until_true() { for ((n = 0; n < 600; n++)); do "$@" && return; sleep 0.05; done; false; }
            listens() { ss -Hltn "sport = :7000" | grep -q LISTEN; }
            stands() { keepalivectl --peer :7000 | grep -q ESTAB; }
            show() { keepalivectl --peer :7000 | awk "\$5 == \"ESTAB\" { print \$3, \$NF }" | sort -u; }
            connected() { (exec "$@" </dev/null >said 2>&1) & until_true stands || cat said; sleep 0.5; show; kill "$!"; wait "$!" 2>/dev/null; }
            build_static() { gcc -std=c17 -Wall -Wextra -Werror -static -o static "$programs/static.c"; }
            silent-peer --port 7000 --deaf-at 80 --limit 80 >peer &
            until_true listens || exit 1
            eval "$1"' bash "$1"
    printf '%s\n' "$output"
}

# with_group SCRIPT: as alone, with a control group $group of its own. It
# takes root, as these tests do altogether.
with_group() {
    group=$(mktemp -d "$BATS_TEST_TMPDIR/group.XXXXXX")
    mount -t cgroup2 none "$group"
    export group=$group/keepalive.$$.$BATS_TEST_NUMBER
    mkdir "$group"
    alone "$1"
}

teardown() {
    [[ -n ${group-} ]] || return 0
    for _ in {1..100}; do
        find "$group" -depth -type d -exec rmdir '{}' + 2>/dev/null && break
        sleep 0.1
    done
    umount "${group%/*}"
}
