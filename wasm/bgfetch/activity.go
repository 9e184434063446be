package bgfetch

import "time"

// Activity says what a background fetch does at the moment, or why it does
// nothing: an addition to the standard, so that a page can say so.
type Activity string

const (
	ActivityQueued        Activity = "queued"         // other transfers go first
	ActivityRunning       Activity = "running"        // at least one request is under way
	ActivityWaitingOnline Activity = "waiting-online" // the browser is offline
	ActivityWaitingRetry  Activity = "waiting-retry"  // a try failed, the next one comes later
	// ActivityWaitingUnmetered: the connection is one that it may not use.
	ActivityWaitingUnmetered Activity = "waiting-unmetered"
	ActivityPaused           Activity = "paused"
	ActivitySettled          Activity = "settled"
)

// activity derives the activity from what its records do; retryAt is the time of
// the next try while it waits for one. The engine's lock is held.
func (f *backgroundFetch) activity() (a Activity, retryAt time.Time) {
	switch {
	case f.settling:
		return ActivitySettled, retryAt
	case f.running > 0:
		return ActivityRunning, retryAt
	case f.state.Paused:
		return ActivityPaused, retryAt
	case f.waitsUnmetered():
		return ActivityWaitingUnmetered, retryAt
	case len(f.queue) > 0 && f.mayAsk() > 0:
		return ActivityRunning, retryAt // as fast as it may
	case f.offline > 0:
		return ActivityWaitingOnline, retryAt
	}
	sooner := func(at time.Time) {
		if a = ActivityWaitingRetry; retryAt.IsZero() || at.Before(retryAt) {
			retryAt = at
		}
	}
	a = ActivityQueued
	for _, at := range f.retries {
		sooner(at)
	}
	if len(f.queue) > 0 {
		if h := f.engine.scheduler.hosts[f.queue[0].host]; h != nil && h.closed {
			sooner(h.until)
		}
	}
	return a, retryAt
}

// noteActivity tells the instances when the activity has changed. The engine's
// lock is held.
func (e *Engine) noteActivity(f *backgroundFetch) {
	if a, _ := f.activity(); a != f.told {
		f.told = a
		e.notifier.touch(f)
	}
}
