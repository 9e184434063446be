package engine_test

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/pace"
)

// What several ranges were found to do worse than one request.

// TestReplacedAndKilled: a file is replaced quietly while several ranges are under way, and the worker
// dies now and then. The new one is continued like any other.
func TestReplacedAndKilled(t *testing.T) {
	for name, policy := range map[string]pace.Policy{"one request": pace.OneRange, "several": pace.DefaultPolicy} {
		if bgfetchtest.UnderRaceDetector && name == "one request" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			file := ranged()
			file.Body, file.Type = randomBytes(200*mib), "cors"
			newer := file
			newer.Body = bytes.Clone(file.Body)
			for i := 0; i < len(newer.Body); i += 1000 {
				newer.Body[i] ^= 0x55
			}
			run(t, func(w *world) {
				w.kill()
				w.options.Ranges = policy
				w.start()
				begun := time.Now()
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
					if time.Since(begun) > 10*time.Second {
						return newer.Respond(init)
					}
					return file.Respond(init)
				})
				w.fetch("f", siteA)
				settled := w.settled("f")
				for range 30 {
					if waitFor(20*time.Second, settled); settled() {
						break
					}
					w.kill()
					w.start()
				}
				w.wantSuccess("f", newer.Body)
				// Where two ranges meet it shows, which may be as late as at the end.
				if taken, took := w.network.Taken(), time.Since(begun); taken > 420*mib || took > 3*time.Minute {
					t.Errorf("%d MiB came in %v", taken/mib, took)
				}
			})
		})
	}
}

// TestLateAnswer: a range is answered late, as by a cache that has to fetch all before it. The first
// response does not wait for it.
func TestLateAnswer(t *testing.T) {
	for _, delay := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 50 * time.Second} {
		t.Run(delay.String(), func(t *testing.T) {
			file := ranged()
			file.Body = randomBytes(20 * mib)
			run(t, func(w *world) {
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					if init.RangeStart > 0 {
						r.Delay = delay
					}
					return r
				})
				w.fetch("f", siteA)
				took := waitFor(5*time.Minute, w.settled("f"))
				w.wantSuccess("f", file.Body)
				if took > 11*time.Second {
					t.Errorf("it took %v with requests from %v; one takes 10 s", took, w.ranges())
				}
			})
		})
	}
}

// TestRetryAfterOfAdditional: a server allows one connection. When that breaks, it is asked again when it
// said so to a second one, or after a minute.
func TestRetryAfterOfAdditional(t *testing.T) {
	for seconds, longest := range map[string]time.Duration{"2": 36 * time.Second, "50": 85 * time.Second, "3600": 100 * time.Second} {
		t.Run(seconds, func(t *testing.T) { testRetryAfterOfAdditional(t, seconds, longest) })
	}
}

func testRetryAfterOfAdditional(t *testing.T, seconds string, longest time.Duration) {
	file := ranged()
	run(t, func(w *world) {
		var refused []time.Time
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			switch {
			case n == 1:
				r.Cut = 30 * mib
			case w.network.Running() > 1:
				refused = append(refused, time.Now())
				return response{Head: bgfetch.Head{Type: "basic", Status: 429, Headers: []bgfetch.Header{{"Retry-After", seconds}}}}
			}
			if wait, _ := strconv.Atoi(seconds); len(refused) > 0 && time.Since(refused[len(refused)-1]) < min(time.Minute, time.Duration(wait)*time.Second) {
				t.Errorf("asked again %v after it was refused", time.Since(refused[len(refused)-1]))
			}
			return r
		})
		w.fetch("f", siteA)
		took := waitFor(3*time.Hour, w.settled("f"))
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); len(refused) == 0 || took > longest || n > 5 {
			t.Errorf("it took %v and %d requests, of which %d were refused; one takes 32 s", took, n, len(refused))
		}
	})
}

// TestAdditionalBreaks: each additional range breaks after a few bytes. That ends soon.
func TestAdditionalBreaks(t *testing.T) {
	cuts := []int{1, 4 << 10, 100 << 10}
	if bgfetchtest.UnderRaceDetector {
		cuts = cuts[:1]
	}
	for _, cut := range cuts {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			file := ranged()
			file.Body = randomBytes(256 * mib)
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					if n > 1 && w.network.Running() > 1 {
						r.Cut = cut
					}
					return r
				})
				w.fetch("f", siteA)
				time.Sleep(time.Minute)
				if n := len(w.network.Requests()); n > 40 {
					t.Errorf("%d requests in a minute", n)
				}
				waitFor(10*time.Minute, w.settled("f"))
				w.wantSuccess("f", file.Body)
			})
		})
	}
}

// TestOlderEnds: a server allows one connection, and ends the one before for a new one. That costs
// little.
func TestOlderEnds(t *testing.T) {
	file := ranged()
	run(t, func(w *world) {
		var mu sync.Mutex
		var last chan struct{}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			mu.Lock()
			defer mu.Unlock()
			if last != nil {
				close(last)
			}
			last = make(chan struct{})
			r := file.Respond(init)
			r.Broken, r.Delay = last, 300*time.Millisecond
			return r
		})
		w.fetch("f", siteA)
		took := waitFor(3*time.Minute, w.settled("f"))
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); took > 36*time.Second || n > 20 {
			t.Errorf("it took %v and %d requests; one takes 32 s", took, n)
		}
	})
}
