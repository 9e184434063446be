package engine

import (
	"context"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/coalesce"
)

// notifier tells the instances of changes, batched and no more often than every
// interval.
//
// Source: #update-background-fetch-instances ("may debounce")
type notifier struct {
	events   bgfetch.Events
	interval time.Duration
	changed  *coalesce.Set[*backgroundFetch]

	sending sync.Mutex // held while sending, so that nothing overtakes
}

func newNotifier(events bgfetch.Events, interval time.Duration) *notifier {
	return &notifier{events: events, interval: interval, changed: coalesce.New[*backgroundFetch]()}
}

// touch marks that f's snapshot has changed.
func (n *notifier) touch(f *backgroundFetch) { n.changed.Touch(f) }

// final tells the result, after which f does not change any more, and returns
// when the instances know it.
func (n *notifier) final(ctx context.Context, f *backgroundFetch, snapshot bgfetch.Snapshot) {
	n.sending.Lock()
	n.changed.Drop(f)
	n.sending.Unlock()
	n.events.Update(ctx, []bgfetch.Snapshot{snapshot}, true)
}

// run sends progress until ctx ends.
func (n *notifier) run(ctx context.Context) {
	n.changed.Run(ctx, 0, n.interval, func() { n.send(ctx) })
}

func (n *notifier) send(ctx context.Context) {
	n.sending.Lock()
	defer n.sending.Unlock()
	changed := n.changed.Take()
	if len(changed) == 0 {
		return
	}
	snapshots := make([]bgfetch.Snapshot, 0, len(changed))
	for f := range changed {
		snapshots = append(snapshots, f.lockAndSnapshot())
	}
	n.events.Update(ctx, snapshots, false)
}
