package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Where the site gives a hash it decides, at the end: not the heads, even if all that they say
// of the version changes with each answer.
func TestHashDecides(t *testing.T) {
	const size, breaks = 4 * mib, 6
	file := resource{Body: randomBytes(size), Rate: 4 * mib}
	for name, ask := range map[string]func(*bgfetch.Request){
		"integrity": func(r *bgfetch.Request) { r.Integrity = sri256(file.Body) },
		"pieces":    func(r *bgfetch.Request) { r.Pieces = piecesOf(file.Body) },
	} {
		for _, ranges := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, ranges %v", name, ranges), func(t *testing.T) {
				run(t, func(w *world) {
					w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
						f := file
						f.ETag, f.LastModified = fmt.Sprintf(`"%d"`, n), httpDate(time.Now().Add(time.Duration(n)*time.Hour))
						r := f.Respond(init)
						if !ranges {
							r = all(f, init)
						}
						switch {
						case n <= breaks && ranges:
							r.Cut = size / 10
						case n <= breaks:
							r.Cut = n * size / 10
						}
						return r
					})
					w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { ask(&init.Requests[0]) })
					time.Sleep(3 * time.Minute)
					w.wantSuccess("f", file.Body)
					if n := len(w.network.Requests()); n > breaks+1 {
						t.Errorf("%d requests, %d are needed", n, breaks+1)
					}
					w.wantNothingLeft()
				})
			})
		}
	}
}

// A validator that appears with a range is kept. Of the file that follows then all bytes near
// the place of the break are the same: nothing else would tell it from the one before.
func TestValidatorOfARangeIsKept(t *testing.T) {
	old := resource{Body: randomBytes(4 * mib), Rate: 8 * mib}
	patched := resource{Body: append([]byte{}, old.Body...), Rate: old.Rate}
	for i := range 1000 {
		patched.Body[i] ^= 1
	}
	for name, validate := range map[string]func(f *resource, version int){
		"ETag": func(f *resource, version int) { f.ETag = fmt.Sprintf(`"v%d"`, version) },
		"Last-Modified": func(f *resource, version int) {
			f.LastModified = fmt.Sprintf("Mon, 02 Jan 2023 03:04:%02d GMT", version)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					f, version := old, 1
					if n > 2 {
						f, version = patched, 2
					}
					if isRange(init) {
						validate(&f, version)
					}
					r := f.Respond(init)
					if n <= 2 {
						r.Cut = mib
					}
					return r
				})
				w.fetch("f", siteA)
				time.Sleep(3 * time.Minute)
				w.wantSuccess("f", patched.Body)
				if n := len(w.network.Requests()); n > 4 {
					t.Errorf("%d requests, 4 are needed", n)
				}
			})
		})
	}
}

// The length that the first response announced is not thrown away when a limit makes ranges
// of the body, none of which shows its Content-Range: it is what media have for their progress,
// and what tells which bytes a reader can ask for.
func TestAnnouncedLengthStaysUnderALimit(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(otherC, 10*mib, func(r *resource) {
			r.Type, r.Headers = "cors", []bgfetch.Header{{"Content-Type", "video/mp4"}}
		})
		id := w.fetchWith("f", otherC, limit(mib)).UniqueID
		for range 3 {
			time.Sleep(2 * time.Second)
			record, err := w.engine.Record(context.Background(), id, 0, false)
			if err != nil || record.Length != int64(len(body)) {
				t.Errorf("the length of the record is %d (%v), want %d", record.Length, err, len(body))
			}
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

// A Content-Length that another response contradicts is taken back, though both have the same
// strong ETag: one of them is wrong, and bytes decide.
func TestLengthThatIsContradicted(t *testing.T) {
	file := resource{Body: randomBytes(4 * mib), ETag: `"v1"`, Rate: 8 * mib}
	for _, ranges := range []bool{true, false} {
		t.Run(fmt.Sprint("ranges ", ranges), func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					if !ranges {
						r = all(file, init)
					}
					if n == 1 {
						r.Head, r.Cut = set(r.Head, "Content-Length", fmt.Sprint(len(file.Body)+100)), 3*mib
					}
					return r
				})
				w.fetch("f", siteA)
				time.Sleep(3 * time.Minute)
				w.wantSuccess("f", file.Body)
				if n := len(w.network.Requests()); n > 3 {
					t.Errorf("%d requests, 3 are enough", n)
				}
			})
		})
	}
}

// Who was told of the head of a version does not go on with the body of another one, though
// not a byte came of the first.
func TestHeadOfAnotherVersion(t *testing.T) {
	for name, etag := range map[string]string{"another": `"v2"`, "the same": `"v1"`} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				file := resource{Body: randomBytes(mib), ETag: `"v1"`, Rate: mib}
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					if n == 1 {
						r := file.Respond(init)
						r.CutAtOnce = true
						return r
					}
					f := file
					f.ETag = etag
					return f.Respond(init)
				})
				id := w.fetch("f", siteA).UniqueID
				time.Sleep(600 * time.Millisecond)
				record, err := w.engine.Record(context.Background(), id, 0, false)
				if want := map[string]int{`"v1"`: 0, `"v2"`: 1}[etag]; err != nil || record.Generation != want || headerOf(*record.Head, "ETag") != etag {
					t.Errorf("%+v, %v: want generation %d", record, err, want)
				}
				time.Sleep(time.Minute)
				w.wantSuccess("f", file.Body)
			})
		})
	}
}

// A server that says "later", for longer than anybody waits, has not said that a link was good for
// one request: that nothing proves the end of a body is no success then.
func TestLaterIsNoEnd(t *testing.T) {
	run(t, func(w *world) {
		w.options.Framing = webkit
		w.kill()
		w.start()
		file := resource{Body: randomBytes(mib), Type: "cors"}
		w.network.Handle(otherC, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return response{Head: bgfetch.Head{Type: "cors", Status: 503, Headers: []bgfetch.Header{{"Retry-After", "864000"}}}}
			}
			r := file.Respond(init)
			r.Head = set(r.Head, "Content-Length", "")
			return r
		})
		w.fetch("f", otherC)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonBadStatus)
	})
}

// What came in several responses and has the wrong hash is fetched once more as one: the parts may
// be of two versions whose bytes are the same where they meet.
func TestWrongHashOfSeveralResponses(t *testing.T) {
	run(t, func(w *world) {
		old := resource{Body: randomBytes(4 * mib), Rate: 8 * mib}
		patched := resource{Body: append([]byte{old.Body[0] ^ 1}, old.Body[1:]...), Rate: old.Rate}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := old.Respond(init)
				r.Cut = 2 * mib
				return r
			}
			return patched.Respond(init)
		})
		w.fetchChecked("f", siteA, sri256(patched.Body))
		time.Sleep(time.Minute)
		w.wantSuccess("f", patched.Body)
		if n := len(w.network.Requests()); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
	})
}

// What another background fetch has left is given up at the first range that is not the one that
// was asked for: the server may not continue it, and all of it can still be had.
func TestRemainsWithInvalidRanges(t *testing.T) {
	run(t, func(w *world) {
		body := w.signing(2*mib, nil)
		w.fail("f")
		file := resource{Body: body, ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT"}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if isRange(init) {
				r.Head = set(r.Head, "Content-Range", "bytes from here to there")
			}
			return r
		})
		w.again("f", siteA)
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
	})
}
