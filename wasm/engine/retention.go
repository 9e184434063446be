package engine

import (
	"context"
	"errors"
	"log"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// What of the kept records goes without having been asked for, library says
// (wasm/library/retention.go). Here the site is told before, and it is deleted.

// evictEvery bounds how soon it is tried again where something could not go.
const evictEvery = time.Minute

// readAtEvery is how old the stored time of a record's last read may become.
const readAtEvery = 10 * time.Minute

// keptRest is what is left when they cannot be deleted.
const keptRest = "what is kept and to go"

// watchKept deletes what is kept, or remains, and has expired, and what is above the site's bounds,
// until ctx ends.
func (e *Engine) watchKept(ctx context.Context) {
	for {
		wait, err := e.retain(ctx)
		if err != nil {
			e.complainOfRest(keptRest, err)
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-timer:
		case <-e.keptChanged:
		case <-ctx.Done():
			return
		}
	}
}

// tidyRetained lets watchKept look again.
func (e *Engine) tidyRetained() {
	select {
	case e.keptChanged <- struct{}{}:
	default:
	}
}

// retain does what watchKept is for, and returns how long to wait before there is something to
// do again; 0: until something is kept, or remains.
func (e *Engine) retain(ctx context.Context) (wait time.Duration, err error) {
	e.tidyRemains()
	_, err = e.evict(ctx, "it has expired", func(current []library.Kept) []library.Kept {
		return library.Expired(current, time.Now())
	})
	limit, bounded := e.keepLimit(ctx)
	above := func(current []library.Kept) []library.Kept { return library.Above(current, limit) }
	if bounded && err == nil {
		_, err = e.evict(ctx, "keepMax", above)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	all, now := e.allKept(), time.Now()
	if next, ok := library.NextExpiry(all, now); ok {
		wait = max(next.Sub(now), time.Millisecond)
	}
	for _, one := range e.remains {
		if left := max(e.options.Remains.Expires(one).Sub(now), time.Millisecond); wait == 0 || left < wait {
			wait = left
		}
	}
	if err != nil || len(library.Expired(all, now)) > 0 || bounded && len(above(all)) > 0 {
		wait = evictEvery // what is being read, or could not be deleted
	}
	return wait, err
}

// evict is evictNow, one at a time.
func (e *Engine) evict(ctx context.Context, why string, choose func(current []library.Kept) []library.Kept) (int, error) {
	e.evicting.Lock()
	defer e.evicting.Unlock()
	return e.evictNow(ctx, why, choose)
}

// evictNow deletes the kept records that the function chooses, after the site was told and had
// time to do something about it. Those that are being read then stay. It returns how many were
// deleted. e.evicting is held.
func (e *Engine) evictNow(ctx context.Context, why string, choose func(current []library.Kept) []library.Kept) (int, error) {
	e.mu.Lock()
	chosen := e.recordsOf(choose(e.allKept()))
	told := make([]bgfetch.KeptRecord, len(chosen))
	for i, r := range chosen {
		told[i] = r.keptRecord()
	}
	e.mu.Unlock()
	if len(chosen) == 0 {
		return 0, nil
	}
	reading, err := e.Events.Evict(ctx, told)
	if err != nil {
		return 0, err
	}
	evicted := 0
	for i, r := range chosen {
		if slices.Contains(reading, i) {
			e.mu.Lock()
			r.noteRead()
			e.mu.Unlock()
			continue
		}
		if err := e.markDropped(ctx, r); err != nil { // it may be gone meanwhile
			return evicted, err
		}
		evicted++
		e.log.Add(bgfetch.LogEntry{Event: bgfetch.LogEvicted, ID: r.fetch.state.ID, Record: &r.Index, URL: r.Request.URL, Detail: why})
	}
	return evicted, e.tidyKept(ctx)
}

// evictForRoom deletes kept records to make so many bytes of room for a background fetch: those
// that have expired, or else, where its options say so, what was read longest ago. What is being
// read is passed over. It says whether there may be more room now.
func (e *Engine) evictForRoom(bytes int64, room bgfetch.Room) bool {
	waited := lockAfter(&e.evicting)
	defer e.evicting.Unlock()
	if waited {
		return true // for somebody who made some
	}
	offered := map[bgfetch.Place]bool{}
	choose := func(current []library.Kept) []library.Kept {
		current = slices.DeleteFunc(current, func(k library.Kept) bool { return offered[k.Place()] })
		chosen := library.Expired(current, time.Now())
		if len(chosen) == 0 && room == bgfetch.RoomEvict {
			chosen = library.ForKeptRoom(current, bytes)
		}
		for _, k := range chosen {
			offered[k.Place()] = true
		}
		return chosen
	}
	for before := -1; before < len(offered); {
		before = len(offered)
		n, err := e.evictNow(e.ctx, "its room is needed", choose)
		if err != nil {
			e.complainOfRest(keptRest, err)
		}
		if n > 0 || err != nil {
			return err == nil
		}
	}
	return false
}

// noteRead takes down that a kept record is read. e.mu is held.
func (r *record) noteRead() {
	e := r.fetch.engine
	if e.kept[r.fetch.state.UniqueID] != r.fetch || r.state.Dropped {
		return
	}
	now := time.Now()
	r.state.ReadAt = now.UnixMilli()
	if now.Sub(time.UnixMilli(r.readStored)).Abs() < readAtEvery {
		return
	}
	r.readStored = r.state.ReadAt
	e.goWork(func() {
		if err := r.storeKept(e.ctx, func(*bgfetch.RecordState) {}); err != nil && e.ctx.Err() == nil {
			log.Printf("the time at which a kept record was read could not be stored: %v", err)
		}
	})
}

// storeKept changes and stores the state of a kept record. One that is gone is no error. change is
// called with e.mu held.
func (r *record) storeKept(ctx context.Context, change func(*bgfetch.RecordState)) error {
	f := r.fetch
	r.storing.Lock()
	defer r.storing.Unlock()
	f.engine.mu.Lock()
	change(&r.state)
	state := r.state
	f.engine.mu.Unlock()
	if err := f.engine.Store.PutRecord(ctx, f.state.UniqueID, r.Index, state); !errors.Is(err, bgfetch.ErrUnknown) {
		return err
	}
	return nil
}

// KeptUsage sums up what is kept and has not expired.
func (e *Engine) KeptUsage() bgfetch.KeptUsage {
	e.mu.Lock()
	defer e.mu.Unlock()
	return library.Usage(e.unexpired())
}

// keepLimit is the site's bound in bytes; not ok: there is none, or the quota is not known.
func (e *Engine) keepLimit(ctx context.Context) (bytes int64, ok bool) {
	if e.options.KeepMax == (bgfetch.KeepMax{}) {
		return 0, false
	}
	return e.options.KeepMax.Limit(e.Bodies.Room(ctx).Quota)
}

// checkKeepMax refuses to keep under a bound that is none.
func (e *Engine) checkKeepMax(ctx context.Context) error {
	if e.options.KeepMax == (bgfetch.KeepMax{}) {
		return nil
	}
	quota := int64(0)
	if room := e.Bodies.Room(ctx); room.IsReal() {
		quota = room.Quota
	}
	return e.options.KeepMax.Check(quota)
}
