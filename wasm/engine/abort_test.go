package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func TestAbort(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 10<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		b := w.serve(siteB, 10)
		snapshot := w.fetch("aborted", siteA, siteB)
		time.Sleep(2 * time.Second)
		for i, want := range []bool{true, false} {
			if aborted, err := w.engine.Abort(context.Background(), snapshot.UniqueID, ""); aborted != want || err != nil {
				t.Errorf("abort() number %d = %v, %v", i+1, aborted, err)
			}
		}
		time.Sleep(time.Minute)
		w.wantFailure("aborted", bgfetch.ReasonAborted)
		w.wantBodies("aborted", nil, b)
		w.wantNothingLeft()
		w.serve(siteA, 10)
		w.fetch("again", siteA)
		time.Sleep(time.Minute)
		w.result("again")
	})
}

// TestAbortAgain: a page whose worker died before the answer came asks again.
func TestAbortAgain(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 10<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		uniqueID := w.fetch("aborted", siteA).UniqueID
		time.Sleep(2 * time.Second)
		ask := func(call string, want bool) {
			t.Helper()
			if aborted, err := w.engine.Abort(context.Background(), uniqueID, call); aborted != want || err != nil {
				t.Errorf("abort() = %v, %v, want %v", aborted, err, want)
			}
		}
		w.events.OnDispatch = func(ctx context.Context, _ string, _ bgfetch.Snapshot) error { <-ctx.Done(); return ctx.Err() }
		for range 2 {
			ask("first", true)
			ask("second", false)
			ask("", false)
			w.kill()
			w.start()
		}
		ask("first", true)
		w.kill()
		w.events.OnDispatch = w.listen
		w.start()
		time.Sleep(time.Minute)
		w.wantNothingLeft()
		ask("first", true)
		ask("second", false)
		ask("", false)
		var refused *bgfetch.Error
		if _, err := w.engine.Abort(context.Background(), uniqueID, strings.Repeat("x", 65)); !errors.As(err, &refused) || refused.Name != bgfetch.TypeError {
			t.Errorf("a call with a long name: %v", err)
		}
	})
}

func TestAbortIsStored(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 10<<20, func(r *bgfetchtest.Resource) { r.Rate = 1 << 20 })
		w.events.OnDispatch = func(ctx context.Context, _ string, _ bgfetch.Snapshot) error { <-ctx.Done(); return ctx.Err() }
		snapshot := w.fetch("aborted", siteA)
		time.Sleep(2 * time.Second)
		if aborted, err := w.engine.Abort(context.Background(), snapshot.UniqueID, ""); !aborted || err != nil {
			t.Fatalf("abort() = %v, %v", aborted, err)
		}
		w.kill()
		w.events.OnDispatch = w.listen
		w.start()
		time.Sleep(time.Minute)
		events := w.events.Dispatched()
		if last := events[len(events)-1]; last.Type != "backgroundfetchabort" {
			t.Errorf("after a restart: %+v", last)
		}
		w.wantNothingLeft()
	})
}
