package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/pace"
)

// TestSoak carries out 100 background fetches (20 under the race detector) of 10 records each over a network
// that fails at random. Of all of them nothing may be left: no row, no body, no
// goroutine, no transfer.
func TestSoak(t *testing.T) { soak(t, pace.DefaultPolicy) }

// TestSoakWithSeveralRanges is the same with several requests for each record.
func TestSoakWithSeveralRanges(t *testing.T) {
	soak(t, pace.Policy{MinBody: 100_000, MinPart: 10_000, MinTime: time.Millisecond, Window: 100 * time.Millisecond, Gain: -1})
}

func soak(t *testing.T, ranges pace.Policy) {
	fetches := 100
	if bgfetchtest.UnderRaceDetector {
		fetches = 20
	}
	runRanges(t, ranges, func(w *world) {
		random := rand.New(&lockedSource{source: rand.NewPCG(8, 8)})
		body := randomBytes(600_000)
		answer := func(_ int, init bgfetch.TransferInit) response {
			r := bgfetchtest.Resource{Body: body, ETag: `"v1"`, Rate: mib}.Respond(init)
			switch n := len(r.Body); random.IntN(12) {
			case 0, 1:
				r.Cut = 1 + random.IntN(n)
			case 2:
				r.Stall = 1 + random.IntN(n)
			case 3:
				r.Err = fmt.Errorf("no response: %w", bgfetch.ErrNetwork)
			case 4:
				r.Head.Status, r.Body = 503, nil
				r.Head.Headers = append(r.Head.Headers, bgfetch.Header{"Retry-After", "2"})
			case 5:
				r.Head.Headers = []bgfetch.Header{{"ETag", fmt.Sprint(random.Int())}}
			case 6:
				r.Delay = time.Duration(random.IntN(90)) * time.Second
			}
			return r
		}
		urls := make([]string, 10)
		for i := range urls {
			urls[i] = fmt.Sprintf("https://host%d.test/%d", i%3, i)
			w.network.Handle(urls[i], answer)
		}
		w.fetch("warm", urls...)
		time.Sleep(time.Hour)
		w.result("warm")
		before := bgfetchtest.Goroutines()
		for i := range fetches {
			f := w.fetch(fmt.Sprint(i), urls...)
			time.Sleep(time.Duration(random.IntN(12)) * time.Second)
			switch random.IntN(8) {
			case 0:
				_, _ = w.engine.Abort(context.Background(), f.UniqueID, "")
			case 1:
				_, _ = w.engine.Pause(f.UniqueID)
				time.AfterFunc(time.Minute, func() { _ = w.engine.Resume(f.UniqueID) })
			case 2:
				w.network.SetOnline(false)
				time.Sleep(20 * time.Second)
				w.network.SetOnline(true)
			}
		}
		time.Sleep(24 * time.Hour)
		succeeded := 0
		for i := range fetches {
			id := fmt.Sprint(i)
			if w.result(id).Snapshot.Result == bgfetch.ResultSuccess {
				succeeded++
				bodies := make([][]byte, len(urls))
				for j := range bodies {
					bodies[j] = body
				}
				w.wantBodies(id, bodies...)
			}
		}
		t.Logf("%d of %d succeeded", succeeded, fetches)
		w.wantNothingLeft()
		if after := bgfetchtest.Goroutines(); after > before {
			t.Errorf("%d goroutines, %d at the start", after, before)
		}
		if open := w.network.Running(); open != 0 {
			t.Errorf("%d transfers are still open", open)
		}
	})
}

// lockedSource is for several goroutines.
type lockedSource struct {
	mu     sync.Mutex
	source rand.Source
}

func (l *lockedSource) Uint64() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source.Uint64()
}
