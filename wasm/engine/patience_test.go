package engine_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"sync"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

const day = 24 * time.Hour

// quietly keeps a test of thousands of tries from telling of each.
func quietly(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(before) })
}

// withoutLog keeps no log, which would be most of the work of a week.
type withoutLog struct{ bgfetch.Store }

func (withoutLog) PutLog(context.Context, bgfetch.LogRun) (int64, error) { return 1, nil }

// beginWithPatience starts the engine anew, without a log, and with another giveUpAfter.
func (w *world) beginWithPatience(giveUpAfter time.Duration) {
	w.t.Helper()
	w.wrap = func(store bgfetch.Store) bgfetch.Store { return withoutLog{store} }
	w.options.Retry = bgfetch.DefaultRetryPolicy
	w.options.Retry.GiveUpAfter = giveUpAfter
	w.kill()
	w.start()
}

// flaky is a server of one file that is told how to answer.
type flaky struct {
	mu     sync.Mutex
	file   resource
	status int
	header []bgfetch.Header
	// asked are the times of the requests that it answered with the status.
	asked []time.Time
}

func (f *flaky) respond(_ int, init bgfetch.TransferInit) response {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.status == 0 {
		return f.file.Respond(init)
	}
	f.asked = append(f.asked, time.Now())
	return response{Head: bgfetch.Head{Type: "basic", Status: f.status, Headers: f.header}, Body: []byte("later")}
}

// answers sets the status from now on, 0 for the file.
func (f *flaky) answers(status int, header ...bgfetch.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.header = status, header
}

func (f *flaky) refusals() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.asked...)
}

// flakyAt serves 8 MiB at 1 MiB/s.
func (w *world) flakyAt(url string) *flaky {
	f := &flaky{file: resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib}}
	w.network.Handle(url, f.respond)
	return f
}

// halfway is a background fetch that has two seconds of its bytes.
func (w *world) halfway(id string) *flaky {
	w.t.Helper()
	server := w.flakyAt(siteA)
	w.fetch(id, siteA)
	time.Sleep(2500 * time.Millisecond)
	return server
}

// wantResumed checks that no byte was stored twice, but for those under way.
func (w *world) wantResumed(server *flaky, deaths int) {
	w.t.Helper()
	if sent, most := w.network.Taken(), int64(len(server.file.Body))+int64(deaths+1)*4*mib; sent > most {
		w.t.Errorf("%d bytes were taken, of a file of %d", sent, len(server.file.Body))
	}
}

// A deploy: ten minutes of 502 and the like, in mid-transfer.
func TestDeploy(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 502, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			run(t, func(w *world) {
				server := w.halfway("f")
				server.answers(status)
				w.network.Handle(siteA, server.respond)
				w.engine.Pause("unique-f") // breaks off what is under way
				w.resume("unique-f")
				time.Sleep(10 * time.Minute)
				s := w.wantActivity("unique-f", bgfetch.ActivityWaitingRetry)
				if wait := time.Until(time.UnixMilli(s.RetryAt)); wait > time.Minute {
					t.Errorf("the next try is in %v", wait)
				}
				if n := len(server.refusals()); n < 12 || n > 40 {
					t.Errorf("%d requests in ten minutes", n)
				}
				server.answers(0)
				time.Sleep(2 * time.Minute)
				w.wantSuccess("f", server.file.Body)
				w.wantResumed(server, 0)
			})
		})
	}
}

// A network that says that it is there, and leads nowhere, for two hours: also while the
// worker dies.
func TestNoUplink(t *testing.T) {
	quietly(t)
	for _, deaths := range []int{0, 12} {
		t.Run(fmt.Sprint(deaths, " deaths"), func(t *testing.T) {
			run(t, func(w *world) {
				server := w.halfway("f")
				w.network.SetDown(true)
				w.engine.Pause("unique-f")
				w.resume("unique-f")
				for range deaths {
					time.Sleep(2 * time.Hour / time.Duration(deaths+1))
					w.kill()
					w.start()
				}
				time.Sleep(2 * time.Hour / time.Duration(deaths+1))
				w.wantActivity("unique-f", bgfetch.ActivityWaitingHost)
				w.network.SetDown(false)
				time.Sleep(6 * time.Minute)
				w.wantSuccess("f", server.file.Body)
				w.wantResumed(server, deaths)
			})
		})
	}
}

// Others of a host that has answered before wait with those that it answered, and so do
// other servers while the site's own one answers.
func TestQueuedRecordsArePatient(t *testing.T) {
	quietly(t)
	run(t, func(w *world) {
		server := &flaky{file: resource{Body: randomBytes(2 * mib), ETag: `"v1"`, Rate: mib / 4, Type: "cors"}}
		var urls []string
		var bodies [][]byte
		for i := range 12 { // more than are asked for at once
			urls = append(urls, fmt.Sprint(otherC, "?", i))
			bodies = append(bodies, server.file.Body)
			w.network.Handle(urls[i], server.respond)
		}
		w.fetch("many", urls...)
		time.Sleep(2500 * time.Millisecond)
		w.network.SetDead(other, true)
		w.engine.Pause("unique-many")
		w.resume("unique-many")
		time.Sleep(2 * time.Hour)
		w.kill()
		w.start()
		time.Sleep(2 * time.Hour)
		w.network.SetDead(other, false)
		time.Sleep(10 * time.Minute)
		w.wantSuccess("many", bodies...)
	})
}

// Whoever has never answered is given up as early as ever, by count.
func TestHostThatNeverAnswered(t *testing.T) {
	run(t, func(w *world) {
		w.flakyAt(siteA)
		w.network.SetDown(true)
		w.fetch("f", siteA)
		took := waitFor(time.Hour, w.settled("f"))
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if n := len(w.network.Requests()); n != 10 || took < 2*time.Minute || took > 5*time.Minute {
			t.Errorf("given up after %d requests and %v", n, took)
		}
		w.wantNothingLeft()
	})
}

func TestFirstAnswerIsAnError(t *testing.T) {
	run(t, func(w *world) {
		server := w.flakyAt(siteA)
		server.answers(502)
		w.fetch("atonce", siteA)
		time.Sleep(time.Second)
		w.wantFailure("atonce", bgfetch.ReasonBadStatus)
		server.answers(503, bgfetch.Header{"Retry-After", "1"})
		before := len(server.refusals())
		w.fetch("later", siteA)
		time.Sleep(10 * time.Minute)
		w.wantFailure("later", bgfetch.ReasonBadStatus)
		if n := len(server.refusals()) - before; n != 9 {
			t.Errorf("%d requests", n)
		}
	})
}

// The time of giveUpAfter is the end, with the reason of ever, whoever dies in between.
func TestGiveUpAfter(t *testing.T) {
	const patience = 12 * time.Hour
	quietly(t)
	for name, test := range map[string]struct {
		away   func(*world, *flaky)
		reason bgfetch.FailureReason
	}{
		"a status":       {func(_ *world, f *flaky) { f.answers(503) }, bgfetch.ReasonBadStatus},
		"no network":     {func(w *world, _ *flaky) { w.network.SetDown(true) }, bgfetch.ReasonFetchError},
		"one, the other": {func(w *world, f *flaky) { f.answers(503); w.network.SetDown(true) }, bgfetch.ReasonBadStatus},
	} {
		for _, deaths := range []int{0, 30} {
			t.Run(fmt.Sprint(name, ", ", deaths, " deaths"), func(t *testing.T) {
				run(t, func(w *world) {
					w.beginWithPatience(patience)
					server := w.halfway("f")
					test.away(w, server)
					w.engine.Pause("unique-f")
					w.resume("unique-f")
					for i := range deaths {
						time.Sleep(patience/time.Duration(deaths+1) - time.Minute)
						w.kill()
						w.start()
						if i == deaths/2 && test.reason == bgfetch.ReasonBadStatus {
							w.network.SetDown(false)
						}
					}
					if deaths == 0 {
						time.Sleep(patience - time.Hour)
						w.network.SetDown(test.reason == bgfetch.ReasonFetchError)
					}
					if _, active := w.engine.Get("f"); !active {
						t.Fatal("it was given up before its time")
					}
					time.Sleep(2 * time.Hour)
					w.wantFailure("f", test.reason)
					w.wantNothingLeft()
				})
			})
		}
	}
}

// After an hour tries are five minutes apart at most, and not the same for all.
func TestBackOffOfHours(t *testing.T) {
	quietly(t)
	run(t, func(w *world) {
		server := w.halfway("f")
		server.answers(502)
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		time.Sleep(10 * time.Hour)
		asked := server.refusals()
		var longest time.Duration
		for i, at := range asked[1:] {
			gap := at.Sub(asked[i])
			if since := at.Sub(asked[0]); since < 55*time.Minute && gap > 61*time.Second || gap > 5*time.Minute+time.Second {
				t.Errorf("after %v no try for %v", since, gap)
			}
			longest = max(longest, gap)
		}
		if longest < 3*time.Minute || len(asked) > 300 {
			t.Errorf("%d tries in ten hours, the longest wait is %v", len(asked), longest)
		}
	})
}

// Counts that a site sets hold, whoever has answered before.
func TestCountsThatAreSet(t *testing.T) {
	run(t, func(w *world) {
		server := w.flakyAt(siteA)
		three := int64(3)
		counted := func(init *bgfetch.FetchInit) {
			init.Retry.MaxUnreachable, init.Retry.MaxStatusRetries = &three, &three
		}
		w.fetchWith("status", siteA, counted)
		time.Sleep(2500 * time.Millisecond)
		server.answers(502)
		w.engine.Pause("unique-status")
		w.resume("unique-status")
		time.Sleep(time.Minute)
		w.wantFailure("status", bgfetch.ReasonBadStatus)
		if n := len(server.refusals()); n != 4 {
			t.Errorf("%d requests", n)
		}
		server.answers(0)
		w.fetchWith("away", siteA, counted)
		time.Sleep(2500 * time.Millisecond)
		w.network.SetDown(true)
		before := len(w.network.Requests())
		w.engine.Pause("unique-away")
		w.resume("unique-away")
		time.Sleep(time.Minute)
		w.wantFailure("away", bgfetch.ReasonFetchError)
		if n := len(w.network.Requests()) - before; n != 4 {
			t.Errorf("%d requests to a server that is away", n)
		}
	})
}
