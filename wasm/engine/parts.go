package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// RangePolicy says when a record is moved by several requests at a time, each for
// a range of its body (docs/decisions/ranges.md). How many is found out by
// measuring.
type RangePolicy struct {
	// MinBody is the least length of such a body. MinPart is the least length of
	// either part when one is split, and MinTime the least time that what is left of
	// it would take.
	MinBody, MinPart int64
	MinTime          time.Duration
	// Window is the least time that the throughput is measured for. Gain is how much
	// of a proportional gain more parts must bring: with 0.4, twice as many parts
	// 1.4 times the throughput.
	Window time.Duration
	Gain   float64
}

// DefaultRangePolicy is DefaultOptions.Ranges.
var DefaultRangePolicy = RangePolicy{
	MinBody: 16 << 20,
	MinPart: 1 << 20,
	MinTime: 2 * time.Second,
	Window:  500 * time.Millisecond,
	Gain:    0.4,
}

// OneRange is the policy without additional requests.
var OneRange = RangePolicy{MinBody: math.MaxInt64}

// move stores the body: what the transfer at hand brings, and, where that is safe
// and helps, other ranges at the same time. It ends when no part is left. Next:
// finishBody.
func move(a *attempt, ctx context.Context) (step, verdict) {
	stopping, stop := context.WithCancel(ctx)
	defer stop()
	a.interruptible(stop)
	wake := a.listen()
	a.pace()

	first := &part{start: a.from, end: bodyEnd, drawn: a.drawn, continues: a.continues, head: a.transfer.Head()}
	if a.to > 0 {
		first.end = a.to
	}
	first.hash, first.hashed = a.hasher(a.start), a.start
	transfer := a.transfer
	a.transfer = nil // the part closes it
	a.add(ctx, first, transfer)

	var last partEvent // the last that ended
	for stopped := stopping.Done(); len(a.parts) > 0; {
		select {
		case <-stopped:
			stopped = nil
			a.haltAll()
		case <-wake:
		case e := <-a.events:
			pieces, ended := a.gather(e)
			a.keep(ctx, pieces)
			if ended != nil {
				last = *ended
				a.ended(last)
			}
		}
		if stopped != nil && a.outcome == nil {
			a.yield()
			a.goToReader(ctx)
			a.favourReader()
			a.addParts(ctx)
		}
	}
	switch refusal := (*errRefused)(nil); {
	case a.outcome != nil:
		return nil, *a.outcome
	case last.err == nil:
		return finishBody, verdict{}
	case errors.Is(last.err, errMismatch):
		return a.mismatch(last.part)
	case errors.Is(last.err, errUnproved):
		return a.unproved(last.part)
	case errors.Is(last.err, bgfetch.ErrLost):
		return a.fetchLost()
	case last.part.stopped:
		return nil, verdict{}
	case errors.As(last.err, &refusal):
		// The next attempt asks for the same, and judges the answer.
		return nil, verdict{wait: max(time.Until(a.notBefore), a.fetch.retry.Soon()), why: refusal.why}
	}
	next, v := a.broken(ctx, last.err, false)
	if v.wait > 0 {
		v.wait = max(v.wait, time.Until(a.notBefore))
	}
	return next, v
}

// pace makes the record's pacer measure this attempt.
func (a *attempt) pace() {
	if a.pacer == nil && evidence.ExpectedLength(&a.next.Response) >= a.engine.options.Ranges.MinBody {
		a.pacer = newPacer(a.engine.options.Ranges, a.engine.options.MaxPerHost)
	}
	if a.pacer != nil {
		a.pacer.begin()
	}
}

// add begins a part. transfer is nil where its request is still to be sent.
func (a *attempt) add(ctx context.Context, p *part, transfer bgfetch.Transfer) {
	p.attempt, p.data = a, a.next.Response
	p.least, p.endedBefore = a.told, a.endedAt
	p.limit, p.next, p.read, p.claimed = p.end, p.start, p.start, p.start
	if transfer == nil && p.end != bodyEnd && !evidence.IsSelfProving(&p.data) {
		p.limit = max(p.end, min(p.end+minOverlap, evidence.ExpectedLength(&p.data))) // see reachOver
	}
	p.compare, p.joins = ranges.Within(ranges.Runs(p.data.Segments), p.start, p.end), -1
	if len(p.compare) > 0 && p.compare[0].Start == p.start {
		p.joins = p.compare[0].End
	}
	a.parts = append(a.parts, p)
	a.running.Store(int32(len(a.parts)))
	a.engine.goWork(func() { p.run(ctx, transfer) })
}

func (a *attempt) haltAll() {
	for _, p := range a.parts {
		p.halt()
	}
}

// decide settles the record when its parts have ended. What they still bring is
// not kept.
func (a *attempt) decide(v verdict) {
	a.outcome = &v
	for _, p := range a.parts {
		p.discard()
	}
}

// saveLimits are those for the next piece of a part that has read so many bytes which
// are not stored yet. The pieces of several take longer, so that there are no more
// rows to store in a second than of one.
func (a *attempt) saveLimits(unstored int64) bgfetch.SaveLimits {
	limits := a.engine.options.Segments
	limits.MinTime *= time.Duration(max(1, a.running.Load()))
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	if rate := a.engine.scheduler.Rate(a.fetch.group); rate > 0 {
		limits.MaxLength = min(limits.MaxLength, max(rate/2, minLimitedPiece))
		limits.MinLength = min(limits.MinLength, limits.MaxLength)
	}
	if total := a.fetch.state.DownloadTotal; total > 0 {
		limits.MaxLength = max(1, min(limits.MaxLength, total-a.fetch.downloaded-unstored+1))
	}
	return limits
}

// place asks the scheduler for one more transfer.
func (a *attempt) place() bool {
	if len(a.parts) == 0 {
		return true // the record's own
	}
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	return a.engine.scheduler.Another(a.job)
}

// yield stops a part if a queued record waits for its place. One at a time.
func (a *attempt) yield() {
	if len(a.parts) < 2 || a.halting() {
		return
	}
	a.engine.mu.Lock()
	wanted := a.engine.scheduler.Wanted(a.job)
	a.engine.mu.Unlock()
	if wanted {
		a.haltOne()
	}
}

// haltOne stops the part that can best be spared: the newest that no reader waits
// for.
func (a *attempt) haltOne() {
	for _, p := range slices.Backward(a.parts) {
		if !p.seek {
			p.halt()
			return
		}
	}
	a.haltAll()
}

// halting says whether a part is about to end because it was stopped.
func (a *attempt) halting() bool {
	for _, p := range a.parts {
		if p.stopped {
			return true
		}
	}
	return false
}

// rangeable says whether ranges of the body that come in different responses can
// safely be put together: they must all be of the same bytes.
//
// Where a strong validator proves it, or bytes on both sides of each seam are compared
// before the record succeeds.
func (a *attempt) rangeable() bool { return a.record.rangeable(&a.next.Response) }

func (r *record) rangeable(data *bgfetch.ResponseData) bool {
	return r.boundable(data) && evidence.ExpectedLength(data) >= 0 && (evidence.Strong(data.ETag) || data.LastModified != "")
}

// askable says whether the body may be asked for in ranges at all, instead of by one
// request for all that is missing.
func (r *record) askable(data *bgfetch.ResponseData) bool {
	return !r.single && data.Resumable && !r.verified() && data.Head != nil &&
		!strings.EqualFold(strings.TrimSpace(data.Head.Value("Accept-Ranges")), "none")
}

// addParts begins as many parts as are worth it.
func (a *attempt) addParts(ctx context.Context) {
	if a.pacer == nil || len(a.parts) == 0 || a.limited() > 0 || !a.rangeable() || time.Now().Before(a.notBefore) {
		return
	}
	for len(a.parts) < a.pacer.wants() {
		s, from, ok := a.nextSpan()
		if !ok || !a.place() {
			return
		}
		if from != nil && !from.cut(s.Start) {
			a.noPlace()
			return
		}
		a.add(ctx, &part{start: s.Start, end: s.End}, nil)
	}
}

// noPlace gives a place back that is not used, or not any more.
func (a *attempt) noPlace() {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	a.engine.scheduler.Return(a.job)
}

// nextSpan is what another part should move: the first gap that nobody works on,
// or else the second half of what is left of the largest part, which is then from.
func (a *attempt) nextSpan() (s ranges.Span, from *part, ok bool) {
	if gaps := a.gaps(); len(gaps) > 0 {
		return gaps[0], nil, true
	}
	policy, length := a.engine.options.Ranges, evidence.ExpectedLength(&a.next.Response)
	least := max(2*policy.MinPart, int64(a.pacer.perPart()*policy.MinTime.Seconds()))
	if a.pacer.perPart() == 0 {
		return s, nil, false
	}
	for _, p := range a.parts {
		whole, free := p.span()
		if left := min(whole.End, length) - free; left >= least && !p.stopped {
			least = left + 1
			s, from = ranges.Span{Start: free + left/2, End: whole.End}, p
		}
	}
	return s, from, from != nil
}

// gaps are the ranges that are neither stored nor asked for. One that reaches to
// the end of the body is asked for without an end.
func (a *attempt) gaps() []ranges.Span {
	var under []ranges.Span
	for _, p := range a.parts {
		s, _ := p.span()
		under = append(under, s)
	}
	length := evidence.ExpectedLength(&a.next.Response)
	gaps := ranges.Missing(a.next.Response.Segments, under, length)
	for i := range gaps {
		if gaps[i].End == length {
			gaps[i].End = bodyEnd
		}
	}
	return gaps
}
