package engine

import (
	"context"
	"slices"
	"time"

	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// Seek says that a reader wants the bytes of a record's body from offset on, now. If
// the first of them that is not stored is not about to come, the transfer moves there;
// what it leaves out is fetched afterwards. Of several seeks the newest counts. Nothing
// happens where nothing can be done: there is no such record or it is settled, its
// background fetch is held, the server knows no ranges.
func (e *Engine) Seek(uniqueID string, index int, offset int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.readable(uniqueID)
	if err != nil || index < 0 || index >= len(f.records) || f.settling || f.held() {
		return
	}
	r := f.records[index]
	r.seek = &offset
	if r.wake != nil {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// seekSoon is how far ahead of a part a reader rather waits for it.
const seekSoon = 1500 * time.Millisecond

// listen returns what tells of seeks, those before included.
func (a *attempt) listen() <-chan struct{} {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	a.record.wake = make(chan struct{}, 1)
	if a.record.seek != nil {
		a.record.wake <- struct{}{}
	}
	return a.record.wake
}

// goToReader begins a part where a reader waits. There is one such part at a time;
// it takes the place of the one before, or else of another part where the scheduler
// has none.
func (a *attempt) goToReader(ctx context.Context) {
	a.engine.mu.Lock()
	if a.record.seek != nil {
		a.seekTo, a.record.seek = *a.record.seek, nil
	}
	a.engine.mu.Unlock()
	if a.seekTo < 0 {
		return
	}
	s, from, ok := a.seekSpan(a.seekTo)
	if !ok {
		a.seekTo = -1
		return
	}
	if a.halting() {
		return // its place is about to come
	}
	for _, p := range a.parts {
		if p.seek {
			p.halt()
			return
		}
	}
	if !a.place() {
		a.haltOne()
		return
	}
	a.seekTo = -1
	if from != nil && !from.cut(s.Start) {
		a.noPlace()
		return
	}
	if n := a.limited(); n > 0 && n < s.End-s.Start {
		s.End = s.Start + n
	}
	a.add(ctx, &part{start: s.Start, end: s.End, seek: true}, nil)
}

// favourReader stops the other parts once the one for a reader brings bytes, so far
// as they would only take its throughput.
func (a *attempt) favourReader() {
	if len(a.parts) > a.pacer.wants() && !a.halting() && slices.ContainsFunc(a.parts, func(p *part) bool { return p.seek && p.flowing }) {
		a.haltOne()
	}
}

// seekSpan is the range that a part for a reader at offset should move, out of that
// of the part from if that is not nil. Not ok: none should.
func (a *attempt) seekSpan(offset int64) (s ranges.Span, from *part, ok bool) {
	data := &a.next.Response
	if stored := ranges.SegmentsFrom(data.Segments, offset, len(data.Segments)); len(stored) > 0 {
		last := stored[len(stored)-1]
		offset = last.Offset + last.Length
	}
	if a.single || a.verified() || !data.Resumable || offset >= evidence.ExpectedLength(data) {
		return s, nil, false
	}
	for _, gap := range a.gaps() {
		if gap.Start <= offset && offset < gap.End {
			return ranges.Span{Start: offset, End: gap.End}, nil, true
		}
	}
	var ahead int64
	if a.pacer != nil {
		ahead = int64(a.pacer.perPart() * seekSoon.Seconds())
	}
	for _, p := range a.parts {
		whole, free := p.span()
		if whole.Start <= offset && offset < whole.End {
			return ranges.Span{Start: offset, End: whole.End}, p, offset > free+ahead
		}
	}
	return s, nil, false
}
