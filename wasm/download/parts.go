package download

import (
	"cmp"
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/pace"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// move stores the body: what the transfer at hand brings, and, where that is safe
// and helps, other ranges at the same time. It ends when no part is left. Next:
// finishBody.
func move(a *attempt, ctx context.Context) (step, Verdict) {
	stopping, stop := context.WithCancel(ctx)
	defer stop()
	a.interruptible(stop)
	a.pace()

	first := part.Spec{Start: a.from, End: cmp.Or(a.to, part.ToEnd), UpTo: a.upTo, Drawn: a.drawn, Continues: a.continues, Head: a.transfer.Head(), Transfer: a.transfer}
	a.transfer = nil // the part closes it
	a.add(ctx, first)
	a.pieces.AddAll(&a.next.Response)

	seeks := a.seeks
	var last part.Event // the last that ended
	for stopped := stopping.Done(); len(a.parts) > 0; {
		select {
		case <-stopped:
			stopped, seeks = nil, nil
			a.parts.Halt()
		case <-a.tick():
		case a.seekTo = <-seeks:
		case v := <-a.pieces.Verdicts():
			if a.pieces.Note(v, &a.next) && a.outcome == nil {
				a.owner.Publish(a.next) // it is stored with what comes next
			}
		case e := <-a.events:
			told, ended := a.gather(e)
			a.commit(ctx, told)
			if ended != nil {
				last = *ended
				a.removeEnded(last)
			}
		}
		if a.outcome != nil {
			seeks = nil // the next attempt goes there
		}
		if stopped != nil && a.outcome == nil {
			a.yield()
			a.bound()
			a.goToReader(ctx)
			a.favourReader()
			if a.parts.HaltLate(a.pacer.PerPart()) {
				a.leaveAlone(a.Retry.Wait(1))
			}
			a.addParts(ctx)
			a.replaceSlow(ctx)
		}
		a.pacer.Running(time.Now(), a.parts.Opened())
		a.pieces.Next(stopping, &a.next)
	}
	if a.pieces.End(&a.next, a.outcome != nil) {
		a.keepHashed()
	}
	switch refusal := (*part.Refused)(nil); {
	case a.outcome != nil:
		return nil, *a.outcome
	case last.Err == nil:
		return finishBody, Verdict{}
	case errors.Is(last.Err, part.ErrMismatch):
		return nil, a.mismatch(last.Part)
	case errors.Is(last.Err, part.ErrUnproved):
		return a.unproved(last.Part)
	case errors.Is(last.Err, bgfetch.ErrLost):
		return nil, a.fetchLost()
	case last.Part.Stopped:
		return nil, Verdict{}
	case errors.As(last.Err, &refusal):
		// The next attempt asks for the same, and judges the answer.
		return nil, Verdict{Wait: max(a.Retry.Soon(), a.untilFree()), Why: refusal.Why}
	}
	return nil, a.broken(ctx, last.Err, false)
}

// pace makes the record's pacer measure this attempt.
func (a *attempt) pace() {
	if a.pacer == nil && evidence.ExpectedLength(&a.next.Response) >= a.config.Pace.MinBody {
		a.pacer = pace.New(a.config.Pace, evidence.ExpectedLength(&a.next.Response), a.config.MaxPerHost)
	}
	a.pacer.Begin()
}

// add begins a part.
func (a *attempt) add(ctx context.Context, s part.Spec) {
	s.Hashed = max(s.Start, a.start)
	s.Hash = a.body().Hasher(&a.next, s.Hashed)
	s.Data, s.Least, s.EndedBefore, s.Unlimited = a.next.Response, a.ends.Told, a.ends.EndedAt, a.owner.PerRequest() == 0
	a.running.Add(1)
	a.parts = append(a.parts, part.Begin(ctx, a, a.recordOf(), a.events, s))
}

// recordOf is what parts know of the record.
func (a *attempt) recordOf() *part.Record {
	return &part.Record{
		Index: a.Place.Index, Request: a.Request, Check: a.Check, Retry: a.Retry,
		Segments: a.config.Segments, Framing: a.config.Framing, Go: a.config.Go,
	}
}

// Open implements what parts need.
func (a *attempt) Open(ctx context.Context, start, end int64) (bgfetch.Transfer, error) {
	return a.openTransfer(ctx, start, end, false)
}

// Charge implements what parts need.
func (a *attempt) Charge(bytes int64) { a.owner.Charge(bytes) }

// MayRead implements what parts need.
func (a *attempt) MayRead() time.Duration { return a.owner.MayRead() }

// State implements what parts need.
func (a *attempt) State() bgfetch.RecordState { return a.owner.State() }

// decide settles the record when its parts have ended. What they still bring is
// not kept.
func (a *attempt) decide(v Verdict) {
	a.outcome = &v
	for _, p := range a.parts {
		p.Discard()
	}
}

// SaveLimits are those for the next segment of a part that has read so many bytes which
// are not stored yet. The segments of several take longer, so that there are no more
// rows to store in a second than of one; but not while it is measured how many are best.
func (a *attempt) SaveLimits(unstored int64) bgfetch.SaveLimits {
	limits := a.config.Segments
	if limits.MinTime *= time.Duration(max(1, a.running.Load())); a.measuring.Load() {
		limits.MinTime = a.config.Segments.MinTime / 3
	}
	if rate := a.owner.Rate(); rate > 0 {
		limits.MaxLength = min(limits.MaxLength, max(rate/2, minLimitedSegment))
		limits.MinLength = min(limits.MinLength, limits.MaxLength)
	}
	if left := a.owner.Left(); left < math.MaxInt64 {
		limits.MaxLength = max(1, min(limits.MaxLength, left-unstored+1))
	}
	return limits
}

// takePlace asks the scheduler for one more transfer, and says whether there is one.
func (a *attempt) takePlace() bool {
	if len(a.parts) == 0 {
		return true // the record's own
	}
	return a.owner.Another()
}

// yield stops a part if a queued record waits for its place. One at a time.
func (a *attempt) yield() {
	if len(a.parts) > 1 && !a.parts.Halting() && a.owner.Wanted() {
		a.parts.HaltOne()
	}
}

// rangeable says whether ranges of the body that come in different responses can
// safely be put together: they must all be of the same bytes.
//
// Where a strong validator proves it, or bytes on both sides of each seam are compared
// before the record succeeds.
func (a *attempt) rangeable() bool { return a.Record.rangeable(&a.next.Response) }

func (r *Record) rangeable(data *bgfetch.ResponseData) bool {
	return r.boundable(data) && evidence.ExpectedLength(data) >= 0 && (evidence.Strong(data.ETag) || data.LastModified != "")
}

// askable says whether the body may be asked for in ranges at all, instead of by one
// request for all that is missing.
func (r *Record) askable(data *bgfetch.ResponseData) bool {
	return !r.single && data.Resumable && data.Head != nil &&
		!strings.EqualFold(strings.TrimSpace(data.Head.Value("Accept-Ranges")), "none")
}

// addParts begins as many parts as are worth it.
func (a *attempt) addParts(ctx context.Context) {
	if a.pacer == nil || len(a.parts) == 0 || a.stale || a.owner.PerRequest() > 0 || !a.rangeable() || time.Now().Before(a.aloneUntil) {
		return
	}
	for len(a.parts) < a.pacer.Wants() {
		s, from, unproved := a.nextSpan()
		if s.Length() == 0 || !a.takePlace() {
			return
		}
		if from != nil && !from.Cut(s.Start) {
			a.owner.Return()
			return
		}
		a.pacer.Begun(unproved)
		a.add(ctx, part.Spec{Start: s.Start, End: s.End, Additional: unproved > 0, Unproved: unproved, AsksSent: a.pacer.AsksReceived()})
	}
}

// replaceSlow begins another request in place of a part that has become very slow.
func (a *attempt) replaceSlow(ctx context.Context) {
	if a.alone() || time.Now().Before(a.aloneUntil) {
		return
	}
	slow := a.parts.ReplaceSlow(a.usual)
	if slow == nil || !a.takePlace() {
		return
	}
	if s, free := slow.Span(); slow.Cut(free) {
		a.add(ctx, part.Spec{Start: free, End: s.End})
	} else {
		slow.Halt() // nothing of it has come
		a.owner.Return()
	}
}

// tick is when to look next whether parts have become slow; nil for not at all.
func (a *attempt) tick() <-chan time.Time {
	if a.usual == 0 {
		return nil
	}
	return time.After(time.Second)
}

// nextSpan is what another part should move, empty for nothing: the first gap that nobody works on,
// or a piece from its end; or else a piece from the end of the most that is missing of one of the
// parts, which is then from. At the end of a piece other bytes are stored, which it is compared with.
// bytes is the length of a piece, and 0 for a whole gap.
func (a *attempt) nextSpan() (s ranges.Span, from *part.Part, bytes int64) {
	length := evidence.ExpectedLength(&a.next.Response)
	if gaps := a.gaps(); len(gaps) > 0 {
		s = gaps[0]
		s.End = min(s.End, length)
		if bytes = a.pacer.Piece(time.Now(), s.Length()); bytes == s.Length() {
			return part.OpenEnd(s, length), nil, 0
		}
	} else if s, from = a.parts.Largest(a.next.Response.Segments, length); from != nil {
		bytes = a.pacer.Next(time.Now(), s.Length())
	}
	if bytes == 0 {
		return ranges.Span{}, nil, 0
	}
	s.Start = s.End - bytes
	return part.OpenEnd(s, length), from, bytes
}

// gaps are the ranges that are neither stored nor asked for.
func (a *attempt) gaps() []ranges.Span {
	return a.parts.Gaps(a.next.Response.Segments, evidence.ExpectedLength(&a.next.Response))
}
