package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/schedule"
)

// Fetch registers a background fetch and begins to perform it. It returns when
// the background fetch and all request bodies are stored. Errors are *Error. A call whose
// answer was lost can be made again with the same unique id, also after the background fetch
// is done with, and in another engine: nothing is ever sent twice for it.
//
// Source: #background-fetch-manager-fetch
func (e *Engine) Fetch(ctx context.Context, init bgfetch.FetchInit) (bgfetch.Snapshot, error) {
	if err := checkInit(init); err != nil {
		return bgfetch.Snapshot{}, err
	}
	if e.options.Permission == bgfetch.PermissionDenied {
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.NotAllowedError, "this site does not permit background fetches")
	}
	state := bgfetch.FetchState{
		UniqueID:      init.UniqueID,
		ID:            init.ID,
		Title:         init.Title,
		Icons:         init.Icons,
		DownloadTotal: init.DownloadTotal,
		Created:       time.Now(),
		Paused:        init.Paused || e.options.Permission == bgfetch.PermissionPrompt,
		Prompting:     e.options.Permission == bgfetch.PermissionPrompt,
		Retry:         init.Retry,
		Group:         init.Group,
		Keep:          init.Keep,
		Retention:     init.Retention,
		Room:          init.Room,

		NetworkOptions: init.NetworkOptions,
	}
	if init.Keep {
		state.Retention.Group = cmp.Or(init.Retention.Group, init.Group)
		if err := e.checkKeepMax(ctx); err != nil {
			return bgfetch.Snapshot{}, err
		}
	}
	if err := e.waitRemembered(ctx); err != nil {
		return bgfetch.Snapshot{}, storageError("the background fetch", err)
	}

	e.mu.Lock()
	if other := cmp.Or(e.fetches[init.UniqueID], e.kept[init.UniqueID]); other != nil {
		e.mu.Unlock()
		return e.repeated(ctx, other, init)
	}
	if past, ok := e.history.LookUp(init.UniqueID); ok {
		e.mu.Unlock()
		if past.ID != init.ID {
			return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "the unique id %q is in use", init.UniqueID)
		}
		return past.Snapshot, nil
	}
	if _, ok := e.active[init.ID]; ok {
		e.mu.Unlock()
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "a background fetch with the id %q is already active: get(%[1]q) returns it", init.ID)
	}
	records, taken := e.beginRecords(init)
	f := newBackgroundFetch(e, state, slices.Clone(init.Requests), records)
	e.fetches[init.UniqueID] = f
	e.active[init.ID] = f
	e.mu.Unlock()

	err := f.create(ctx, taken)

	e.mu.Lock()
	defer e.mu.Unlock()
	f.created, f.notCreated = true, err
	f.broadcast()
	if err != nil {
		delete(e.fetches, init.UniqueID)
		delete(e.active, init.ID)
		for _, one := range taken {
			if slices.Contains(f.caches(), one.UniqueID) {
				e.remains = append(e.remains, one)
			}
		}
		return bgfetch.Snapshot{}, err
	}
	f.note(bgfetch.LogFetch, fmt.Sprintf("%d requests, downloadTotal %d", len(f.records), f.state.DownloadTotal))
	if f.downloaded > 0 {
		f.note(bgfetch.LogRemains, fmt.Sprintf("it starts with %d bytes left by an earlier one", f.downloaded))
		e.history.Changed()
	}
	e.begin(f)
	if f.state.Group != "" {
		e.notifier.touch(f) // who stands for the group has not heard of it
	}
	e.reportActiveLocked()
	return f.nextSnapshot(), nil
}

// repeated answers a second call of Fetch for the same unique id, as the first one.
func (e *Engine) repeated(ctx context.Context, f *backgroundFetch, init bgfetch.FetchInit) (bgfetch.Snapshot, error) {
	if f.state.ID != init.ID {
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "the unique id %q is in use", init.UniqueID)
	}
	var failed error
	err := f.wait(ctx, func() bool {
		failed = f.notCreated
		return f.created
	})
	if err = cmp.Or(err, failed); err != nil {
		return bgfetch.Snapshot{}, err
	}
	return e.Snapshot(init.UniqueID)
}

// begin shows f and queues all records that are not settled, or settles f. e.mu is held.
func (e *Engine) begin(f *backgroundFetch) {
	var pending []*record
	for _, r := range f.records {
		if r.state.Response.Result == bgfetch.ResponseNone {
			pending = append(pending, r)
		}
	}
	if len(pending) == 0 || f.state.Aborted {
		e.settle(f, bgfetch.ReasonNone)
		return
	}
	if f.state.Prompting {
		e.goWork(func() { e.presenter.show(f) })
	} else {
		e.presenter.touch(f)
	}
	if f.held() {
		e.scheduler.Hold(f.group)
	}
	jobs := make([]*schedule.Job, len(pending))
	for i, r := range pending {
		jobs[i] = r.job
	}
	e.scheduler.Enqueue(f.group, jobs...)
}

// Abort aborts a background fetch and says whether it was still active. When it
// returns, the abort is stored. A call whose answer was lost can be made again, and is
// answered as before: call is its name, unlike those of all others, or "". The error is
// ErrUnknown where there is no such background fetch.
//
// Source: #background-fetch-registration-abort
func (e *Engine) Abort(ctx context.Context, uniqueID, call string) (bool, error) {
	if err := checkCall(call); err != nil {
		return false, err
	}
	if err := e.waitRemembered(ctx); err != nil {
		return false, err
	}
	e.mu.Lock()
	f, err := e.lookUp(uniqueID)
	if err != nil {
		past, ok := e.history.LookUp(uniqueID)
		e.mu.Unlock()
		if !ok {
			return false, err
		}
		return call != "" && past.AbortedBy == call, nil
	}
	if f.settling && (call == "" || f.state.AbortedBy != call) {
		e.mu.Unlock()
		return false, nil
	}
	if !f.settling {
		f.state.Aborted, f.state.AbortedBy = true, call
		e.settle(f, bgfetch.ReasonAborted)
	}
	e.mu.Unlock()
	err = f.wait(ctx, func() bool { return f.state.Result != bgfetch.ResultNone })
	return err == nil, err
}

// Get returns the active background fetch with that id.
//
// Source: #background-fetch-manager-get
func (e *Engine) Get(id string) (bgfetch.Snapshot, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, ok := e.active[id]
	if !ok || !f.created {
		return bgfetch.Snapshot{}, false
	}
	return f.nextSnapshot(), true
}

// Active returns the active background fetches, oldest first.
//
// Source: #background-fetch-manager-get-ids
func (e *Engine) Active() []bgfetch.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	snapshots := make([]bgfetch.Snapshot, 0, len(e.active))
	fetches := make([]*backgroundFetch, 0, len(e.active))
	for _, f := range e.active {
		if f.created {
			fetches = append(fetches, f)
		}
	}
	slices.SortFunc(fetches, func(a, b *backgroundFetch) int { return a.state.Created.Compare(b.state.Created) })
	for _, f := range fetches {
		snapshots = append(snapshots, f.nextSnapshot())
	}
	return snapshots
}

// Title returns the id and the title of a background fetch, or ErrUnknown.
func (e *Engine) Title(uniqueID string) (id, title string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.lookUp(uniqueID)
	if err != nil {
		return "", "", err
	}
	return f.state.ID, f.state.Title, nil
}

// Newest returns the unique id of the last background fetch that was made with
// that id and is not yet deleted, or ErrUnknown.
func (e *Engine) Newest(id string) (uniqueID string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var newest *backgroundFetch
	for _, fetches := range []map[string]*backgroundFetch{e.fetches, e.kept} {
		for _, f := range fetches {
			if f.created && f.state.ID == id && (newest == nil || f.state.Created.After(newest.state.Created)) {
				newest = f
			}
		}
	}
	if newest == nil {
		return "", bgfetch.ErrUnknown
	}
	return newest.state.UniqueID, nil
}

// lookUp finds a background fetch that is stored. e.mu is held.
func (e *Engine) lookUp(uniqueID string) (*backgroundFetch, error) {
	f := cmp.Or(e.fetches[uniqueID], e.kept[uniqueID])
	if f == nil || !f.created {
		return nil, bgfetch.ErrUnknown
	}
	return f, nil
}

// maxCall bounds the name of a call, in bytes.
const maxCall = 64

func checkCall(call string) error {
	if len(call) > maxCall {
		return bgfetch.Errorf(bgfetch.TypeError, "the name of a call has more than %d bytes", maxCall)
	}
	return nil
}
