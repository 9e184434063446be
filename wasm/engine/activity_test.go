package engine_test

import (
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// wantActivity checks what the instances can know at the moment, where want is a wait for the next
// try between two of them.
func (w *world) wantActivity(uniqueID string, want bgfetch.Activity) bgfetch.Snapshot {
	w.t.Helper()
	waits := slices.Contains([]bgfetch.Activity{bgfetch.ActivityWaitingRetry, bgfetch.ActivityWaitingHost, bgfetch.ActivityWaitingRefresh}, want)
	if waits {
		w.betweenTries(uniqueID)
	}
	s, err := w.engine.Snapshot(uniqueID)
	if err != nil || s.State != want {
		w.t.Errorf("state %q, %v; want %q", s.State, err, want)
	}
	var told bgfetch.Activity
	for _, update := range w.events.Updates() {
		if update.UniqueID == uniqueID {
			told = update.State
		}
	}
	if told != want {
		w.t.Errorf("the instances were last told %q, want %q", told, want)
	}
	if (s.RetryAt != 0) != waits {
		w.t.Errorf("%q with retryAt %d", want, s.RetryAt)
	}
	return s
}

// toldWithin is more than the time within which the instances are told of a change.
const toldWithin = 200 * time.Millisecond

// betweenTries sleeps until there has been no try for long enough that the instances were told
// so, and the next one is not due. When tries are made is a matter of chance.
func (w *world) betweenTries(uniqueID string) {
	w.t.Helper()
	for range 100 {
		s, err := w.engine.Snapshot(uniqueID)
		if err != nil {
			w.t.Fatal(err)
		}
		if left := time.Until(time.UnixMilli(s.RetryAt)); s.RetryAt != 0 && left > 2*toldWithin {
			time.Sleep(toldWithin)
			return
		}
		time.Sleep(toldWithin)
	}
	w.t.Error("no wait between tries was long enough")
}

func TestActivity(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 20*mib, func(r *resource) { r.Rate = mib })
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(2 * time.Second)
		w.wantActivity(id, bgfetch.ActivityRunning)

		w.network.SetOnline(false)
		time.Sleep(2 * time.Second)
		w.wantActivity(id, bgfetch.ActivityWaitingOnline)
		w.network.SetOnline(true)
		time.Sleep(2 * time.Second)
		w.wantActivity(id, bgfetch.ActivityRunning)

		w.network.SetDown(true)
		time.Sleep(5500 * time.Millisecond)
		s := w.wantActivity(id, bgfetch.ActivityWaitingHost)
		if wait := time.Until(time.UnixMilli(s.RetryAt)); wait <= 0 || wait > time.Minute {
			t.Errorf("the next try is in %v", wait)
		}
		w.network.SetDown(false)
		time.Sleep(time.Until(time.UnixMilli(s.RetryAt)) + time.Second)
		w.wantActivity(id, bgfetch.ActivityRunning)

		if _, err := w.engine.Pause(id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if s := w.wantActivity(id, bgfetch.ActivityPaused); !s.Paused {
			t.Error("not paused")
		}
		if err := w.engine.Resume(id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantActivity(id, bgfetch.ActivitySettled)
		w.wantSuccess("f", a)
	})
}

func TestActivityOfAQueuedFetch(t *testing.T) {
	run(t, func(w *world) {
		var urls []string
		for i := range engine.DefaultOptions.MaxPerHost {
			urls = append(urls, siteA+string(rune('a'+i)))
			w.serve(urls[i], mib, func(r *resource) { r.Rate = 1000 })
		}
		w.fetch("first", urls...)
		w.serve(siteB, 10)
		id := w.fetch("second", siteB).UniqueID
		time.Sleep(time.Second)
		if s, _ := w.engine.Snapshot(id); s.State != bgfetch.ActivityQueued {
			t.Errorf("state %q", s.State)
		}
	})
}
