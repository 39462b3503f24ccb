#!/usr/bin/env bats
# Building the images, and what goes wrong.
load container

@test "build: the images are as small as the README says" {
    base=$("$engine" image inspect --format '{{.Size}}' docker.io/library/debian:trixie-slim)
    for image in site follow build; do
        tag=keepalive-$image
        [[ $image != follow ]] || tag=keepalive
        size=$((($("$engine" image inspect --format '{{.Size}}' "$tag") - base) / 1000000))
        said=$(sed -n "s/^| \`$image\` .*| \([0-9]*\) MB |\$/\1/p" "$root/README.md")
        printf '# %s: %s MB beside the base, the README says %s MB\n' "$image" "$size" "$said" | tee /dev/fd/3
        ((said * 100 >= size * 80 && said * 100 <= size * 125))
    done
    site=$(($("$engine" image inspect --format '{{.Size}}' keepalive-site) - base))
    ((site < 40000000))
}

@test "build: one broken example breaks the build" {
    copy_project
    sed -i 's/"SO_KEEPALIVE   %s\\n"/"SO_KEEPALIVE:  %s\\n"/' examples/check/check.c
    run ! timeout 400 make container STAGE=build TAG=keepalive-broken ENGINE="$engine"
    has 'this run printed something else'
    run ! "$engine" image inspect keepalive-broken
}

@test "build: another build, of another date, gives the same pages to the byte" {
    make -s -C "$root" container STAGE=build TAG=keepalive-again ENGINE="$engine" SOURCE_DATE_EPOCH=86400 >"$BATS_TEST_TMPDIR/log" 2>&1 || { tail -n 20 "$BATS_TEST_TMPDIR/log"; false; }
    for tag in keepalive-build keepalive-again; do
        container "$tag" sh -c 'cd /book/build/site && find . -type f | sort | xargs sha256sum' >"$BATS_TEST_TMPDIR/$tag"
    done
    (($(wc -l <"$BATS_TEST_TMPDIR/keepalive-again") > 40))
    diff "$BATS_TEST_TMPDIR/keepalive-build" "$BATS_TEST_TMPDIR/keepalive-again"
    "$engine" rmi keepalive-again >/dev/null
}

@test "build: without an engine, and with one that may do nothing, it says so" {
    run -2 make -s -C "$root" container ENGINE=no-such-engine
    has 'no-such-engine: there is no such program'
    printf '#!/bin/sh\necho "permission denied" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/refuses"
    chmod +x "$BATS_TEST_TMPDIR/refuses"
    run -2 make -s -C "$root" container ENGINE="$BATS_TEST_TMPDIR/refuses"
    has 'permission denied'
    has 'cannot be used'
}

@test "build: of two engines, the one that answers is taken" {
    cd "$BATS_TEST_TMPDIR"
    printf '#!/bin/sh\nexit 1\n' >docker
    printf '#!/bin/sh\n' >podman
    chmod +x docker podman
    PATH=$PWD:$PATH run -0 env -u ENGINE -u MAKEFLAGS make -n -C "$root" container
    has "'podman' info"
    printf '#!/bin/sh\nexit 1\n' >podman
    PATH=$PWD:$PATH run -0 env -u ENGINE -u MAKEFLAGS make -n -C "$root" container
    has "'docker' info"
}
