<?xml version="1.0" encoding="UTF-8"?>
<!-- DocBook to EPUB 3: Debian's stylesheets, and what we want otherwise. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:d="http://docbook.org/ns/docbook"
    xmlns:epub="http://www.idpf.org/2007/ops"
    xmlns="http://www.w3.org/1999/xhtml"
    exclude-result-prefixes="d epub">
  <xsl:import href="http://docbook.sourceforge.net/release/xsl-ns/current/epub3/chunk.xsl"/>

  <xsl:param name="chunk.quietly" select="1"/>
  <xsl:param name="epub.include.ncx" select="0"/>
  <xsl:param name="epub.include.metadata.dcterms" select="0"/>
  <xsl:param name="epub.cover.linear" select="1"/>
  <xsl:param name="runinhead.default.title.end.punct"/>
  <xsl:param name="css.decoration" select="0"/>
  <xsl:param name="table.borders.with.css" select="0"/>
  <xsl:param name="chunk.section.depth" select="0"/>
  <xsl:param name="use.id.as.filename" select="1"/>
  <xsl:param name="generate.id.attributes" select="1"/>
  <xsl:param name="generate.consistent.ids" select="1"/>
  <xsl:param name="docbook.css.source"/>
  <xsl:param name="html.stylesheet">epub.css</xsl:param>
  <xsl:param name="callout.graphics" select="0"/>
  <xsl:param name="callout.unicode" select="1"/>
  <xsl:param name="callout.list.table" select="0"/>
  <xsl:param name="section.autolabel" select="1"/>
  <xsl:param name="section.label.includes.component.label" select="1"/>
  <xsl:param name="generate.toc">book toc,title</xsl:param>
  <xsl:param name="toc.section.depth" select="1"/>

  <!-- An entry of the ledger is its sentence, without a number; a picture
       has its number in its title. -->
  <xsl:param name="local.l10n.xml" select="document('')"/>
  <l:i18n xmlns:l="http://docbook.sourceforge.net/xmlns/l10n/1.0">
    <l:l10n language="en">
      <l:context name="title"><l:template name="example" text="%t"/><l:template name="figure" text="%t"/></l:context>
    </l:l10n>
  </l:i18n>

  <!-- The mark of a claim, and a figure, say what they lead to. -->
  <xsl:template match="d:link[@role]">
    <a class="{@role}" title="{@*[local-name() = 'title']}">
      <xsl:attribute name="href">
        <xsl:call-template name="href.target">
          <xsl:with-param name="object" select="key('id', @linkend)"/>
        </xsl:call-template>
      </xsl:attribute>
      <xsl:apply-templates/>
    </a>
  </xsl:template>

  <xsl:template match="processing-instruction('asciidoc-br')">
    <br/>
  </xsl:template>

  <!-- No tooltip that repeats a heading; none of the types that EPUB has
       given up; no picture is inside of a page, each is a file. -->
  <xsl:template match="*" mode="html.title.attribute"/>
  <xsl:template match="d:section|d:orderedlist|d:itemizedlist|d:variablelist|d:listitem|d:note|d:tip|d:important|d:caution|d:warning" mode="epub.type"/>
  <xsl:template match="d:preface[preceding-sibling::d:chapter]" mode="epub.type">
    <xsl:attribute name="epub:type">appendix</xsl:attribute>
  </xsl:template>
  <xsl:template name="svg.property"/>

  <!-- The page behind the cover: title, what it is about, imprint. -->
  <xsl:template match="d:book/d:info/d:biblioid|d:book/d:info/d:author" mode="titlepage.mode"/>
  <xsl:template match="d:book/d:info/d:abstract" mode="titlepage.mode">
    <xsl:apply-templates/>
  </xsl:template>

  <!-- The rights are those of the imprint. -->
  <xsl:template match="d:legalnotice" mode="opf.metadata">
    <xsl:element name="dc:rights" namespace="http://purl.org/dc/elements/1.1/">
      <xsl:value-of select="normalize-space(d:simpara[contains(., 'licence')])"/>
    </xsl:element>
  </xsl:template>

  <!-- Contents that name every page, cover and title among them. -->
  <xsl:template name="make.toc">
    <xsl:param name="toc-context" select="."/>
    <xsl:param name="toc.title.p"/>
    <xsl:param name="nodes"/>
    <nav epub:type="toc" id="toc">
      <h2>Contents</h2>
      <ol>
        <li><a href="{$epub.cover.filename}">Cover</a></li>
        <li><a href="index.xhtml">Title page</a></li>
        <xsl:apply-templates select="$nodes" mode="toc">
          <xsl:with-param name="toc-context" select="$toc-context"/>
        </xsl:apply-templates>
      </ol>
    </nav>
    <nav epub:type="landmarks" hidden="hidden">
      <ol>
        <li><a epub:type="cover" href="{$epub.cover.filename}">Cover</a></li>
        <li><a epub:type="toc" href="#toc">Contents</a></li>
        <li>
          <a epub:type="bodymatter">
            <xsl:attribute name="href">
              <xsl:call-template name="href.target">
                <xsl:with-param name="object" select="/d:book/d:chapter[1]"/>
              </xsl:call-template>
            </xsl:attribute>
            <xsl:text>Begin reading</xsl:text>
          </a>
        </li>
      </ol>
    </nav>
  </xsl:template>

  <xsl:template name="root.attributes">
    <xsl:attribute name="lang"><xsl:value-of select="/d:book/@xml:lang"/></xsl:attribute>
    <xsl:attribute name="xml:lang"><xsl:value-of select="/d:book/@xml:lang"/></xsl:attribute>
  </xsl:template>

  <!-- A namespace is declared where it is used. -->
  <xsl:template name="all.namespaces"/>
</xsl:stylesheet>
