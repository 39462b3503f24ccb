# frozen_string_literal: true

require 'cgi'
require 'date'
require 'set'
require_relative 'evidence'
require_relative 'macros'

# What Asciidoctor does not notice, and what this book forbids itself.
# Each finding is an error with file and line, so the render fails.
module Checks
  ROOT = Evidence::ROOT

  # One include:: directive that the reader followed: the file, its
  # attributes, the lines as the reader handed them on, and where it stands.
  Included = Struct.new(:path, :attributes, :lines, :source_location)

  class << self
    attr_accessor :document

    # Blocks that macros have made of something else than prose.
    def made
      @made ||= []
    end

    # Claims that a macro rendered, and all includes, in order.
    def cited
      @cited ||= []
    end

    def included
      @included ||= []
    end

    # What a listing shows: listing -> [file, tag or nil].
    def shown
      @shown ||= {}.compare_by_identity
    end

    def source(listing)
      shown[listing]
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
      at = cursor
      super.tap do
        Checks.included << Included.new(File.expand_path(file.to_s), attributes.except('partial-option'), @lines.reverse, at)
      end
    end
  end
  Asciidoctor::PreprocessorReader.prepend SeeIncludes

  # Names that prose may use: those of the system's headers (build/headers),
  # of /proc/sys, of the examples, the claims and the project's commands, and
  # book/foreign.txt. A comment or a claim's sentence makes no name known.
  module Names
    WORD = /--[a-z][\w-]*|\w[\w-]*\w|\w/

    def self.known
      @known ||= begin
        files = [*%w[build/headers Makefile tests/replay tests/tests.mk].map { |file| File.join(ROOT, file) },
                 *Dir[File.join(ROOT, '{examples,tests/claims}/**/*')].select { |f| File.file?(f) && !f.include?('/examples/bin/') }]
        words = files.flat_map { |file| [File.basename(file, '.*'), *code(file).scan(WORD)] }
        words += Dir.children('/proc/sys/net/ipv4')
        Set.new(words)
      end
    end

    # A file without its comments.
    def self.code(path)
      text = File.read(path)
      case File.extname(path)
      when '.transcript' then text
      when '.c' then text.gsub(%r{(?<!:)//[^\n]*|/\*.*?\*/}m, '')
      else text.gsub(/^(@test "[\w-]+): .*/, '\1').gsub(/(?<!\S)#\s.*/, '')
      end
    end

    # book/foreign.txt: a name, then its source, on each line.
    def self.foreign
      @foreign ||= File.readlines(File.join(ROOT, 'book/foreign.txt'), chomp: true).each.with_index(1)
                       .reject { |line, _| line.strip.empty? || line.start_with?('#') }
                       .to_h { |line, number| [line.split.first, [number, line.split(/\s+/, 2)[1].to_s.strip]] }
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

    TIMES = 'milliseconds?|ms|seconds?|s|minutes?|min|hours?|h|days?|weeks?'
    UNITS = "#{TIMES}|probes?|bytes?|times"
    WORDS = 'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|sixty|' \
            'ninety|hundred|thousand|half\s+an?'
    # Numbers that are names: standards, versions, years, section numbers.
    NAMES = /\bRFCs?\s\d+|\bHTTP\/\d|\bCC\sBY\s\d\.\d|\b(?:Debian|Linux|glibc|GCC|Clang)\s\d[\d.]*|\bsections?\s\d+(?:\.\d+)*|
             \b(?:in|of|since|from)\s(?:19|20)\d\d\b(?![[:space:]-]?(?:#{UNITS})\b)/x
    NUMBER = /(?<![\w.]|\w-)\p{N}+(?:[.,]\p{N}+)*(?:[[:space:]-]?(?:#{UNITS})\b)?|
              \b(?:#{WORDS})[[:space:]-]+(?:#{UNITS})\b|\bone[[:space:]-]+(?:#{TIMES})\b|
              \ban?[[:space:]-]+(?:minute|hour|day|week)\b/xi
    IDENTIFIER = /\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+|E[A-Z]{4,}|tcp_[a-z_]+)\b/

    def initialize(document)
      @document = document
      @claims = []
      @told = Set.new
      @shown = []
      @drawn = []
    end

    # When the document has been read.
    def read
      prose(@document) { |text| check_prose(text) }
      check_listings
      check_pictures
      check_files
    end

    # When it has been rendered, and every macro with it.
    def rendered(output)
      check_claims
      # Printing converts a block more than once, and leaves no text to look at.
      if @document.basebackend?('html') && @document.backend != 'pdf'
        check_marks
        check_output(output.is_a?(Hash) ? output.select { |file, _| file.end_with?('.html') } : { 'book.html' => output })
      end
      Names.foreign.each do |name, (number, source)|
        wrong("book/foreign.txt:#{number}: '#{name}' has no source behind it") if source.empty?
        wrong("book/foreign.txt:#{number}: '#{name}' is used nowhere") unless Names.used.include?(name)
      end
    end

    private

    # What is seen on a page is told only if no line of the source was.
    def wrong(message, block = nil)
      return if block.is_a?(String) && @told.include?(message)

      @told << message
      message += " (as #{block} shows it)" if block.is_a?(String)
      location = block.respond_to?(:source_location) ? block.source_location : nil
      logger.error(location ? message_with_context(message, source_location: location) : message)
    end

    # Yields every text that people read as prose.
    def prose(block, &)
      return if Checks.made.include?(block)

      case block.context
      when :document then yield Prose.new(block.attributes['doctitle'].to_s, block)
      when :verse then yield Prose.new(block.lines.join("\n"), block)
      when :pass, :stem then wrong('raw text is for one form of the book alone: write AsciiDoc', block)
      when :list_item then yield Prose.new(block.instance_variable_get(:@text).to_s, block)
      when :table
        block.rows.to_h.each_value do |rows|
          rows.flatten.each do |cell|
            next cell.inner_document.blocks.each { |child| prose(child, &) } if cell.inner_document

            yield Prose.new(cell.instance_variable_get(:@text).to_s, block)
          end
        end
      end
      yield Prose.new(block.lines.join("\n"), block) if block.content_model == :simple && block.respond_to?(:lines)
      yield Prose.new(block.instance_variable_get(:@title).to_s, block) if block.respond_to?(:title?) && block.title?
      %w[attribution citetitle alt description reftext].each { |name| yield Prose.new(block.attributes[name].to_s, block) }
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
      before = '.'
      prose.text.gsub(/"`|`"/, '"').each_line(chomp: true) do |line|
        note_claim(line, before, prose.block)
        before = line unless Macros.plain(line).strip.empty? # only terms of the index
        wrong('raw text is for one form of the book alone: write AsciiDoc', prose.block) if line.match?(/\+\+\+|\bpass:[a-z,]*\[/)
        wrong('a picture is a block of its own: image::', prose.block) if line.match?(/\bimage:[^:\s]/)
        check_numbers(line, prose.block)
        check_names(line, prose.block)
      end
    end

    # A claim is a line of its own, written out, with no figure but its own.
    def note_claim(line, before, block)
      line.scan(Macros::PATTERNS['claim']) do |name, _|
        unless line.match?(/ claim:#{name}\[\]\z/)
          wrong("claim:#{name}[] must end its line, behind the one sentence that it proves", block)
        end
        wrong("claim:#{name}[] must stand behind a sentence of its own: '#{before}' goes on", block) unless Macros.plain(before).match?(/[.?!]\W*\z/)
        wrong("claim:#{name}[] must stand behind a sentence that is written out, without {...}", block) if line.match?(/\{[\w-]+\}/)
        line.scan(Macros::PATTERNS['fig']) do |figure, _|
          wrong("claim '#{name}' cannot show fig:#{figure}[], which its test did not see", block) unless figure.start_with?("#{name}.")
        end
        @claims << [name, sentence(line), block]
      end
      if before.match?(Macros::PATTERNS['claim']) && line.match?(/\A[[:lower:]]/)
        wrong("'#{line}' goes on behind a claim, which must be a sentence of its own", block)
      end
    end

    # A source line as plain text: macros and marks resolved.
    def sentence(line)
      text = Macros.plain(line).gsub(/(?:<<[\w-]+,\s*|xref:[\w-]+\[|link:\S+?\[)([^\]>]*)(?:>>|\])/, '\1')
      text.gsub(/[`*]|(?<![\w])_|_(?![\w])/, '').strip
    end

    def check_numbers(line, block)
      rest = line
      Macros::PATTERNS.each_value { |pattern| rest = rest.gsub(pattern, ' ') }
      rest = rest.gsub(/`\+?(#{NUMBER})\+?`/, '\1').gsub(/`[^`]*`|<<[\w-]+(?:,|>>)|\{[\w-]+\}|(?:link|xref|image|https?):\S*?\[|\(\(\([^)]*\)\)\)/, ' ').gsub(NAMES, ' ')
      rest.scan(NUMBER) do |found|
        wrong("bare number '#{found.split.join(' ')}': write it as fig:, chosen: or quoted:, or without a figure", block)
      end
    end

    def check_names(line, block)
      code = line.scan(/`\+?([^`]+?)\+?`/).flatten
      bare = line.gsub(/`[^`]*`/, ' ').scan(IDENTIFIER)
      Names.unknown((code + bare).join(' ')).each do |name|
        wrong("'#{name}' is no name in the headers, /proc/sys, an example or book/foreign.txt", block)
      end
    end

    # What may be shown, and how it is called: programs by tag, transcripts
    # whole.
    KINDS = { %r{\Aexamples/([\w-]+)/\1(?:\.bpf)?\.c\z} => 'c', %r{\Aexamples/([\w-]+)/\1\z} => 'bash',
              %r{\Aexamples/[\w-]+/[\w-]+\.transcript\z} => 'console' }.freeze

    # Each listing is one include of such a file and nothing else: its lines
    # are the very lines that the reader handed on, not some that are equal.
    def check_listings
      @document.find_by(traverse_documents: true) { |b| %i[listing literal].include?(b.context) }.each do |block|
        next if Checks.made.include?(block)

        from = Checks.included.find { |i| i.lines.map(&:object_id) == block.lines.map(&:object_id) }
        from ? check_listing(block, from) : wrong('this listing is pasted: include one file from examples/, not inside a table', block)
        marks = block.lines.flat_map { |line| line.scan(/<(\d+)>(?= *(?:<\d+>|$))/).flatten }.uniq.length
        siblings = block.parent.blocks
        list = siblings[siblings.index(block) + 1]
        items = list&.context == :colist ? list.blocks.length : 0
        wrong("#{marks} callouts in this listing, #{items} explained under it", from || block) if marks != items
      end
    end

    def check_listing(block, from)
      @shown << from
      path = short(from.path)
      kind = KINDS.find { |pattern, _| path.match?(pattern) }&.last
      return wrong("#{path} is not for listings: show programs by tag and transcripts whole", from) unless kind

      Checks.shown[block] = [path, from.attributes['tag']]
      how = from.attributes.map { |pair| pair.join('=') }.join(',')
      unless how.match?(kind == 'console' ? /\A\z/ : /\A(?:tags?=[\w-]+|tags=\*\*)\z/) && !block.attr?('subs')
        wrong("#{path} is shown with [#{how}]: programs by one tag, transcripts whole, neither with lines=, indent= or subs=", from)
      end
      wrong("this listing is from #{path}, so its language is #{kind}", from) unless block.attr('language') == kind
      named = block.instance_variable_get(:@title).to_s[%r{\Aexamples/[\w./-]+\w}]
      wrong("this listing is from #{path}, but its title says #{named || 'no file'}", from) unless named == path || (kind == 'console' && !named)
    end

    def fold(lines)
      lines.map(&:strip).reject(&:empty?).reject { |line| line.match?(/\b(?:tag|end)::\S+\[\]/) }.join("\n")
    end

    def check_pictures
      @document.find_by(context: :image, traverse_documents: true).each do |image|
        next check_picture(image, Pictures.made[image]) if Pictures.made.key?(image)

        path = File.join(ROOT, 'book', image.document.attr('imagesdir').to_s, image.attr('target'))
        wrong("image '#{image.attr('target')}' is missing", image) unless File.file?(path)
        wrong("image '#{image.attr('target')}' has no text alternative", image) if image.attr('alt') == image.attr('default-alt')
      end
    end

    # One that the build makes needs what it is made from, and a caption.
    def check_picture(image, picture)
      return wrong(picture, image) if picture.is_a?(String)

      @drawn << picture.file if picture.file
      from = picture.file || picture.claim
      wrong("the picture of #{from} has no title", image) unless image.title?
      wrong("the picture of #{from} has no id", image) unless image.id
    end

    # Every chapter is in the book; every example, tag and transcript is
    # in a chapter, a transcript perhaps as a picture. (A script need not be,
    # its tags must.)
    def check_files
      (Dir[File.join(ROOT, 'book/chapters/*.adoc')] - Checks.included.map(&:path)).each do |path|
        wrong("#{short(path)} is not in the book: book.adoc does not include it")
      end
      Dir[File.join(ROOT, 'examples/*/*')].select { |path| KINDS.any? { |pattern, _| short(path).match?(pattern) } }.sort.each do |path|
        uses = @shown.select { |i| i.path == path }
        wrong("#{short(path)} is shown in no chapter") if uses.empty? && !File.extname(path).empty? && !@drawn.include?(short(path))
        check_tags(path) unless path.end_with?('.transcript') || uses.any? { |i| i.attributes['tags'] == '**' }
      end
      Dir[File.join(ROOT, 'examples/*/')].sort.each do |dir|
        slug = File.basename(dir)
        next if slug == 'bin' # what make in that folder builds

        next if File.file?(File.join(dir, slug)) # a script: a tool for the others

        %w[c transcript].each do |kind|
          wrong("examples/#{slug}/#{slug}.#{kind} is missing") unless File.file?(File.join(dir, "#{slug}.#{kind}"))
        end
      end
    end

    # Plumbing stands in several programs, the same to the byte: showing
    # it once is enough.
    def check_tags(path)
      File.read(path).scan(%r{^ *(?://|#) tag::([\w-]+)\[\]\n(.*?)^ *(?://|#) end::\1\[\]}m) do |tag, region|
        shown = @shown.any? { |i| (i.attributes['tag'] || i.attributes['tags']) == tag && fold(i.lines) == fold(region.lines) }
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
      Evidence.claims.each do |name, claim|
        seen = Evidence.seen[name]
        wrong("claim '#{name}' in #{claim.file} is cited in no chapter") if @claims.none? { |cited, _| cited == name }
        wrong("claim '#{name}' has no accepted evidence: make promote") unless seen
        wrong("claim '#{name}': the evidence was for another sentence: make promote") if seen && seen['sentence'] != claim.sentence
        seen['on'].each { |kernel, run| check_origin(name, kernel, run['date']) } if seen
      end
      (Evidence.seen.keys - Evidence.claims.keys).each { |name| wrong("evidence for '#{name}', which has no test") }
    end

    # Each mark that was made belongs to a sentence that was read.
    def check_marks
      read = @claims.map(&:first).tally
      marks = Checks.cited.tally
      (read.keys | marks.keys).each do |name|
        wrong("claim '#{name}' stands where no sentence can be read") if marks.fetch(name, 0) > read.fetch(name, 0)
        wrong("claim '#{name}' stands where no mark can be shown") if marks.fetch(name, 0) < read.fetch(name, 0)
      end
    end

    # Evidence names its kernel, and a day that has been.
    def check_origin(name, kernel, date)
      wrong("evidence for '#{name}': '#{kernel}' is no kernel") unless kernel.to_s.match?(/\ALinux \d+\.\d+(?:\.\d+)?\z/)
      day = Date.strptime(date.to_s, '%F')
      wrong("evidence for '#{name}': #{date} has not been yet") if day > Time.now.utc.to_date
    rescue Date::Error
      wrong("evidence for '#{name}': '#{date}' is no date")
    end

    # What is not prose on a rendered page, or was made by a macro or by
    # Asciidoctor's counting.
    NOT_PROSE = %r{<(pre|style|script|svg|time|footer)\b.*?</\1>|<section\ class="(?:evidence|downloads)".*?</section>|
                   <meta\ (?:name="viewport"|http-equiv=)[^>]*>|
                   <a\ href="[^"]*\#claim-[^"]*"\ class="(?:claim|fig)"\ title=.*?</a>|<button\ type="button"\ class="claim".*?</button>|<span\ class="(?:chosen|quoted)">[^<]*</span>|
                   <sup\ class="footnote.*?</sup>|<a\ href="\#_footnoteref_\d+">\d+</a>|
                   (?<=">)(?:Listing|Picture|Table|Section|Chapter)\ \d+(?:\.\d+)*|(?<=">)\d+(?:\.\d+)*\.(?=[\s&<])}mx

    # What people see, once more as it was rendered: here nothing can hide
    # in an attribute, a caption or a verse, but no line can be named. The
    # one mark without a claim is shown as "a mark like this one".
    def check_output(pages)
      made = Checks.made.map(&:convert)
      pages.each do |page, html|
        made.each { |block| html = html.sub(block, ' ') }
        html = html.gsub(%r{ ?<span class="source">.*?</span>}, '').gsub(NOT_PROSE, ' ')
        html = "#{html} #{html.scan(/ (?:alt|title|content)="([^"]*)"/).join("\n")}"
        html.gsub(/<[^>]*>/, '').scan(/.{0,30}`.{0,30}/) { |around| wrong("a backquote is printed: '#{around.strip}'", page) }
        text = CGI.unescapeHTML(html.gsub(%r{</?code\b[^>]*>}, '`').gsub(/<[^>]*>/, ''))
        text.scan(/\b(?:(?:chosen|quoted):[^\[\n]*|[a-z]\w*::?[\w.-]*)\[/) { |macro| wrong("'#{macro}...]' is printed as it stands", page) }
        text.scan(/&[a-z]\w*;/) { |name| wrong("write the character that #{name} means", page) }
        text.scan(/.{0,40}(?<!like this one )✓/) { |mark| wrong("a mark is typed by hand: '#{mark}'", page) }
        check_numbers(text, page)
        check_names(text, page)
      end
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
      Checks.document.rendered(output)
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
