package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/library"
)

// TestCachesDeletedInMidTransfer: whenever it happens, and however often, success means
// that the bytes can be read, and that they are of one file.
func TestCachesDeletedInMidTransfer(t *testing.T) {
	lose := map[string]func(w *world){
		"all":         func(w *world) { w.bodies.LoseAll() },
		"one segment": func(w *world) { w.bodies.LoseSegment("unique-f") },
	}
	for name, lose := range lose {
		for _, keep := range []bool{false, true} {
			for _, times := range []int{1, 3} {
				for at := 50 * time.Millisecond; at < 4*time.Second; at += 330 * time.Millisecond {
					if !bgfetchtest.IsDrawn() {
						continue
					}
					t.Run(fmt.Sprintf("%s, kept %v, %d times, after %v", name, keep, times, at), func(t *testing.T) {
						run(t, func(w *world) {
							a := w.serve(siteA, 3*mib, slow)
							b, c := w.serve(siteB, 10), w.serve(otherC, mib/2, func(r *resource) { r.Type, r.Rate = "cors", mib/4 })
							init := fetchInit("f", siteA, siteB, otherC)
							init.Keep = keep
							if _, err := w.engine.Fetch(context.Background(), init); err != nil {
								t.Fatal(err)
							}
							for range times {
								time.Sleep(at)
								lose(w)
							}
							time.Sleep(2 * time.Minute)
							if len(w.events.Dispatched()) == 0 {
								t.Fatal("it does not end")
							}
							if at*time.Duration(times) < 3*time.Second { // else it may have been over
								w.wantSuccess("f", a, b, c)
							}
							if !keep {
								w.wantNothingLeft()
							}
						})
					})
				}
			}
		}
	}
}

// TestLostAndReplaced: what is fetched again is of another version, so all of it is.
func TestLostAndReplaced(t *testing.T) {
	run(t, func(w *world) {
		old, replaced := Version(1), Version(2)
		old.Rate, replaced.Rate = mib, mib
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return old.Respond(init)
			}
			return replaced.Respond(init)
		})
		w.fetch("f", siteA)
		time.Sleep(1500 * time.Millisecond)
		w.bodies.LoseSegment("unique-f")
		time.Sleep(time.Minute)
		w.wantSuccess("f", replaced.Body)
	})
}

// TestReaderOfWhatIsLost: who has read the beginning does not go on with another file.
func TestReaderOfWhatIsLost(t *testing.T) {
	run(t, func(w *world) {
		old, replaced := Version(1), Version(2)
		old.Rate, replaced.Rate = mib, mib
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return old.Respond(init)
			}
			return replaced.Respond(init)
		})
		w.fetch("f", siteA)
		time.Sleep(time.Second)
		record, err := w.engine.Record(context.Background(), "unique-f", 0, true)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := w.engine.Plan(context.Background(), "unique-f", 0, record.Generation, 0, true)
		if err != nil || len(plan.Segments) == 0 {
			t.Fatalf("%+v, %v", plan, err)
		}
		w.bodies.LoseAll()
		time.Sleep(1500 * time.Millisecond)
		plan, err = w.engine.Plan(context.Background(), "unique-f", 0, record.Generation, plan.Segments[0].Length, true)
		if err != nil || plan.Failed != bgfetch.ReasonFetchError {
			t.Errorf("the reader goes on with %+v, %v", plan, err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", replaced.Body)
	})
}

// TestLostAgainAndAgain: it ends.
func TestLostAgainAndAgain(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, mib, slow)
		w.bodies.OnPut = func() { w.bodies.LoseAll() }
		w.fetch("f", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if n := len(w.network.Requests()); n > 5 {
			t.Errorf("%d requests", n)
		}
		if ended := w.history(); len(ended) != 1 || !strings.Contains(ended[0].Detail, "deleted") {
			t.Errorf("the history is %+v", ended)
		}
		w.wantNothingLeft()
	})
}

// TestLostAnswerToAPost: it is not sent twice, and that it was answered is no success.
func TestLostAnswerToAPost(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteB, 2*mib, slow)
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
			return response{Head: bgfetch.Head{URL: siteA, Status: 200}, Body: []byte("got it")}
		})
		init := fetchInit("f", siteA, siteB)
		init.Requests[0].Method = "POST"
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.bodies.LoseAll()
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		posts := 0
		for _, request := range w.network.Requests() {
			if request.Request.Method == "POST" {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("it was sent %d times", posts)
		}
	})
}

// TestLookingFails: a storage that fails for a while changes nothing, one that fails for
// good proves nothing.
func TestLookingFails(t *testing.T) {
	for _, fails := range []int{1, 2, 1000} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			run(t, func(w *world) {
				body := w.serve(siteA, 1000)
				looked := 0
				w.bodies.OnSegments = func(context.Context) error {
					if looked++; looked <= fails {
						return errors.New("the storage has failed")
					}
					return nil
				}
				w.fetch("f", siteA)
				time.Sleep(10 * time.Minute)
				if fails < 3 {
					w.wantSuccess("f", body)
				} else {
					w.wantFailure("f", bgfetch.ReasonFetchError)
				}
			})
		})
	}
}

// TestAbortWhileLooking and pausing meanwhile: both are heard.
func TestAbortWhileLooking(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		var answers atomic.Bool
		w.bodies.OnSegments = func(ctx context.Context) error {
			if answers.Load() {
				return nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(30 * time.Second):
			}
			return ctx.Err()
		}
		w.fetch("f", siteA)
		time.Sleep(time.Second)
		if snapshot, _ := w.engine.Get("f"); snapshot.State != bgfetch.ActivityRunning {
			t.Errorf("it is %+v", snapshot)
		}
		if aborted, err := w.engine.Abort(context.Background(), "unique-f", ""); !aborted || err != nil {
			t.Errorf("%v, %v", aborted, err)
		}
		answers.Store(true)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonAborted)
		w.wantNothingLeft()
	})
}

// TestLostWhilePaused: it is fetched again when it goes on.
func TestLostWhilePaused(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 1000)
		w.bodies.OnSegments = func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		}
		w.fetch("f", siteA)
		time.Sleep(500 * time.Millisecond)
		w.bodies.LoseAll()
		if paused, err := w.engine.Pause("unique-f"); !paused || err != nil {
			t.Errorf("%v, %v", paused, err)
		}
		time.Sleep(time.Minute)
		if snapshot, _ := w.engine.Get("f"); snapshot.State != bgfetch.ActivityPaused || snapshot.Downloaded != 0 {
			t.Errorf("it is %+v", snapshot)
		}
		if signs := w.bodies.SignsOfWork(); len(signs) != 1 {
			t.Errorf("signs of work: %q", signs)
		}
		w.resume("unique-f")
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

// TestFailedIsFreedBeforeItsEvent: who hears of a failure has the room that it took, at the
// latest when it is needed, and what succeeded can still be read.
func TestFailedIsFreedBeforeItsEvent(t *testing.T) {
	t.Run("no remains", func(t *testing.T) { testFreedBeforeItsEvent(t, library.RemainsPolicy{Off: true}) })
	t.Run("remains", func(t *testing.T) { testFreedBeforeItsEvent(t, library.DefaultRemains) })
}

func testFreedBeforeItsEvent(t *testing.T, remains library.RemainsPolicy) {
	run(t, func(w *world) {
		w.kill()
		w.options.Remains = remains
		w.start()
		w.bodies.Quota, w.bodies.HideRoom = 12*mib, true
		small := w.serve(siteB, mib)
		w.serve(siteA, 20*mib, func(r *resource) { r.Rate = 4 * mib })
		next := w.serve(otherC, 10*mib)
		listen := w.events.OnDispatch
		w.events.OnDispatch = func(ctx context.Context, event string, snapshot bgfetch.Snapshot) error {
			if snapshot.ID == "large" {
				if used := w.bodies.Used(); (used == mib) != remains.Off {
					t.Errorf("%d bytes are stored", used)
				}
				w.fetch("next", otherC)
				time.Sleep(10 * time.Second)
			}
			return listen(ctx, event, snapshot)
		}
		w.fetch("large", siteB, siteA)
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		w.wantBodies("large", small, nil)
		w.wantSuccess("next", next)
		w.wantNothingLeft()
	})
}
