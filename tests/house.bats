#!/usr/bin/env bats
# The house: what every file must be like, the doors, the edit loop.
load helper

@test "house: shellcheck has nothing to say on any shell file" {
    cd "$root"
    mapfile -t files < <(sources | while read -r file; do
        if [[ $file == *.bats || $file == *.bash || $(head -n 1 "$file") =~ ^#!.*(ba)?sh ]]; then printf '%s\n' "$file"; fi
    done)
    printf '%s\n' "${files[@]}"
    ((${#files[@]} >= 10))
    shellcheck -x "${files[@]}"
    # What tests/programs/measure sources; it gives and takes their variables.
    shellcheck --shell=bash --exclude=SC2034,SC2154 tests/programs/recipes/*
}

@test "house: the top level holds what the README says, and nothing else" {
    output=$(sources | cut -d/ -f1 | sort -u | tr '\n' ' ')
    [[ $output == '.ci .clang-format .devcontainer .dockerignore .gitattributes .github .gitignore .shellcheckrc CITATION.cff CONTRIBUTING.md Dockerfile LICENSE LICENSE-TEXT Makefile README.md book examples tests ' ]]
}

@test "house: every program, script and extension says in its header what it is for" {
    cd "$root"
    for file in examples/*/*.c tests/claims/*.c tests/*.c; do
        [[ $(head -n 1 "$file") == "// $(basename "$file" .c): "* ]] || { printf '%s\n' "$file"; return 1; }
    done
    for file in tests/web/*.mjs; do
        [[ $(head -n 1 "$file") =~ ^//\ [A-Z].*[a-z] ]] || { printf '%s\n' "$file"; return 1; }
    done
    for file in tests/{replay,evidence,private-network,bench} tests/programs/measure examples/keepalive-bpf/keepalive-bpf .ci/run; do
        [[ -x $file ]]
        sed -n 2,5p "$file" | grep -q '^# [A-Z]'
    done
}

@test "house: the lock file names packages by version and checksum, not by address" {
    cd "$root/tests/web"
    run -0 ruby -rjson -e '
        packages = JSON.parse(File.read("package-lock.json"))["packages"].reject { |path, _| path.empty? }
        abort "no packages" if packages.length < 3
        packages.each { |path, package| puts path if package["resolved"] || !package["version"] || !package["integrity"].to_s.start_with?("sha512-") }'
    [[ -z $output ]]
    run ! grep -nE '(registry|mirror|/-/|\.tgz)' package-lock.json
}

@test "house: CI runs the README's own commands" {
    run -0 grep -E '^make ' "$root/.ci/run"
    while read -r command; do grep -qx "    $command" "$root/README.md"; done <<<"$output"
    run -0 grep -cE '^    make ' "$root/README.md"
    [[ $output == $(grep -c '^make ' "$root/.ci/run") ]]
}

@test "house: the Dockerfile names no package and no processor of its own" {
    run ! grep -nE 'amd64|x86|arm64|gcc|asciidoctor' "$root/Dockerfile"
}

# named FILE...: the make targets and the paths that a text names as code.
named() {
    ruby -e '
        text = ARGV.map { |file| File.read(file) }.join.gsub(/``.*?``/, %( ))
        code = text.scan(/`([^`]+)`/).flatten + text.scan(/^    (\S.*?)(?:  .*)?$/).flatten
        code.each { |c| puts c[/\Amake\b(.*)/m, 1].to_s.split.grep_v(/=/).map { |word| "target #{word}" } }
        paths = code.grep(%r{\A[a-z.][\w.-]*/[\w./-]*\z|\A[A-Z]+[\w.-]*\.\w+\z}) + text.scan(/\]\(([^):]+)\)/).flatten
        puts paths.grep_v(/SLUG|NAME/).map { |path| "path #{path}" }' "$@"
}

# exist TREE: reads named's lines, prints those that name nothing there.
exist() {
    local kind name help
    help=$(make -s -C "$1" help)
    while read -r kind name; do
        if [[ $kind == target ]]; then grep -qE "^  make $name " <<<"$help"; else [[ -e $1/$name ]]; fi ||
            printf 'there is no %s %s\n' "$kind" "$name"
    done
}

@test "house: every target and path that README and CONTRIBUTING name is there" {
    cd "$root"
    names=$(named README.md CONTRIBUTING.md)
    for name in 'target deps-test' 'target promote' 'path book/foreign.txt' 'path LICENSE-TEXT' 'path tests/compare.rb'; do
        grep -qx "$name" <<<"$names"
    done
    run -0 exist . <<<"$names"
    [[ -z $output ]]
    # And the check itself can fail.
    # shellcheck disable=SC2016 # backquotes of a text
    run -0 exist . <<<"$(printf '`make sight` `tests/nothing`\n    make fast  quickly\n' | named /dev/stdin)"
    [[ $output == $'there is no target sight\nthere is no target fast\nthere is no path tests/nothing' ]]
}

@test "make: help lists every target that people use" {
    run -0 make -s -C "$root" help
    for target in deps deps-publish deps-test deps-programs deps-web deps-container site single pdf epub publish prove promote check test test-programs test-web defaults install container container-test container-verify serve bench clean help; do
        has "make $target "
    done
}

@test "make: deps comes first, whatever -j says, and installs what its list says" {
    cd "$BATS_TEST_TMPDIR"
    cp "$root/Makefile" .
    mkdir bin examples tests book
    printf '.PHONY: programs\n' >examples/Makefile
    printf 'site:; echo site-after-deps\n' >book/book.mk
    : >tests/tests.mk
    printf '#!/bin/sh\necho "no packages found"; exit 1\n' >bin/dpkg-query
    printf '#!/bin/sh\necho "apt-get $*"\nsleep 0.3\n' >bin/apt-get
    printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
    chmod +x bin/*
    PATH=$PWD/bin:$PATH run -0 make -j8 deps site
    [[ $output == *'apt-get install'*' asciidoctor '*'site-after-deps'* ]]
    run ! grep -q bats <<<"$output"
    PATH=$PWD/bin:$PATH run -0 make deps-test
    has ' bats '
    # The browsers are a list of their own; npm follows its lock file, once.
    mkdir tests/web
    : >tests/web/package-lock.json
    printf '#!/bin/sh\necho "npm $*"; mkdir node_modules; : >node_modules/.package-lock.json\n' >bin/npm
    chmod +x bin/npm
    PATH=$PWD/bin:$PATH run -0 make deps-web
    [[ $output == *' bats '*' chromium '*'npm ci' ]]
    sleep 0.1
    touch tests/web/node_modules/.package-lock.json
    PATH=$PWD/bin:$PATH run -0 make deps-web
    run ! grep -q 'npm ci' <<<"$output"
}

@test "make: without a package's installation failing, deps says so" {
    cd "$BATS_TEST_TMPDIR"
    cp "$root/Makefile" .
    mkdir bin
    printf '#!/bin/sh\nexit 1\n' | tee bin/dpkg-query bin/apt-get >bin/sudo
    chmod +x bin/*
    PATH=$PWD/bin:$PATH run -2 make deps
}

@test "make: a second make does nothing" {
    copy_project
    run -0 make
    has "Nothing to be done for 'site'"
}

# bats test_tags=slow
@test "make: one sentence renders and replays nothing; one program replays what names it" {
    copy_project
    sed -i 's/^For ever\.$/For ever, then./' book/chapters/01-why.adoc
    run -0 make
    has 'render  build/site'
    run ! grep -qE 'replay|cc' <<<"$output"
    grep -q 'For ever, then.' build/site/why.html
    sed -i 's/^\/\/ Exit status: 0 on/\/\/ Exit status: 0 it is on/' examples/enable/enable.c
    run -0 make
    [[ $(grep -cE 'cc|replay|render' <<<"$output") == 3 ]]
    has 'replay  enable.transcript'
    # The shared peer is named by others, so they run again.
    touch examples/silent-peer/silent-peer.c
    run -0 make transcripts
    has 'replay  detect-reset.transcript'
    run ! grep -q 'replay  enable.transcript' <<<"$output"
    run -0 make
}

# bats test_tags=slow
@test "make: a failed render leaves the old site and says why; the next make tries again" {
    copy_project
    printf '\nA broken <<nowhere>>.\n' >>book/chapters/01-why.adoc
    run -2 make
    has nowhere
    cmp build/site/why.html "$root/build/site/why.html"
    run -2 make
    cp "$root/book/chapters/01-why.adoc" book/chapters/
    run -0 make
}

@test "make: help works in a tree that cannot be written, and writes nothing" {
    cd "$BATS_TEST_TMPDIR"
    mkdir copy
    tar -C "$root" --exclude=./.git --exclude=./build --exclude=./tests/web/node_modules -cf - . | tar -C copy -xf -
    chmod -R a-w copy
    run -0 make -s -C copy help
    run ! grep -v '^  make ' <<<"$output"
    [[ ! -e copy/build ]]
    chmod -R u+w copy
}

@test "make: a program whose folder is gone is gone as well" {
    copy_project
    mkdir examples/extra
    cp examples/enable/enable.c examples/extra/extra.c
    make -s programs
    [[ -x build/bin/extra ]]
    rm -r examples/extra
    make -s programs
    [[ ! -e build/bin/extra && -x build/bin/enable ]]
}

@test "make: the examples, copied out, are built by cc and make alone" {
    cp -r "$root/examples" "$BATS_TEST_TMPDIR/"
    cd "$BATS_TEST_TMPDIR"
    rm -rf examples/bin
    env -i PATH="$PATH" make -C examples
    for source in examples/*/*.c examples/lab/lab; do
        case $source in
            *.bpf.c) ;; # keepalive-bpf compiles it
            *preload.c) [[ -x examples/bin/keepalive-preload.so ]] ;;
            *) [[ -x examples/bin/$(basename "$source" .c) ]] ;;
        esac
    done
    make -C examples clean
    [[ ! -e examples/bin ]]
}

# bats test_tags=slow
@test "make: clean comes first, whatever -j says, and the site is made again" {
    copy_project
    touch build/left-over build/site/left-over
    run -0 make -j8 clean site single
    [[ ! -e build/left-over && ! -e build/site/left-over ]]
    diff -r build/site "$root/build/site"
    cmp build/book.html "$root/build/book.html"
}

# bats test_tags=slow
@test "make: two at once in one tree leave a whole site" {
    copy_project
    rm -rf build/site* build/book*
    make -s site single & first=$!
    make -s site single
    wait "$first"
    diff -r build/site "$root/build/site"
    cmp build/book.html "$root/build/book.html"
    run -0 make site single
    has "Nothing to be done for 'single'"
}
