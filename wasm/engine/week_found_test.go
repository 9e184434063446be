package engine_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// What the simulated weeks have found, one by one (week_test.go).

const videoType = "video/mp4"

// login is the page of a captive portal, or of a gateway, in place of the file.
func login() response {
	return response{Head: bgfetch.Head{Type: "basic", Status: 200, Headers: []bgfetch.Header{{"Content-Type", "text/html; charset=utf-8"}, {"Content-Length", "5"}, {"ETag", `"login"`}}}, Body: []byte("login")}
}

// video is half of a file of 8 MiB, and what is answered from then on.
func (w *world) video(rest func(file resource, init bgfetch.TransferInit) response) resource {
	w.t.Helper()
	file := resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib, Headers: []bgfetch.Header{{"Content-Type", videoType}}}
	w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
		if n > 1 {
			return rest(file, init)
		}
		r := file.Respond(init)
		r.Cut = 4 * mib
		return r
	})
	w.fetch("f", siteA)
	time.Sleep(5 * time.Second)
	return file
}

// TestPortalPage: a page of HTML in place of the file throws nothing away, and is no success. What
// has been stored of another page of HTML is, of course, replaced by one.
func TestPortalPage(t *testing.T) {
	quietly(t)
	for _, ranges := range []bool{true, false} {
		t.Run(fmt.Sprintf("ranges %v", ranges), func(t *testing.T) {
			run(t, func(w *world) {
				until := time.Now().Add(time.Hour)
				file := w.video(func(file resource, init bgfetch.TransferInit) response {
					switch {
					case time.Now().Before(until):
						return login()
					case !ranges:
						return all(file, init)
					}
					return file.Respond(init)
				})
				time.Sleep(50 * time.Minute)
				if s := w.wantActivity("unique-f", bgfetch.ActivityWaitingRetry); s.Downloaded < 4*mib {
					t.Errorf("%d bytes are left", s.Downloaded)
				}
				w.kill()
				w.start()
				time.Sleep(time.Hour)
				w.wantSuccess("f", file.Body)
			})
		})
	}
	t.Run("for ever", func(t *testing.T) {
		run(t, func(w *world) {
			w.beginWithPatience(2 * time.Hour)
			w.video(func(resource, bgfetch.TransferInit) response { return login() })
			time.Sleep(4 * time.Hour)
			w.wantFailure("f", bgfetch.ReasonFetchError)
			if remains := w.engine.Remains(); len(remains) != 1 || remains[0].Size < 4*mib {
				t.Errorf("it leaves %+v", remains)
			}
		})
	})
}

// TestAnswersNothing: where bytes are stored, a network that answers, but not with a response for us
// (a portal that sends elsewhere), or not with a byte of a body, is waited for by time. And the first
// body that breaks off after that is not one too many. What cannot be seen is waited for an hour.
func TestAnswersNothing(t *testing.T) {
	quietly(t)
	nothing := response{Err: fmt.Errorf("CORS: %w", bgfetch.ErrNetwork)}
	for name, answer := range map[string]func(r response) response{
		"no response": func(response) response { return nothing },
		"no head": func(r response) response {
			r.Delay = 2 * time.Minute
			return r
		},
		"no byte": func(r response) response {
			r.StallAtOnce = true
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				until := time.Now().Add(50 * time.Minute)
				cuts := 3
				file := w.video(func(file resource, init bgfetch.TransferInit) response {
					r := file.Respond(init)
					if time.Now().Before(until) {
						return answer(r)
					}
					if cuts--; cuts >= 0 {
						r.CutAtOnce = true
					}
					return r
				})
				time.Sleep(2 * time.Hour)
				w.wantSuccess("f", file.Body)
				if n := len(w.network.Requests()); n > 130 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestCORSTakenAway: a server that answers, and never so that we may see it, is no longer waited for
// after an hour. What is stored remains.
func TestCORSTakenAway(t *testing.T) {
	quietly(t)
	run(t, func(w *world) {
		w.video(func(resource, bgfetch.TransferInit) response {
			return response{Err: fmt.Errorf("CORS: %w", bgfetch.ErrNetwork)}
		})
		time.Sleep(50 * time.Minute)
		w.wantActivity("unique-f", bgfetch.ActivityWaitingRetry)
		time.Sleep(30 * time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if remains := w.engine.Remains(); len(remains) != 1 || remains[0].Size < 4*mib {
			t.Errorf("it leaves %+v", remains)
		}
	})
}

// TestRangesAreNotGivenUp: where nothing shows whether a body is encoded, the browser may refuse its
// ranges. A network that does not answer is no sign of that: all of it is asked for only where that
// gets an answer and the range then does not.
func TestRangesAreNotGivenUp(t *testing.T) {
	quietly(t)
	run(t, func(w *world) {
		file := resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib, Type: "cors"}
		var refuses atomic.Bool
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			switch {
			case n == 1:
				r.Cut = 4 * mib
			case refuses.Load():
				return response{Err: fmt.Errorf("CORS: %w", bgfetch.ErrNetwork)}
			}
			return r
		})
		refuses.Store(true)
		w.fetch("f", siteA)
		time.Sleep(10 * time.Minute)
		refuses.Store(false)
		time.Sleep(10 * time.Minute)
		w.wantSuccess("f", file.Body)
		if taken := w.network.Taken(); taken > 8*mib+256<<10 {
			t.Errorf("%d bytes were taken of a file of 8 MiB", taken)
		}
	})
}

// TestLongRetryAfter: who has answered before may ask for as long as giveUpAfter. At the start an hour
// is the longest.
func TestLongRetryAfter(t *testing.T) {
	quietly(t)
	for _, test := range []struct {
		seconds string
		works   bool
	}{{"86400", true}, {"259200", true}, {"700000", false}} {
		t.Run(test.seconds, func(t *testing.T) {
			run(t, func(w *world) {
				server := w.halfway("f")
				server.answers(503, bgfetch.Header{"Retry-After", test.seconds})
				w.engine.Pause("unique-f")
				w.resume("unique-f")
				time.Sleep(23 * time.Hour)
				server.answers(0)
				if !test.works {
					w.wantFailure("f", bgfetch.ReasonBadStatus)
					return
				}
				if n := len(server.refusals()); n != 1 {
					t.Errorf("%d requests within a day", n)
				}
				time.Sleep(3 * day)
				w.wantSuccess("f", server.file.Body)
			})
		})
	}
	t.Run("at the start", func(t *testing.T) {
		run(t, func(w *world) {
			server := w.flakyAt(siteA)
			server.answers(503, bgfetch.Header{"Retry-After", "86400"})
			w.fetch("f", siteA)
			time.Sleep(time.Minute)
			w.wantFailure("f", bgfetch.ReasonBadStatus)
		})
	})
}

// TestRoomIsFreeLater: browsers free the room of what was deleted some seconds later. A file that is
// replaced needs that of its first version, and what may go for want of room stays.
func TestRoomIsFreeLater(t *testing.T) {
	quietly(t)
	for _, told := range []string{"told", "hidden", "invented"} {
		t.Run(told, func(t *testing.T) {
			run(t, func(w *world) {
				w.keepAs("k", bgfetch.Retention{})
				w.kill()
				w.bodies.Quota, w.bodies.Frees = 9*mib, 8*time.Second
				w.bodies.HideRoom, w.bodies.InventRoom = told == "hidden", told == "invented"
				w.start()
				newer := resource{Body: randomBytes(7 * mib), ETag: `"v2"`, Rate: mib}
				w.serve(siteA, 8*mib, func(r *resource) { r.Rate = mib })
				w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Room = bgfetch.RoomEvict })
				time.Sleep(5 * time.Second)
				w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response { return newer.Respond(init) })
				w.engine.Pause("unique-f")
				w.resume("unique-f")
				time.Sleep(time.Minute)
				w.wantSuccess("f", newer.Body)
				w.wantKept(1, mib)
			})
		})
	}
}
