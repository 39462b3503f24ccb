# What the tests of the images share. ENGINE (podman) says what runs them;
# the images were built by `make container-test` before, under these names.
# shellcheck source=SCRIPTDIR/../helper.bash
. "$BATS_TEST_DIRNAME/../helper.bash"
root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
here=$BATS_TEST_DIRNAME
engine=${ENGINE:-podman}

# Podman inside of what is a container itself: limits that may be set there,
# runc because crun refuses hybrid control groups, and a network that leaves
# nothing on the host.
runs=()
options=()
if [[ $engine == podman ]]; then
    runs=(--runtime runc)
    options=(--ulimit nofile=1024:1024 --ulimit nproc=10000:10000 --network=slirp4netns)
fi

# container OPTION... IMAGE [COMMAND...]: runs it, and removes it.
container() {
    timeout --kill-after=2 "${LIMIT:-120}" "$engine" "${runs[@]}" run --rm "${options[@]}" "$@"
}

# started OPTION... IMAGE [COMMAND...]: in the background, as $name; it ends
# with the test.
started() {
    name=keepalive-test-$$-$BATS_TEST_NUMBER-$RANDOM
    timeout 60 "$engine" "${runs[@]}" run --detach --rm --name "$name" "${options[@]}" "$@" >/dev/null
}

# free_port: one on the loopback that nobody listens on.
free_port() {
    ruby -rsocket -e 's = TCPServer.new("127.0.0.1", 0); puts s.addr[1]'
}

# until_true COMMAND...: waits until it succeeds, at most 20 s.
until_true() {
    local n
    for ((n = 0; n < 200; n++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    printf 'never: %s\n' "$*"
    return 1
}

# teardown: no container of the test stays, and no volume for its $home.
teardown() {
    [[ -z ${name-} ]] || timeout 30 "$engine" rm --force --time 0 "$name" >/dev/null 2>&1 || true
    [[ -z ${home-} ]] || timeout 30 "$engine" volume rm --force "$home" >/dev/null 2>&1 || true
}
