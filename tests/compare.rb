# frozen_string_literal: true

# The one rule by which a run is compared with what was accepted.
# Transcripts (tests/replay) and evidence (tests/evidence) both use it.
#
# A time that was measured stands beside its prediction, in seconds:
# "after 4.1 s, predicted 4 s". It is in time when
#
#     predicted <= measured <= 1.25 * predicted + 0.5 s * TIME_SCALE
#
# Kernel timers are never early. They may be late by an eighth (the
# granularity of the timer wheel, kernel/time/timer.c), and a busy
# machine adds its own delay; TIME_SCALE (default 1) widens that part
# for slow machines, emulators and valgrind, but not for what was
# accepted. Everything else is compared to the letter.
module Compare
  TIMED = /after (\d+(?:\.\d+)?) s, predicted (\d+(?:\.\d+)?) s/

  FACTOR = 1.25
  SLACK = 0.5 # s

  # The seconds that may be added here; a bad value is an error by name.
  def self.slack
    text = ENV.fetch('TIME_SCALE', '1')
    scale = Float(text, exception: false)
    abort "TIME_SCALE '#{text}': not a number above 0" unless scale&.positive?
    SLACK * scale
  end

  def self.latest(predicted, slack = self.slack)
    (FACTOR * predicted + slack).round(2)
  end

  def self.in_time?(measured, predicted, slack = self.slack)
    measured.between?(predicted, latest(predicted, slack))
  end

  # One line as it is compared: times that are in time become equal,
  # the others say so. `who` tells the accepted line from the run's, so
  # that two late times never look the same.
  def self.normalise(line, who, slack = self.slack)
    line.gsub(TIMED) do |found|
      measured, predicted = Regexp.last_match(1).to_f, Regexp.last_match(2).to_f
      shown = Regexp.last_match(2)
      if in_time?(measured, predicted, slack)
        "after <in time> s, predicted #{shown} s"
      else
        "#{found} <#{who}: allowed is #{shown} to #{latest(predicted, slack)} s>"
      end
    end
  end
end
