// Package pace finds out, by measuring, how many requests at a time move a body fastest.
package pace

import "time"

// Pacer decides how many parts of a record are worth having. Several connections
// help where each of them is limited and the whole way is not: so it begins with
// one, doubles them as long as that brings clearly more, and goes back when it
// does not. Of a small body there is none: nil stands for one part at a time.
type Pacer struct {
	policy Policy
	max    int
	target int
	// speed is the throughput of the last window, of all parts, in bytes per second;
	// 0 before there was one. parts is how many brought it.
	speed float64
	parts int
	// best is the throughput with fewer parts, bestParts, which more have to beat.
	best      float64
	bestParts int
	// doubts counts the windows in a row in which more did not bring more. With
	// paceDoubts of them it is decided.
	doubts  int
	decided bool

	// The window under way: its begin, its number of parts, what came in it.
	since                 time.Time
	running               int
	bytes, segments, full int64
}

// paceSegments is how many segments each part must have brought in a window,
// paceDoubts how many windows in a row decide.
const (
	paceSegments = 2
	paceDoubts   = 2
)

// New makes a pacer that wants no more than limit parts.
func New(policy Policy, limit int) *Pacer {
	return &Pacer{policy: policy, max: limit, target: 1}
}

// Begin starts the measuring anew: with another attempt, or other parts.
func (p *Pacer) Begin() {
	if p != nil {
		p.since = time.Time{}
	}
}

// Wants is how many parts there should be.
func (p *Pacer) Wants() int {
	if p == nil {
		return 1
	}
	return p.target
}

// Segment counts bytes that came at the time now to one of the running parts. full: as
// many as there could be, so that they probably waited for us.
func (p *Pacer) Segment(now time.Time, length int64, full bool, running int) {
	if p == nil {
		return
	}
	if p.since.IsZero() || running != p.running {
		// What the first segment took is not known.
		p.since, p.running, p.bytes, p.segments, p.full = now, running, 0, 0, 0
		return
	}
	p.bytes += length
	p.segments++
	if full {
		p.full++
	}
	took := now.Sub(p.since)
	if took < p.policy.Window || p.segments < paceSegments*int64(running) {
		return
	}
	p.measured(float64(p.bytes)/took.Seconds(), running, 2*p.full > p.segments)
	p.since, p.bytes, p.segments, p.full = now, 0, 0, 0
}

// measured judges the throughput of a window. storing: it is storing that takes the
// time, not the network.
func (p *Pacer) measured(speed float64, parts int, storing bool) {
	p.speed, p.parts = speed, parts
	if p.decided {
		return
	}
	if parts > p.bestParts && p.bestParts > 0 {
		if speed < p.best*(1+p.policy.Gain*(float64(parts)/float64(p.bestParts)-1)) {
			if p.doubts++; p.doubts == paceDoubts {
				p.decided, p.target = true, p.bestParts
			}
			return
		}
	}
	p.doubts = 0
	p.best, p.bestParts = speed, parts
	if !storing {
		p.target = min(p.max, 2*parts)
	}
}

// Limit is told that there cannot be more parts than n.
func (p *Pacer) Limit(n int) {
	if p == nil {
		return
	}
	p.max = max(1, n)
	p.target, p.decided = min(p.target, p.max), true
}

// PerPart is what one part brings, in bytes per second; 0 where that is not known.
func (p *Pacer) PerPart() float64 {
	if p == nil || p.parts == 0 {
		return 0
	}
	return p.speed / float64(p.parts)
}
