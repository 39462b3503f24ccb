# What the tests of the site share. They look at the folder $site; those
# that break something do it in a copy of their own.

bats_require_minimum_version 1.5.0
unset MAKEFLAGS MFLAGS MAKELEVEL
web=$BATS_TEST_DIRNAME
root=$(cd "$web/../.." && pwd)
site=${SITE:-$root/build/site}
book=$root/build/book.html
epub=$root/build/book.epub
export LC_ALL=C.UTF-8

# look [OPTION]... SCENARIO...: looks at the site; web.mjs says how.
look() {
    node "$web/web.mjs" --site "$site" "$@" 3>&-
}

# vnu FILE...: the W3C's checker of pages and stylesheets. (To it a file
# has no origin, and it does not compute hashes, so that it thinks the
# policy forbids the page's own style and script. What the policy really
# does is seen in the browsers.)
vnu() {
    java -jar "$web/node_modules/vnu-jar/build/dist/vnu.jar" --Werror --stdout --also-check-css \
        --filterpattern '.*violates Content Security Policy \(meta tag\): .*' "$@"
}

# epubcheck FILE: the checker of EPUB books. (Debian's command of that
# name is the jar itself, which not every kernel knows how to run.)
epubcheck() {
    java -jar /usr/bin/epubcheck "$@"
}

# copy_site: a copy of the site in ./site, which is then the one looked at.
copy_site() {
    cd "$BATS_TEST_TMPDIR"
    cp -r "$site" site
    site=$PWD/site
}

# has TEXT: the last run's output has it, literally.
has() {
    if [[ $output != *"$1"* ]]; then
        printf 'missing: %s\noutput:\n%s\n' "$1" "$output"
        return 1
    fi
}
