package bgfetchtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"background-fetch-wasm/wasm/bgfetch"
)

// storeRecordCases say what is stored, replaced and dropped of records and their segments.
var storeRecordCases = []StoreCase{
	{"put record", testPutRecord},
	{"put records at once", testPutRecordsAtOnce},
	{"segments are sorted", testSegmentsSorted},
	{"segment at the same offset", testSegmentReplaced},
	{"generation change", testGenerationChange},
	{"drop segments", testDropSegments},
}

// initialRecord is the state of a record that was never put.
func initialRecord() bgfetch.RecordState {
	return bgfetch.RecordState{Response: bgfetch.ResponseData{Length: -1}}
}

func fullRecord() bgfetch.RecordState {
	return bgfetch.RecordState{
		Response: bgfetch.ResponseData{
			Generation: 3,
			Head: &bgfetch.Head{
				URL:        "https://example.com/ö?q=1#f",
				Type:       "cors",
				Redirected: true,
				Status:     206,
				StatusText: "Partial Content",
				Headers:    []bgfetch.Header{{"content-type", "text/plain"}, {"set-cookie", "a"}, {"set-cookie", "b"}},
			},
			Result:       bgfetch.ResponseResult(bgfetch.ReasonBadStatus),
			Length:       12345,
			ETag:         `W/"ü"`,
			LastModified: "Tue, 03 Feb 2026 04:05:06 GMT",
			Whole:        true,
			Resumable:    true,
		},
		Sent:     true,
		Uploaded: 77,
		Restarts: 2,
		Refreshed: &bgfetch.Refreshed{
			URL: "https://example.com/ö?signed=2", Headers: []bgfetch.Header{{"authorization", "a"}}, Credentials: "include",
		},
	}
}

func testPutRecord(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"), get("/2"), get("/3"))
	record := fullRecord()
	// Segments are rows of their own: those within the state count for nothing.
	record.Response.Segments = []bgfetch.Segment{{Offset: 5, Length: 5}}
	putRecord(t, store, "u", 1, record, bgfetch.Segment{Offset: 0, Length: 10})
	putRecord(t, store, "u", 1, record, bgfetch.Segment{Offset: 10, Length: 1}, bgfetch.Segment{Offset: 11, Length: 4})
	putRecord(t, store, "u", 1, record)

	want := fullRecord()
	want.Response.Segments = []bgfetch.Segment{{Offset: 0, Length: 10}, {Offset: 10, Length: 1}, {Offset: 11, Length: 4}}
	stored := loadOne(t, store)
	if wantAll := []bgfetch.RecordState{initialRecord(), want, initialRecord()}; !reflect.DeepEqual(stored.Records, wantAll) {
		t.Errorf("records: got %v, want %v", stored.Records, wantAll)
	}

	record = initialRecord()
	record.Response.Generation = 3
	putRecord(t, store, "u", 1, record)
	record.Response.Segments = want.Response.Segments
	if got := loadOne(t, store).Records[1]; !reflect.DeepEqual(got, record) {
		t.Errorf("replaced record: got %v, want %v", got, record)
	}
}

// testPutRecordsAtOnce: a store may put them together, but each has its own outcome.
func testPutRecordsAtOnce(t T, open OpenStore) {
	const n = 20
	store := open(t)
	requests := make([]bgfetch.Request, n)
	for i := range requests {
		requests[i] = get(fmt.Sprintf("/%d", i))
	}
	create(t, store, fetchState("u"), requests...)
	ended, end := context.WithCancel(context.Background())
	end()
	put := func(ctx context.Context, uniqueID string, i int, outcome chan<- error) {
		outcome <- store.PutRecord(ctx, uniqueID, i, initialRecord(), bgfetch.Segment{Length: int64(i + 1)})
	}
	stored, unknown, late := make(chan error, n), make(chan error, n), make(chan error, n)
	for i := range n {
		go put(context.Background(), "u", i, stored)
		go put(context.Background(), "unknown", i, unknown)
		go put(ended, "u", i, late)
	}
	for range n {
		if err := <-stored; err != nil {
			t.Errorf("PutRecord: %v", err)
		}
		if err := <-unknown; !errors.Is(err, bgfetch.ErrUnknown) {
			t.Errorf("PutRecord of an unknown one: got %v, want ErrUnknown", err)
		}
		if err := <-late; !errors.Is(err, context.Canceled) {
			t.Errorf("PutRecord after its context ended: got %v, want Canceled", err)
		}
	}
	for i, record := range loadOne(t, store).Records {
		wantSegments(t, record, bgfetch.Segment{Length: int64(i + 1)})
	}
}

func testSegmentsSorted(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"))
	record := initialRecord()
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 100, Length: 900}, bgfetch.Segment{Offset: 20, Length: 80})
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 1000, Length: 1}, bgfetch.Segment{Offset: 3, Length: 17})
	wantSegments(t, loadOne(t, store).Records[0],
		bgfetch.Segment{Offset: 3, Length: 17}, bgfetch.Segment{Offset: 20, Length: 80},
		bgfetch.Segment{Offset: 100, Length: 900}, bgfetch.Segment{Offset: 1000, Length: 1})
}

func testSegmentReplaced(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"))
	record := initialRecord()
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 0, Length: 5}, bgfetch.Segment{Offset: 5, Length: 5, Nonce: 3})
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 5, Length: 7, Nonce: 1<<53 - 1})
	wantSegments(t, loadOne(t, store).Records[0], bgfetch.Segment{Offset: 0, Length: 5}, bgfetch.Segment{Offset: 5, Length: 7, Nonce: 1<<53 - 1})
}

func testGenerationChange(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"), get("/2"))
	record := initialRecord()
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 0, Length: 5}, bgfetch.Segment{Offset: 5, Length: 5})
	putRecord(t, store, "u", 1, record, bgfetch.Segment{Offset: 0, Length: 3})

	record.Response.Generation = 2
	putRecord(t, store, "u", 0, record, bgfetch.Segment{Offset: 0, Length: 8})
	stored := loadOne(t, store)
	wantSegments(t, stored.Records[0], bgfetch.Segment{Offset: 0, Length: 8})
	wantSegments(t, stored.Records[1], bgfetch.Segment{Offset: 0, Length: 3})

	record.Response.Generation = 3
	putRecord(t, store, "u", 0, record)
	wantSegments(t, loadOne(t, store).Records[0])
}

func testDropSegments(t T, open OpenStore) {
	store := open(t)
	create(t, store, fetchState("u"), get("/1"), get("/2"))
	record := initialRecord()
	record.Response.Generation = 1
	segments := []bgfetch.Segment{{Offset: 0, Length: 5}, {Offset: 5, Length: 5}, {Offset: 10, Length: 5}}
	putRecord(t, store, "u", 0, record, segments...)
	putRecord(t, store, "u", 1, record, segments...)
	drop := func(index, generation int, lost ...bgfetch.Segment) {
		t.Helper()
		if err := store.DropSegments(context.Background(), "u", index, generation, lost); err != nil {
			t.Fatalf("DropSegments: %v", err)
		}
	}
	drop(0, 1, segments[2], segments[0], bgfetch.Segment{Offset: 99, Length: 1})
	drop(1, 0, segments...)
	drop(1, 1)
	drop(7, 1, segments...)
	stored := loadOne(t, store)
	wantSegments(t, stored.Records[0], segments[1])
	wantSegments(t, stored.Records[1], segments...)
}
