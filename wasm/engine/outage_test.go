package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func TestOffline(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 4*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		time.Sleep(2 * time.Second)
		w.network.SetOnline(false)
		time.Sleep(10 * time.Hour)
		w.kill() // also the next engine waits
		w.start()
		time.Sleep(10 * time.Hour)
		// It tries now and then: every five minutes, in the end.
		if n := len(w.network.Requests()); n < 200 || n > 260 {
			t.Errorf("%d requests while offline", n)
		}
		w.network.SetOnline(true)
		time.Sleep(5 * time.Second)
		w.wantSuccess("f", a)
	})
}

func TestServerDown(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 4*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		time.Sleep(2 * time.Second)
		w.network.SetDown(true)
		time.Sleep(30 * time.Second)
		w.network.SetDown(false)
		time.Sleep(40 * time.Second)
		w.wantSuccess("f", a)

		w.network.SetDown(true)
		w.fetch("never", siteA)
		time.Sleep(10 * time.Minute)
		w.wantFailure("never", bgfetch.ReasonFetchError)
	})
}

func TestCORSFailureComesAtOnce(t *testing.T) {
	run(t, func(w *world) {
		w.network.Handle(otherC, func(int, bgfetch.TransferInit) response {
			return response{Err: fmt.Errorf("Failed to fetch: %w", bgfetch.ErrNetwork)}
		})
		w.fetch("cors", otherC)
		time.Sleep(time.Second)
		w.wantFailure("cors", bgfetch.ReasonFetchError)
		if told := w.result("cors").Told; told.Downloaded != 0 {
			t.Errorf("downloaded = %d", told.Downloaded)
		}
		if told := w.history()[0].Detail; !strings.Contains(told, "CORS headers are missing") {
			t.Errorf("the site is told: %s", told)
		}
		// It may be redirected to where they are missing.
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
			return response{Err: fmt.Errorf("Failed to fetch: %w", bgfetch.ErrNetwork)}
		})
		w.fetch("redirected", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("redirected", bgfetch.ReasonFetchError)
		if told := w.history()[0].Detail; !strings.Contains(told, "where a redirect leads") {
			t.Errorf("the site is told: %s", told)
		}
	})
}

func TestLostSegmentIsFetchedAgain(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 4*mib, func(r *resource) { r.Rate = mib })
		snapshot := w.fetch("f", siteA)
		time.Sleep(3 * time.Second)
		w.kill()
		keys, _ := w.bodies.Segments(context.Background(), snapshot.UniqueID)
		slices.SortFunc(keys, func(a, b bgfetch.SegmentKey) int { return int(a.Offset - b.Offset) })
		lost := keys[len(keys)/2]
		_ = w.bodies.DeleteSegments(context.Background(), snapshot.UniqueID, []bgfetch.SegmentKey{lost})
		w.start()
		time.Sleep(time.Minute)
		w.wantSuccess("f", a)
		requests := w.network.Requests()
		if len(requests) != 3 || requests[1].RangeStart != lost.Offset || requests[1].RangeEnd != keys[len(keys)/2+1].Offset {
			t.Errorf("requests: %+v, want the second to fill the gap at %d", requests[1:], lost.Offset)
		}
	})
}

func TestEvictedOrigin(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 4*mib, func(r *resource) { r.Rate = mib })
		snapshot := w.fetch("f", siteA)
		time.Sleep(2 * time.Second)
		w.kill()
		_ = w.bodies.Delete(context.Background(), snapshot.UniqueID)
		_ = w.store.Delete(context.Background(), snapshot.UniqueID, nil)
		w.start()
		if active := w.engine.Active(); len(active) != 0 {
			t.Errorf("active: %+v", active)
		}
		w.wantNothingLeft()
	})
}
