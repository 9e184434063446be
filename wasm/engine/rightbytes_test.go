package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// The browsers as Options.Framing has them, see docs/observations.md.
var (
	chromium = bgfetch.Framing{ContentLength: true, Chunked: true}
	firefox  = bgfetch.Framing{Chunked: true}
	webkit   = bgfetch.Framing{KeptAlive: true}
)

// encoded is a response as it comes of a body that is sent with a content coding: shown
// where the header can be seen, with a Content-Length of that many encoded bytes unless
// that is 0.
func encoded(r response, shown bool, length int) response {
	r.Head = set(r.Head, "Content-Length", "")
	if length > 0 {
		r.Head = set(r.Head, "Content-Length", strconv.Itoa(length))
	}
	if shown {
		r.Head = set(r.Head, "Content-Encoding", "gzip")
	}
	return r
}

func all(f resource, init bgfetch.TransferInit) response {
	return f.Respond(bgfetch.TransferInit{Request: init.Request})
}

func isRange(init bgfetch.TransferInit) bool {
	return init.RangeStart+init.RangeEnd > 0 || init.Ranged
}

// TestRightBytes: what a response suggests is not what is known. The file has 4 MiB and
// some bytes, so that it ends within a block of a decoder.
func TestRightBytes(t *testing.T) {
	const size = 4*mib + 5
	const modified = "Mon, 02 Jan 2023 03:04:05 GMT"
	file := resource{Body: randomBytes(size), ETag: `"v1"`, LastModified: modified, Rate: 16 * mib}
	cors := file
	cors.Type = "cors"
	bare := resource{Body: file.Body, Rate: file.Rate}
	newer := resource{Body: randomBytes(size + 1)[1:], Rate: file.Rate}
	cutAt := func(r response, n int) response { r.Cut = n; return r }
	short := func(r response, n int) response { r.Body = r.Body[:n]; return r }

	for _, test := range []struct {
		name    string
		browser bgfetch.Framing
		server  func(n int, init bgfetch.TransferInit) response
		// body is what is to come, file.Body if nil; reason is why it fails, "" for success.
		body     []byte
		reason   bgfetch.FailureReason
		requests int // at most
	}{
		{"cross-origin, hidden coding, cut behind its Content-Length", chromium, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return cors.Respond(init)
			}
			return cutAt(encoded(cors.Respond(init), false, mib), 3*mib)
		}, nil, "", 3},
		{"ranges of the encoded bytes, shown", firefox, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return encoded(file.Respond(init), true, 1000)
			}
			r := encoded(file.Respond(init), true, 3*mib)
			r.Sent = &bgfetch.Sent{EncodedLength: 3 * mib}
			if n == 1 {
				r.Cut = 2 * mib
			}
			return r
		}, nil, "", 3},
		{"ranges of the encoded bytes, hidden, come as they are", webkit, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				raw := cors
				raw.Body = newer.Body[:3*mib]
				return raw.Respond(init)
			}
			r := encoded(cors.Respond(init), false, 3*mib)
			if n == 1 {
				r.Cut = 2 * mib
			}
			return r
		}, nil, "", 6}, // of a brotli body that breaks off WebKit hands out whole blocks, such as 4 MiB
		{"answers to Range with a coding are refused by the browser", chromium, func(n int, init bgfetch.TransferInit) response {
			r := encoded(cors.Respond(init), false, 3*mib)
			if isRange(init) {
				r.Err = fmt.Errorf("cannot decode: %w", bgfetch.ErrNetwork)
			} else if n == 1 {
				r.Cut = 2 * mib
			}
			return r
		}, nil, "", 4},
		{"a coding that breaks off ends cleanly, the length is known", firefox, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return file.Respond(init)
			}
			r := short(encoded(file.Respond(init), true, 3*mib), mib)
			r.Sent = &bgfetch.Sent{EncodedLength: mib / 2}
			return r
		}, nil, "", 2},
		{"a coding that breaks off ends cleanly, no length", chromium, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return file.Respond(init)
			}
			return short(encoded(file.Respond(init), true, 0), mib)
		}, nil, "", 2},
		{"a coding without a length that is complete", chromium, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return file.Respond(init)
			}
			return encoded(file.Respond(init), true, 0)
		}, nil, "", 2},
		{"a coding without a length, and no ranges", webkit, func(n int, init bgfetch.TransferInit) response {
			return encoded(all(file, init), true, 0)
		}, nil, "", 2},
		{"a plain body without a length, chunks not checked", webkit, func(n int, init bgfetch.TransferInit) response {
			r := bare.Respond(init)
			if !isRange(init) {
				r.Head = set(set(r.Head, "Content-Length", ""), "Transfer-Encoding", "chunked")
				r = short(r, 2*mib)
			}
			return r
		}, nil, "", 2},
		{"a plain body that ends with its connection", chromium, func(n int, init bgfetch.TransferInit) response {
			r := bare.Respond(init)
			if !isRange(init) {
				r.Head = set(r.Head, "Content-Length", "")
				r = short(r, 2*mib)
			}
			return r
		}, nil, "", 2},
		{"a link that is good for one request, without a length", webkit, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return response{Head: bgfetch.Head{Type: "cors", Status: 403}}
			}
			r := cors.Respond(init)
			r.Head = set(r.Head, "Content-Length", "")
			return r
		}, nil, "", 2},
		{"an encoded body that is short, and its link is good for one request", webkit, func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return response{Head: bgfetch.Head{Type: "basic", Status: 403}}
			}
			return short(encoded(file.Respond(init), true, 0), 2*mib)
		}, nil, bgfetch.ReasonBadStatus, 2},
		{"a plain body without a length over HTTP/2", chromium, func(n int, init bgfetch.TransferInit) response {
			r := bare.Respond(init)
			r.Head = set(r.Head, "Content-Length", "")
			r.Sent = &bgfetch.Sent{EncodedLength: size, Protocol: "h2"}
			return r
		}, nil, "", 1},
		{"encoded, short, from a server of HTTP/1.0", webkit, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return file.Respond(init)
			}
			r := short(encoded(file.Respond(init), true, 3*mib), 2*mib)
			r.Sent = &bgfetch.Sent{EncodedLength: -1, Protocol: "http/1.0"}
			return r
		}, nil, "", 2},
		{"cross-origin, shorter than a Content-Length that may be its own", webkit, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return short(cors.Respond(init), 2*mib)
			}
			return cors.Respond(init)
		}, nil, "", 2},
		{"cross-origin, an open range brings 1 MiB", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := cutAt(cors.Respond(init), mib/2)
				r.Head = set(r.Head, "Content-Length", "")
				return r
			}
			init.RangeEnd = min(init.RangeStart+mib, size)
			return cors.Respond(init)
		}, nil, "", 7},
		{"cross-origin, 416 since it is shorter now", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := cutAt(cors.Respond(init), 2*mib)
				r.Head = set(r.Head, "Content-Length", "")
				return r
			}
			less := cors
			less.Body = file.Body[:mib]
			return less.Respond(init)
		}, file.Body[:mib], "", 3},
		{"no validators, another file of the same length", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(bare.Respond(init), 2*mib)
			}
			return newer.Respond(init)
		}, newer.Body, "", 3},
		{"no validators, another file, and no ranges", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(all(bare, init), 2*mib)
			}
			return all(newer, init)
		}, newer.Body, "", 3},
		{"a redirection by the resume hides the ETag", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(file.Respond(init), 2*mib)
			}
			moved := newer
			moved.Type = "cors"
			return moved.Respond(init)
		}, newer.Body, "", 5},
		{"an ETag that appears with the first range is kept", chromium, func(n int, init bgfetch.TransferInit) response {
			f := bare
			switch {
			case n == 2 || n == 3:
				f.ETag = `"a"`
			case n > 3:
				f = newer
				f.ETag = `"b"`
				f.LastModified = modified
			}
			r := f.Respond(init)
			if n <= 3 {
				r.Cut = mib / 2
			}
			return r
		}, newer.Body, "", 6},
		{"an ETag for each node", chromium, func(n int, init bgfetch.TransferInit) response {
			f := file
			f.ETag = fmt.Sprintf("\"%d\"", n)
			r := f.Respond(init)
			if n <= 10 {
				r.Cut = mib/3 + n
			}
			return r
		}, nil, "", 14},
		{"always cut at the same place, encoded, no ranges", firefox, func(n int, init bgfetch.TransferInit) response {
			return cutAt(encoded(all(file, init), true, 3*mib), 2*mib)
		}, nil, bgfetch.ReasonFetchError, 4},
		{"always short at the same place, encoded, ranges too", webkit, func(n int, init bgfetch.TransferInit) response {
			r := short(encoded(all(file, init), true, 3*mib), 2*mib)
			r.Sent = &bgfetch.Sent{EncodedLength: mib}
			return r
		}, nil, bgfetch.ReasonFetchError, 4},
		{"aws-chunked is no coding that a browser undoes", chromium, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Head = set(r.Head, "Content-Encoding", "aws-chunked")
			if n == 1 {
				r.Cut = 2 * mib
			}
			return r
		}, nil, "", 2},
		{"replaced by an empty file", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(file.Respond(init), 2*mib)
			}
			return resource{Body: []byte{}, ETag: `"v2"`}.Respond(init)
		}, []byte{}, "", 3},
	} {
		if !isDrawn() {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			run(t, func(w *world) {
				w.options.Framing = test.browser
				w.kill()
				w.start()
				w.network.Handle(siteA, test.server)
				w.fetch("f", siteA)
				time.Sleep(time.Minute)
				synctest.Wait()
				body := test.body
				if body == nil {
					body = file.Body
				}
				if test.reason == "" {
					w.wantSuccess("f", body)
				} else {
					w.wantFailure("f", test.reason)
				}
				if n := len(w.network.Requests()); n > test.requests {
					t.Errorf("%d requests, at most %d are needed: starts at %d", n, test.requests, w.ranges())
				}
				w.wantNothingLeft()
			})
		})
	}
}

// What is completed by ranges from byte 0 on is a complete response.
func TestRangesFromTheStartAre200(t *testing.T) {
	run(t, func(w *world) {
		var heads []bgfetch.Head
		w.events.OnDispatch = func(ctx context.Context, kind string, snapshot bgfetch.Snapshot) error {
			_, records, err := w.engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
			for _, record := range records {
				heads = append(heads, *record.Head)
			}
			return errors.Join(err, w.listen(ctx, kind, snapshot))
		}
		a := w.serve(siteA, 4*mib)
		w.fetchWith("f", siteA, limit(mib))
		w.wantPace(mib, 4*mib, "f")
		w.wantSuccess("f", a)
		if len(heads) != 1 || heads[0].Status != 200 || headerOf(heads[0], "Content-Range") != "" {
			t.Errorf("%+v", heads)
		}
	})
}

// Interruptions of our own are no fault of a server that knows no ranges, and what is
// stored is not thrown away for them.
func TestInterruptionsAreNotRestarts(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(8 * mib), Rate: mib}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response { return all(file, init) })
		id := w.fetch("f", siteA).UniqueID
		times := 12
		if underRaceDetector {
			times = 4
		}
		for i := range times {
			time.Sleep(4 * time.Second)
			if before := w.downloaded("f"); before < 3*mib {
				t.Fatalf("%d bytes are left", before)
			}
			if i%2 == 0 {
				w.kill()
				w.start()
				continue
			}
			if _, err := w.engine.Pause(id); err != nil {
				t.Fatal(err)
			}
			if err := w.engine.Resume(id); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", file.Body)
	})
}

// When the outcome is decided nothing more is stored.
func TestNothingIsStoredAfterTheOutcome(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 16*mib, func(r *resource) { r.Rate = 8 * mib })
		puts := 0
		w.bodies.OnPut = func() { puts++ }
		w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.DownloadTotal = mib })
		time.Sleep(10 * time.Second)
		w.wantFailure("f", bgfetch.ReasonDownloadTotalExceeded)
		if puts > 10 {
			t.Errorf("%d puts", puts)
		}
	})
}

// Old bytes and new ones need not fit together.
func TestARestartMakesRoomFirst(t *testing.T) {
	run(t, func(w *world) {
		old := resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib}
		newer := resource{Body: randomBytes(8*mib + 1), ETag: `"v2"`, Rate: mib}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				r := old.Respond(init)
				r.Cut = 7 * mib
				return r
			}
			return all(newer, init)
		})
		w.bodies.Quota, w.bodies.HideRoom = 12*mib, true
		w.fetch("f", siteA)
		time.Sleep(time.Minute)
		w.wantSuccess("f", newer.Body)
	})
}

// Without a known length, or without ranges, a limit of the bandwidth holds, too, and
// does not ask again and again.
func TestLimitWithoutALength(t *testing.T) {
	for _, ranges := range []bool{true, false} {
		run(t, func(w *world) {
			file := resource{Body: randomBytes(8 * mib), ETag: `"v1"`}
			w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
				r := file.Respond(init)
				if !ranges {
					r = all(file, init)
				}
				r.Head = set(set(r.Head, "Content-Length", ""), "Transfer-Encoding", "chunked")
				return r
			})
			w.fetchWith("f", siteA, limit(mib))
			w.wantPace(mib, 8*mib, "f")
			w.wantSuccess("f", file.Body)
			if n := len(w.network.Requests()); n > 14 {
				t.Errorf("ranges %v: %d requests", ranges, n)
			}
		})
	}
}

// A browser that says that it is offline is not believed for ever.
func TestOfflineThoughTheNetworkWorks(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 4*mib)
		b := w.serve(siteB, 4*mib)
		w.network.SetSaysOffline(true)
		w.fetch("f", siteA, siteB)
		time.Sleep(time.Minute)
		w.wantSuccess("f", a, b)
	})
}

// The HTTP cache may have an answer to a request without CORS: the second try is made
// past it.
func TestSecondTryGoesPastTheCache(t *testing.T) {
	run(t, func(w *world) {
		const other = "https://other.test/a"
		file := resource{Body: randomBytes(mib), Type: "cors"}
		w.network.Handle(other, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if !init.PastCache {
				r.Err = fmt.Errorf("no CORS headers: %w", bgfetch.ErrNetwork)
			}
			return r
		})
		w.fetch("f", other)
		time.Sleep(10 * time.Second)
		w.wantSuccess("f", file.Body)
	})
}

// HEAD and 204 have no body, whatever their heads say of a length.
func TestNoBody(t *testing.T) {
	for _, kind := range []string{"basic", "cors"} {
		run(t, func(w *world) {
			w.options.Framing = webkit
			w.kill()
			w.start()
			respond := func(status int) func(int, bgfetch.TransferInit) response {
				return func(int, bgfetch.TransferInit) response {
					return response{Head: bgfetch.Head{Type: bgfetch.ResponseType(kind), Status: status, Headers: []bgfetch.Header{{"Content-Length", "12345"}}}}
				}
			}
			w.network.Handle(siteA, respond(200))
			w.network.Handle(siteB, respond(204))
			init := fetchInit("f", siteA, siteB)
			init.Requests[0].Method = "HEAD"
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			w.wantSuccess("f", []byte{}, []byte{})
			if n := len(w.network.Requests()); n != 2 {
				t.Errorf("%s: %d requests", kind, n)
			}
		})
	}
}

// A redirection that the request forbids is no reason to try for long.
func TestForbiddenRedirection(t *testing.T) {
	run(t, func(w *world) {
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
			return response{Err: fmt.Errorf("redirected: %w", bgfetch.ErrNetwork)}
		})
		init := fetchInit("f", siteA)
		init.Requests[0].Redirect = "error"
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		w.wantFailure("f", bgfetch.ReasonFetchError)
	})
}

// Retry-After makes a wait longer, never shorter, and a date is measured by the server's
// own clock.
func TestRetryAfterIsTheLeast(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(4 * mib), ETag: `"v1"`}
		begun := time.Now()
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			switch {
			case n == 1:
				r.Cut = 2 * mib
			case time.Since(begun) < time.Minute:
				head := bgfetch.Head{Type: "basic", Status: 503, Headers: []bgfetch.Header{{"Retry-After", "0"}}}
				if n%2 == 0 {
					wrong := time.Now().Add(-2 * time.Hour)
					head.Headers = []bgfetch.Header{{"Date", httpDate(wrong)}, {"Retry-After", httpDate(wrong.Add(time.Second))}}
				}
				return response{Head: head}
			}
			return r
		})
		w.fetch("f", siteA)
		time.Sleep(3 * time.Minute)
		w.wantSuccess("f", file.Body)
	})
}

func httpDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
