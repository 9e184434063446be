package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/pace"
)

// TestSoak carries out 100 background fetches (20 under the race detector) of 10 records each over a network
// that fails at random, with tokens that expire, deploys, records that are gone and leave remains for the
// next ones, and some that are kept, until they expire or others need their room; some are of a group that
// is paused, changed or aborted, and of some the site sets another request. Of all of them nothing may be
// left: no row, no body, no goroutine, no transfer.
func TestSoak(t *testing.T) { soak(t, pace.DefaultPolicy) }

// TestSoakWithSeveralRanges is the same with several requests for each record.
func TestSoakWithSeveralRanges(t *testing.T) {
	soak(t, pace.Policy{MinBody: 100_000, MinPart: 10_000, MinTime: time.Millisecond, PartTime: time.Second, Unproved: 50_000, Window: 100 * time.Millisecond, Gain: -1})
}

func soak(t *testing.T, ranges pace.Policy) {
	fetches := 100
	if bgfetchtest.UnderRaceDetector {
		fetches = 20
	}
	runRanges(t, ranges, func(w *world) {
		w.options.KeepMax = bytesAtMost(7_000_000)
		var begun atomic.Int64 // with remains
		w.options.OnLog = func(e bgfetch.LogEntry) {
			if e.Event == bgfetch.LogRemains && strings.HasPrefix(e.Detail, "it starts") {
				begun.Add(1)
			}
		}
		w.kill()
		w.start()
		server := &soakServer{random: rand.New(&lockedSource{source: rand.NewPCG(8, 8)}), body: randomBytes(600_000)}
		w.events.SetOnRefresh(server.refresh)
		urls := make([]string, 10)
		bodies := make([][]byte, len(urls))
		for i := range urls {
			urls[i] = fmt.Sprintf("https://host%d.test/%d", i%3, i)
			bodies[i] = server.body
			w.network.Handle(urls[i], server.answer)
		}
		w.fetch("warm", urls...)
		time.Sleep(time.Hour)
		w.result("warm")
		before := bgfetchtest.Goroutines()
		for i := range fetches {
			w.soakOne(server, fmt.Sprint(i), urls)
		}
		server.calm.Store(true)
		time.Sleep(10 * day)
		for _, batch := range []string{"kept", "later"} { // of which the bound allows one
			init := fetchInit(batch)
			init.Keep = true
			for i := range urls {
				url := fmt.Sprintf("https://host%d.test/%s/%d", i%3, batch, i)
				w.network.Handle(url, func(_ int, init bgfetch.TransferInit) response {
					return resource{Body: server.body, Rate: mib}.Respond(init)
				})
				init.Requests = append(init.Requests, bgfetch.Request{URL: url, Method: "GET"})
			}
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			w.wantSuccess(batch, bodies...)
		}
		succeeded := 0
		for i := range fetches {
			id := fmt.Sprint(i)
			if w.result(id).Snapshot.Result == bgfetch.ResultSuccess {
				succeeded++
				w.wantBodies(id, bodies...)
			}
		}
		t.Logf("%d of %d succeeded; %d requests were given, %d set, %d records evicted, %d begun with remains, %d times a group was paused",
			succeeded, fetches, server.given.Load(), server.set.Load(), len(w.events.Evicted()), begun.Load(), server.grouped.Load())
		happened := server.given.Load() > 0 && len(w.events.Evicted()) > 0 && server.later.Load() > 0 && begun.Load() > 0 &&
			server.set.Load() > 0 && server.grouped.Load() > 0
		if !happened && !bgfetchtest.UnderRaceDetector { // of 20 it may well be that none is evicted
			t.Error("something has not happened that should")
		}
		if _, err := w.engine.DeleteKept(context.Background(), bgfetch.KeptQuery{}); err != nil {
			t.Error(err)
		}
		w.kill()
		w.start() // what remains has expired
		time.Sleep(time.Minute)
		w.wantNothingLeft()
		if used := w.bodies.Used(); used != 0 {
			t.Errorf("%d bytes are stored", used)
		}
		if after := bgfetchtest.Goroutines(); after > before {
			t.Errorf("%d goroutines, %d at the start", after, before)
		}
		if open := w.network.Running(); open != 0 {
			t.Errorf("%d transfers are still open", open)
		}
	})
}

// soakOne begins a background fetch, and lets something happen to it, or to all.
func (w *world) soakOne(server *soakServer, id string, urls []string) {
	random := server.random
	init := fetchInit(id, urls...)
	init.Room = bgfetch.RoomEvict
	if random.IntN(4) > 0 {
		init.Group = fmt.Sprint("group", random.IntN(3))
	}
	if random.IntN(3) == 0 {
		init.Keep = true
		init.Retention = bgfetch.Retention{Group: id, Pinned: random.IntN(5) == 0}
		if random.IntN(2) == 0 {
			init.Retention.Expires = time.Now().Add(time.Duration(1+random.IntN(60)) * time.Minute).UnixMilli()
		}
	}
	f, err := w.engine.Fetch(context.Background(), init)
	if err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(time.Duration(random.IntN(12)) * time.Second)
	switch random.IntN(15) {
	case 0:
		_, _ = w.engine.Abort(context.Background(), f.UniqueID, "")
	case 1:
		_, _ = w.engine.Pause(f.UniqueID)
		time.AfterFunc(time.Minute, func() { _ = w.engine.Resume(f.UniqueID) })
	case 2:
		w.network.SetOnline(false)
		time.Sleep(20 * time.Second)
		w.network.SetOnline(true)
	case 3:
		w.network.SetDown(true)
		time.Sleep(5 * time.Minute)
		w.network.SetDown(false)
	case 4:
		server.later.Add(1)
		time.Sleep(10 * time.Minute)
		server.later.Add(1)
	case 5, 6, 7:
		if paused, _ := w.engine.PauseGroup(init.Group); paused {
			server.grouped.Add(1)
			low := bgfetch.PriorityLow
			_, _ = w.engine.SetGroupOptions(init.Group, bgfetch.NetworkOptionsInit{Priority: &low})
			time.AfterFunc(time.Minute, func() { _ = w.engine.ResumeGroup(init.Group) })
		}
	case 8:
		_, _ = w.engine.AbortGroup(context.Background(), init.Group, "")
	case 9, 10:
		for i, url := range urls {
			given := bgfetch.Request{URL: url, Method: "GET", Headers: []bgfetch.Header{{"Authorization", server.token()}}}
			if set, _ := w.engine.SetRequest(f.UniqueID, i, given); set {
				server.set.Add(1)
			}
		}
	}
}

// soakServer is a server of one file that fails at random.
type soakServer struct {
	random *rand.Rand
	body   []byte
	// calm: no more.
	calm atomic.Bool
	// later: it is being deployed, while that is odd. given counts requests that the site gave when it was
	// asked, set those that it set by itself, grouped how often a group was paused.
	later, given, set, grouped atomic.Int64
}

// token is what it wants to see: another one each minute.
func (s *soakServer) token() string { return time.Now().Truncate(time.Minute).Format(time.TimeOnly) }

func (s *soakServer) refresh(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
	time.Sleep(time.Duration(s.random.IntN(2000)) * time.Millisecond)
	if s.random.IntN(6) == 0 {
		return nil, errors.New("nobody is signed in")
	}
	s.given.Add(1)
	return &bgfetch.Request{URL: asked.Request.URL, Method: "GET", Headers: []bgfetch.Header{{"Authorization", s.token()}}}, nil
}

func (s *soakServer) answer(_ int, init bgfetch.TransferInit) response {
	status := func(status int) response {
		return response{Head: bgfetch.Head{URL: init.Request.URL, Type: "basic", Status: status}}
	}
	random := s.random
	if !s.calm.Load() && init.RangeStart+init.RangeEnd > 0 {
		token := bgfetch.HeaderValue(init.Request.Headers, "Authorization")
		switch {
		case s.later.Load()%2 == 1:
			return status(502)
		case token != s.token() && random.IntN(2) == 0:
			return status(401)
		case random.IntN(25) == 0:
			return status(451) // what is stored remains
		}
	}
	r := bgfetchtest.Resource{Body: s.body, ETag: `"v1"`, Rate: mib}.Respond(init)
	switch n := len(r.Body); random.IntN(12) {
	case 0, 1:
		r.Cut = 1 + random.IntN(max(1, n))
	case 2:
		r.Stall = 1 + random.IntN(max(1, n))
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
