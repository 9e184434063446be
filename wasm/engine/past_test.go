package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// TestRepeatedCallIsAnswered: a call that is made again is answered by what became of the
// first, however that ended and whichever engine is asked, and nothing is sent for it.
func TestRepeatedCallIsAnswered(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		result bgfetch.Result
		reason bgfetch.FailureReason
		change func(*bgfetch.FetchInit)
		status int
		before func(*world) // before it ends
		after  func(*world)
	}{
		"succeeded": {result: bgfetch.ResultSuccess},
		"failed":    {result: bgfetch.ResultFailure, reason: bgfetch.ReasonBadStatus, status: 404},
		"aborted": {result: bgfetch.ResultFailure, reason: bgfetch.ReasonAborted, before: func(w *world) {
			if aborted, err := w.engine.Abort(ctx, "unique-up", "call"); !aborted || err != nil {
				w.t.Errorf("Abort: %v, %v", aborted, err)
			}
		}},
		"kept, and deleted": {
			result: bgfetch.ResultSuccess,
			change: func(init *bgfetch.FetchInit) { init.Keep = true },
			after: func(w *world) {
				if n, err := w.engine.DeleteKept(ctx, bgfetch.KeptQuery{}); n != 1 || err != nil {
					w.t.Errorf("DeleteKept: %d, %v", n, err)
				}
			},
		},
		"one of many": {result: bgfetch.ResultSuccess, after: func(w *world) {
			w.serve(siteB, 1)
			for i := range 3 * bgfetch.MaxHistory {
				init := fetchInit(fmt.Sprint(i), siteB)
				if _, err := w.engine.Fetch(ctx, init); err != nil {
					w.t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
					file := bgfetchtest.Resource{Body: randomBytes(1000)}
					response := file.Respond(init)
					response.Delay = 5 * time.Second
					if c.status != 0 {
						response.Head.Status = c.status
					}
					return response
				})
				init := fetchInit("up", siteA)
				if c.change == nil {
					w.bodies.Upload("h", randomBytes(5000))
					init.Requests[0].Method, init.Requests[0].Body = "POST", &bgfetch.RequestBody{Handle: "h"}
				} else {
					c.change(&init)
				}
				if _, err := w.engine.Fetch(ctx, init); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if c.before != nil {
					c.before(w)
				}
				time.Sleep(time.Minute)
				if c.after != nil {
					c.after(w)
				}
				sent, events := len(w.network.Requests()), len(w.events.Dispatched())
				repeat := func(where string) {
					t.Helper()
					snapshot, err := w.engine.Fetch(ctx, init)
					if err != nil || snapshot.Result != c.result || snapshot.FailureReason != c.reason || snapshot.ID != "up" {
						t.Errorf("in %s: %+v, %v", where, snapshot, err)
					}
					if snapshot.RecordsAvailable {
						t.Errorf("in %s its records are there", where)
					}
					other := fetchInit("other", siteA)
					other.UniqueID = init.UniqueID
					if _, err := w.engine.Fetch(ctx, other); err == nil {
						t.Errorf("in %s the unique id makes another one", where)
					}
					if c.reason == bgfetch.ReasonAborted {
						for call, want := range map[string]bool{"call": true, "another": false, "": false} {
							if aborted, err := w.engine.Abort(ctx, init.UniqueID, call); aborted != want || err != nil {
								t.Errorf("in %s the call %q aborted it: %v, %v", where, call, aborted, err)
							}
						}
					}
					time.Sleep(time.Minute)
					if s, e := len(w.network.Requests()), len(w.events.Dispatched()); s != sent || e != events {
						t.Errorf("in %s: %d requests more and %d events more", where, s-sent, e-events)
					}
				}
				repeat("the same engine")
				if name == "one of many" {
					return // the history has no more than so many
				}
				w.kill()
				w.start()
				repeat("the next engine")
				for _, ended := range w.history() {
					if ended.AbortedBy != "" {
						t.Errorf("the history tells the name of a call: %+v", ended)
					}
				}
			})
		})
	}
}

// TestRepeatedRetryIsAnswered: the same for one that was made again from the history.
func TestRepeatedRetryIsAnswered(t *testing.T) {
	run(t, func(w *world) {
		ctx := context.Background()
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Head: bgfetch.Head{Status: 404, Type: "basic", URL: init.Request.URL}}
		})
		w.fetch("film", siteA)
		time.Sleep(time.Minute)
		number := w.history()[0].Number
		for _, engine := range []string{"first", "same", "next"} {
			if engine == "next" {
				w.kill()
				w.start()
			}
			snapshot, err := w.engine.Retry(ctx, number, "second")
			if err != nil || snapshot.UniqueID != "second" {
				t.Errorf("%s: %+v, %v", engine, snapshot, err)
			}
			time.Sleep(time.Minute)
			if n := len(w.network.Requests()); n != 2 {
				t.Errorf("%s: %d requests", engine, n)
			}
		}
	})
}
