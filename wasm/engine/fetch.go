package engine

import (
	"context"
	"strings"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
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

	// created is set when it is stored; before that it exists for nobody. notCreated is why it
	// could not be.
	created    bool
	notCreated error
	// settling is set when its outcome is decided, which is stored after that.
	settling bool
	// freed is set before its bodies are deleted: from then on it has none.
	freed bool
	// reason is the failure reason that decided it, or none.
	reason bgfetch.FailureReason
	// detail says for people why the first record failed.
	detail string
	// refusals are those of records for which the site is to be asked for another request,
	// one after the other. asking: a goroutine does that.
	refusals []refusal
	asking   bool
	// given is what the site gave last, by origin.
	given map[string]*bgfetch.Refreshed
	// running counts the records that are worked on, offline those that wait for
	// the network; retries has those that wait for their next try.
	running, offline int
	retries          map[*record]*retryWait
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
	f := &backgroundFetch{engine: e, state: state, changed: make(chan struct{}), retries: map[*record]*retryWait{}, given: map[string]*bgfetch.Refreshed{}}
	f.ctx, f.cancel = context.WithCancel(e.ctx)
	f.retry, _ = state.Retry.Apply(e.options.Retry) // check has seen it
	f.group = schedule.NewGroup(f.rank(), state.MaxBandwidth, f.retry)
	f.group.Created = state.Created
	f.records = make([]*record, len(requests))
	for i, request := range requests {
		r := newRecord(f, i, request, records[i])
		f.records[i] = r
		f.remember(r.state.Refreshed)
		f.downloaded += ranges.StoredLength(r.state.Response.Segments) + r.state.Left
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

// broadcast wakes all who wait for a change. e.mu is held.
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

// lockAndSnapshot is nextSnapshot, for who does not hold e.mu.
func (f *backgroundFetch) lockAndSnapshot() bgfetch.Snapshot {
	f.engine.mu.Lock()
	defer f.engine.mu.Unlock()
	return f.nextSnapshot()
}

// nextSnapshot is what instances are told of it now. Each has a revision of its own, which it takes. e.mu is held.
func (f *backgroundFetch) nextSnapshot() bgfetch.Snapshot {
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
		Group:            f.state.Group,
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

// outcome is what the background fetch ends with. e.mu is held.
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

// setOutcome puts the outcome in a state; keptAt is when its records are kept if it is success, 0 for
// not at all. e.mu is held.
func (f *backgroundFetch) setOutcome(s *bgfetch.FetchState, keptAt int64) {
	s.Result, s.FailureReason = f.outcome()
	s.KeptAt = 0
	if s.Result == bgfetch.ResultSuccess {
		s.KeptAt = keptAt
	}
}

// change changes the state and stores it. Where that fails it holds for this
// engine all the same, and change returns the error. set is called twice, with
// the engine's lock held.
func (f *backgroundFetch) change(set func(*bgfetch.FetchState)) error {
	f.storing.Lock()
	defer f.storing.Unlock()
	return f.engine.put(func(_ *backgroundFetch, s *bgfetch.FetchState) { set(s) }, f)
}

// put is change for several, by one write, of which storing is held. set is called with e.mu held.
func (e *Engine) put(set func(*backgroundFetch, *bgfetch.FetchState), fetches ...*backgroundFetch) error {
	states := make([]bgfetch.FetchState, len(fetches))
	e.mu.Lock()
	for i, f := range fetches {
		states[i] = f.state
		set(f, &states[i])
	}
	e.mu.Unlock()
	err := e.Store.PutStates(e.ctx, states...)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range fetches {
		set(f, &f.state)
		if !f.settling {
			e.holdOrGoOn(f)
		}
		f.broadcast()
	}
	return err
}
