# frozen_string_literal: true

require_relative 'checks'

# The calculator, and the settings in the words of each program.
#
#   calculator::[]   on the site, where the calculator stands: the script
#                    book/theme/calculator.js fills it; elsewhere nothing
#   form::FILE[]     book/forms/FILE, with its {names} filled in; on the
#                    site the calculator fills in what the reader chose
module Forms
  # What is filled in before anybody has chosen; no user timeout. They are
  # those that examples/estimate begins with.
  CHOSEN = { 'idle' => 60, 'interval' => 10, 'count' => 6, 'user-timeout' => 0 }.freeze

  # For which of the reader's values the evidence has limits.
  LIMITS = { 'idle' => 'idle-limits', 'interval' => 'interval-limits', 'count' => 'count-limits' }.freeze

  class << self
    # The forms of the document: listing -> file, text.
    def made
      @made ||= {}.compare_by_identity
    end

    def template(file)
      File.read(File.join(Evidence::ROOT, 'book/forms', file)).chomp
    end

    def fill(template)
      template.gsub(/\{([a-z-]+)\}/) { CHOSEN.fetch(Regexp.last_match(1)) }
    end

    # The attributes that tell the script what is chosen and what the kernel
    # accepts: data-idle="60 1 32767".
    def data
      CHOSEN.map do |name, value|
        limits = %w[least most].map { |end_of| Evidence.figure("#{LIMITS[name]}.#{end_of}", '').to_i } if LIMITS.key?(name)
        %( data-#{name}="#{[value, *limits].join(' ')}")
      end.join
    end
  end

  class Calculator < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl
    named :calculator

    def process(parent, _target, _attributes)
      return unless parent.document.backend == 'site'

      create_pass_block(parent, %(<div id="calculate"#{Forms.data}></div>), {}, subs: nil).tap { |block| Checks.made << block }
    end
  end

  class Form < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl
    named :form
    include Asciidoctor::Logging

    def process(parent, target, attributes)
      text = Forms.template(target)
      create_listing_block(parent, Forms.fill(text), attributes, subs: [:specialcharacters]).tap do |block|
        Checks.made << block
        Forms.made[block] = text
      end
    rescue Errno::ENOENT
      logger.error "form::#{target}[]: there is no book/forms/#{target}"
      nil
    rescue KeyError => e
      logger.error "book/forms/#{target}: nothing is chosen for {#{e.key}}"
      nil
    end
  end

  Asciidoctor::Extensions.register do
    block_macro Calculator
    block_macro Form
  end
end
