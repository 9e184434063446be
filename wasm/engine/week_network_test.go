package engine_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// weekNetwork is the network of a week, with all that is in its way. What it does is decided by the
// time alone, so it goes on while the worker is dead.
type weekNetwork struct {
	week *weekLife
	// rate is what the way carries, in bytes per second, for all together.
	rate float64
	// storeTime is how long a put takes, 0 for no time.
	storeTime time.Duration

	mu   sync.Mutex
	r    *rand.Rand
	open map[*weekTransfer]bool
	died chan struct{}
	// sent are the bytes that servers have sent, by file and version.
	sent     map[weekBody]int64
	requests int
	// dropped are the bytes of segments that had not come whole when the worker died.
	dropped int64
}

var _ bgfetch.Network = (*weekNetwork)(nil)

// inFlight is what a server has sent, and nobody has read, when a response breaks off.
const inFlight = 64 << 10

// die ends the worker's waits.
func (n *weekNetwork) die() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.died)
	n.died = make(chan struct{})
}

// running is the number of transfers that are open.
func (n *weekNetwork) running() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.open)
}

func (n *weekNetwork) Online() bool {
	phase := n.week.phaseAt(n.week.now())
	return phase == nil || phase.kind != "offline"
}

func (n *weekNetwork) WaitOnline(ctx context.Context) error {
	for !n.Online() {
		if err := sleepIn(ctx, n.week.phaseAt(n.week.now()).to-n.week.now()); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// WaitChange counts the ends of phases at which there was another network.
func (n *weekNetwork) WaitChange(ctx context.Context, seen int64) (int64, error) {
	for {
		count, next := int64(0), 1000*week
		for _, p := range n.week.phases {
			switch {
			case !p.changes:
			case p.to <= n.week.now():
				count++
			default:
				next = min(next, p.to)
			}
		}
		if count != seen {
			return count, nil
		}
		if err := sleepIn(ctx, next-n.week.now()); err != nil {
			return 0, err
		}
	}
}

func (n *weekNetwork) Metered() bool { return false }

func (n *weekNetwork) WaitMetered(ctx context.Context, metered bool) error {
	if !metered {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (n *weekNetwork) Reachable(ctx context.Context, _ string) bool {
	phase := n.week.phaseAt(n.week.now())
	if phase == nil {
		return true
	}
	switch phase.kind {
	case "silent":
		_ = sleepIn(ctx, phase.to-n.week.now())
		return ctx.Err() == nil
	case "tunnel", "offline", "portal tls":
		return false
	}
	return true
}

func (n *weekNetwork) Open(ctx context.Context, init bgfetch.TransferInit) (bgfetch.Transfer, error) {
	w := n.week
	_ = w.bodies.Create(ctx, init.UniqueID)
	n.mu.Lock()
	n.requests++
	delay := time.Duration(20+n.r.IntN(300)) * time.Millisecond
	n.mu.Unlock()
	if err := sleepIn(ctx, delay); err != nil {
		return nil, err
	}
	phase := w.phaseAt(w.now())
	if phase != nil && phase.kind == "silent" {
		if err := sleepIn(ctx, phase.to-w.now()); err != nil {
			return nil, err
		}
		phase = nil
	}
	if phase != nil && slices.Contains([]string{"tunnel", "offline", "portal tls"}, phase.kind) {
		return nil, fmt.Errorf("%s: %w", phase.kind, bgfetch.ErrNetwork)
	}
	url, _, _ := strings.Cut(init.Request.URL, "?")
	server := w.servers[url]
	answer, err := server.respond(init, phase)
	if err != nil {
		return nil, err
	}
	t := &weekTransfer{network: n, opened: w.now(), init: init, answer: answer, at: answer.body.from, breaksAt: answer.body.from + answer.body.length + 1, stopped: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if server.lossy > 0 {
		t.breaksAt = min(t.breaksAt, answer.body.from+int64(n.r.ExpFloat64()*server.lossy))
	}
	if server.responseLimit > 0 {
		t.until = time.Now().Add(server.responseLimit)
	}
	t.lateEnd = chance(n.r, 50)
	n.open[t] = true
	return t, nil
}

// weekTransfer is a response that is being read: the bgfetch.Transfer that Open returns.
type weekTransfer struct {
	network *weekNetwork
	init    bgfetch.TransferInit
	answer  weekAnswer
	// at is the next byte. At breaksAt, or when it is until, it breaks off.
	at, breaksAt int64
	until        time.Time
	opened       time.Duration
	lateEnd      bool
	broken       bool
	silent       bool
	stopped      chan struct{}
	stop, close  sync.Once
}

func (t *weekTransfer) Head() bgfetch.Head { return t.answer.head }

func (t *weekTransfer) Sent(context.Context) bgfetch.Sent { return bgfetch.Sent{EncodedLength: -1} }

func (t *weekTransfer) Stop() { t.stop.Do(func() { close(t.stopped) }) }

func (t *weekTransfer) Close() {
	t.close.Do(func() {
		t.Stop()
		body := t.answer.body
		t.network.mu.Lock()
		defer t.network.mu.Unlock()
		delete(t.network.open, t)
		t.network.sent[body.of()] += min(inFlight, max(0, body.from+body.length-t.at))
	})
}

// share is what the way carries for each of those that are open, in bytes per second.
func (t *weekTransfer) share() float64 {
	t.network.mu.Lock()
	defer t.network.mu.Unlock()
	return t.network.rate / float64(max(1, len(t.network.open)))
}

// ready is when a segment is, by the limits, of what comes so fast.
func ready(limits bgfetch.SaveLimits, rate float64) (length int64) {
	after := min(limits.MaxTime, max(limits.MinTime, seconds(float64(limits.MinLength)/rate)))
	return min(limits.MaxLength, max(1, int64(rate*after.Seconds())))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// take takes the next bytes of the body, and says whether it has ended with them.
func (t *weekTransfer) take(ctx context.Context, limits bgfetch.SaveLimits) (body weekBody, end bool, err error) {
	w := t.network.week
	select {
	case <-t.stopped:
		return body, false, bgfetch.ErrStopped
	default:
	}
	all := t.answer.body
	left := all.from + all.length - t.at
	t.network.mu.Lock()
	breaksAt := t.breaksAt
	t.network.mu.Unlock()
	switch {
	case t.silent: // nothing says that nothing comes
		select {
		case <-t.stopped:
			return body, false, bgfetch.ErrStopped
		case <-ctx.Done():
			return body, false, ctx.Err()
		}
	case t.broken, t.at >= breaksAt:
		return body, false, fmt.Errorf("cut at %d: %w", t.at, bgfetch.ErrNetwork)
	}
	rate := t.share()
	n := min(ready(limits, rate), left, breaksAt-t.at)
	took := seconds(float64(n) / rate)
	if cut := w.nextCut(t.opened); cut != nil && cut.from-w.now() < took {
		took, t.broken, t.silent = max(0, cut.from-w.now()), true, cut.kind == "silent"
	}
	if !t.until.IsZero() && time.Until(t.until) < took {
		took, t.broken = max(0, time.Until(t.until)), true
	}
	begun := time.Now()
	timer := time.NewTimer(took)
	defer timer.Stop()
	stopped := false
	select {
	case <-timer.C:
	case <-t.stopped:
		stopped = true
	case <-ctx.Done():
	}
	if elapsed := time.Since(begun); t.broken || elapsed < took {
		n = min(n, int64(rate*elapsed.Seconds()))
	}
	t.network.mu.Lock()
	t.network.sent[all.of()] += n
	if ctx.Err() != nil {
		t.network.dropped += n
	}
	t.network.mu.Unlock()
	body = weekBody{all.file, all.version, t.at, n}
	t.at += n
	switch {
	case ctx.Err() != nil:
		return body, false, ctx.Err()
	case n == 0 && stopped:
		return body, false, bgfetch.ErrStopped
	case n == 0 && t.silent:
		return t.take(ctx, limits)
	case n == 0 && t.broken:
		return body, false, fmt.Errorf("cut at %d: %w", t.at, bgfetch.ErrNetwork)
	}
	return body, n == left && (n == 0 || !t.lateEnd), nil
}

// Save implements bgfetch.Transfer.
func (t *weekTransfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, _ io.Writer) (bgfetch.Saved, error) {
	body, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Saved{}, err
	}
	n := t.network
	put := func() error {
		if body.length == 0 {
			return nil
		}
		return n.week.bodies.put(t.init.UniqueID, key, body)
	}
	saved := bgfetch.Saved{Length: body.length, End: end}
	if n.storeTime == 0 || end {
		return saved, put()
	}
	n.mu.Lock()
	died := n.died
	n.mu.Unlock()
	done := make(chan error, 1)
	time.AfterFunc(n.storeTime, func() { done <- put() })
	saved.Stored = func(ctx context.Context) ([]byte, error) {
		select {
		case err := <-done:
			return nil, err
		case <-died:
			return nil, bgfetch.ErrStopped
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return saved, nil
}

// Compare implements bgfetch.Transfer.
func (t *weekTransfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	most := int64(0)
	for _, r := range stored {
		most += r.Length
	}
	limits.MaxLength = min(limits.MaxLength, most)
	body, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Compared{}, err
	}
	equal, err := t.network.week.bodies.compare(t.init.UniqueID, stored, body)
	return bgfetch.Compared{Length: body.length, Equal: equal, End: end}, err
}
