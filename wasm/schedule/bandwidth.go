package schedule

import "time"

// limiter holds the average of what is downloaded to a rate. What has come, or was asked
// for, is a debt that is paid off at that rate; nothing is asked for before it is paid.
type limiter struct {
	rate int64 // bytes per second, 0 for no limit
	debt float64
	at   time.Time // when the debt was that
}

// owed is the debt at a time.
func (l *limiter) owed(now time.Time) float64 {
	return max(0, l.debt-float64(l.rate)*now.Sub(l.at).Seconds())
}

// spend counts bytes; less than 0 are given back.
func (l *limiter) spend(bytes int64) {
	if l.rate == 0 {
		return
	}
	now := time.Now()
	l.debt, l.at = max(0, l.owed(now)+float64(bytes)), now
}

// wait is the time until nothing is owed.
func (l *limiter) wait() time.Duration {
	if l.rate == 0 {
		return 0
	}
	return time.Duration(l.owed(time.Now()) / float64(l.rate) * float64(time.Second))
}

// setRate changes the rate. What is owed stays, so far as it is no more than a second's.
func (l *limiter) setRate(rate int64) {
	now := time.Now()
	l.debt, l.at = min(l.owed(now), float64(rate)), now
	l.rate = rate
}

// minRequest is the least that is asked for at once of a body under a limit, in bytes.
const minRequest = 64 << 10

// SetRate changes the limit of a group; 0 for none.
func (s *Scheduler) SetRate(g *Group, rate int64) { g.limit.setRate(rate) }

// Rate is the limit for the group, its own or that of all, in bytes per second; 0 where
// there is none.
func (s *Scheduler) Rate(g *Group) int64 {
	if all := s.limit.rate; all > 0 && (g.limit.rate == 0 || all < g.limit.rate) {
		return all
	}
	return g.limit.rate
}

// MayAsk is the time until the group may ask for more.
func (s *Scheduler) MayAsk(g *Group) time.Duration { return max(g.limit.wait(), s.limit.wait()) }

// spend counts bytes against all limits.
func (s *Scheduler) spend(g *Group, bytes int64) {
	g.limit.spend(bytes)
	s.limit.spend(bytes)
}

// PerRequest is how many bytes of a body are asked for at once under the limit: those of
// about a second, since a browser may read ahead of us without bound. 0: no limit.
func (s *Scheduler) PerRequest(g *Group) int64 {
	if rate := s.Rate(g); rate > 0 {
		return max(rate, minRequest)
	}
	return 0
}

// Reserve counts bytes that a job is about to bring, before others are let in. End gives
// back what it did not bring.
func (s *Scheduler) Reserve(j *Job, bytes int64) {
	j.reserved = bytes
	s.spend(j.group, bytes)
}

// Charge counts bytes that a job has brought, those that were reserved once only.
func (s *Scheduler) Charge(j *Job, bytes int64) {
	known := min(bytes, j.reserved)
	j.reserved -= known
	s.spend(j.group, bytes-known)
}

// MayRead is the time until a body that comes by one response may be read on: at once
// where what it brings was counted before.
func (s *Scheduler) MayRead(j *Job) time.Duration {
	if j.reserved > 0 {
		return 0
	}
	return s.MayAsk(j.group)
}
