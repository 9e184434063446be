package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// The worker may die between any two lines. These tests let it die at each write
// of a whole fetch in turn: before the write is stored, after it is stored but
// before anybody heard of it, and after each segment was put. A new engine over
// what is left must end in a right state.

// crashFetch is a background fetch with a bit of everything: a cut, a restart
// because the file was replaced, small records and a failure.
func crashFetch(w *world) (id string, bodies [][]byte) {
	old := resource{Body: randomBytes(2 * mib), ETag: `"v1"`, Rate: mib}
	replaced := resource{Body: randomBytes(2*mib + 1), ETag: `"v2"`, Rate: mib}
	w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
		if n == 1 {
			r := old.Respond(init)
			r.Cut = mib
			return r
		}
		return replaced.Respond(init)
	})
	b := w.serve(siteB, 10)
	c := w.serve(otherC, mib, func(r *resource) { r.Type, r.Rate = "cors", mib })
	d := w.serve(siteA+"?empty", 0)
	_, _ = w.engine.Fetch(context.Background(), fetchInit("crash", siteA, siteB, otherC, siteA+"?empty"))
	return "crash", [][]byte{replaced.Body, b, c, d}
}

// wantRight checks the state after the restart of a crashed fetch.
func (w *world) wantRight(id string, bodies [][]byte) {
	w.t.Helper()
	events := w.events.Dispatched()
	stored, err := w.store.Load(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	if len(events) == 0 {
		// It died before fetch() had stored anything: there is no background fetch.
		if len(w.engine.Active()) != 0 || len(stored) != 0 {
			w.t.Errorf("active %+v, stored %d, but no event", w.engine.Active(), len(stored))
		}
		w.wantNothingLeft()
		return
	}
	for _, event := range events { // more than one where its listeners had not finished
		if event.Type != "backgroundfetchsuccess" {
			w.t.Errorf("it ended with %s: %+v", event.Type, event.Snapshot)
		}
	}
	w.wantBodies(id, bodies...)
	w.wantNothingLeft()
}

func TestCrashAtEveryWrite(t *testing.T) {
	writes := 0
	run(t, func(w *world) {
		crashFetch(w)
		time.Sleep(time.Minute)
		writes = w.store.Writes()
	})
	if writes < 15 {
		t.Fatalf("only %d writes: this is no whole fetch", writes)
	}
	atEveryWrite(t, writes, func(t *testing.T, doom func(*world)) {
		run(t, func(w *world) {
			doom(w)
			id, bodies := crashFetch(w)
			time.Sleep(time.Minute)
			w.kill()
			w.start()
			time.Sleep(time.Minute)
			synctest.Wait()
			w.wantRight(id, bodies)
		})
	})
}

// atEveryWrite runs a test for each of so many writes from now on, with what makes the worker
// die there: before the write, inside, and after the last one, when the engine hears nothing of it.
func atEveryWrite(t *testing.T, writes int, test func(t *testing.T, doom func(*world))) {
	for n := range writes + 1 {
		for how, doom := range map[string]func(*world){
			"before": func(w *world) { w.store.KillAfter(n) },
			"inside": func(w *world) { w.store.KillInside(n + 1) },
		} {
			if bgfetchtest.IsDrawn() {
				t.Run(fmt.Sprintf("%s write %d", how, n+1), func(t *testing.T) { test(t, doom) })
			}
		}
	}
}

func TestCrashAfterEveryPut(t *testing.T) {
	t.Run("at once", func(t *testing.T) { testCrashAfterEveryPut(t, nil) })
	// The second segment of three is stored last, and while others are read.
	t.Run("several at a time", func(t *testing.T) {
		testCrashAfterEveryPut(t, func(n int) time.Duration { return time.Duration(100+n%3*n%2*400) * time.Millisecond })
	})
}

func testCrashAfterEveryPut(t *testing.T, storeTime func(n int) time.Duration) {
	var counted atomic.Int32
	run(t, func(w *world) {
		w.network.StoreTime = storeTime
		w.bodies.OnPut = func() { counted.Add(1) }
		crashFetch(w)
		time.Sleep(time.Minute)
	})
	puts := counted.Load()
	if puts < 10 {
		t.Fatalf("only %d segments: this is no whole fetch", puts)
	}
	for n := range puts {
		if !bgfetchtest.IsDrawn() {
			continue
		}
		t.Run(fmt.Sprint("put ", n+1), func(t *testing.T) {
			run(t, func(w *world) {
				w.network.StoreTime = storeTime
				var count atomic.Int32
				w.bodies.OnPut = func() {
					if count.Add(1) == n+1 {
						w.store.Kill()
						w.cancel()
					}
				}
				id, bodies := crashFetch(w)
				time.Sleep(time.Minute)
				w.kill()
				w.start()
				time.Sleep(time.Minute)
				w.wantRight(id, bodies)
			})
		})
	}
}

// TestKillAgainAndAgain kills at odd times, with a fetch that needs many lives.
func TestKillAgainAndAgain(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 20*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		var starts []int64
		before := 0 // requests of the lives before; a life may begin with one at once
		for i := range 40 {
			time.Sleep(time.Duration(100+i*37%900) * time.Millisecond)
			w.kill()
			if i > 0 {
				starts = append(starts, w.ranges()[before]) // of the first request of each life
			}
			before = len(w.network.Requests())
			w.start()
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", a)
		if !slices.IsSorted(starts) {
			t.Errorf("the lives started at %d", starts)
		}
	})
}
