package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// What readers are told: records, and where the bytes of their responses lie.

// planSegments bounds the segments in one plan: those of a file of many GB fit in
// it, so that a reader that holds the plan of a finished body can read all of it
// after the rows are deleted.
const planSegments = 50_000

// Match returns the records that match, in order; all of them where query is nil.
// With first set, at most one. An error is ErrUnknown or InvalidStateError.
//
// Source: #background-fetch-registration-match-all
func (e *Engine) Match(uniqueID string, query *bgfetch.MatchRequest, options bgfetch.MatchOptions, first bool) (cache string, records []bgfetch.RecordSnapshot, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.readable(uniqueID)
	if err != nil {
		return "", nil, err
	}
	// Of kept records the URL is the whole key: what a Vary names is no longer stored.
	options.IgnoreVary = options.IgnoreVary || f.state.Delivered
	records = []bgfetch.RecordSnapshot{}
	for _, r := range f.records {
		if query != nil && !matches(*query, options, r.Request, r.state.Response.Head) {
			continue
		}
		records = append(records, r.snapshot())
		if first {
			break
		}
	}
	return e.Bodies.CacheName(uniqueID), records, nil
}

// readable finds a background fetch whose records are available. e.mu is held.
func (e *Engine) readable(uniqueID string) (*backgroundFetch, error) {
	f, err := e.lookUp(uniqueID)
	if err != nil {
		return nil, err
	}
	if f.state.Delivered && !f.kept() {
		return nil, bgfetch.Errorf(bgfetch.InvalidStateError, "the records of the background fetch %q are no longer available", f.state.ID)
	}
	return f, nil
}

// readableRecord finds one of its records. e.mu is held.
func (e *Engine) readableRecord(uniqueID string, index int) (*record, error) {
	f, err := e.readable(uniqueID)
	if err == nil && (index < 0 || index >= len(f.records)) {
		err = fmt.Errorf("record %d: %w", index, bgfetch.ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	return f.records[index], nil
}

// Record returns a record. With wait set it returns when the head of its response
// is known or it is settled, or else when ctx ends, with what there is then.
func (e *Engine) Record(ctx context.Context, uniqueID string, index int, wait bool) (bgfetch.RecordSnapshot, error) {
	var snapshot bgfetch.RecordSnapshot
	err := e.read(ctx, uniqueID, index, wait, func(r *record) bool {
		snapshot = r.snapshot()
		return snapshot.Head != nil || snapshot.Result != bgfetch.ResponseNone
	})
	return snapshot, err
}

// Plan says where the body of a record's response lies from an offset on. With
// wait set it returns when there is something to tell, or else when ctx ends.
func (e *Engine) Plan(ctx context.Context, uniqueID string, index, generation int, from int64, wait bool) (bgfetch.Plan, error) {
	var plan bgfetch.Plan
	err := e.read(ctx, uniqueID, index, wait, func(r *record) bool {
		plan = r.plan(generation, from)
		return plan.Tells()
	})
	return plan, err
}

// read calls look with the record under the engine's lock; with wait set again
// after each change, until look is content or ctx has ended.
func (e *Engine) read(ctx context.Context, uniqueID string, index int, wait bool, look func(*record) bool) error {
	e.mu.Lock()
	r, err := e.readableRecord(uniqueID, index)
	e.mu.Unlock()
	if err != nil {
		return err
	}
	err = r.fetch.wait(ctx, func() bool {
		r.noteRead()
		return look(r) || !wait
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// result is the record's result as readers see it: what had none when the
// background fetch settled will never have one. e.mu is held.
func (r *record) result() bgfetch.ResponseResult {
	if r.state.Dropped {
		return bgfetch.ResponseResult(bgfetch.ReasonAborted)
	}
	if result := r.state.Response.Result; result != bgfetch.ResponseNone || !r.fetch.settling {
		return result
	}
	if reason := r.fetch.reason; reason != bgfetch.ReasonNone {
		return bgfetch.ResponseResult(reason)
	}
	return bgfetch.ResponseResult(bgfetch.ReasonAborted)
}

// exposed says whether the response may be read.
//
// Source: #background-fetch-response-exposed
func exposed(result bgfetch.ResponseResult) bool {
	return result == bgfetch.ResponseNone || result == bgfetch.ResponseSuccess || result == bgfetch.ResponseResult(bgfetch.ReasonBadStatus)
}

// unproven says that nothing may be read yet, because it may prove to be wrong, or to be
// remains of another file. e.mu is held.
func (r *record) unproven() bool {
	data := &r.state.Response
	return data.Result == bgfetch.ResponseNone && (r.Check.Asked() && !r.Check.IsPiecewise() || data.From != "")
}

// readable are segments that may be read, from one that has the byte at offset on, without a gap. e.mu
// is held.
func (r *record) readable(offset int64) []bgfetch.Segment {
	segments := ranges.SegmentsFrom(r.state.Response.Segments, offset, planSegments)
	if r.state.Response.Result != bgfetch.ResponseNone {
		return segments
	}
	return r.Check.Readable(segments, &r.state)
}

// snapshot is what instances are told of the record. e.mu is held.
func (r *record) snapshot() bgfetch.RecordSnapshot {
	result := r.result()
	s := bgfetch.RecordSnapshot{
		Index:      r.Index,
		Request:    r.Request,
		Result:     result,
		Exposed:    exposed(result),
		Generation: r.state.Response.Generation,
		Length:     -1,
	}
	if s.Exposed && !r.unproven() {
		s.Head = r.state.Response.Head
		if result == bgfetch.ResponseSuccess || r.lengthIsCertain() {
			s.Length = evidence.ExpectedLength(&r.state.Response)
		}
	}
	return s
}

// lengthIsCertain says that the length is that of the body. Where a content coding may be
// hidden, an announced one is taken for that of media: they are compressed already. e.mu is held.
func (r *record) lengthIsCertain() bool {
	data := &r.state.Response
	if data.Head == nil || data.Length >= 0 {
		return data.Head != nil
	}
	kind, _, _ := strings.Cut(strings.ToLower(data.Head.Value("Content-Type")), "/")
	return kind == "audio" || kind == "video"
}

// plan says where the body lies. e.mu is held.
func (r *record) plan(generation int, from int64) bgfetch.Plan {
	data := &r.state.Response
	result := r.result()
	p := bgfetch.Plan{Cache: r.fetch.engine.Bodies.CacheName(r.Place.UniqueID), Segments: []bgfetch.PlanSegment{}}
	switch {
	case generation != data.Generation:
		p.Failed = bgfetch.ReasonFetchError // it started again: these bytes belong to nothing
		return p
	case result == bgfetch.ResponseResult(bgfetch.ReasonBadStatus):
		p.End = true
		return p
	case !exposed(result):
		p.Failed = bgfetch.FailureReason(result)
		return p
	case r.unproven():
		return p
	}
	end := from
	for _, s := range r.readable(from) {
		if s.Offset > from && slices.Contains(data.Seams, s.Offset) {
			break // it is not proved to be what follows
		}
		p.Segments = append(p.Segments, bgfetch.PlanSegment{
			Key: r.fetch.engine.Bodies.Key(s.Key(r.Place.Index, generation)), Offset: s.Offset, Length: s.Length, Whole: data.Whole,
		})
		end = s.Offset + s.Length
	}
	p.End = result == bgfetch.ResponseSuccess && end >= data.Length
	return p
}

// ComesSoon says whether the byte at offset of a record's body can be read, or is on its way. It is not
// where its background fetch is held, or where all of the body is verified before, and much is missing.
// True is what can be found out by waiting, too: that there is no such byte, or record.
func (e *Engine) ComesSoon(uniqueID string, index int, offset int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.readableRecord(uniqueID, index)
	if err != nil {
		return true
	}
	f, data := r.fetch, &r.state.Response
	switch {
	case r.result() != bgfetch.ResponseNone:
		return true
	case r.Check.Asked() && !r.Check.IsPiecewise():
		return !f.held() && data.Head != nil && evidence.ExpectedLength(data) >= 0 && evidence.Missing(data) <= soonVerified
	case f.held():
		return len(r.readable(offset)) > 0
	}
	return true
}

// soonVerified is how many missing bytes are waited for where all of a body is verified before it is read.
const soonVerified = 1 << 20

// Seek says that a reader wants the bytes of a record's body from offset on, now. If
// the first of them that is not stored is not about to come, the transfer moves there;
// what it leaves out is fetched afterwards. Of several seeks the newest counts. Where its
// background fetch is held, that happens when it goes on. Nothing happens where nothing can be
// done: there is no such record or it is settled, the server knows no ranges.
func (e *Engine) Seek(uniqueID string, index int, offset int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r, err := e.readableRecord(uniqueID, index); err == nil && !r.fetch.settling {
		r.SeekTo(offset)
	}
}

// waitRemembered returns when the history knows what earlier engines had done with.
func (e *Engine) waitRemembered(ctx context.Context) error {
	select {
	case <-e.history.Remembered():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ctx.Done():
		return e.Err()
	}
}

// Snapshot returns the snapshot of a background fetch, settled or not, or
// ErrUnknown. Of those that are done with, the last are known.
func (e *Engine) Snapshot(uniqueID string) (bgfetch.Snapshot, error) {
	e.mu.Lock()
	f, err := e.lookUp(uniqueID)
	if err == nil {
		defer e.mu.Unlock()
		return f.nextSnapshot(), nil
	}
	e.mu.Unlock()
	if err := e.waitRemembered(e.ctx); err != nil {
		return bgfetch.Snapshot{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if past, ok := e.history.LookUp(uniqueID); ok {
		return past.Snapshot, nil
	}
	return bgfetch.Snapshot{}, err
}
