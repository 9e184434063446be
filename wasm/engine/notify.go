package engine

import (
	"context"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// notifier tells the instances of changes, batched and no more often than every
// interval.
//
// Source: #update-background-fetch-instances ("may debounce")
type notifier struct {
	events   bgfetch.Events
	interval time.Duration
	wake     chan struct{} // holds one

	sending sync.Mutex // held while sending, so that nothing overtakes

	mu    sync.Mutex
	dirty map[*backgroundFetch]struct{}
}

func newNotifier(events bgfetch.Events, interval time.Duration) *notifier {
	return &notifier{
		events: events, interval: interval,
		wake:  make(chan struct{}, 1),
		dirty: map[*backgroundFetch]struct{}{},
	}
}

// touch marks that f's snapshot has changed.
func (n *notifier) touch(f *backgroundFetch) {
	n.mu.Lock()
	n.dirty[f] = struct{}{}
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// final tells the result, after which f does not change any more, and returns
// when the instances know it.
func (n *notifier) final(ctx context.Context, f *backgroundFetch, snapshot bgfetch.Snapshot) {
	n.sending.Lock()
	n.mu.Lock()
	delete(n.dirty, f)
	n.mu.Unlock()
	n.sending.Unlock()
	n.events.Update(ctx, []bgfetch.Snapshot{snapshot}, true)
}

// run sends progress until ctx ends.
func (n *notifier) run(ctx context.Context) {
	for {
		select {
		case <-n.wake:
		case <-ctx.Done():
			return
		}
		n.send(ctx)
		select {
		case <-time.After(n.interval):
		case <-ctx.Done():
			return
		}
	}
}

func (n *notifier) send(ctx context.Context) {
	n.sending.Lock()
	defer n.sending.Unlock()
	n.mu.Lock()
	dirty := n.dirty
	n.dirty = map[*backgroundFetch]struct{}{}
	n.mu.Unlock()
	if len(dirty) == 0 {
		return
	}
	snapshots := make([]bgfetch.Snapshot, 0, len(dirty))
	for f := range dirty {
		f.engine.mu.Lock()
		snapshots = append(snapshots, f.snapshot())
		f.engine.mu.Unlock()
	}
	n.events.Update(ctx, snapshots, false)
}
