package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func slow(r *bgfetchtest.Resource) { r.Rate = 1 << 20 }

func (w *world) pause(uniqueID string) {
	w.t.Helper()
	if paused, err := w.engine.Pause(uniqueID); err != nil || !paused {
		w.t.Fatalf("Pause = %v, %v", paused, err)
	}
}

func (w *world) resume(uniqueID string) {
	w.t.Helper()
	if err := w.engine.Resume(uniqueID); err != nil {
		w.t.Fatalf("Resume: %v", err)
	}
}

// downloaded are the bytes that are stored of an active background fetch.
func (w *world) downloaded(id string) int64 {
	w.t.Helper()
	snapshot, ok := w.engine.Get(id)
	if !ok {
		w.t.Fatalf("%q is not active", id)
	}
	return snapshot.Downloaded
}

func TestPauseKeepsWhatWasRead(t *testing.T) {
	run(t, func(w *world) {
		a, b := w.serve(siteA, 4<<20, slow), w.serve(siteB, 4<<20, slow)
		f := w.fetch("paused", siteA, siteB)
		time.Sleep(time.Second)
		w.pause(f.UniqueID)
		time.Sleep(time.Second)
		stored := w.downloaded("paused")
		if stored < 1<<20 {
			t.Errorf("only %d bytes are left after a pause", stored)
		}
		requests := len(w.network.Requests())
		time.Sleep(time.Hour)
		if now := w.downloaded("paused"); now != stored || len(w.network.Requests()) != requests {
			t.Errorf("it went on while it was paused: %d bytes after %d", now, stored)
		}
		w.resume(f.UniqueID)
		time.Sleep(time.Minute)
		w.wantSuccess("paused", a, b)
		if starts := w.ranges()[requests:]; len(starts) != 2 || slices.Contains(starts, 0) {
			t.Errorf("it went on at %v", starts)
		}
		if paused, err := w.engine.Pause(f.UniqueID); paused || err != nil && !errors.Is(err, bgfetch.ErrUnknown) {
			t.Errorf("Pause of one that has settled = %v, %v", paused, err)
		}
	})
}

func TestPauseBeforeTheHead(t *testing.T) {
	run(t, func(w *world) {
		resource := bgfetchtest.Resource{Body: randomBytes(1000)}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) bgfetchtest.Response {
			r := resource.Respond(init)
			r.Delay = 10 * time.Second
			return r
		})
		f := w.fetch("early", siteA)
		time.Sleep(time.Second)
		w.pause(f.UniqueID)
		w.resume(f.UniqueID)
		time.Sleep(time.Minute)
		w.wantSuccess("early", resource.Body)
	})
}

func TestPauseSurvivesTheWorker(t *testing.T) {
	run(t, func(w *world) {
		a := w.serve(siteA, 4<<20, slow)
		f := w.fetch("paused", siteA)
		time.Sleep(time.Second)
		w.pause(f.UniqueID)
		time.Sleep(time.Second)
		w.kill()
		w.start()
		requests := len(w.network.Requests())
		time.Sleep(time.Minute)
		if n := len(w.network.Requests()); n != requests {
			t.Error("the next engine went on although it is paused")
		}
		w.resume(f.UniqueID)
		time.Sleep(time.Minute)
		w.wantSuccess("paused", a)
	})
}

func TestAbortWhilePaused(t *testing.T) {
	run(t, func(w *world) {
		w.serve(siteA, 4<<20, slow)
		f := w.fetch("paused", siteA)
		w.pause(f.UniqueID)
		if aborted, err := w.engine.Abort(context.Background(), f.UniqueID, ""); err != nil || !aborted {
			t.Errorf("Abort = %v, %v", aborted, err)
		}
		time.Sleep(time.Minute)
		w.wantFailure("paused", bgfetch.ReasonAborted)
		w.wantNothingLeft()
	})
}

func TestAnUploadIsNotInterrupted(t *testing.T) {
	run(t, func(w *world) {
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Delay: 10 * time.Second, Head: bgfetch.Head{URL: siteA, Type: "basic", Status: 200}}
		})
		init := fetchInit("upload", siteA)
		init.Requests[0].Method = "POST"
		f, err := w.engine.Fetch(context.Background(), init)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.pause(f.UniqueID)
		time.Sleep(time.Minute)
		w.wantSuccess("upload", []byte{})
		if n := len(w.network.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestPermission(t *testing.T) {
	run(t, func(w *world) {
		w.kill()
		w.options.Permission = bgfetch.PermissionDenied
		w.start()
		_, err := w.engine.Fetch(context.Background(), fetchInit("denied", siteA))
		var e *bgfetch.Error
		if !errors.As(err, &e) || e.Name != bgfetch.NotAllowedError {
			t.Errorf("Fetch = %v", err)
		}
		w.wantNothingLeft()

		w.kill()
		w.options.Permission = bgfetch.PermissionPrompt
		w.start()
		a := w.serve(siteA, 1000)
		f := w.fetch("prompt", siteA)
		time.Sleep(time.Hour)
		if len(w.network.Requests()) > 0 {
			t.Error("it began before the user agreed")
		}
		shown := w.display.Shown()
		if len(shown) != 1 || !shown[0].Prompting || shown[0].Actions[0].Action != "resume" {
			t.Fatalf("the user is not asked: %+v", shown)
		}
		w.resume(f.UniqueID)
		time.Sleep(time.Minute)
		w.wantSuccess("prompt", a)
	})
}
