package engine

import (
	"context"
	"log"
	"slices"
	"time"
)

// online is the browser's opinion, unless it has proved to be wrong.
func (e *Engine) online() bool {
	if e.Network.Online() {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.worksOffline
}

// takeDespite says, once, whether the record is to be tried although the browser says
// that it is offline.
func (r *record) takeDespite() bool {
	r.fetch.engine.mu.Lock()
	defer r.fetch.engine.mu.Unlock()
	despite := r.despite
	r.despite = false
	return despite
}

// networkWorks takes down that a response came. Where the browser says that it is
// offline, as it does with some virtual adapters, it is not believed for now.
func (e *Engine) networkWorks() {
	if e.Network.Online() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.worksOffline = true
	e.goOnline()
}

// networkFails takes back what networkWorks took down.
func (e *Engine) networkFails() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.worksOffline = false
}

const (
	// offlineTry is the time after which one record is tried although the browser says
	// that it is offline, doubled each time up to maxOfflineTry.
	offlineTry    = 15 * time.Second
	maxOfflineTry = 5 * time.Minute
)

// waitForNetwork queues the record again when the browser is online. e.mu is held.
func (e *Engine) waitForNetwork(r *record) {
	e.waitingOnline = append(e.waitingOnline, r)
	r.fetch.offline++
	if e.waitsOnline {
		return // somebody waits already
	}
	e.waitsOnline = true
	e.goWork(func() {
		for try := offlineTry; ; try = min(2*try, maxOfflineTry) {
			ctx, cancel := context.WithTimeout(e.ctx, try)
			err := e.Network.WaitOnline(ctx)
			late := ctx.Err() != nil
			cancel()
			if !e.endWait(err, late) {
				return
			}
		}
	})
}

// endWait goes on after a wait for the network, and says whether to wait again. late: it
// did not come in time.
func (e *Engine) endWait(err error, late bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.ctx.Err() != nil:
		return false
	case len(e.waitingOnline) > 0 && late:
		r := e.waitingOnline[0]
		e.waitingOnline = e.waitingOnline[1:]
		r.despite = true
		r.fetch.offline--
		e.scheduler.Requeue(r.job)
		return true
	case err != nil && !late:
		log.Printf("cannot wait for the network: %v", err)
	}
	e.waitsOnline = false
	e.goOnline()
	return false
}

// goOnline queues all records that wait for the network. e.mu is held.
func (e *Engine) goOnline() {
	waiting := e.waitingOnline
	e.waitingOnline = nil
	for _, r := range slices.Backward(waiting) { // the first to wait is to be the first again
		r.fetch.offline--
		e.scheduler.Requeue(r.job)
	}
}
