package bgfetchtest

import (
	"context"
	"errors"
	"reflect"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeRemainsCases say what is stored of what failed background fetches leave.
var storeRemainsCases = []StoreCase{
	{"no remains", testNoRemains},
	{"leave remains", testLeave},
	{"leave remains in the same place", testLeaveAgain},
	{"leave remains of an unknown background fetch", testLeaveUnknown},
	{"begin with remains", testBegin},
	{"delete remains", testDeleteRemains},
	{"remains outlive their background fetch", testRemainsOutlive},
}

func someRemains(uniqueID string, index int) *bgfetch.Remains {
	return &bgfetch.Remains{
		Place: bgfetch.Place{UniqueID: uniqueID, Index: index}, Of: uniqueID, ID: oddStrings[4], Record: index,
		URL: "https://example.com/?" + oddStrings[5], Left: 1 << 50,
		Response: bgfetch.ResponseData{
			Generation: 3, Length: 1 << 40, ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Compare: true, Seams: []int64{7},
			Resumable: true, From: "https://example.com/before", Head: &bgfetch.Head{URL: "https://example.com/", Type: "basic", Status: 200},
		},
		Segments: []bgfetch.Segment{{Offset: 0, Length: 5, Nonce: 8}, {Offset: 5, Length: 1 << 40, Nonce: bgfetch.MaxLength}},
	}
}

func allRemains(t T, store bgfetch.Store) []*bgfetch.Remains {
	t.Helper()
	all, err := store.Remains(context.Background())
	if err != nil {
		t.Fatalf("Remains: %v", err)
	}
	return all
}

func wantRemains(t T, store bgfetch.Store, want ...*bgfetch.Remains) {
	t.Helper()
	all := allRemains(t, store)
	if len(all) != len(want) {
		t.Fatalf("there are %d remains, want %d", len(all), len(want))
	}
	for _, one := range want {
		found := false
		for _, other := range all {
			found = found || reflect.DeepEqual(one, other)
		}
		if !found {
			t.Errorf("%+v is not among the remains", one)
		}
	}
}

func leave(t T, store bgfetch.Store, uniqueID string, index int, record bgfetch.RecordState, remains *bgfetch.Remains) {
	t.Helper()
	if err := store.Leave(context.Background(), uniqueID, index, record, remains); err != nil {
		t.Fatalf("Leave %q %d: %v", uniqueID, index, err)
	}
}

var failedRecord = bgfetch.RecordState{Response: bgfetch.ResponseData{Generation: 3, Length: -1, Result: "fetch-error"}, Left: 17}

func testNoRemains(t T, open OpenStore) { wantRemains(t, open(t)) }

func testLeave(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("https://example.com/1"), get("https://example.com/2"))
	stored := bgfetch.RecordState{Response: bgfetch.ResponseData{Generation: 3, Length: 9}}
	putRecord(t, store, "u", 0, stored, bgfetch.Segment{Offset: 0, Length: 5})
	putRecord(t, store, "u", 1, stored, bgfetch.Segment{Offset: 0, Length: 5})
	leave(t, store, "u", 1, failedRecord, someRemains("u", 1))
	for range 2 {
		wantRemains(t, store, someRemains("u", 1))
		one := loadOne(t, store)
		wantSegments(t, one.Records[0], bgfetch.Segment{Offset: 0, Length: 5})
		wantSegments(t, one.Records[1])
		if !reflect.DeepEqual(one.Records[1], failedRecord) {
			t.Errorf("the record is %+v", one.Records[1])
		}
		store = open(t)
	}
}

func testLeaveAgain(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("https://example.com/1"))
	leave(t, store, "u", 0, failedRecord, someRemains("elsewhere", 5))
	later := someRemains("elsewhere", 5)
	later.Of, later.Segments = "u", later.Segments[:1]
	leave(t, store, "u", 0, failedRecord, later)
	wantRemains(t, store, later)
}

func testLeaveUnknown(t T, open OpenStore) {
	store := open(t)
	err := store.Leave(context.Background(), "nobody", 0, failedRecord, someRemains("nobody", 0))
	if !errors.Is(err, bgfetch.ErrUnknown) {
		t.Errorf("Leave: %v", err)
	}
	wantRemains(t, store)
}

func testBegin(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("first"), get("https://example.com/1"), get("https://example.com/2"))
	leave(t, store, "first", 0, failedRecord, someRemains("first", 0))
	leave(t, store, "first", 1, failedRecord, someRemains("first", 1))
	begun := bgfetch.RecordState{Response: someRemains("first", 1).Response, Place: bgfetch.Place{UniqueID: "first", Index: 1}}
	begun.Response.Segments = someRemains("first", 1).Segments
	requests := []bgfetch.Request{get("https://example.com/0"), get("https://example.com/2")}
	if err := store.Create(context.Background(), fetchState("second"), requests, bgfetch.Begun{Index: 1, State: begun}); err != nil {
		t.Fatalf("Create: %v", err)
	}
	for range 2 {
		wantRemains(t, store, someRemains("first", 0))
		all := load(t, store)
		if len(all) != 2 || !reflect.DeepEqual(all[1].Records[1], begun) || all[1].Records[0].Response.Length != -1 {
			t.Fatalf("loaded %+v", all)
		}
		store = open(t)
	}
	// One that cannot be made leaves them where they are.
	begun.Place.Index = 0
	if err := store.Create(context.Background(), fetchState("second"), requests, bgfetch.Begun{Index: 0, State: begun}); err == nil {
		t.Errorf("created twice")
	}
	wantRemains(t, store, someRemains("first", 0))
}

func testDeleteRemains(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("https://example.com/1"))
	for index := range 3 {
		leave(t, store, "u", 0, failedRecord, someRemains("u", index))
	}
	err := store.DeleteRemains(context.Background(), bgfetch.Place{UniqueID: "u", Index: 2}, bgfetch.Place{UniqueID: "u"}, bgfetch.Place{UniqueID: "none"})
	if err != nil {
		t.Errorf("DeleteRemains: %v", err)
	}
	wantRemains(t, store, someRemains("u", 1))
	wantRemains(t, open(t), someRemains("u", 1))
}

func testRemainsOutlive(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("https://example.com/1"))
	leave(t, store, "u", 0, failedRecord, someRemains("u", 0))
	if err := store.Delete(context.Background(), "u", nil); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	store = open(t)
	if all := load(t, store); len(all) != 0 {
		t.Errorf("loaded %+v", all)
	}
	wantRemains(t, store, someRemains("u", 0))
}
