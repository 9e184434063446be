package engine_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// What the browser tells ends the wait at once, but for what the server asked for, and
// counts for nothing.
func TestChangeEndsTheWait(t *testing.T) {
	run(t, func(w *world) {
		server := w.halfway("f")
		w.network.SetDown(true)
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		time.Sleep(3 * time.Hour)
		before := len(w.network.Requests())
		for range 20 { // of these some come together
			w.network.Change()
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(500 * time.Millisecond) // the last of them falls into the last instant
		if n := len(w.network.Requests()) - before; n < 2 || n > 5 {
			t.Errorf("%d requests by changes in two seconds", n)
		}
		s := w.wantActivity("unique-f", bgfetch.ActivityWaitingHost)
		if wait := time.Until(time.UnixMilli(s.RetryAt)); wait < 2*time.Minute {
			t.Errorf("the back-off began anew: %v", wait)
		}
		time.Sleep(time.Second)
		w.network.SetDown(false)
		w.network.Change()
		time.Sleep(8 * time.Second)
		w.wantSuccess("f", server.file.Body)
	})
	run(t, func(w *world) {
		server := w.halfway("f")
		server.answers(503, bgfetch.Header{"Retry-After", "600"})
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		for range 9 {
			time.Sleep(time.Minute)
			w.network.Change()
		}
		time.Sleep(time.Second)
		if n := len(server.refusals()); n != 1 {
			t.Errorf("%d requests where Retry-After says 600 s", n)
		}
		server.answers(0)
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", server.file.Body)
	})
}

// Where the host gives another record what it asks for, the others are tried again, once.
func TestAnotherSuccessEndsTheWait(t *testing.T) {
	run(t, func(w *world) {
		server := w.halfway("f")
		server.answers(502)
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		time.Sleep(3 * time.Hour)
		for n := len(server.refusals()); len(server.refusals()) == n; {
			time.Sleep(time.Second) // until it has just been tried: the next try by itself is 30 s away at least
		}
		time.Sleep(5 * time.Second)
		small := w.serve(siteB, 10)
		for i := range 20 {
			w.fetch(fmt.Sprint("small", i), siteB)
			time.Sleep(100 * time.Millisecond)
			w.wantSuccess(fmt.Sprint("small", i), small)
		}
		asked := server.refusals()
		if n := len(asked); asked[n-1].Sub(asked[n-2]) > 5*time.Minute || time.Since(asked[n-1]) > 3*time.Second || time.Since(asked[n-2]) < 3*time.Second {
			t.Errorf("tried %v and %v ago", time.Since(asked[n-1]), time.Since(asked[n-2]))
		}
	})
}

// Time in which nobody tries does not end a background fetch that is given what it needs at
// its next try, however long it was.
func TestTimeInWhichNobodyTries(t *testing.T) {
	quietly(t)
	for name, wait := range map[string]func(*world){
		"dead": func(w *world) {
			w.kill()
			time.Sleep(60 * day)
			w.start()
		},
		"paused": func(w *world) {
			w.engine.Pause("unique-f")
			time.Sleep(60 * day)
			w.resume("unique-f")
		},
		"offline": func(w *world) {
			w.network.SetOnline(false)
			time.Sleep(60 * day)
			w.network.SetOnline(true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.beginWithPatience(14 * time.Hour)
				server := w.halfway("f")
				server.answers(502)
				w.engine.Pause("unique-f")
				w.resume("unique-f")
				time.Sleep(10 * time.Hour)
				wait(w)
				time.Sleep(10 * time.Minute)
				if _, active := w.engine.Get("f"); !active {
					t.Fatal("it was given up by the first try")
				}
				server.answers(0)
				time.Sleep(10 * time.Minute)
				w.wantSuccess("f", server.file.Body)
			})
		})
	}
}

// TestPatienceOfRandomOutages: whatever happens to the network, the server and the worker,
// it arrives, with no byte asked for twice but what a death costs.
func TestPatienceOfRandomOutages(t *testing.T) {
	quietly(t)
	for seed := range uint64(12) {
		if !bgfetchtest.IsDrawn() {
			continue
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run(t, func(w *world) {
				w.beginWithPatience(bgfetch.DefaultRetryPolicy.GiveUpAfter)
				r := rand.New(rand.NewPCG(seed, 13))
				server := w.halfway("f")
				deaths := 0
				for range 30 {
					switch r.IntN(4) {
					case 0:
						server.answers(one(r, 408, 425, 429, 500, 502, 503))
					case 1:
						server.answers(503, bgfetch.Header{"Retry-After", fmt.Sprint(r.IntN(3600))})
					case 2:
						w.network.SetDown(true)
					case 3:
						w.network.SetOnline(false)
					}
					w.engine.Pause("unique-f")
					w.resume("unique-f")
					time.Sleep(time.Duration(r.IntN(int(4 * time.Hour))))
					if chance(r, 30) {
						w.kill()
						time.Sleep(time.Duration(r.IntN(int(2 * time.Hour))))
						w.start()
						deaths++
					}
					if chance(r, 30) {
						w.network.Change()
					}
					if chance(r, 50) { // a moment in which all is well
						server.answers(0)
						w.network.SetDown(false)
						w.network.SetOnline(true)
						w.network.Change()
						time.Sleep(time.Duration(r.IntN(int(300 * time.Millisecond))))
					}
				}
				server.answers(0)
				w.network.SetDown(false)
				w.network.SetOnline(true)
				time.Sleep(90 * time.Minute)
				w.wantSuccess("f", server.file.Body)
				w.wantResumed(server, deaths)
				w.wantNothingLeft()
			})
		})
	}
}

// The log tells the wait that is taken: after a cut with and without bytes, in the head and in
// the body, once and again.
func TestTheLogTellsTheWait(t *testing.T) {
	quietly(t)
	whole := resource{Body: randomBytes(4 * mib), ETag: `"v1"`, Rate: 16 * mib}
	for name, cut := range map[string]func(r *response, n int){
		"without a byte":      func(r *response, n int) { r.CutAtOnce = n <= 4 },
		"before the head":     func(r *response, n int) { r.Err = map[bool]error{true: io.ErrUnexpectedEOF}[n <= 4] },
		"first some, then no": func(r *response, n int) { r.Cut, r.CutAtOnce = map[bool]int{true: mib}[n == 1], n > 1 && n <= 4 },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := whole.Respond(init)
					cut(&r, n)
					return r
				})
				w.fetch("f", siteA)
				waits := 0
				for range 20 * 60 * 20 {
					time.Sleep(50 * time.Millisecond)
					s, err := w.engine.Snapshot("unique-f")
					if err != nil || s.State != bgfetch.ActivityWaitingRetry {
						continue
					}
					told, err := w.engine.Log(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					entries := told.Runs[len(told.Runs)-1].Entries
					last := entries[len(entries)-1]
					_, says, ok := strings.Cut(last.Detail, "next try in ")
					if !ok {
						continue
					}
					wait, err := time.ParseDuration(says)
					if err != nil {
						t.Fatal(err)
					}
					if takes := time.UnixMilli(s.RetryAt).Sub(time.UnixMilli(last.At)); (takes - wait).Abs() > 20*time.Millisecond {
						t.Errorf("%q, and the wait takes %v", last.Detail, takes)
					}
					waits++
				}
				if waits == 0 {
					t.Error("the log tells of no wait")
				}
				w.wantSuccess("f", whole.Body)
			})
		})
	}
}
