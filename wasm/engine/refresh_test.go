package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// gate is a server that wants a number with each request for a file, which it may change at any
// time: in the URL, as one that is signed, or in Authorization.
type gate struct {
	mu     sync.Mutex
	file   resource
	number int
	status int // of who has not the number
	// before answers those who have it, if it is set.
	before func(response) response
	sent   []bgfetch.Request
}

func (w *world) gateAt(url string, size int) *gate {
	g := &gate{file: resource{Body: randomBytes(size), ETag: `"v1"`, Rate: mib}, status: 403}
	for number := range 20 {
		w.network.Handle(signed(url, number), g.respond)
	}
	w.network.Handle(url, g.respond)
	return g
}

func signed(url string, number int) string { return fmt.Sprintf("%s?signed=%d", url, number) }

func (g *gate) respond(_ int, init bgfetch.TransferInit) response {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent = append(g.sent, init.Request)
	inURL := strings.HasSuffix(init.Request.URL, fmt.Sprintf("?signed=%d", g.number))
	inHeader := bgfetch.HeaderValue(init.Request.Headers, "Authorization") == fmt.Sprint(g.number)
	if !inURL && !inHeader {
		return response{Head: bgfetch.Head{URL: init.Request.URL, Type: "basic", Status: g.status}, Body: []byte("expired")}
	}
	r := g.file.Respond(init)
	if g.before != nil {
		r = g.before(r)
	}
	return r
}

// expire wants another number from now on.
func (g *gate) expire() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.number++
	return g.number
}

func (g *gate) now() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.number
}

// requests are those that were sent to it.
func (g *gate) requests() []bgfetch.Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]bgfetch.Request(nil), g.sent...)
}

// breaks lets what is under way break off after two seconds, and expires what it was asked with.
func (w *world) breaks(id string, g *gate) {
	w.t.Helper()
	time.Sleep(2500 * time.Millisecond)
	g.expire()
	_, _ = w.engine.Pause("unique-" + id)
	w.resume("unique-" + id)
}

// begin fetches a file whose URL is signed with the number.
func (w *world) begin(id string, url string, g *gate) { w.fetch(id, signed(url, g.now())) }

// signs lets the listener give a URL with the number that is wanted.
func (w *world) signs(url string, g *gate) {
	w.events.SetOnRefresh(func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
		return &bgfetch.Request{URL: signed(url, g.now()), Method: "GET"}, nil
	})
}

// authorize lets it give the URL of the request, and the number in Authorization.
func authorize(asked bgfetchtest.Asked, g *gate) *bgfetch.Request {
	return &bgfetch.Request{URL: asked.Request.URL, Method: "GET", Headers: []bgfetch.Header{{"Authorization", fmt.Sprint(g.now())}}}
}

// wantOnce checks that nothing of a file was taken twice, but for what a break costs.
func (w *world) wantOnce(g *gate, breaks int) {
	w.t.Helper()
	if taken, most := w.network.Taken(), int64(len(g.file.Body)+breaks*mib); taken > most {
		w.t.Errorf("%d bytes were taken of a file of %d", taken, len(g.file.Body))
	}
}

func TestRefresh(t *testing.T) {
	answers := map[string]struct {
		give func(w *world, asked bgfetchtest.Asked, g *gate) (*bgfetch.Request, error)
		ends bgfetch.FailureReason
	}{
		"a URL": {give: func(_ *world, _ bgfetchtest.Asked, g *gate) (*bgfetch.Request, error) {
			return &bgfetch.Request{URL: signed(siteA, g.now())}, nil
		}},
		"header fields": {give: func(_ *world, asked bgfetchtest.Asked, g *gate) (*bgfetch.Request, error) {
			return authorize(asked, g), nil
		}},
		"undefined": {give: func(*world, bgfetchtest.Asked, *gate) (*bgfetch.Request, error) { return nil, nil }, ends: bgfetch.ReasonBadStatus},
		"at the second time": {give: func(w *world, asked bgfetchtest.Asked, g *gate) (*bgfetch.Request, error) {
			if len(w.events.Asked()) == 1 {
				return nil, errors.New("nobody is signed in")
			}
			return authorize(asked, g), nil
		}},
		"by setRequest()": {give: func(w *world, asked bgfetchtest.Asked, g *gate) (*bgfetch.Request, error) {
			_, err := w.engine.SetRequest(asked.Snapshot.UniqueID, 0, *authorize(asked, g))
			return nil, err
		}},
	}
	for _, status := range []int{401, 403, 404, 410} {
		for name, answer := range answers {
			for _, when := range []string{"at the start", "in the middle"} {
				if !bgfetchtest.IsDrawn() {
					continue
				}
				t.Run(fmt.Sprint(status, " ", when, " ", name), func(t *testing.T) {
					run(t, func(w *world) {
						g := w.gateAt(siteA, 6*mib)
						g.status = status
						w.events.OnRefresh = func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
							return answer.give(w, asked, g)
						}
						if when == "at the start" {
							w.fetch("f", siteA)
						} else {
							w.begin("f", siteA, g)
							w.breaks("f", g)
						}
						time.Sleep(time.Minute)
						asked := w.events.Asked()
						if len(asked) == 0 || asked[0].Head.Status != status || asked[0].Snapshot.ID != "f" {
							t.Fatalf("asked: %+v", asked)
						}
						if answer.ends != "" {
							w.wantFailure("f", answer.ends)
							return
						}
						w.wantSuccess("f", g.file.Body)
						w.wantOnce(g, 1)
						if left := w.left(); left != "" {
							t.Error(left)
						}
					})
				})
			}
		}
	}
}

// Nobody is asked for what cannot have expired, or must not be sent twice.
func TestNotAsked(t *testing.T) {
	for _, status := range []int{400, 402, 405, 406, 451, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			run(t, func(w *world) {
				g := w.gateAt(siteA, 1)
				g.status = status
				w.fetch("f", siteA)
				time.Sleep(time.Minute)
				w.wantFailure("f", bgfetch.ReasonBadStatus)
				if n := len(w.events.Asked()); n != 0 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
	t.Run("POST", func(t *testing.T) {
		run(t, func(w *world) {
			w.gateAt(siteA, 1)
			init := fetchInit("f", siteA)
			init.Requests[0].Method = "POST"
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			w.wantFailure("f", bgfetch.ReasonBadStatus)
			if n := len(w.events.Asked()); n != 0 {
				t.Errorf("asked %d times", n)
			}
		})
	})
}

// What the site gave is used from then on, also by the next engines, while the record shows the
// request of ever.
func TestRefreshedLasts(t *testing.T) {
	run(t, func(w *world) {
		g := w.gateAt(siteA, 8*mib)
		w.signs(siteA, g)
		w.begin("f", siteA, g)
		w.breaks("f", g)
		for range 2 {
			time.Sleep(2 * time.Second)
			w.kill()
			w.start()
		}
		_, records, err := w.engine.Match("unique-f", &bgfetch.MatchRequest{URL: signed(siteA, 0), Method: "GET"}, bgfetch.MatchOptions{}, true)
		if err != nil || len(records) != 1 || records[0].Request.URL != signed(siteA, 0) || records[0].Head.URL != signed(siteA, 0) {
			t.Errorf("%+v, %v", records, err)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", g.file.Body)
		w.wantOnce(g, 4)
		if n := len(w.events.Asked()); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A listener that has nothing to give yet is asked again, later and later, for as long as a site
// wants, and at once when something speaks for it.
func TestRefreshWaits(t *testing.T) {
	quietly(t)
	signedOut := func(context.Context, bgfetchtest.Asked) (*bgfetch.Request, error) {
		return nil, errors.New("nobody is signed in")
	}
	t.Run("given up", func(t *testing.T) {
		run(t, func(w *world) {
			w.beginWithPatience(time.Hour)
			g := w.gateAt(siteA, 8*mib)
			w.events.OnRefresh = signedOut
			w.begin("f", siteA, g)
			w.breaks("f", g)
			time.Sleep(50 * time.Minute)
			if s := w.wantActivity("unique-f", bgfetch.ActivityWaitingRefresh); s.RetryAt < time.Now().UnixMilli() {
				t.Errorf("the site is asked again at %d", s.RetryAt)
			}
			time.Sleep(20 * time.Minute)
			w.wantFailure("f", bgfetch.ReasonBadStatus)
			asked := w.events.Asked()
			if n := len(asked); n < 60 || n > 150 {
				t.Errorf("asked %d times in an hour", n)
			}
			if took := asked[len(asked)-1].At.Sub(asked[0].At); took < time.Hour-time.Minute || took > time.Hour+time.Minute {
				t.Errorf("given up after %v", took)
			}
		})
	})
	t.Run("over restarts", func(t *testing.T) {
		run(t, func(w *world) {
			w.beginWithPatience(time.Hour)
			g := w.gateAt(siteA, 8*mib)
			w.events.OnRefresh = signedOut
			w.begin("f", siteA, g)
			w.breaks("f", g)
			for range 4 {
				time.Sleep(20 * time.Minute)
				w.kill()
				w.start()
			}
			time.Sleep(time.Minute)
			w.wantFailure("f", bgfetch.ReasonBadStatus)
		})
	})
	for name, end := range map[string]func(w *world){
		"a change":  func(w *world) { w.network.Change() },
		"resume()":  func(w *world) { w.resume("unique-f") },
		"a restart": func(w *world) { w.kill(); w.start() },
		"setRequest()": func(w *world) {
			if changed, err := w.engine.SetRequest("unique-f", 0, bgfetch.Request{URL: signed(siteA, 1)}); !changed || err != nil {
				w.t.Errorf("setRequest(): %v, %v", changed, err)
			}
		},
	} {
		t.Run("until "+name, func(t *testing.T) {
			run(t, func(w *world) {
				g := w.gateAt(siteA, 8*mib)
				w.events.OnRefresh = signedOut
				w.begin("f", siteA, g)
				w.breaks("f", g)
				time.Sleep(2 * time.Hour)
				s := w.wantActivity("unique-f", bgfetch.ActivityWaitingRefresh)
				if wait := time.Until(time.UnixMilli(s.RetryAt)); wait < 30*time.Second {
					time.Sleep(wait + 2*time.Second)
				}
				w.signs(siteA, g)
				end(w)
				time.Sleep(15 * time.Second)
				w.wantSuccess("f", g.file.Body)
			})
		})
	}
}

// What is given and refused all the same is not asked for again and again.
func TestRefreshedAndRefused(t *testing.T) {
	quietly(t)
	run(t, func(w *world) {
		w.beginWithPatience(2 * time.Hour)
		g := w.gateAt(siteA, 8*mib)
		w.events.OnRefresh = func(_ context.Context, asked bgfetchtest.Asked) (*bgfetch.Request, error) {
			return &bgfetch.Request{URL: signed(siteA, 7)}, nil
		}
		w.begin("f", siteA, g)
		w.breaks("f", g)
		time.Sleep(time.Hour)
		if n := len(w.events.Asked()); n < 30 || n > 150 {
			t.Errorf("asked %d times in an hour", n)
		}
		if n := len(g.requests()); n > 350 {
			t.Errorf("%d requests", n)
		}
		g.mu.Lock()
		g.number = 7
		g.mu.Unlock()
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", g.file.Body)
		w.wantOnce(g, 1)
	})
}

// A listener whose promise is never settled is not waited for for ever.
func TestRefreshNeverSettles(t *testing.T) {
	run(t, func(w *world) {
		w.options.Retry = bgfetch.DefaultRetryPolicy
		w.options.Retry.BackOff = time.Minute
		w.kill()
		w.start()
		g := w.gateAt(siteA, 8*mib)
		w.events.OnRefresh = func(ctx context.Context, _ bgfetchtest.Asked) (*bgfetch.Request, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		w.begin("f", siteA, g)
		w.breaks("f", g)
		time.Sleep(time.Second)
		w.wantActivity("unique-f", bgfetch.ActivityRunning)
		time.Sleep(time.Minute)
		w.wantActivity("unique-f", bgfetch.ActivityWaitingRefresh)
		w.wantLogged("not settled within 1m0s")
		w.signs(siteA, g)
		time.Sleep(3 * time.Minute)
		w.wantSuccess("f", g.file.Body)
	})
	t.Run("and is aborted", func(t *testing.T) {
		run(t, func(w *world) {
			g := w.gateAt(siteA, 8*mib)
			w.events.OnRefresh = func(ctx context.Context, _ bgfetchtest.Asked) (*bgfetch.Request, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			w.begin("f", siteA, g)
			w.breaks("f", g)
			time.Sleep(time.Second)
			if aborted, err := w.engine.Abort(context.Background(), "unique-f", ""); !aborted || err != nil {
				t.Errorf("%v, %v", aborted, err)
			}
			time.Sleep(time.Second)
			w.wantFailure("f", bgfetch.ReasonAborted)
			w.wantNothingLeft()
		})
	})
}

// wantLogged checks that an entry of the log has the text.
func (w *world) wantLogged(text string) {
	w.t.Helper()
	log, err := w.engine.Log(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range log.Runs {
		for _, entry := range one.Entries {
			if strings.Contains(entry.Detail, text) {
				return
			}
		}
	}
	w.t.Errorf("nothing in the log has %q", text)
}
