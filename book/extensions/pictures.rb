# frozen_string_literal: true

require 'cgi'
require 'fileutils'
require_relative 'evidence'

# Pictures, made from accepted things alone: each is drawn anew at every
# render, with a text alternative from the same data.
#
#   [#id]
#   .The caption
#   sequence::examples/SLUG/FILE.transcript[]
#       the segments that the transcript shows (segments --clock), and
#       what was done meanwhile (after SECONDS ...)
#   timeline::examples/SLUG/FILE.transcript[]
#       how a connection was given up: idle time, probes, intervals
#   countdown::examples/SLUG/FILE.transcript[]
#       the timer of a connection, from the rows that timers printed
#   moments::CLAIM[]
#       user timeouts, and when each connection ended, from the evidence
#
# On a page the SVG stands inline, and book.css gives it its colours. For
# paper and e-readers it is a file, with its colours in it.
module Pictures
  # What cannot be drawn, and why: Checks reports it with file and line.
  class Unfit < StandardError
  end

  WIDTH = 360
  # Shapes and texts, each with its classes, which book.css and COLOURS
  # know: an SVG for a page, or one that stands alone.
  class Drawing
    COLOURS = { 'probe' => '#0b5c8a', 'lost' => '#a04a06', 'soft' => '#59616c', 'faint' => '#cfcbc2' }.freeze
    INK = '#23262b'
    SHAPE = { 'thick' => 'stroke-width="4"', 'thin' => 'stroke-width="1"', 'dashed' => 'stroke-dasharray="4 4"' }.freeze
    TEXT = { 'middle' => 'text-anchor="middle"', 'end' => 'text-anchor="end"', 'strong' => 'font-weight="bold"', 'slant' => 'font-style="italic"' }.freeze

    attr_accessor :height

    def initialize
      @parts = []
    end

    # A path through points, or of commands as SVG writes them.
    def path(classes, *points)
      @parts << [:path, classes, points.first.is_a?(String) ? points.first : "M#{points.map { |x, y| "#{short(x)} #{short(y)}" }.join('L')}"]
    end

    def text(classes, x, y, text)
      @parts << [:text, classes, %(x="#{short(x)}" y="#{short(y)}"), text]
    end

    # From one point to another, with a head.
    def arrow(classes, from, to)
      path(classes, from, to)
      back = to[0] > from[0] ? -8 : 8
      tilt = (to[1] - from[1]) / (to[0] - from[0]).abs.to_f * 8
      path("#{classes} solid", to, [to[0] + back, to[1] - tilt - 3.5], [to[0] + back, to[1] - tilt + 3.5], to)
    end

    def dot(classes, x, y)
      path("#{classes} solid", "M#{short(x - 4.5)} #{short(y)}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0")
    end

    def cross(classes, x, y)
      path(classes, "M#{short(x - 4.5)} #{short(y - 4.5)}l9 9m0 -9l-9 9")
    end

    def inline(id, title, story)
      body = @parts.map do |kind, classes, how, text|
        classes = %( class="#{classes}") unless classes.empty?
        kind == :path ? %(<path#{classes} d="#{how}"/>) : %(<text#{classes} #{how}>#{escape(text)}</text>)
      end
      %(<svg viewBox="0 0 #{WIDTH} #{short(height)}" role="img" aria-labelledby="#{id}-title #{id}-story"><title id="#{id}-title">#{title}</title><desc id="#{id}-story">#{escape(story)}</desc>
#{body.join("\n")}
</svg>)
    end

    def alone(title, story)
      body = @parts.map do |kind, classes, how, text|
        classes = classes.split
        colour = COLOURS.values_at(*classes).compact.first || INK
        next %(<text #{how} fill="#{colour}" #{TEXT.values_at(*classes).compact.join(' ')}>#{escape(text)}</text>) if kind == :text

        paint = classes.include?('solid') ? %(fill="#{colour}") : %(fill="none" stroke="#{colour}")
        %(<path d="#{how}" #{paint} #{SHAPE.values_at(*classes).compact.join(' ')}/>)
      end
      %(<svg xmlns="http://www.w3.org/2000/svg" width="#{WIDTH}" height="#{short(height)}" viewBox="0 0 #{WIDTH} #{short(height)}"><title>#{title}</title><desc>#{escape(story)}</desc>
<rect width="#{WIDTH}" height="#{short(height)}" fill="#ffffff"/>
<g font-family="sans-serif" font-size="13" stroke-width="1.3" stroke-linecap="round">
#{body.join("\n")}
</g>
</svg>
)
    end

    private

    def short(number)
      number.round(1).to_s.delete_suffix('.0')
    end

    def escape(text)
      CGI.escapeHTML(text).gsub('&#39;', "'")
    end
  end

  # One picture: what it was made from, its drawing, and the same in words.
  class Picture
    attr_reader :file, :claim, :drawing

    def initialize(target)
      @drawing = Drawing.new
      @story = []
      take(target)
      draw
    end

    def story
      @story.join(' ')
    end

    private

    # The lines of a transcript: what was typed, and what was printed.
    def take(target)
      path = File.join(Evidence::ROOT, target)
      raise Unfit, 'is no transcript of an example' unless target.match?(%r{\Aexamples/[\w-]+/[\w-]+\.transcript\z})
      raise Unfit, 'is not there' unless File.file?(path)

      @file = target
      typed, @printed = File.readlines(path, chomp: true).partition { |line| line.start_with?('$ ', '> ') }
      @typed = typed.map { |line| line[2..].delete_suffix("'").delete_suffix('\\') }
    end

    # What was done on the way, [seconds, host, what]: after SECONDS ...,
    # and what a server was told to do then, --close-at SECONDS.
    def events
      done = @typed.filter_map { |line| line.match(/\A\s*after ([\d.]+) (.+)/)&.captures }.map do |at, what|
        host, command = what.match(/\Aon (\w+) (?:bash -c )?"?(.*?)"?\z/)&.captures
        [at, host || what.split[1], command || what]
      end
      set = @typed.join(' ').scan(/start (\w+)\b(?:(?!start |after ).)*? --(\w+)-at ([\d.]+)/)
      (done + set.map { |host, what, at| [at, host, what] }).sort_by { |at, _| at.to_f }
    end

    OUTCOME = /\A(timed out|reset|closed by the peer|still connected) after ([\d.]+) s, predicted ([\d.]+) s(?:: (\w+))?\z/

    # The line that says how it ended.
    def outcome
      @printed.filter_map { |line| line.match(OUTCOME) }.last
    end

    def figure(number)
      number.to_s.delete_suffix('.0')
    end

    def x(seconds)
      @left + (WIDTH - @left - @right) * seconds / @last.to_f
    end
  end

  # Client on the left, server on the right, time downward.
  class Sequence < Picture
    Segment = Struct.new(:at, :from, :to, :flags, :seq, :ack, :bytes, :what)
    LINE = /\A *(\d+) s +(\w+) > (\w+) +([A-Z ]+?) +seq (\d+)(?: +ack (\d+))? +(\d+) bytes(?:  (\w.*))?\z/
    LEFT = 68
    RIGHT = 328
    ROW = 27 # of a segment
    SECOND = 13

    private

    def draw
      @segments = @printed.filter_map { |line| line.match(LINE) }.map { |found| Segment.new(*found.captures) }
      raise Unfit, 'shows no segment with its time: capture HOST --clock' if @segments.empty?

      @client = @segments.first.from
      @server = @segments.first.to
      @y = 26
      @now = 0.0
      @up = @y - 8 # from where the server's line is to be drawn
      [[LEFT, @client], [RIGHT, @server]].each { |x, name| drawing.text('middle strong', x, 13, name) }
      @story << "#{@client} on the left, #{@server} on the right, time downward."
      rows.each { |row| row.is_a?(Segment) ? segment(row) : row.is_a?(Array) ? event(*row) : ending(row) }
      server_line(@y + 10)
      drawing.path('soft thin', [LEFT, 18], [LEFT, @y + 10])
      drawing.height = @y + 12
    end

    # Segments, events and the outcome, in order.
    def rows
      rows = @segments.dup
      events.each { |event| rows.insert(rows.index { |row| row.is_a?(Segment) && row.at.to_f >= event[0].to_f } || -1, event) }
      leaves = rows.index { |row| row.is_a?(Segment) && row.from == @client && row.flags.match?(/FIN|RST/) }
      rows.insert(leaves || -1, outcome) if outcome
      rows
    end

    # Goes down, the more the longer nothing happened; says when it is.
    def pass(at, row)
      gap = at.to_f - @now
      @y += row + gap * SECOND
      if @said != at
        drawing.text('soft end', 38, @y + 4, "#{figure(at)} s")
        @story << "#{figure(at)} s:"
      end
      @said = at
      @now = at.to_f
    end

    def segment(segment)
      pass(segment.at, ROW)
      from, to = segment.from == @client ? [LEFT, RIGHT] : [RIGHT, LEFT]
      lost = @cut || @off
      kind = if lost || segment.flags.include?('RST') then 'lost'
             elsif segment.what.to_s.end_with?('probe') then 'probe'
             else ''
             end
      drawing.text("middle #{kind}#{' strong' if segment.flags.include?('RST')}".strip, (LEFT + RIGHT) / 2, @y - 6, label(segment))
      if lost
        drawing.path(kind, [from, @y], [(from + to) / 2.0 - 7 * (to <=> from), @y + 3.5])
        drawing.cross(kind, (from + to) / 2.0, @y + 4)
      else
        drawing.arrow(kind, [from, @y], [to - 2 * (to <=> from), @y + 8])
      end
      @y += 8
      @story << "#{segment.from} to #{segment.to}, #{label(segment)}#{', lost' if lost}."
    end

    def label(segment)
      return "#{segment.what}, seq #{segment.seq}" if segment.what.to_s.end_with?('probe')
      return "answer, ack #{segment.ack}" if segment.what == 'answer'
      return "#{segment.bytes} #{segment.bytes == '1' ? 'byte' : 'bytes'}#{", #{segment.what}" if segment.what}" if segment.bytes != '0'

      segment.flags.sub(/\A(FIN|RST) ACK\z/, '\1') + (segment.what ? ", #{segment.what}" : '')
    end

    # The cable is cut and mended between the two; the rest is the host's.
    def event(at, host, what)
      pass(at, 24)
      verb = what.split.first
      if %w[plug unplug].include?(verb)
        drawing.text('middle soft slant', (LEFT + RIGHT) / 2, @y - 5, what)
        drawing.path('soft thin dashed', [LEFT, @y], [RIGHT, @y])
        @cut = verb == 'unplug'
      else
        side = host.delete_suffix('6') == @client.delete_suffix('6') ? LEFT : RIGHT
        drawing.text("soft slant#{' end' if side == RIGHT}", side + (side == RIGHT ? -12 : 12), @y + 4, what)
        server_line(@y)
        drawing.dot('soft', side, @y)
        @off = verb == 'power-off' if verb.start_with?('power')
        @frozen = verb == 'freeze' if %w[freeze thaw].include?(verb)
      end
      @story << "#{what.include?(host) ? what : "#{host}: #{what}"}."
    end

    # The server's line so far: none while it is off, broken while its
    # programs stand still.
    def server_line(y)
      drawing.path("soft thin#{' dashed' if @frozen}", [RIGHT, @up], [RIGHT, y]) unless @off
      @up = y
    end

    def ending(outcome)
      @y += 22
      said = [outcome[1], outcome[4]].compact.join(': ')
      drawing.text('soft slant', LEFT + 12, @y + 2, said)
      drawing.dot('soft', LEFT, @y - 2)
      @story << "#{@client}: #{said}."
    end
  end

  # How a silent peer is given up: idle time, probes, intervals.
  class Timeline < Picture
    private

    def draw
      idle, interval, count = @printed.filter_map { |line| line.match(/keepalive on: (\d+) s, (\d+) s, (\d+)\z/) }.last&.captures&.map(&:to_i)
      raise Unfit, 'does not say with which values keepalive was on' unless idle
      raise Unfit, 'does not say that a connection timed out or was reset' unless outcome && ['timed out', 'reset'].include?(outcome[1])

      predicted = outcome[3].to_f
      probes = (0...count).map { |i| idle + i * interval }.select { |at| outcome[1] == 'reset' ? at <= predicted : at < predicted }
      unless [*probes, *(probes.last + interval if probes.any? && outcome[1] == 'timed out')].last == predicted
        raise Unfit, "was predicted to end after #{outcome[3]} s, which is no moment of a probe"
      end

      @left = 12
      @right = 20
      @last = [outcome[2].to_f, predicted].max
      drawing.height = 118
      axis(outcome)
      span(0, idle, "idle time #{idle} s")
      [*probes, predicted].uniq(&:to_f).each_cons(2) { |from, to| span(from, to, "interval #{figure(to - from)} s") }
      marks(probes, outcome)
    end

    def axis(outcome)
      drawing.path('soft thin', [x(0), 62], [x(@last), 62])
      drawing.dot('soft', x(0), 62)
      drawing.cross('lost', x(outcome[2].to_f), 62)
    end

    # How long something took, over the axis.
    def span(from, to, text)
      room = x(to) - x(from)
      drawing.path('soft thin', "M#{(x(from) + 2).round(1)} 28v8h#{(room - 4).round(1)}v-8")
      words = [text, text[/\S+ s\z/], nil].find { |words| words.nil? || words.length * 6.6 < room }
      drawing.text('middle', x(from) + room / 2, 20, words) if words
    end

    def marks(probes, outcome)
      last = "#{outcome[2]} s"
      drawing.text('', 2, 88, '0 s')
      drawing.text('soft', 2, 106, 'last word')
      probes.each_with_index do |at, i|
        drawing.path('probe', [x(at), 46], [x(at), 69])
        drawing.path('probe solid', "M#{x(at).round(1)} 74l-4 -8h8z")
        next if x(@last) - x(at) < 40 || (i.positive? && x(at) - x(probes[i - 1]) < 40)

        drawing.text('middle', x(at), 88, "#{figure(at)} s")
        drawing.text('middle probe', x(at), 106, 'probe')
      end
      drawing.text('end', WIDTH - 2, 88, last)
      drawing.text('end lost', WIDTH - 2, 106, probes.last == outcome[3].to_f ? "probe, #{outcome[1]}" : outcome[1])
      @story << "0 s: last word of the peer. #{probes.map { |at| "#{figure(at)} s: probe." }.join(' ')} #{last}: #{outcome[1]}, predicted #{outcome[3]} s."
    end
  end

  # The time left on a connection's timer, against the time; and when a
  # probe left.
  class Countdown < Picture
    Row = Struct.new(:at, :timer, :within, :silence, :unacked, :unanswered, :sent)
    LINE = /\A +([\d.]+) s  (\w+) +(\d+ s|-) +(\d+) +(\d+) +(\d+) +(\d+)\z/
    TOP = 46
    FLOOR = 136
    PROBES = [186, 206].freeze # where those stand that were answered, and the others

    private

    def draw
      @rows = @printed.filter_map { |line| line.match(LINE) }.map { |found| Row.new(found[1].to_f, found[2], found[3].to_i, *found.captures[3..].map(&:to_i)) }
      raise Unfit, 'has no row that timers printed' if @rows.empty?

      @left = 88
      @right = 8
      @end = @printed.filter_map { |line| line[/\A(?:recv|send): (\w+)\z/, 1] }.last
      @last = @rows.last.at + 0.6
      @most = @rows.map(&:within).max
      drawing.height = PROBES.last + 12
      axes
      events.each { |at, _, what| moment('soft', at.to_f, what) }
      @rows.each { |row| bar(row) }
      @rows.each_cons(2) { |before, row| probe((before.at + row.at) / 2, row.unanswered > before.unanswered) if row.sent > before.sent }
      moment('lost', @rows.last.at + 0.5, @end) if @end
      @story.sort_by!.with_index { |(at, _), i| [at, i] }.map!(&:last)
    end

    def y(seconds)
      FLOOR - (FLOOR - TOP) * seconds / @most.to_f
    end

    def axes
      (0..@most).each do |seconds|
        drawing.path(seconds.zero? ? 'soft thin' : 'faint thin', [@left - 6, y(seconds)], [WIDTH - 4, y(seconds)])
        drawing.text('soft end', @left - 12, y(seconds) + 4, "#{seconds} s")
      end
      drawing.text('soft', 2, 12, 'left on the timer, at most')
      @rows.each { |row| drawing.text('middle soft', x(row.at), FLOOR + 18, "#{figure(row.at)}#{' s' if row == @rows.last}") }
      drawing.text('soft', 2, PROBES[0] + 4, 'answered')
      drawing.text('soft', 2, PROBES[1] + 4, 'unanswered')
      drawing.text('soft', 2, PROBES[0] - 16, 'probes')
    end

    def bar(row)
      @story << [row.at, "#{figure(row.at)} s: #{row.timer == 'keepalive' ? "the timer fires within #{row.within} s" : "the timer is #{row.timer}"}."]
      drawing.path('thick', [x(row.at), FLOOR - 2], [x(row.at), y(row.within) + 2]) unless row.within.zero?
    end

    # What happened between two rows stands midway.
    def probe(at, lost)
      lost ? drawing.cross('lost', x(at), PROBES[1]) : drawing.dot('probe', x(at), PROBES[0])
      @story << [at, "Then a probe, #{lost ? 'unanswered' : 'answered'}."]
    end

    def moment(kind, at, what)
      drawing.path("#{kind} thin dashed", [x(at), TOP - 8], [x(at), PROBES.last + 8])
      drawing.text("#{x(at) > WIDTH - 50 ? 'end' : 'middle'} slant #{kind}", [x(at) + (x(at) > WIDTH - 50 ? 12 : 0), WIDTH - 2].min, TOP - 13, what)
      @story << [at, kind == 'soft' ? "#{figure(at)} s: #{what}." : "Then #{what}."]
    end
  end

  # User timeouts, and the moments at which the connections ended.
  class Moments < Picture
    Point = Struct.new(:set, :ended, :predicted)
    TOP = 28
    FLOOR = 204

    private

    def take(claim)
      raise Unfit, 'is a claim without accepted evidence' unless Evidence.seen.key?(claim)

      @claim = claim
      saw = Evidence.on(Evidence.seen[claim])['saw']
      @points = saw.filter_map do |name, figure|
        set = saw["#{name}-set"]
        Point.new(set['value'].to_i / 1000.0, figure['value'].to_f, figure['predicted'].to_i) if set && figure['predicted']
      end.sort_by(&:set)
      raise Unfit, 'has no times that were predicted, with what was set: NAME and NAME-set' if @points.empty?
    end

    def draw
      @left = 46
      @right = 14
      @first = [@points.first.set, @points.first.predicted].min.floor
      @last = @points.map { |point| [point.set, point.predicted].max }.max + 0.3
      drawing.height = FLOOR + 46
      axes
      @points.each do |point|
        drawing.path('soft thin dashed', [x(point.set), y(point.set)], [x(point.set), y(point.ended)]) if point.predicted > point.set
        drawing.dot('probe', x(point.set), y(point.ended))
        @story << "User timeout #{figure(point.set)} s: ended after #{point.ended} s, predicted #{point.predicted} s."
      end
    end

    def x(seconds)
      @left + 14 + (WIDTH - @left - 14 - @right) * (seconds - @first) / (@last - @first)
    end

    def y(seconds)
      FLOOR - (FLOOR - TOP) * (seconds - @first + 0.3) / (@last - @first + 0.3)
    end

    def axes
      (@first..@last.floor).each do |second|
        drawing.path('faint thin', [@left, y(second)], [WIDTH - 4, y(second)]) if @points.any? { |point| point.predicted == second }
        drawing.text('soft end', @left - 6, y(second) + 4, "#{second} s")
        drawing.path('soft thin', [x(second), FLOOR], [x(second), FLOOR + 5])
        drawing.text('middle soft', x(second), FLOOR + 19, "#{second} s")
      end
      drawing.path('soft thin', [@left, TOP], [@left, FLOOR], [WIDTH - 4, FLOOR])
      drawing.path('soft thin dashed', [x(@first), y(@first)], [x(@last), y(@last)])
      drawing.text('soft slant', x(@first + 0.4) + 6, y(@first + 0.4) + 14, 'as set')
      drawing.text('soft', 2, 14, 'ended after')
      drawing.text('soft end', WIDTH - 2, FLOOR + 38, 'user timeout')
    end
  end

  class << self
    # The pictures of this book, by their blocks.
    def made
      @made ||= {}.compare_by_identity
    end

    # The SVG files in a folder, for the forms that want files: its name.
    def write(block, folder)
      drawing = made[block].drawing
      FileUtils.mkdir_p(folder)
      file = File.join(folder, "#{block.id}.svg")
      File.write("#{file}.#{Process.pid}", drawing.alone(block.title, made[block].story))
      File.rename("#{file}.#{Process.pid}", file)
      file
    end
  end

  # What the four macros do alike. A picture that cannot be drawn is kept
  # as the reason why.
  class Macro < Asciidoctor::Extensions::BlockMacroProcessor
    use_dsl

    def process(parent, target, attributes)
      picture = begin
        Pictures.const_get(name.to_s.capitalize).new(target)
      rescue Unfit => e
        "#{name}::#{target}[] #{e.message}"
      end
      block = create_image_block(parent, attributes.merge('target' => "#{attributes['id']}.svg", 'alt' => '', 'role' => 'picture'))
      Pictures.made[block] = picture
      block
    end
  end

  Asciidoctor::Extensions.register do
    %i[sequence timeline countdown moments].each do |name|
      block_macro Class.new(Macro) { named name }
    end
  end
end
