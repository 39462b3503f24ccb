# frozen_string_literal: true

require 'csv'
require_relative 'checks'

# The table of what programs of Debian set, from book/defaults.csv, which
# `make defaults` writes (tests/programs/accepted says what is in it).
#
#   defaults::[]   a row for each program: its newest version, and an older
#                  Debian's where that differs. No or bad data is an error.
module Defaults
  FILE = File.expand_path('../defaults.csv', __dir__)
  # The values of a fresh kernel: include/net/tcp.h (Linux 7.3).
  SYSTEM = '7200/75/9'

  class Table < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl
    named :defaults
    include Asciidoctor::Logging

    def process(parent, _target, _attributes)
      made = create_open_block(parent, nil, {})
      Checks.made << made
      parse_content(made, ['[.long-rows.wrapped,cols="6,4,7,4",options="header"]', '|===',
                           '|Program |As it comes |Setting |With it', *rows, '|==='])
      made
    rescue CSV::MalformedCSVError, SystemCallError, KeyError => e
      logger.error("book/defaults.csv: #{e.message}: make defaults")
      made
    end

    private

    def rows
      all = CSV.read(FILE, headers: true).map(&:to_h).group_by { |row| row.fetch('recipe') }
      all.values.sort_by { |some| some.first.fetch('title').downcase }.map do |some|
        newest, *older = some.sort_by { |row| -row.fetch('debian').to_f }
        "|#{newest['title']} [.long]`+#{newest.fetch('version')}+` |#{both(newest, older, 'default')} " \
          "|#{"[.long]`+#{newest['option']}+`" unless newest['option'].empty?} |#{both(newest, older, 'changed')}"
      end
    end

    def both(newest, older, column)
      differ = older.reject { |row| row[column] == newest[column] }
      [words(newest[column]), *differ.map { |row| "Debian #{row['debian']}: #{words(row[column])}" }].join('; ')
    end

    def words(setting)
      return setting if ['', 'off'].include?(setting)
      return 'on' if setting == SYSTEM

      setting.sub('+', ' and a user timeout of ')
    end
  end
end

Asciidoctor::Extensions.register { block_macro Defaults::Table }
