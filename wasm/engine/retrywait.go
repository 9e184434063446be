package engine

import (
	"context"
	"time"

	"background-fetch-wasm/wasm/download"
)

// retryWait is a record's wait for its next try.
type retryWait struct {
	until time.Time
	// patient: it may end at least already, if something speaks for another try.
	patient bool
	least   time.Time
	// refresh: it waits for another request of the site.
	refresh bool
	// stop ends it without a try.
	stop func()
}

// retryLater queues the record when the wait is over that the verdict asks for. e.mu is held.
func (e *Engine) retryLater(r *record, v download.Verdict) {
	now := time.Now()
	wait := &retryWait{until: now.Add(v.Wait), patient: v.Patient, least: now.Add(v.Least), refresh: v.Refresh}
	wait.stop = e.after(v.Wait, func() { e.retry(r) })
	r.fetch.retries[r] = wait
}

// retry queues a record whose wait is over. e.mu is held.
func (e *Engine) retry(r *record) {
	delete(r.fetch.retries, r)
	if r.fetch.ctx.Err() == nil {
		e.scheduler.Requeue(r.job)
	}
}

// hastenRetry ends the record's wait, a patient one, as early as may be. e.mu is held.
func (e *Engine) hastenRetry(r *record, wait *retryWait) {
	wait.stop()
	r.Hasten()
	if left := time.Until(wait.least); left > 0 {
		wait.until, wait.patient = wait.least, false
		wait.stop = e.after(left, func() { e.retry(r) })
		e.notifier.touch(r.fetch)
		return
	}
	e.retry(r)
}

// hastenEvery is the least time between two times that all waits are ended.
const hastenEvery = time.Second

// watchChanges ends all waits for servers when something speaks for another try, until ctx
// ends.
func (e *Engine) watchChanges(ctx context.Context) {
	for seen := int64(0); ; {
		now, err := e.Network.WaitChange(ctx, seen)
		if err != nil {
			return // what waits is tried in its time
		}
		seen = now
		e.mu.Lock()
		e.hasten()
		e.mu.Unlock()
		select {
		case <-time.After(hastenEvery):
		case <-ctx.Done():
			return
		}
	}
}

// hasten ends all waits for servers as early as may be. e.mu is held.
func (e *Engine) hasten() {
	for _, f := range e.active {
		e.hastenRetries(f)
	}
	e.scheduler.Hasten()
}

// hastenRetries is hasten for the records of one background fetch. e.mu is held.
func (e *Engine) hastenRetries(f *backgroundFetch) {
	for r, wait := range f.retries {
		if wait.patient {
			e.hastenRetry(r, wait)
		}
	}
}

// hastenBeside takes down that the record's host has given it what it asked for: others may
// be tried again, too. e.mu is held.
func (e *Engine) hastenBeside(with *record) {
	for _, f := range e.active {
		for r, wait := range f.retries {
			if r.job.Host() == with.job.Host() && wait.patient && !r.hurried {
				r.hurried = true
				e.hastenRetry(r, wait)
			}
		}
	}
}

// recall takes up what is stored about the hosts of a background fetch. e.mu is held.
func (e *Engine) recall(f *backgroundFetch) {
	for _, r := range f.records {
		if stall := r.state.Stall; r.state.Response.Answered() || stall.Tried != 0 {
			if r.state.Response.Result != "" {
				stall.Waited = 0 // it waits no more
			}
			e.scheduler.Recall(r.job, stall.Stalled())
		}
	}
}
