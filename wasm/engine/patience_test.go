package engine_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"strings"
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
				w.betweenTries("unique-f")
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
				w.betweenTries("unique-f")
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

// giveUpAfter is the end, with the reason of ever, whoever dies in between.
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

// What the browser tells ends the wait at once, but for what the server asked for, and
// counts for nothing.
func TestChangeEndsTheWait(t *testing.T) {
	run(t, func(w *world) {
		server := w.halfway("f")
		w.network.SetDown(true)
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		time.Sleep(3 * time.Hour)
		before := len(w.network.Requests())
		for range 20 { // of these some come together
			w.network.Change()
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(500 * time.Millisecond) // the last of them falls into the last instant
		if n := len(w.network.Requests()) - before; n < 2 || n > 5 {
			t.Errorf("%d requests by changes in two seconds", n)
		}
		s := w.wantActivity("unique-f", bgfetch.ActivityWaitingHost)
		if wait := time.Until(time.UnixMilli(s.RetryAt)); wait < 2*time.Minute {
			t.Errorf("the back-off began anew: %v", wait)
		}
		time.Sleep(time.Second)
		w.network.SetDown(false)
		w.network.Change()
		time.Sleep(8 * time.Second)
		w.wantSuccess("f", server.file.Body)
	})
	run(t, func(w *world) {
		server := w.halfway("f")
		server.answers(503, bgfetch.Header{"Retry-After", "600"})
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		for range 9 {
			time.Sleep(time.Minute)
			w.network.Change()
		}
		time.Sleep(time.Second)
		if n := len(server.refusals()); n != 1 {
			t.Errorf("%d requests where Retry-After says 600 s", n)
		}
		server.answers(0)
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", server.file.Body)
	})
}

// Where the host gives another record what it asks for, the others are tried again, once.
func TestAnotherSuccessEndsTheWait(t *testing.T) {
	run(t, func(w *world) {
		server := w.halfway("f")
		server.answers(502)
		w.engine.Pause("unique-f")
		w.resume("unique-f")
		time.Sleep(3 * time.Hour)
		small := w.serve(siteB, 10)
		for i := range 20 {
			w.fetch(fmt.Sprint("small", i), siteB)
			time.Sleep(100 * time.Millisecond)
			w.wantSuccess(fmt.Sprint("small", i), small)
		}
		asked := server.refusals()
		if n := len(asked); asked[n-1].Sub(asked[n-2]) > 5*time.Minute || time.Since(asked[n-1]) > 3*time.Second || time.Since(asked[n-2]) < 3*time.Second {
			t.Errorf("tried %v and %v ago", time.Since(asked[n-1]), time.Since(asked[n-2]))
		}
	})
}

// Time in which nobody tries does not end a background fetch that is given what it needs at
// its next try, however long it was.
func TestTimeInWhichNobodyTries(t *testing.T) {
	quietly(t)
	for name, wait := range map[string]func(*world){
		"dead": func(w *world) {
			w.kill()
			time.Sleep(60 * day)
			w.start()
		},
		"paused": func(w *world) {
			w.engine.Pause("unique-f")
			time.Sleep(60 * day)
			w.resume("unique-f")
		},
		"offline": func(w *world) {
			w.network.SetOnline(false)
			time.Sleep(60 * day)
			w.network.SetOnline(true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.beginWithPatience(14 * time.Hour)
				server := w.halfway("f")
				server.answers(502)
				w.engine.Pause("unique-f")
				w.resume("unique-f")
				time.Sleep(10 * time.Hour)
				wait(w)
				time.Sleep(10 * time.Minute)
				if _, active := w.engine.Get("f"); !active {
					t.Fatal("it was given up by the first try")
				}
				server.answers(0)
				time.Sleep(10 * time.Minute)
				w.wantSuccess("f", server.file.Body)
			})
		})
	}
}

// TestPatienceOfRandomOutages: whatever happens to the network, the server and the worker,
// it arrives, with no byte asked for twice but what a death costs.
func TestPatienceOfRandomOutages(t *testing.T) {
	quietly(t)
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run(t, func(w *world) {
				w.beginWithPatience(bgfetch.DefaultRetryPolicy.GiveUpAfter)
				r := rand.New(rand.NewPCG(seed, 13))
				server := w.halfway("f")
				deaths := 0
				for range 30 {
					switch r.IntN(4) {
					case 0:
						server.answers(one(r, 408, 425, 429, 500, 502, 503))
					case 1:
						server.answers(503, bgfetch.Header{"Retry-After", fmt.Sprint(r.IntN(3600))})
					case 2:
						w.network.SetDown(true)
					case 3:
						w.network.SetOnline(false)
					}
					w.engine.Pause("unique-f")
					w.resume("unique-f")
					time.Sleep(time.Duration(r.IntN(int(4 * time.Hour))))
					if chance(r, 30) {
						w.kill()
						time.Sleep(time.Duration(r.IntN(int(2 * time.Hour))))
						w.start()
						deaths++
					}
					if chance(r, 30) {
						w.network.Change()
					}
					if chance(r, 50) { // a moment in which all is well
						server.answers(0)
						w.network.SetDown(false)
						w.network.SetOnline(true)
						w.network.Change()
						time.Sleep(time.Duration(r.IntN(int(300 * time.Millisecond))))
					}
				}
				server.answers(0)
				w.network.SetDown(false)
				w.network.SetOnline(true)
				time.Sleep(90 * time.Minute)
				w.wantSuccess("f", server.file.Body)
				w.wantResumed(server, deaths)
				w.wantNothingLeft()
			})
		})
	}
}

// The log tells the wait that is taken: after a cut with and without bytes, in the head and in
// the body, once and again.
func TestTheLogTellsTheWait(t *testing.T) {
	quietly(t)
	whole := resource{Body: randomBytes(4 * mib), ETag: `"v1"`, Rate: 16 * mib}
	for name, cut := range map[string]func(r *response, n int){
		"without a byte":      func(r *response, n int) { r.CutAtOnce = n <= 4 },
		"before the head":     func(r *response, n int) { r.Err = map[bool]error{true: io.ErrUnexpectedEOF}[n <= 4] },
		"first some, then no": func(r *response, n int) { r.Cut, r.CutAtOnce = map[bool]int{true: mib}[n == 1], n > 1 && n <= 4 },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
					r := whole.Respond(init)
					cut(&r, n)
					return r
				})
				w.fetch("f", siteA)
				waits := 0
				for range 20 * 60 * 20 {
					time.Sleep(50 * time.Millisecond)
					s, err := w.engine.Snapshot("unique-f")
					if err != nil || s.State != bgfetch.ActivityWaitingRetry {
						continue
					}
					told, err := w.engine.Log(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					entries := told.Runs[len(told.Runs)-1].Entries
					last := entries[len(entries)-1]
					_, says, ok := strings.Cut(last.Detail, "tried again in ")
					if !ok {
						continue
					}
					wait, err := time.ParseDuration(says)
					if err != nil {
						t.Fatal(err)
					}
					if takes := time.UnixMilli(s.RetryAt).Sub(time.UnixMilli(last.At)); (takes - wait).Abs() > 20*time.Millisecond {
						t.Errorf("%q, and the wait takes %v", last.Detail, takes)
					}
					waits++
				}
				if waits == 0 {
					t.Error("the log tells of no wait")
				}
				w.wantSuccess("f", whole.Body)
			})
		})
	}
}
