package bgfetchtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeHistoryCases are about what is kept when a background fetch is done with.
var storeHistoryCases = []StoreCase{
	{"history", testHistory},
	{"history has a limit", testHistoryLimit},
	{"keep", testKeep},
	{"requests are replaced", testPutRequests},
	{"log", testLog},
	{"log has a limit", testLogLimit},
}

func history(t T, store bgfetch.Store) []bgfetch.Ended {
	t.Helper()
	all, err := store.History(context.Background())
	if err != nil {
		t.Fatalf("History: %v", err)
	}
	return all
}

func logRuns(t T, store bgfetch.Store) []bgfetch.LogRun {
	t.Helper()
	all, err := store.Log(context.Background())
	if err != nil {
		t.Fatalf("Log: %v", err)
	}
	return all
}

func putLog(t T, store bgfetch.Store, run bgfetch.LogRun) int64 {
	t.Helper()
	number, err := store.PutLog(context.Background(), run)
	if err != nil {
		t.Fatalf("PutLog: %v", err)
	}
	return number
}

// end makes a background fetch and deletes it.
func end(t T, store bgfetch.Store, uniqueID string, ended *bgfetch.Ended) {
	t.Helper()
	create(t, store, fetchState(uniqueID), get("/"))
	if err := store.Delete(context.Background(), uniqueID, ended); err != nil {
		t.Fatalf("Delete: %v", err)
	}
}

func fullEnded(uniqueID string) bgfetch.Ended {
	return bgfetch.Ended{
		Listing: bgfetch.Listing{
			Snapshot: bgfetch.Snapshot{UniqueID: uniqueID, ID: "ä", Downloaded: 1 << 52, Result: bgfetch.ResultFailure, FailureReason: bgfetch.ReasonBadStatus},
			Title:    "A <title>", Icon: "https://example.com/i.png", Created: 1, URL: "https://example.com/", Records: 2, Total: 3,
			Pausable: true, Detail: "why",
		},
		Ended: 4, Retryable: true, AbortedBy: "call",
		Again: &bgfetch.FetchInit{ID: "ä", Requests: []bgfetch.Request{get("/a"), get("/b")}, Icons: []bgfetch.Image{{Src: "i"}}},
	}
}

func testHistory(t T, open OpenStore) {
	store := open(t)
	ctx := context.Background()
	if all := history(t, store); len(all) != 0 {
		t.Errorf("a new store has the history %v", all)
	}
	one, two := fullEnded("one"), fullEnded("two")
	end(t, store, "one", &one)
	end(t, store, "none", nil)
	end(t, store, "two", &two)
	if err := store.Delete(ctx, "two", &two); err != nil {
		t.Errorf("Delete again: %v", err)
	}
	store = open(t)
	all := history(t, store)
	if len(all) != 2 || all[1].Number <= 0 || all[0].Number <= all[1].Number {
		t.Fatalf("the history is %+v", all)
	}
	if one.Number != 0 {
		t.Errorf("the store changed what it was given: %+v", one)
	}
	one.Number, two.Number = all[1].Number, all[0].Number
	if !reflect.DeepEqual(all, []bgfetch.Ended{two, one}) {
		t.Errorf("got  %+v\nwant %+v", all, []bgfetch.Ended{two, one})
	}
	if err := store.DeleteHistory(ctx, two.Number, 999); err != nil {
		t.Fatalf("DeleteHistory: %v", err)
	}
	if all := history(t, store); len(all) != 1 || all[0].UniqueID != "one" {
		t.Errorf("after DeleteHistory: %+v", all)
	}
	three := fullEnded("three")
	end(t, store, "three", &three)
	if all := history(t, store); len(all) != 2 || all[0].Number <= two.Number {
		t.Errorf("a number was given twice: %+v", all)
	}
	if err := store.DeleteHistory(ctx); err != nil {
		t.Fatalf("DeleteHistory of all: %v", err)
	}
	if all := history(t, store); len(all) != 0 {
		t.Errorf("after DeleteHistory of all: %+v", all)
	}
}

func testHistoryLimit(t T, open OpenStore) {
	store := open(t)
	for i := range bgfetch.MaxHistory + 3 {
		ended := fullEnded(fmt.Sprint(i))
		end(t, store, ended.UniqueID, &ended)
	}
	all := history(t, store)
	if len(all) != bgfetch.MaxHistory || all[0].UniqueID != fmt.Sprint(bgfetch.MaxHistory+2) || all[len(all)-1].UniqueID != "3" {
		t.Errorf("%d are kept, from %q to %q", len(all), all[0].UniqueID, all[len(all)-1].UniqueID)
	}
}

func testKeep(t T, open OpenStore) {
	store := open(t)
	ctx := context.Background()
	create(t, store, fetchState("u"), get("/a"))
	if err := store.PutRecord(ctx, "u", 0, fullRecord(), bgfetch.Segment{Length: 7}); err != nil {
		t.Fatalf("PutRecord: %v", err)
	}
	state := fetchState("u")
	state.Keep, state.KeptAt, state.InHistory, state.Result = true, 1<<50, true, bgfetch.ResultSuccess
	if err := store.Keep(ctx, state, fullEnded("u")); err != nil {
		t.Fatalf("Keep: %v", err)
	}
	if err := store.Keep(ctx, fetchState("unknown"), fullEnded("unknown")); !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("Keep of an unknown one: %v", err)
	}
	store = open(t)
	got := loadOne(t, store)
	if !got.State.InHistory || got.State.KeptAt != 1<<50 || len(got.Records[0].Response.Segments) != 1 {
		t.Errorf("it is %+v", got)
	}
	want := fullEnded("u")
	want.Number = 1
	if all := history(t, store); len(all) != 1 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("the history is %+v", all)
	}
}

func testPutRequests(t T, open OpenStore) {
	store := open(t)
	ctx := context.Background()
	secret := get("/a")
	secret.Headers = []bgfetch.Header{{"Authorization", "secret"}}
	create(t, store, fetchState("u"), secret, get("/b"))
	create(t, store, fetchState("v"), secret)
	putRecord(t, store, "u", 1, fullRecord(), bgfetch.Segment{Length: 7})
	want := []bgfetch.Request{get("/a"), get("/b")}
	if err := store.PutRequests(ctx, "u", want); err != nil {
		t.Fatalf("PutRequests: %v", err)
	}
	if err := store.PutRequests(ctx, "unknown", want); !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("PutRequests of an unknown one: %v", err)
	}
	all := load(t, open(t))
	if len(all) != 2 || all[0].State.UniqueID != "u" || !reflect.DeepEqual(all[0].Requests, want) || !reflect.DeepEqual(all[1].Requests[0], secret) {
		t.Fatalf("there are %+v", all)
	}
	if len(all[0].Records) != 2 || len(all[0].Records[1].Response.Segments) != 1 {
		t.Errorf("its records are %+v", all[0].Records)
	}
}

func testLog(t T, open OpenStore) {
	store := open(t)
	record := 7
	run := bgfetch.LogRun{Started: 1, Dropped: 2, Entries: []bgfetch.LogEntry{
		{At: 1, Event: "started"},
		{At: 2, Event: "request", ID: "ä", Record: &record, URL: "https://example.com/", Range: "bytes=1-", Status: 206, Detail: "d"},
	}}
	run.Number = putLog(t, store, run)
	run.Entries = append(run.Entries, bgfetch.LogEntry{At: 3, Event: "settled"})
	if number := putLog(t, store, run); number != run.Number || number <= 0 {
		t.Errorf("the number became %d", number)
	}
	store = open(t)
	next := bgfetch.LogRun{Started: 4, Entries: []bgfetch.LogEntry{{At: 4, Event: "started"}}}
	next.Number = putLog(t, store, next)
	if all := logRuns(t, store); !reflect.DeepEqual(all, []bgfetch.LogRun{run, next}) {
		t.Errorf("got  %+v\nwant %+v", all, []bgfetch.LogRun{run, next})
	}
}

func testLogLimit(t T, open OpenStore) {
	store := open(t)
	for i := range bgfetch.MaxLogRuns + 2 {
		putLog(t, store, bgfetch.LogRun{Started: int64(i)})
	}
	all := logRuns(t, store)
	if len(all) != bgfetch.MaxLogRuns || all[0].Started != 2 {
		t.Errorf("%d are kept: %+v", len(all), all)
	}
}
