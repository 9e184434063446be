package bgfetchtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeScaleCases are about many rows, many goroutines, and giving up.
var storeScaleCases = []StoreCase{
	{"10,000 requests", testManyRequests},
	{"10,000 records", testManyRecords},
	{"5,000 segments", testManySegments},
	{"goroutines", testGoroutines},
	{"context has ended", testContextEnded},
	{"context ends", testContextEnds},
}

func manyRequests(n int) []bgfetch.Request {
	requests := make([]bgfetch.Request, n)
	for i := range requests {
		requests[i] = get(fmt.Sprintf("https://example.com/photos/%d.jpg", i))
	}
	return requests
}

// timed logs how long something took.
func timed(t T, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	t.Logf("%s: %d ms", what, time.Since(start).Milliseconds())
}

func testManyRequests(t T, open OpenStore) {
	store := open(t)
	requests := manyRequests(10_000)
	timed(t, "Create with 10,000 requests", func() { create(t, store, fetchState("u"), requests...) })
	var stored bgfetch.Stored
	timed(t, "Load of 10,000 requests", func() { stored = loadOne(t, store) })
	if !reflect.DeepEqual(stored.Requests, requests) {
		t.Errorf("the requests are not the same")
	}
	if len(stored.Records) != len(requests) {
		t.Errorf("got %d records", len(stored.Records))
	}
}

func testManyRecords(t T, open OpenStore) {
	const n = 10_000
	store := open(t)
	create(t, store, fetchState("u"), manyRequests(n)...)
	record := fullRecord()
	timed(t, "10,000 times PutRecord, 100 at a time", func() {
		var group sync.WaitGroup
		errs := make([]error, 100)
		for worker := range errs {
			group.Go(func() {
				for i := worker; i < n && errs[worker] == nil; i += len(errs) {
					record := record
					record.Response.Length = int64(i)
					errs[worker] = store.PutRecord(context.Background(), "u", i, record, bgfetch.Segment{Offset: 0, Length: int64(i)})
				}
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("PutRecord: %v", err)
		}
	})
	store = open(t)
	var stored bgfetch.Stored
	timed(t, "Load of 10,000 records", func() { stored = loadOne(t, store) })
	for i, got := range stored.Records {
		want := record
		want.Response.Length = int64(i)
		want.Response.Segments = []bgfetch.Segment{{Offset: 0, Length: int64(i)}}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("record %d: got %v, want %v", i, got, want)
		}
	}
	timed(t, "Delete of 10,000 records", func() {
		if err := store.Delete(context.Background(), "u", nil); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	})
}

func testManySegments(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"))
	segments := make([]bgfetch.Segment, 5_000)
	for i := range segments {
		segments[i] = bgfetch.Segment{Offset: int64(i) << 24, Length: 1 << 24}
	}
	record := initialRecord()
	timed(t, "PutRecord with 5,000 segments", func() { putRecord(t, store, "u", 0, record, segments...) })
	timed(t, "Load of 5,000 segments", func() {
		if got := loadOne(t, store).Records[0].Response.Segments; !slices.Equal(got, segments) {
			t.Errorf("the %d segments are not the same", len(got))
		}
	})
	timed(t, "DropSegments of 5,000 segments", func() {
		if err := store.DropSegments(context.Background(), "u", 0, 0, segments); err != nil {
			t.Fatalf("DropSegments: %v", err)
		}
	})
	wantSegments(t, loadOne(t, store).Records[0])
}

func testGoroutines(t T, open OpenStore) {
	const workers, rounds = 8, 10
	store := open(t)
	ctx := context.Background()
	errs := make([]error, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			uniqueID := fmt.Sprintf("u%d", worker)
			errs[worker] = func() error {
				if err := store.Create(ctx, fetchState(uniqueID), manyRequests(2)); err != nil {
					return err
				}
				for round := range rounds {
					record := initialRecord()
					record.Response.Generation = worker
					segment := bgfetch.Segment{Offset: int64(round), Length: 1}
					if err := store.PutRecord(ctx, uniqueID, 1, record, segment); err != nil {
						return err
					}
					if _, err := store.Load(ctx); err != nil {
						return err
					}
					if round%2 == 1 {
						if err := store.DropSegments(ctx, uniqueID, 1, worker, []bgfetch.Segment{segment}); err != nil {
							return err
						}
					}
				}
				if worker%2 == 1 {
					return store.Delete(ctx, uniqueID, nil)
				}
				return store.PutStates(ctx, fetchState(uniqueID))
			}()
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("%v", err)
	}
	all := load(t, store)
	if len(all) != workers/2 {
		t.Fatalf("got %q", uniqueIDs(all))
	}
	for _, stored := range all {
		wantSegments(t, stored.Records[1], bgfetch.Segment{Offset: 0, Length: 1}, bgfetch.Segment{Offset: 2, Length: 1},
			bgfetch.Segment{Offset: 4, Length: 1}, bgfetch.Segment{Offset: 6, Length: 1}, bgfetch.Segment{Offset: 8, Length: 1})
	}
}

func testContextEnded(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"))
	segment := bgfetch.Segment{Offset: 0, Length: 5}
	putRecord(t, store, "u", 0, initialRecord(), segment)
	before := load(t, store)

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		changed := fetchState("u")
		changed.Title = "changed"
		_, err := store.Load(ctx)
		errs := map[string]error{
			"Load":         err,
			"Create":       store.Create(ctx, fetchState("v"), []bgfetch.Request{get("/1")}),
			"PutStates":    store.PutStates(ctx, changed),
			"PutRecord":    store.PutRecord(ctx, "u", 0, fullRecord(), segment),
			"DropSegments": store.DropSegments(ctx, "u", 0, 0, []bgfetch.Segment{segment}),
			"Delete":       store.Delete(ctx, "u", nil),
		}
		for method, err := range errs {
			if !errors.Is(err, ctx.Err()) {
				t.Errorf("%s: got %v, want %v", method, err, ctx.Err())
			}
		}
	}
	if after := load(t, store); !reflect.DeepEqual(after, before) {
		t.Errorf("something changed: got %v, want %v", after, before)
	}
}

// testContextEnds ends the context while methods run: what returned nil is
// stored, what returned an error is not.
func testContextEnds(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), manyRequests(64)...)
	errs := make([]error, 64)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*100*time.Microsecond)
			defer cancel()
			errs[i] = store.PutRecord(ctx, "u", i, fullRecord(), bgfetch.Segment{Offset: 0, Length: 1})
			if errs[i] != nil && !errors.Is(errs[i], ctx.Err()) {
				errs[i] = fmt.Errorf("record %d: not the context's error: %w", i, errs[i])
			}
		})
	}
	group.Wait()
	records := loadOne(t, store).Records
	for i, err := range errs {
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if got, want := len(records[i].Response.Segments) == 1, err == nil; got != want {
			t.Errorf("record %d: stored is %v, but the method returned %v", i, got, err)
		}
	}
}
