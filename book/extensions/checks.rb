# frozen_string_literal: true

require 'set'
require_relative 'evidence'
require_relative 'macros'

# What Asciidoctor does not notice, and what this book forbids itself.
# Each finding is an error with file and line, so the render fails.
module Checks
  ROOT = Evidence::ROOT

  # One include:: directive that the reader followed.
  Included = Struct.new(:target, :path, :tags, :lines)

  class << self
    attr_accessor :document

    # The blocks that ledger:: has made.
    def ledger
      @ledger ||= []
    end

    # Claims that a macro rendered, and all includes, in order.
    def cited
      @cited ||= Set.new
    end

    def included
      @included ||= []
    end
  end

  # Sees every include as Asciidoctor itself resolves it.
  module SeeIncludes
    def preprocess_include_directive(target, attrlist)
      depth = Checks.included.length
      found = super
      if found && Checks.included.length == depth
        logger.error message_with_context("include::#{target}[#{attrlist}] yields nothing", source_location: cursor)
      end
      found
    end

    def push_include(data, file = nil, path = nil, lineno = 1, attributes = {})
      lines = data.is_a?(Array) ? data : data.to_s.lines
      tags = (attributes['tag'] || attributes['tags']).to_s.split(/[;,]/)
      Checks.included << Included.new(path, File.expand_path(file.to_s), tags, lines.map(&:rstrip))
      super
    end
  end
  Asciidoctor::PreprocessorReader.prepend SeeIncludes

  # Names that prose may use: those of the system's headers (build/headers),
  # of /proc/sys, of the examples, the claims and the project's commands, and
  # book/foreign.txt.
  module Names
    WORD = /--[a-z][\w-]*|\w[\w-]*\w|\w/

    def self.known
      @known ||= begin
        files = [File.join(ROOT, 'build/headers'), File.join(ROOT, 'Makefile'), File.join(ROOT, 'README.md'),
                 File.join(ROOT, 'tests/replay'), File.join(ROOT, 'tests/tests.mk'),
                 *Dir[File.join(ROOT, '{examples,tests/claims}/**/*')].select { |f| File.file?(f) && !f.include?('/examples/bin/') }]
        words = files.flat_map { |file| File.read(file).scan(WORD) }
        words += Dir.children('/proc/sys/net/ipv4')
        Set.new(words)
      end
    end

    # book/foreign.txt: a name, then its source, on each line.
    def self.foreign
      @foreign ||= File.readlines(File.join(ROOT, 'book/foreign.txt'), chomp: true)
                       .reject { |line| line.empty? || line.start_with?('#') }
                       .to_h { |line| line.split(/\s+/, 2) }
    end

    def self.used
      @used ||= Set.new
    end

    # The words of a text that nobody knows.
    def self.unknown(text)
      text.scan(WORD).reject do |word|
        used << word if foreign.key?(word)
        foreign.key?(word) || known.include?(word) || word.match?(/\A\d+\z/)
      end
    end
  end

  # A prose text: its source lines, and where it stands.
  Prose = Struct.new(:text, :block)

  # The checks of one document.
  class Document
    include Asciidoctor::Logging

    UNITS = 'milliseconds?|ms|seconds?|s|minutes?|min|hours?|h|days?|weeks?|probes?|bytes?|times'
    WORDS = 'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|sixty|' \
            'ninety|hundred|thousand|half an?'
    # Numbers that are names: standards, versions, years, section numbers.
    NAMES = /\bRFCs?\s\d+|\b(?:Debian|Linux|glibc|GCC|Clang)\s\d[\d.]*|\b(?:in|of|since|from)\s(?:19|20)\d\d\b|
             \bsections?\s\d+(?:\.\d+)*/x
    NUMBER = /(?<![\w.-])\d+(?:[.,]\d+)*(?:\s?(?:#{UNITS})\b)?|\b(?:#{WORDS})[ -](?:#{UNITS})\b/i
    IDENTIFIER = /\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+|E[A-Z]{4,}|tcp_[a-z_]+)\b/

    def initialize(document)
      @document = document
      @claims = []
    end

    # When the document has been read.
    def read
      prose(@document) { |text| check_prose(text) }
      check_listings
      check_pictures
      check_files
    end

    # When it has been rendered, and every macro with it.
    def rendered
      check_claims
      (Names.foreign.keys - Names.used.to_a).each { |name| wrong("book/foreign.txt: '#{name}' is used nowhere") }
    end

    private

    def wrong(message, block = nil)
      location = block.respond_to?(:source_location) ? block.source_location : nil
      logger.error(location ? message_with_context(message, source_location: location) : message)
    end

    # Yields every text that people read as prose.
    def prose(block, &)
      return if Checks.ledger.include?(block) # made from evidence

      case block.context
      when :document then yield Prose.new(block.attributes['description'].to_s, block)
      when :pass, :stem then wrong('raw text is for one form of the book alone: write AsciiDoc', block)
      when :list_item then yield Prose.new(block.instance_variable_get(:@text).to_s, block)
      when :table
        block.rows.to_h.each_value do |rows|
          rows.flatten.each { |cell| yield Prose.new(cell.instance_variable_get(:@text).to_s, block) }
        end
      end
      yield Prose.new(block.lines.join("\n"), block) if block.content_model == :simple && block.respond_to?(:lines)
      yield Prose.new(block.instance_variable_get(:@title).to_s, block) if block.respond_to?(:title?) && block.title?
      %w[attribution citetitle alt].each { |name| yield Prose.new(block.attributes[name].to_s, block) }
      children(block).each { |child| prose(child, &) }
    end

    def children(block)
      case block.context
      when :dlist
        block.items.flat_map { |terms, item| terms + [item].compact }
      when :table then []
      else block.blocks
      end
    end

    def check_prose(prose)
      prose.text.gsub(/"`|`"/, '"').each_line(chomp: true) do |line|
        note_claim(line, prose.block)
        check_numbers(line, prose.block)
        check_names(line, prose.block)
      end
    end

    def note_claim(line, block)
      line.scan(Macros::PATTERNS['claim']) do |name, _|
        unless line.match?(/ claim:#{name}\[\]\z/)
          wrong("claim:#{name}[] must end its line, behind the one sentence that it proves", block)
        end
        @claims << [name, sentence(line), block]
      end
    end

    # A source line as plain text: macros, attributes and marks resolved.
    def sentence(line)
      text = Macros.plain(line).gsub(/\{([\w-]+)\}/) { @document.attributes[Regexp.last_match(1)] || Regexp.last_match(0) }
      text = text.gsub(/(?:<<[\w-]+,\s*|xref:[\w-]+\[|link:\S+?\[)([^\]>]*)(?:>>|\])/, '\1')
      text.gsub(/[`*]|(?<![\w])_|_(?![\w])/, '').strip
    end

    def check_numbers(line, block)
      rest = line
      Macros::PATTERNS.each_value { |pattern| rest = rest.gsub(pattern, ' ') }
      rest = rest.gsub(/`\+?(#{NUMBER})\+?`/, '\1').gsub(/`[^`]*`|<<[\w-]+(?:,|>>)|\{[\w-]+\}|(?:link|xref|image):\S*?\[|\(\(\(?[^)]*\)\)\)?/, ' ').gsub(NAMES, ' ')
      return unless (found = rest[NUMBER])

      wrong("bare number '#{found.strip}': write it as fig:, chosen: or quoted:, or without a figure", block)
    end

    def check_names(line, block)
      code = line.scan(/`\+?([^`]+?)\+?`/).flatten
      bare = line.gsub(/`[^`]*`/, ' ').scan(IDENTIFIER)
      Names.unknown((code + bare).join(' ')).each do |name|
        wrong("'#{name}' is no name in the headers, /proc/sys, an example or book/foreign.txt", block)
      end
    end

    # Listings and outputs come from files, whole or by tag; callouts have
    # their list.
    def check_listings
      @document.find_by { |b| %i[listing literal].include?(b.context) }.each do |block|
        from = Checks.included.select { |i| fold(i.lines) == fold(block.lines) }.map { |i| short(i.path) }
        named = block.instance_variable_get(:@title).to_s[%r{\Aexamples/[\w./-]+\w}]
        wrong('this listing is pasted: include it from examples/', block) if from.empty?
        wrong("this listing is from #{from.first}, but its title says #{named}", block) if named && from.any? && !from.include?(named)
        marks = block.lines.flat_map { |line| line.scan(/<(\d+)>(?= *(?:<\d+>|$))/).flatten }.uniq.length
        siblings = block.parent.blocks
        list = siblings[siblings.index(block) + 1]
        items = list&.context == :colist ? list.blocks.length : 0
        wrong("#{marks} callouts in this listing, #{items} explained under it", block) if marks != items
      end
    end

    def fold(lines)
      lines.map(&:strip).reject(&:empty?).reject { |line| line.match?(/\b(?:tag|end)::\S+\[\]/) }.join("\n")
    end

    def check_pictures
      @document.find_by(context: :image).each do |image|
        path = image.image_uri(image.attr('target'))
        wrong("image '#{image.attr('target')}' is missing", image) unless File.file?(File.join(ROOT, 'book', path))
        wrong("image '#{image.attr('target')}' has no text alternative", image) if image.attr('alt') == image.attr('default-alt')
      end
    end

    # Every chapter is in the book; every example, tag and transcript is
    # in a chapter.
    def check_files
      (Dir[File.join(ROOT, 'book/chapters/*.adoc')] - Checks.included.map(&:path)).each do |path|
        wrong("#{short(path)} is not in the book: book.adoc does not include it")
      end
      Dir[File.join(ROOT, 'examples/*/*.{c,transcript}')].sort.each do |path|
        uses = Checks.included.select { |i| i.path == path }
        wrong("#{short(path)} is shown in no chapter") if uses.empty?
        next unless path.end_with?('.c')

        next if uses.flat_map(&:tags).include?('**')

        check_tags(path)
      end
      Dir[File.join(ROOT, 'examples/*/')].sort.each do |dir|
        slug = File.basename(dir)
        next if slug == 'bin' # what make in that folder builds

        %w[c transcript].each do |kind|
          wrong("examples/#{slug}/#{slug}.#{kind} is missing") unless File.file?(File.join(dir, "#{slug}.#{kind}"))
        end
      end
    end

    # Plumbing stands in several programs, the same to the byte: showing
    # it once is enough.
    def check_tags(path)
      File.read(path).scan(%r{^ *// tag::([\w-]+)\[\]\n(.*?)^ *// end::\1\[\]}m) do |tag, region|
        shown = Checks.included.any? { |i| i.tags == [tag] && i.path.end_with?('.c') && fold(i.lines) == fold(region.lines) }
        wrong("#{short(path)}: tag '#{tag}' is shown in no chapter") unless shown
      end
    end

    def short(path)
      path.delete_prefix("#{ROOT}/")
    end

    # A claim's line, its test and its evidence say the same; every test
    # is cited; nothing is claimed where nobody looked.
    def check_claims
      @claims.each do |name, sentence, block|
        claim = Evidence.claims[name]
        next unless claim # the macro has complained

        unless claim.sentence == sentence
          wrong("claim '#{name}' says \"#{sentence}\", but its test in #{claim.file} says \"#{claim.sentence}\"", block)
        end
      end
      Checks.cited.each do |name|
        next if @claims.any? { |cited, _| cited == name }

        wrong("claim '#{name}' stands where no sentence can be read")
      end
      Evidence.claims.each do |name, claim|
        seen = Evidence.seen[name]
        wrong("claim '#{name}' in #{claim.file} is cited in no chapter") if @claims.none? { |cited, _| cited == name }
        wrong("claim '#{name}' has no accepted evidence: make promote") unless seen
        wrong("claim '#{name}': the evidence was for another sentence: make promote") if seen && seen['sentence'] != claim.sentence
      end
      (Evidence.seen.keys - Evidence.claims.keys).each { |name| wrong("evidence for '#{name}', which has no test") }
    end
  end

  class Read < Asciidoctor::Extensions::TreeProcessor
    def process(document)
      Checks.document = Document.new(document)
      Checks.document.read
      document
    end
  end

  class Rendered < Asciidoctor::Extensions::Postprocessor
    def process(_document, output)
      Checks.document.rendered
      output
    end
  end

  # Keeps file and line of every block, so that complaints can name them.
  class Locate < Asciidoctor::Extensions::Preprocessor
    def process(document, reader)
      document.sourcemap = true
      reader
    end
  end

  Asciidoctor::Extensions.register do
    preprocessor Locate
    tree_processor Read
    postprocessor Rendered
  end
end
