# frozen_string_literal: true

# What the listings of the book show, line by line: callouts as circled
# numbers behind the line, no comment mark before them.
#
# usage: ruby tests/shown.rb                 prints these lines
#        ruby tests/shown.rb --in TEXT       complains about the first one that
#                                            is not a line of TEXT, in order
#
# For --in blanks count as one, and those at the ends as none: a PDF has
# places, not blanks. Lines of TEXT between two lines are no fault, since a
# page ends there. Exit status: 0 all are there, 1 not.
require 'asciidoctor'
require_relative '../book/extensions/book'

CALLOUTS = %r{ *(?://|#) ((?:<\d+> ?)+)$}

def plain(line)
  line.tr("\u00a0", ' ').split.join(' ')
end

book = Asciidoctor.load_file(File.join(__dir__, '../book/book.adoc'), safe: :unsafe, backend: 'docbook5')
lines = book.find_by(context: :listing, traverse_documents: true).flat_map(&:lines).map do |line|
  line.sub(CALLOUTS) { " #{Regexp.last_match(1).scan(/\d+/).map { |number| (0x2775 + number.to_i).chr('UTF-8') }.join(' ')}" }
end
if ARGV.first != '--in'
  puts lines
  exit
end

text = File.readlines(ARGV[1], chomp: true).map { |line| plain(line) }
from = 0
lines.map { |line| plain(line) }.reject(&:empty?).each do |line|
  found = text[from..].index(line)
  abort "not whole, or not in its place: #{line}" unless found
  from += found + 1
end
