# frozen_string_literal: true

require_relative 'evidence'

# The macros that join prose to evidence. Each is also the one way to
# write a number with a unit, a default or a limit.
#
#   A sentence on a line of its own. claim:NAME[]
#       the line is a claim, and tests/claims proves it
#   fig:CLAIM.FIGURE[]         a figure that the claim's run saw
#   fig:CLAIM.FIGURE[clock]    the same seconds as h, min and s
#   fig:CLAIM.FIGURE[predicted]  what that time was predicted to be
#   chosen:60 s[]              a value chosen for an example
#   chosen:0.5 s[FILE]         a value chosen in the code of that file
#   quoted:2 h[RFC 9293, 3.8.4]  a figure from elsewhere, with its source
#   ledger::[]                 every claim with its evidence
module Macros
  PATTERNS = {
    'claim' => / ?\bclaim:([a-z0-9-]*)\[([^\]]*)\]/,
    'fig' => /\bfig:([a-z0-9.-]*)\[([^\]]*)\]/,
    'chosen' => /\bchosen:([^\[\]]*)\[([^\]]*)\]/,
    'quoted' => /\bquoted:([^\[\]]*)\[([^\]]*)\]/
  }.freeze

  # The macros of one line as the reader sees them in plain text, and the
  # terms of the index: ((seen)), (((unseen))).
  def self.plain(line)
    line = line.gsub(/\(\(\(.*?\)\)\)/, '').gsub(/\(\((.*?)\)\)/, '\1').gsub(PATTERNS['claim'], '')
    line = line.gsub(PATTERNS['fig']) { Evidence.figure(Regexp.last_match(1), Regexp.last_match(2)) || '?' }
    line.gsub(PATTERNS['chosen'], '\1').gsub(PATTERNS['quoted'], '\1')
  end

  # What all four do alike: complain with a place, and make inline nodes.
  class Inline < Asciidoctor::Extensions::InlineMacroProcessor
    include Asciidoctor::Logging

    def wrong(parent, message)
      block = parent
      block = block.parent until block.nil? || block.respond_to?(:source_location) && block.source_location
      logger.error message_with_context(message, source_location: block&.source_location)
      create_inline(parent, :quoted, '?')
    end

    def link(parent, text, claim, role)
      create_inline(parent, :anchor, text, type: :xref, target: "#claim-#{claim}",
                                           attributes: { 'refid' => "claim-#{claim}", 'role' => role })
    end
  end

  class Claim < Inline
    use_dsl
    named :claim
    match PATTERNS['claim']
    resolve_attributes false

    def process(parent, name, _attributes)
      Checks.cited << name
      return wrong(parent, "claim '#{name}' has no test in tests/claims") unless Evidence.claims.key?(name)
      return wrong(parent, "claim '#{name}' is a title: make it a sentence of the text") if parent.context == :section

      create_inline(parent, :quoted, "&#160;#{link(parent, '✓', name, 'claim').convert}", type: :unquoted)
    end
  end

  class Figure < Inline
    use_dsl
    named :fig
    match PATTERNS['fig']
    resolve_attributes false

    def process(parent, target, attributes)
      text = Evidence.figure(target, attributes['text'])
      return wrong(parent, "no figure '#{target}' in book/evidence.json") unless text

      link(parent, text, target.split('.').first, 'fig')
    end
  end

  class Chosen < Inline
    use_dsl
    named :chosen
    match PATTERNS['chosen']
    resolve_attributes false
    VALUE = /\A\d+(?:\.\d+)?(?: (?:ms|s|min|h|bytes|probes|times))?\z/

    def process(parent, value, attributes)
      return wrong(parent, "chosen:#{value}[] is not a number, or a number and its unit") unless value.match?(VALUE)

      file = attributes['text'].to_s
      path = File.join(Evidence::ROOT, file)
      unless file.empty? || (File.file?(path) && Checks::Names.code(path).match?(/(?<![\w.])#{Regexp.escape(value[/\S+/])}(?![\w.])/))
        return wrong(parent, "chosen:#{value}[#{file}]: there is no such number in that file")
      end

      create_inline(parent, :quoted, value, type: :unquoted, attributes: { 'role' => 'chosen' })
    end
  end

  class Quoted < Inline
    use_dsl
    named :quoted
    match PATTERNS['quoted']
    resolve_attributes false

    def process(parent, value, attributes)
      source = attributes['text'].to_s.strip
      return wrong(parent, "quoted:#{value}[] names no source") if source.empty? || value.strip.empty?

      cited = parent.apply_subs("[.source]#[#{source}]#", [:quotes])
      create_inline(parent, :quoted, "#{value} #{cited}", type: :unquoted, attributes: { 'role' => 'quoted' })
    end
  end

  class Ledger < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl
    named :ledger

    # Appends a section for each chapter that cites claims, in its order.
    def process(parent, _target, _attributes)
      told = {}
      parent.document.blocks.select { |block| block.context == :section }.each do |chapter|
        names = cited(chapter).reject { |name| told.key?(name) || !Evidence.seen.key?(name) || !Evidence.claims.key?(name) }
        next if names.empty?

        names.each { |name| told[name] = true }
        section = create_section(parent, chapter.title, { 'id' => "ledger-#{chapter.id}" }, level: 2)
        Checks.made << section
        parent << section
        names.each { |name| parse_content(section, entry(parent.document, Evidence.claims[name], Evidence.seen[name])) }
      end
      nil
    end

    private

    # The names of the claims in a chapter's file.
    def cited(chapter)
      file = Checks.included.find { |i| File.basename(i.path) == File.basename(chapter.source_location.path) }
      file.lines.join("\n").scan(PATTERNS['claim']).map(&:first)
    end

    # AsciiDoc of one entry; +...+ keeps a text as it is.
    def entry(document, claim, seen)
      ["[#claim-#{claim.name}.ledger]", ".pass:c[#{seen['sentence']}]", '====', '[horizontal]',
       'Ran::', *seen['ran'].map { |command| "`+#{command}+` +" },
       *saw(seen['on']),
       'Test::', "#{file(document, claim)}, `+#{claim.name}+`",
       '====', '']
    end

    # What was seen: once if all kernels agree, else for each; and where.
    def saw(on)
      texts = on.transform_values { |run| figures(run['saw']) }
      verified = on.map { |kernel, run| "#{kernel}, #{run['date']}" }.join('; ')
      same = on.values.map { |run| alike(run['saw']) }.uniq.length == 1
      return ['Saw::', texts.values.last, 'Verified::', "on #{verified}"] if same

      texts.flat_map { |kernel, text| ["Saw on #{kernel}::", text] } + ['Verified::', "on #{verified}"]
    end

    def figures(saw)
      saw.map do |name, figure|
        "#{name.tr('-', ' ')}: +#{[figure['value'], figure['unit']].compact.join(' ')}+#{predicted(figure)}"
      end.join('; ')
    end

    # Measured times are alike when their predictions are.
    def alike(saw)
      saw.transform_values { |figure| figure['predicted'] || figure['value'] }
    end

    # The site has a copy of the test; the one-file book stands alone.
    def file(document, claim)
      name = "`+#{claim.file}+`"
      document.backend == 'site' ? "link:source/#{claim.file}[#{name}]" : name
    end

    def predicted(figure)
      figure.key?('predicted') ? " (predicted +#{figure['predicted']} #{figure['unit']}+)" : ''
    end
  end

  Asciidoctor::Extensions.register do
    inline_macro Claim
    inline_macro Figure
    inline_macro Chosen
    inline_macro Quoted
    block_macro Ledger
  end
end
