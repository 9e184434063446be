package bgfetchtest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeFetchCases say what is stored of background fetches, and what is loaded.
var storeFetchCases = []StoreCase{
	{"empty", testEmpty},
	{"create with everything", testCreateEverything},
	{"create with the least", testCreateLeast},
	{"create twice", testCreateTwice},
	{"order of creation", testOrder},
	{"put states", testPutStates},
	{"delete", testDelete},
	{"independent", testIndependent},
	{"unknown background fetch", testUnknown},
	{"largest integers", testLargestIntegers},
	{"reopen", testReopen},
}

var created = time.Date(2026, 2, 3, 4, 5, 6, 789000000, time.UTC)

// oddStrings have been trouble somewhere between Go, JSON, JS and a database.
var oddStrings = []string{
	"",
	"__proto__",
	"constructor",
	"a\x00b",
	"Füße – 你好 – 🏳️‍🌈",
	"\ufeffmark in front",
	"line\u2028and\u2029paragraph",
	`quotes "'<&>\/`,
	" \t\r\n ",
	strings.Repeat("100 kB ", 100_000/7),
}

func fetchState(uniqueID string) bgfetch.FetchState {
	return bgfetch.FetchState{UniqueID: uniqueID, ID: "id of " + uniqueID, Created: created}
}

func get(url string) bgfetch.Request {
	return bgfetch.Request{URL: url, Method: "GET"}
}

func testEmpty(t T, open OpenStore) {
	if all := load(t, open(t)); len(all) != 0 {
		t.Errorf("a new store has %d background fetches", len(all))
	}
}

func testCreateEverything(t T, open OpenStore) {
	store := open(t)
	for _, odd := range oddStrings {
		state := bgfetch.FetchState{
			UniqueID:      "u" + odd,
			ID:            odd,
			Title:         odd,
			Icons:         []bgfetch.Image{{Src: odd, Sizes: "1x1 any", Type: "image/png", Label: odd}, {Src: "/b"}},
			DownloadTotal: 1 << 40,
			UploadTotal:   5,
			Created:       created,
			Result:        bgfetch.ResultFailure,
			FailureReason: bgfetch.ReasonQuotaExceeded,
			Aborted:       true,
			Delivered:     true,
		}
		requests := []bgfetch.Request{{
			URL:            "https://example.com/?" + odd,
			Method:         "POST",
			Headers:        []bgfetch.Header{{"x-odd", odd}, {"x-odd", "twice"}},
			Mode:           "cors",
			Credentials:    "include",
			Cache:          "no-store",
			Redirect:       "manual",
			Referrer:       "about:client",
			ReferrerPolicy: "no-referrer",
			Integrity:      "sha256-abc",
			Body:           &bgfetch.RequestBody{Size: 5, Key: "/__bgfetch__/0/request"},
		}, get("https://example.com/2")}
		create(t, store, state, requests...)
		stored := loadOne(t, store)
		if !reflect.DeepEqual(stored.State, state) {
			t.Errorf("state: got %.200v, want %.200v", stored.State, state)
		}
		if !reflect.DeepEqual(stored.Requests, requests) {
			t.Errorf("requests: got %.200v, want %.200v", stored.Requests, requests)
		}
		if want := []bgfetch.RecordState{initialRecord(), initialRecord()}; !reflect.DeepEqual(stored.Records, want) {
			t.Errorf("records: got %v, want %v", stored.Records, want)
		}
		if err := store.Delete(context.Background(), state.UniqueID, nil); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
}

func testCreateLeast(t T, open OpenStore) {
	store := open(t)
	create(t, store, bgfetch.FetchState{UniqueID: "u"}, bgfetch.Request{})
	stored := loadOne(t, store)
	if want := (bgfetch.FetchState{UniqueID: "u"}); !reflect.DeepEqual(stored.State, want) {
		t.Errorf("state: got %v, want %v", stored.State, want)
	}
	if want := []bgfetch.Request{{}}; !reflect.DeepEqual(stored.Requests, want) {
		t.Errorf("requests: got %v, want %v", stored.Requests, want)
	}
}

func testCreateTwice(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"))
	putRecord(t, store, "u", 0, fullRecord(), bgfetch.Segment{Offset: 0, Length: 1})
	before := loadOne(t, store)
	second := fetchState("u")
	second.Title = "second"
	if err := store.Create(context.Background(), second, []bgfetch.Request{get("/2")}); err == nil {
		t.Errorf("the second Create with the same unique id returned no error")
	}
	if after := loadOne(t, store); !reflect.DeepEqual(after, before) {
		t.Errorf("the second Create changed %v to %v", before, after)
	}
}

func testOrder(t T, open OpenStore) {
	store := open(t)
	want := []string{"m", "z", "a", "10", "9", "Ä", "__proto__"}
	for i, uniqueID := range want {
		state := fetchState(uniqueID)
		// The clock may stand still, and be set back.
		state.Created = created.Add(-time.Duration(i/2) * time.Hour)
		create(t, store, state, get("/"))
	}
	if err := store.PutStates(context.Background(), fetchState("m")); err != nil {
		t.Fatalf("PutStates: %v", err)
	}
	if got := uniqueIDs(load(t, store)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := store.Delete(context.Background(), "__proto__", nil); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	store = open(t)
	create(t, store, fetchState("b"), get("/"))
	want[len(want)-1] = "b"
	if got := uniqueIDs(load(t, store)); !slices.Equal(got, want) {
		t.Errorf("reopened: got %q, want %q", got, want)
	}
}

func testPutStates(t T, open OpenStore) {
	store := open(t)
	requests := []bgfetch.Request{get("/1"), get("/2")}
	create(t, store, fetchState("u"), requests...)
	putRecord(t, store, "u", 1, fullRecord(), bgfetch.Segment{Offset: 0, Length: 9})
	state := fetchState("u")
	state.Title = "changed"
	state.Result = bgfetch.ResultSuccess
	if err := store.PutStates(context.Background(), state); err != nil {
		t.Fatalf("PutStates: %v", err)
	}
	stored := loadOne(t, store)
	if !reflect.DeepEqual(stored.State, state) {
		t.Errorf("state: got %v, want %v", stored.State, state)
	}
	if !reflect.DeepEqual(stored.Requests, requests) {
		t.Errorf("requests: got %v, want %v", stored.Requests, requests)
	}
	wantSegments(t, stored.Records[1], bgfetch.Segment{Offset: 0, Length: 9})

	// Of several all are stored, or, where one is not there, none.
	create(t, store, fetchState("v"), requests...)
	both := []bgfetch.FetchState{fetchState("u"), fetchState("v")}
	both[0].Paused, both[1].Paused = true, true
	if err := store.PutStates(context.Background(), append(both, fetchState("w"))...); !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("PutStates with one that is not there: got %v, want ErrUnknown", err)
	}
	for i, stored := range load(t, store) {
		if stored.State.Paused {
			t.Errorf("%d of several was stored without the others", i)
		}
	}
	if err := store.PutStates(context.Background(), both...); err != nil {
		t.Fatalf("PutStates: %v", err)
	}
	for i, stored := range load(t, store) {
		if !reflect.DeepEqual(stored.State, both[i]) {
			t.Errorf("state %d: got %v, want %v", i, stored.State, both[i])
		}
	}
}

func testDelete(t T, open OpenStore) {
	store := open(t)
	for _, uniqueID := range []string{"u", "u2", "t"} {
		create(t, store, fetchState(uniqueID), get("/1"))
		putRecord(t, store, uniqueID, 0, fullRecord(), bgfetch.Segment{Offset: 0, Length: 5})
	}
	for range 2 { // the second time it is absent
		if err := store.Delete(context.Background(), "u", nil); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		all := load(t, store)
		if got := uniqueIDs(all); !slices.Equal(got, []string{"u2", "t"}) {
			t.Fatalf("after Delete: got %q", got)
		}
		for _, stored := range all {
			wantSegments(t, stored.Records[0], bgfetch.Segment{Offset: 0, Length: 5})
		}
	}
	create(t, store, fetchState("u"), get("/1"))
	if got := load(t, store)[2].Records[0]; !reflect.DeepEqual(got, initialRecord()) {
		t.Errorf("Delete left %v behind", got)
	}
}

func testIndependent(t T, open OpenStore) {
	store := open(t)
	ids := []string{"a", "a/0", "a\x00", "b"}
	for i, uniqueID := range ids {
		create(t, store, fetchState(uniqueID), get("/1"), get("/2"))
		record := initialRecord()
		record.Uploaded = int64(i)
		putRecord(t, store, uniqueID, 1, record, bgfetch.Segment{Offset: int64(i), Length: 1})
	}
	for i, stored := range load(t, store) {
		if got := stored.Records[1].Uploaded; got != int64(i) {
			t.Errorf("%q: uploaded is %d, want %d", ids[i], got, i)
		}
		wantSegments(t, stored.Records[0])
		wantSegments(t, stored.Records[1], bgfetch.Segment{Offset: int64(i), Length: 1})
	}
}

// testUnknown: what comes too late, after Delete, must not leave rows behind.
func testUnknown(t T, open OpenStore) {
	store := open(t)
	ctx := context.Background()
	if err := store.PutStates(ctx, fetchState("u")); !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("PutStates: got %v, want ErrUnknown", err)
	}
	if err := store.PutRecord(ctx, "u", 0, fullRecord(), bgfetch.Segment{Length: 1}); !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("PutRecord: got %v, want ErrUnknown", err)
	}
	if err := store.DropSegments(ctx, "u", 0, 0, []bgfetch.Segment{{Length: 1}}); err != nil {
		t.Errorf("DropSegments: %v", err)
	}
	if all := load(t, store); len(all) != 0 {
		t.Errorf("there are %d background fetches", len(all))
	}
	create(t, store, fetchState("u"), get("/1"))
	if got := loadOne(t, store).Records[0]; !reflect.DeepEqual(got, initialRecord()) {
		t.Errorf("a method that failed left %v behind", got)
	}
}

func testLargestIntegers(t T, open OpenStore) {
	const largest = 1<<53 - 1
	store := open(t)
	state := fetchState("u")
	state.DownloadTotal, state.UploadTotal = largest, largest
	state.Created = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	create(t, store, state, bgfetch.Request{Body: &bgfetch.RequestBody{Size: largest}})
	record := initialRecord()
	record.Response.Length = largest
	record.Response.Generation = 1 << 30
	record.Uploaded = largest
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 1, Length: largest - 1}, bgfetch.Segment{Offset: largest, Length: largest})
	stored := loadOne(t, store)
	if !reflect.DeepEqual(stored.State, state) {
		t.Errorf("state: got %v, want %v", stored.State, state)
	}
	if got := stored.Requests[0].Body.Size; got != largest {
		t.Errorf("body size: got %d", got)
	}
	if got := stored.Records[0]; got.Response.Length != largest || got.Uploaded != largest || got.Response.Generation != 1<<30 {
		t.Errorf("record: got %v", got)
	}
	wantSegments(t, stored.Records[0], bgfetch.Segment{Offset: 1, Length: largest - 1}, bgfetch.Segment{Offset: largest, Length: largest})
}

func testReopen(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"), get("/2"))
	create(t, store, fetchState("a"), get("/1"))
	putRecord(t, store, "u", 1, fullRecord(), bgfetch.Segment{Offset: 0, Length: 5}, bgfetch.Segment{Offset: 5, Length: 6})
	before := load(t, store)
	for range 2 {
		store = open(t)
		if after := load(t, store); !reflect.DeepEqual(after, before) {
			t.Errorf("reopened: got %v, want %v", after, before)
		}
	}
}
