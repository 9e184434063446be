package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

type (
	response = bgfetchtest.Response
	resource = bgfetchtest.Resource
)

// set returns the head with a header field replaced, or removed when value is "".
func set(head bgfetch.Head, name, value string) bgfetch.Head {
	head.Headers = slices.DeleteFunc(slices.Clone(head.Headers), func(h bgfetch.Header) bool { return h[0] == name })
	if value != "" {
		head.Headers = append(head.Headers, bgfetch.Header{name, value})
	}
	return head
}

// mib makes offsets readable.
const mib = 1 << 20

// TestFaults is the table of what a server can do, and what comes of it. The
// file has 4 MiB; a first response that breaks after 1.5 MiB is the usual start.
func TestFaults(t *testing.T) {
	const size = 4 * mib
	file := resource{Body: randomBytes(size), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: 16 * mib}
	newer := resource{Body: randomBytes(size + 7), ETag: `"v2"`, LastModified: "Tue, 03 Jan 2023 03:04:05 GMT", Rate: 16 * mib}
	cors := file
	cors.Type = "cors"

	cutAt := func(r response, n int) response { r.Cut = n; return r }
	header := func(r response, name, value string) response { r.Head = set(r.Head, name, value); return r }
	status := func(s int, headers ...bgfetch.Header) response {
		return response{Head: bgfetch.Head{Type: "basic", Status: s, Headers: headers}, Body: []byte("sorry")}
	}
	// brokenThen answers the first request with a body that breaks off, and the
	// others by then.
	brokenThen := func(f resource, then func(n int, init bgfetch.TransferInit) response) func(int, bgfetch.TransferInit) response {
		return func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(f.Respond(init), 3*mib/2)
			}
			return then(n, init)
		}
	}
	// onceThenWell gives one odd answer to the first resume and behaves from then on.
	onceThenWell := func(f resource, odd func(init bgfetch.TransferInit) response) func(int, bgfetch.TransferInit) response {
		return brokenThen(f, func(n int, init bgfetch.TransferInit) response {
			if n == 2 {
				return odd(init)
			}
			return f.Respond(init)
		})
	}
	always := func(f func(init bgfetch.TransferInit) response) func(int, bgfetch.TransferInit) response {
		return func(_ int, init bgfetch.TransferInit) response { return f(init) }
	}
	chunked := func(f resource, init bgfetch.TransferInit) response {
		r := f.Respond(init)
		r.Head = set(set(r.Head, "Content-Length", ""), "Transfer-Encoding", "chunked")
		if value := headerOf(r.Head, "Content-Range"); value != "" && r.Head.Status == 206 {
			var first, last int
			if _, err := fmt.Sscanf(value, "bytes %d-%d/", &first, &last); err != nil {
				t.Fatal(err)
			}
			r.Head = set(r.Head, "Content-Range", fmt.Sprintf("bytes %d-%d/*", first, last))
		}
		return r
	}

	for _, test := range []struct {
		name   string
		server func(n int, init bgfetch.TransferInit) response
		// reason is "" for success with body (file's, if nil).
		reason bgfetch.FailureReason
		body   []byte
		// requests is how many there are to be, 0 for any number; within is when it
		// must have ended.
		requests int
		within   time.Duration
		// resent is the most that may be stored twice.
		resent int64
	}{
		{name: "cut once", server: onceThenWell(file, file.Respond), requests: 2, within: 2 * time.Second},
		{name: "cut five times", server: func(n int, init bgfetch.TransferInit) response {
			if r := file.Respond(init); n > 5 {
				return r
			} else {
				return cutAt(r, mib/2+n)
			}
		}, requests: 6, within: 5 * time.Second},
		{name: "cut in the last byte", server: func(n int, init bgfetch.TransferInit) response {
			if r := file.Respond(init); n > 1 {
				return r
			} else {
				return cutAt(r, size-1)
			}
		}, requests: 2, within: 2 * time.Second},
		{name: "cut at byte 0, always", server: always(func(init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Body = nil // ends cleanly, without a byte of what was promised
			return r
		}), reason: bgfetch.ReasonFetchError, requests: 6, within: time.Minute},
		{name: "truncated with a clean close", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Body = r.Body[:mib+1]
			}
			return r
		}, requests: 2, within: 2 * time.Second},
		{name: "206 that ends early", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Body = r.Body[:mib]
			r.Head = set(set(r.Head, "Content-Length", strconv.Itoa(mib)), "Content-Range",
				fmt.Sprintf("bytes %d-%d/%d", init.RangeStart, init.RangeStart+mib-1, size))
			return r
		}), requests: 3, within: 3 * time.Second},
		{name: "resume answered by 200", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			init.RangeStart = 0
			return file.Respond(init)
		}), requests: 2, within: 3 * time.Second},
		{name: "never Range, always cut", server: always(func(init bgfetch.TransferInit) response {
			init.RangeStart, init.Ranged = 0, false
			return cutAt(file.Respond(init), 3*mib)
		}), reason: bgfetch.ReasonFetchError, requests: 4, within: 5 * time.Second},
		{name: "wrong start", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			init.RangeStart -= 5
			return file.Respond(init)
		}), requests: 3, within: 3 * time.Second},
		{name: "wrong total", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			return header(file.Respond(init), "Content-Range", fmt.Sprintf("bytes %d-%d/%d", init.RangeStart, size-1, size+1))
		}), requests: 3, within: 3 * time.Second},
		{name: "no Content-Range", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			return header(file.Respond(init), "Content-Range", "")
		}), requests: 3, within: 3 * time.Second},
		{name: "unparsable Content-Range", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			return header(file.Respond(init), "Content-Range", "bytes one-two/three")
		}), requests: 3, within: 3 * time.Second},
		{name: "multipart/byteranges", server: onceThenWell(file, func(init bgfetch.TransferInit) response {
			return header(header(file.Respond(init), "Content-Range", ""), "Content-Type", "multipart/byteranges; boundary=x")
		}), requests: 3, within: 3 * time.Second},
		{name: "invalid 206 for ever", server: brokenThen(file, func(_ int, init bgfetch.TransferInit) response {
			return header(file.Respond(init), "Content-Range", "bytes 7-8/9")
		}), reason: bgfetch.ReasonFetchError, requests: 4, within: 5 * time.Second},
		{name: "the file was replaced", server: brokenThen(file, func(_ int, init bgfetch.TransferInit) response {
			return newer.Respond(init)
		}), body: newer.Body, requests: 3, within: 3 * time.Second},
		{name: "only Last-Modified changed", server: brokenThen(file, func(_ int, init bgfetch.TransferInit) response {
			changed := file
			changed.LastModified = newer.LastModified
			return changed.Respond(init)
		}), requests: 2, within: 3 * time.Second},
		{name: "416, since the file became shorter", server: brokenThen(file, func(_ int, init bgfetch.TransferInit) response {
			short := newer
			short.Body = newer.Body[:mib]
			return short.Respond(init)
		}), body: newer.Body[:mib], requests: 3, within: 3 * time.Second},
		{name: "404 to a resume", server: brokenThen(file, func(int, bgfetch.TransferInit) response { return status(404) }),
			reason: bgfetch.ReasonBadStatus, body: []byte{}, requests: 2, within: 2 * time.Second},
		{name: "503 to a resume, without Retry-After", server: onceThenWell(file, func(bgfetch.TransferInit) response { return status(503) }),
			requests: 3, within: 4 * time.Second},
		{name: "429 to a resume, Retry-After 30", server: onceThenWell(file, func(bgfetch.TransferInit) response {
			return status(429, bgfetch.Header{"Retry-After", "30"})
		}), requests: 3, within: 35 * time.Second},
		{name: "408 to a resume, Retry-After a date", server: onceThenWell(file, func(bgfetch.TransferInit) response {
			return status(408, bgfetch.Header{"Retry-After", time.Now().Add(20 * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")})
		}), requests: 3, within: 25 * time.Second},
		{name: "503 to every resume", server: brokenThen(file, func(int, bgfetch.TransferInit) response { return status(503) }),
			reason: bgfetch.ReasonBadStatus, body: []byte{}, within: 8 * 24 * time.Hour},
		{name: "503 at the start, with Retry-After", server: func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return status(503, bgfetch.Header{"Retry-After", "10"})
			}
			return file.Respond(init)
		}, requests: 2, within: 15 * time.Second},
		{name: "503 at the start, without", server: always(func(bgfetch.TransferInit) response { return status(503) }),
			reason: bgfetch.ReasonBadStatus, body: []byte{}, requests: 1, within: time.Second},
		{name: "no validators", server: onceThenWell(resource{Body: file.Body, Rate: file.Rate}, resource{Body: file.Body}.Respond),
			requests: 2, within: 2 * time.Second},
		{name: "no Content-Length", server: always(func(init bgfetch.TransferInit) response { return chunked(file, init) }),
			requests: 1, within: 2 * time.Second},
		{name: "no Content-Length, cut", server: func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(chunked(file, init), mib)
			}
			return chunked(file, init)
		}, requests: 3, within: 4 * time.Second}, // the third proves that there is no more
		{name: "content coding", server: always(func(init bgfetch.TransferInit) response {
			r := header(file.Respond(bgfetch.TransferInit{Request: init.Request}), "Content-Encoding", "gzip")
			return header(r, "Content-Length", "1234")
		}), requests: 1, within: time.Second},
		{name: "content coding, cut", server: func(n int, init bgfetch.TransferInit) response {
			if n > 1 {
				return file.Respond(init)
			}
			r := header(header(file.Respond(init), "Content-Encoding", "gzip"), "Content-Length", "1234")
			return cutAt(r, 3*mib)
		}, requests: 2, within: 2 * time.Second},
		{name: "an empty file", server: always(func(init bgfetch.TransferInit) response {
			return resource{Body: []byte{}}.Respond(init)
		}), body: []byte{}, requests: 1, within: time.Second},
		{name: "more bytes than Content-Length", server: always(func(init bgfetch.TransferInit) response {
			return header(file.Respond(init), "Content-Length", "1000000")
		}), reason: bgfetch.ReasonFetchError, within: 5 * time.Second},
		{name: "cross-origin, cut", server: onceThenWell(cors, cors.Respond), requests: 2, within: 2 * time.Second},
		{name: "cross-origin, replaced by one of another length", server: brokenThen(cors, func(_ int, init bgfetch.TransferInit) response {
			other := newer
			other.Type, other.LastModified = "cors", cors.LastModified
			return other.Respond(init)
		}), body: newer.Body, requests: 4, within: 3 * time.Second}, // the third could be of an encoded file
		{name: "cross-origin, invisible content coding", server: func(n int, init bgfetch.TransferInit) response {
			if init.RangeStart > 0 || init.Ranged {
				return cors.Respond(init)
			}
			return cutAt(header(cors.Respond(init), "Content-Length", strconv.Itoa(size+30)), 2*mib)
		}, requests: 3, within: 4 * time.Second},
		{name: "stall", server: func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Stall = mib
			}
			return r
		}, requests: 2, within: 40 * time.Second},
		{name: "a slow first byte", server: always(func(init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Delay = 50 * time.Second
			return r
		}), requests: 1, within: 55 * time.Second},
		{name: "never a first byte", server: always(func(init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Delay = time.Hour
			return r
		}), reason: bgfetch.ReasonFetchError, requests: 6, within: 10 * time.Minute},
		{name: "1 kB/s", server: always(func(init bgfetch.TransferInit) response {
			r := resource{Body: file.Body[:30000], Rate: 1000}
			return r.Respond(init)
		}), body: file.Body[:30000], requests: 1, within: 35 * time.Second},
	} {
		if !bgfetchtest.IsDrawn() {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, test.server)
				w.fetch("f", siteA)
				time.Sleep(test.within)
				synctest.Wait()
				body := test.body
				if body == nil && test.reason == "" {
					body = file.Body
				}
				if test.reason == "" {
					w.wantSuccess("f", body)
				} else {
					w.wantFailure("f", test.reason)
					w.wantBodies("f", body)
				}
				if n := len(w.network.Requests()); test.requests > 0 && n != test.requests {
					t.Errorf("%d requests, want %d: starts at %d", n, test.requests, w.ranges())
				}
				w.wantNothingLeft()
			})
		})
	}
}

func headerOf(head bgfetch.Head, name string) string {
	for _, h := range head.Headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

func TestResumeContinuesAtTheStoredByte(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 8*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		for range 3 {
			time.Sleep(2100 * time.Millisecond)
			w.kill()
			w.start()
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", a)
		starts := w.ranges()
		if len(starts) != 4 || starts[1] < 2*mib-mib/2 || starts[2] <= starts[1] || starts[3] <= starts[2] {
			t.Errorf("requests started at %d", starts)
		}
		if restarted := w.result("f").Told.Downloaded; restarted != 8*mib {
			t.Errorf("downloaded = %d", restarted)
		}
	})
}

// A range that the site itself asked for stays one: a 206, with its Content-Range.
func TestOwnRange(t *testing.T) {
	run(t, func(w *world) {
		body := randomBytes(1000)
		head := w.headOfClosing()
		w.network.Handle(siteA, func(n int, _ bgfetch.TransferInit) response {
			r := resource{Body: body, Rate: 1000}.Respond(bgfetch.TransferInit{RangeStart: 100, RangeEnd: 200})
			if n == 1 {
				r.Cut = 50
			}
			return r
		})
		init := fetchInit("own", siteA)
		init.Requests[0].Headers = []bgfetch.Header{{"Range", "bytes=100-199"}}
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("own", body[100:200])
		if got := head(); got.Status != 206 || headerOf(got, "Content-Range") != "bytes 100-199/1000" || headerOf(got, "Content-Length") != "100" {
			t.Errorf("its head is %+v", got)
		}
		if requests := w.network.Requests(); len(requests) != 2 || requests[1].RangeStart != 0 || requests[1].Ranged {
			t.Errorf("requests %+v: the site's own range cannot be continued", requests)
		}
	})
}
