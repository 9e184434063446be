package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// Records that fail together are one event at a time, and what one was given is tried for the
// others first.
func TestRefreshOneAtATime(t *testing.T) {
	for _, each := range []bool{false, true} {
		t.Run(fmt.Sprint("a token for each: ", each), func(t *testing.T) {
			run(t, func(w *world) {
				const records = 20
				var urls []string
				var gates []*gate
				var bodies [][]byte
				for i := range records {
					url := fmt.Sprintf("https://site.test/%d", i)
					g := w.gateAt(url, 1000+i)
					if each {
						g.number = 100 + i
					}
					urls, gates, bodies = append(urls, url), append(gates, g), append(bodies, g.file.Body)
				}
				var mu sync.Mutex
				under, most := 0, 0
				w.events.OnRefresh = func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
					mu.Lock()
					under++
					most = max(most, under)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					under--
					mu.Unlock()
					for i, url := range urls {
						if url == asked.Request.URL {
							return authorize(asked, gates[i]), nil
						}
					}
					return nil, nil
				}
				w.fetch("f", urls...)
				time.Sleep(5 * time.Minute)
				w.wantSuccess("f", bodies...)
				want := 1
				if each {
					want = records
				}
				if n := len(w.events.Asked()); n != want || most != 1 {
					t.Errorf("asked %d times, %d at once", n, most)
				}
				for i, g := range gates {
					if n := len(g.requests()); n > 3 {
						t.Errorf("%d requests of record %d", n, i)
					}
				}
				w.wantNothingLeft()
			})
		})
	}
	t.Run("not for another origin", func(t *testing.T) {
		run(t, func(w *world) {
			a, c := w.gateAt(siteA, 1000), w.gateAt(otherC, 1000)
			w.events.OnRefresh = func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
				return authorize(asked, a), nil
			}
			w.fetch("f", siteA, otherC)
			time.Sleep(time.Minute)
			w.wantSuccess("f", a.file.Body, c.file.Body)
			if n := len(w.events.Asked()); n != 2 {
				t.Errorf("asked %d times", n)
			}
		})
	})
}

// Bytes of what is behind another URL are gone on with only where they are of the same file.
func TestRefreshOfAnotherFile(t *testing.T) {
	for name, change := range map[string]func(*resource){
		"another ETag":      func(r *resource) { r.ETag = `"v2"` },
		"no validator":      func(r *resource) { r.ETag, r.LastModified = "", "" },
		"the same, weakly":  func(r *resource) { r.ETag = `W/"v1"` },
		"cors, same length": func(r *resource) { r.Type = "cors" },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				g := w.gateAt(siteA, 8*mib)
				change(&g.file)
				if name == "another ETag" {
					g.file.ETag = `"v1"`
				}
				w.events.OnRefresh = func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
					g.mu.Lock()
					defer g.mu.Unlock()
					other := randomBytes(8*mib + 1)[1:]
					g.file.Body = other
					change(&g.file)
					return &bgfetch.Request{URL: signed(siteA, g.number)}, nil
				}
				w.begin("f", siteA, g)
				w.breaks("f", g)
				time.Sleep(time.Minute)
				g.mu.Lock()
				defer g.mu.Unlock()
				w.wantSuccess("f", g.file.Body)
			})
		})
	}
	t.Run("integrity", func(t *testing.T) {
		run(t, func(w *world) {
			g := w.gateAt(siteA, 4*mib)
			init := fetchInit("f", signed(siteA, 0))
			init.Requests[0].Integrity = sri256(g.file.Body)
			w.events.OnRefresh = func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.file.Body, g.file.ETag = randomBytes(4*mib + 1)[1:], `"v2"`
				return &bgfetch.Request{URL: signed(siteA, g.number)}, nil
			}
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			w.breaks("f", g)
			time.Sleep(time.Minute)
			w.wantFailure("f", bgfetch.ReasonFetchError)
		})
	})
}

// A file that is fetched by several requests at a time goes on when all of them have expired.
func TestRefreshOfRanges(t *testing.T) {
	run(t, func(w *world) {
		g := w.gateAt(siteA, 64*mib)
		w.signs(siteA, g)
		w.begin("f", siteA, g)
		for range 2 {
			time.Sleep(4 * time.Second)
			g.expire() // what is under way goes on, and no part can be added
			time.Sleep(2 * time.Second)
			_, _ = w.engine.Pause("unique-f")
			w.resume("unique-f")
		}
		time.Sleep(5 * time.Minute)
		w.wantSuccess("f", g.file.Body)
		if w.network.Peak("site.test") < 2 {
			t.Error("there was one request at a time")
		}
		w.wantOnce(g, 2*5)
	})
}

// The URL may be one of another host, where the record then waits for its place.
func TestRefreshAtAnotherHost(t *testing.T) {
	run(t, func(w *world) {
		g := w.gateAt(siteA, 8*mib)
		for number := range 20 {
			w.network.Handle(signed(otherC, number), g.respond)
		}
		w.signs(otherC, g)
		w.begin("f", siteA, g)
		w.breaks("f", g)
		time.Sleep(3 * time.Second)
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		w.wantSuccess("f", g.file.Body)
		w.wantOnce(g, 2)
		w.wantNothingLeft()
	})
}

func TestSetRequest(t *testing.T) {
	set := func(w *world, g *gate) {
		w.t.Helper()
		request := bgfetch.Request{URL: signed(siteA, g.now()), Method: "GET"}
		if changed, err := w.engine.SetRequest("unique-f", 0, request); !changed || err != nil {
			w.t.Fatalf("setRequest(): %v, %v", changed, err)
		}
	}
	for name, story := range map[string]func(w *world, g *gate){
		"while it runs": func(w *world, g *gate) {
			time.Sleep(2500 * time.Millisecond)
			g.expire()
			set(w, g)
			_, _ = w.engine.Pause("unique-f")
			w.resume("unique-f")
		},
		"while it is paused": func(w *world, g *gate) {
			time.Sleep(2500 * time.Millisecond)
			_, _ = w.engine.Pause("unique-f")
			g.expire()
			set(w, g)
			w.resume("unique-f")
		},
		"before a death": func(w *world, g *gate) {
			time.Sleep(2500 * time.Millisecond)
			g.expire()
			set(w, g)
			w.kill()
			w.start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				g := w.gateAt(siteA, 8*mib)
				w.begin("f", siteA, g)
				story(w, g)
				time.Sleep(time.Minute)
				w.wantSuccess("f", g.file.Body)
				w.wantOnce(g, 1)
				if n := len(w.events.Asked()); n != 0 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
	t.Run("of none, or after the end", func(t *testing.T) {
		run(t, func(w *world) {
			a := w.serve(siteA, 10)
			g := w.gateAt(siteB, 8*mib)
			w.fetch("f", siteA, signed(siteB, 0))
			time.Sleep(time.Second)
			request := bgfetch.Request{URL: siteA}
			if changed, err := w.engine.SetRequest("unique-f", 0, request); changed || err != nil {
				t.Errorf("of a record that is there: %v, %v", changed, err)
			}
			for _, index := range []int{-1, 2} {
				if _, err := w.engine.SetRequest("unique-f", index, request); !errors.Is(err, bgfetch.ErrUnknown) {
					t.Errorf("of record %d: %v", index, err)
				}
			}
			if _, err := w.engine.SetRequest("none", 0, request); !errors.Is(err, bgfetch.ErrUnknown) {
				t.Errorf("of none: %v", err)
			}
			time.Sleep(time.Minute)
			w.wantSuccess("f", a, g.file.Body)
		})
	})
}

// What was given for a request may be a secret: it does not stay with what is kept.
func TestRefreshedIsNotKept(t *testing.T) {
	run(t, func(w *world) {
		g := w.gateAt(siteA, 1000)
		w.events.OnRefresh = func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
			return authorize(asked, g), nil
		}
		init := fetchInit("f", siteA)
		init.Keep = true
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", g.file.Body)
		stored, err := w.store.Load(context.Background())
		if err != nil || len(stored) != 1 || stored[0].Records[0].Refreshed != nil {
			t.Errorf("%+v, %v", stored, err)
		}
	})
}

// TestCrashWhileRefreshing lets the worker die at each write of a background fetch whose URLs
// expire.
func TestCrashWhileRefreshing(t *testing.T) {
	story := func(w *world) *gate {
		g := w.gateAt(siteA, 6*mib)
		w.signs(siteA, g)
		for range 10 { // whoever asks asks again
			_, _ = w.engine.Fetch(context.Background(), fetchInit("f", signed(siteA, 0)))
			time.Sleep(2500 * time.Millisecond)
			g.expire()
			_, _ = w.engine.Pause("unique-f")
			_ = w.engine.Resume("unique-f")
			_, _ = w.engine.SetRequest("unique-f", 0, bgfetch.Request{URL: signed(siteA, g.now())})
			time.Sleep(time.Second)
			synctest.Wait()
			w.revive()
		}
		time.Sleep(time.Minute)
		return g
	}
	writes := 0
	run(t, func(w *world) {
		g := story(w)
		w.wantSuccess("f", g.file.Body)
		writes = w.store.Writes()
	})
	if writes < 8 {
		t.Fatalf("only %d writes", writes)
	}
	atEveryWrite(t, writes, func(t *testing.T, doom func(*world)) {
		run(t, func(w *world) {
			doom(w)
			g := story(w)
			w.kill()
			w.start()
			time.Sleep(time.Minute)
			w.wantRight("f", [][]byte{g.file.Body})
		})
	})
}
