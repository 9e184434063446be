package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// livesEvent is something that happens in a life, to one of its background fetches.
type livesEvent struct {
	name  string
	at    time.Duration
	fetch int
	n     int
	do    func(*life, livesEvent)
}

func (e livesEvent) String() string {
	return fmt.Sprintf("%v: %s %d, fetch %d", e.at, e.name, e.n, e.fetch)
}

// goodEvents are those that a good server's background fetch survives; otherEvents are all.
var (
	goodEvents = []livesEvent{
		{name: "kill", do: (*life).killed}, {name: "kill", do: (*life).killed}, {name: "kill", do: (*life).killed},
		{name: "kill before a write", do: (*life).killedAtWrite},
		{name: "kill inside a write", do: (*life).killedAtWrite},
		{name: "kill after a put", do: (*life).killedAtPut},
		{name: "pause", do: (*life).paused}, {name: "pause", do: (*life).paused},
		{name: "priority", do: (*life).changed},
		{name: "bandwidth", do: (*life).changed},
		{name: "read", do: (*life).reader},
	}
	otherEvents = append(slices.Clone(goodEvents), []livesEvent{
		{name: "bandwidth", do: (*life).changed},
		{name: "seek", do: (*life).sought}, {name: "seek", do: (*life).sought},
		{name: "read", do: (*life).reader},
		{name: "evict some", do: (*life).evicted},
		{name: "evict all", do: (*life).evicted},
		{name: "offline", do: (*life).offline},
		{name: "down", do: (*life).down},
		{name: "abort", do: (*life).abort},
	}...)
)

func (l *life) randomEvents() {
	kinds := otherEvents
	if l.good {
		kinds = goodEvents
	}
	at := time.Duration(0)
	for range l.r.IntN(9) {
		e := one(l.r, kinds...)
		at += time.Duration(l.r.IntN(1<<l.r.IntN(13))) * time.Millisecond
		e.at, e.fetch, e.n = at+time.Duration(l.r.IntN(1000)), l.r.IntN(len(l.fetches)), l.r.IntN(1<<20)
		l.events = append(l.events, e)
	}
}

// randomExpiries lets the tokens of all servers expire a few times.
func (l *life) randomExpiries() {
	for range 1 + l.r.IntN(3) {
		at := time.Duration(l.r.IntN(1<<(8+l.r.IntN(6)))) * time.Millisecond
		l.events = append(l.events, livesEvent{name: "expire", at: at, fetch: l.r.IntN(len(l.fetches)), n: l.r.IntN(1 << 20), do: (*life).expired})
	}
}

// expired lets the servers want another token. Some sites know it before they are asked.
func (l *life) expired(e livesEvent) {
	l.ours++
	l.token.Add(1)
	if e.n%4 > 0 {
		return
	}
	f := l.fetches[e.fetch]
	index := e.n % len(f.init.Requests)
	_, _ = l.engine.SetRequest(l.uniqueID(e), index, *l.renewed(f.init.Requests[index].URL, e.n%8 == 0))
}

// renewed is a request for the file of that URL, with the token, and maybe at the other URL.
func (l *life) renewed(url string, other bool) *bgfetch.Request {
	if before, signed := strings.CutSuffix(url, signedAnew); other && signed {
		url = before
	} else if other {
		url += signedAnew
	}
	return &bgfetch.Request{URL: url, Method: "GET", Headers: []bgfetch.Header{{"Authorization", fmt.Sprint(l.token.Load())}}}
}

// refresh is the listener of backgroundfetchrefresh: it takes its time, cannot always say, and has
// nothing for who has the token.
func (l *life) refresh(ctx context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
	n := l.refreshes.Add(1)
	l.tell(asked.Snapshot.ID, "  %s: asked for another request, status %d", asked.Request.URL, asked.Head.Status)
	if n%3 == 0 {
		time.Sleep(time.Duration(n%7) * time.Second)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if bgfetch.HeaderValue(asked.Request.Headers, "Authorization") == fmt.Sprint(l.token.Load()) {
		return nil, nil
	}
	if n%5 == 0 {
		return nil, errors.New("nobody is signed in")
	}
	l.count(nil, 0, "refreshed")
	return l.renewed(asked.Request.URL, n%4 == 0), nil
}

func (l *life) uniqueID(e livesEvent) string { return l.fetches[e.fetch].init.UniqueID }

func (l *life) killed(livesEvent) {
	l.ours++
	l.kill()
	l.start()
}

func (l *life) killedAtWrite(e livesEvent) {
	l.ours++
	if e.name == "kill inside a write" {
		l.store.KillInside(1 + e.n%20)
	} else {
		l.store.KillAfter(1 + e.n%20)
	}
}

func (l *life) killedAtPut(e livesEvent) {
	l.ours++
	store, cancel := l.store, l.cancel
	kill := func() {
		store.Kill()
		cancel()
	}
	l.atPut.Store(&kill)
	l.putsLeft.Store(int32(1 + e.n%10))
}

// put counts down to what is to happen after a put.
func (l *life) put() {
	if l.putsLeft.Add(-1) == 0 {
		(*l.atPut.Load())()
	}
}

func (l *life) paused(e livesEvent) {
	l.ours++
	_, _ = l.engine.Pause(l.uniqueID(e))
	if e.n%3 > 0 {
		time.Sleep(time.Duration(e.n%2000) * time.Millisecond)
		l.revive()
		_ = l.engine.Resume(l.uniqueID(e))
	}
}

func (l *life) changed(e livesEvent) {
	l.ours++
	change := bgfetch.NetworkOptionsInit{}
	if e.name == "priority" {
		change.Priority = &[]bgfetch.Priority{bgfetch.PriorityHigh, bgfetch.PriorityNormal, bgfetch.PriorityLow}[e.n%3]
	} else {
		change.MaxBandwidth = &[]int64{0, 20_000, 100_000, 100_000, 1_000_000}[e.n%5]
	}
	_, _ = l.engine.SetOptions(l.uniqueID(e), change)
}

func (l *life) sought(e livesEvent) {
	l.ours++
	f := l.fetches[e.fetch]
	index := e.n % len(f.servers)
	size := len(f.servers[index].files[0].body)
	l.engine.Seek(l.uniqueID(e), index, int64(e.n%(size+1)))
}

func (l *life) evicted(e livesEvent) {
	l.ours++
	l.evictions.Add(1)
	l.lost = true
	synctest.Wait() // not between the look for what is there and the event
	ctx := context.Background()
	if e.name == "evict all" {
		_ = l.bodies.Delete(ctx, l.uniqueID(e))
		return
	}
	keys, _ := l.bodies.Segments(ctx, l.uniqueID(e))
	if len(keys) > 0 {
		at := e.n % len(keys)
		_ = l.bodies.DeleteSegments(ctx, l.uniqueID(e), keys[at:min(len(keys), at+1+e.n%3)])
	}
}

func (l *life) offline(e livesEvent) {
	l.ours++
	l.network.SetOnline(false)
	time.Sleep(time.Duration(e.n%20) * time.Second)
	l.network.SetOnline(true)
}

func (l *life) down(e livesEvent) {
	l.ours++
	l.network.SetDown(true)
	time.Sleep(time.Duration(e.n%20) * time.Second)
	l.network.SetDown(false)
}

func (l *life) abort(e livesEvent) {
	l.mu.Lock()
	l.fetches[e.fetch].aborted = true
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = l.engine.Abort(ctx, l.uniqueID(e), "call")
}

// livesRead is what a reader has got of a body in mid-transfer, and was not told to be
// nothing.
type livesRead struct {
	index, generation int
	body              []byte
}

// reader reads a body from now on, as it comes.
func (l *life) reader(e livesEvent) {
	f, engine, uniqueID := l.fetches[e.fetch], l.engine, l.uniqueID(e)
	index := e.n % len(f.servers)
	go func() {
		record, err := engine.Record(context.Background(), uniqueID, index, true)
		if err != nil || !record.Exposed || record.Result != bgfetch.ResponseNone {
			return
		}
		read := &livesRead{index: index, generation: record.Generation}
		l.mu.Lock()
		f.reads = append(f.reads, read)
		l.mu.Unlock()
		for end := false; !end; {
			plan, err := engine.Plan(context.Background(), uniqueID, index, record.Generation, int64(len(read.body)), true)
			if err != nil || plan.Failed != bgfetch.ReasonNone {
				return
			}
			piece, err := l.bodies.ReadPlan(plan, int64(len(read.body)))
			if err != nil {
				return
			}
			l.mu.Lock()
			read.body = append(read.body, piece...)
			l.mu.Unlock()
			end = plan.End
		}
		l.mu.Lock()
		ended := f.ended
		l.mu.Unlock()
		if !ended { // else what it has read was compared with what it is to be
			l.judge(f, index, read.body)
		}
	}()
}
