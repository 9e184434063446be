package bgfetchtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Network is a bgfetch.Network whose servers are functions. Time passes in it by
// time.Sleep and the like, so that it runs in a testing/synctest bubble.
type Network struct {
	bodies *MemoryBodies
	// StoreTime, if set, is how long storing the n-th piece takes, counted from 1: it
	// goes on while the next ones are read.
	StoreTime func(n int) time.Duration
	pieces    atomic.Int32
	taken     atomic.Int64

	mu       sync.Mutex
	servers  map[string]func(n int, init bgfetch.TransferInit) Response
	requests []bgfetch.TransferInit
	counts   map[string]int
	offline  chan struct{} // nil when online, closed when the network is back
	// saysOffline: the browser is wrong about the network.
	saysOffline bool
	metered     bool
	changed     chan struct{} // closed when metered changes
	down        bool
	died        chan struct{} // closed by Die
	// dead are origins that do not answer.
	dead map[string]bool
	// running counts the open transfers by host, peak is the most there ever were.
	running, peak map[string]int
}

var _ bgfetch.Network = (*Network)(nil)

// Response is what a server function answers with.
type Response struct {
	// Err, if set, is what Open fails with: no response at all.
	Err error
	// Delay passes before the head.
	Delay time.Duration
	Head  bgfetch.Head
	Body  []byte
	// Cut breaks the body off after that many bytes, Stall lets nothing more come
	// after them. Zero: the body is complete. CutAtOnce breaks it off before the first.
	Cut       int
	CutAtOnce bool
	Stall     int
	// LateEnd: that the body has ended is known only when nothing more comes.
	LateEnd bool
	// Rate is in bytes per second, 0 for at once.
	Rate int
	// Link, if set, is the way that the response shares with others.
	Link *Link
	// Sent, if set, is what the browser tells of how the body was sent.
	Sent *bgfetch.Sent
}

// Link is a way of limited throughput that responses share.
type Link struct {
	// Rate is in bytes per second.
	Rate int

	mu   sync.Mutex
	free time.Time // when it has carried all that it was given
}

// carry returns how long n more bytes take.
func (l *Link) carry(n int) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.Rate))
	return time.Until(l.free)
}

// NewNetwork returns a network without servers, whose transfers save to bodies.
func NewNetwork(bodies *MemoryBodies) *Network {
	return &Network{
		bodies:  bodies,
		changed: make(chan struct{}),
		died:    make(chan struct{}),
		servers: map[string]func(int, bgfetch.TransferInit) Response{},
		counts:  map[string]int{},
		dead:    map[string]bool{},
		running: map[string]int{},
		peak:    map[string]int{},
	}
}

// Handle makes server answer the requests for url. n counts them from 1.
func (n *Network) Handle(url string, server func(n int, init bgfetch.TransferInit) Response) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers[url] = server
}

// Requests returns all requests so far.
func (n *Network) Requests() []bgfetch.TransferInit {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]bgfetch.TransferInit(nil), n.requests...)
}

// Peak returns the largest number of requests that were under way at once with a
// host, or with all for "".
func (n *Network) Peak(host string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.peak[host]
}

// begin counts a request that begins, and returns what ends it.
func (n *Network) begin(requested string) (end func()) {
	host := ""
	if u, err := url.Parse(requested); err == nil {
		host = u.Host
	}
	count := func(by int) {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, name := range []string{"", host} {
			n.running[name] += by
			n.peak[name] = max(n.peak[name], n.running[name])
		}
	}
	count(1)
	return func() { count(-1) }
}

// Taken returns how many bytes of bodies were taken.
func (n *Network) Taken() int64 { return n.taken.Load() }

// Running returns the number of transfers that are open.
func (n *Network) Running() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running[""]
}

// SetOnline sets what the browser thinks of the network.
func (n *Network) SetOnline(online bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case online && n.offline != nil:
		close(n.offline)
		n.offline = nil
	case !online && n.offline == nil:
		n.offline = make(chan struct{})
	}
}

// SetSaysOffline lets the browser say that it is offline, though the network works.
func (n *Network) SetSaysOffline(says bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.saysOffline = says
}

// SetDown makes all servers unreachable, or reachable again.
func (n *Network) SetDown(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// SetDead makes the servers of an origin unreachable, or reachable again.
func (n *Network) SetDead(origin string, dead bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead[origin] = dead
}

// Die ends the wait for all that is being stored, as a dying worker does: it is stored
// all the same, some time later.
func (n *Network) Die() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.died)
	n.died = make(chan struct{})
}

// isDead says whether the server of a URL is unreachable. n.mu is held.
func (n *Network) isDead(requested string) bool {
	isOf := func(origin string) bool {
		rest, ok := strings.CutPrefix(requested, origin)
		return ok && (rest == "" || strings.ContainsRune("/?#", rune(rest[0])))
	}
	dead := false
	for origin, is := range n.dead {
		dead = dead || is && isOf(origin)
	}
	return n.down || n.offline != nil || dead
}

// Online implements bgfetch.Network.
func (n *Network) Online() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.offline == nil && !n.saysOffline
}

// WaitOnline implements bgfetch.Network.
func (n *Network) WaitOnline(ctx context.Context) error {
	n.mu.Lock()
	offline := n.offline
	if n.saysOffline {
		offline = make(chan struct{})
	}
	n.mu.Unlock()
	if offline == nil {
		return nil
	}
	select {
	case <-offline:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SetMetered sets what the browser thinks of the connection.
func (n *Network) SetMetered(metered bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.metered = metered
	close(n.changed)
	n.changed = make(chan struct{})
}

// Metered implements bgfetch.Network.
func (n *Network) Metered() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.metered
}

// WaitMetered implements bgfetch.Network.
func (n *Network) WaitMetered(ctx context.Context, metered bool) error {
	for {
		n.mu.Lock()
		now, changed := n.metered, n.changed
		n.mu.Unlock()
		if now == metered {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reachable implements bgfetch.Network.
func (n *Network) Reachable(_ context.Context, requested string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.isDead(requested)
}

// Open implements bgfetch.Network.
func (n *Network) Open(ctx context.Context, init bgfetch.TransferInit) (bgfetch.Transfer, error) {
	// A transfer opens the cache, which makes it where it is not there.
	if err := n.bodies.Create(ctx, init.UniqueID); err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.requests = append(n.requests, init)
	n.counts[init.Request.URL]++
	count, server := n.counts[init.Request.URL], n.servers[init.Request.URL]
	unreachable := n.isDead(init.Request.URL) || server == nil
	n.mu.Unlock()
	if unreachable {
		return nil, fmt.Errorf("%s: %w", init.Request.URL, bgfetch.ErrNetwork)
	}
	end := n.begin(init.Request.URL)
	response := server(count, init)
	err := sleep(ctx, response.Delay)
	if err == nil {
		err = response.Err
	}
	if err != nil {
		end()
		return nil, err
	}
	return &transfer{network: n, init: init, response: response, end: end, stopped: make(chan struct{})}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type transfer struct {
	network  *Network
	init     bgfetch.TransferInit
	response Response
	sent     int
	end      func()
	stopped  chan struct{}
	stop     sync.Once
	close    sync.Once
}

func (t *transfer) Head() bgfetch.Head { return t.response.Head }

func (t *transfer) Stop() { t.stop.Do(func() { close(t.stopped) }) }

func (t *transfer) Close() {
	t.close.Do(func() {
		t.Stop()
		t.end()
	})
}

// take returns the next bytes of the body, and whether it has ended cleanly after them.
func (t *transfer) take(ctx context.Context, limits bgfetch.SaveLimits) (body []byte, end bool, err error) {
	select {
	case <-t.stopped:
		return nil, false, bgfetch.ErrStopped
	default:
	}
	t.network.mu.Lock()
	broken := t.network.isDead(t.init.Request.URL)
	t.network.mu.Unlock()
	available := len(t.response.Body)
	if t.response.Cut > 0 {
		available = min(available, t.response.Cut)
	}
	if t.response.Stall > 0 {
		available = min(available, t.response.Stall)
	}
	n := min(int(limits.MaxLength), available-t.sent)
	if t.response.Rate > 0 {
		n = min(n, max(1, t.response.Rate*int(limits.MinTime)/int(time.Second)))
		took := max(time.Duration(n)*time.Second/time.Duration(t.response.Rate), t.response.Link.carry(n))
		if err := sleep(ctx, took); err != nil {
			return nil, false, err
		}
	}
	switch {
	case broken || t.response.CutAtOnce || (n == 0 && t.response.Cut > 0 && t.sent == t.response.Cut):
		return nil, false, fmt.Errorf("cut after %d bytes: %w", t.sent, bgfetch.ErrNetwork)
	case n == 0 && t.response.Stall > 0:
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	t.sent += n
	t.network.taken.Add(int64(n))
	end = t.sent == len(t.response.Body) && (n == 0 || !t.response.LateEnd)
	return t.response.Body[t.sent-n : t.sent], end, nil
}

// Save implements bgfetch.Transfer.
func (t *transfer) Save(ctx context.Context, key bgfetch.SegmentKey, limits bgfetch.SaveLimits, w io.Writer) (bgfetch.Saved, error) {
	body, end, err := t.take(ctx, limits)
	if err != nil {
		return bgfetch.Saved{}, err
	}
	piece := bgfetch.Saved{Length: int64(len(body)), End: end}
	if len(body) > 0 {
		stored := t.network.store(func() error { return t.network.bodies.Put(t.init.UniqueID, key, body) })
		if piece.End {
			if err := stored(ctx); err != nil {
				return bgfetch.Saved{}, err
			}
		} else {
			piece.Stored = stored
		}
		if w != nil {
			_, _ = w.Write(body)
		}
	}
	return piece, nil
}

// Compare implements bgfetch.Transfer.
func (t *transfer) Compare(ctx context.Context, stored []bgfetch.StoredRange, limits bgfetch.SaveLimits) (bgfetch.Compared, error) {
	want, err := t.network.bodies.ReadRanges(t.init.UniqueID, stored)
	if err != nil {
		return bgfetch.Compared{}, err
	}
	limits.MaxLength = min(limits.MaxLength, int64(len(want)))
	body, end, err := t.take(ctx, limits)
	return bgfetch.Compared{Length: int64(len(body)), Equal: bytes.Equal(body, want[:len(body)]), End: end}, err
}

// Sent implements bgfetch.Transfer.
func (t *transfer) Sent(context.Context) bgfetch.Sent {
	if t.response.Sent != nil {
		return *t.response.Sent
	}
	return bgfetch.Sent{EncodedLength: -1}
}

// store calls put when the time for that has passed; stored waits for it.
func (n *Network) store(put func() error) (stored func(context.Context) error) {
	number := int(n.pieces.Add(1))
	if n.StoreTime == nil {
		err := put()
		return func(context.Context) error { return err }
	}
	n.mu.Lock()
	died := n.died
	n.mu.Unlock()
	done := make(chan error, 1)
	go func() {
		time.Sleep(n.StoreTime(number))
		done <- put()
	}()
	return func(ctx context.Context) error {
		select {
		case err := <-done:
			return err
		case <-died:
			return bgfetch.ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Resource is a file on a well-behaved server.
type Resource struct {
	Body         []byte
	ETag         string
	LastModified string
	// Type is the response type, "basic" if not given. "cors" hides what a
	// browser hides.
	Type string
	Rate int
	Link *Link
	// Headers are added to each response.
	Headers []bgfetch.Header
}

// Respond answers a request as a server does that knows Range.
func (r Resource) Respond(init bgfetch.TransferInit) Response {
	head := bgfetch.Head{URL: init.Request.URL, Type: bgfetch.ResponseType(r.Type), Status: 200}
	if head.Type == "" {
		head.Type = "basic"
	}
	first, last := int(init.RangeStart), len(r.Body)
	if init.RangeEnd > 0 {
		last = min(last, int(init.RangeEnd))
	}
	body := r.Body
	visible := head.Type == "basic"
	if init.RangeStart+init.RangeEnd > 0 || init.Ranged {
		if first >= len(r.Body) {
			head.Status = 416
			if visible {
				head.Headers = append(head.Headers, bgfetch.Header{"Content-Range", fmt.Sprintf("bytes */%d", len(r.Body))})
			}
			return Response{Head: head}
		}
		head.Status = 206
		body = r.Body[first:last]
		if visible {
			head.Headers = append(head.Headers, bgfetch.Header{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last-1, len(r.Body))})
		}
	}
	head.Headers = append(head.Headers, bgfetch.Header{"Content-Length", strconv.Itoa(len(body))})
	if r.ETag != "" && visible {
		head.Headers = append(head.Headers, bgfetch.Header{"ETag", r.ETag})
	}
	if r.LastModified != "" {
		head.Headers = append(head.Headers, bgfetch.Header{"Last-Modified", r.LastModified})
	}
	head.Headers = append(head.Headers, r.Headers...)
	return Response{Head: head, Body: body, Rate: r.Rate, Link: r.Link}
}
