# frozen_string_literal: true

require 'open3'
require_relative 'checks'
require_relative 'evidence'

# The colophon's list of tools, with the versions that they say themselves.
#
#   tools::[]   what made this copy of the book, and on which kernels its
#               claims were tried. A tool that is not there, or does not
#               say its version within 10 s, is an error.
module Tools
  # Name, and the command whose output has the version as its first number.
  ASKED = {
    'GNU C compiler' => %w[gcc --version], 'GNU C library' => %w[getconf GNU_LIBC_VERSION],
    'GNU make' => %w[make --version], 'Bash' => %w[bash --version], 'iproute2' => %w[ss -V],
    'util-linux' => %w[unshare --version], 'nftables' => %w[nft --version], 'procps' => %w[sysctl --version],
    'socat' => %w[socat -V], 'systemd' => %w[systemd-socket-activate --version]
  }.freeze

  class List < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl
    named :tools
    include Asciidoctor::Logging

    def process(parent, _target, _attributes)
      rows = versions.map { |name, version| "|#{name} |+#{version}+" }
      made = create_open_block(parent, nil, {})
      Checks.made << made
      parse_content(made, ['[cols="3,4",options="header"]', '|===', '|Tool |Version', *rows, '|==='])
      made
    end

    private

    def versions
      { 'Asciidoctor' => Asciidoctor::VERSION, 'Rouge' => Gem.loaded_specs['rouge']&.version || rouge,
        'Ruby' => RUBY_VERSION, **ASKED.to_h { |name, command| [name, ask(name, command)] },
        'System' => File.read('/etc/os-release')[/^PRETTY_NAME="?([^"\n]*)/, 1],
        'Kernels of the claims' => Evidence.seen.values.flat_map { |seen| seen['on'].keys }.uniq.sort.join(', ') }
    end

    def rouge
      require 'rouge'
      Rouge.version
    end

    def ask(name, command)
      said, status = Open3.capture2e('timeout', '10', *command, stdin_data: '')
      version = said[/\d+(?:\.\d+)+/] || said[/\d+/]
      return version if status.success? && version

      logger.error("#{name}: '#{command.join(' ')}' says no version")
      '?'
    rescue SystemCallError => e
      logger.error("#{name}: #{e.message}")
      '?'
    end
  end
end

Asciidoctor::Extensions.register { block_macro Tools::List }
