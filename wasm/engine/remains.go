package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/ranges"
)

// Which remains stay, go, and are begun with, library says (wasm/library/remains.go). Here
// they are stored, found and deleted. A record that begins with remains has its body in their
// place: no byte is moved. So a cache may hold bodies of several background fetches, and is
// deleted with the last of them (freeCache).

// Leave implements download.Book.
func (o owner) Leave(next bgfetch.RecordState) error {
	left, ok := o.record.left()
	if !ok {
		return o.Commit(next)
	}
	e := o.fetch.engine
	if next.Response.Generation == left.Response.Generation {
		next.Left = ranges.StoredLength(left.Segments) // which were downloaded all the same
	}
	next.Response.Segments = nil
	o.storing.Lock()
	defer o.storing.Unlock()
	next.Refreshed = o.State().Refreshed
	if left, err := o.storeLeft(next, left); err != nil {
		return err
	} else if left != nil {
		e.mu.Lock()
		e.remains = append(e.remains, left)
		e.mu.Unlock()
		o.note(bgfetch.LogEntry{Event: bgfetch.LogRemains, Detail: fmt.Sprintf("%d bytes are saved for another try", left.Size())})
		e.tidyRetained()
	}
	o.publish(next, 0)
	return nil
}

// storeLeft stores what a record leaves, and returns it. Where the storage has no room for a row, what
// has none is deleted, the browser gets time to free that room, and then bytes at the end are given up;
// nil where too few are left.
func (o owner) storeLeft(next bgfetch.RecordState, left *bgfetch.Remains) (*bgfetch.Remains, error) {
	e := o.fetch.engine
	var deadline time.Time
	for {
		err := e.Store.Leave(e.ctx, o.fetch.state.UniqueID, o.Index, next, left)
		switch {
		case !errors.Is(err, bgfetch.ErrQuota):
			return left, err
		case deadline.IsZero():
			deadline = time.Now().Add(freeingTime)
		case time.Now().Before(deadline):
			select {
			case <-time.After(freeingLook):
			case <-e.ctx.Done():
			}
			continue
		default:
			shorter := *left
			shorter.Segments = left.Segments[:len(left.Segments)-1]
			if !e.options.Remains.IsWorth(&shorter) {
				return nil, e.Store.PutRecord(e.ctx, o.fetch.state.UniqueID, o.Index, next)
			}
			left = &shorter
		}
		if err := e.deleteUnlisted(e.ctx, left); err != nil {
			return nil, err
		}
	}
}

// deleteUnlisted deletes the bodies of the record that left remains, but for those that are listed in them.
func (e *Engine) deleteUnlisted(ctx context.Context, left *bgfetch.Remains) error {
	keys, err := e.Bodies.Segments(ctx, left.UniqueID)
	if err != nil {
		return err
	}
	listed := left.Keys()
	keys = slices.DeleteFunc(keys, func(key bgfetch.SegmentKey) bool {
		return key.Index != left.Index || slices.Contains(listed, key)
	})
	return e.Bodies.DeleteSegments(ctx, left.UniqueID, keys)
}

// left returns what the record leaves if it fails now; not ok: nothing.
func (r *record) left() (*bgfetch.Remains, bool) {
	f := r.fetch
	e := f.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	data := r.state.Response
	start, end := ranges.FirstGap(data.Segments)
	whole := end == 0 && data.Length >= 0 && start >= data.Length && len(data.Seams) == 0
	unable := data.Head == nil || strings.EqualFold(strings.TrimSpace(data.Head.Value("Accept-Ranges")), "none")
	if f.state.Aborted || !r.Request.IsSafe() || r.Request.HasRange() || whole || unable || !r.Continues() {
		return nil, false
	}
	left := &bgfetch.Remains{
		Place: r.Place, Of: f.state.UniqueID, ID: f.state.ID, Record: r.Index, URL: cmp.Or(data.From, r.Request.URL),
		Left: time.Now().UnixMilli(), Response: data, Segments: data.Segments,
	}
	left.Response.Segments = nil
	return left, e.options.Remains.IsWorth(left)
}

// beginRecords returns the states that the records of a background fetch begin with, and takes the
// remains that are in them: from now on they are its own. e.mu is held.
func (e *Engine) beginRecords(init bgfetch.FetchInit) (states []bgfetch.RecordState, taken []*bgfetch.Remains) {
	states = make([]bgfetch.RecordState, len(init.Requests))
	usable := slices.DeleteFunc(slices.Clone(e.remains), func(one *bgfetch.Remains) bool { return !e.available(one) })
	assigned := library.Assign(usable, init.ID, init.Requests, cmp.Or(init.DownloadTotal, bgfetch.MaxLength))
	for i, request := range init.Requests {
		states[i].Response.Length = -1
		one := assigned[i]
		if one == nil {
			continue
		}
		states[i] = library.Begin(one, request.URL)
		if request.Integrity == "" && request.Pieces == nil {
			evidence.AddSeams(&states[i].Response)
		}
		taken = append(taken, one)
		e.dropRemains(one)
	}
	return states, taken
}

// available says whether another background fetch may have them: they are not expired, and
// the one that left them has failed, and was not aborted. e.mu is held.
func (e *Engine) available(one *bgfetch.Remains) bool {
	f := e.fetches[one.Of]
	return time.Now().Before(e.options.Remains.Expires(one)) && (f == nil || f.state.Result == bgfetch.ResultFailure && !f.state.Aborted)
}

// dropRemains takes remains off the list. e.mu is held.
func (e *Engine) dropRemains(gone ...*bgfetch.Remains) {
	e.remains = slices.DeleteFunc(e.remains, func(one *bgfetch.Remains) bool {
		return slices.ContainsFunc(gone, func(other *bgfetch.Remains) bool { return other.Place == one.Place })
	})
}

// begun are the records that begin with remains, as they are to be stored. Those of which
// something is gone begin at byte 0 instead. Nobody works on the records meanwhile.
func (f *backgroundFetch) begun(ctx context.Context, taken []*bgfetch.Remains) ([]bgfetch.Begun, error) {
	e := f.engine
	keys, err := keysIn(ctx, cachesOf(taken), e.Bodies.Segments)
	if err != nil {
		return nil, err
	}
	present := keys.sets()
	var begun []bgfetch.Begun
	var lost []*bgfetch.Remains
	for _, r := range f.records {
		if r.state.Place == (bgfetch.Place{}) {
			continue
		}
		if containAll(present[r.Place.UniqueID], r.keys()) {
			begun = append(begun, bgfetch.Begun{Index: r.Index, State: r.state})
			continue
		}
		i := slices.IndexFunc(taken, func(one *bgfetch.Remains) bool { return one.Place == r.Place })
		lost = append(lost, taken[i])
		e.mu.Lock()
		f.downloaded -= ranges.StoredLength(r.state.Response.Segments)
		r.state = bgfetch.RecordState{Response: bgfetch.ResponseData{Length: -1}}
		r.Place = bgfetch.Place{UniqueID: f.state.UniqueID, Index: r.Index}
		e.mu.Unlock()
	}
	return begun, e.deleteRemains(ctx, lost)
}

func containAll(there map[bgfetch.SegmentKey]bool, wanted []bgfetch.SegmentKey) bool {
	return !slices.ContainsFunc(wanted, func(key bgfetch.SegmentKey) bool { return !there[key] })
}

// MakeRoom implements download.Book.
func (o owner) MakeRoom(bytes int64) bool { return o.fetch.makeRoom(bytes) }

// makeRoom waits for room that is about to be free, or deletes what may go for the background
// fetch: remains, the oldest first, or else of what is kept. So many bytes, or a little more. It
// says whether there may be more room now.
func (f *backgroundFetch) makeRoom(bytes int64) bool {
	return f.engine.freeing.awaitFreed(f.ctx) || f.engine.clearRemains(bytes) || f.engine.evictForRoom(bytes, f.state.Room)
}

// clearRemains deletes remains, the oldest first: so many bytes, or a little more. It says whether
// there may be more room now.
func (e *Engine) clearRemains(bytes int64) bool {
	waited := lockAfter(&e.clearing)
	defer e.clearing.Unlock()
	e.mu.Lock()
	gone := library.ForRoom(e.remains, bytes)
	e.dropRemains(gone...)
	e.mu.Unlock()
	if len(gone) == 0 {
		return waited // for somebody who made some
	}
	if err := e.deleteRemains(e.ctx, gone); err != nil {
		e.complainOfRest(remainsRest, err)
		return false
	}
	return true
}

// tidyRemains deletes remains that are expired, replaced or above the limit.
func (e *Engine) tidyRemains() {
	e.clearing.Lock()
	defer e.clearing.Unlock()
	e.mu.Lock()
	gone := e.options.Remains.Surplus(e.remains, time.Now())
	e.dropRemains(gone...)
	e.mu.Unlock()
	if err := e.deleteRemains(e.ctx, gone); err != nil {
		e.complainOfRest(remainsRest, err)
	}
}

// forgetRemains deletes the remains that the function names, which is called with e.mu held.
func (e *Engine) forgetRemains(ctx context.Context, named func(*bgfetch.Remains) bool) (int, error) {
	e.clearing.Lock()
	defer e.clearing.Unlock()
	e.mu.Lock()
	gone := slices.DeleteFunc(slices.Clone(e.remains), func(one *bgfetch.Remains) bool { return !named(one) })
	e.dropRemains(gone...)
	e.mu.Unlock()
	return len(gone), e.deleteRemains(ctx, gone)
}

// deleteRemains deletes remains that are not on the list any more: first their rows. The
// bodies one by one, since browsers free the room of a deleted cache later. What a crash
// leaves of that is deleted at the next start.
func (e *Engine) deleteRemains(ctx context.Context, gone []*bgfetch.Remains) error {
	if len(gone) == 0 {
		return nil
	}
	places := make([]bgfetch.Place, len(gone))
	for i, one := range gone {
		places[i] = one.Place
	}
	if err := e.Store.DeleteRemains(ctx, places...); err != nil {
		return err
	}
	e.history.Changed() // which says what remains
	for _, one := range gone {
		e.log.Add(bgfetch.LogEntry{Event: bgfetch.LogRemains, ID: one.ID, Record: &one.Record, URL: one.URL, Detail: fmt.Sprintf("%d bytes are deleted", one.Size())})
		if err := e.Bodies.DeleteSegments(ctx, one.UniqueID, one.Keys()); err != nil {
			return err
		}
	}
	for _, cache := range cachesOf(gone) {
		if err := e.freeCache(ctx, cache); err != nil {
			return err
		}
	}
	return nil
}

// lockAfter locks, and says whether somebody else had the lock.
func lockAfter(mu *sync.Mutex) (waited bool) {
	if mu.TryLock() {
		return false
	}
	mu.Lock()
	return true
}

// remainsRest is what is left when they cannot be deleted.
const remainsRest = "what failed background fetches left"

// complainOfRest tells that what should have been deleted is still there.
func (e *Engine) complainOfRest(what string, err error) {
	if e.ctx.Err() != nil {
		return
	}
	text := fmt.Sprintf("%s stays for now: %v", what, err)
	log.Print(text)
	e.log.Add(bgfetch.LogEntry{Event: bgfetch.LogError, Detail: text})
}

// restoreRemains takes up the remains from the store. Those that have expired, or of which
// something was deleted behind our back, are deleted.
func (e *Engine) restoreRemains(ctx context.Context) error {
	all, err := e.Store.Remains(ctx)
	if err != nil {
		return fmt.Errorf("load what failed background fetches left: %w", err)
	}
	keys, err := keysIn(ctx, cachesOf(all), e.Bodies.Segments)
	if err != nil {
		return err
	}
	present := keys.sets()
	gone := e.options.Remains.Surplus(all, time.Now())
	for _, one := range all {
		if !containAll(present[one.UniqueID], one.Keys()) {
			gone = append(gone, one)
		}
	}
	e.mu.Lock()
	e.remains = all
	e.dropRemains(gone...)
	e.mu.Unlock()
	places := make([]bgfetch.Place, len(gone))
	for i, one := range gone {
		places[i] = one.Place
	}
	if len(places) == 0 {
		return nil
	}
	return e.Store.DeleteRemains(ctx, places...)
}

// sweepRemains deletes from the caches with remains what a dead worker put there late, or was
// about to delete. Called when all background fetches are known, and none can begin with remains.
func (e *Engine) sweepRemains(ctx context.Context) error {
	e.clearing.Lock()
	defer e.clearing.Unlock()
	e.mu.Lock()
	caches := cachesOf(e.remains)
	e.mu.Unlock()
	for _, cache := range caches {
		if err := e.freeCache(ctx, cache); err != nil {
			return fmt.Errorf("delete orphaned bodies: %w", err)
		}
	}
	return nil
}

// Remains lists what failed background fetches left, the last first.
func (e *Engine) Remains() []bgfetch.RemainsListing {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []bgfetch.RemainsListing{}
	for _, one := range library.NewestFirst(e.remains) {
		if e.available(one) {
			list = append(list, bgfetch.RemainsListing{
				Of: one.Of, ID: one.ID, URL: one.URL, Size: one.Size(), Length: evidence.ExpectedLength(&one.Response),
				Left: one.Left, Expires: e.options.Remains.Expires(one).UnixMilli(),
			})
		}
	}
	return list
}

// DeleteRemains deletes what the background fetch with that unique id left, or what all did
// where it is "", and returns of how many records. When it returns nil they are gone.
func (e *Engine) DeleteRemains(ctx context.Context, uniqueID string) (int, error) {
	n, err := e.forgetRemains(ctx, func(one *bgfetch.Remains) bool {
		return e.available(one) && (uniqueID == "" || one.Of == uniqueID)
	})
	if err != nil {
		return 0, storageError("that remains are deleted", err)
	}
	return n, nil
}
