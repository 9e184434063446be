package bgfetch

import (
	"context"
	"fmt"
	"log"
	"slices"
	"time"
)

// Bodies can be deleted behind our back, by a page that tidies up the caches of its
// site or by a user who makes room, and a put into a cache that was deleted meanwhile
// succeeds. So rows alone prove nothing: the bodies are looked for when an engine
// starts, and before a background fetch succeeds.

// maxLosses is how many times what is gone is fetched again when all records have
// succeeded, and how often a storage that fails is asked what is there.
const maxLosses = 3

// complete settles a background fetch all of whose records have their result. Before
// it succeeds, all that its rows speak of is looked for; what is gone is fetched
// again. e.mu is held.
func (e *Engine) complete(f *backgroundFetch) {
	if result, _ := f.outcome(); result != ResultSuccess || f.settling {
		e.settle(f, ReasonNone)
		return
	}
	f.transfers.Add(1)
	f.running++
	e.goWork(func() {
		defer f.transfers.Done()
		err := f.lookForLost()
		e.mu.Lock()
		defer e.mu.Unlock()
		f.running--
		switch {
		case f.ctx.Err() != nil:
			// It has settled, or the engine ends.
		case err != nil:
			f.detail = shorten(err.Error(), maxLogText)
			e.settle(f, ReasonFetchError)
		case f.unsettled == 0:
			e.settle(f, ReasonNone)
		case f.losses == maxLosses:
			f.detail = fmt.Sprintf("what is stored of it was deleted %d times, but not by it", maxLosses+1)
			e.settle(f, ReasonFetchError)
		default:
			f.losses++
			e.begin(f)
		}
		e.noteActivity(f)
	})
}

// lookForLost is dropLost, with some patience where the storage fails.
func (f *backgroundFetch) lookForLost() error {
	for try := 1; ; try++ {
		keys, err := f.dropLost(f.ctx)
		if err == nil {
			err = f.deleteOrphans(f.ctx, keys)
		}
		if err == nil || f.ctx.Err() != nil {
			return err
		}
		f.fail("it cannot be looked whether all of it is there", err)
		if try == maxLosses {
			return fmt.Errorf("it cannot be looked whether all of it is there: %w", err)
		}
		select {
		case <-time.After(f.retry.backOff(try)):
		case <-f.ctx.Done():
		}
	}
}

// dropLost compares the rows of segments with the bodies that are really there, whose
// keys it returns. A record that is without a body which it needs has no result any
// more. Nobody works on the records meanwhile.
func (f *backgroundFetch) dropLost(ctx context.Context) ([]SegmentKey, error) {
	e := f.engine
	keys, err := e.Bodies.Segments(ctx, f.state.UniqueID)
	if err != nil {
		return nil, err
	}
	present := make(map[SegmentKey]bool, len(keys))
	for _, key := range keys {
		present[key] = true
	}
	dropped := false
	for _, r := range f.records {
		data := r.state.Response
		var left, lost []Segment
		for _, s := range data.Segments {
			if present[r.key(data.Generation, s)] {
				left = append(left, s)
			} else {
				lost = append(lost, s)
			}
		}
		if lost != nil {
			if err := e.Store.DropSegments(ctx, f.state.UniqueID, r.index, data.Generation, lost); err != nil {
				return nil, err
			}
			dropped = true
		}
		r.keepOnly(left)
	}
	e.mu.Lock()
	if f.state.Result == ResultSuccess && f.unsettled > 0 {
		f.state.Result, f.state.KeptAt = ResultNone, 0 // nobody has seen it yet: its event was not delivered
	}
	e.mu.Unlock()
	if dropped {
		// The cache itself may be gone, which is the sign that there is work.
		return keys, e.Bodies.Create(ctx, f.state.UniqueID)
	}
	return keys, nil
}

// mixes says whether what is fetched again, when these are left of its segments, need not be
// of the same file: where nothing is left that it is compared with, or what is left was not
// compared itself. Who has read of the one must not go on with the other.
func (d *ResponseData) mixes(left []Segment) bool { return len(left) == 0 || len(d.Seams) > 0 }

// keepOnly makes left all the segments that the record has. If some were lost, what
// is fetched again is also hashed again. Where that need not be of the same file it is a
// generation of its own.
func (r *record) keepOnly(left []Segment) {
	f := r.fetch
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	data := &r.state.Response
	before := data.Result
	if len(left) < len(data.Segments) {
		anew := data.mixes(left) && (before == ResponseNone || before == ResponseSuccess)
		if anew {
			left = nil
		}
		lost := storedLength(data.Segments) - storedLength(left)
		f.downloaded -= lost
		data.Segments = left
		if anew {
			*data = ResponseData{Generation: data.Generation + 1, Length: -1}
		}
		why := fmt.Sprintf("%d stored bytes are gone", lost)
		r.note(LogEntry{Event: logAttempt, Detail: why})
		log.Printf("background fetch %q, record %d (%s): %s", f.state.ID, r.index, r.request.URL, why)
		f.broadcast()
	}
	if !r.verified() {
		data.addSeams()
	}
	start, end := firstGap(left)
	if digest := r.state.Digest; digest != nil && digest.Hashed > start {
		r.state.Digest = nil
	}
	if before == ResponseSuccess && (end > 0 || start < data.Length || data.Result == ResponseNone) {
		data.Result = ResponseNone
		f.unsettled++
	}
}

// deleteOrphans deletes the bodies, of those with the keys, that no row speaks of.
func (f *backgroundFetch) deleteOrphans(ctx context.Context, keys []SegmentKey) error {
	return f.deleteAllBut(ctx, keys, func(*record) bool { return true })
}

// free deletes the bodies of records that failed, if the background fetch did: nobody
// may read them. Their rows go with the others.
func (f *backgroundFetch) free() {
	e := f.engine
	if f.state.Result != ResultFailure {
		return
	}
	keys, err := e.Bodies.Segments(e.ctx, f.state.UniqueID)
	if err == nil {
		err = f.deleteAllBut(e.ctx, keys, func(r *record) bool { return r.state.Response.Result == ResponseSuccess })
	}
	if err != nil && e.ctx.Err() == nil {
		f.fail("what failed is deleted after its event", err)
	}
}

// deleteAllBut deletes the bodies, of those with the keys, that are not of these records.
func (f *backgroundFetch) deleteAllBut(ctx context.Context, keys []SegmentKey, of func(*record) bool) error {
	known := make(map[SegmentKey]bool, len(keys))
	for _, r := range f.records {
		if !of(r) {
			continue
		}
		for _, key := range r.keys(r.state.Response.Generation, r.state.Response.Segments) {
			known[key] = true
		}
	}
	others := slices.DeleteFunc(keys, func(key SegmentKey) bool { return known[key] })
	if len(others) == 0 {
		return nil
	}
	return f.engine.Bodies.DeleteSegments(ctx, f.state.UniqueID, others)
}
