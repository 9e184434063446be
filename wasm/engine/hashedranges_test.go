package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// slowToRead makes each segment take some time to be read back, and counts them.
func (w *world) slowToRead(takes time.Duration) *atomic.Int32 {
	read := new(atomic.Int32)
	w.bodies.OnRead = func(ctx context.Context) error {
		select {
		case <-time.After(takes):
			read.Add(1)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return read
}

// TestSeveralRangesWithIntegrity: what did not pass in order is hashed at the end.
func TestSeveralRangesWithIntegrity(t *testing.T) {
	const size, rate = 96 * mib, 2 * mib
	whole := time.Duration(size/rate) * time.Second
	for _, test := range []struct {
		name   string
		server func(*resource)
		// wrong is when it is known that the bytes are wrong.
		wrong time.Duration
	}{
		{"a strong ETag", func(*resource) {}, whole / 3},
		{"cross-origin: once more by one response", func(r *resource) { r.Type = "cors" }, 3 * whole / 2},
	} {
		for _, isRight := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, right %v", test.name, isRight), func(t *testing.T) {
				run(t, func(w *world) {
					put := w.countPuts()
					body := w.serve(siteA, size, perConnection(rate), test.server)
					integrity := sri256(body)
					if !isRight {
						integrity = sri256(body[1:])
					}
					w.fetchChecked("f", siteA, integrity)
					took := waitFor(20*whole, w.settled("f"))
					if !isRight {
						w.wantFailure("f", bgfetch.ReasonFetchError)
						w.wantBodies("f", nil)
						if took > test.wrong {
							t.Errorf("that it is wrong was known after %v", took)
						}
						return
					}
					w.wantSuccess("f", body)
					if took > whole/3 {
						t.Errorf("it took %v; one connection takes %v", took, whole)
					}
					if put() != size {
						t.Errorf("%d bytes were stored of a body of %d", put(), size)
					}
				})
			})
		}
	}
}

// TestVerifyingIsInterrupted: hashing at the end can be ended like a transfer, and goes on where it was.
func TestVerifyingIsInterrupted(t *testing.T) {
	const size, rate = 64 * mib, 4 * mib
	// begin returns when some segments have been read back.
	begin := func(w *world) (body []byte, read *atomic.Int32, snapshot bgfetch.Snapshot) {
		read = w.slowToRead(time.Second)
		body = w.serve(siteA, size, perConnection(rate))
		snapshot = w.fetchChecked("f", siteA, sri256(body))
		waitFor(time.Minute, func() bool { return read.Load() == 7 })
		return body, read, snapshot
	}
	segments := func(w *world, snapshot bgfetch.Snapshot) int32 {
		keys, _ := w.bodies.Segments(context.Background(), snapshot.UniqueID)
		return int32(len(keys))
	}
	t.Run("paused", func(t *testing.T) {
		run(t, func(w *world) {
			body, read, snapshot := begin(w)
			if _, err := w.engine.Pause(snapshot.UniqueID); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if n := read.Load(); n > 8 {
				t.Errorf("%d segments were read, also while it was paused", n)
			}
			if err := w.engine.Resume(snapshot.UniqueID); err != nil {
				t.Fatal(err)
			}
			all := segments(w, snapshot)
			waitFor(5*time.Minute, w.settled("f"))
			w.wantSuccess("f", body)
			if n := read.Load(); n > all {
				t.Errorf("%d segments were read, and there are %d", n, all)
			}
		})
	})
	t.Run("killed", func(t *testing.T) {
		run(t, func(w *world) {
			body, read, snapshot := begin(w)
			w.kill()
			all := segments(w, snapshot)
			w.start()
			waitFor(5*time.Minute, w.settled("f"))
			w.wantSuccess("f", body)
			if n := read.Load(); n > all+3 {
				t.Errorf("%d segments were read, and there are %d", n, all)
			}
		})
	})
	t.Run("aborted", func(t *testing.T) {
		run(t, func(w *world) {
			_, read, snapshot := begin(w)
			if _, err := w.engine.Abort(context.Background(), snapshot.UniqueID, ""); err != nil {
				t.Fatal(err)
			}
			waitFor(time.Second, w.settled("f"))
			w.wantFailure("f", bgfetch.ReasonAborted)
			if n := read.Load(); n > 8 {
				t.Errorf("%d segments were read, also after it was aborted", n)
			}
			w.wantNothingLeft()
		})
	})
	t.Run("a segment is gone", func(t *testing.T) {
		run(t, func(w *world) {
			body, _, snapshot := begin(w)
			keys, _ := w.bodies.Segments(context.Background(), snapshot.UniqueID)
			last := keys[0]
			for _, key := range keys {
				if key.Offset > last.Offset {
					last = key
				}
			}
			before := len(w.network.Requests())
			_ = w.bodies.DeleteSegments(context.Background(), snapshot.UniqueID, []bgfetch.SegmentKey{last})
			waitFor(5*time.Minute, w.settled("f"))
			w.wantSuccess("f", body)
			if n := len(w.network.Requests()) - before; n != 1 {
				t.Errorf("%d requests for one segment", n)
			}
		})
	})
}

// TestVerifiedWhenDeclined: the bytes are checked as well where the end is taken from a refusal that the
// site has no other request for.
func TestVerifiedWhenDeclined(t *testing.T) {
	for name, isRight := range map[string]bool{"right": true, "wrong": false} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				file := resource{Body: randomBytes(mib), Type: "cors", LastModified: "Mon, 02 Jan 2023 03:04:05 GMT"}
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					if n > 1 {
						return response{Head: bgfetch.Head{Type: "cors", Status: 404}}
					}
					r := file.Respond(init)
					r.Head = set(r.Head, "Content-Length", "")
					return r
				})
				integrity := sri256(file.Body)
				if !isRight {
					integrity = sri256(file.Body[1:])
				}
				w.fetchChecked("f", siteA, integrity)
				waitFor(time.Hour, w.settled("f"))
				if isRight {
					w.wantSuccess("f", file.Body)
				} else {
					w.wantFailure("f", bgfetch.ReasonFetchError)
				}
				if n := len(w.network.Requests()); n > 4 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestDamagedSegment: what is there and cannot be read as its row says is fetched again, and not for ever.
func TestDamagedSegment(t *testing.T) {
	for name, times := range map[string]int{"once": 1, "for ever": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				file := resource{Body: randomBytes(2 * mib), ETag: `"v1"`}
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					if n == 1 {
						r.Cut = mib + mib/2
					}
					return r
				})
				read := 0
				w.bodies.OnRead = func(context.Context) error {
					if read++; read <= times {
						return bgfetch.ErrLost
					}
					return nil
				}
				w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) {
					init.Requests[0].Pieces, init.Requests[0].Integrity = piecesOf(file.Body), sri256(file.Body)
				})
				waitFor(time.Hour, w.settled("f"))
				// Another time it need not be read back: it comes in one response.
				w.wantSuccess("f", file.Body)
				if read == 0 {
					t.Error("nothing was read back")
				}
				if n := len(w.network.Requests()); n > 6 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}
