package engine

import (
	"cmp"
	"context"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
)

// network returns the options that are in force. e.mu is held.
func (f *backgroundFetch) network() bgfetch.NetworkOptions {
	o := f.state.NetworkOptions
	o.Priority = cmp.Or(o.Priority, bgfetch.PriorityNormal)
	o.Network = cmp.Or(o.Network, f.engine.options.Network, bgfetch.ConnectionsAny)
	return o
}

// SetOptions changes how a background fetch uses the network from now on, and says
// whether it did: one that has settled does not change. When it returns, the change is
// stored.
func (e *Engine) SetOptions(uniqueID string, change bgfetch.NetworkOptionsInit) (bool, error) {
	return e.setOptions(change, func() ([]*backgroundFetch, error) { return e.pausable(uniqueID) })
}

// setOptions is SetOptions for those that find returns.
func (e *Engine) setOptions(change bgfetch.NetworkOptionsInit, find func() ([]*backgroundFetch, error)) (bool, error) {
	if err := (bgfetch.NetworkOptions{}).With(change).Check(); err != nil {
		return false, err
	}
	found, err := find()
	if err != nil {
		return false, err
	}
	changed, err := e.changeAll(found, func(s *bgfetch.FetchState) { s.NetworkOptions = s.NetworkOptions.With(change) })
	did := false
	e.mu.Lock()
	for _, f := range changed {
		if f.settling {
			continue
		}
		did = true
		e.scheduler.SetRate(f.group, f.state.MaxBandwidth)
		e.scheduler.SetRank(f.group, f.rank())
		e.notifier.touch(f)
	}
	e.mu.Unlock()
	return did, e.changed(changed, err)
}

// held says whether nothing may be asked for. e.mu is held.
func (f *backgroundFetch) held() bool { return f.state.Paused || f.waitsUnmetered() }

// waitsUnmetered says whether it may not use the connection there is. e.mu is held.
func (f *backgroundFetch) waitsUnmetered() bool {
	return f.engine.metered && f.network().Network == bgfetch.ConnectionsUnmetered
}

// holdOrGoOn holds a background fetch, of which what is under way is stopped, or lets it go
// on. e.mu is held.
func (e *Engine) holdOrGoOn(f *backgroundFetch) {
	switch {
	case f.settling:
	case f.held():
		e.scheduler.Hold(f.group)
		for _, r := range f.records {
			e.scheduler.Interrupt(r.job)
		}
	default:
		e.scheduler.GoOn(f.group)
	}
	e.noteActivity(f)
}

// watchMetered follows what the browser tells of the connection, until ctx ends. metered is
// what it said last.
func (e *Engine) watchMetered(ctx context.Context, metered bool) {
	for {
		if err := e.Network.WaitMetered(ctx, !metered); err != nil {
			return // the browser is asked again by the next engine
		}
		metered = !metered
		e.mu.Lock()
		e.metered = metered
		for _, f := range e.active {
			if f.created && f.network().Network == bgfetch.ConnectionsUnmetered {
				e.holdOrGoOn(f)
			}
		}
		e.mu.Unlock()
	}
}

// rank is the index of the priority in priorities. e.mu is held.
func (f *backgroundFetch) rank() int {
	return slices.Index(bgfetch.Priorities, f.network().Priority)
}
