//go:build !race

// The race detector cannot follow so many goroutines, and with fewer clients chance alone makes
// twice the steady rate.

package engine_test

import (
	"context"
	"io"
	"log"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// herd is a network of many clients and one server, which goes away for a minute.
// It counts the requests of each second, those that nobody answers too.
type herd struct {
	mu      sync.Mutex
	begun   time.Time
	down    bool
	seconds map[int]int
}

func (h *herd) ask() (down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seconds[int(time.Since(h.begun)/time.Second)]++
	return h.down
}

func (h *herd) set(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
}

// peak is the most requests in one second of the time from a on, up to b.
func (h *herd) peak(a, b time.Duration) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	peak := 0
	for s := int(a / time.Second); s < int(b/time.Second); s++ {
		peak = max(peak, h.seconds[s])
	}
	return peak
}

// client is the network of one client: each record takes ten seconds.
type client struct {
	*bgfetchtest.Network
	herd *herd
}

func (c client) Reachable(ctx context.Context, url string) bool { return !c.herd.ask() }

func (c client) Open(ctx context.Context, init bgfetch.TransferInit) (bgfetch.Transfer, error) {
	if c.herd.ask() {
		return nil, bgfetch.ErrNetwork
	}
	return c.Network.Open(ctx, init)
}

// TestHerd: 2,000 clients, each with one file after the other. Whatever they do while the server
// is away, their return must not be what takes it down again: requests then come at no more than
// twice the steady rate.
func TestHerd(t *testing.T) {
	const (
		recordIn = 10 * time.Second
		outage   = time.Minute
		clients  = 2_000
	)
	const steady = float64(clients) / float64(recordIn/time.Second) // requests per second
	before := log.Writer()
	log.SetOutput(io.Discard) // two thousand times the same
	t.Cleanup(func() { log.SetOutput(before) })
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		h := &herd{begun: time.Now(), seconds: map[int]int{}}
		file := bgfetchtest.Resource{Body: make([]byte, 10), Rate: 1}
		var engines []*engine.Engine
		var urls []string
		for i := range 30 {
			urls = append(urls, siteA+string(rune('a'+i)))
		}
		for i := range clients {
			bodies := bgfetchtest.NewMemoryBodies()
			network := bgfetchtest.NewNetwork(bodies)
			for _, u := range urls {
				network.Handle(u, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return file.Respond(init) })
			}
			engine := engine.NewEngine(engine.Ports{
				Store: bgfetchtest.NewMemoryStore(), Bodies: bodies, Network: client{network, h},
				Events: &bgfetchtest.Events{},
			}, engine.Options{MaxTransfers: 1, NotifyInterval: time.Hour, Segments: bgfetch.SaveLimits{MaxLength: 10, MinTime: time.Minute}})
			if err := engine.Start(ctx); err != nil {
				t.Fatal(err)
			}
			engines = append(engines, engine)
			if _, err := engine.Fetch(ctx, fetchInit("f", urls...)); err != nil {
				t.Fatal(err)
			}
			if i%(clients/100) == 0 { // they do not all begin at the same moment
				time.Sleep(recordIn / 100)
			}
		}
		time.Sleep(2 * recordIn)
		away := time.Since(h.begun)
		h.set(true)
		time.Sleep(outage)
		back := time.Since(h.begun)
		h.set(false)
		time.Sleep(2 * outage)
		end := time.Since(h.begun)

		before, during, after := h.peak(away-recordIn, away), h.peak(away, back), h.peak(back, end)
		t.Logf("steady %.0f requests per second; peaks: before %d, during the outage %d, after it %d", steady, before, during, after)
		if float64(after) > 2*steady {
			t.Errorf("%d requests in one second after the outage, more than twice the steady %.0f", after, steady)
		}
		cancel()
		for _, engine := range engines {
			engine.Wait()
		}
	})
}
