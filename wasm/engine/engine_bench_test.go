package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// BenchmarkRecords carries out one background fetch of so many records of 1 kB,
// from fetch() to its closing event, over ports in memory: what is measured is the core, and
// that its cost for each record does not grow with their number.
func BenchmarkRecords(b *testing.B) {
	for _, count := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			body := randomBytes(1000)
			urls := make([]string, count)
			for i := range urls {
				urls[i] = fmt.Sprintf("https://site.test/%d", i)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				carryOut(b, body, urls)
			}
			runtime.ReadMemStats(&after)
			records := float64(b.N * count)
			b.ReportMetric(records/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/records, "allocs/record")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/records, "B/record")
		})
	}
}

func carryOut(b *testing.B, body []byte, urls []string) {
	bodies := bgfetchtest.NewMemoryBodies()
	network := bgfetchtest.NewNetwork(bodies)
	resource := bgfetchtest.Resource{Body: body, ETag: `"v1"`}
	for _, url := range urls {
		network.Handle(url, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response { return resource.Respond(init) })
	}
	closed := make(chan string, 1)
	events := &bgfetchtest.Events{OnDispatch: func(_ context.Context, eventType string, _ bgfetch.Snapshot) error {
		closed <- eventType
		return nil
	}}
	engine := engine.NewEngine(engine.Ports{
		Store: bgfetchtest.NewMemoryStore(), Bodies: bodies, Network: network, Events: events, Display: &bgfetchtest.Display{},
	}, engine.Options{Origin: "https://site.test"})
	ctx, cancel := context.WithCancel(context.Background())
	defer engine.Wait()
	defer cancel()
	if err := engine.Start(ctx); err != nil {
		b.Fatal(err)
	}
	if _, err := engine.Fetch(ctx, fetchInit("bench", urls...)); err != nil {
		b.Fatal(err)
	}
	select {
	case eventType := <-closed:
		if eventType != "backgroundfetchsuccess" {
			b.Fatal(eventType)
		}
	case <-time.After(5 * time.Minute):
		b.Fatal("it does not end")
	}
}
