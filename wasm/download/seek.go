package download

import (
	"context"
	"slices"
	"time"

	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// SeekTo says that a reader wants the bytes from offset on, now. If the first of them that is
// not stored is not about to come, the transfer moves there; what it leaves out is fetched
// afterwards. Of several seeks the newest counts. It does not wait.
func (r *Record) SeekTo(offset int64) {
	for {
		select {
		case r.seeks <- offset:
			return
		default:
		}
		select {
		case <-r.seeks:
		default:
		}
	}
}

// seekSoon is how far ahead of a part a reader rather waits for it.
const seekSoon = 1500 * time.Millisecond

// goToReader begins a part where a reader waits. There is one such part at a time;
// it takes the place of the one before, or else of another part where the scheduler
// has none.
func (a *attempt) goToReader(ctx context.Context) {
	if a.seekTo < 0 {
		return
	}
	s, from, ok := a.seekSpan(a.seekTo)
	if !ok {
		a.seekTo = -1
		return
	}
	if a.parts.Halting() {
		return // its place is about to come
	}
	for _, p := range a.parts {
		if p.Seek {
			p.Halt()
			return
		}
	}
	if !a.takePlace() {
		a.parts.HaltOne()
		return
	}
	a.seekTo = -1
	if from != nil && !from.Cut(s.Start) {
		a.owner.Return()
		return
	}
	if n := a.owner.PerRequest(); n > 0 && n < s.End-s.Start {
		s.End = s.Start + n
	}
	a.add(ctx, part.Spec{Start: s.Start, End: s.End, Seek: true})
}

// favourReader stops the other parts once the one for a reader brings bytes, so far
// as they would only take its throughput.
func (a *attempt) favourReader() {
	if len(a.parts) > a.pacer.Wants() && !a.parts.Halting() && slices.ContainsFunc(a.parts, func(p *part.Part) bool { return p.Seek && p.Flowing }) {
		a.parts.HaltOne()
	}
}

// seekSpan is the range that a part for a reader at offset should move, out of that
// of the part from if that is not nil. Not ok: none should.
func (a *attempt) seekSpan(offset int64) (s ranges.Span, from *part.Part, ok bool) {
	data := &a.next.Response
	if a.Check.IsPiecewise() {
		offset = a.Check.PieceAt(offset) // which is read when all of it is there
	}
	offset = ranges.StoredTo(data.Segments, offset)
	if a.single || a.stale || a.Check.IsHashed() || !data.Resumable || offset >= evidence.ExpectedLength(data) {
		return s, nil, false
	}
	for _, gap := range a.gaps() {
		if gap.Start <= offset && offset < gap.End {
			return ranges.Span{Start: offset, End: gap.End}, nil, true
		}
	}
	ahead := int64(a.pacer.PerPart() * seekSoon.Seconds())
	for _, p := range a.parts {
		whole, free := p.Span()
		if whole.Start <= offset && offset < whole.End {
			return ranges.Span{Start: offset, End: whole.End}, p, offset > free+ahead
		}
	}
	return s, nil, false
}
