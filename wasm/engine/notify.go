package engine

import (
	"context"
	"sync"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/coalesce"
)

// notifier tells the instances of changes, batched and no more often than every
// interval.
//
// Source: #update-background-fetch-instances ("may debounce")
type notifier struct {
	engine  *Engine
	changed *coalesce.Set[*backgroundFetch]

	sending sync.Mutex // held while sending, so that nothing overtakes
}

func newNotifier(e *Engine) *notifier {
	return &notifier{engine: e, changed: coalesce.New[*backgroundFetch]()}
}

// tell tells the instances these snapshots, and those that stand for their groups.
func (e *Engine) tell(ctx context.Context, wait bool, snapshots ...bgfetch.Snapshot) {
	names := map[string]bool{}
	for _, snapshot := range snapshots {
		if snapshot.Group != "" {
			names[snapshot.Group] = true
		}
	}
	e.Events.Update(ctx, snapshots, e.groupsNow(names), wait)
}

// touch marks that f's snapshot has changed.
func (n *notifier) touch(f *backgroundFetch) { n.changed.Touch(f) }

// final tells the result, after which f does not change any more, and returns
// when the instances know it.
func (n *notifier) final(ctx context.Context, f *backgroundFetch, snapshot bgfetch.Snapshot) {
	n.sending.Lock()
	n.changed.Drop(f)
	n.sending.Unlock()
	n.engine.tell(ctx, true, snapshot)
}

// run sends progress until ctx ends.
func (n *notifier) run(ctx context.Context) {
	n.changed.Run(ctx, 0, n.engine.options.NotifyInterval, func() { n.send(ctx) })
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
	n.engine.tell(ctx, false, snapshots...)
}
