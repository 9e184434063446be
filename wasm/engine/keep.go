package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/ranges"
)

// kept says that the records stay. e.mu is held.
func (f *backgroundFetch) kept() bool { return f.state.KeptAt > 0 }

// checkKeep refuses requests whose responses do not stand for their URL, and what cannot be said
// of how long they stay.
func checkKeep(init bgfetch.FetchInit) error {
	if !init.Keep {
		if init.Retention != (bgfetch.Retention{}) {
			return bgfetch.Errorf(bgfetch.TypeError, "options.retention applies only with options.keep")
		}
		return nil
	}
	for _, request := range init.Requests {
		switch {
		case request.Method != "GET":
			return bgfetch.Errorf(bgfetch.TypeError, "options.keep is for GET requests only: %s %s", request.Method, request.URL)
		case bgfetch.HeaderValue(request.Headers, "Range") != "":
			return bgfetch.Errorf(bgfetch.TypeError, "options.keep is for whole responses, and the request for %s has a Range", request.URL)
		}
	}
	return init.Retention.Check(time.Now())
}

// nextKeptAt is a time for FetchState.KeptAt, in ms since 1970 and larger than all before.
func (e *Engine) nextKeptAt() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lastKept = max(e.lastKept+1, time.Now().UnixMilli())
	return e.lastKept
}

// restoreKept takes up a background fetch of which only kept records are left, and
// deletes what is left of one whose bodies were deleted behind our back. Nobody knows of it before.
func (e *Engine) restoreKept(ctx context.Context, s bgfetch.Stored, bodies []string) error {
	f := newBackgroundFetch(e, s.State, s.Requests, s.Records)
	f.created, f.settling = true, true
	f.cancel()
	if slices.ContainsFunc(f.caches(), func(cache string) bool { return !slices.Contains(bodies, cache) }) {
		if err := e.freeCaches(ctx, f); err != nil {
			return err
		}
		return e.Store.Delete(ctx, s.State.UniqueID, nil)
	}
	if slices.ContainsFunc(s.Requests, func(r bgfetch.Request) bool { return len(r.Headers) > 0 || r.Referrer != "" }) {
		// A version stored it that kept all of them.
		if err := f.bareRequests(ctx); err != nil {
			log.Printf("header fields of kept requests could not be deleted yet: %v", err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept[s.State.UniqueID] = f
	return nil
}

// keepRecords does for a background fetch that is kept what deletion is for others:
// it gives up all but its records and the URLs of their requests, and what dead workers have put since it was verified.
func (e *Engine) keepRecords(f *backgroundFetch, ended bgfetch.Ended) error {
	keys, err := keysIn(e.ctx, f.caches(), e.Bodies.AllSegments)
	if err == nil {
		err = f.deleteOrphans(e.ctx, keys)
	}
	if err != nil {
		return fmt.Errorf("delete orphaned bodies: %w", err)
	}
	// A crash in between leaves a row that is taken up at the next start. Other caches than its
	// own are kept already.
	if err := e.Bodies.MarkKept(e.ctx, f.state.UniqueID); err != nil {
		return err
	}
	if err := f.bareRequests(e.ctx); err != nil {
		return err
	}
	f.storing.Lock()
	defer f.storing.Unlock()
	e.mu.Lock()
	f.state.InHistory = true
	state := f.state
	e.mu.Unlock()
	return e.Store.Keep(e.ctx, state, ended)
}

// bareRequests gives up what may be a secret and will never be sent again.
func (f *backgroundFetch) bareRequests(ctx context.Context) error {
	requests := make([]bgfetch.Request, len(f.records))
	f.engine.mu.Lock()
	for i, r := range f.records {
		r.Request = r.Request.Bare()
		requests[i] = r.Request
	}
	f.engine.mu.Unlock()
	for _, r := range f.records {
		if _, err := r.setRefreshed(ctx, nil); err != nil {
			return err
		}
	}
	return f.engine.Store.PutRequests(ctx, f.state.UniqueID, requests)
}

// allKept returns the kept records, the last kept first, without those in whose place others
// with the same URL were kept. e.mu is held.
func (e *Engine) allKept() []library.Kept {
	var all []library.Kept
	for _, fetches := range []map[string]*backgroundFetch{e.fetches, e.kept} {
		for _, f := range fetches {
			if !f.kept() {
				continue
			}
			for _, r := range f.records {
				all = append(all, library.Kept{
					UniqueID: f.state.UniqueID, Index: r.Index, URL: r.Request.URL, KeptAt: f.state.KeptAt, Dropped: r.state.Dropped,
					Delivering: e.kept[f.state.UniqueID] == nil, Size: ranges.StoredLength(r.state.Response.Segments), ReadAt: r.state.ReadAt, Retention: f.state.Retention,
				})
			}
		}
	}
	return library.Current(all)
}

// recordsOf are those that stand for kept ones. e.mu is held.
func (e *Engine) recordsOf(kept []library.Kept) []*record {
	records := make([]*record, len(kept))
	for i, one := range kept {
		records[i] = cmp.Or(e.fetches[one.UniqueID], e.kept[one.UniqueID]).records[one.Index]
	}
	return records
}

// unexpired returns those of allKept that have not expired. e.mu is held.
func (e *Engine) unexpired() []library.Kept {
	now := time.Now()
	return slices.DeleteFunc(e.allKept(), func(k library.Kept) bool { return k.IsExpired(now) })
}

// keptRecords are the records that answer for what is kept. e.mu is held.
func (e *Engine) keptRecords() []*record { return e.recordsOf(e.unexpired()) }

// isChosen says whether a query chooses the record. e.mu is held.
func (r *record) isChosen(query bgfetch.KeptQuery) bool {
	state := &r.fetch.state
	return library.IsChosen(query, state.UniqueID, state.Retention.Group, r.Request.URL)
}

// Kept returns the kept records that the query chooses, the last kept first.
func (e *Engine) Kept(query bgfetch.KeptQuery) []bgfetch.KeptRecord {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := []bgfetch.KeptRecord{}
	for _, r := range e.keptRecords() {
		if r.isChosen(query) {
			kept = append(kept, r.keptRecord())
		}
	}
	return kept
}

// keptRecord is what a site is told of a kept record. e.mu is held.
func (r *record) keptRecord() bgfetch.KeptRecord {
	state := &r.fetch.state
	s := r.snapshot()
	s.Request = s.Request.Bare()
	return bgfetch.KeptRecord{
		RecordSnapshot: s, UniqueID: state.UniqueID, ID: state.ID, Title: library.Shorten(state.Title, maxTitle),
		Icon: chooseIcon(state.Icons), Type: s.Head.Value("Content-Type"), Kept: state.KeptAt, Retention: state.Retention,
	}
}

// Find returns the record that answers for a URL: the last that was kept, or else one
// of the background fetch that was begun last of those that are not done with. Where there
// is none the error is ErrUnknown. The header fields of requests and Vary are not looked at.
func (e *Engine) Find(url string, ignoreSearch bool) (uniqueID string, index int, err error) {
	query := bgfetch.KeptQuery{URL: url, IgnoreSearch: ignoreSearch}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.keptRecords() {
		if r.isChosen(query) {
			return r.fetch.state.UniqueID, r.Index, nil
		}
	}
	var found *record
	for _, f := range e.fetches {
		if !f.created || f.state.Delivered || found != nil && !f.state.Created.After(found.fetch.state.Created) {
			continue
		}
		i := slices.IndexFunc(f.records, func(r *record) bool {
			return r.Request.IsSafe() && !r.Request.HasRange() && exposed(r.result()) && r.isChosen(query)
		})
		if i >= 0 {
			found = f.records[i]
		}
	}
	if found == nil {
		return "", 0, bgfetch.ErrUnknown
	}
	return found.fetch.state.UniqueID, found.Index, nil
}

// DeleteKept deletes the kept records that the query chooses and returns how many
// they were. When it returns nil they are gone. A group in which nothing is kept is a TypeError.
func (e *Engine) DeleteKept(ctx context.Context, query bgfetch.KeptQuery) (int, error) {
	e.mu.Lock()
	var chosen []*record
	for _, r := range e.keptRecords() {
		if r.isChosen(query) {
			chosen = append(chosen, r)
		}
	}
	e.mu.Unlock()
	if query.Group != nil && len(chosen) == 0 {
		return 0, bgfetch.Errorf(bgfetch.TypeError, "options.group: no kept record is in the group %.80q", *query.Group)
	}
	for _, r := range chosen {
		if err := e.markDropped(ctx, r); err != nil {
			return 0, storageError("that a kept record is deleted", err)
		}
	}
	if err := e.tidyKept(ctx); err != nil {
		return 0, storageError("that a kept record is deleted", err)
	}
	return len(chosen), nil
}

// markDropped hides a record for good: from now on nobody reads it. That there is no room
// to store that is no error: the bodies that take it are deleted next.
func (e *Engine) markDropped(ctx context.Context, r *record) error {
	err := r.storeKept(ctx, func(state *bgfetch.RecordState) {
		state.Dropped = true
		r.fetch.broadcast()
	})
	if errors.Is(err, bgfetch.ErrQuota) {
		return nil
	}
	return err
}

// tidyKept deletes the bodies of records that were dropped, or in whose place others
// were kept. What a crash leaves of that is done at the next start. Background fetches that
// are not done with come when they are.
func (e *Engine) tidyKept(ctx context.Context) error {
	e.tidying.Lock()
	defer e.tidying.Unlock()
	e.mu.Lock()
	current := map[*record]bool{}
	for _, r := range e.recordsOf(e.allKept()) { // what has expired goes when the site was told
		current[r] = true
	}
	var gone []*backgroundFetch // altogether
	var dropped []*record       // of others
	for _, f := range e.kept {
		old := slices.DeleteFunc(slices.Clone(f.records), func(r *record) bool { return current[r] })
		if len(old) == len(f.records) {
			gone = append(gone, f)
			continue
		}
		for _, r := range old {
			if len(r.state.Response.Segments) > 0 {
				dropped = append(dropped, r)
			}
		}
	}
	e.mu.Unlock()
	for _, f := range gone {
		if err := e.deleteKept(ctx, f); err != nil {
			return err
		}
	}
	for _, r := range dropped {
		if err := e.deleteDropped(ctx, r); err != nil {
			return err
		}
	}
	if len(gone)+len(dropped) > 0 {
		e.history.Changed() // which says what is kept
	}
	return nil
}

// deleteKept deletes all of a kept background fetch: first the bodies. Those that somebody
// asked to delete one by one, since browsers free the room of a deleted cache later, when
// nobody has it open. Who reads what was replaced reads on.
func (e *Engine) deleteKept(ctx context.Context, f *backgroundFetch) error {
	uniqueID := f.state.UniqueID
	asked := map[string][]bgfetch.SegmentKey{}
	e.mu.Lock()
	for _, r := range f.records {
		if r.state.Dropped {
			asked[r.Place.UniqueID] = append(asked[r.Place.UniqueID], r.keys()...)
		}
		r.state.Dropped = true
	}
	f.broadcast()
	e.mu.Unlock()
	for cache, keys := range asked {
		if err := e.Bodies.DeleteSegments(ctx, cache, keys); err != nil {
			return fmt.Errorf("delete kept bodies: %w", err)
		}
	}
	if err := e.freeCaches(ctx, f); err != nil {
		return fmt.Errorf("delete kept bodies: %w", err)
	}
	if err := e.Store.Delete(ctx, uniqueID, nil); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.kept, uniqueID)
	return nil
}

// deleteDropped deletes the bodies of one record of several.
func (e *Engine) deleteDropped(ctx context.Context, r *record) error {
	if err := e.markDropped(ctx, r); err != nil {
		return err
	}
	e.mu.Lock()
	keys := r.keys()
	e.mu.Unlock()
	if err := e.Bodies.DeleteSegments(ctx, r.Place.UniqueID, keys); err != nil {
		return fmt.Errorf("delete kept bodies: %w", err)
	}
	return r.storeKept(ctx, func(state *bgfetch.RecordState) {
		// The rows of segments go with their generation.
		state.Response = bgfetch.ResponseData{Generation: state.Response.Generation + 1, Length: -1}
	})
}

// tidyKeptSoon is tidyKept for where nobody waits.
func (e *Engine) tidyKeptSoon() {
	e.goWork(func() {
		if err := e.tidyKept(e.ctx); err != nil && e.ctx.Err() == nil {
			log.Printf("replaced kept records could not be deleted yet: %v", err)
		}
	})
}
