package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func (w *world) fetchWith(id, url string, change func(*bgfetch.FetchInit)) bgfetch.Snapshot {
	w.t.Helper()
	init := fetchInit(id, url)
	change(&init)
	snapshot, err := w.engine.Fetch(context.Background(), init)
	if err != nil {
		w.t.Fatalf("fetch %q: %v", id, err)
	}
	return snapshot
}

func TestRetryOfOneFetch(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 1000)
		w.network.SetDown(true)
		never := int64(0)
		w.fetch("patient", siteA)
		w.fetchWith("hasty", siteA, func(init *bgfetch.FetchInit) { init.Retry.MaxUnreachable = &never })
		time.Sleep(5 * time.Second)
		w.wantFailure("hasty", bgfetch.ReasonFetchError)
		if _, active := w.engine.Get("patient"); !active {
			t.Error("what one background fetch wants of retries has ended another")
		}
		w.network.SetDown(false)
		time.Sleep(time.Minute)
		w.wantSuccess("patient", a)
		w.fetchWith("hasty-later", siteA, func(init *bgfetch.FetchInit) { init.Retry.MaxUnreachable = &never })
		time.Sleep(time.Second)
		w.wantSuccess("hasty-later", a)
	})
}

func TestRetrySurvivesRestart(t *testing.T) {
	run(t, func(w *world) {
		once := int64(1)
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
			return response{Err: fmt.Errorf("Failed to fetch: %w", bgfetch.ErrNetwork)}
		})
		w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) {
			init.Paused, init.Retry.MaxFailures = true, &once
		})
		time.Sleep(time.Hour)
		if n := len(w.network.Requests()); n != 0 {
			t.Fatalf("%d requests of a background fetch that begins paused", n)
		}
		w.kill()
		w.start()
		w.resume("unique-f")
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if n := len(w.network.Requests()); n != 2 {
			t.Errorf("%d requests, where maxFailures allows one retry", n)
		}
	})
}

func TestRetryOutOfRange(t *testing.T) {
	run(t, func(w *world) {
		for name, set := range map[string]func(*bgfetch.RetryInit, *int64){
			"headTimeout":      func(r *bgfetch.RetryInit, n *int64) { r.HeadTimeout = n },
			"stallTimeout":     func(r *bgfetch.RetryInit, n *int64) { r.StallTimeout = n },
			"backOff":          func(r *bgfetch.RetryInit, n *int64) { r.BackOff = n },
			"maxBackOff":       func(r *bgfetch.RetryInit, n *int64) { r.MaxBackOff = n },
			"giveUpAfter":      func(r *bgfetch.RetryInit, n *int64) { r.GiveUpAfter = n },
			"maxRetryAfter":    func(r *bgfetch.RetryInit, n *int64) { r.MaxRetryAfter = n },
			"maxUnreachable":   func(r *bgfetch.RetryInit, n *int64) { r.MaxUnreachable = n },
			"maxFailures":      func(r *bgfetch.RetryInit, n *int64) { r.MaxFailures = n },
			"maxStatusRetries": func(r *bgfetch.RetryInit, n *int64) { r.MaxStatusRetries = n },
			"maxRestarts":      func(r *bgfetch.RetryInit, n *int64) { r.MaxRestarts = n },
		} {
			for _, value := range []int64{-1, 1 << 31} {
				init := fetchInit("f", siteA)
				set(&init.Retry, &value)
				_, err := w.engine.Fetch(context.Background(), init)
				var e *bgfetch.Error
				if !errors.As(err, &e) || e.Name != bgfetch.TypeError || !strings.Contains(e.Message, "retry."+name) {
					t.Errorf("%s = %d: %v", name, value, err)
				}
			}
		}
	})
}

// TestInventedRoom: Chromium says that 10 GiB are free, whatever room there is. What is larger may fit.
func TestInventedRoom(t *testing.T) {
	run(t, func(w *world) {
		w.kill()
		limit := int64(20 << 30)
		w.bodies.InventRoom, w.options.KeepMax = true, bgfetch.KeepMax{Bytes: &limit}
		w.start()
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
			head := bgfetch.Head{Type: "basic", Status: 200, Headers: []bgfetch.Header{{"Content-Length", "12884901888"}}}
			return response{Head: head, Body: randomBytes(8 * mib), Rate: mib}
		})
		w.fetchWith("f", siteA, func(init *bgfetch.FetchInit) { init.Keep = true })
		time.Sleep(5 * time.Second)
		if snapshot, ok := w.engine.Get("f"); !ok || snapshot.Downloaded < 3*mib {
			t.Errorf("%+v: %+v", snapshot, w.history())
		}
		_, err := w.engine.Fetch(context.Background(), bgfetch.FetchInit{UniqueID: "unique-g", ID: "g", DownloadTotal: 11 << 30, Requests: []bgfetch.Request{{URL: siteB, Method: "GET"}}})
		if refused := (*bgfetch.Error)(nil); !errors.As(err, &refused) || refused.Name != bgfetch.QuotaExceededError {
			t.Errorf("more than the estimate tells, which the page knows: %v", err)
		}
	})
}

func TestQuotaAhead(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 4<<20, slow)
		w.bodies.Quota = 2 << 20
		puts := 0
		w.bodies.OnPut = func() { puts++ }
		w.fetch("large", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("large", bgfetch.ReasonQuotaExceeded)
		if puts != 0 {
			t.Errorf("%d segments of a body that cannot fit were stored", puts)
		}
		w.wantNothingLeft()
	})
}
