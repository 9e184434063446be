package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// crashes are lives other than that of crashFetch in which the worker may die. begin
// runs until the worker is dead, if it is to die; what it returns checks what a new
// engine has made of what is left.
var crashes = map[string]func(w *world) (right func()){
	"pause and resume":     crashPaused,
	"abort":                crashAborted,
	"pieces and integrity": crashChecked,
	"an upload":            crashUpload,
	"caches deleted":       crashLost,
	"no room":              crashFull,
}

// crashPaused is paused twice; who opens the page again resumes it.
func crashPaused(w *world) func() {
	body := w.serve(siteA, 3*mib, slow)
	_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteA))
	for range 2 {
		time.Sleep(700 * time.Millisecond)
		if _, err := w.engine.Pause("unique-f"); err == nil {
			time.Sleep(time.Second)
			_ = w.engine.Resume("unique-f")
		}
	}
	return func() {
		if snapshot, ok := w.engine.Get("f"); ok {
			if !snapshot.Paused {
				w.t.Errorf("it stands still and is not paused: %+v", snapshot)
			}
			w.resume("unique-f")
			time.Sleep(15 * time.Second)
		}
		w.wantRight("f", [][]byte{body})
	}
}

func crashAborted(w *world) func() {
	body := w.serve(siteA, 3*mib, slow)
	_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteA))
	time.Sleep(time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	aborted, err := w.engine.Abort(ctx, "unique-f", "call")
	return func() {
		again, _ := w.engine.Abort(context.Background(), "unique-f", "call")
		for _, event := range w.events.Dispatched() {
			switch event.Type {
			case "backgroundfetchabort":
				if !aborted && !again {
					w.t.Error("who asked for the abort, and asked again, hears that it did nothing")
				}
			case "backgroundfetchsuccess": // the abort was not stored, and who asked for it knows
				if aborted && err == nil || again {
					w.t.Error("success after an abort that was stored")
				}
				w.wantBodies("f", body)
			default:
				w.t.Errorf("it ended with %s", event.Type)
			}
		}
		w.wantNothingLeft()
	}
}

func crashChecked(w *world) func() {
	body := randomBytes(2*mib + 1000)
	w.corrupt(body, 1, 1)
	init := fetchInit("f", siteA)
	init.Requests[0].Pieces, init.Requests[0].Integrity = piecesOf(body), sri256(body)
	_, _ = w.engine.Fetch(context.Background(), init)
	return func() { w.wantRight("f", [][]byte{body}) }
}

// crashUpload is never sent twice.
func crashUpload(w *world) func() {
	answer := []byte("got it")
	w.bodies.Upload("h", randomBytes(mib))
	w.network.Handle(siteA, func(int, bgfetch.TransferInit) response {
		return response{Delay: time.Second, Head: bgfetch.Head{URL: siteA, Status: 200}, Body: answer}
	})
	init := fetchInit("f", siteA)
	init.Requests[0].Method, init.Requests[0].Body = "POST", &bgfetch.RequestBody{Handle: "h"}
	_, _ = w.engine.Fetch(context.Background(), init)
	return func() {
		if sent := len(w.network.Requests()); sent > 1 {
			w.t.Errorf("it was sent %d times", sent)
		}
		for _, event := range w.events.Dispatched() {
			if event.Type == "backgroundfetchsuccess" {
				w.wantBodies("f", answer)
			} else if event.Snapshot.FailureReason != bgfetch.ReasonFetchError {
				w.t.Errorf("it ended with %+v", event.Snapshot)
			}
		}
		w.wantNothingLeft()
	}
}

// crashLost loses what is stored of one record that has its result and of one that has not.
func crashLost(w *world) func() {
	a, b := w.serve(siteA, 2*mib, slow), w.serve(siteB, 1000)
	_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteA, siteB))
	time.Sleep(time.Second)
	w.bodies.LoseAll()
	return func() { w.wantRight("f", [][]byte{a, b}) }
}

// crashFull is freed before its event, but for what succeeded, and what stays for another try.
func crashFull(w *world) func() {
	w.bodies.Quota, w.bodies.HideRoom = 2*mib, true
	b := w.serve(siteB, 1000)
	w.serve(siteA, 3*mib, slow)
	listen := w.events.OnDispatch
	w.events.OnDispatch = func(ctx context.Context, event string, snapshot bgfetch.Snapshot) error {
		used := w.bodies.Used()
		remains, err := w.store.Remains(ctx)
		if err != nil {
			return err // the worker is dead
		}
		for _, one := range remains {
			used -= one.Size()
		}
		if used > int64(len(b)) {
			w.t.Errorf("%d bytes besides remains are stored when it ends", used)
		}
		return listen(ctx, event, snapshot)
	}
	_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteB, siteA))
	return func() {
		time.Sleep(30 * time.Second) // in which room may become free
		for _, event := range w.events.Dispatched() {
			if event.Snapshot.FailureReason != bgfetch.ReasonQuotaExceeded {
				w.t.Errorf("it ended with %+v", event.Snapshot)
			}
			w.wantBodies("f", b, nil)
		}
		w.wantNothingLeft()
	}
}

func TestCrashInOtherLives(t *testing.T) {
	for name, begin := range crashes {
		var puts atomic.Int32
		writes := 0
		run(t, func(w *world) {
			w.bodies.OnPut = func() { puts.Add(1) }
			begin(w)
			time.Sleep(15 * time.Second)
			writes = w.store.Writes()
		})
		if writes < 5 || puts.Load() < 1 {
			t.Fatalf("%s: %d writes and %d puts are no whole life", name, writes, puts.Load())
		}
		ways := map[string]func(w *world, n int){
			"before write": func(w *world, n int) { w.store.KillAfter(n) },
			"inside write": func(w *world, n int) { w.store.KillInside(n + 1) },
			"after put": func(w *world, n int) {
				var count atomic.Int32
				w.bodies.OnPut = func() {
					if count.Add(1) == int32(n)+1 {
						w.store.Kill()
						w.cancel()
					}
				}
			},
		}
		for _, how := range []string{"before write", "inside write", "after put"} {
			times := writes
			if how == "after put" {
				times = int(puts.Load())
			}
			for n := range times {
				if !bgfetchtest.IsDrawn() {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s %d", name, how, n+1), func(t *testing.T) {
					run(t, func(w *world) {
						ways[how](w, n)
						right := begin(w)
						time.Sleep(15 * time.Second)
						w.kill()
						w.start()
						time.Sleep(15 * time.Second)
						synctest.Wait()
						right()
					})
				})
			}
		}
	}
}
