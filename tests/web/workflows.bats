#!/usr/bin/env bats
# The files for hosts and editors: the workflow and the container for
# development, as their own checkers read them.
load web

@test "workflow: the schema of workflows has nothing to say, and would have" {
    cd "$BATS_TEST_TMPDIR"
    timeout 60 "$web/node_modules/.bin/action-validator" "$root/.github/workflows/book.yml"
    sed 's/runs-on:/runs-onn:/' "$root/.github/workflows/book.yml" >bad.yml
    run ! timeout 60 "$web/node_modules/.bin/action-validator" bad.yml
}

@test "workflow: its steps are make targets of this project" {
    help=$(make -s -C "$root" help)
    # shellcheck disable=SC2016 # it is Ruby
    run -0 ruby -ryaml -e '
        YAML.load_file(ARGV[0])["jobs"].each_value { |job| job["steps"].each { |step|
          step["run"].to_s.split("&&").map(&:strip).grep(/\Amake/).each { |make|
            make.gsub(/"[^"]*"/, "").split[1..].grep_v(/=/).each { |word| puts word } } } }' "$root/.github/workflows/book.yml"
    ((${#lines[@]} >= 6))
    for target in "${lines[@]}"; do grep -q "^  make $target " <<<"$help"; done
}

@test "devcontainer: its own tool reads it, and what it names is there" {
    run -0 --separate-stderr timeout 60 "$web/node_modules/.bin/devcontainer" read-configuration --workspace-folder "$root" --docker-path true
    # shellcheck disable=SC2016 # it is Ruby
    run -0 ruby -rjson -e '
        given = JSON.parse(ARGV[0])["configuration"]
        puts given.dig("build", "target"), given["remoteUser"], File.expand_path(given.dig("build", "dockerfile"), ARGV[1] + "/.devcontainer")' "$output" "$root"
    grep -q "^FROM .* AS ${lines[0]}\$" "${lines[2]}"
    grep -q "useradd .* ${lines[1]} " "${lines[2]}"
}
