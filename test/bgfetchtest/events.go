package bgfetchtest

import (
	"context"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Events is a bgfetch.Events that remembers what it was told.
type Events struct {
	// OnDispatch, if set, stands for the listeners of the service worker: the
	// event is active until it returns.
	OnDispatch func(ctx context.Context, eventType string, snapshot bgfetch.Snapshot) error

	// OnRefresh, if set, stands for the listeners that give another request.
	OnRefresh func(ctx context.Context, asked Asked) (*bgfetch.Request, error)

	// OnEvict, if set, stands for the listeners of backgroundfetchevict. It returns the indices of
	// the records that are being read.
	OnEvict func(records []bgfetch.KeptRecord) []int

	mu         sync.Mutex
	asked      []Asked
	evicted    []bgfetch.KeptRecord
	updates    []bgfetch.Snapshot
	groups     []bgfetch.GroupSnapshot
	dispatched []Dispatched
}

// Dispatched is an event that was fired.
type Dispatched struct {
	Type     string
	Snapshot bgfetch.Snapshot
	// Told is the last snapshot that the instances had been told of.
	Told bgfetch.Snapshot
}

// Asked is a request for which another one was asked.
type Asked struct {
	Snapshot bgfetch.Snapshot
	Request  bgfetch.Request
	Head     bgfetch.Head
	At       time.Time
}

var _ bgfetch.Events = (*Events)(nil)

// Update implements bgfetch.Events.
func (e *Events) Update(_ context.Context, snapshots []bgfetch.Snapshot, groups []bgfetch.GroupSnapshot, _ bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.updates = append(e.updates, snapshots...)
	e.groups = append(e.groups, groups...)
}

// Dispatch implements bgfetch.Events.
func (e *Events) Dispatch(ctx context.Context, event bgfetch.EventType, snapshot bgfetch.Snapshot) error {
	e.mu.Lock()
	d := Dispatched{Type: string(event), Snapshot: snapshot}
	for _, told := range e.updates {
		if told.UniqueID == snapshot.UniqueID {
			d.Told = told
		}
	}
	e.dispatched = append(e.dispatched, d)
	e.mu.Unlock()
	if e.OnDispatch != nil {
		return e.OnDispatch(ctx, string(event), snapshot)
	}
	return nil
}

// Refresh implements bgfetch.Events.
func (e *Events) Refresh(ctx context.Context, snapshot bgfetch.Snapshot, request bgfetch.Request, head bgfetch.Head) (*bgfetch.Request, error) {
	asked := Asked{snapshot, request, head, time.Now()}
	e.mu.Lock()
	e.asked = append(e.asked, asked)
	listener := e.OnRefresh
	e.mu.Unlock()
	if listener == nil {
		return nil, nil
	}
	return listener(ctx, asked)
}

// SetOnRefresh sets OnRefresh while it may be called.
func (e *Events) SetOnRefresh(listener func(ctx context.Context, asked Asked) (*bgfetch.Request, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.OnRefresh = listener
}

// Asked returns the requests for which others were asked.
func (e *Events) Asked() []Asked {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Asked(nil), e.asked...)
}

// Updates returns all snapshots that the instances were told.
func (e *Events) Updates() []bgfetch.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bgfetch.Snapshot(nil), e.updates...)
}

// Groups returns all snapshots of groups that were told.
func (e *Events) Groups() []bgfetch.GroupSnapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bgfetch.GroupSnapshot(nil), e.groups...)
}

// Dispatched returns the events that were fired.
func (e *Events) Dispatched() []Dispatched {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Dispatched(nil), e.dispatched...)
}

// Evict implements bgfetch.Events.
func (e *Events) Evict(ctx context.Context, records []bgfetch.KeptRecord) ([]int, error) {
	e.mu.Lock()
	e.evicted = append(e.evicted, records...)
	listener := e.OnEvict
	e.mu.Unlock()
	if listener != nil {
		return listener(records), ctx.Err()
	}
	return nil, ctx.Err()
}

// SetOnEvict replaces OnEvict while an engine runs.
func (e *Events) SetOnEvict(listener func(records []bgfetch.KeptRecord) []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.OnEvict = listener
}

// Evicted returns the records that the site was told are about to be deleted.
func (e *Events) Evicted() []bgfetch.KeptRecord {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bgfetch.KeptRecord(nil), e.evicted...)
}
