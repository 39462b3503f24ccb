#!/usr/bin/env bats
# What helps when a connection hangs.
load claim

@test "ss-kill: With a filter, ss --tcp --kill closes what matches, and the program's waiting call fails with ECONNABORTED." {
    own_network
    try "lab -c 'for port in 7000 7001; do start server serve --host server --port \$port --quiet; done
        after 2 ss --tcp --kill dst 198.51.100.1 dport = :7000
        detect --limit 6 server 7001 & detect --limit 9 server 7000; wait'"
    prints 'detect: recv: Software caused connection abort'
    prints 'still connected after 6'
    saw said 'Software caused connection abort'
}
