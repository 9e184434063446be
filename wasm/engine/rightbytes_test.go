package engine_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
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
		}, nil, "", 6},
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
		{"a coding that this browser leaves, cut four times", webkit, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Head = set(r.Head, "Content-Encoding", "zstd")
			if n <= 4 {
				r.Cut = mib / 2
			}
			return r
		}, nil, "", 5},
		{"an archive that this browser does not unpack, cut four times", webkit, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Head = set(set(r.Head, "Content-Encoding", "gzip"), "Content-Type", "application/gzip")
			if n <= 4 {
				r.Cut = mib / 2
			}
			return r
		}, nil, "", 5},
		{"an archive that this browser unpacks, whose ranges it does not", firefox, func(n int, init bgfetch.TransferInit) response {
			if isRange(init) {
				return response{Err: bgfetch.ErrNetwork}
			}
			r := encoded(all(file, init), true, 3*mib)
			r.Head = set(r.Head, "Content-Type", "application/gzip")
			r.Sent = &bgfetch.Sent{EncodedLength: 3 * mib}
			if n == 1 {
				r.Cut = mib
			}
			return r
		}, nil, "", 6},
		{"replaced by an empty file", chromium, func(n int, init bgfetch.TransferInit) response {
			if n == 1 {
				return cutAt(file.Respond(init), 2*mib)
			}
			return resource{Body: []byte{}, ETag: `"v2"`}.Respond(init)
		}, []byte{}, "", 3},
	} {
		if !bgfetchtest.IsDrawn() {
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
