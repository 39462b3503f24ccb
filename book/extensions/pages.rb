# frozen_string_literal: true

require 'cgi'
require 'digest'
require 'erb'
require 'json'
require 'rouge'
require 'uri'

# In a transcript only a line that begins with "$ " or "> " was typed.
Rouge::Lexers::ConsoleLexer.prepend(Module.new do
  def prompt_regex
    /^[$>](?= )/
  end
end)

# What both HTML forms of the book do in their own way; all else is done
# by Asciidoctor's own HTML5 converter.
module OwnHtml
  THEME = File.expand_path('../theme', __dir__)
  # title: text of <title>; sections: for the contents of the page; claims:
  # the names of those it cites; source: the file that its text is from.
  Page = Struct.new(:name, :title, :number, :description, :body, :sections, :footnotes, :claims, :source, keyword_init: true)

  def initialize(*)
    super
    init_backend_traits filetype: 'html', outfilesuffix: '.html', basebackend: 'html', htmlsyntax: 'html'
    @ids = {}
  end

  # A chapter is level 1 in the book; `top` is the level of its heading.
  def convert_section(node)
    level = [node.level, 1].max + top - 1
    number = node.numbered && node.level <= @document.attr('sectnumlevels').to_i ? "#{node.sectnum}&#160;" : ''
    link = node.level > 1 || top > 1 ? %( <a class="anchor" href="##{node.id}" aria-label="Link to this section">#</a>) : ''
    %(<section class="level#{level}" aria-labelledby="#{node.id}">
<h#{level} id="#{node.id}">#{number}#{node.title}#{link}</h#{level}>
#{node.content}
</section>)
  end

  def convert_preamble(node)
    node.content
  end

  # Asciidoctor writes widths as style attributes, which the security
  # policy forbids.
  def convert_table(node)
    super.gsub(/ style="[^"]*"/, '')
  end

  # [horizontal] is a list in two columns, not a table.
  def convert_dlist(node)
    return super unless node.style == 'horizontal'

    items = node.items.map do |terms, item|
      "#{terms.map { |term| "<dt>#{term.text}</dt>" }.join}<dd>#{"<p>#{item.text}</p>" if item&.text?}#{item.content if item&.blocks?}</dd>"
    end
    %(<dl class="horizontal">\n#{items.join("\n")}\n</dl>)
  end

  # A listing is headed by its title and a link to the file it is from;
  # what it shows has a name that people can link to.
  def convert_listing(node)
    return form(node, super) if Forms.made.key?(node)

    from = Checks.source(node)
    return super unless from

    path, tag = from
    file = File.basename(path)
    name = [path.end_with?('.transcript') ? 'run' : 'code', file[/\A[^.]+/], tag].compact.join('-')
    id = @ids.key?(name) ? '' : %( id="#{@ids[name] = name}")
    text = node.title? ? node.captioned_title.sub(path, "<code>#{path}</code>") : "<code>#{file}</code>"
    code = super[%r{<pre.*</pre>}m].sub('<pre', '<pre tabindex="0"')
    %(<div class="listingblock#{' terminal' if node.attr('language') == 'console'}"#{id}>
<div class="head"><span class="title">#{text}</span>#{download(path, file)}</div>
#{code}
</div>)
  end

  # A picture that was made stands in the page, with its source.
  def convert_image(node)
    picture = Pictures.made[node]
    return super unless picture
    return '' if picture.is_a?(String) # Checks says why

    %(<figure class="picture" id="#{node.id}">
#{picture.drawing.inline(node.id, node.title, picture.story)}
<figcaption><span class="title">#{node.captioned_title}</span>#{picture_source(picture)}</figcaption>
</figure>)
  end

  # Names stay in one piece where they are short enough for a phone.
  def convert_inline_quoted(node)
    return super unless node.type == :monospaced && node.text.length > 26

    super.sub('<code>', '<code class="long">')
  end

  # A callout is its number alone, without the comment marks before it.
  def convert_inline_callout(node)
    %(<b class="conum">#{node.text}</b>)
  end

  # The mark of a claim, and a figure, say what they lead to; a reference
  # leads to the page that holds its target.
  def convert_inline_anchor(node)
    return super unless node.type == :xref

    id = node.attributes['refid']
    case node.attributes['role']
    when 'claim' then mark(id, node.text)
    when 'fig' then %(<a href="#{address(id)}" class="fig" title="Measured: see the evidence">#{node.text}</a>)
    else
      %(<a href="#{address(id)}">#{node.text || named(@document.catalog[:refs][id]) || "[#{id}]"}</a>)
    end
  end

  private

  # A section inside a chapter has no number on its page, so none is told.
  def named(target)
    return "“#{target.title}”" if target&.context == :section && target.level > 1

    target&.xreftext(@document.attributes['xrefstyle'])
  end

  # Settings that the calculator fills in anew.
  def form(node, html)
    %(<div class="listingblock form" data-template="#{CGI.escapeHTML(Forms.made[node])}">
<div class="head"><span class="title">#{node.captioned_title}</span></div>
#{html[%r{<pre.*</pre>}m].sub('<pre', '<pre tabindex="0"')}
</div>)
  end

  # From which transcript or claim a picture was made.
  def picture_source(picture)
    return %( <a href="#{address("claim-#{picture.claim}")}">Evidence</a>) if picture.claim

    file = File.basename(picture.file)
    %( <code>#{picture.file}</code>#{download(picture.file, file)})
  end

  def page(chapter)
    @ids = {} unless top > 1 # names are told apart on a page
    notes = @document.catalog[:footnotes].length
    cited = Checks.cited.length
    # A mark never begins a line.
    body = chapter.convert.gsub(%r{([^\s<>]+&#160;<(a|button) [^>]*class="claim".*?</\2>)}, '<span class="whole">\1</span>')
    Page.new(name: chapter.id, title: chapter.title, number: chapter.numbered ? chapter.sectnum : nil,
             description: chapter.attr('description'), body: body, sections: chapter.sections,
             footnotes: @document.catalog[:footnotes][notes..], claims: Checks.cited[cited..].uniq, source: source(chapter))
  end

  def front(chapters)
    blocks = @document.blocks - chapters
    Page.new(name: 'index', title: @document.doctitle, description: @document.attr('description'),
             body: blocks.map(&:convert).join("\n"), sections: [], footnotes: [], claims: Evidence.claims.keys,
             source: source(blocks.first))
  end

  def source(block)
    "book/chapters/#{File.basename(block.source_location.path)}"
  end

  # "on Linux 6.18.44, 2026-11-22" of the newest run of these claims, or
  # of all if a page has none.
  def verified(claims)
    seen = Evidence.seen.values_at(*claims).compact
    seen = Evidence.seen.values if seen.empty?
    kernel = seen.flat_map { |entry| entry['on'].keys }.max_by { |name| Evidence.version(name) }
    date = seen.filter_map { |entry| entry['on'].dig(kernel, 'date') }.max
    %(#{kernel}, <time>#{date}</time>)
  end

  # The sections of a page, under its title.
  def contents(page)
    return '' if page.sections.empty?

    items = page.sections.map { |s| %(<li><a href="##{s.id}">#{s.title}</a></li>) }
    %(\n<nav class="contents" aria-label="On this page"><div>\n<p>On this page</p>\n<ul>\n#{items.join("\n")}\n</ul>\n</div></nav>)
  end

  # A link that exists if book.adoc says where the book's source is kept.
  def repository
    @document.attr('repository').to_s.chomp('/')
  end

  # A file of the theme.
  def theme(name)
    File.read(File.join(THEME, name))
  end

  def template
    @template ||= ERB.new(theme('page.html.erb'), trim_mode: '-')
  end
end

# The book as one HTML file, with its stylesheet and script inside.
#
# Use: asciidoctor -r ./book/extensions/book.rb -b single -o FILE book.adoc
class Single < (Asciidoctor::Converter.for 'html5')
  include OwnHtml
  register_for 'single'

  def convert_document(node)
    @document = node
    chapters = node.blocks.select { |b| b.context == :section }
    front = front(chapters)
    pages = chapters.map { |chapter| page(chapter) }
    front.body += "\n#{pages.map(&:body).join("\n")}"
    front.footnotes = pages.flat_map(&:footnotes)
    single = true
    # The policy allows just these two texts, by their hashes.
    style = theme('book.css')
    script = theme('book.js')
    policy = "default-src 'none'; img-src data:; style-src '#{hash(style)}'; script-src '#{hash(script)}'; base-uri 'none'; form-action 'none'"
    page = front
    before = after = canonical = nil
    prefix = ''
    template.result(binding)
  end

  private

  def hash(text)
    "sha256-#{Digest::SHA256.base64digest(text)}"
  end

  def top
    2
  end

  def address(id)
    "##{id}"
  end

  def target(page)
    "##{page.name}"
  end

  def mark(id, text)
    %(<a href="#{address(id)}" class="claim" title="Proved: see the evidence" aria-label="evidence for this claim">#{text}</a>)
  end

  # The file stands alone.
  def download(_path, _file)
    ''
  end
end

# The site: one page a chapter, a page for addresses that lead nowhere,
# the text for the search, and the site map.
#
# Use: asciidoctor -r ./book/extensions/book.rb -b site -D DIR book.adoc
# Attributes: site-url, repository (book.adoc says what they mean) and
# downloads, "FILE=BYTES ...": the other forms of the book beside it.
class Site < (Asciidoctor::Converter.for 'html5')
  include OwnHtml
  register_for 'site'
  include Asciidoctor::Writer

  # In force on every page; where it is written down, it is explained.
  POLICY = File.read(File.join(THEME, 'server.conf'))[/Content-Security-Policy "(.*); frame-ancestors/, 1]

  LIBRARY = '/usr/share/javascript/lunr/lunr.min.js' # Debian's libjs-lunr

  # Returns the files by name; `write` puts them in place.
  def convert_document(node)
    @document = node
    chapters = node.blocks.select { |b| b.context == :section }
    front = front(chapters)
    pages = chapters.map { |chapter| page(chapter) }
    lost = Page.new(name: '404', title: 'There is no such page', description: 'There is no page at this address.',
                    body: theme('404.html').gsub('href="', %(href="#{URI(base).path})), sections: [], footnotes: [], claims: [])
    files = fill(front, pages, lost)
    files['search.js'] = search([front, *pages])
    files['sitemap.xml'] = map([front, *pages]) if published?
    files
  end

  def write(output, target)
    output.each { |name, text| File.write(File.join(File.dirname(target), name), text) }
  end

  private

  def top
    1
  end

  def published?
    !@document.attr('site-url').to_s.empty?
  end

  # Where the site is published, with the slash behind it.
  def base
    @document.attr('site-url').to_s.sub(%r{/*\z}, '/')
  end

  # page.html#id of any id in the book; the chapter's own id is the page.
  def address(id)
    node = @document.catalog[:refs][id]
    node = node.parent until node.nil? || (node.context == :section && node.level == 1) || node.context == :document
    return "##{id}" if node.nil?
    return "index.html##{id}" if node.context == :document

    node.id == id ? "#{node.id}.html" : "#{node.id}.html##{id}"
  end

  def target(page)
    "#{page.name}.html"
  end

  # The evidence of a claim opens in place.
  def mark(id, text)
    %(<button type="button" class="claim" value="#{id.sub('claim-', '')}" popovertarget="#{id.sub('claim-', 'evidence-')}" title="Proved: see the evidence" aria-label="evidence for this claim">#{text}</button>)
  end

  # What a mark opens: the claim's entry in the ledger once more.
  def evidence(claim)
    entry = @document.catalog[:refs]["claim-#{claim}"]
    return '' unless entry # Checks reports it

    %(<section class="evidence" id="evidence-#{claim}" popover role="dialog" aria-label="Evidence">
<p>#{entry.title}</p>
#{entry.content}
<p><a href="#{address("claim-#{claim}")}">In the ledger</a></p>
</section>)
  end

  def download(path, file)
    %( <a class="file" href="source/#{path}" download aria-label="Download #{file}">Download</a>)
  end

  def fill(front, pages, lost)
    style = script = nil
    single = false
    policy = POLICY
    all = [front, *pages]
    [*all, lost].to_h do |page|
      i = all.index(page)
      before = all[i - 1] if i&.positive?
      after = all[i + 1] if i
      canonical = "#{base}#{"#{page.name}.html" unless page == front}" if i && published?
      prefix = i ? '' : URI(base).path # a page that stands in for any other
      ["#{page.name}.html", template.result(binding)]
    end
  end

  # The search in one file: the library, what the book says, the dialog.
  def search(pages)
    library = File.read(LIBRARY).sub(%r{^//# sourceMappingURL=.*}, '')
    "#{library}\nconst texts = #{JSON.generate(pages.flat_map { |page| texts(page) })};\n#{theme('search.js')}"
  end

  # What the search knows of a page: [address, chapter, section, text] for
  # each of its sections. The ledger repeats what the chapters say.
  def texts(page)
    page.body.split(/(?=<h[1-4] id=")/).filter_map do |part|
      id, title = part.match(%r{\A<h\d id="([^"]*)"[^>]*>(?:[\d.]+&#160;)?(.*?)</h\d>})&.captures
      next if page.name == 'ledger' ? id != 'ledger' : id.nil? && page.name != 'index'

      listings = part.scan(%r{<pre.*?</pre>}m).join(' ')
      prose = part.sub(%r{\A<h\d.*?</h\d>}, '').gsub(%r{<svg.*?</svg>}m, ' ').gsub(%r{<div class="head">.*?</pre>}m, ' ')
      [id && id != page.name ? "#{page.name}.html##{id}" : "#{page.name}.html", plain(page.title), plain(title || page.title),
       "#{plain(prose)} #{plain(listings)}"]
    end
  end

  # HTML as text, without what is there to be pressed.
  def plain(html)
    html = html.gsub(%r{(?:&#160;)?<(button)\b.*?</\1>|<a class="(?:anchor|file)".*?</a>}m, '')
    CGI.unescapeHTML(html.gsub(%r{</?(?:code|b|em|strong|span|a|i)\b[^>]*>}, '').gsub(/<[^>]*>/, ' ')).split.join(' ')
  end

  def map(pages)
    urls = pages.map { |page| "<url><loc>#{base}#{"#{page.name}.html" unless page.name == 'index'}</loc></url>" }
    %(<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
#{urls.join("\n")}
</urlset>
)
  end
end
