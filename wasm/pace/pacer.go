// Package pace finds out, by measuring, how many requests at a time move a body fastest, and how
// much each of them should bring.
package pace

import (
	"slices"
	"time"
)

// Pacer decides how many parts of a record are worth having. Several connections
// help where each of them is limited and the whole way is not. It begins with one. Once that
// is steady, small parts are added, one after the other, until they have proved to be a gain of
// the network, or brought as much as they may without. Then the parts are doubled as long as that brings
// clearly more, and go back when it does not. Of a small body there is none: nil stands for
// one part at a time.
type Pacer struct {
	policy Policy
	max    int
	target int
	// proved: additional parts have been a gain. unproved is how many bytes they may still
	// bring before, probe how many each, begun how many of them there were in a row.
	proved          bool
	unproved, probe int64
	begun           int
	// short says whether a segment has ended since the target became larger: those that follow are
	// short, so that what comes during a small part can be measured.
	short bool
	// received: a part was received hardly faster than it was read, so it is the network that
	// takes the time. late counts those in a row that were received much faster.
	received bool
	late     int
	// best is the throughput of bestParts parts, in bytes per second, which more have to beat;
	// 0 before there was one.
	best      float64
	bestParts int
	// gains counts the windows in a row in which more brought more, doubts those in which they
	// did not, or as many less than before.
	gains, doubts int
	// notBefore is the time until which there are no more of them, again how long that is
	// the next time.
	notBefore time.Time
	again     time.Duration
	// perPart is what a part brought in the last window, in bytes per second.
	perPart float64
	// The window under way: its begin, the parts, and what came to each of them.
	since          time.Time
	running        []int64
	came           map[int64]came
	segments, full int
}

// came is what came to a part, and how long that took.
type came struct {
	bytes float64
	took  time.Duration
}

const (
	// inRow is how many windows in a row decide.
	inRow = 2
	// steady is how much faster than in the window before one part may be: not more, or it is
	// still getting faster.
	steady = 1.15
	// fallen is the share of the throughput that as many parts had before, when there are too
	// many of them by now.
	fallen = 0.6
	// keepsUp is the least share of the time in which a part was read that it took the browser to
	// receive it, where reading keeps up with the network.
	keepsUp = 0.6
	// longestAgain is the longest time after which more parts are tried again.
	longestAgain = time.Hour
	// mostProbes is how many additional parts in a row may prove nothing.
	mostProbes = 12
	// minWindow is the time in which something can be measured at all.
	minWindow = 50 * time.Millisecond
	// probed is the share of the time that a part takes which has to prove to be a gain.
	probed = 0.4
)

// New makes a pacer for a body of that length, which wants no more than limit parts.
func New(policy Policy, length int64, limit int) *Pacer {
	unproved := max(policy.Unproved, int64(float64(length)*policy.UnprovedShare))
	return &Pacer{policy: policy, max: limit, target: 1, unproved: unproved, probe: unproved / inRow, again: policy.Again}
}

// Begin starts the measuring anew: with another attempt.
func (p *Pacer) Begin() {
	if p != nil {
		p.since = time.Time{}
	}
}

// Running tells which parts there are from now on whose responses have begun: nothing can be said
// of what the others will bring.
func (p *Pacer) Running(now time.Time, parts []int64) {
	if p != nil && (p.since.IsZero() || !slices.Equal(parts, p.running)) {
		p.judge(now, max(minWindow, p.window()/2)) // part of a window has to do
		p.begin(now, parts)
	}
}

func (p *Pacer) begin(now time.Time, parts []int64) {
	p.since, p.running, p.came, p.segments, p.full = now, parts, map[int64]came{}, 0, 0
}

// Wants is how many parts there should be.
func (p *Pacer) Wants() int {
	switch {
	case p == nil:
		return 1
	case p.Measuring() && !p.proved && !p.short:
		return max(1, p.bestParts)
	}
	return p.target
}

// Measuring says that it is being found out whether so many parts are a gain: short segments help.
func (p *Pacer) Measuring() bool { return p != nil && p.target > p.bestParts }

// Next is how many bytes another part should bring of the last of left bytes, of which one part
// would bring all; 0 where none is worth it.
func (p *Pacer) Next(now time.Time, left int64) int64 {
	bytes := func(time time.Duration) int64 { return int64(p.perPart * time.Seconds()) }
	least := p.policy.MinPart
	switch {
	case p.perPart == 0 || left < 2*least:
		return 0
	case p.proved:
		if least = max(least, bytes(p.policy.MinTime/4)); left < 2*least {
			return 0
		}
		return max(least, min(left/int64(p.target+1), max(p.policy.PartLength, bytes(p.policy.PartTime))))
	case left < bytes(p.policy.MinTime):
		return 0
	}
	return p.next(now)
}

// Piece is how many of the bytes of a gap that nobody works on another part should bring: few, until
// more parts have proved to be a gain, and 0 when they have brought too many without.
func (p *Pacer) Piece(now time.Time, gap int64) int64 {
	if !p.proved && (gap > p.piece() || p.begun >= mostProbes) {
		return min(gap, p.next(now))
	}
	return gap // in one request, now or later
}

// next is piece, or 0 when additional parts have brought too much without having proved to be a gain,
// or were too many.
func (p *Pacer) next(now time.Time) int64 {
	piece := p.piece()
	if piece > p.unproved || p.begun >= mostProbes {
		p.settle(now, 1)
		return 0
	}
	return piece
}

// piece is how many bytes an additional part brings that has to prove to be a gain.
func (p *Pacer) piece() int64 {
	return max(p.policy.MinPart, min(p.probe, int64(p.perPart*(inRow*p.policy.Window).Seconds())))
}

// Begun tells that another part is to bring so many bytes.
func (p *Pacer) Begun(bytes int64) {
	if p != nil {
		p.unproved -= bytes
		p.begun++
	}
}

// BroughtNothing tells that it did not bring them.
func (p *Pacer) BroughtNothing(bytes int64) {
	if p != nil {
		p.unproved += bytes
		p.begun--
	}
}

// Segment is what came to a part between two times, to its first one from when its response began.
type Segment struct {
	// Part is the part's, as in Running.
	Part     int64
	From, To time.Time
	Length   int64
	// Full: as much as there could be, so that it probably waited for us.
	Full bool
}

// Segment counts what came to one of the parts.
func (p *Pacer) Segment(s Segment) {
	if p == nil || p.since.IsZero() || !s.To.After(p.since) {
		return
	}
	whole := s.To.Sub(s.From)
	took := min(whole, s.To.Sub(p.since)) // what of it is in the window
	its := p.came[s.Part]
	its.bytes += float64(s.Length) * took.Seconds() / max(whole.Seconds(), 1e-9)
	its.took += took
	p.came[s.Part] = its
	p.segments++
	p.short = true
	if s.Full {
		p.full++
	}
	if p.judge(s.To, p.window()) {
		p.begin(s.To, p.running)
	}
}

// judge judges what came to the parts, if that was for so long, and says whether it was.
func (p *Pacer) judge(now time.Time, window time.Duration) bool {
	speed, all, parts := 0.0, time.Duration(0), len(p.running)
	for _, part := range p.running {
		its := p.came[part]
		if its.took == 0 {
			return false
		}
		speed += its.bytes / its.took.Seconds()
		all += its.took
	}
	if parts == 0 || all < time.Duration(parts)*window {
		return false
	}
	p.measured(now, parts, speed, 2*p.full > p.segments)
	return true
}

// window is the time that the throughput is measured for: less than a part takes that has to
// prove to be a gain.
func (p *Pacer) window() time.Duration {
	if p.proved || p.target == 1 || p.perPart == 0 {
		return p.policy.Window
	}
	takes := time.Duration(probed * float64(p.probe) / p.perPart * float64(time.Second))
	return max(minWindow, min(takes, p.policy.Window))
}

// measured judges the throughput of so many parts in a window. storing: it is storing that takes
// the time, not the network.
func (p *Pacer) measured(now time.Time, parts int, speed float64, storing bool) {
	p.perPart = speed / float64(parts)
	switch more := parts > p.bestParts && p.bestParts > 0; {
	case more && speed < p.best*(1+p.policy.Gain*(float64(parts)/float64(p.bestParts)-1)):
		p.gains = 0
		if p.doubts++; p.doubts == inRow {
			p.settle(now, p.bestParts)
		}
		return
	case more:
		p.doubts = 0
		if p.gains++; !p.proved && (p.gains < inRow || !p.received) {
			return
		}
		p.proved, p.again = true, p.policy.Again
	case parts > 1 && parts == p.bestParts && speed < p.best*fallen:
		if p.doubts++; p.doubts == inRow {
			p.best, p.bestParts = 0, 0
			p.settle(now, parts/2)
		}
		return
	case parts == p.bestParts && parts < p.target:
		p.best = max(p.best, speed) // the responses of the others have not begun
		return
	}
	isSteady := parts > 1 || speed <= p.best*steady
	p.best, p.bestParts, p.gains, p.doubts = speed, parts, 0, 0
	if isSteady && !storing && !now.Before(p.notBefore) {
		if !p.Measuring() {
			p.short = false
		}
		p.target = min(p.max, max(p.target, 2*parts))
	}
}

// settle is content with so many parts for a while, each time for twice as long, up to an hour. Several
// times within one while are one.
func (p *Pacer) settle(now time.Time, parts int) {
	p.target, p.gains, p.doubts, p.begun = parts, 0, 0, 0
	if !now.Before(p.notBefore) {
		p.notBefore = now.Add(p.again)
		p.again = min(2*p.again, longestAgain)
	}
}

// Multiplexed tells that all parts share one connection: fewer of them can be a gain.
func (p *Pacer) Multiplexed() {
	if p != nil {
		p.max = min(p.max, max(1, p.policy.Multiplexed))
		p.target = min(p.target, p.max)
	}
}

// AsksReceived says whether Received is still to be told of a part.
func (p *Pacer) AsksReceived() bool { return p != nil && !p.received }

// Received tells how long the browser took to receive an additional part, 0 where it does not
// tell, how long that took to be read, and what of both was the time until its response began. If
// it had all of it much earlier, twice in a row, it is reading that takes the time: more parts bring
// nothing, whatever is measured, and the browser reads ahead.
func (p *Pacer) Received(now time.Time, network, read, head time.Duration) {
	switch {
	case p == nil || network == 0:
	case (network - head).Seconds() < keepsUp*(read-head).Seconds():
		if p.late++; p.late == inRow {
			p.late = 0
			p.settle(now, 1)
		}
	default:
		p.received = true
	}
}

// Limit is told that more parts than n were too many for the server.
func (p *Pacer) Limit(now time.Time, n int) {
	if p != nil {
		p.settle(now, min(p.target, max(1, n)))
	}
}

// PerPart is what one part brings, in bytes per second; 0 where that is not known.
func (p *Pacer) PerPart() float64 {
	if p == nil {
		return 0
	}
	return p.perPart
}
