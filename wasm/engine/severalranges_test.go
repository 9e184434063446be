package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/pace"
)

func TestSeveralRanges(t *testing.T) {
	const size, rate = 96 * mib, 2 * mib
	whole := time.Duration(size/rate) * time.Second
	run(t, func(w *world) {
		put := w.countPuts()
		body := w.serve(siteA, size, perConnection(rate))
		w.fetch("f", siteA)
		took := waitFor(whole, w.settled("f"))
		w.wantSuccess("f", body)
		if took > whole/3 {
			t.Errorf("it took %v; one connection takes %v", took, whole)
		}
		if peak := w.network.Peak("site.test"); peak != engine.DefaultOptions.MaxPerHost {
			t.Errorf("%d requests at once, want %d", peak, engine.DefaultOptions.MaxPerHost)
		}
		if put() != size {
			t.Errorf("%d bytes were stored of a body of %d", put(), size)
		}
		t.Logf("%v instead of %v with %d requests", took, whole, len(w.network.Requests()))
	})
}

// TestSeveralRangesAtEachRate: a faster connection brings in less time what may be asked for before it
// has proved to be a gain. That time must be enough to measure it.
func TestSeveralRangesAtEachRate(t *testing.T) {
	for _, test := range []struct{ size, rate int }{{32, 1}, {32, 4}, {32, 6}, {64, 4}, {64, 6}, {64, 8}, {256, 8}, {256, 16}} {
		t.Run(fmt.Sprintf("%d MiB at %d MiB per second", test.size, test.rate), func(t *testing.T) {
			whole := time.Duration(test.size) * time.Second / time.Duration(test.rate)
			run(t, func(w *world) {
				body := w.serve(siteA, test.size*mib, perConnection(test.rate*mib))
				w.fetch("f", siteA)
				took := waitFor(2*whole, w.settled("f"))
				w.wantSuccess("f", body)
				if factor := whole.Seconds() / took.Seconds(); factor < 2.2 {
					t.Errorf("%.2f times as fast as one connection, with %d requests", factor, len(w.network.Requests()))
				}
			})
		})
	}
}

// TestSeveralRangesOverHTTP2: all share one connection, so there are fewer.
func TestSeveralRangesOverHTTP2(t *testing.T) {
	file := resource{Body: randomBytes(64 * mib), ETag: `"v1"`, Rate: 2 * mib}
	run(t, func(w *world) {
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Sent = &bgfetch.Sent{EncodedLength: -1, Protocol: "h2"}
			return r
		})
		w.fetch("f", siteA)
		took := waitFor(time.Minute, w.settled("f"))
		w.wantSuccess("f", file.Body)
		if peak := w.network.Peak(""); peak != pace.DefaultPolicy.Multiplexed || took > 16*time.Second {
			t.Errorf("%d requests at once, and it took %v; one takes 32 s", peak, took)
		}
	})
}

// TestSeveralRangesOfASlowReader: that the browser has read ahead looks like a gain, and is none.
func TestSeveralRangesOfASlowReader(t *testing.T) {
	const size = 64 * mib
	file := resource{Body: randomBytes(size), ETag: `"v1"`, Rate: 2 * mib}
	run(t, func(w *world) {
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Sent = &bgfetch.Sent{EncodedLength: -1, Duration: 10}
			return r
		})
		w.fetch("f", siteA)
		waitFor(time.Minute, w.settled("f"))
		w.wantSuccess("f", file.Body)
		starts := w.ranges()
		if peak := w.network.Peak(""); peak != 2 || size-slices.Min(starts[1:]) > size/50 {
			t.Errorf("%d requests at once, which begin at %d", peak, starts)
		}
	})
}

// TestSeveralRangesRefusedAtOnce: a link has expired for all that are begun together, and the first
// response goes on over what they were to bring.
func TestSeveralRangesRefusedAtOnce(t *testing.T) {
	for allowed := range 3 { // with 2, two are refused at once
		file := resource{Body: randomBytes(64 * mib), ETag: `"v1"`, Rate: 2 * mib}
		run(t, func(w *world) {
			w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
				if n > 1+allowed {
					return response{Head: bgfetch.Head{Type: "basic", Status: 403}}
				}
				return file.Respond(init)
			})
			w.fetch("f", siteA)
			waitFor(2*time.Minute, w.settled("f"))
			w.wantSuccess("f", file.Body)
		})
	}
}

// TestSeveralRangesDoNotHelp: where all connections share one way, two show it, and that
// by few bytes.
func TestSeveralRangesDoNotHelp(t *testing.T) {
	const size = 64 * mib
	run(t, func(w *world) {
		body := w.serve(siteA, size, func(r *resource) { r.Rate, r.Link = 100*mib, &bgfetchtest.Link{Rate: 2 * mib} })
		w.fetch("f", siteA)
		waitFor(time.Minute, w.settled("f"))
		w.wantSuccess("f", body)
		if n, peak := len(w.network.Requests()), w.network.Peak(""); n < 2 || n > 3 || peak > 2 {
			t.Errorf("%d requests, %d at once, want 2 or 3", n, peak)
		}
		if starts := w.ranges(); size-slices.Min(starts[1:]) > size/50 {
			t.Errorf("the additional requests begin at %d", starts[1:])
		}
	})
}
