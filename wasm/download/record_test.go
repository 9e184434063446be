package download_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/download"
	"background-fetch-wasm/wasm/pace"
)

const (
	file = "https://site.test/file"
	mib  = 1 << 20
)

// engine is what a download reaches of one.
type engine struct {
	mu    sync.Mutex
	state bgfetch.RecordState
	// commits counts those, full is the one from which on there is no room; 0 for none.
	commits, full int
	// left is how much the background fetch may download.
	left int64
	// online, givenUp and rate are what it says.
	online, givenUp bool
	rate            int64
	charged         int64
	stop            func()
	interrupted     bool
	releases        int
}

func (e *engine) State() bgfetch.RecordState {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state
}

func (e *engine) Commit(next bgfetch.RecordState, added ...bgfetch.Segment) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.commits++; e.commits == e.full {
		return bgfetch.ErrQuota
	}
	for _, segment := range added {
		e.left -= segment.Length
	}
	e.state = next
	return nil
}

func (e *engine) Publish(next bgfetch.RecordState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state = next
}

func (e *engine) Drop(next bgfetch.RecordState, _ []bgfetch.Segment) error {
	e.Publish(next)
	return nil
}

func (e *engine) Left() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.left
}

func (e *engine) Interruptible(stop func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stop = stop
}

func (e *engine) Interrupted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.interrupted
}

// interrupt breaks the attempt off, as a pause does.
func (e *engine) interrupt() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.interrupted = true
	e.stop()
}

func (e *engine) Charge(bytes int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.charged += bytes
}

func (e *engine) Leave(next bgfetch.RecordState) error { return e.Commit(next) }
func (e *engine) MakeRoom(int64) bool                  { return false }
func (e *engine) Release()                             { e.releases++ }
func (e *engine) Note(bgfetch.LogEntry)                {}
func (e *engine) Complain(string, error)               {}
func (e *engine) Another() bool                        { return false }
func (e *engine) Return()                              {}
func (e *engine) Wanted() bool                         { return false }
func (e *engine) Rate() int64                          { return e.rate }
func (e *engine) PerRequest() int64                    { return e.rate }
func (e *engine) MayRead() time.Duration               { return 0 }
func (e *engine) MayAsk() bool                         { return e.online }
func (e *engine) FailedOffline() bool                  { return !e.online }
func (e *engine) Answered(int)                         {}
func (e *engine) HasAnswered() bool                    { return false }
func (e *engine) GivenUp() bool                        { return e.givenUp }
func (e *engine) PriorityHint() bgfetch.FetchPriority  { return "" }

// world has one record, a server with a file, and the engine's side.
type world struct {
	*engine
	network *bgfetchtest.Network
	bodies  *bgfetchtest.MemoryBodies
	record  *download.Record
	work    sync.WaitGroup
}

func run(t *testing.T, server func(n int, init bgfetch.TransferInit) bgfetchtest.Response, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		bodies := bgfetchtest.NewMemoryBodies()
		w := &world{
			engine: &engine{online: true, left: math.MaxInt64}, network: bgfetchtest.NewNetwork(bodies), bodies: bodies,
		}
		w.state.Response.Length = -1
		_ = bodies.Create(context.Background(), "u")
		w.network.Handle(file, server)
		request := bgfetch.Request{URL: file, Method: "GET"}
		check, _ := digest.ParseCheck(request)
		w.record = download.New(download.Record{
			Place: bgfetch.Place{UniqueID: "u"}, Request: request, Check: check, Retry: bgfetch.DefaultRetryPolicy,
		}, &download.Config{
			Network: w.network, Bodies: bodies, Origin: "https://site.test", Pace: pace.OneRange,
			Segments:   bgfetch.SaveLimits{MinLength: mib / 4, MaxLength: mib, MinTime: time.Millisecond, MaxTime: time.Second},
			MaxPerHost: 5, Framing: bgfetch.Framing{ContentLength: true, KeptAlive: true, Chunked: true}, Go: w.goWork,
		}, w.engine)
		test(w)
		w.work.Wait()
	})
}

func (w *world) goWork(f func()) {
	w.work.Add(1)
	go func() {
		defer w.work.Done()
		f()
	}()
}

func (w *world) complete() download.Verdict {
	return w.record.Complete(context.Background(), context.Background())
}

// stored is the body as far as it is stored in order.
func (w *world) stored(t *testing.T) []byte {
	t.Helper()
	var body bytes.Buffer
	for _, segment := range w.State().Response.Segments {
		if segment.Offset != int64(body.Len()) {
			t.Fatalf("a gap at byte %d", body.Len())
		}
		if err := w.bodies.Read(context.Background(), "u", segment.Key(0, w.State().Response.Generation), &body); err != nil {
			t.Fatal(err)
		}
	}
	return body.Bytes()
}

func body() []byte {
	b := make([]byte, 4*mib)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}

var whole = bgfetchtest.Resource{Body: body(), ETag: `"1"`, Rate: mib}

func TestSuccess(t *testing.T) {
	run(t, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return whole.Respond(init) }, func(w *world) {
		v := w.complete()
		if v.Settled != bgfetch.ResponseSuccess || !bytes.Equal(w.stored(t), whole.Body) {
			t.Errorf("%+v, %d bytes", v, len(w.stored(t)))
		}
		if w.charged != int64(len(whole.Body)) || w.releases != 1 {
			t.Errorf("%d bytes were charged, the place was released %d times", w.charged, w.releases)
		}
	})
}

// What breaks off goes on at its byte, in the next attempt.
func TestGoesOn(t *testing.T) {
	run(t, func(n int, init bgfetch.TransferInit) bgfetchtest.Response {
		r := whole.Respond(init)
		if n == 1 {
			r.Cut = 3*mib/2 + 1
		}
		return r
	}, func(w *world) {
		first := w.complete()
		if first.Settled != bgfetch.ResponseNone || first.Wait <= 0 {
			t.Fatalf("after a cut: %+v", first)
		}
		at := int64(len(w.stored(t)))
		if v := w.complete(); v.Settled != bgfetch.ResponseSuccess || !bytes.Equal(w.stored(t), whole.Body) {
			t.Errorf("%+v", v)
		}
		requests := w.network.Requests()
		if len(requests) != 2 || requests[1].RangeStart != at || at != 3*mib/2+1 {
			t.Errorf("%d bytes were stored, then %+v", at, requests[1:])
		}
	})
}

// A verdict says why nothing was asked for, or why it ends.
func TestVerdicts(t *testing.T) {
	status := func(status int) func(int, bgfetch.TransferInit) bgfetchtest.Response {
		return func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Head: bgfetch.Head{URL: file, Type: "basic", Status: status}}
		}
	}
	for name, test := range map[string]struct {
		server   func(int, bgfetch.TransferInit) bgfetchtest.Response
		set      func(*engine)
		settled  bgfetch.ResponseResult
		online   bool
		requests int
	}{
		"offline":       {server: status(200), set: func(e *engine) { e.online = false }, online: true},
		"given up":      {server: status(200), set: func(e *engine) { e.givenUp = true }, settled: "fetch-error"},
		"400":           {server: status(400), settled: "bad-status", requests: 1},
		"no room":       {set: func(e *engine) { e.full = 2 }, settled: "quota-exceeded", requests: 1},
		"more than may": {set: func(e *engine) { e.left = 2 * mib }, settled: "download-total-exceeded", requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := test.server
			if server == nil {
				server = func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return whole.Respond(init) }
			}
			run(t, server, func(w *world) {
				if test.set != nil {
					test.set(w.engine)
				}
				v := w.complete()
				if v.Settled != test.settled || v.Online != test.online || v.Why == "" {
					t.Errorf("%+v", v)
				}
				if n := len(w.network.Requests()); n != test.requests {
					t.Errorf("%d requests, want %d", n, test.requests)
				}
			})
		})
	}
}

// A pause keeps what was read, and is no failure.
func TestInterrupt(t *testing.T) {
	run(t, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return whole.Respond(init) }, func(w *world) {
		time.AfterFunc(1500*time.Millisecond, w.interrupt)
		v := w.complete()
		if v.Settled != bgfetch.ResponseNone || v.Wait != 0 || v.Online || v.Unreachable {
			t.Errorf("%+v", v)
		}
		if n := len(w.stored(t)); n < mib || n > 2*mib || !bytes.Equal(w.stored(t), whole.Body[:n]) {
			t.Errorf("%d bytes are stored", n)
		}
	})
}

// A reader's offset goes first; what was left out comes afterwards.
func TestSeekTo(t *testing.T) {
	run(t, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return whole.Respond(init) }, func(w *world) {
		time.AfterFunc(500*time.Millisecond, func() { w.record.SeekTo(3 * mib) })
		for range 5 {
			if w.complete().Settled == bgfetch.ResponseSuccess {
				break
			}
		}
		if !bytes.Equal(w.stored(t), whole.Body) {
			t.Error("the body is another one")
		}
		sought := func(init bgfetch.TransferInit) bool { return init.RangeStart == 3*mib }
		if !slices.ContainsFunc(w.network.Requests(), sought) {
			t.Errorf("nobody went to where the reader waits: %+v", w.network.Requests())
		}
	})
}

// A network that says nothing is asked about: an address that answers is tried again, one that
// does not is left to the scheduler.
func TestUnreachable(t *testing.T) {
	run(t, func(int, bgfetch.TransferInit) bgfetchtest.Response {
		return bgfetchtest.Response{Err: errors.Join(bgfetch.ErrNetwork)}
	}, func(w *world) {
		if v := w.complete(); v.Unreachable || v.Wait <= 0 {
			t.Errorf("of a server that answers: %+v", v)
		}
		w.network.SetDown(true)
		if v := w.complete(); !v.Unreachable {
			t.Errorf("of one that does not: %+v", v)
		}
	})
}
