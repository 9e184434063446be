// Package engine is the life of a background fetch, from fetch() to its closing event: it
// implements the algorithms of the standard (https://wicg.github.io/background-fetch/)
// over the ports of package bgfetch.
package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/download"
	"background-fetch-wasm/wasm/library"
	"background-fetch-wasm/wasm/schedule"
)

// Ports are what the engine reaches the world through.
type Ports struct {
	Store   bgfetch.Store
	Bodies  bgfetch.Bodies
	Network bgfetch.Network
	Events  bgfetch.Events
	Display bgfetch.Display
	// Language is nil where everything is said in English.
	Language bgfetch.Language
}

// Engine holds the background fetches of one service worker registration and
// carries them out. It is the only authority over them. It has no shutdown: it
// runs until the context given to Start ends, which may be at any line, and the
// next engine over the same store goes on.
type Engine struct {
	Ports
	options Options

	// freeing are the Bodies of Ports.
	freeing *freeingBodies

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

	// evicting is held while the site is told of kept records that are to go, and they are
	// deleted. It is taken before tidying.
	evicting sync.Mutex
	// keptChanged has something while nobody has looked at what is kept since a change.
	keptChanged chan struct{}
	// tidying is held while kept records are deleted. It is taken before mu.
	tidying sync.Mutex
	// grouping is held while the states of a group are stored. It is taken before storing.
	grouping sync.Mutex
	// clearing is held while remains are deleted, or all bodies of a background fetch. It is taken
	// before mu.
	clearing sync.Mutex

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

	// remains are what failed background fetches left.
	remains []*bgfetch.Remains

	// textFiles are those that were asked for, by name.
	textFiles map[string]*textFile
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

		textFiles: map[string]*textFile{},

		keptChanged: make(chan struct{}, 1),
	}
	e.freeing = &freeingBodies{Bodies: ports.Bodies}
	e.Bodies = e.freeing
	e.Store = newBoundedStore(ports.Store, func(cause error) { e.end(cause) })
	e.downloads = &download.Config{
		Network: ports.Network, Bodies: e.Bodies, Origin: e.options.Origin, Segments: e.options.Segments, Pace: e.options.Ranges,
		MaxPerHost: e.options.MaxPerHost, Framing: e.options.Framing, Go: e.goWork,
	}
	e.log = library.NewLog(e.Store, e.options.OnLog, e.options.OnLogBatch)
	e.history = library.NewHistory(e.Store)
	e.notifier = newNotifier(e)
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
	if err := e.restoreRemains(ctx); err != nil {
		return err
	}
	bodies, err := e.sweep(ctx, stored)
	if err != nil {
		return err
	}
	e.goWork(func() { e.history.Remember(ctx) })
	e.history.Changed() // nobody has seen it in this engine
	e.log.Begin(len(stored))
	metered := e.Network.Metered()
	e.mu.Lock()
	e.metered = metered
	e.mu.Unlock()
	e.goWork(func() { e.watchMetered(ctx, metered) })
	e.goWork(func() { e.watchChanges(ctx) })
	e.goWork(func() { e.log.Run(ctx) })
	e.goWork(func() { e.notifier.run(ctx) })
	e.goWork(func() { e.presenter.run(ctx) })
	for _, s := range stored {
		if err := e.restore(ctx, s, bodies); err != nil {
			return fmt.Errorf("resume background fetch %q: %w", s.State.ID, err)
		}
	}
	if err := e.sweepRemains(ctx); err != nil {
		return err
	}
	e.tidyKeptSoon()
	e.goWork(func() { e.watchKept(ctx) })
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
	known := map[string]bool{}
	for _, s := range stored {
		known[s.State.UniqueID] = true
		for _, record := range s.Records {
			known[record.Place.UniqueID] = true
		}
	}
	e.mu.Lock()
	for _, one := range e.remains {
		known[one.UniqueID] = true
	}
	e.mu.Unlock()
	for _, uniqueID := range uniqueIDs {
		if known[uniqueID] {
			continue
		}
		if err := e.Bodies.Delete(ctx, uniqueID); err != nil {
			return nil, fmt.Errorf("delete orphaned bodies: %w", err)
		}
	}
	return uniqueIDs, nil
}

// restore takes up a background fetch from the store; bodies are the unique ids that
// have some. Nobody knows of it before.
func (e *Engine) restore(ctx context.Context, s bgfetch.Stored, bodies []string) error {
	e.mu.Lock()
	e.lastKept = max(e.lastKept, s.State.KeptAt)
	e.mu.Unlock()
	if s.State.InHistory {
		return e.restoreKept(ctx, s, bodies)
	}
	f := newBackgroundFetch(e, s.State, s.Requests, s.Records)
	f.created = true
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
	e.recall(f)
	e.begin(f)
	return nil
}

func (e *Engine) reportActive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reportActiveLocked()
}

// reportActiveLocked is reportActive where e.mu is held.
func (e *Engine) reportActiveLocked() { e.options.OnActive(len(e.fetches)) }
