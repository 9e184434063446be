package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/schedule"
)

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(few)
		w.enqueue(schedule.NewGroup(normal, 0, policy), 4, "a", "https://one")
		w.enqueue(schedule.NewGroup(normal, 0, policy), 2, "b", "https://two")
		expect(t, w.names(), "a0", "a1")
		w.endAll()
		expect(t, w.names(), "a0", "a1", "a2", "b0", "a3", "b1")
	})
}

func TestOneHostDoesNotHoldUpOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(schedule.Limits{Total: 3, PerHost: 1, Ranks: 3})
		g := schedule.NewGroup(normal, 0, policy)
		w.enqueue(g, 3, "slow", "https://one")
		w.enqueue(g, 1, "other", "https://two")
		expect(t, w.names(), "slow0", "other0")
	})
}

func TestHigherPriorityTakesAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(few)
		lows := w.enqueue(schedule.NewGroup(low, 0, policy), 2, "low", "https://one")
		for _, one := range lows {
			w.Interruptible(one.Job, func() { one.stopped++ })
		}
		w.enqueue(schedule.NewGroup(high, 0, policy), 1, "high", "https://one")
		if lows[0].stopped != 0 || lows[1].stopped != 1 || lows[1].State() != schedule.Yielding || !lows[1].Interrupted() {
			t.Fatalf("stopped: %d and %d times, the newest is %v", lows[0].stopped, lows[1].stopped, lows[1].State())
		}
		w.End(lows[1].Job, false, false)
		w.Requeue(lows[1].Job)
		expect(t, w.names(), "low0", "low1", "high0")
		w.End(lows[0].Job, false, false)
		expect(t, w.names(), "low0", "low1", "high0", "low1")
	})
}

// What could not go on is left alone, and so is what may not be broken off.
func TestPlacesThatAreKept(t *testing.T) {
	for name, keeps := range map[string]func(w *world, one *work){
		"it would begin again":     func(w *world, one *work) { one.continues = false },
		"it may not be broken off": func(w *world, one *work) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(schedule.Limits{Total: 1, PerHost: 1, Ranks: 3})
				one := w.enqueue(schedule.NewGroup(low, 0, policy), 1, "low", "https://one")[0]
				keeps(w, one)
				if !one.continues {
					w.Interruptible(one.Job, func() { one.stopped++ })
				}
				w.enqueue(schedule.NewGroup(high, 0, policy), 1, "high", "https://one")
				if one.stopped > 0 || one.State() != schedule.Running {
					t.Errorf("stopped %d times, and is %v", one.stopped, one.State())
				}
			})
		})
	}
}

// A priority that waits has its turn after eight jobs of higher ones, and keeps its place.
func TestNoPriorityStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(schedule.Limits{Total: 1, PerHost: 1, Ranks: 3})
		w.enqueue(schedule.NewGroup(high, 0, policy), 20, "high", "https://one")
		waiting := w.enqueue(schedule.NewGroup(low, 0, policy), 2, "low", "https://one")[0]
		for i := 0; waiting.State() == schedule.Queued; i++ {
			if i == 10 {
				t.Fatal("ten jobs of a higher priority went first")
			}
			w.End(w.begun[i].Job, false, false)
		}
		w.Interruptible(waiting.Job, func() { waiting.stopped++ })
		w.enqueue(schedule.NewGroup(high, 0, policy), 1, "later", "https://one")
		if waiting.State() != schedule.RunningInTurn || waiting.stopped > 0 {
			t.Errorf("it is %v, and was stopped %d times", waiting.State(), waiting.stopped)
		}
	})
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(few)
		g := schedule.NewGroup(normal, 0, policy)
		w.Hold(g)
		all := w.enqueue(g, 3, "a", "https://one")
		expect(t, w.names())
		w.GoOn(g)
		expect(t, w.names(), "a0", "a1")
		w.Hold(g)
		stopped := false
		w.Interruptible(all[0].Job, func() { stopped = true })
		if !stopped {
			t.Error("what is held was not stopped")
		}
		w.End(all[0].Job, false, false)
		w.Requeue(all[0].Job)
		w.End(all[1].Job, false, false)
		expect(t, w.names(), "a0", "a1")
		w.GoOn(g)
		expect(t, w.names(), "a0", "a1", "a2", "a0")
	})
}

func TestReleaseGivesThePlaceOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(schedule.Limits{Total: 1, PerHost: 1, Ranks: 3})
		all := w.enqueue(schedule.NewGroup(normal, 0, policy), 3, "a", "https://one")
		w.Release(all[0].Job)
		expect(t, w.names(), "a0", "a1")
		w.End(all[0].Job, false, false)
		expect(t, w.names(), "a0", "a1")
	})
}

// While a host does not answer one job at a time tries it; all give it up together.
func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(schedule.Limits{Total: 8, PerHost: 4, Ranks: 3})
		g := schedule.NewGroup(normal, 0, policy)
		all := w.enqueue(g, 4, "a", "https://away")
		for _, one := range all {
			w.End(one.Job, true, true)
			w.Requeue(one.Job)
		}
		begun := len(w.begun)
		if at := w.ClosedUntil(g); at.IsZero() {
			t.Error("nothing tells when it is tried again")
		}
		for failures := 1; ; failures++ {
			w.sleep(time.Minute)
			if n := len(w.begun) - begun; n != 1 {
				t.Fatalf("after %d failures %d jobs try it", failures, n)
			}
			last := w.begun[begun]
			begun++
			w.End(last.Job, true, true)
			if w.GivenUp(last.Job) {
				if failures != policy.MaxUnreachable {
					t.Errorf("given up after %d tries", failures)
				}
				break
			}
			w.Requeue(last.Job)
		}
	})
}

func TestAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(schedule.Limits{Total: 8, PerHost: 4, Ranks: 3})
		all := w.enqueue(schedule.NewGroup(normal, 0, policy), 6, "a", "https://away")
		for _, one := range all[:4] {
			w.End(one.Job, true, false)
			w.Requeue(one.Job)
		}
		w.sleep(time.Minute)
		last := w.begun[len(w.begun)-1]
		w.Answered(last.Job)
		if n := len(w.begun); n != 8 {
			t.Errorf("%d jobs were begun, want the 4 before, and 4", n)
		}
	})
}

// What came is paid off before more is asked for, and what was reserved counts once.
func TestBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 1 << 20
		w := newWorld(few)
		g := schedule.NewGroup(normal, rate, policy)
		if n := w.PerRequest(g); n != rate {
			t.Errorf("%d bytes in a request, want %d", n, rate)
		}
		one := w.enqueue(g, 1, "a", "https://one")[0]
		w.Reserve(one.Job, 2*rate)
		if wait := w.MayRead(one.Job); wait != 0 {
			t.Errorf("what was reserved waits for %v", wait)
		}
		w.Charge(one.Job, rate)
		if wait := w.MayAsk(g); wait != 2*time.Second {
			t.Errorf("more may be asked for after %v, want 2 s", wait)
		}
		w.End(one.Job, false, false) // and the other half did not come
		if wait := w.MayAsk(g); wait != time.Second {
			t.Errorf("more may be asked for after %v, want 1 s", wait)
		}
		w.Requeue(one.Job)
		expect(t, w.names(), "a0")
		w.sleep(1500 * time.Millisecond)
		expect(t, w.names(), "a0", "a0")
	})
}

// TestRandom: whatever happens, no limit is broken, what is held does not begin, and all
// that waits is begun in the end.
func TestRandom(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { testRandom(t, rand.New(rand.NewPCG(seed, 1))) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func testRandom(t *testing.T, r *rand.Rand) {
	limits := schedule.Limits{Total: 1 + r.IntN(5), PerHost: 1 + r.IntN(3), Ranks: 3}
	w := newWorld(limits)
	var groups []*schedule.Group
	held := map[*schedule.Group]bool{}
	groupOf := map[*work]*schedule.Group{}
	var all []*work
	for range 1 + r.IntN(4) {
		g := schedule.NewGroup(r.IntN(3), int64(r.IntN(2)*(1<<20)), policy)
		groups = append(groups, g)
	}
	var running []*work
	look := func() {
		for i := 0; i < len(w.begun); i++ { // ending one may begin others
			one := w.begun[i]
			if held[groupOf[one]] {
				t.Error("one that is held was begun")
			}
			if slices.Contains(running, one) {
				t.Error("one that runs was begun")
			}
			if one.givenUp { // it fails at once, whatever the limits
				w.End(one.Job, false, false)
				continue
			}
			running = append(running, one)
			w.Interruptible(one.Job, func() { one.stopped++ })
		}
		w.begun = nil
		perHost := map[string]int{}
		for _, one := range running {
			perHost[one.Host()]++
		}
		for host, n := range perHost {
			if n > limits.PerHost {
				t.Errorf("%d at once with %s", n, host)
			}
		}
		if len(running) > limits.Total {
			t.Errorf("%d at once", len(running))
		}
	}
	end := func(unreachable bool) {
		i := r.IntN(len(running))
		one := running[i]
		running = slices.Delete(running, i, i+1)
		yields := one.Interrupted()
		w.End(one.Job, unreachable, false)
		if yields || unreachable {
			w.Requeue(one.Job)
		}
	}
	for range 200 {
		g := groups[r.IntN(len(groups))]
		switch r.IntN(7) {
		case 0:
			for _, one := range w.enqueue(g, r.IntN(4), "", fmt.Sprintf("https://host%d", r.IntN(3))) {
				groupOf[one] = g
				all = append(all, one)
			}
		case 1, 2:
			if len(running) > 0 {
				end(r.IntN(6) == 0)
			}
		case 3:
			w.Hold(g)
			held[g] = true
		case 4:
			held[g] = false
			w.GoOn(g)
		case 5:
			w.SetRank(g, r.IntN(3))
		case 6:
			if len(running) > 0 {
				w.Charge(running[r.IntN(len(running))].Job, int64(r.IntN(1<<20)))
			}
			w.sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
		}
		look()
	}
	for _, g := range groups {
		held[g] = false
		w.GoOn(g)
	}
	for range 10_000 {
		look()
		if len(running) == 0 {
			w.sleep(time.Minute)
			if look(); len(running) == 0 {
				break
			}
		}
		end(false)
	}
	for _, one := range all {
		if one.State() != schedule.Idle {
			t.Errorf("one is %v in the end", one.State())
		}
	}
}
