package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func limit(bytesPerSecond int64) func(*bgfetch.FetchInit) {
	return func(init *bgfetch.FetchInit) { init.MaxBandwidth = bytesPerSecond }
}

// wantPace checks that the background fetches, all together, download at that rate
// until they have ended, which they do after about the time that it takes.
func (w *world) wantPace(rate, total int64, ids ...string) {
	w.t.Helper()
	begun := time.Now()
	for {
		var sum int64
		active := 0
		for _, id := range ids {
			if s, ok := w.engine.Get(id); ok {
				active++
				sum += s.Downloaded
			}
		}
		elapsed := time.Since(begun)
		if active == 0 {
			want := time.Duration(total) * time.Second / time.Duration(rate)
			if elapsed < want-want/10-time.Second || elapsed > want*12/10+2*time.Second {
				w.t.Errorf("it took %v, want about %v", elapsed, want)
			}
			return
		}
		if bound := int64(elapsed.Seconds()*float64(rate)) + 2*rate; sum > bound {
			w.t.Fatalf("%d bytes after %v, more than %d", sum, elapsed, bound)
		}
		if elapsed > time.Hour {
			w.t.Fatal("it does not end")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestLimitOfOneFetch(t *testing.T) {
	for _, kind := range []string{"basic", "cors"} {
		run(t, func(w *world) {
			a := w.serve(siteA, 10*mib, func(r *resource) { r.Type = kind })
			w.fetchWith("f", siteA, limit(mib))
			time.Sleep(10 * time.Millisecond)
			if s, _ := w.engine.Get("f"); s.State != bgfetch.ActivityRunning || s.MaxBandwidth != mib {
				t.Errorf("%+v", s)
			}
			w.wantPace(mib, 10*mib, "f")
			w.wantSuccess("f", a)
			// No response brings more than is wanted within about a second.
			for i, request := range w.network.Requests() {
				asked := request.RangeEnd - request.RangeStart
				if open := request.RangeEnd == 0; asked > mib || (open && i > 1 && request.RangeStart < 9*mib) {
					t.Errorf("%s: request %d asks for bytes %d-%d", kind, i, request.RangeStart, request.RangeEnd)
				}
			}
		})
	}
}

// All that is under way shares the limit, many small records too.
func TestLimitOfAll(t *testing.T) {
	run(t, func(w *world) {
		w.options.MaxBandwidth = mib
		w.kill()
		w.start()
		a, b := w.serve(siteA, 4*mib), w.serve(siteB, 4*mib)
		var urls []string
		var bodies [][]byte
		for i := range 200 {
			urls = append(urls, fmt.Sprintf("https://other.test/%d", i))
			bodies = append(bodies, w.serve(urls[i], 20<<10))
		}
		w.fetch("a", siteA)
		w.fetchWith("b", siteB, limit(10*mib))
		w.fetch("many", urls...)
		w.wantPace(mib, 8*mib+200*20<<10, "a", "b", "many")
		w.wantSuccess("a", a)
		w.wantSuccess("b", b)
		w.wantSuccess("many", bodies...)
	})
}

// A body that cannot be asked for by ranges is read no faster, and the waiting is not
// taken for a stall.
func TestLimitOfOneResponse(t *testing.T) {
	run(t, func(w *world) {
		w.options.Retry = bgfetch.DefaultRetryPolicy
		w.options.Retry.StallTimeout = 100 * time.Millisecond
		w.kill()
		w.start()
		a := w.serve(siteA, 300_000, func(r *resource) { r.ETag, r.LastModified = "", "" })
		w.fetchWith("f", siteA, limit(20_000))
		w.wantPace(20_000, 300_000, "f")
		w.wantSuccess("f", a)
		if n := len(w.network.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// Cross-origin a content coding is not visible: the Content-Length is not that of the
// bytes. What is asked for range by range must be all of them.
func TestLimitDoesNotTrustAHiddenCoding(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(4 * mib), Type: "cors", LastModified: "Mon, 02 Jan 2023 03:04:05 GMT"}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if init.RangeStart == 0 && init.RangeEnd == 0 && !init.Ranged {
				for i := range r.Head.Headers {
					if r.Head.Headers[i][0] == "Content-Length" {
						r.Head.Headers[i][1] = fmt.Sprint(3 * mib)
					}
				}
			}
			return r
		})
		w.fetchWith("f", siteA, limit(mib))
		w.wantPace(mib, 4*mib, "f")
		w.wantSuccess("f", file.Body)
	})
}

// TestLimitOfALengthThatIsHidden: no response tells the length, and each range is read to its end all the
// same.
func TestLimitOfALengthThatIsHidden(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(4 * mib), Type: "cors", LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: mib}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			r.Head.Headers = slices.DeleteFunc(r.Head.Headers, func(h bgfetch.Header) bool { return h[0] == "Content-Length" })
			return r
		})
		w.fetchWith("f", siteA, limit(mib/2))
		waitFor(time.Minute, w.settled("f"))
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); n > 14 {
			t.Errorf("%d requests for 8 seconds", n)
		}
	})
}

func TestLimitIsChangedAndSurvivesRestart(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 20*mib)
		id := w.fetchWith("f", siteA, limit(mib/2)).UniqueID
		time.Sleep(2 * time.Second)
		w.kill()
		w.start()
		time.Sleep(2 * time.Second)
		if n := w.downloaded("f"); n < mib || n > 3*mib {
			t.Errorf("%d bytes after 4 s", n)
		}
		none := int64(0)
		if ok, err := w.engine.SetOptions(id, bgfetch.NetworkOptionsInit{MaxBandwidth: &none}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(2 * time.Second)
		w.wantSuccess("f", a)
	})
}

// TestLimitIsSetWhileItComes: what was asked for without a limit is asked for again under it, range by
// range, since a browser would read ahead of a response that is read slowly.
func TestLimitIsSetWhileItComes(t *testing.T) {
	for name, change := range map[string]func(*resource){
		"basic":                       func(r *resource) {},
		"cors":                        func(r *resource) { r.Type = "cors" },
		"several ranges are possible": perConnection(2 * mib),
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				body := w.serve(siteA, 40*mib, func(r *resource) { r.Rate = 4 * mib }, change)
				id := w.fetch("f", siteA).UniqueID
				time.Sleep(3 * time.Second)
				for _, rate := range []int64{mib, mib / 4} {
					if ok, err := w.engine.SetOptions(id, bgfetch.NetworkOptionsInit{MaxBandwidth: &rate}); !ok || err != nil {
						t.Fatal(ok, err)
					}
					time.Sleep(5 * time.Second)
					before, asked := w.downloaded("f"), len(w.network.Requests())
					time.Sleep(5 * time.Second)
					requests := w.network.Requests()
					if len(requests) < asked+3 {
						t.Errorf("%d requests in 5 s at %d bytes/s", len(requests)-asked, rate)
					}
					for _, r := range requests[asked:] {
						if length := r.RangeEnd - r.RangeStart; length <= 0 || length > rate+mib/8 {
							t.Errorf("bytes %d to %d were asked for at %d bytes/s", r.RangeStart, r.RangeEnd, rate)
						}
					}
					if came := w.downloaded("f") - before; came < 4*rate || came > 7*rate {
						t.Errorf("%d bytes in 5 s at %d bytes/s", came, rate)
					}
				}
				none := int64(0)
				if ok, err := w.engine.SetOptions(id, bgfetch.NetworkOptionsInit{MaxBandwidth: &none}); !ok || err != nil {
					t.Fatal(ok, err)
				}
				waitFor(time.Minute, w.settled("f"))
				w.wantSuccess("f", body)
				if taken := w.network.Taken(); taken > 42*mib {
					t.Errorf("%d bytes were taken", taken)
				}
			})
		})
	}
}

func TestUnmetered(t *testing.T) {
	run(t, func(w *world) {
		w.network.SetMetered(true)
		synctest.Wait() // until the engine has heard of it
		a, b := w.serve(siteA, 8*mib, slow), w.serve(siteB, 8*mib, slow)
		unmetered := func(init *bgfetch.FetchInit) { init.Network = bgfetch.ConnectionsUnmetered }
		w.fetch("any", siteA)
		id := w.fetchWith("f", siteB, unmetered).UniqueID
		time.Sleep(time.Second)
		if s, _ := w.engine.Get("f"); s.State != bgfetch.ActivityWaitingUnmetered {
			t.Errorf("state %q", s.State)
		}
		if n := w.downloaded("f"); n != 0 || w.downloaded("any") == 0 {
			t.Errorf("%d bytes over a metered connection", n)
		}
		w.kill()
		w.start()
		time.Sleep(time.Second)
		if s, _ := w.engine.Get("f"); s.State != bgfetch.ActivityWaitingUnmetered {
			t.Errorf("after a restart: state %q", s.State)
		}

		w.network.SetMetered(false)
		time.Sleep(2 * time.Second)
		w.wantActivity(id, bgfetch.ActivityRunning)
		w.network.SetMetered(true)
		time.Sleep(time.Second)
		s := w.wantActivity(id, bgfetch.ActivityWaitingUnmetered)
		time.Sleep(time.Minute)
		if n := w.downloaded("f"); n == 0 || n != s.Downloaded {
			t.Errorf("%d bytes, %d when it began to wait", n, s.Downloaded)
		}
		w.wantSuccess("any", a)

		// A pause lasts, whatever the connection; and one may use it all the same.
		w.pause(id)
		w.network.SetMetered(false)
		time.Sleep(time.Second)
		w.wantActivity(id, bgfetch.ActivityPaused)
		w.network.SetMetered(true)
		w.resume(id)
		time.Sleep(time.Second)
		w.wantActivity(id, bgfetch.ActivityWaitingUnmetered)
		all := bgfetch.ConnectionsAny
		if ok, err := w.engine.SetOptions(id, bgfetch.NetworkOptionsInit{Network: &all}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", b)
	})
}

func TestUnmeteredByDefaultOfTheSite(t *testing.T) {
	run(t, func(w *world) {
		w.options.Network = bgfetch.ConnectionsUnmetered
		w.network.SetMetered(true)
		w.kill()
		w.start()
		a := w.serve(siteA, 1000)
		w.fetch("waits", siteA)
		w.fetchWith("goes", siteA, func(init *bgfetch.FetchInit) { init.Network = bgfetch.ConnectionsAny })
		time.Sleep(time.Second)
		w.wantSuccess("goes", a)
		if _, active := w.engine.Get("waits"); !active {
			t.Error("it does not wait")
		}
	})
}

func TestWrongNetworkOptions(t *testing.T) {
	run(t, func(w *world) {
		for name, change := range map[string]func(*bgfetch.FetchInit){
			"options.priority":     func(init *bgfetch.FetchInit) { init.Priority = "urgent" },
			"options.network":      func(init *bgfetch.FetchInit) { init.Network = "wifi" },
			"options.maxBandwidth": limit(-1),
		} {
			init := fetchInit("f", siteA)
			change(&init)
			_, err := w.engine.Fetch(t.Context(), init)
			w.wantTypeError(err, name)
		}
		high := bgfetch.Priority("highest")
		_, err := w.engine.SetOptions("unique-f", bgfetch.NetworkOptionsInit{Priority: &high})
		w.wantTypeError(err, "highest")
	})
}

func (w *world) wantTypeError(err error, text string) {
	w.t.Helper()
	var typed *bgfetch.Error
	if !errors.As(err, &typed) || typed.Name != bgfetch.TypeError || !strings.Contains(err.Error(), text) {
		w.t.Errorf("%v, want a TypeError with %q", err, text)
	}
}
