package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/ranges"
	"background-fetch-wasm/wasm/schedule"
)

// backgroundFetch is a background fetch in the engine's hands. All its fields
// are guarded by the engine's lock, but for those that never change.
type backgroundFetch struct {
	engine  *Engine
	state   bgfetch.FetchState
	records []*record
	retry   bgfetch.RetryPolicy
	// group is what it has of the scheduler.
	group *schedule.Group

	// ctx ends when the background fetch has settled: transfers end with it.
	ctx    context.Context
	cancel context.CancelFunc
	// transfers counts the goroutines that work on its records.
	transfers sync.WaitGroup

	// created is set when it is stored; before that it exists for nobody.
	created bool
	// settling is set when its outcome is decided, settled when that is stored.
	settling bool
	// reason is the failure reason that decided it, or none.
	reason bgfetch.FailureReason
	// detail says for people why the first record failed.
	detail string
	// running counts the records that are worked on, offline those that wait for
	// the network; retries has the times of those that wait for their next try.
	running, offline int
	retries          map[*record]time.Time
	// told is the activity that the instances were last told of.
	told bgfetch.Activity
	// unsettled counts the records without a result.
	unsettled int
	// losses counts how many times bytes of its records were gone when all had succeeded.
	losses     int
	downloaded int64
	uploaded   int64

	// storing is held while the state is stored, so that a write does not undo
	// another. It is taken before the engine's lock.
	storing sync.Mutex

	// changed is closed and replaced whenever something readers wait for changed.
	changed chan struct{}
}

func newBackgroundFetch(e *Engine, state bgfetch.FetchState, requests []bgfetch.Request, records []bgfetch.RecordState) *backgroundFetch {
	f := &backgroundFetch{engine: e, state: state, created: records != nil, changed: make(chan struct{}), retries: map[*record]time.Time{}}
	f.ctx, f.cancel = context.WithCancel(e.ctx)
	f.retry, _ = state.Retry.Apply(e.options.Retry) // check has seen it
	f.group = schedule.NewGroup(f.rank(), state.MaxBandwidth, f.retry)
	f.records = make([]*record, len(requests))
	for i, request := range requests {
		var stored *bgfetch.RecordState
		if records != nil {
			stored = &records[i]
		}
		r := newRecord(f, i, request, stored)
		f.records[i] = r
		f.downloaded += ranges.StoredLength(r.state.Response.Segments)
		f.uploaded += r.state.Uploaded
		if r.state.Response.Result == bgfetch.ResponseNone {
			f.unsettled++
		}
	}
	return f
}

// isUniqueID reports whether the text is one to 64 letters, digits, "-" and "_": unique
// ids are part of paths and of names of caches.
func isUniqueID(text string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return text != "" && len(text) <= 64 && strings.Trim(text, allowed) == ""
}

// checkInit refuses what no background fetch can be made of.
func checkInit(init bgfetch.FetchInit) error {
	if !isUniqueID(init.UniqueID) {
		return bgfetch.Errorf(bgfetch.TypeError, "the unique id %.80q is not one to 64 letters, digits, \"-\" and \"_\"", init.UniqueID)
	}
	if len(init.Requests) == 0 {
		return bgfetch.Errorf(bgfetch.TypeError, "a background fetch needs at least one request")
	}
	if init.DownloadTotal < 0 || init.DownloadTotal > bgfetch.MaxLength {
		return bgfetch.Errorf(bgfetch.TypeError, "downloadTotal %d is out of range", init.DownloadTotal)
	}
	if _, err := init.Retry.Apply(bgfetch.RetryPolicy{}); err != nil {
		return err
	}
	if err := init.NetworkOptions.Check(); err != nil {
		return err
	}
	if err := checkKeep(init); err != nil {
		return err
	}
	for _, request := range init.Requests {
		if request.Mode == "no-cors" {
			return bgfetch.Errorf(bgfetch.TypeError, "the request for %s has the mode no-cors, whose response nobody may read", request.URL)
		}
		u, err := bgfetch.ParseOrigin(request.URL)
		switch {
		case err == nil && u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
			return bgfetch.Errorf(bgfetch.TypeError, "only the schemes http and https can be fetched in the background: %s", request.URL)
		case err != nil || u.Host == "":
			return bgfetch.Errorf(bgfetch.TypeError, "%q is not an absolute URL", request.URL)
		case u.User != nil:
			return bgfetch.Errorf(bgfetch.TypeError, "the URL of a background fetch must not have credentials: %s", u.Redacted())
		}
		if _, err := digest.ParseCheck(request); err != nil {
			return bgfetch.Errorf(bgfetch.TypeError, "%v", err)
		}
	}
	return nil
}

// create stores the request bodies and then the rows. If it fails nothing is left.
func (f *backgroundFetch) create(ctx context.Context) error {
	e := f.engine
	if err := e.Bodies.Create(ctx, f.state.UniqueID); err != nil {
		return storageError("the background fetch", err)
	}
	requests := make([]bgfetch.Request, len(f.records))
	for i, r := range f.records {
		if body := r.Request.Body; body != nil {
			saved, err := f.saveRequestBody(ctx, i, body)
			if err != nil {
				f.discardBodies(ctx)
				return storageError("the body of the request for "+r.Request.URL, err)
			}
			r.Request.Body = saved
			f.state.UploadTotal += saved.Size
		}
		requests[i] = r.Request
		requests[i].Pieces = r.Check.Given()
	}
	if err := e.Store.Create(ctx, f.state, requests); err != nil {
		f.discardBodies(ctx)
		return storageError("the background fetch", err)
	}
	return nil
}

// saveRequestBody stores the body that came with fetch(). What takes a minute, and a
// second more for each MiB, is given up: the page that has it may be gone.
func (f *backgroundFetch) saveRequestBody(ctx context.Context, index int, body *bgfetch.RequestBody) (*bgfetch.RequestBody, error) {
	limit := time.Minute + time.Duration(body.Size>>20)*time.Second
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	key, size, err := f.engine.Bodies.SaveRequestBody(bounded, f.state.UniqueID, index, body.Handle)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("it did not come within %v", limit)
	}
	return &bgfetch.RequestBody{Size: size, Key: key}, err
}

func (f *backgroundFetch) discardBodies(ctx context.Context) {
	if err := f.engine.Bodies.Delete(ctx, f.state.UniqueID); err != nil {
		f.fail("its bodies stay until the next start", err)
	}
}

// broadcast wakes all who wait for a change.
func (f *backgroundFetch) broadcast() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// wait returns nil when done, called with the engine's lock held after each
// change, says so.
func (f *backgroundFetch) wait(ctx context.Context, done func() bool) error {
	for {
		f.engine.mu.Lock()
		ok, changed := done(), f.changed
		f.engine.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-f.engine.ctx.Done():
			return f.engine.Err()
		}
	}
}

// stored is a copy of what is stored of it.
func (f *backgroundFetch) stored() bgfetch.FetchState {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	return f.state
}

// nextSnapshot is snapshot, for who does not hold e.mu.
func (f *backgroundFetch) nextSnapshot() bgfetch.Snapshot {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	return f.snapshot()
}

// snapshot is what instances are told of it now. Each has a revision of its own. e.mu is held.
func (f *backgroundFetch) snapshot() bgfetch.Snapshot {
	activity, retryAt := f.activity()
	f.engine.snapshots++
	s := bgfetch.Snapshot{
		Engine:           f.engine.number,
		Revision:         f.engine.snapshots,
		UniqueID:         f.state.UniqueID,
		ID:               f.state.ID,
		UploadTotal:      f.state.UploadTotal,
		Uploaded:         f.uploaded,
		DownloadTotal:    f.state.DownloadTotal,
		Downloaded:       f.downloaded,
		Result:           f.state.Result,
		FailureReason:    f.state.FailureReason,
		RecordsAvailable: !f.state.Delivered || f.kept(),
		Kept:             f.kept(),
		Paused:           f.state.Paused,
		State:            activity,
		NetworkOptions:   f.network(),
	}
	if !retryAt.IsZero() {
		s.RetryAt = retryAt.UnixMilli()
	}
	return s
}

// outcome is what the background fetch ends with.
//
// Source: #perform-a-background-fetch
func (f *backgroundFetch) outcome() (bgfetch.Result, bgfetch.FailureReason) {
	if f.state.Aborted {
		return bgfetch.ResultFailure, bgfetch.ReasonAborted
	}
	if f.reason != bgfetch.ReasonNone {
		return bgfetch.ResultFailure, f.reason
	}
	for _, r := range f.records {
		if result := r.state.Response.Result; result != bgfetch.ResponseSuccess {
			return bgfetch.ResultFailure, bgfetch.FailureReason(result)
		}
	}
	return bgfetch.ResultSuccess, bgfetch.ReasonNone
}

// settle decides the outcome; the first call wins. What follows goes on by
// itself. e.mu is held.
func (e *Engine) settle(f *backgroundFetch, reason bgfetch.FailureReason) {
	if f.settling {
		return
	}
	f.settling = true
	f.reason = reason
	e.scheduler.Remove(f.group)
	e.waitingOnline = slices.DeleteFunc(e.waitingOnline, func(r *record) bool { return r.fetch == f })
	if e.active[f.state.ID] == f {
		delete(e.active, f.state.ID)
	}
	f.cancel()
	e.goWork(func() {
		f.transfers.Wait()
		if e.ctx.Err() != nil {
			return
		}
		e.finish(f)
	})
}

// change changes the state and stores it. Where that fails it holds for this
// engine all the same, and change returns the error. set is called twice, with
// the engine's lock held.
func (f *backgroundFetch) change(set func(*bgfetch.FetchState)) error {
	e := f.engine
	f.storing.Lock()
	defer f.storing.Unlock()
	e.mu.Lock()
	state := f.state
	set(&state)
	e.mu.Unlock()
	err := e.Store.PutState(e.ctx, state)
	e.mu.Lock()
	defer e.mu.Unlock()
	set(&f.state)
	if !f.settling {
		e.holdOrGoOn(f)
	}
	f.broadcast()
	return err
}

// finish stores the outcome and goes on to deliver it. Where the records are to be
// kept that is done by the same write; what cannot be kept is a failure.
func (e *Engine) finish(f *backgroundFetch) {
	keptAt := int64(0)
	if f.state.Keep {
		keptAt = e.nextKeptAt()
	}
	outcome := func(s *bgfetch.FetchState) {
		if s.Result, s.FailureReason = f.outcome(); s.Result == bgfetch.ResultSuccess {
			s.KeptAt = keptAt
		}
	}
	err := f.change(outcome)
	if e.ctx.Err() != nil {
		return
	}
	if err != nil && f.stored().KeptAt > 0 {
		err = f.change(func(s *bgfetch.FetchState) {
			f.reason = bgfetch.ReasonQuotaExceeded
			s.KeptAt = 0
			outcome(s)
		})
	}
	if errors.Is(err, bgfetch.ErrQuota) {
		f.free()
		err = f.change(outcome)
	}
	if err != nil {
		f.fail("its result is not stored", err)
	}
	state := f.stored()
	f.note(bgfetch.LogSettled, strings.Trim(string(state.Result)+": "+string(state.FailureReason), ": "))
	e.deliver(f)
}

// deliver tells the instances the result, fires the closing event, and deletes
// the background fetch when the event is no longer active. What failed is deleted
// before anybody hears of it: who does may want its room.
//
// Source: #invoke-background-fetch-event-handlers
func (e *Engine) deliver(f *backgroundFetch) {
	f.free()
	snapshot := f.nextSnapshot()
	e.notifier.final(e.ctx, f, snapshot)
	e.goWork(func() { e.presenter.settled(f) })

	f.note(bgfetch.LogDispatch, string(closingEvent(snapshot)))
	if err := e.Events.Dispatch(e.ctx, closingEvent(snapshot), snapshot); err != nil {
		if e.ctx.Err() == nil {
			f.fail("its event is fired again at the next start", err)
		}
		return
	}

	err := f.change(func(s *bgfetch.FetchState) { s.Delivered = true })
	if err != nil && e.ctx.Err() == nil {
		f.fail("that its event was delivered is not stored", err)
	}
	snapshot = f.nextSnapshot()
	e.Events.Update(e.ctx, []bgfetch.Snapshot{snapshot}, false)
	e.remove(f)
}

func closingEvent(snapshot bgfetch.Snapshot) bgfetch.EventType {
	switch {
	case snapshot.Result == bgfetch.ResultSuccess:
		return bgfetch.EventSuccess
	case snapshot.FailureReason == bgfetch.ReasonAborted:
		return bgfetch.EventAbort
	default:
		return bgfetch.EventFail
	}
}

// deleteAll deletes a background fetch for which there is nothing left to do: first the
// rows. A crash in between leaves bodies without a row, which the next start deletes;
// the other way round, rows that say nothing of the event's delivery would make it
// fetch all of it again.
//
// Where there is no room for the row in the history, the bodies are what takes it, and go first.
func (e *Engine) deleteAll(uniqueID string, ended bgfetch.Ended) error {
	err := e.Store.Delete(e.ctx, uniqueID, &ended)
	if err != nil && !errors.Is(err, bgfetch.ErrQuota) {
		return err
	}
	if deleted := e.Bodies.Delete(e.ctx, uniqueID); deleted != nil || err == nil {
		return deleted
	}
	if err = e.Store.Delete(e.ctx, uniqueID, &ended); errors.Is(err, bgfetch.ErrQuota) {
		err = e.Store.Delete(e.ctx, uniqueID, nil)
	}
	return err
}

// remove deletes all that is left of a background fetch, or all but kept records.
func (e *Engine) remove(f *backgroundFetch) {
	uniqueID := f.state.UniqueID
	e.mu.Lock()
	ended, kept := f.ended(), f.kept()
	e.mu.Unlock()
	var err error
	if kept {
		err = e.keepRecords(f, ended)
	} else {
		err = e.deleteAll(uniqueID, ended)
	}
	if e.ctx.Err() != nil {
		return
	}
	if err != nil {
		f.fail("what is left to do is done at the next start", err)
	}
	f.note(bgfetch.LogEnded, "")
	f.cancel()
	e.history.Changed()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.fetches, uniqueID)
	if f.kept() {
		e.kept[uniqueID] = f
		e.tidyKeptSoon()
	}
	e.history.Add(library.Past{Snapshot: f.snapshot(), AbortedBy: f.state.AbortedBy})
	e.reportActiveLocked()
}
