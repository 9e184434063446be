package engine_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/pace"
)

// early is a policy of several ranges for small bodies.
var early = pace.Policy{MinBody: mib, MinPart: 64 << 10, MinTime: 500 * time.Millisecond, PartTime: 4 * time.Second, Unproved: mib, Window: 300 * time.Millisecond, Gain: 0.4, Again: 30 * time.Second}

// runRanges is run with a policy of several ranges.
func runRanges(t *testing.T, policy pace.Policy, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Ranges = policy
		w.start()
		test(w)
		w.kill()
	})
}

// waitFor lets time pass until done, at most for limit, and returns how much.
func waitFor(limit time.Duration, done func() bool) time.Duration {
	begun := time.Now()
	for !done() && time.Since(begun) < limit {
		time.Sleep(50 * time.Millisecond)
	}
	synctest.Wait() // the listeners of the event, too
	return time.Since(begun)
}

func (w *world) settled(id string) func() bool {
	return func() bool {
		return slices.ContainsFunc(w.events.Dispatched(), func(d bgfetchtest.Dispatched) bool { return d.Snapshot.ID == id })
	}
}

// countPuts counts: put returns the number of segment bytes that the bodies were given since.
func (w *world) countPuts() (put func() int64) {
	var mu sync.Mutex
	var total int64
	w.bodies.OnPutSegment = func(length int) {
		mu.Lock()
		defer mu.Unlock()
		total += int64(length)
	}
	return func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return total
	}
}

// TestOneRange: all these are fetched with one request.
func TestOneRange(t *testing.T) {
	for name, change := range map[string]func(*resource){
		"small":              func(r *resource) { r.Body = r.Body[:15*mib] },
		"fast":               func(r *resource) { r.Rate = 24 * mib },
		"no validator":       func(r *resource) { r.ETag, r.LastModified = "", "" },
		"only a weak ETag":   func(r *resource) { r.ETag, r.LastModified = `W/"v1"`, "" },
		"Accept-Ranges none": func(r *resource) { r.Headers = []bgfetch.Header{{"Accept-Ranges", "none"}} },
		"a content coding":   func(r *resource) { r.Headers = []bgfetch.Header{{"Content-Encoding", "gzip"}} },
		"cross-origin without Last-Modified": func(r *resource) {
			r.Type, r.LastModified = "cors", ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				body := w.serve(siteA, 24*mib, perConnection(mib), change)
				w.fetch("f", siteA)
				waitFor(time.Minute, w.settled("f"))
				w.wantSuccess("f", body)
				if n := len(w.network.Requests()); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestRangeFaults: what becomes of a record when an additional request goes wrong.
// A single connection would take 32 s.
func TestRangeFaults(t *testing.T) {
	const size = 32 * mib
	file := resource{Body: randomBytes(size), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: mib}
	newer := resource{Body: randomBytes(size + 7), ETag: `"v2"`, LastModified: "Tue, 03 Jan 2023 03:04:05 GMT", Rate: mib}
	cors := file
	cors.Type = "cors"
	status := func(s int, headers ...bgfetch.Header) response {
		return response{Head: bgfetch.Head{Type: "basic", Status: s, Headers: headers}, Body: []byte("sorry")}
	}
	well := func(_ int, init bgfetch.TransferInit) response { return file.Respond(init) }
	once := early
	once.Again = time.Minute // longer than a record takes: what was refused is not asked for again near its end
	for _, test := range []struct {
		name     string
		server   func(n int, init bgfetch.TransferInit) response
		body     []byte // file.Body if nil
		requests int    // at most, 0: as many as you like
		within   time.Duration
	}{
		{name: "none", server: well, within: 14 * time.Second},
		{name: "cross-origin", server: func(_ int, init bgfetch.TransferInit) response { return cors.Respond(init) }, requests: 30, within: 14 * time.Second}, // few for its seams: how many depends on which part is faster
		{name: "a 200 with everything", server: func(_ int, init bgfetch.TransferInit) response {
			return file.Respond(bgfetch.TransferInit{Request: init.Request})
		}, requests: 2, within: 33 * time.Second},
		{name: "404", server: func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return status(404)
			}
			return file.Respond(init)
		}, requests: 2, within: 33 * time.Second},
		{name: "503", server: func(n int, init bgfetch.TransferInit) response {
			if n > 2 {
				return status(503)
			}
			return file.Respond(init)
		}, requests: 4, within: 33 * time.Second},
		{name: "429 with Retry-After", server: func(n int, init bgfetch.TransferInit) response {
			if n == 2 {
				return status(429, bgfetch.Header{"Retry-After", "10"})
			}
			return file.Respond(init)
		}, requests: 2, within: 33 * time.Second},
		{name: "it is replaced, and the first response goes on", server: func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return newer.Respond(init)
			}
			return file.Respond(init)
		}, requests: 2, within: 33 * time.Second},
		{name: "it is replaced when there are several", server: func(n int, init bgfetch.TransferInit) response {
			if n > 3 {
				return newer.Respond(init)
			}
			return file.Respond(init)
		}, requests: 5, within: 33 * time.Second},
		{name: "it is replaced, and those that go on break", server: func(n int, init bgfetch.TransferInit) response {
			if n > 3 {
				return newer.Respond(init)
			}
			r := file.Respond(init)
			r.Cut = 4 * mib
			return r
		}, body: newer.Body, within: 60 * time.Second},
		{name: "the first breaks", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Cut = 3 * mib
			}
			return r
		}, within: 16 * time.Second},
		{name: "each breaks once", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n <= 6 {
				r.Cut = 2*mib + n
			}
			return r
		}, within: 30 * time.Second},
		{name: "no additional request is answered", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n > 1 {
				r.Err = fmt.Errorf("refused: %w", bgfetch.ErrNetwork)
			}
			return r
		}, requests: 10, within: 33 * time.Second},
		{name: "one additional request stalls", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 3 {
				r.Stall = mib
			}
			return r
		}, within: 60 * time.Second},
		{name: "less than asked for", server: func(n int, init bgfetch.TransferInit) response {
			if n == 2 {
				init.RangeEnd = init.RangeStart + 3*mib
			}
			return file.Respond(init)
		}, within: 20 * time.Second},
		{name: "cross-origin, less than asked for", server: func(n int, init bgfetch.TransferInit) response {
			if n == 2 {
				init.RangeEnd = init.RangeStart + 3*mib
			}
			return cors.Respond(init)
		}, within: 20 * time.Second},
		{name: "cross-origin, an invisible content coding", server: func(_ int, init bgfetch.TransferInit) response {
			r := cors.Respond(init)
			if init.RangeStart == 0 {
				r.Head = set(r.Head, "Content-Length", fmt.Sprint(size-3*mib))
			}
			return r
		}, within: 33 * time.Second},
	} {
		if !bgfetchtest.IsDrawn() {
			continue
		}
		body := test.body
		if body == nil {
			body = file.Body
		}
		for name, integrity := range map[string]string{"": "", ", with integrity": sri256(body)} {
			t.Run(test.name+name, func(t *testing.T) {
				runRanges(t, once, func(w *world) {
					w.network.Handle(siteA, test.server)
					w.fetchChecked("f", siteA, integrity)
					took := waitFor(2*time.Minute, w.settled("f"))
					w.wantSuccess("f", body)
					if took > test.within {
						t.Errorf("it took %v, want at most %v", took, test.within)
					}
					if n := len(w.network.Requests()); test.requests > 0 && n > test.requests {
						t.Errorf("%d requests, want at most %d: from %d", n, test.requests, w.ranges())
					}
					if peak := w.network.Peak(""); peak > engine.DefaultOptions.MaxPerHost {
						t.Errorf("%d requests at once", peak)
					}
					time.Sleep(time.Minute)
					w.wantNothingLeft()
				})
			})
		}
	}
}

// TestQueuedRecordsComeFirst: additional requests give their places to records.
func TestQueuedRecordsComeFirst(t *testing.T) {
	run(t, func(w *world) {
		large := w.serve(siteA, 128*mib, perConnection(mib))
		w.fetch("large", siteA)
		waitFor(time.Minute, func() bool { return w.network.Peak("") == engine.DefaultOptions.MaxPerHost })
		var urls []string
		var bodies [][]byte
		for i := range 12 {
			urls = append(urls, fmt.Sprint("https://site.test/small", i))
			bodies = append(bodies, w.serve(urls[i], mib, perConnection(mib)))
		}
		w.fetch("small", urls...)
		took := waitFor(time.Minute, w.settled("small"))
		w.wantSuccess("small", bodies...)
		// Four at a time, three seconds, and a little until they have their places.
		if took > 6*time.Second {
			t.Errorf("the small ones took %v", took)
		}
		waitFor(2*time.Minute, w.settled("large"))
		w.wantSuccess("large", large)
		if peak := w.network.Peak("site.test"); peak > engine.DefaultOptions.MaxPerHost {
			t.Errorf("%d requests at once", peak)
		}
	})
}

// TestRangesAfterARestart: what several requests left is continued by several.
func TestRangesAfterARestart(t *testing.T) {
	run(t, func(w *world) {
		put := w.countPuts()
		body := w.serve(siteA, 64*mib, perConnection(mib))
		w.fetch("f", siteA)
		for range 3 {
			time.Sleep(4 * time.Second)
			w.kill()
			w.start()
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
		// A life costs each request what it had not stored.
		if waste := put() - 64*mib; waste > 3*5*mib {
			t.Errorf("%d bytes were stored twice", waste)
		}
	})
}

func TestPause(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 64*mib, perConnection(mib))
		snapshot := w.fetch("f", siteA)
		time.Sleep(5 * time.Second)
		if _, err := w.engine.Pause(snapshot.UniqueID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		before := w.network.Requests()
		time.Sleep(time.Minute)
		if now := w.network.Requests(); len(now) != len(before) || len(before) < 3 {
			t.Errorf("%d requests before, %d in all", len(before), len(now))
		}
		if err := w.engine.Resume(snapshot.UniqueID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

// TestCrashWithSeveralRanges is TestCrashAtEveryWrite for a record of several ranges.
func TestCrashWithSeveralRanges(t *testing.T) {
	policy := early
	policy.Window, policy.MinTime, policy.Unproved = 100*time.Millisecond, 200*time.Millisecond, 400<<10
	policy.Gain = -1 // whatever is measured
	start := func(w *world) [][]byte {
		body := w.serve(siteA, 3*mib, perConnection(mib))
		_, _ = w.engine.Fetch(context.Background(), fetchInit("crash", siteA))
		return [][]byte{body}
	}
	writes := 0
	runRanges(t, policy, func(w *world) {
		start(w)
		time.Sleep(time.Minute)
		writes = w.store.Writes()
		if peak := w.network.Peak(""); peak < 2 {
			t.Errorf("only %d requests at once", peak)
		}
	})
	atEveryWrite(t, writes, func(t *testing.T, doom func(*world)) {
		runRanges(t, policy, func(w *world) {
			doom(w)
			bodies := start(w)
			time.Sleep(time.Minute)
			w.kill()
			w.start()
			time.Sleep(time.Minute)
			synctest.Wait()
			w.wantRight("crash", bodies)
		})
	})
}
