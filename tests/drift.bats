#!/usr/bin/env bats
# bats file_tags=slow
# Breaks a copy of the project on purpose: each mutation must turn the
# build red, and for the reason that a person would give.
load helper

setup() {
    copy_project
}

# edit FILE OLD NEW: replaces a text that must be there, once or more.
edit() {
    ruby -e '
        file, old, new = ARGV
        text = File.read(file)
        abort "#{file}: no #{old.inspect} to change" unless text.include?(old)
        File.write(file, text.gsub(old) { new })' "$@"
}

# red TEXT COMMAND...: the command fails and says TEXT, the first time.
red() {
    RETRIES=0 run timeout 120 "${@:2}"
    if [[ $status == 0 ]]; then
        printf 'still green: %s\n%s\n' "${*:2}" "$output"
        return 1
    fi
    has "$1"
}

render=(make build/site.new/index.html)
chapters=book/chapters

# --- The programs ---------------------------------------------------------

@test "drift: a tag is renamed in a program" {
    edit examples/enable/enable.c '::enable[]' '::switch[]'
    red "tag 'enable' not found" "${render[@]}"
}

@test "drift: a tagged region loses its lines" {
    ruby -pi -e 'next $_ = nil if ($in ||= false) && !/end::refuse/; $in = true if /tag::refuse/; $in = false if /end::refuse/' examples/check/check.c
    red 'yields nothing' "${render[@]}"
}

@test "drift: a new tag is shown nowhere" {
    printf '// tag::extra[]\n// More.\n// end::extra[]\n' >>examples/check/check.c
    red "tag 'extra' is shown in no chapter" "${render[@]}"
}

@test "drift: a setsockopt is dropped" {
    edit examples/enable/enable.c 'enable_keepalive(fd) == -1 ||' '0 ||'
    edit examples/enable/enable.c 'static int enable_keepalive' '__attribute__((unused)) static int enable_keepalive'
    red 'enable.transcript:3: this run printed something else' make transcripts
}

@test "drift: a default changes in a program" {
    edit examples/detect/detect.c '[IDLE] = 60' '[IDLE] = 61'
    red '+  --idle S           idle time, 61' make transcripts
}

@test "drift: keepalive set on a client's socket is no longer set" {
    edit examples/activate/activate.c 'int done = each ? tune(fd) : 0;' 'int done = 0;'
    red 'activate-each.transcript:8: this run printed something else' make transcripts
}

@test "drift: the names of the idle time are asked for in another order" {
    edit examples/keepalive/keepalive.c '#elif defined TCP_KEEPALIVE_THRESHOLD // <2>' '#elif defined TCP_KEEPALIVE_THRESHOLD && 0 // <2>'
    red 'not ok' bats -f 'older Solaris' tests/keepalive.bats
}

@test "drift: a limit changes in a program" {
    edit examples/override/override.c '1, 127}' '1, 128}'
    red 'override-refused.transcript:6: this run printed something else' make transcripts
}

@test "drift: two constants are swapped" {
    edit examples/check/check.c 'IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE"' 'IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPIDLE"'
    red '+TCP_KEEPIDLE   75 s' make transcripts
}

@test "drift: the arithmetic changes" {
    edit examples/override/override.c 'return first + unanswered * interval;' 'return first + unanswered * interval + 1;'
    red '+with keepalive on, a dead peer is given up 121 s' make transcripts
}

@test "drift: an example ends with 1" {
    edit examples/check/check.c 'return end_output(failed);' 'return end_output(failed + 1);'
    red "ended with exit status 1, and no '\$ echo \$?' follows" make transcripts
}

@test "drift: an example hangs" {
    edit examples/check/check.c 'int failed = show(fd) == -1;' 'int failed = show(fd) == -1; pause();'
    REPLAY_LIMIT=2 red 'not at an end after 2 s' make transcripts
}

@test "drift: an example prints a line more" {
    edit examples/check/check.c 'printf("SO_KEEPALIVE ' 'puts("news"); printf("SO_KEEPALIVE '
    red '+news' make transcripts
}

@test "drift: an example prints a time out of bounds" {
    edit examples/detect/detect.c 'return (data < ack ? data : ack) / 1000.0;' 'return (data < ack ? data : ack) / 1000.0 + 3;'
    red 'allowed is 4 to 5.5' make transcripts
}

@test "drift: the peer no longer goes deaf by itself" {
    edit examples/silent-peer/silent-peer.c 'deaf = want[DEAF] = 0;' 'deaf = 0;'
    REPLAY_LIMIT=15 red 'this run printed something else' make transcripts
}

@test "drift: an example does not compile" {
    edit examples/enable/enable.c 'int on = 1;' 'int on = 1'
    red "error: expected" make transcripts
}

@test "drift: an example compiles with a warning" {
    edit examples/enable/enable.c 'int on = 1;' 'int on = 1; long wide = on; on = wide;'
    red 'Werror=conversion' make transcripts
}

@test "drift: plumbing differs between two programs" {
    edit examples/detect/detect.c 'Turns a text into' 'Makes a text'
    make -s programs
    red 'detect.c' bats -f 'plumbing of one name' tests/examples.bats
}

@test "drift: an example is added that no chapter shows" {
    mkdir examples/extra
    cp examples/enable/enable.c examples/extra/extra.c
    printf '$ extra\n' >examples/extra/extra.transcript
    red 'examples/extra/extra.c is shown in no chapter' "${render[@]}"
}

@test "drift: an example has no transcript, or is an empty folder" {
    rm examples/enable/enable.transcript
    mkdir examples/left-over
    red 'examples/enable/enable.transcript is missing' "${render[@]}"
    has 'examples/left-over/left-over.c is missing'
}

@test "drift: an idle time is lowered on the server and not on the client" {
    edit examples/segments/segments-armed.transcript '> on client sysctl -w net.ipv4.tcp_keepalive_time=2' '> on server sysctl -w net.ipv4.tcp_keepalive_time=2'
    red 'segments-armed.transcript' make transcripts
    has '-10 s  client > server'
}

@test "drift: a backquote does not mark code" {
    edit book/chapters/82-myths.adoc '“Alone, `TCP_USER_TIMEOUT` is enough.”' '"`TCP_USER_TIMEOUT` is enough."'
    red 'a backquote is printed' "${render[@]}"
}

@test "drift: the patience of a middlebox is typed without its source" {
    edit book/middleboxes.csv 'quoted:20 min[Google' '20 min [Google'
    red "bare number '20 min'" "${render[@]}"
}

@test "drift: a case of the cookbook no longer gets its user timeout" {
    edit examples/lab/lab-failover.transcript '--user-timeout 3000 server' '--user-timeout 9000 server'
    red 'lab-failover.transcript' make transcripts
}

# --- Transcripts ----------------------------------------------------------

@test "drift: an accepted line of output is edited" {
    edit examples/check/check.transcript '7200 s' '7201 s'
    red 'check.transcript:3: this run printed something else' make site single
    # And what was not proved was not put in place.
    cmp build/site/enable.html "$root/build/site/enable.html"
    cmp build/book.html "$root/build/book.html"
}

@test "drift: an accepted time is edited out of bounds" {
    edit examples/detect/detect.transcript '4.1 s' '7.1 s'
    red 'allowed is 4 to 5.5' make transcripts
}

@test "drift: a command in a transcript is edited" {
    edit examples/override/override.transcript '--count 6' '--count 7'
    red '+with keepalive on, a dead peer is given up 130 s' make transcripts
}

@test "drift: a transcript is no longer shown" {
    edit $chapters/03-enable.adoc 'include::{examples}/detect/detect-reset.transcript[]' ''
    red 'detect-reset.transcript is shown in no chapter' "${render[@]}"
}

# --- The prose ------------------------------------------------------------

@test "drift: a number is written by hand" {
    edit $chapters/01-why.adoc 'For ever.' 'For 2 hours.'
    red "01-why.adoc: line" "${render[@]}"
    has "bare number '2 hours'"
}

@test "drift: a number is written in words" {
    edit $chapters/01-why.adoc 'For ever.' 'For two hours.'
    red "bare number 'two hours'" "${render[@]}"
}

@test "drift: a default is written by hand" {
    edit $chapters/03-enable.adoc 'a count of fig:system-wide.count[]' 'a count of 9'
    red "bare number '9'" "${render[@]}"
}

@test "drift: a number hides anywhere else in the prose" {
    cat >>$chapters/01-why.adoc <<'EOF'

=== A title of 11 seconds

.A caption of 12 seconds
NOTE: An admonition of 13 seconds.

term 14 seconds:: A definition.

* An item
+
that goes on for 15 seconds.

|===
|A cell of 16 seconds a|Another of 17 seconds.
|===

[quote,Somebody in 18 seconds]
A quotation.

Code of `19 seconds`.
A footnote.footnote:[Of 20 seconds.]
A link xref:why[of 21 seconds].
Or <<why,of 22 seconds>>.
It takes 23ms.
Raw pass:[24 seconds].

[.ledger]
====
What looks like the ledger takes 26 seconds.
====

++++
25 seconds
++++
EOF
    red 'raw text is for one form' "${render[@]}"
    for number in {11..24} 26; do has "bare number '$number"; done
}

@test "drift: a number in other words and figures" {
    cat >>$chapters/01-why.adoc <<'EOF'

It takes one hour or an hour.
In 2031 ms, or -32, or ３３, or ½ of that.

[verse]
A line of 34 seconds.

[[there,reference of 35 seconds]]See ((36 seconds)).

[cols="1,1"]
|===
|A cell. a|A cell with `no_such_name`.

* An item of 37 seconds.
|===
EOF
    edit book/book.adoc '= TCP Keepalive' '= 38 seconds of TCP Keepalive'
    edit $chapters/03-enable.adoc 'description="The first program' 'description="In 39 seconds the first program'
    red "'no_such_name' is no name" "${render[@]}"
    for number in 'one hour' 'an hour' '2031 ms' 32 ３３ ½ {34..39}' seconds'; do has "bare number '$number'"; done
}

@test "drift: text hides where only the page shows it" {
    cat >>$chapters/01-why.adoc <<'EOF'

:secret: 41 seconds and `no_such_name`
:claimed: A new TCP socket has keepalive off. claim:off-by-default[]

It takes {secret}.
{claimed}

.A table
[caption="For 42 seconds. "]
|===
|A cell.
|===

This sentence has a mark. ✓
This one has pass:[<a class="claim">✓</a>] and image:dot.svg[] too.
This one has clam:off-by-default[].
It takes &#52;&#51; seconds, or &frac12;.

[subs=none]
Not a claim, and chosen:44 s[]. claim:any-value[]
EOF
    red "claim 'off-by-default' stands where no sentence can be read" "${render[@]}"
    has "claim 'any-value' stands where no mark can be shown"
    has "'no_such_name' is no name"
    for number in {41..43}; do has "bare number '$number seconds'"; done
    has "a mark is typed by hand: 'This sentence has a mark. ✓'"
    has 'raw text is for one form'
    has 'a picture is a block of its own'
    has "a mark is typed by hand: 'This one has ✓'"
    has "'clam:off-by-default[...]' is printed as it stands"
    has "'chosen:44 s[...]' is printed as it stands"
    has 'write the character that &frac12; means'
}

@test "drift: a name stands in a comment or in a claim's sentence alone" {
    edit examples/enable/enable.c 'int on = 1;' 'int on = 1; // no_such_name'
    sed -i '2i # no_such_option' tests/claims/check.bats
    edit tests/claims/check.bats 'A new TCP socket has' 'A no_such_socket has'
    printf '\n`no_such_name`, `no_such_option`, `no_such_socket`\n' >>$chapters/01-why.adoc
    red "'no_such_name' is no name" "${render[@]}"
    has "'no_such_option' is no name"
    has "'no_such_socket' is no name"
}

@test "drift: a listing shows something else than one file, as it is" {
    cat >>$chapters/03-enable.adoc <<'EOF'

[source,c]
----
include::{examples}/check/check.c[tag=read]
----

[source,c]
.examples/check/check.c: lines
----
include::{examples}/check/check.c[lines=1..4]
----

[source,c,subs="quotes"]
.examples/check/check.c: changed
----
include::{examples}/check/check.c[tag=read]
----

[source,console]
----
include::{examples}/check/check.transcript[lines=1..2]
----

[source,console]
----
include::{examples}/Makefile[]
----

[source,console]
----
include::{examples}/check/check.transcript[]
include::{examples}/check/check-refused.transcript[]
----

[cols="1,1"]
|===
|A cell a|
image::nothing.svg[A picture of nothing]

----
$ pasted
----
|===
EOF
    red 'but its title says no file' "${render[@]}"
    has 'examples/check/check.c is shown with [lines=1..4]'
    has 'examples/check/check.c is shown with [tag=read]'
    has 'examples/check/check.transcript is shown with [lines=1..2]'
    has 'examples/Makefile is not for listings'
    [[ $(grep -c 'this listing is pasted' <<<"$output") == 2 ]]
    has "image 'nothing.svg' is missing"
}

@test "drift: a transcript is shown in a comment alone, or pasted under it" {
    edit $chapters/03-enable.adoc $'[source,console]\n----\ninclude::{examples}/check/check.transcript[]\n----' \
        $'[comment]\ninclude::{examples}/check/check.transcript[]'
    red 'examples/check/check.transcript is shown in no chapter' "${render[@]}"
    { printf '\n[source,console]\n----\n'; cat examples/check/check.transcript; printf -- '----\n'; } >>$chapters/03-enable.adoc
    red 'this listing is pasted' "${render[@]}"
    has 'examples/check/check.transcript is shown in no chapter'
}

@test "drift: a chosen value is none, or not the one in the code" {
    edit tests/compare.rb 'SLACK = 0.5' 'SLACK = 0.6'
    printf '\nIt takes chosen:half a second[] or chosen:2 moons[].\n' >>$chapters/01-why.adoc
    red 'chosen:0.5 s[tests/compare.rb]: there is no such number in that file' "${render[@]}"
    has 'chosen:half a second[] is not a number'
    has 'chosen:2 moons[] is not a number'
}

@test "drift: a listing's title names another file" {
    edit $chapters/03-enable.adoc '.examples/enable/enable.c: the call' '.examples/check/check.c: the call'
    red 'this listing is from examples/enable/enable.c, but its title says examples/check/check.c' "${render[@]}"
}

@test "drift: a figure's name is wrong" {
    edit $chapters/03-enable.adoc 'fig:system-wide.count[]' 'fig:system-wide.number[]'
    red "no figure 'system-wide.number'" "${render[@]}"
}

@test "drift: one figure stands for another in a claim" {
    edit $chapters/04-override.adoc 'fig:count-limits.most[]' 'fig:idle-limits.most[]'
    red "claim 'count-limits' says" "${render[@]}"
}

@test "drift: a quoted figure loses its source" {
    edit $chapters/02-standards.adoc 'quoted:2 hours[RFC 1122, 4.2.3.6]' 'quoted:2 hours[]'
    red 'names no source' "${render[@]}"
}

@test "drift: an identifier is misspelt" {
    edit $chapters/04-override.adoc '`TCP_KEEPCNT`' '`TCP_KEEPCOUNT`'
    red "'TCP_KEEPCOUNT' is no name" "${render[@]}"
}

@test "drift: an identifier without its marks is misspelt" {
    edit $chapters/90-apparatus.adoc '`TCP_MD5SIG`' 'TCP_MD5SIGN'
    red "'TCP_MD5SIGN' is no name" "${render[@]}"
}

@test "drift: a program's option is misspelt" {
    edit $chapters/03-enable.adoc '`--limit`' '`--limits`'
    red "'--limits' is no name" "${render[@]}"
}

@test "drift: a file under /proc/sys is misspelt" {
    edit $chapters/03-enable.adoc '`tcp_keepalive_intvl`' '`tcp_keepalive_interval`'
    red "'tcp_keepalive_interval' is no name" "${render[@]}"
}

@test "drift: a foreign name is listed and used nowhere" {
    printf 'TCP_KEEPALIVE_THRESHOLD illumos, tcp(4P)\n' >>book/foreign.txt
    red "'TCP_KEEPALIVE_THRESHOLD' is used nowhere" "${render[@]}"
}

@test "drift: a reference leads nowhere" {
    edit $chapters/01-why.adoc '<<choosing>>' '<<choozing>>'
    red 'invalid reference: choozing' "${render[@]}"
}

@test "drift: a link leads to a file that is not there" {
    printf '\nSee link:source/examples/nothing.c[this].\n' >>$chapters/01-why.adoc
    make -s build/site/index.html single
    red 'nothing.c' bats -f 'every link' tests/book.bats
}

@test "drift: an attribute is undefined" {
    edit $chapters/01-why.adoc 'For ever.' 'For {ever}.'
    red 'missing attribute: ever' "${render[@]}"
}

@test "drift: a picture is missing" {
    printf '\nimage::nothing.svg[A picture of nothing]\n' >>$chapters/01-why.adoc
    red "image 'nothing.svg' is missing" "${render[@]}"
}

# picture ID KIND SOURCE: one more in a chapter.
picture() {
    printf '\n[#%s]\n.A caption\n%s::%s[]\n' "$@" >>$chapters/01-why.adoc
}

@test "drift: a picture is of a file, or of a claim, that is not there" {
    picture picture-extra sequence examples/segments/nothing.transcript
    picture picture-more moments user-timeout-moment
    red 'sequence::examples/segments/nothing.transcript[] is not there' "${render[@]}"
    has 'moments::user-timeout-moment[] is a claim without accepted evidence'
    has '01-why.adoc: line'
}

@test "drift: a picture has no title, no id, or one that another has" {
    picture wire timeline examples/detect/detect.transcript
    printf '\n.A caption\ntimeline::examples/detect/detect.transcript[]\n\n[#picture-extra]\ntimeline::examples/detect/detect.transcript[]\n' >>$chapters/01-why.adoc
    red 'the picture of examples/detect/detect.transcript has no id' "${render[@]}"
    has 'the picture of examples/detect/detect.transcript has no title'
    has 'already in use: wire'
}

@test "drift: a segment is deleted in a transcript that a picture shows, or moved in time" {
    sed -i '/answer$/d' examples/segments/segments.transcript
    red 'segments.transcript:14: this run printed something else' make build/transcripts/segments.transcript
    cp "$root/examples/segments/segments.transcript" examples/segments/
    edit examples/segments/segments.transcript ' 6 s  client' ' 7 s  client'
    red '+ 6 s  client > server    RST ACK' make build/transcripts/segments.transcript
}

@test "drift: a transcript is added that no chapter shows, and no picture" {
    cp examples/segments/segments.transcript examples/segments/segments-extra.transcript
    red 'examples/segments/segments-extra.transcript is shown in no chapter' "${render[@]}"
    picture picture-extra sequence examples/segments/segments-extra.transcript
    run -0 "${render[@]}"
}

@test "drift: a picture is drawn with other words than the transcript's" {
    edit book/extensions/pictures.rb '"answer, ack #{segment.ack}"' '"answer, ack #{segment.seq.to_i + 1}"'
    picture picture-extra sequence examples/segments/segments-frozen.transcript
    make -s build/site.new/index.html
    run -0 ruby tests/pictured.rb . build/site.new/*.html
    has 'picture-extra: labels ["SYN", '
}

@test "drift: an output is pasted" {
    printf '\n----\n$ check\nSO_KEEPALIVE   on\n----\n' >>$chapters/03-enable.adoc
    red 'this listing is pasted' "${render[@]}"
}

@test "drift: a listing is edited in the chapter" {
    edit $chapters/03-enable.adoc 'include::{examples}/check/check.c[tag=read]' $'include::{examples}/check/check.c[tag=read]\n// and so on'
    red 'this listing is pasted' "${render[@]}"
}

@test "drift: an include is deleted" {
    edit $chapters/03-enable.adoc 'include::{examples}/enable/enable.c[tag=story]' ''
    red "tag 'story' is shown in no chapter" "${render[@]}"
}

@test "drift: an include names a file that is not there" {
    edit $chapters/03-enable.adoc 'enable/enable.transcript' 'enable/disable.transcript'
    red 'include file not found' "${render[@]}"
}

@test "drift: a callout loses its explanation, and a list its callout" {
    edit $chapters/03-enable.adoc $'<3> Say which call failed, and with which option; `warn()` adds the reason.\n' ''
    red '3 callouts in this listing, 2 explained' "${render[@]}"
    cp "$root/$chapters/03-enable.adoc" $chapters/
    edit examples/enable/enable.c ' // <1>' ''
    red 'callout' "${render[@]}"
}

@test "drift: a chapter is left out of the book" {
    edit book/book.adoc 'include::chapters/12-heartbeat.adoc[]' ''
    red '12-heartbeat.adoc is not in the book' "${render[@]}"
}

@test "drift: an id stands twice" {
    edit $chapters/04-override.adoc '[#calls]' '[#the-call]'
    red 'id assigned to section already in use: the-call' "${render[@]}"
}

@test "drift: a word is misspelt" {
    edit $chapters/01-why.adoc 'For ever.' 'For evver.'
    make -s build/site/index.html
    red evver bats -f 'spelt' tests/book.bats
}

@test "drift: a foreign name has no source" {
    printf 'TCP_KEEPALIVE_THRESHOLD\n' >>book/foreign.txt
    printf '\nOn illumos it is `TCP_KEEPALIVE_THRESHOLD`.\n' >>$chapters/04-override.adoc
    red "'TCP_KEEPALIVE_THRESHOLD' has no source" "${render[@]}"
}

# --- Claims and evidence --------------------------------------------------

@test "drift: a claim's sentence is reworded in the chapter" {
    edit $chapters/03-enable.adoc 'A new TCP socket has keepalive off.' 'A new TCP socket has keepalive on.'
    red "claim 'off-by-default' says \"A new TCP socket has keepalive on.\"" "${render[@]}"
}

@test "drift: a claim's sentence is reworded in its test" {
    edit tests/claims/check.bats 'A new TCP socket has keepalive off.' 'A new socket has keepalive off.'
    red "its test in tests/claims/check.bats says \"A new socket has keepalive off.\"" "${render[@]}"
}

@test "drift: both are reworded, and nobody ran the test again" {
    edit tests/claims/check.bats 'A new TCP socket has keepalive off.' 'A fresh TCP socket has keepalive off.'
    edit $chapters/03-enable.adoc 'A new TCP socket has keepalive off.' 'A fresh TCP socket has keepalive off.'
    red "claim 'off-by-default': the evidence was for another sentence" "${render[@]}"
}

@test "drift: a claim's test is deleted" {
    ruby -e 'f = "tests/claims/enable.bats"; File.write(f, File.read(f).sub(/^@test "one-call.*?^}\n/m, ""))'
    red "claim 'one-call' has no test" "${render[@]}"
}

@test "drift: a claim is cited nowhere" {
    edit $chapters/03-enable.adoc ' claim:any-value[]' ''
    red "claim 'any-value' in tests/claims/enable.bats is cited in no chapter" "${render[@]}"
}

@test "drift: a claim is cited by a wrong name" {
    edit $chapters/03-enable.adoc 'claim:any-value[]' 'claim:any-values[]'
    red "claim 'any-values' has no test" "${render[@]}"
}

@test "drift: a second sentence slips in behind a claim" {
    edit $chapters/03-enable.adoc 'claim:any-value[]' 'claim:any-value[] And it is free.'
    red 'must end its line' "${render[@]}"
}

@test "drift: a claim's sentence is not alone, not written out, or shows another claim's figure" {
    edit $chapters/03-enable.adoc $'----\n\nA new TCP socket has' $'----\n\nSometimes, if at all,\nA new TCP socket has'
    edit $chapters/03-enable.adoc 'claim:udp-accepts[]' $'claim:udp-accepts[]\nunder some conditions.'
    edit $chapters/03-enable.adoc 'On Linux any value' 'On {nix} any value'
    edit book/book.adoc ':experimental:' $':experimental:\n:nix: Linux'
    edit $chapters/04-override.adoc 'same limits, fig:interval-limits.least[]' 'same limits, fig:idle-limits.least[]'
    red "claim:off-by-default[] must stand behind a sentence of its own: 'Sometimes, if at all,' goes on" "${render[@]}"
    has "'under some conditions.' goes on behind a claim"
    has 'claim:any-value[] must stand behind a sentence that is written out'
    has "claim 'interval-limits' cannot show fig:idle-limits.least[]"
}

@test "drift: evidence is from no kernel, or from a day that is none" {
    ruby -rjson -e '
        evidence = JSON.parse(File.read(ARGV[0]))
        evidence["close"]["on"].transform_keys! { "Plan9" }
        evidence["reboot"]["on"].each_value { |run| run["date"] = "2026-02-30" }
        evidence["healthy"]["on"].each_value { |run| run["date"] = "2999-01-01" }
        File.write(ARGV[0], JSON.pretty_generate(evidence))' book/evidence.json
    red "evidence for 'close': 'Plan9' is no kernel" "${render[@]}"
    has "evidence for 'reboot': '2026-02-30' is no date"
    has "evidence for 'healthy': 2999-01-01 has not been yet"
}

@test "drift: an accepted figure is edited" {
    edit book/evidence.json '"value": "127"' '"value": "128"'
    red "claim 'count-limits' says" "${render[@]}"
    red '! count-limits most' make prove CLAIM=count-limits
}

@test "drift: the evidence of a claim is deleted" {
    ruby -rjson -e 'f = "book/evidence.json"; e = JSON.parse(File.read(f)); e.delete("close"); File.write(f, JSON.pretty_generate(e))'
    red "claim 'close' has no accepted evidence" "${render[@]}"
}

@test "drift: a claim's test no longer looks" {
    ruby -e 'f = "tests/claims/enable.bats"; File.write(f, File.read(f).sub(/(^@test "one-call.*?\{\n).*?^}\n/m) { "#{$1}    true\n}\n" })'
    red 'the test ran nothing, so it proves nothing' make prove CLAIM=one-call
}

@test "drift: a claim's program no longer has keepalive on" {
    edit examples/in-flight/in-flight.c 'static int keepalive = 1' 'static int keepalive = 0'
    red 'it did not print: keepalive on: 2 s, 1 s, 2' make prove CLAIM=unacknowledged
}

@test "drift: a claim's test skips" {
    ruby -e 'f = "tests/claims/enable.bats"; File.write(f, File.read(f).sub(/(^@test "one-call.*?\{\n)/m) { "#{$1}    skip later\n" })'
    red 'nothing: its test did not pass' make prove CLAIM=one-call
}

@test "drift: a claim's test runs something else" {
    edit tests/claims/detect.bats '-- detect --idle 1 --interval 1 --count 1 {host}' '-- detect --idle 2 --interval 1 --count 1 {host}'
    red '! etimedout ran' make prove CLAIM=etimedout
}

@test "drift: the bounds of a time are loosened" {
    edit tests/compare.rb 'FACTOR = 1.25' 'FACTOR = 2'
    red 'a time is in time from the prediction' bats -f 'a time is in time' tests/replay.bats
}

@test "drift: what is claimed stops being true" {
    edit examples/detect/detect.c '"SO_KEEPALIVE", keepalive)' '"SO_KEEPALIVE", 0 * keepalive)'
    REPLAY_LIMIT=10 red 'it did not print: ETIMEDOUT' make prove CLAIM=etimedout
}

@test "drift: programs that do nothing prove no claim" {
    mkdir stubs evidence
    for program in "$bin"/*; do
        printf '#!/bin/sh\nexit 0\n' >"stubs/${program##*/}"
        printf '%s\n' "${program##*/}" >>names
    done
    chmod +x stubs/*
    BIN=$PWD/stubs EVIDENCE=$PWD/evidence run -1 bats --jobs 8 tests/claims
    # What passed has a program of its own: it has run none of these.
    [[ -n $(ls evidence) ]]
    grep -h '^ran' evidence/* >ran
    run ! grep -wF -f names ran
}

# --- The calculator --------------------------------------------------------

@test "drift: settings are shown that nobody wrote" {
    edit book/chapters/80-calculator.adoc 'form::nginx.conf[]' 'form::apache.conf[]'
    red 'there is no book/forms/apache.conf' "${render[@]}"
}

@test "drift: settings ask for a value that the calculator does not know" {
    edit book/forms/redis.conf '{idle}' '{time}'
    red 'book/forms/redis.conf: nothing is chosen for {time}' "${render[@]}"
}

@test "drift: estimate leaves another room for a late timer" {
    edit examples/estimate/estimate.c '9LL * (first' '10LL * (first'
    red '+firewall that forgets after 350 s: kept, lost probes forgiven: 1' make build/transcripts/estimate-common.transcript
}

# --- endings --------------------------------------------------------------

@test "drift: the error is taken before anybody is told of it" {
    edit examples/endings/endings.c '    if (say("recv", recv(fd, &byte, 1, 0)) == -1)' '    recv(fd, &byte, 1, 0); if (say("recv", recv(fd, &byte, 1, 0)) == -1)'
    red '+recv()        0, then 0' make build/transcripts/endings.transcript
}

@test "drift: a peer of the leak remembers for longer than the transcript says" {
    edit examples/leak/leak.transcript 'tcp_fin_timeout=2' 'tcp_fin_timeout=4'
    red 'predicted 3 s <this run: allowed is 3 to' make build/transcripts/leak.transcript
}

@test "drift: the claims' own program has keepalive on where data is to decide" {
    edit tests/claims/died.c 'strcmp(mode, "data") != 0' '1'
    red 'it did not print: keepalive off' make prove CLAIM=data-no-reset
}

# --- in-flight ------------------------------------------------------------

@test "drift: the byte is never sent, so keepalive decides" {
    edit examples/in-flight/in-flight.c 'send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) ==' '1 - 1 =='
    red '+unacknowledged bytes: 0, sent again: no' make build/transcripts/in-flight.transcript
    red 'it did not print: still connected' make prove CLAIM=unacknowledged
}

@test "drift: the peer of a full connection reads" {
    edit tests/claims/in-flight.bats 'kill -STOP \$PPID' ':'
    red 'it did not print: full: the peer reads nothing' make prove CLAIM=window-stays
}

@test "drift: a user timeout is no longer set" {
    edit examples/full/full.c '"TCP_USER_TIMEOUT", want[USER_TIMEOUT])' '"TCP_USER_TIMEOUT", 0)'
    red '-user timeout 3000 ms' make build/transcripts/full-user-timeout.transcript
}

# --- ask, heartbeat -------------------------------------------------------

@test "drift: ask no longer sets the idle time" {
    edit examples/ask/ask.c 'TCP_KEEPIDLE, "TCP_KEEPIDLE",
                   want[IDLE])' 'TCP_KEEPCNT, "TCP_KEEPIDLE",
                   want[IDLE])'
    red '+connected to server6, keepalive on: 7200 s, 1 s, 6' make build/transcripts/ask-kept.transcript
}

@test "drift: ask counts other bytes than those on their way" {
    edit examples/ask/ask.c 'ioctl(fd, SIOCOUTQ' 'ioctl(fd, SIOCINQ'
    red '+still connected, bytes unacknowledged: 0' make build/transcripts/ask.transcript
}

@test "drift: the heartbeat loses its patience" {
    edit examples/heartbeat/heartbeat.c 'want[missing > 0 ? PATIENCE : EVERY]' 'want[EVERY]'
    red '+given up after' make build/transcripts/heartbeat-pause.transcript
    red 'it did not print: an answer took more than 1 s' make prove CLAIM=hung-pause
}

# --- serve ------------------------------------------------------------------

@test "drift: a server does not set its listening socket" {
    edit examples/serve/serve.c '             tune(fd) == -1)' '             0)'
    edit examples/serve/serve.c 'static int tune' '__attribute__((unused)) static int tune'
    red '+server: listener: keepalive off' make build/transcripts/serve.transcript
}

@test "drift: a server changes what its clients' sockets have inherited" {
    edit examples/serve/serve.c 'clients[i].number = ++number;' 'clients[i].number = ++number; keepalive = 0; tune(fd);'
    red '+server: client 1: keepalive off' make build/transcripts/serve.transcript
}

@test "drift: a listening socket is set when the client is there already" {
    edit tests/claims/accepted.c 'int after = strcmp(argv[1], "after") == 0;' 'int after = 1;'
    red 'it did not print: accepted: keepalive 1' make prove CLAIM=accepted
}

# --- wire -----------------------------------------------------------------

@test "drift: a probe is taken for something else" {
    edit examples/segments/segments.c 'ahead == -1) // <2>' 'ahead == 0) // <2>'
    red 'segments.transcript:' make build/transcripts/segments.transcript
    has '+ 2 s  client > server    ACK      seq 0  ack 1  0 bytes'
}

@test "drift: two timers change their names" {
    edit examples/timers/timers.c '"off", "on", "keepalive"' '"off", "keepalive", "on"'
    red '+  0.5 s  on ' make build/transcripts/timers.transcript
}

@test "drift: probes are claimed of a connection without keepalive" {
    edit examples/detect/detect.c '"SO_KEEPALIVE", keepalive)' '"SO_KEEPALIVE", 0 * keepalive)'
    red 'it did not print: keepalive on' make prove CLAIM=probe
}

# --- standards ------------------------------------------------------------

@test "drift: the count that breaks the standard is not set" {
    edit examples/detect/detect.c '"TCP_KEEPCNT", want[COUNT])' '"TCP_KEEPCNT", 2)'
    red 'it did not print: keepalive on: 2 s, 3 s, 1' make prove CLAIM=one-probe
}

@test "drift: nothing is sent on a half-open connection" {
    edit examples/in-flight/in-flight.c 'send(fd, "x", 1, ' 'send(fd, "x", 0, '
    red 'it did not print: ECONNRESET' make prove CLAIM=half-open-data
}

@test "drift: a claim about the answer of a host without keepalive has a host with it" {
    edit examples/serve/serve.c '            keepalive = 0;' '            keepalive = 1;'
    red 'it did not print: server: client 1: keepalive off' make prove CLAIM=answer-without
}

@test "drift: no user timeout is set where the segments are searched for its option" {
    edit examples/in-flight/in-flight.c '"TCP_USER_TIMEOUT", want[USER_TIMEOUT]) == -1' '"TCP_USER_TIMEOUT", 0) == -1'
    red 'it did not print: user timeout 4000 ms' make prove CLAIM=no-timeout-option
}

# --- outside --------------------------------------------------------------

@test "drift: keepalivectl sets the values and does not turn keepalive on" {
    edit examples/keepalivectl/keepalivectl.c $'USER_TIMEOUT,\n                                ON};' 'USER_TIMEOUT};'
    red 'it did not print: while quiet, recv() failed: ETIMEDOUT' make prove CLAIM=outside-set
}

@test "drift: keepalivectl shows the interval for the idle time" {
    edit examples/keepalivectl/keepalivectl.c '[IDLE] = {IPPROTO_TCP, TCP_KEEPIDLE,' '[IDLE] = {IPPROTO_TCP, TCP_KEEPINTVL,'
    red '+10/10/6     0       LISTEN' make build/transcripts/keepalivectl.transcript
}

@test "drift: the library in front forgets those that connect" {
    edit examples/keepalive-preload/keepalive-preload.c $'ready();\n    tune(fd);\n    return real_connect' $'ready();\n    return real_connect'
    red 'saw ask: no command printed: keepalive on' make prove CLAIM=preload-static
}

@test "drift: the table of defaults loses a column, or its data" {
    edit book/defaults.csv 'debian,recipe,title' 'debian,name,title'
    red 'book/defaults.csv: key not found' "${render[@]}"
    rm book/defaults.csv
    red 'defaults.csv' "${render[@]}"
}
