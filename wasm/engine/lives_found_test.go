package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// What random lives have found, each in a small form.

func TestFoundByLives(t *testing.T) {
	file := resource{Body: randomBytes(4*mib + 1000), Rate: 16 * mib}
	small := resource{Body: randomBytes(40_000), Rate: 16 * mib}
	short := func(r response, n int) response { r.Body = r.Body[:n]; return r }
	cutAt := func(r response, n int) response { r.Cut = n; return r }
	// zeros is a file that differs from others in its first byte alone.
	zeros := func(version byte, length int) resource {
		return resource{Body: append([]byte{version}, make([]byte, length-1)...), Rate: 16 * mib}
	}
	first, shorter, newest := zeros(1, 4*mib), zeros(2, 2*mib), zeros(3, 3*mib)
	// gaps has zeros, but for its begin and a little in its middle.
	gaps := resource{Body: slices.Concat(randomBytes(12_000), make([]byte, 8000), randomBytes(500), make([]byte, 20_000)), Rate: 16 * mib}
	var versions []resource
	for body := range slices.Chunk(randomBytes(900_000), 300_000) {
		versions = append(versions, resource{Body: body, Rate: 16 * mib})
	}
	hidden := func(r response, names ...string) response {
		r.Head.Type = "cors"
		for _, name := range names {
			r.Head = set(r.Head, name, "")
		}
		return r
	}
	for _, test := range []struct {
		name    string
		browser bgfetch.Framing
		server  func(n int, init bgfetch.TransferInit) response
		body    []byte
	}{
		{"a body that ends before what is stored of it", webkit, func(n int, init bgfetch.TransferInit) response {
			r := encoded(all(file, init), true, 0)
			switch n {
			case 1:
				return short(r, 3*mib)
			case 2:
				return short(r, 2*mib)
			}
			return r
		}, file.Body},
		{"nothing could be decoded, twice", chromium, func(n int, init bgfetch.TransferInit) response {
			r := encoded(all(file, init), true, 0)
			if n < 3 {
				return short(r, 0)
			}
			return r
		}, file.Body},
		{"blocks of brotli, twice", webkit, func(n int, init bgfetch.TransferInit) response {
			r := encoded(all(file, init), true, 0)
			r.Head = set(r.Head, "Content-Encoding", "br")
			if n < 3 {
				return short(r, mib)
			}
			return r
		}, file.Body},
		{"ranges bring just as much as is stored", chromium, func(n int, init bgfetch.TransferInit) response {
			const most = 1000
			if n == 1 {
				return cutAt(hidden(small.Respond(init), "Content-Length"), most)
			}
			init.RangeEnd = min(init.RangeStart+most, int64(len(small.Body)))
			return hidden(small.Respond(init), "Content-Range")
		}, small.Body},
		{"a range from byte 0 of what is kept encoded", firefox, func(n int, init bgfetch.TransferInit) response {
			const length = "12000"
			r := hidden(all(small, init))
			r.Head = set(r.Head, "Content-Length", length)
			r.Sent = &bgfetch.Sent{EncodedLength: 12_000}
			switch {
			case n == 1:
				return cutAt(r, 20_000)
			case isRange(init) && init.RangeStart > 0:
				return response{Err: bgfetch.ErrNetwork}
			case isRange(init):
				r.Head.Status = 206
				r.Head = set(set(r.Head, "Content-Range", "bytes 0-11999/"+length), "Access-Control-Expose-Headers", "Content-Range")
				if n == 2 {
					return cutAt(r, 30_000)
				}
			}
			return r
		}, small.Body},
		{"a range from elsewhere, and where it begins is hidden", chromium, func(n int, init bgfetch.TransferInit) response {
			strong := file
			strong.ETag = `"v1"`
			if n == 2 {
				init.RangeStart = mib / 2
			}
			r := hidden(strong.Respond(init), "Content-Range")
			r.Head = set(r.Head, "Access-Control-Expose-Headers", "ETag, Content-Encoding, Access-Control-Expose-Headers")
			if n == 1 {
				return cutAt(r, mib)
			}
			return r
		}, file.Body},
		{"ends in one place, and ranges told that there is more", webkit, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return cutAt(hidden(file.Respond(init), "Content-Range"), 1000)
			}
			return short(encoded(hidden(file.Respond(init)), false, 0), mib+1)
		}, nil},
		{"ranges of a file that is shorter than what is stored, and equal where it is compared", webkit, func(n int, init bgfetch.TransferInit) response {
			switch {
			case n == 1:
				return short(encoded(first.Respond(init), false, 0), 2*mib+1000)
			case n < 4 && isRange(init):
				return hidden(shorter.Respond(init))
			case isRange(init):
				return hidden(newest.Respond(init))
			}
			return newest.Respond(init)
		}, newest.Body},
		{"ranges of a thousand bytes, then more of them from elsewhere, which begin with what is stored", chromium, func(n int, init bgfetch.TransferInit) response {
			const most = 1000
			if n == 1 {
				return cutAt(hidden(gaps.Respond(init), "Content-Length"), most)
			}
			if elsewhere := init.RangeStart / 1000; elsewhere == 13 {
				init.RangeStart += 100
				return cutAt(hidden(gaps.Respond(init), "Content-Range"), 10_000)
			}
			init.RangeEnd = min(init.RangeStart+most, int64(len(gaps.Body)))
			return hidden(gaps.Respond(init), "Content-Range")
		}, gaps.Body},
		{"replaced twice, seen by ranges, and cut in one place", chromium, func(n int, init bgfetch.TransferInit) response {
			version := versions[0]
			switch {
			case n >= 5:
				version = versions[2]
			case n >= 2:
				version = versions[1]
			}
			if isRange(init) {
				return version.Respond(init)
			}
			return short(encoded(version.Respond(init), true, 0), 100_000)
		}, versions[2].Body},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.options.Framing = test.browser
				w.network.Handle(siteA, test.server)
				w.start()
				w.fetch("f", siteA)
				time.Sleep(time.Hour)
				if test.body == nil {
					w.wantFailure("f", bgfetch.ReasonFetchError)
				} else {
					w.wantSuccess("f", test.body)
				}
				w.kill()
			})
		})
	}
}

// TestReaderOfWhatBecomesBadStatus: a reader of a response of which nothing came is not
// told that it is empty.
func TestReaderOfWhatBecomesBadStatus(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(1000)}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := file.Respond(init)
				r.CutAtOnce = true
				return r
			}
			return response{Head: bgfetch.Head{URL: siteA, Type: "basic", Status: 404}}
		})
		f := w.fetch("f", siteA)
		record, err := w.engine.Record(context.Background(), f.UniqueID, 0, true)
		if err != nil || record.Head == nil || record.Head.Status != 200 {
			t.Fatalf("record %+v, %v", record, err)
		}
		plan, err := w.engine.Plan(context.Background(), f.UniqueID, 0, record.Generation, 0, true)
		if err != nil || plan.End || plan.Failed == bgfetch.ReasonNone {
			t.Errorf("plan %+v, %v", plan, err)
		}
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonBadStatus)
	})
}

// TestDeliveredIsOver: what is about to be deleted by the next engine cannot be aborted.
func TestDeliveredIsOver(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 1000)
		init := fetchInit("f", siteA)
		init.Paused = true
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		stored, err := w.store.Load(context.Background())
		if err != nil || len(stored) != 1 {
			t.Fatalf("%d are stored, %v", len(stored), err)
		}
		w.kill()
		state := stored[0].State
		state.Result, state.Delivered = bgfetch.ResultSuccess, true
		if err := w.store.PutStates(context.Background(), state); err != nil {
			t.Fatal(err)
		}
		w.start()
		if aborted, err := w.engine.Abort(context.Background(), init.UniqueID, "call"); aborted || (err != nil && !errors.Is(err, bgfetch.ErrUnknown)) {
			t.Errorf("aborted %v, %v", aborted, err)
		}
		time.Sleep(time.Minute)
		if events := w.events.Dispatched(); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
		w.wantNothingLeft()
	})
}

// TestLossBeforeBytesOfAnotherFile: the file has changed meanwhile to one that shows its
// ETag with ranges. What fills the gap is not what the rest continues.
func TestLossBeforeBytesOfAnotherFile(t *testing.T) {
	run(t, func(w *world) {
		before := resource{Body: randomBytes(2*mib + 1)[1:], Rate: mib}
		after := bgfetchtest.Resource{Body: randomBytes(2 * mib), Rate: mib, ETag: `"v2"`}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := before.Respond(init)
				r.Cut = mib
				return r
			}
			r := after.Respond(init)
			if n == 2 || n == 3 {
				r.Cut = 40_000
			}
			return r
		})
		f := w.fetch("f", siteA)
		time.Sleep(time.Second)
		keys, err := w.bodies.Segments(context.Background(), f.UniqueID)
		if err != nil || len(keys) < 2 {
			t.Fatalf("segments %v, %v", keys, err)
		}
		for _, key := range keys {
			if key.Offset == 0 {
				err = w.bodies.DeleteSegments(context.Background(), f.UniqueID, []bgfetch.SegmentKey{key})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		w.kill()
		w.start()
		time.Sleep(time.Hour)
		w.wantSuccess("f", after.Body)
	})
}

// TestRangesOfWhatIsGone: ranges that were of another file than what was stored say nothing of the
// next ones when nothing is stored any more.
func TestRangesOfWhatIsGone(t *testing.T) {
	bodies := randomBytes(600_000)
	before, after := resource{Body: bodies[:300_000], Rate: 16 * mib}, resource{Body: bodies[300_000:], Rate: 16 * mib}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Framing = chromium
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			version := after
			if n == 1 {
				version = before
			}
			if n == 3 { // which is to be compared with what is stored
				keys, err := w.bodies.Segments(context.Background(), init.UniqueID)
				if err != nil || len(keys) == 0 || w.bodies.DeleteSegments(context.Background(), init.UniqueID, keys) != nil {
					t.Errorf("what is stored cannot be deleted: %v", err)
				}
			}
			if isRange(init) {
				return version.Respond(init)
			}
			r := encoded(version.Respond(init), true, 0)
			r.Body = r.Body[:100_000]
			return r
		})
		w.start()
		w.fetch("f", siteA)
		time.Sleep(time.Hour)
		w.wantSuccess("f", after.Body)
		w.kill()
	})
}

// TestShorterThanWhatIsGone: who has read the last bytes that were stored does not go on with a file
// that may end before them.
func TestShorterThanWhatIsGone(t *testing.T) {
	body := randomBytes(60_000)
	before, after := resource{Body: body, Rate: 16 * mib}, resource{Body: body[:40_000], Rate: 10_000}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Framing = chromium
		w.options.Segments = bgfetch.SaveLimits{MinLength: 8 << 10, MaxLength: 16 << 10, MinTime: 50 * time.Millisecond, MaxTime: 400 * time.Millisecond}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return encoded(all(after, init), true, 0)
			}
			r := encoded(before.Respond(init), true, 0)
			r.Cut = 50_000
			return r
		})
		w.start()
		f := w.fetch("f", siteA)
		time.Sleep(40 * time.Millisecond) // until it is cut, and not yet tried again
		record, err := w.engine.Record(t.Context(), f.UniqueID, 0, true)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := w.bodies.Segments(t.Context(), f.UniqueID)
		last := slices.MaxFunc(keys, func(a, b bgfetch.SegmentKey) int { return int(a.Offset - b.Offset) })
		if err != nil || len(keys) < 2 || w.bodies.DeleteSegments(t.Context(), f.UniqueID, []bgfetch.SegmentKey{last}) != nil {
			t.Fatalf("the last of %v cannot be deleted: %v", keys, err)
		}
		time.Sleep(6 * time.Second) // what is there comes first
		plan, err := w.engine.Plan(t.Context(), f.UniqueID, 0, record.Generation, 50_000, false)
		if err != nil || plan.Failed == bgfetch.ReasonNone {
			t.Errorf("who has read 50,000 bytes is told %+v, %v", plan, err)
		}
		time.Sleep(time.Hour)
		w.wantSuccess("f", after.Body)
		w.kill()
	})
}
