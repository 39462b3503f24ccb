# frozen_string_literal: true

# Compares each picture of the book with what it was made from, by a
# reading of its own, and prints a line for each: "ID KIND ok", or what is
# not as it was.
#
# usage: pictured.rb ROOT FILE.html...
require 'cgi'
require 'json'
root, *pages = ARGV
html = pages.map { |page| File.read(page) }.join

# What the chapters ask for: id, title, kind, source.
wanted = Dir["#{root}/book/chapters/*.adoc"].sort.flat_map do |chapter|
  File.read(chapter).scan(/^\[#([\w-]+)\]\n\.(.+)\n(sequence|timeline|countdown|moments)::(\S+)\[\]$/)
end
stray = html.scan(/<figure class="picture" id="([^"]*)"/).flatten - wanted.map(&:first)
stray.each { |id| puts "#{id} is asked for in no chapter" }

def texts(svg)
  svg.scan(%r{<text(?: class="([^"]*)")? [^>]*>(.*?)</text>}).map { |classes, text| [classes.to_s.split, CGI.unescapeHTML(text)] }
end

def crosses(svg)
  svg.scan(/l9 9m0 -9l-9 9/).length
end

# What stands in one row: a segment's label and whether it was lost.
def sequence(lines, svg)
  cut = []
  lines.grep(/after \S+ (?:unplug|power-off|plug|power-on) /) do |line|
    at, verb = line.match(/after (\S+) (\S+)/).captures
    cut << [at.to_f, %w[unplug power-off].include?(verb)]
  end
  lost = 0
  labels = lines.grep(/^ *\d+ s  \w+ > /).map do |line|
    words = line.split
    at = words[0].to_f
    lost += 1 if cut.select { |time, _| time <= at }.map(&:last).last
    flags = words[5...words.index('seq')].join(' ')
    seq, ack, bytes = %w[seq ack].map { |name| words[words.index(name) + 1] if words.index(name) } << words[words.index('bytes') - 1]
    what = words[(words.index('bytes') + 1)..].join(' ')
    if what =~ /probe/ then "#{what}, seq #{seq}"
    elsif what == 'answer' then "answer, ack #{ack}"
    elsif bytes.to_i.positive? then "#{bytes} byte#{'s' if bytes != '1'}#{", #{what}" unless what.empty?}"
    else { 'FIN ACK' => 'FIN', 'RST ACK' => 'RST' }.fetch(flags, flags)
    end
  end
  times = lines.filter_map { |line| line[/^ *(\d+) s  \w+ >/, 1] || line[/^(?:> )?after (\S+) /, 1] || line[/^>.* --close-at (\S+)/, 1] }
  shown = texts(svg)
  { 'labels' => [labels, shown.select { |c, _| c.include?('middle') && (c & %w[strong slant] != ['strong'] || c.include?('lost')) && !c.include?('slant') }.map(&:last)],
    'times' => [times.map { |time| "#{time} s" }.uniq.sort_by(&:to_f), shown.select { |c, _| c == %w[soft end] }.map(&:last)],
    'lost ones' => [lost, crosses(svg)] }
end

def timeline(lines, svg)
  idle, interval, count = lines.join("\n")[/keepalive on: (.*)/, 1].scan(/\d+/).map(&:to_i)
  what, after, predicted = lines.join("\n").match(/^(timed out|reset) after ([\d.]+) s, predicted (\d+) s/).captures
  probes = (0...count).map { |i| idle + i * interval }.select { |at| what == 'reset' ? at <= predicted.to_i : at < predicted.to_i }
  shown = texts(svg).map(&:last)
  { 'probes' => [probes.length, svg.scan('<path class="probe solid"').length],
    'end' => [[true, true], [shown.include?("#{after} s"), shown.any? { |text| text.end_with?(what) }]],
    'idle time' => [true, shown.include?("idle time #{idle} s")] }
end

def countdown(lines, svg)
  rows = lines.grep(/^ +\d+\.\d s  \w+ /).map { |line| line.split }
  sent = rows.map { |row| row.last.to_i }
  unanswered = rows.map { |row| row[-2].to_i }
  grown = (1...rows.length).select { |i| sent[i] > sent[i - 1] }
  lost = grown.count { |i| unanswered[i] > unanswered[i - 1] }
  shown = texts(svg)
  { 'times' => [rows.map(&:first), shown.filter_map { |c, text| text[/^\d+\.\d/] if c == %w[middle soft] }],
    'bars' => [rows.count { |row| row[3] != '-' && row[2] == 'keepalive' || row[3] =~ /\d/ && row[4] == 's' }, svg.scan('class="thick"').length],
    'answered' => [grown.length - lost, svg.scan('<path class="probe solid"').length],
    'unanswered' => [lost, crosses(svg)] }
end

def moments(saw, svg)
  points = saw.keys.grep(/-set$/).map { |name| "User timeout #{(saw[name]['value'].to_i / 1000.0).to_s.sub(/\.0$/, '')} s: ended after #{saw[name.sub('-set', '')]['value']} s" }
  story = svg[%r{<desc[^>]*>(.*?)</desc>}, 1]
  { 'points' => [points.length, svg.scan('<path class="probe solid"').length], 'told' => [points.sort, story.scan(/User timeout .*?: ended after \S+ s/).sort] }
end

wanted.each do |id, title, kind, source|
  figure = html[%r{<figure class="picture" id="#{id}">.*?</figure>}m]
  next puts "#{id} is on no page" unless figure

  lines = source.end_with?('.transcript') ? File.readlines("#{root}/#{source}", chomp: true) : JSON.parse(File.read("#{root}/book/evidence.json"))[source]['on'].values.last['saw']
  compared = send(kind, lines, figure)
  compared['title'] = [title, figure[%r{<title id="#{id}-title">(.*?)</title>}, 1]]
  compared['text alternative'] = [true, figure.match?(%r{role="img" aria-labelledby="#{id}-title #{id}-story".*<desc id="#{id}-story">[^<]{40,}</desc>}m)]
  compared['source'] = [true, figure.include?(source)]
  differ = compared.reject { |_, (want, got)| want == got }
  differ.each { |what, (want, got)| puts "#{id}: #{what} #{got.inspect}, not #{want.inspect}" }
  puts "#{id} #{kind} ok" if differ.empty?
end
