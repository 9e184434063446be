package engine

import (
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// activity derives the activity from what its records do; retryAt is the time of
// the next try while it waits for one. The engine's lock is held.
func (f *backgroundFetch) activity() (a bgfetch.Activity, retryAt time.Time) {
	switch {
	case f.settling:
		return bgfetch.ActivitySettled, retryAt
	case f.running > 0:
		return bgfetch.ActivityRunning, retryAt
	case f.state.Paused:
		return bgfetch.ActivityPaused, retryAt
	case f.waitsUnmetered():
		return bgfetch.ActivityWaitingUnmetered, retryAt
	case f.asking:
		return bgfetch.ActivityRunning, retryAt
	case f.group.Queued() && f.engine.scheduler.MayAsk(f.group) > 0:
		return bgfetch.ActivityRunning, retryAt // as fast as it may
	case f.offline > 0:
		return bgfetch.ActivityWaitingOnline, retryAt
	}
	sooner := func(at time.Time, why bgfetch.Activity) {
		if retryAt.IsZero() || at.Before(retryAt) {
			a, retryAt = why, at
		}
	}
	a = bgfetch.ActivityQueued
	for _, wait := range f.retries {
		why := bgfetch.ActivityWaitingRetry
		if wait.refresh {
			why = bgfetch.ActivityWaitingRefresh
		}
		sooner(wait.until, why)
	}
	if until := f.engine.scheduler.ClosedUntil(f.group); !until.IsZero() {
		sooner(until, bgfetch.ActivityWaitingHost)
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
