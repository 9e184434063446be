package engine

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// owner is a record's download.Owner: all that a download reaches of the engine. It takes the
// engine's lock, so that a download never does.
type owner struct{ *record }

// Another implements download.Places.
func (o owner) Another() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Another(o.job)
}

// Return implements download.Places.
func (o owner) Return() {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Return(o.job)
}

// Wanted implements download.Places.
func (o owner) Wanted() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Wanted(o.job)
}

// Release implements download.Places.
func (o owner) Release() {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Release(o.job)
}

// Interruptible implements download.Places.
func (o owner) Interruptible(stop func()) {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Interruptible(o.job, stop)
}

// Interrupted implements download.Places.
func (o owner) Interrupted() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return o.job.Interrupted()
}

// Rate implements download.Bandwidth.
func (o owner) Rate() int64 {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.Rate(o.fetch.group)
}

// PerRequest implements download.Bandwidth.
func (o owner) PerRequest() int64 {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.PerRequest(o.fetch.group)
}

// Charge implements download.Bandwidth.
func (o owner) Charge(bytes int64) {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scheduler.Charge(o.job, bytes)
}

// MayRead implements download.Bandwidth.
func (o owner) MayRead() time.Duration {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.MayRead(o.job)
}

// MayAsk implements download.Connection.
func (o owner) MayAsk() bool { return o.fetch.engine.online() || o.takeDespite() }

// FailedOffline implements download.Connection.
func (o owner) FailedOffline() bool {
	e := o.fetch.engine
	if e.Network.Online() {
		return false
	}
	e.networkFails()
	return true
}

// Answered implements download.Connection.
func (o owner) Answered(status int) {
	e := o.fetch.engine
	e.mu.Lock()
	if !o.fetch.settling {
		e.scheduler.Answered(o.job)
	}
	if status >= 200 && status <= 299 {
		e.hastenBeside(o.record)
	}
	e.mu.Unlock()
	e.networkWorks()
}

// HasAnswered implements download.Connection.
func (o owner) HasAnswered() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.HasAnswered(o.job)
}

// GivenUp implements download.Connection.
func (o owner) GivenUp() bool {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.scheduler.GivenUp(o.job)
}

// PriorityHint implements download.Connection: what the page itself waits for goes before
// requests of ours, unless the site says that this is as urgent.
func (o owner) PriorityHint() bgfetch.FetchPriority {
	e := o.fetch.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if o.fetch.rank() == 0 {
		return ""
	}
	return bgfetch.FetchPriorityLow
}
