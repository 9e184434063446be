package part_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// attempt is what parts reach of one. Its server has a file of so many bytes, and answers
// when it may.
type attempt struct {
	length int64
	may    chan struct{}
	read   *reading
}

// reading is a response that is read. It notes what was stored and what was compared.
type reading struct {
	bgfetch.Transfer
	head             bgfetch.Head
	at               int64
	stored, compared []ranges.Span
}

func (a *attempt) Open(ctx context.Context, start, end int64) (bgfetch.Transfer, error) {
	<-a.may
	if end == 0 {
		end = a.length
	}
	a.read = &reading{at: start, head: bgfetch.Head{Type: "basic", Status: 206, Headers: []bgfetch.Header{
		{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, a.length)},
	}}}
	return a.read, nil
}

func (a *attempt) SaveLimits(int64) bgfetch.SaveLimits {
	return bgfetch.SaveLimits{MinLength: 10, MaxLength: 10}
}
func (a *attempt) Charge(int64)               {}
func (a *attempt) MayRead() time.Duration     { return 0 }
func (a *attempt) State() bgfetch.RecordState { return bgfetch.RecordState{} }

func (r *reading) Head() bgfetch.Head { return r.head }
func (r *reading) Stop()              {}
func (r *reading) Close()             {}

func (r *reading) Save(_ context.Context, _ bgfetch.SegmentKey, limits bgfetch.SaveLimits, _ io.Writer) (bgfetch.Saved, error) {
	r.stored = append(r.stored, ranges.Span{Start: r.at, End: r.at + limits.MaxLength})
	r.at += limits.MaxLength
	return bgfetch.Saved{Length: limits.MaxLength}, nil
}

func (r *reading) Compare(_ context.Context, stored []bgfetch.StoredRange, _ bgfetch.SaveLimits) (bgfetch.Compared, error) {
	var length int64
	for _, one := range stored {
		length += one.Length
	}
	r.compared = append(r.compared, ranges.Span{Start: r.at, End: r.at + length})
	r.at += length
	return bgfetch.Compared{Length: length, Equal: true}, nil
}

// run moves the range of a part and returns how. change is called before the response comes.
func run(t *testing.T, stored []bgfetch.Segment, start, end int64, change func(*part.Part)) *reading {
	t.Helper()
	a := &attempt{length: 1000, may: make(chan struct{})}
	data := bgfetch.ResponseData{
		Head: &bgfetch.Head{Type: "basic", Status: 200}, Length: 1000, Resumable: true, LastModified: "Sat, 14 Mar 2026 15:09:26 GMT", Segments: stored,
	}
	events := make(chan part.Event)
	record := &part.Record{
		Request: bgfetch.Request{Method: "GET"}, Retry: bgfetch.DefaultRetryPolicy, Segments: bgfetch.SaveLimits{MaxLength: 1000}, Go: func(f func()) { go f() },
	}
	p := part.Begin(context.Background(), a, record, events, part.Spec{Start: start, End: end, Data: data})
	change(p)
	close(a.may)
	for e := range events {
		if e.Over {
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			return a.read
		}
	}
	return nil
}

func expect(t *testing.T, what string, got []ranges.Span, want ...ranges.Span) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// What is stored is compared, and not stored again, also in a range that a part gets later.
func TestExtend(t *testing.T) {
	for name, test := range map[string]struct {
		stored          []bgfetch.Segment
		saved, compared []ranges.Span
	}{
		"all of what it gets is stored": {
			[]bgfetch.Segment{{Offset: 40, Length: 60}}, []ranges.Span{{Start: 0, End: 10}, {Start: 10, End: 20}, {Start: 20, End: 30}, {Start: 30, End: 40}}, []ranges.Span{{Start: 40, End: 100}},
		},
		"a part of it": {
			[]bgfetch.Segment{{Offset: 60, Length: 20}}, []ranges.Span{{Start: 0, End: 10}, {Start: 10, End: 20}, {Start: 20, End: 30}, {Start: 30, End: 40}, {Start: 40, End: 50}, {Start: 50, End: 60}, {Start: 80, End: 90}, {Start: 90, End: 100}}, []ranges.Span{{Start: 60, End: 80}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			read := run(t, test.stored, 0, 50, func(p *part.Part) {
				if !p.Extend(ranges.Span{Start: 50, End: 100}, test.stored) {
					t.Error("it cannot be extended")
				}
			})
			expect(t, "stored", read.stored, test.saved...)
			expect(t, "compared", read.compared, test.compared...)
		})
	}
}

// What is taken away is another's to compare.
func TestCut(t *testing.T) {
	read := run(t, []bgfetch.Segment{{Offset: 40, Length: 60}}, 0, 100, func(p *part.Part) {
		if !p.Cut(70) {
			t.Error("it cannot be cut")
		}
	})
	expect(t, "compared", read.compared, ranges.Span{Start: 40, End: 70})
}

// TestDelay: a server that refuses a range is left alone for as long as it says, and not for ever.
func TestDelay(t *testing.T) {
	policy := bgfetch.DefaultRetryPolicy
	for says, want := range map[string]time.Duration{"30": 30 * time.Second, "86400": 24 * time.Hour, "9999999999": policy.GiveUpAfter} {
		refused := &part.Refused{Head: bgfetch.Head{Status: 503, Headers: []bgfetch.Header{{"Retry-After", says}}}}
		if got := refused.Delay(policy); got != want {
			t.Errorf("Retry-After %s is %v, want %v", says, got, want)
		}
	}
}
