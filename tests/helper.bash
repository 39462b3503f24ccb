# What the tests share. The tree under test is $root; tests that change
# something do it in a copy of their own.

bats_require_minimum_version 1.8.0
unset MAKEFLAGS MFLAGS MAKELEVEL BIN # a make in a test is a make of its own
root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
bin=$root/build/bin
# What tells a story by the clock can be late on a busy machine: a test that
# fails is tried once more (not with RETRIES=0). What is wrong fails twice.
export BATS_TEST_RETRIES=${RETRIES:-1}
export LC_ALL=C.UTF-8 TIME_SCALE=${TIME_SCALE:-1}

# copy_project: a copy of the tree, with what was built, in ./copy; times
# are kept, so make has nothing to do in it until something is changed.
copy_project() {
    cd "$BATS_TEST_TMPDIR"
    rm -rf copy
    mkdir copy
    tar -C "$root" --format=posix --exclude=./.git --exclude=./tests/web/node_modules -cf - . | tar -C copy -xf -
    cd copy
}

# has TEXT: the last run's output has it, literally.
has() {
    if [[ $output != *"$1"* ]]; then
        printf 'missing: %s\noutput:\n%s\n' "$1" "$output"
        return 1
    fi
}

# sources: every file that git would track.
sources() {
    if [[ -e $root/.git ]]; then
        git -C "$root" ls-files --cached --others --exclude-standard
    else # a copy without its history, as in an image
        (cd "$root" && find . -path ./build -prune -o -path ./tests/web/node_modules -prune -o -path ./examples/bin -prune -o -type f -printf '%P\n')
    fi
}
