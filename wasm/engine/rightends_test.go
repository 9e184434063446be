package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// headOfClosing lets the listener of the closing event see the head of its one record, and
// returns what asks for that.
func (w *world) headOfClosing() func() bgfetch.Head {
	var heads []bgfetch.Head
	w.events.OnDispatch = func(ctx context.Context, kind string, snapshot bgfetch.Snapshot) error {
		_, records, err := w.engine.Match(snapshot.UniqueID, nil, bgfetch.MatchOptions{}, false)
		for _, record := range records {
			heads = append(heads, *record.Head)
		}
		return errors.Join(err, w.listen(ctx, kind, snapshot))
	}
	return func() bgfetch.Head {
		w.t.Helper()
		if len(heads) != 1 {
			w.t.Fatalf("%d heads, want 1: %+v", len(heads), heads)
		}
		return heads[0]
	}
}

// What is completed by ranges from byte 0 on is a complete response.
func TestRangesFromTheStartAre200(t *testing.T) {
	run(t, func(w *world) {
		head := w.headOfClosing()
		a := w.serve(siteA, 4*mib)
		w.fetchWith("f", siteA, limit(mib))
		w.wantPace(mib, 4*mib, "f")
		w.wantSuccess("f", a)
		if got := head(); got.Status != 200 || headerOf(got, "Content-Range") != "" {
			t.Errorf("its head is %+v", got)
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
		if bgfetchtest.UnderRaceDetector {
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

// What is redirected to another origin may have been kept without CORS headers as well.
func TestSecondTryOfARedirectionGoesPastTheCache(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(1000), Type: "cors"}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			if !init.PastCache {
				return response{Err: bgfetch.ErrNetwork}
			}
			return file.Respond(init)
		})
		w.fetch("f", siteA)
		time.Sleep(time.Minute)
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
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

// A server that always asks for one second, or for none, is asked no more often than one that
// says nothing.
func TestRetryAfterIsNoReasonToHurry(t *testing.T) {
	for _, after := range []string{"", "0", "1"} {
		t.Run("Retry-After "+after, func(t *testing.T) {
			run(t, func(w *world) {
				server := w.halfway("f")
				head := []bgfetch.Header{{"Retry-After", after}}
				if after == "" {
					head = nil
				}
				server.answers(503, head...)
				if _, err := w.engine.Pause("unique-f"); err != nil { // breaks off what is under way
					t.Fatal(err)
				}
				w.resume("unique-f")
				time.Sleep(10 * time.Minute)
				if n := len(server.refusals()); n < 12 || n > 40 {
					t.Errorf("%d requests in ten minutes", n)
				}
				server.answers(0)
				time.Sleep(2 * time.Minute)
				w.wantSuccess("f", server.file.Body)
			})
		})
	}
}

// Whether the clock of the user is two hours slow or fast, a date means what it means to the
// server that names it.
func TestRetryAfterWithAWrongClock(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		t.Run(fmt.Sprint("the server is ahead by ", ahead), func(t *testing.T) {
			run(t, func(w *world) {
				file := resource{Body: randomBytes(4 * mib), ETag: `"v1"`}
				begun, waited := time.Now(), time.Duration(0)
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					if n > 1 {
						waited = time.Since(begun)
						return file.Respond(init)
					}
					now := time.Now().Add(ahead)
					return response{Head: bgfetch.Head{Type: "basic", Status: 503, Headers: []bgfetch.Header{{"Date", httpDate(now)}, {"Retry-After", httpDate(now.Add(time.Minute))}}}}
				})
				w.fetch("f", siteA)
				time.Sleep(3 * time.Minute)
				w.wantSuccess("f", file.Body)
				if waited < 59*time.Second || waited > 90*time.Second {
					t.Errorf("asked again after %v, the server wanted a minute", waited)
				}
			})
		})
	}
}

func httpDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
