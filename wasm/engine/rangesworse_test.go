package engine_test

import (
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
)

// Several ranges are never worse than one request.

// ranged is a file of 64 MiB whose responses come at 2 MiB/s each: one takes 32 s.
func ranged() resource {
	return resource{Body: randomBytes(64 * mib), ETag: `"v1"`, LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: 2 * mib}
}

// TestRefusedBehindStored: a range is refused, and what follows it is stored. The first response,
// which has all of the file, goes on over that, and no other request succeeds.
func TestRefusedBehindStored(t *testing.T) {
	refusals := map[string]func(file resource, init bgfetch.TransferInit) response{
		"404": func(resource, bgfetch.TransferInit) response {
			return response{Head: bgfetch.Head{Type: "basic", Status: 404}}
		},
		"an expired link": func(resource, bgfetch.TransferInit) response {
			return response{Head: bgfetch.Head{Type: "basic", Status: 403}}
		},
		"a 200": func(file resource, init bgfetch.TransferInit) response {
			return file.Respond(bgfetch.TransferInit{Request: init.Request})
		},
	}
	for _, kind := range []string{"basic", "cors"} {
		for name, refuse := range refusals {
			for _, cut := range []int{4, 6} { // the request that breaks off
				if !bgfetchtest.IsDrawn() {
					continue
				}
				t.Run(fmt.Sprint(kind, ", ", name, ", request ", cut), func(t *testing.T) {
					file := ranged()
					file.Type = kind
					run(t, func(w *world) {
						w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
							if n > 6 {
								return refuse(file, init)
							}
							r := file.Respond(init)
							if n == cut {
								r.Cut = 300 << 10
							}
							return r
						})
						w.fetch("f", siteA)
						took := waitFor(3*time.Minute, w.settled("f"))
						w.wantSuccess("f", file.Body)
						if took > 33*time.Second {
							t.Errorf("it took %v", took)
						}
					})
				})
			}
		}
	}
}

// TestSlowAdditional: a range comes by a connection that becomes very slow. It is not waited for.
func TestSlowAdditional(t *testing.T) {
	for _, slow := range []int{4, 8} {
		for name, change := range map[string]func(*response){
			"slow":    func(r *response) { r.Rate = 20 << 10 },
			"stalled": func(r *response) { r.Stall = 100 << 10 },
		} {
			t.Run(fmt.Sprint(name, slow), func(t *testing.T) {
				file := ranged()
				run(t, func(w *world) {
					w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
						r := file.Respond(init)
						if n == slow {
							change(&r)
						}
						return r
					})
					put := w.countPuts()
					w.fetch("f", siteA)
					took := waitFor(3*time.Minute, w.settled("f"))
					w.wantSuccess("f", file.Body)
					if took > 24*time.Second || put() > 64*mib {
						t.Errorf("it took %v; %d bytes were stored", took, put())
					}
				})
			})
		}
	}
}

// TestHiddenCodingOfAdditional: the first response is encoded, which another origin hides. A
// range to the end of what is announced would be most of the file.
func TestHiddenCodingOfAdditional(t *testing.T) {
	file := resource{Body: randomBytes(128 * mib), Type: "cors", LastModified: "Mon, 02 Jan 2023 03:04:05 GMT", Rate: 2 * mib}
	run(t, func(w *world) {
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if init.RangeStart == 0 {
				r.Head, r.Rate = set(r.Head, "Content-Length", fmt.Sprint(32*mib)), 8*mib
			}
			return r
		})
		w.fetch("f", siteA)
		took := waitFor(3*time.Minute, w.settled("f"))
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); n > 2 || took > 17*time.Second {
			t.Errorf("%d requests, it took %v; one takes 16 s", n, took)
		}
	})
}

// TestFarServer: where each connection is limited a server far away is a gain; where the link is,
// that the head of the first additional range is late is none.
func TestFarServer(t *testing.T) {
	for _, delay := range []time.Duration{200 * time.Millisecond, 2 * time.Second} {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprint(delay, shared), func(t *testing.T) {
				file := ranged()
				if shared {
					file.Rate, file.Link = 100*mib, &bgfetchtest.Link{Rate: 2 * mib}
				}
				run(t, func(w *world) {
					w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
						r := file.Respond(init)
						r.Delay = delay
						return r
					})
					w.fetch("f", siteA)
					took := waitFor(time.Minute, w.settled("f"))
					w.wantSuccess("f", file.Body)
					peak := w.network.Peak("")
					t.Logf("%v, %d at once", took, peak)
					switch {
					case shared && (peak > 2 || took > 34*time.Second):
						t.Errorf("%d requests at once, and it took %v", peak, took)
					case !shared && delay < time.Second && (peak < engine.DefaultOptions.MaxPerHost || took > 16*time.Second):
						t.Errorf("%d requests at once, and it took %v; one takes 32 s", peak, took)
					}
				})
			})
		}
	}
}

// TestSeveralRangesAfterARestart: the end of the file is stored already, so no additional range
// ends there. That the body has ended is known a little later than its last byte.
func TestSeveralRangesAfterARestart(t *testing.T) {
	for _, kind := range []string{"basic", "cors"} {
		t.Run(kind, func(t *testing.T) {
			file := ranged()
			file.Body, file.Type = randomBytes(160*mib), kind
			run(t, func(w *world) {
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					r.LateEnd = true
					return r
				})
				w.fetch("f", siteA)
				time.Sleep(4 * time.Second)
				w.kill()
				before := len(w.network.Requests())
				w.start()
				took := waitFor(2*time.Minute, w.settled("f"))
				w.wantSuccess("f", file.Body)
				if n := len(w.network.Requests()) - before; n < 6 || took > 25*time.Second {
					t.Errorf("%d requests after the restart, %v", n, took)
				}
			})
		})
	}
}

// TestSeveralRangesOfASlowLink: what comes slowly is not asked for in small pieces, whether several
// ranges help or not, and after a restart neither.
func TestSeveralRangesOfASlowLink(t *testing.T) {
	const rate = 30 << 10
	for name, change := range map[string]func(*resource){
		"each connection is limited": func(r *resource) { r.Rate = rate },
		"the link is":                func(r *resource) { r.Rate, r.Link = mib, &bgfetchtest.Link{Rate: rate} },
	} {
		t.Run(name, func(t *testing.T) {
			file := ranged()
			file.Type = "cors"
			change(&file)
			if bgfetchtest.UnderRaceDetector {
				file.Body = file.Body[:24*mib]
			}
			run(t, func(w *world) {
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response { return file.Respond(init) })
				w.fetch("f", siteA)
				for range 3 {
					time.Sleep(2 * time.Minute)
					w.kill()
					w.start()
				}
				waitFor(time.Hour, w.settled("f"))
				w.wantSuccess("f", file.Body)
				n, taken := len(w.network.Requests()), w.network.Taken()
				if n > 80 || taken > int64(len(file.Body))+64*mib/20 {
					t.Errorf("%d requests brought %d bytes of %d", n, taken, len(file.Body))
				}
			})
		})
	}
}

// TestLimitWhileSeveralRanges: a limit that is set while several ranges are under way holds all of
// them.
func TestLimitWhileSeveralRanges(t *testing.T) {
	file := ranged()
	for name, integrity := range map[string]string{"": "", "with integrity": sri256(file.Body)} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response { return file.Respond(init) })
				id := w.fetchChecked("f", siteA, integrity).UniqueID
				waitFor(10*time.Second, func() bool { return w.network.Running() == engine.DefaultOptions.MaxPerHost })
				before, rate := w.network.Taken(), int64(256<<10)
				if ok, err := w.engine.SetOptions(id, bgfetch.NetworkOptionsInit{MaxBandwidth: &rate}); !ok || err != nil {
					t.Fatal(ok, err)
				}
				time.Sleep(20 * time.Second)
				if came := w.network.Taken() - before; came > 25*rate+2*mib {
					t.Errorf("%d bytes came in 20 s", came)
				}
			})
		})
	}
}
