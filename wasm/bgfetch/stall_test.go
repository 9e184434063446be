package bgfetch

import (
	"testing"
	"time"
)

const week = 7 * 24 * time.Hour

// ticks counts tries at these times after the first one.
func ticks(giveUpAfter time.Duration, times ...time.Duration) time.Duration {
	var s Stall
	begun := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	stalled := s.Failed(begun, giveUpAfter)
	for _, at := range times {
		stalled = s.Failed(begun.Add(at), giveUpAfter)
	}
	return stalled
}

func TestStall(t *testing.T) {
	for name, test := range map[string]struct {
		giveUpAfter time.Duration
		times       []time.Duration
		want        time.Duration
	}{
		"the first try":                     {week, nil, 0},
		"tries":                             {week, []time.Duration{time.Minute, 6 * time.Minute}, 6 * time.Minute},
		"nobody tried for a month":          {week, []time.Duration{time.Minute, 30 * 24 * time.Hour}, time.Minute + 24*time.Hour},
		"nobody tried, and little patience": {time.Hour, []time.Duration{24 * time.Hour}, 10 * time.Minute},
		"a clock set forward by a year":     {week, []time.Duration{time.Minute, 365 * 24 * time.Hour}, time.Minute + 24*time.Hour},
		"a clock set back by a year":        {week, []time.Duration{time.Minute, -365 * 24 * time.Hour, -365*24*time.Hour + time.Minute}, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ticks(test.giveUpAfter, test.times...); got != test.want {
				t.Errorf("%v without progress, want %v", got, test.want)
			}
		})
	}
}

// Whatever is done to the clock, so many tries are enough, and one is not.
func TestStallEnds(t *testing.T) {
	for name, jump := range map[string]time.Duration{"back": -400 * 24 * time.Hour, "forward": 400 * 24 * time.Hour} {
		var s Stall
		now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
		tries := 0
		for ; s.Failed(now, week) < week; tries++ {
			if now = now.Add(5 * time.Minute); tries%100 == 50 {
				now = now.Add(jump)
			}
			if tries > 5000 {
				t.Fatalf("%s: %d tries are not enough", name, tries)
			}
		}
		if tries < 500 {
			t.Errorf("%s: given up after %d tries", name, tries)
		}
	}
}

func TestPatience(t *testing.T) {
	p := DefaultRetryPolicy
	for _, test := range []struct {
		stalled, low, high time.Duration
	}{
		{0, 30 * time.Second, time.Minute},
		{59 * time.Minute, 30 * time.Second, time.Minute},
		{time.Hour, 150 * time.Second, 5 * time.Minute},
		{week - time.Second, time.Second, time.Second + time.Millisecond},
	} {
		for range 100 {
			if d := p.PatientWait(1000, test.stalled); d < test.low || d > test.high {
				t.Errorf("after %v it waits for %v", test.stalled, d)
			}
		}
	}
	p.MaxUnreachable, p.MaxStatusRetries = 50, 0
	for _, answered := range []bool{false, true} {
		if p.UnreachableTries(answered) != 50 || p.StatusTries(answered) != 0 {
			t.Error("a count that is set does not hold")
		}
	}
}
