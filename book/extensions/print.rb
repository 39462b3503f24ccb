# frozen_string_literal: true

# The book on paper: what Asciidoctor's PDF converter does in our own way.
#
#   listings    code and terminals look different; a long one is parted at
#               an empty line or a prompt, a short one is kept together
#   paragraphs  no single line is left alone on a page
#   pictures    those that the build makes
#   index       one entry a page for each name shown as code (NAMES), and
#               for each term in italics, which is where it is explained
#   imprint     on the page behind the cover: licence, kernels and date
#
# Use: asciidoctor -r ./book/extensions/book.rb -r ./book/extensions/print.rb
#      -b pdf -a pdf-theme=book/theme/pdf.yml -o FILE book.adoc
require 'asciidoctor-pdf'
require_relative 'book'
require 'asciidoctor/pdf/ext/rouge'

# Colours of code, those of the site.
class PaperTheme < Rouge::CSSTheme
  name 'paper'
  style Text, fg: '#23262b'
  style Keyword, fg: '#8a2f6b'
  style Literal::String, fg: '#2f6b2f'
  style Comment, fg: '#666b73'
  style Literal::Number, fg: '#8f4a08'
  style Name::Function, fg: '#0b5c8a'
end

# In a terminal what was typed is bold, what was printed is not.
class TerminalTheme < Rouge::CSSTheme
  name 'terminal'
  style Text, Keyword, Name, Literal, Operator, Punctuation, Comment, fg: '#16202b', bold: true
  style Generic::Prompt, fg: '#3d7d55', bold: true
  style Generic::Output, fg: '#2f3640'
end

# Anchors of the index come into texts whose underscores mean italics still.
Asciidoctor::PDF::IndexCatalog.prepend(Module.new do
  def next_anchor_name
    super.delete('_')
  end
end)

# A missing glyph is an error of the render, but these two are none.
Prawn::Text::Formatted::Box.prepend(Module.new do
  def find_font_for_this_glyph(char, font, *)
    ["\n", "\0"].include?(char) ? font : super
  end
end)

class Print < (Asciidoctor::Converter.for 'pdf')
  register_for 'pdf'

  PROGRAMS = Dir[File.join(Evidence::ROOT, 'examples/*/')].map { |dir| File.basename(dir) }.reject { |name| name == 'bin' }.freeze
  # Which words in code come into the index: constants, functions, the
  # kernel's settings. Names of our programs come in if they stand first.
  NAMES = /\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+|E[A-Z]{3,}|SIG[A-Z]+|POLL[A-Z]+|Tcp[A-Z]\w+|\w+\(\)|(?:tcp|tcpi|nf)_\w+)(?!\w)/
  # A listing of no more lines than WHOLE is not parted, and no part has
  # fewer than PART.
  WHOLE = 14
  PART = 7
  # The height of a heading and two lines, in points.
  WITH_HEADING = 75

  def init_pdf(doc)
    super.tap { catalog.data[:Lang] = doc.attr('lang').as_pdf unless scratch? }
  end

  def build_pdf_info(doc)
    super.merge(Subject: doc.attr('description').as_pdf)
  end

  # --- Headings

  # The number stands above the title of a chapter, and no title above it.
  def ink_chapter_title(node, title, opts = {})
    @disable_running_content[:header] << page_number unless scratch?
    if node.numbered
      theme_font(:signifier) { ink_prose "#{node.document.attr('chapter-signifier')} #{node.sectnum('.', false)}", margin: 0 }
      title = node.title
    end
    super
  end

  # The reference card is one page: what it is made of is smaller there.
  CARD = { table_font_size: 8.6, table_cell_padding: [1.5, 6, 1.5, 6], heading_margin_top: 6, prose_margin_bottom: 6 }.freeze

  def convert_section(node, *)
    return super unless node.id == 'card'

    usual = CARD.to_h { |name, _| [name, @theme[name]] }
    CARD.each { |name, value| @theme[name] = value }
    super
    usual.each { |name, value| @theme[name] = value }
  end

  # A heading takes two lines with it at least.
  def arrange_heading(*)
    cursor < WITH_HEADING ? advance_page : super
  end

  # In the contents each chapter stands a little apart.
  def ink_toc_level(entries, *how)
    entries.each do |entry|
      move_down @theme.toc_chapter_margin_top if entry.level == 1
      super([entry], *how)
    end
  end

  # A heading without a section, in a section of level 1, is of level 2.
  def convert_floating_title(node)
    node.level += 1 unless node.level > 1
    super
  end

  # --- Text

  # No first line of a paragraph stays behind alone, no last line goes on
  # alone. (The box that is made shorter is left with the page.)
  def convert_paragraph(node, opts = nil)
    keep_lines(node) if flows?(node) && !at_page_top?
    super
  end

  # Is it a block of the chapter, and not part of another block?
  def flows?(node)
    %i[section preamble document].include?(node.parent.context)
  end

  def keep_lines(node)
    metrics = calc_line_metrics(@base_line_height)
    height = font.height + metrics.leading
    text = trial(node.document) { node.content }.tr("\n", ' ')
    lines = (height_of_typeset_text(text, inline_format: true) / height).round
    room = ((cursor - metrics.padding_top + metrics.leading) / height).floor
    return if room >= lines

    if room < 2 || lines < 4
      advance_page
    elsif lines - room == 1 && !scratch?
      bounds.instance_variable_set(:@height, bounds.height - height)
    end
  end

  # Converts without a trace: no footnote is counted twice.
  def trial(document)
    kept = [document.catalog.transform_values(&:dup), document.attributes.dup]
    yield
  ensure
    document.catalog.replace(kept[0])
    document.attributes.replace(kept[1])
  end

  # The mark of a claim, and a figure, lead to the ledger.
  def convert_inline_anchor(node)
    role = node.attributes['role']
    return super unless node.type == :xref && %w[claim fig].include?(role)

    %(<a anchor="#{derive_anchor_from_id node.attributes['refid']}" class="#{role}">#{node.text}</a>)
  end

  # A name in code, or a term in italics, is an entry of the index. (Behind
  # the word: an anchor before it would eat the space.)
  def convert_inline_quoted(node)
    super + entries(node).map do |entry|
      convert_inline_indexterm(Asciidoctor::Inline.new(node.parent, :indexterm, nil, attributes: { 'terms' => [entry] }))
    end.join
  end

  def entries(node)
    return [] if node.parent.context == :section || in_ledger?(node)

    case node.type
    when :monospaced
      names = node.text.scan(NAMES) + [node.text[/\A[a-z-]+(?=\z| )/]].select { |word| PROGRAMS.include?(word) }
      names.map { |name| "<code>#{name}</code>" }
    when :emphasis then [node.text]
    else []
    end
  end

  def in_ledger?(node)
    node = node.parent until node.nil? || Checks.made.include?(node)
    !node.nil?
  end

  # --- The ledger

  # An entry stays on one page, and its lines are close.
  def convert_example(node)
    node.set_option('unbreakable') if node.role?('entry')
    super
  end

  def convert_dlist(node)
    return super unless node.style == 'horizontal' && node.items.none? { |_, text| text.nil? || text.blocks? }

    names = node.items.map { |terms, _| terms.map(&:text).join(', ') }
    width = names.map { |name| rendered_width_of_string(name) }.max + 12
    names.zip(node.items.map(&:last)) do |name, text|
      float { theme_font(:source) { ink_prose name, margin: 0 } }
      indent(width) { ink_prose text.text, margin: 0 }
    end
    theme_margin :prose, :bottom, next_enclosed_block(node)
  end

  # --- Listings

  def convert_listing(node)
    return convert_whole(node) if !flows?(node) || room_for(node) >= node.lines.length

    cut = cut_of(node)
    if cut.zero?
      return convert_whole(node) if at_page_top?

      advance_page
      return convert_listing(node)
    end

    lines = node.lines.dup
    node.lines.replace(lines[0...cut])
    convert_whole(node)
    advance_page unless at_page_top?
    node.lines.replace(lines[cut..].drop_while(&:empty?))
    untitled(node) { convert_listing(node) }
  ensure
    node.lines.replace(lines) if lines
  end

  # How many lines of it still have room on this page.
  def room_for(node)
    caption = node.title? ? ink_caption(node, category: :code, dry_run: true) : 0
    padding = expand_padding_value(@theme.code_padding)
    height = theme_font(:code) { calc_line_metrics(@base_line_height).leading + font.height }
    ((cursor - caption - padding[0] - padding[2] - height / 2) / height).floor
  end

  # After how many lines to part a listing that has no room: at an empty
  # line or a prompt, or else between two statements, not too deep inside.
  def cut_of(node)
    lines = node.lines
    return 0 if lines.length <= WHOLE

    cuts = (PART..[room_for(node), lines.length - PART].min).to_a.reverse
    between = cuts.select { |i| lines[i - 1].match?(%r![;}](?: *//.*)?\z!) && !lines[i].match?(/\A *(?:else|[{}])/) }
    cuts.find { |i| lines[i].empty? || lines[i].start_with?('$ ') } ||
      between.find { |i| lines[i].match?(/\A {0,4}\S/) } || between.find { |i| lines[i].match?(/\A {0,8}\S/) } || 0
  end

  def untitled(node)
    kept = %i[@title @converted_title @id].to_h { |name| [name, node.instance_variable_get(name)] }
    kept.each_key { |name| node.instance_variable_set(name, nil) }
    yield
  ensure
    kept.each { |name, value| node.instance_variable_set(name, value) }
  end

  # A terminal has a panel and letters of its own.
  def convert_whole(node)
    terminal = node.attr('language') == 'console'
    @rouge_formatter = Rouge::Formatters::Prawn.new(theme: terminal ? TerminalTheme : PaperTheme)
    save_theme do
      %w[background_color border_color].each { |key| @theme["code_#{key}"] = @theme["terminal_#{key}"] } if terminal
      convert_code(node)
    end
  end

  # --- Pictures

  # One that was made is a file, in the folder that -a pictures names.
  def convert_image(node, opts = {})
    picture = Pictures.made[node]
    return super unless picture
    return if picture.is_a?(String) # Checks says why

    node.set_attr('target', File.expand_path(Pictures.write(node, node.document.attr('pictures'))))
    node.set_attr('pdfwidth', "#{Pictures::WIDTH * 0.76}pt")
    super
  end

  # --- Behind the cover

  def ink_title_page(_doc)
    move_cursor_to 210
    theme_font :title_page do
      Evidence.imprint.each { |text| ink_prose text }
    end
  end
end
