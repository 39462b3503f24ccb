# frozen_string_literal: true

require 'json'

# What the tests say and what their runs saw, read once:
#
#   claims   the tests in tests/claims/*.bats: name -> sentence, file
#   seen     book/evidence.json, the accepted evidence: name -> entry
#
# An entry has "sentence", "ran" (commands) and "on": for each kernel
# ("Linux 6.1.192") its "date" and "saw" (figure -> value, unit, for a
# measured time also predicted).
module Evidence
  ROOT = File.expand_path('../..', __dir__)
  Claim = Struct.new(:name, :sentence, :file)

  TEST = /^@test "([a-z0-9-]+): (.*)" \{$/

  def self.claims
    @claims ||= Dir[File.join(ROOT, 'tests/claims/*.bats')].sort.flat_map do |path|
      File.read(path).scan(TEST).map { |name, sentence| Claim.new(name, sentence, path.delete_prefix("#{ROOT}/")) }
    end.to_h { |claim| [claim.name, claim] }
  end

  def self.seen
    @seen ||= JSON.parse(File.read(File.join(ROOT, 'book/evidence.json')))
  end

  # The paragraphs of book/theme/imprint.txt, with its {names} filled in.
  def self.imprint
    File.read(File.join(ROOT, 'book/theme/imprint.txt')).gsub(/\{(\w+)\}/) { public_send(Regexp.last_match(1)) }.split(/\n+/)
  end

  # Every kernel of the evidence as one text, and the newest day of it.
  def self.kernels
    names = seen.values.flat_map { |entry| entry['on'].keys }.uniq.sort_by { |name| version(name) }
    [names[0...-1].join(', '), names.last].reject(&:empty?).join(' and ')
  end

  def self.date
    seen.values.flat_map { |entry| entry['on'].values }.map { |run| run['date'] }.max
  end

  # What a kernel saw, or else what the newest one saw.
  def self.on(entry, kernel = nil)
    entry['on'][kernel] || entry['on'].max_by { |name, _| version(name) }.last
  end

  # The day of the last run.
  def self.newest
    seen.values.flat_map { |entry| entry['on'].values.map { |run| run['date'] } }.max
  end

  # "Linux 6.1.192" as something to sort by.
  def self.version(kernel)
    kernel.scan(/\d+/).map(&:to_i)
  end

  # The text of fig:CLAIM.FIGURE[FORM], or nil if there is no such figure.
  # FORM "clock" writes seconds as 2 h 11 min 15 s; "predicted" is what a
  # measured time was predicted to be.
  def self.figure(target, form)
    claim, name = target.split('.', 2)
    return nil unless seen.key?(claim) && (figure = on(seen[claim])['saw'][name])
    return clock(Integer(figure['value'])) if form == 'clock' && figure['unit'] == 's'

    value = { '' => figure['value'], 'predicted' => figure['predicted'] }[form.to_s]
    [value, figure['unit']].compact.join(' ') if value
  end

  def self.clock(seconds)
    parts = [[seconds / 3600, 'h'], [seconds / 60 % 60, 'min'], [seconds % 60, 's']]
    parts.reject { |count, _| count.zero? }.map { |count, unit| "#{count} #{unit}" }.join(' ')
  end
end
