# frozen_string_literal: true

require 'erb'
require 'fileutils'
require 'rouge'

# In a transcript only a line that begins with "$ " or "> " was typed.
Rouge::Lexers::ConsoleLexer.prepend(Module.new do
  def prompt_regex
    /^[$>](?= )/
  end
end)

# What both HTML forms do in their own way; the rest is Asciidoctor's.
module OwnHtml
  # A callout is its number alone, without the comment marks before it.
  def convert_inline_callout(node)
    %(<b class="conum">#{node.text}</b>)
  end

  # The mark of a claim, and a figure, say what they lead to.
  def convert_inline_anchor(node)
    note = { 'claim' => ' title="Proved: see the evidence" aria-label="evidence for this claim"',
             'fig' => ' title="Measured: see the evidence"' }[node.attributes['role']]
    return super unless node.type == :xref && note

    %(<a href="#{address(node.attributes['refid'])}" class="#{node.attributes['role']}"#{note}>#{node.text}</a>)
  end

  def address(id)
    "##{id}"
  end
end

# The book as one HTML file.
#
# Use: asciidoctor -r ./book/extensions/book.rb -b single -o FILE book.adoc
class Single < (Asciidoctor::Converter.for 'html5')
  register_for 'single'
  include OwnHtml

  def initialize(*)
    super
    init_backend_traits filetype: 'html', outfilesuffix: '.html', basebackend: 'html', htmlsyntax: 'html'
  end
end

# The site: one page a chapter, made by Asciidoctor's own HTML5 converter.
# Only what differs stands here: a chapter is a page, a reference leads to
# the page that holds its target, footnotes stand on their page.
#
# Use: asciidoctor -r ./book/extensions/book.rb -b site -D DIR book.adoc
class Pages < (Asciidoctor::Converter.for 'html5')
  register_for 'site'
  include Asciidoctor::Writer
  include OwnHtml

  THEME = File.expand_path('../theme', __dir__)
  Page = Struct.new(:name, :title, :number, :description, :body, :contents, :footnotes)

  def initialize(*)
    super
    init_backend_traits filetype: 'html', outfilesuffix: '.html', basebackend: 'html', htmlsyntax: 'html'
  end

  # Returns the pages; `write` puts them into files.
  def convert_document(node)
    @document = node
    chapters = node.blocks.select { |b| b.context == :section }
    pages = chapters.map { |chapter| page(chapter) }
    front = Page.new('index', node.doctitle, nil, node.attr('description'),
                     (node.blocks - chapters).map(&:convert).join("\n"), '', [])
    fill(front, pages)
  end

  def write(output, target)
    dir = File.dirname(target)
    output.each { |name, html| File.write(File.join(dir, "#{name}.html"), html) }
  end

  # A chapter is level 1 in the book, and the one <h1> of its page.
  def convert_section(node)
    level = [node.level, 1].max
    number = node.numbered ? "#{node.sectnum} " : ''
    number = "#{node.sectnum}&#160;" if node.numbered && node.caption.nil?
    link = node.level > 1 ? %( <a class="anchor" href="##{node.id}" aria-label="Link to this section">#</a>) : ''
    %(<section class="level#{level}" aria-labelledby="#{node.id}">
<h#{level} id="#{node.id}">#{number}#{node.title}#{link}</h#{level}>
#{node.content}
</section>)
  end

  def convert_inline_anchor(node)
    return super if node.type != :xref || %w[claim fig].include?(node.attributes['role'])

    id = node.attributes['refid']
    text = node.text || @document.catalog[:refs][id]&.xreftext(@document.attributes['xrefstyle']) || "[#{id}]"
    %(<a href="#{address(id)}">#{text}</a>)
  end

  # The title of a listing leads to the program it is from.
  def convert_listing(node)
    super.sub(%r{(<div class="title">[^<]*?)(examples/[\w/-]+\.c)}) { %(#{$1}<a href="source/#{$2}">#{$2}</a>) }
  end

  def convert_preamble(node)
    node.content
  end

  private

  def page(chapter)
    earlier = @document.catalog[:footnotes].length
    body = chapter.convert
    Page.new(name_of(chapter), chapter.title, chapter.numbered ? chapter.sectnum : nil, chapter.attr('description'),
             body, contents(chapter), @document.catalog[:footnotes][earlier..])
  end

  # A chapter's page is named by its id.
  def name_of(chapter)
    chapter.id
  end

  # page.html#id of any id in the book; the chapter's own id is the page.
  def address(id)
    node = @document.catalog[:refs][id]
    node = node.parent until node.nil? || (node.context == :section && node.level == 1) || node.context == :document
    return "##{id}" if node.nil?
    return "index.html##{id}" if node.context == :document

    node.id == id ? "#{name_of(node)}.html" : "#{name_of(node)}.html##{id}"
  end

  def contents(chapter)
    sections = chapter.sections
    return '' if sections.empty?

    items = sections.map { |s| %(<li><a href="##{s.id}">#{s.title}</a></li>) }.join("\n")
    %(<nav class="contents" aria-label="On this page"><ul>\n#{items}\n</ul></nav>)
  end

  def fill(front, pages)
    template = ERB.new(File.read(File.join(THEME, 'page.html.erb')), trim_mode: '-')
    all = [front, *pages]
    all.each_with_index.to_h do |page, i|
      before = i.zero? ? nil : all[i - 1]
      after = all[i + 1]
      book = @document.doctitle
      [page.name, template.result(binding)]
    end
  end
end
