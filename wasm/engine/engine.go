// Package engine is the life of a background fetch, from fetch() to its closing event: it
// implements the algorithms of the standard (https://wicg.github.io/background-fetch/)
// over the ports of package bgfetch.
package engine

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/download"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/pace"
	"background-fetch-wasm/wasm/schedule"
)

// Ports are what the engine reaches the world through.
type Ports struct {
	Store   bgfetch.Store
	Bodies  bgfetch.Bodies
	Network bgfetch.Network
	Events  bgfetch.Events
	Display bgfetch.Display
}

// Options of an engine. Zero values stand for the defaults.
type Options struct {
	// MaxTransfers bounds the transfers at once, MaxPerHost those with one host.
	MaxTransfers, MaxPerHost int
	// Segments says when a segment ends.
	Segments bgfetch.SaveLimits
	// Ranges says when a record is moved by several requests at a time.
	Ranges pace.Policy
	// NotifyInterval is the least time between two progress notifications.
	NotifyInterval time.Duration
	Retry          bgfetch.RetryPolicy
	// ShowInterval is the least time between two changes of what is shown of a
	// background fetch. One that takes less than that is not shown at all.
	ShowInterval time.Duration
	// Permission is the site's policy.
	Permission bgfetch.Permission
	// Network is what background fetches use that do not say.
	Network bgfetch.Connections
	// MaxBandwidth bounds what all together download, in bytes per second; 0: nothing does.
	MaxBandwidth int64
	// Framing says which bodies that end too early this browser reports.
	Framing bgfetch.Framing
	// Origin is the site's own, such as "https://example.com".
	Origin string
	// OnActive is told how many background fetches are not yet done with, after
	// each change.
	OnActive func(count int)
	// OnLog is told each entry of the log. It must not wait.
	OnLog func(bgfetch.LogEntry)
}

// DefaultOptions are what zero values in Options stand for. A segment ends early
// enough for progress four times a second, and large enough to be worth a row;
// MaxTime bounds what a killed worker costs.
var DefaultOptions = Options{
	MaxTransfers:   8,
	MaxPerHost:     5,
	Segments:       bgfetch.SaveLimits{MinLength: 256 << 10, MaxLength: 8 << 20, MinTime: 100 * time.Millisecond, MaxTime: 2 * time.Second},
	Ranges:         pace.DefaultPolicy,
	NotifyInterval: 75 * time.Millisecond,
	ShowInterval:   time.Second,
	Permission:     bgfetch.PermissionGranted,
	Retry:          bgfetch.DefaultRetryPolicy,
}

func (o Options) withDefaults() Options {
	if o.MaxTransfers == 0 {
		o.MaxTransfers = DefaultOptions.MaxTransfers
	}
	if o.MaxPerHost == 0 {
		o.MaxPerHost = DefaultOptions.MaxPerHost
	}
	if o.Segments == (bgfetch.SaveLimits{}) {
		o.Segments = DefaultOptions.Segments
	}
	if o.Ranges == (pace.Policy{}) {
		o.Ranges = DefaultOptions.Ranges
	}
	if o.NotifyInterval == 0 {
		o.NotifyInterval = DefaultOptions.NotifyInterval
	}
	if o.ShowInterval == 0 {
		o.ShowInterval = DefaultOptions.ShowInterval
	}
	if o.Permission == "" {
		o.Permission = DefaultOptions.Permission
	}
	if o.Retry == (bgfetch.RetryPolicy{}) {
		o.Retry = DefaultOptions.Retry
	}
	if o.OnActive == nil {
		o.OnActive = func(int) {}
	}
	if o.OnLog == nil {
		o.OnLog = func(bgfetch.LogEntry) {}
	}
	return o
}

// Engine holds the background fetches of one service worker registration and
// carries them out. It is the only authority over them. It has no shutdown: it
// runs until the context given to Start ends, which may be at any line, and the
// next engine over the same store goes on.
type Engine struct {
	Ports
	options Options

	// number tells this engine's snapshots from those of others.
	number int64

	ctx context.Context
	end context.CancelCauseFunc
	// downloads is what all downloads have in common.
	downloads *download.Config
	notifier  *notifier
	log       *library.Log
	history   *library.History
	presenter *presenter
	scheduler *schedule.Scheduler // guarded by mu
	// work counts the goroutines that the engine owns.
	work sync.WaitGroup

	mu sync.Mutex // guards all below, and what hangs on the background fetches
	// fetches are all that are stored or about to be, by unique id.
	fetches map[string]*backgroundFetch
	// active are those that have not settled, by id.
	// Source: #dfn-active-background-fetches
	active map[string]*backgroundFetch
	// snapshots counts those that were made.
	snapshots int64
	// waitingOnline are the records that wait for the network to come back.
	waitingOnline []*record
	// waitsOnline: a goroutine waits for that.
	waitsOnline bool
	// worksOffline: a response came although the browser says that it is offline.
	worksOffline bool
	// metered is the browser's opinion of the connection.
	metered bool
	// kept are the background fetches of which only kept records are left, by unique
	// id; lastKept is the largest KeptAt of all.
	kept     map[string]*backgroundFetch
	lastKept int64

	// tidying is held while kept records are deleted. It is taken before mu.
	tidying sync.Mutex
}

// NewEngine makes an engine that does nothing before Start.
func NewEngine(ports Ports, options Options) *Engine {
	e := &Engine{
		Ports:   ports,
		options: options.withDefaults(),
		number:  rand.Int64N(1 << 53), // exact in JSON for JavaScript
		fetches: map[string]*backgroundFetch{},
		active:  map[string]*backgroundFetch{},
		kept:    map[string]*backgroundFetch{},
	}
	e.Store = newBoundedStore(ports.Store, func(cause error) { e.end(cause) })
	e.downloads = &download.Config{
		Network: ports.Network, Bodies: ports.Bodies, Origin: e.options.Origin, Segments: e.options.Segments, Pace: e.options.Ranges,
		MaxPerHost: e.options.MaxPerHost, Framing: e.options.Framing, Go: e.goWork,
	}
	e.log = library.NewLog(e.Store, e.options.OnLog)
	e.history = library.NewHistory(e.Store)
	e.notifier = newNotifier(ports.Events, e.options.NotifyInterval)
	e.presenter = newPresenter(e)
	e.scheduler = schedule.New(schedule.Limits{
		Total: e.options.MaxTransfers, PerHost: e.options.MaxPerHost, Rate: e.options.MaxBandwidth, Ranks: len(bgfetch.Priorities),
	}, e.after)
	return e
}

// after calls a function later, with e.mu held, unless the engine or the wait has ended.
func (e *Engine) after(wait time.Duration, call func()) (stop func()) {
	stopped := false
	timer := time.AfterFunc(wait, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.ctx.Err() == nil && !stopped {
			call()
		}
	})
	return func() {
		stopped = true
		timer.Stop()
	}
}

// Start loads what earlier engines left, cleans up after them and goes on with
// it. The engine runs until ctx ends, or its store does not answer; Wait then waits for
// its goroutines.
func (e *Engine) Start(ctx context.Context) error {
	ctx, e.end = context.WithCancelCause(ctx)
	e.ctx = ctx
	stored, err := e.Store.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the background fetches: %w", err)
	}
	bodies, err := e.sweep(ctx, stored)
	if err != nil {
		return err
	}
	e.goWork(func() { e.history.Remember(ctx) })
	e.history.Changed() // nobody has seen it in this engine
	e.log.Begin(len(stored))
	e.metered = e.Network.Metered()
	e.goWork(func() { e.watchMetered(ctx) })
	e.goWork(func() { e.log.Keep(ctx) })
	e.goWork(func() { e.notifier.run(ctx) })
	e.goWork(func() { e.presenter.run(ctx) })
	for _, s := range stored {
		if err := e.restore(ctx, s, bodies); err != nil {
			return fmt.Errorf("resume background fetch %q: %w", s.State.ID, err)
		}
	}
	e.tidyKeptSoon()
	e.reportActive()
	return nil
}

// Done is closed when the engine has ended. It is called after Start.
func (e *Engine) Done() <-chan struct{} { return e.ctx.Done() }

// Err is why it has ended.
func (e *Engine) Err() error { return context.Cause(e.ctx) }

// Wait returns when all goroutines of the engine have ended, which they do after
// the end of the context given to Start.
func (e *Engine) Wait() { e.work.Wait() }

func (e *Engine) goWork(f func()) {
	e.work.Add(1)
	go func() {
		defer e.work.Done()
		f()
	}()
}

// sweep deletes bodies that no row speaks of: what was left when a worker died
// between a put and its row, or between the two steps of a deletion. It returns the
// unique ids that had bodies.
func (e *Engine) sweep(ctx context.Context, stored []bgfetch.Stored) ([]string, error) {
	uniqueIDs, err := e.Bodies.UniqueIDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the stored bodies: %w", err)
	}
	for _, uniqueID := range uniqueIDs {
		known := slices.ContainsFunc(stored, func(s bgfetch.Stored) bool { return s.State.UniqueID == uniqueID })
		if known {
			continue
		}
		if err := e.Bodies.Delete(ctx, uniqueID); err != nil {
			return nil, fmt.Errorf("delete orphaned bodies: %w", err)
		}
	}
	return uniqueIDs, nil
}

// restore takes up a background fetch from the store; bodies are the unique ids that
// have some.
func (e *Engine) restore(ctx context.Context, s bgfetch.Stored, bodies []string) error {
	e.lastKept = max(e.lastKept, s.State.KeptAt)
	if s.State.Ended {
		return e.restoreKept(ctx, s, bodies)
	}
	f := newBackgroundFetch(e, s.State, s.Requests, s.Records)
	e.mu.Lock()
	f.settling = s.State.Delivered // nothing can be done to it any more
	e.fetches[f.state.UniqueID] = f
	e.mu.Unlock()
	if s.State.Delivered {
		e.goWork(func() { e.remove(f) })
		return nil
	}
	keys, err := f.dropLost(ctx)
	if err == nil {
		err = f.deleteOrphans(ctx, keys)
	}
	if err != nil {
		return err
	}
	if f.stored().Result != bgfetch.ResultNone {
		e.mu.Lock()
		f.settling = true
		e.mu.Unlock()
		e.goWork(func() { e.deliver(f) })
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.active[f.state.ID] = f
	f.note(bgfetch.LogLoaded, fmt.Sprintf("%d bytes are stored", f.downloaded))
	e.begin(f)
	return nil
}

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
		Keep:          init.Keep,

		NetworkOptions: init.NetworkOptions,
	}
	f := newBackgroundFetch(e, state, slices.Clone(init.Requests), nil)
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
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "a background fetch with the id %q is already active", init.ID)
	}
	e.fetches[init.UniqueID] = f
	e.active[init.ID] = f
	e.mu.Unlock()

	err := f.create(ctx)

	e.mu.Lock()
	defer e.mu.Unlock()
	f.created = true
	f.broadcast()
	if err != nil {
		delete(e.fetches, init.UniqueID)
		delete(e.active, init.ID)
		return bgfetch.Snapshot{}, err
	}
	f.note(bgfetch.LogFetch, fmt.Sprintf("%d requests, downloadTotal %d", len(f.records), f.state.DownloadTotal))
	e.begin(f)
	e.reportActiveLocked()
	return f.snapshot(), nil
}

// repeated answers a second call of Fetch for the same unique id.
func (e *Engine) repeated(ctx context.Context, f *backgroundFetch, init bgfetch.FetchInit) (bgfetch.Snapshot, error) {
	if f.state.ID != init.ID {
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "the unique id %q is in use", init.UniqueID)
	}
	if err := f.wait(ctx, func() bool { return f.created }); err != nil {
		return bgfetch.Snapshot{}, err
	}
	snapshot, err := e.Snapshot(init.UniqueID)
	if err != nil {
		return bgfetch.Snapshot{}, bgfetch.Errorf(bgfetch.TypeError, "the background fetch %q could not be stored", init.ID)
	}
	return snapshot, nil
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
	return f.snapshot(), true
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
		snapshots = append(snapshots, f.snapshot())
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

// Abort aborts a background fetch and says whether it was still active. When it
// returns, the abort is stored. A call whose answer was lost can be made again, and is
// answered as before: call is its name, unlike those of all others, or "". The error is
// ErrUnknown where there is no such background fetch.
//
// Source: #background-fetch-registration-abort
func (e *Engine) Abort(ctx context.Context, uniqueID, call string) (bool, error) {
	if len(call) > maxCall {
		return false, bgfetch.Errorf(bgfetch.TypeError, "the name of a call has more than %d bytes", maxCall)
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

func (e *Engine) reportActive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reportActiveLocked()
}

func (e *Engine) reportActiveLocked() { e.options.OnActive(len(e.fetches)) }
