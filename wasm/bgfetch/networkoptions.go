package bgfetch

import (
	"cmp"
	"context"
	"slices"
)

// Connections says which connections a background fetch may use.
type Connections string

const (
	ConnectionsAny Connections = "any"
	// ConnectionsUnmetered: it waits while the browser tells of a connection on which
	// bytes are to be saved.
	ConnectionsUnmetered Connections = "unmetered"
)

// NetworkOptions are how a background fetch uses the network beside others, additions
// to the standard. "" and 0 stand for the default: background fetches that were
// stored before there were such options have none.
type NetworkOptions struct {
	Priority Priority    `json:"priority,omitempty"`
	Network  Connections `json:"network,omitempty"`
	// MaxBandwidth bounds what it downloads, in bytes per second; 0: nothing does.
	MaxBandwidth int64 `json:"maxBandwidth,omitempty"`
}

// NetworkOptionsInit is a change of NetworkOptions: what is nil stays.
type NetworkOptionsInit struct {
	Priority     *Priority    `json:"priority"`
	Network      *Connections `json:"network"`
	MaxBandwidth *int64       `json:"maxBandwidth"`
}

// Check refuses what is none of the values.
func (o NetworkOptions) Check() error {
	if o.Priority != "" && !slices.Contains(priorities, o.Priority) {
		return errorf(TypeError, "options.priority is not high, normal or low: %.80q", o.Priority)
	}
	if o.Network != "" && o.Network != ConnectionsAny && o.Network != ConnectionsUnmetered {
		return errorf(TypeError, "options.network is not any or unmetered: %.80q", o.Network)
	}
	if o.MaxBandwidth < 0 || o.MaxBandwidth > maxLength {
		return errorf(TypeError, "options.maxBandwidth is out of range: %d", o.MaxBandwidth)
	}
	return nil
}

// with returns the options after a change.
func (o NetworkOptions) with(change NetworkOptionsInit) NetworkOptions {
	if change.Priority != nil {
		o.Priority = *change.Priority
	}
	if change.Network != nil {
		o.Network = *change.Network
	}
	if change.MaxBandwidth != nil {
		o.MaxBandwidth = *change.MaxBandwidth
	}
	return o
}

// network returns the options that are in force.
func (f *backgroundFetch) network() NetworkOptions {
	o := f.state.NetworkOptions
	o.Priority = cmp.Or(o.Priority, PriorityNormal)
	o.Network = cmp.Or(o.Network, f.engine.options.Network, ConnectionsAny)
	return o
}

// SetOptions changes how a background fetch uses the network from now on, and says
// whether it did: one that has settled does not change. When it returns, the change is
// stored.
func (e *Engine) SetOptions(uniqueID string, change NetworkOptionsInit) (bool, error) {
	if err := (NetworkOptions{}).with(change).Check(); err != nil {
		return false, err
	}
	f, err := e.pausable(uniqueID)
	if f == nil {
		return false, err
	}
	err = f.change(func(s *FetchState) { s.NetworkOptions = s.NetworkOptions.with(change) })
	e.mu.Lock()
	changed := !f.settling
	if changed {
		f.limit.setRate(f.state.MaxBandwidth)
		e.scheduler.move(f)
		e.holdOrGoOn(f)
		e.notifier.touch(f)
	}
	e.mu.Unlock()
	return changed, e.changed(f, err)
}

// held says whether nothing may be asked for. e.mu is held.
func (f *backgroundFetch) held() bool { return f.state.Paused || f.waitsUnmetered() }

// waitsUnmetered says whether it may not use the connection there is. e.mu is held.
func (f *backgroundFetch) waitsUnmetered() bool {
	return f.engine.metered && f.network().Network == ConnectionsUnmetered
}

// holdOrGoOn parks what is queued of a background fetch that is held, and stops what
// is under way; or queues what is parked of one that is not. e.mu is held.
func (e *Engine) holdOrGoOn(f *backgroundFetch) {
	switch {
	case f.settling:
	case f.held():
		f.parked = append(f.parked, f.queue...)
		e.scheduler.remove(f)
		for _, r := range f.records {
			if r.interrupt != nil {
				r.interrupt()
			}
		}
	default:
		parked := f.parked
		f.parked = nil
		e.scheduler.enqueue(f, parked...)
	}
	e.noteActivity(f)
}

// watchMetered follows what the browser tells of the connection, until ctx ends.
func (e *Engine) watchMetered(ctx context.Context) {
	for metered := e.metered; ; {
		if err := e.Network.WaitMetered(ctx, !metered); err != nil {
			return // the browser is asked again by the next engine
		}
		metered = !metered
		e.mu.Lock()
		e.metered = metered
		for _, f := range e.active {
			if f.created && f.network().Network == ConnectionsUnmetered {
				e.holdOrGoOn(f)
			}
		}
		e.mu.Unlock()
	}
}
