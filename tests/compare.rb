# frozen_string_literal: true

# The one rule by which a run is compared with what was accepted.
# Transcripts (tests/replay) and evidence (tests/evidence) both use it.
#
# A time that was measured stands beside its prediction, in seconds:
# "after 4.1 s, predicted 4 s". It is in time when
#
#     predicted <= measured <= 1.25 * predicted + 0.5 * TIME_SCALE
#
# Kernel timers are never early. They may be late by an eighth (the
# granularity of the timer wheel, kernel/time/timer.c), and a busy
# machine adds its own delay; TIME_SCALE (default 1) widens that part
# for slow machines, emulators and valgrind. Everything else is compared
# to the letter.
module Compare
  TIMED = /after (\d+(?:\.\d+)?) s, predicted (\d+(?:\.\d+)?) s/

  # The seconds that TIME_SCALE adds; a bad value is an error by name.
  def self.slack
    text = ENV.fetch('TIME_SCALE', '1')
    scale = Float(text, exception: false)
    abort "TIME_SCALE '#{text}': not a number above 0" unless scale&.positive?
    0.5 * scale
  end

  def self.latest(predicted)
    (1.25 * predicted + slack).round(2)
  end

  def self.in_time?(measured, predicted)
    measured.between?(predicted, latest(predicted))
  end

  # One line as it is compared: times that are in time become equal,
  # the others say so. `who` tells the accepted line from the run's, so
  # that two late times never look the same.
  def self.normalise(line, who)
    line.gsub(TIMED) do |found|
      measured, predicted = Regexp.last_match(1).to_f, Regexp.last_match(2).to_f
      shown = Regexp.last_match(2)
      if in_time?(measured, predicted)
        "after <in time> s, predicted #{shown} s"
      else
        "#{found} <#{who}: allowed is #{shown} to #{latest(predicted)} s>"
      end
    end
  end
end
