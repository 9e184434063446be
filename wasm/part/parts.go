package part

import (
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// Parts are the requests of an attempt that are under way.
type Parts []*Part

// Opened are those whose responses have begun, by their first byte.
func (parts Parts) Opened() (starts []int64) {
	for _, p := range parts {
		if p.Opened {
			starts = append(starts, p.Start)
		}
	}
	return starts
}

// Gaps are the ranges of a body of that length that are neither stored, in segments, nor in one of
// the parts.
func (parts Parts) Gaps(segments []bgfetch.Segment, length int64) []ranges.Span {
	var under []ranges.Span
	for _, p := range parts {
		s, _ := p.Span()
		under = append(under, s)
	}
	gaps := ranges.Missing(segments, under, length)
	for i := range gaps {
		gaps[i] = OpenEnd(gaps[i], length)
	}
	return gaps
}

// OpenEnd asks without an end for what reaches to the end of the body.
func OpenEnd(s ranges.Span, length int64) ranges.Span {
	if s.End == length {
		s.End = ToEnd
	}
	return s
}

// Halt stops all of them.
func (parts Parts) Halt() {
	for _, p := range parts {
		p.Halt()
	}
}

// HaltOne stops the one that can best be spared: the newest that no reader waits for.
func (parts Parts) HaltOne() {
	for _, p := range slices.Backward(parts) {
		if !p.Seek {
			p.Halt()
			return
		}
	}
	parts.Halt()
}

// HaltLonger stops those that are to bring more than so many bytes still, of a body of that length, -1
// where it is not known.
func (parts Parts) HaltLonger(bytes, length int64) {
	for _, p := range parts {
		rest, _ := p.Rest()
		if rest.End == ToEnd && length >= 0 {
			rest.End = length
		}
		if !p.Stopped && rest.Length() > bytes {
			p.Halt()
		}
	}
}

// Halting says whether one is about to end because it was stopped.
func (parts Parts) Halting() bool {
	return slices.ContainsFunc(parts, func(p *Part) bool { return p.Stopped })
}

// Largest is the most that is missing of a body of that length, in one piece, of a part that it can
// be taken from; nil for none.
func (parts Parts) Largest(segments []bgfetch.Segment, length int64) (s ranges.Span, from *Part) {
	missing := ranges.Missing(segments, nil, length)
	for _, p := range parts {
		whole, free := p.Span()
		for _, left := range ranges.Within(missing, free, whole.End) {
			if left.Length() > s.Length() && !p.Stopped && !p.Additional {
				s, from = left, p
			}
		}
	}
	return s, from
}

// GiveBack lets them go on over what is lacking, and over what is stored before it, in segments.
func (parts Parts) GiveBack(lacking func() []ranges.Span, segments []bgfetch.Segment) {
	for slices.ContainsFunc(lacking(), func(s ranges.Span) bool {
		return slices.ContainsFunc(parts, func(p *Part) bool { return p.Extend(s, segments) })
	}) {
		continue // with what is behind that
	}
}

// HaltBefore stops those that are between one of the spans and a part whose response goes on over it.
func (parts Parts) HaltBefore(spans []ranges.Span) {
	for _, s := range spans {
		if !slices.ContainsFunc(parts, func(p *Part) bool { return !p.Additional && p.brings(s.End) }) {
			continue
		}
		for _, p := range parts {
			if p.Additional && p.Start < s.Start {
				p.Halt()
			}
		}
	}
}

// AreAdditional says whether all of them are additional.
func (parts Parts) AreAdditional() bool {
	return !slices.ContainsFunc(parts, func(p *Part) bool { return !p.Additional })
}

// ReplaceSlow lets another request take the place of additional parts that have become slow, when
// only such are left: these bring much less than usual, which is in bytes per second. It returns one
// of which the rest should be requested anew, or nil. They are halted when another part brings
// bytes, and not before, since it may be refused.
func (parts Parts) ReplaceSlow(usual float64) *Part {
	isFast := func(p *Part) bool { return !p.Additional || !p.isSlow(time.Now(), usual*slowShare) }
	switch fast := slices.IndexFunc(parts, isFast); {
	case len(parts) == 0 || parts.Halting():
	case fast < 0:
		return parts[0]
	case parts[fast].Flowing && !parts[fast].Additional:
		slices.DeleteFunc(slices.Clone(parts), isFast).Halt()
	}
	return nil
}

const (
	// slowShare is the share of the usual throughput below which a part is slow.
	slowShare = 0.25
	// slowAfter is the time in which a part can prove to be slow, and the least that it is to take for
	// its rest.
	slowAfter = 2 * time.Second
)

// Moved takes down that the attempt has had a segment of it.
func (p *Part) Moved(e Event) {
	p.Flowing = true
	p.came += e.Segment.Length
	if took := e.To.Sub(p.since); took >= slowAfter {
		p.rate, p.since, p.came = float64(p.came)/took.Seconds(), e.To, 0
	}
}

// isSlow says whether the part, whose response has begun, has brought less than so many bytes per
// second lately, and is to take long for its rest.
func (p *Part) isSlow(now time.Time, usual float64) bool {
	rate := p.rate
	if silent := now.Sub(p.since); silent >= 2*max(slowAfter, p.record.Segments.MaxTime) {
		rate = float64(p.came) / silent.Seconds()
	}
	rest, _ := p.Rest()
	if rest.End == ToEnd {
		rest.End = evidence.ExpectedLength(&p.data)
	}
	return p.Opened && rate < usual && float64(rest.Length()) > rate*slowAfter.Seconds()
}

// HaltLate stops additional parts whose responses have not begun when the part that they were taken from
// is about to come to them, at so many bytes per second: it goes on over what they were to bring.
func (parts Parts) HaltLate(perPart float64) (halted bool) {
	for _, p := range parts {
		s, free := p.Span()
		if p.Additional || p.Stopped || s.End == ToEnd || float64(s.End-free) > perPart*aboutToCome.Seconds() {
			continue
		}
		for _, late := range parts {
			if late.Additional && !late.Opened && !late.Stopped && late.Start == s.End && p.limit > s.End {
				late.Halt()
				halted = true
			}
		}
	}
	return halted
}

// aboutToCome is the time in which a part comes to another.
const aboutToCome = time.Second

// brings says whether its response goes on to the byte before offset, though it stops before.
func (p *Part) brings(offset int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.done && !p.Stopped && p.end < offset && offset <= p.limit
}
