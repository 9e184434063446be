package engine

import (
	"context"
	"fmt"
	"log"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/ranges"
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
	if result, _ := f.outcome(); result != bgfetch.ResultSuccess || f.settling {
		e.settle(f, bgfetch.ReasonNone)
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
			f.detail = library.Shorten(err.Error(), library.MaxLogText)
			e.settle(f, bgfetch.ReasonFetchError)
		case f.unsettled == 0:
			e.settle(f, bgfetch.ReasonNone)
		case f.losses == maxLosses:
			f.detail = fmt.Sprintf("something else deleted its stored bytes %d times", maxLosses+1)
			e.settle(f, bgfetch.ReasonFetchError)
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
		f.complain("its stored bytes could not be checked", err)
		if try == maxLosses {
			return fmt.Errorf("its stored bytes could not be checked: %w", err)
		}
		select {
		case <-time.After(f.retry.Wait(try)):
		case <-f.ctx.Done():
		}
	}
}

// dropLost compares the rows of segments with the bodies that are really there, whose
// keys it returns. A record that is without a body which it needs has no result any
// more. Nobody works on the records meanwhile.
func (f *backgroundFetch) dropLost(ctx context.Context) (keysByCache, error) {
	e := f.engine
	keys, err := f.storedKeys(ctx)
	if err != nil {
		return nil, err
	}
	present := keys.sets()
	dropped := false
	for _, r := range f.records {
		data := &r.state.Response
		left := slices.DeleteFunc(slices.Clone(data.Segments), func(s bgfetch.Segment) bool { return !r.isStored(s, present[r.Place.UniqueID]) })
		if len(left) < len(data.Segments) {
			if err := r.storeLoss(ctx, left); err != nil {
				return nil, err
			}
			dropped = true
		}
		r.dropAllBut(left)
	}
	e.mu.Lock()
	if f.state.Result == bgfetch.ResultSuccess && f.unsettled > 0 {
		f.state.Result, f.state.KeptAt = bgfetch.ResultNone, 0 // nobody has seen it yet: its event was not delivered
	}
	e.mu.Unlock()
	if !dropped {
		return keys, nil
	}
	// The caches themselves may be gone, and its own is the sign that there is work.
	for _, cache := range f.caches() {
		if err := e.Bodies.Create(ctx, cache); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// anew says whether the record begins a new generation, when these are left. Nobody works on it
// meanwhile.
func (r *record) anew(left []bgfetch.Segment) bool {
	result := r.state.Response.Result
	return evidence.Mixes(&r.state.Response, left) && (result == bgfetch.ResponseNone || result == bgfetch.ResponseSuccess)
}

// storeLoss stores that these are left of the record's segments. A new generation is one
// step with the loss of rows: else another engine would not know of it. Nobody works on the record
// meanwhile.
func (r *record) storeLoss(ctx context.Context, left []bgfetch.Segment) error {
	store, uniqueID, data := r.fetch.engine.Store, r.fetch.state.UniqueID, &r.state.Response
	if r.anew(left) {
		state := r.state
		state.Response, state.Digest, state.Verified = bgfetch.ResponseData{Generation: data.Generation + 1, Length: -1}, nil, bgfetch.Verified{}
		return store.PutRecord(ctx, uniqueID, r.Index, state)
	}
	lost := slices.DeleteFunc(slices.Clone(data.Segments), func(s bgfetch.Segment) bool { return slices.Contains(left, s) })
	return store.DropSegments(ctx, uniqueID, r.Index, data.Generation, lost)
}

// dropAllBut makes left all the segments that the record has. If some were lost, what
// is fetched again is also hashed again. Where that need not be of the same file it is a
// generation of its own.
func (r *record) dropAllBut(left []bgfetch.Segment) {
	f := r.fetch
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	data := &r.state.Response
	before := data.Result
	if len(left) < len(data.Segments) {
		anew := r.anew(left)
		if anew {
			left = nil
		}
		lost := ranges.StoredLength(data.Segments) - ranges.StoredLength(left)
		f.downloaded -= lost
		data.Segments = left
		if anew {
			*data = bgfetch.ResponseData{Generation: data.Generation + 1, Length: -1}
			r.Forget()
		}
		why := fmt.Sprintf("%d stored bytes are gone", lost)
		r.note(bgfetch.LogEntry{Event: bgfetch.LogAttempt, Detail: why})
		log.Printf("background fetch %q, record %d (%s): %s", f.state.ID, r.Index, r.Request.URL, why)
		f.broadcast()
	}
	if !r.Check.Asked() {
		evidence.AddSeams(data)
	}
	r.Check.ForgetLost(&r.state)
	start, end := ranges.FirstGap(left)
	if before == bgfetch.ResponseSuccess && (end > 0 || start < data.Length || data.Result == bgfetch.ResponseNone) {
		data.Result = bgfetch.ResponseNone
		f.unsettled++
	}
}

// keysByCache are the keys of the segments that are in each of some caches.
type keysByCache map[string][]bgfetch.SegmentKey

// storedKeys looks into all caches that hold bodies of f.
func (f *backgroundFetch) storedKeys(ctx context.Context) (keysByCache, error) {
	return keysIn(ctx, f.caches(), f.engine.Bodies.Segments)
}

// keysIn looks into caches with list, which is one of two methods of bgfetch.Bodies.
func keysIn(ctx context.Context, caches []string, list func(context.Context, string) ([]bgfetch.SegmentKey, error)) (keysByCache, error) {
	keys := keysByCache{}
	for _, cache := range caches {
		there, err := list(ctx, cache)
		if err != nil {
			return nil, err
		}
		keys[cache] = there
	}
	return keys, nil
}

// sets are the same keys, to look them up.
func (k keysByCache) sets() map[string]map[bgfetch.SegmentKey]bool {
	sets := make(map[string]map[bgfetch.SegmentKey]bool, len(k))
	for cache, keys := range k {
		set := make(map[bgfetch.SegmentKey]bool, len(keys))
		for _, key := range keys {
			set[key] = true
		}
		sets[cache] = set
	}
	return sets
}

// deleteOrphans deletes the bodies, of those with the keys, that no row speaks of.
func (f *backgroundFetch) deleteOrphans(ctx context.Context, keys keysByCache) error {
	return f.deleteAllBut(ctx, keys, func(*record) bool { return true })
}

// free deletes the bodies of records that failed, if the background fetch did: nobody
// may read them. Their rows go with the others. What they left stays, unless somebody wanted
// the background fetch to be gone. Nobody works on its records any more.
func (f *backgroundFetch) free() {
	e := f.engine
	state := f.stored()
	if state.Result != bgfetch.ResultFailure {
		return
	}
	var err error
	if state.Aborted {
		_, err = e.forgetRemains(e.ctx, func(one *bgfetch.Remains) bool { return one.Of == state.UniqueID })
	}
	var keys keysByCache
	if err == nil {
		keys, err = f.storedKeys(e.ctx)
	}
	if err == nil {
		err = f.deleteAllBut(e.ctx, keys, func(r *record) bool { return r.state.Response.Result == bgfetch.ResponseSuccess })
	}
	if err != nil && e.ctx.Err() == nil {
		f.complain("failed records could not be deleted before its event", err)
	}
}

// deleteAllBut deletes the bodies, of those with the keys, that are not of these records, nor
// of others than f.
func (f *backgroundFetch) deleteAllBut(ctx context.Context, keys keysByCache, of func(*record) bool) error {
	e := f.engine
	for cache, there := range keys {
		known := map[bgfetch.SegmentKey]bool{}
		for _, r := range f.records {
			if r.Place.UniqueID != cache || !of(r) {
				continue
			}
			for _, key := range r.keys() {
				known[key] = true
			}
		}
		e.mu.Lock()
		indices, remains, _ := e.others(cache, f)
		e.mu.Unlock()
		orphans := slices.DeleteFunc(there, func(key bgfetch.SegmentKey) bool {
			return known[key] || remains[key] || indices[key.Index]
		})
		if len(orphans) == 0 {
			continue
		}
		if err := e.Bodies.DeleteSegments(ctx, cache, orphans); err != nil {
			return err
		}
	}
	return nil
}
