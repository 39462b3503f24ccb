#!/usr/bin/env bats
# What helps when a connection hangs.
load claim

@test "ss-kill: With a filter, ss --tcp --kill closes what matches, and the program's waiting call fails with ECONNABORTED." {
    own_network
    try "lab -c 'start server serve --host server --port 7000 --quiet; after 2 ss --tcp --kill dst 198.51.100.1 dport = :7000; detect --limit 9 server 7000; echo \"left: \$(ss -Htn | wc -l)\"'"
    prints 'detect: recv: Software caused connection abort'
    prints 'left: 0'
    saw said 'Software caused connection abort'
}
