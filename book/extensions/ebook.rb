# frozen_string_literal: true

# The book as DocBook, from which the stylesheet book/theme/epub.xsl makes
# the EPUB: what Asciidoctor's DocBook converter does in our own way.
#
#   info        identifier, cover, authors and licence of the publication
#   terminals   prompt and typed line are marked as such
#   pictures    those that the build makes, and their numbers
#   marks       the mark of a claim, and a figure, say what they lead to
#
# Use: asciidoctor -r ./book/extensions/ebook.rb -b docbook5 -o FILE book.adoc
require 'digest'
require_relative 'book'

class Ebook < (Asciidoctor::Converter.for 'docbook5')
  register_for 'docbook5'

  def convert_document(node)
    super.sub('</info>', <<~INFO.chomp)
      <biblioid class="uuid">urn:uuid:#{uuid(node.doctitle)}</biblioid>
      <cover><mediaobject role="cover">
      <imageobject><imagedata fileref="cover.svg"/></imageobject>
      <textobject><phrase>#{node.doctitle}</phrase></textobject>
      </mediaobject></cover>
      <author><orgname>#{node.attr('authors-line')}</orgname></author>
      <legalnotice>
      #{Evidence.imprint.map { |text| "<simpara>#{text}</simpara>" }.join("\n")}
      </legalnotice>
      <abstract><simpara>#{node.attr('description')}</simpara></abstract>
      <keywordset>#{node.attr('keywords').split(/,\s*/).map { |word| "<keyword>#{word}</keyword>" }.join}</keywordset>
      </info>
    INFO
  end

  # The same for the same title, always: version 5 of RFC 9562.
  def uuid(title)
    bytes = Digest::SHA1.digest(title).bytes.first(16)
    bytes[6] = bytes[6] & 0x0f | 0x50
    bytes[8] = bytes[8] & 0x3f | 0x80
    bytes.map { |byte| format('%02x', byte) }.join.sub(/\A(.{8})(.{4})(.{4})(.{4})/, '\1-\2-\3-\4-')
  end

  def convert_listing(node)
    return super unless node.attr('language') == 'console'

    lines = node.content.gsub(/^(\$|&gt;) (.*)$/, '<prompt>\1</prompt> <userinput>\2</userinput>')
    screen = "<screen#{common_attributes(node.id)}>#{lines}</screen>"
    node.title? ? "<formalpara><title>#{node.title}</title><para>#{screen}</para></formalpara>" : screen
  end

  # One that was made is a file beside the pages, in the folder that
  # -a pictures names.
  def convert_image(node)
    picture = Pictures.made[node]
    return super unless picture
    return '' if picture.is_a?(String) # Checks says why

    file = Pictures.write(node, node.document.attr('pictures'))
    %(<figure#{common_attributes(node.id)} role="picture"><title>#{node.captioned_title}</title>
<mediaobject><imageobject><imagedata fileref="pictures/#{File.basename(file)}"/></imageobject>
<textobject><phrase>#{CGI.escapeHTML(picture.story)}</phrase></textobject></mediaobject></figure>)
  end

  # A chapter without a number stands before or behind the others.
  def convert_section(node)
    return super unless node.level == 1 && !node.numbered

    super.sub(/\A<chapter/, '<preface').sub(%r{</chapter>\z}, '</preface>')
  end

  # A paragraph cannot hold the entries of the ledger.
  def convert_open(node)
    node.role?('ledger') ? node.content : super
  end

  def convert_dlist(node)
    node.style = nil if node.style == 'horizontal'
    super
  end

  def convert_inline_anchor(node)
    role = node.attributes['role']
    note = { 'claim' => 'Proved: see the evidence', 'fig' => 'Measured: see the evidence' }[role]
    picture = node.document.catalog[:refs][node.attributes['refid']]
    if node.type == :xref && node.text.nil? && Pictures.made.key?(picture)
      return %(<link linkend="#{picture.id}">#{picture.xreftext(node.document.attr('xrefstyle'))}</link>)
    end
    return super unless node.type == :xref && note

    %(<link linkend="#{node.attributes['refid']}" role="#{role}" xl:title="#{note}">#{node.text}</link>)
  end
end
