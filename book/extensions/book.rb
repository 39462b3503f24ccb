# frozen_string_literal: true

# All that this book adds to Asciidoctor:
#   evidence  what the tests claim and what their runs saw
#   macros    claim:, fig:, chosen:, quoted:, ledger::
#   forms     form::, calculator::
#   tools     tools::
#   defaults  defaults::
#   pictures  sequence::, timeline::, countdown::, moments::
#   checks    what must be true of the text, or the render fails
#   pages     the site, one page a chapter
require 'asciidoctor'
require_relative 'evidence'
require_relative 'macros'
require_relative 'pictures'
require_relative 'checks'
require_relative 'forms'
require_relative 'tools'
require_relative 'defaults'
require_relative 'pages'
