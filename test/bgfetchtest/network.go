package bgfetchtest

import (
	"context"
	"fmt"
	"net/url"
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
	// StoreTime, if set, is how long storing the n-th segment takes, counted from 1: it
	// goes on while the next ones are read.
	StoreTime func(n int) time.Duration
	segments  atomic.Int32
	taken     atomic.Int64
	// storedLate: something was stored whose worker had died before.
	storedLate atomic.Bool

	mu       sync.Mutex
	servers  map[string]func(n int, init bgfetch.TransferInit) Response
	requests []bgfetch.TransferInit
	counts   map[string]int
	offline  chan struct{} // nil when online, closed when the network is back
	// saysOffline: the browser is wrong about the network.
	saysOffline bool
	metered     bool
	changed     chan struct{} // closed when metered or changes does
	changes     int64
	down        bool
	died        chan struct{} // closed by Die
	// dead are origins that do not answer.
	dead map[string]bool
	// running counts the open transfers by host, peak is the most there ever were.
	running, peak map[string]int
}

var _ bgfetch.Network = (*Network)(nil)

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

// StoredLate says whether something was stored whose worker had died before.
func (n *Network) StoredLate() bool { return n.storedLate.Load() }

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

// Change lets something happen that speaks for another try.
func (n *Network) Change() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes++
	close(n.changed)
	n.changed = make(chan struct{})
}

// WaitChange implements bgfetch.Network.
func (n *Network) WaitChange(ctx context.Context, seen int64) (int64, error) {
	for {
		n.mu.Lock()
		now, changed := n.changes, n.changed
		n.mu.Unlock()
		if now != seen {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
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
	requested := time.Now()
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
	t := &transfer{network: n, init: init, response: response, requested: requested, end: end, stopped: make(chan struct{})}
	t.storeAtOnce(ctx)
	return t, nil
}
