package engine_test

import (
	"context"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/engine"
	"background-fetch-wasm/wasm/pace"
)

// reads waits until the bytes at offset are stored, and returns how long that took.
func (w *world) reads(uniqueID string, offset int64) time.Duration {
	w.t.Helper()
	begun := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	plan, err := w.engine.Plan(ctx, uniqueID, 0, 0, offset, true)
	if err != nil || len(plan.Segments) == 0 || plan.Segments[0].Offset > offset {
		w.t.Errorf("the plan at %d: %+v, %v", offset, plan, err)
	}
	return time.Since(begun)
}

func TestSeek(t *testing.T) {
	for name, size := range map[string]int{"one range": 12 * mib, "several": 48 * mib} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				put := w.countPuts()
				body := w.serve(siteA, size, func(r *resource) { r.Rate = mib })
				id := w.fetch("f", siteA).UniqueID
				time.Sleep(3 * time.Second)
				for _, offset := range []int{size - mib, size/2 + 12345} {
					w.engine.Seek(id, 0, int64(offset))
					if took := w.reads(id, int64(offset)); took > 3*time.Second {
						t.Errorf("byte %d came after %v", offset, took)
					}
				}
				time.Sleep(time.Minute)
				w.wantSuccess("f", body)
				if put() != int64(size) {
					t.Errorf("%d bytes were stored of a body of %d", put(), size)
				}
			})
		})
	}
}

// TestSeekFromStoredBytes: a reader begins at bytes that are stored and comes to a gap.
func TestSeekFromStoredBytes(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 12*mib, func(r *resource) { r.Rate = mib })
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(2 * time.Second)
		w.engine.Seek(id, 0, 6*mib)
		time.Sleep(3 * time.Second)
		w.engine.Seek(id, 0, 1000)
		if took := w.reads(id, 4*mib); took > 5*time.Second {
			t.Errorf("what follows the stored bytes came after %v", took)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

// TestSeekAhead: a reader that is just ahead of the transfer waits for it.
func TestSeekAhead(t *testing.T) {
	alone := pace.DefaultPolicy
	alone.MinTime = time.Hour
	runRanges(t, alone, func(w *world) {
		w.serve(siteA, 20*mib, func(r *resource) { r.Rate = 8 * mib })
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(time.Second)
		w.engine.Seek(id, 0, 100) // is stored
		w.engine.Seek(id, 0, 12*mib)
		time.Sleep(time.Minute)
		if n := len(w.network.Requests()); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

// TestHundredSeeks: the newest counts.
func TestHundredSeeks(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 40*mib, func(r *resource) { r.Rate = mib })
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(time.Second)
		var offset int64
		for i := range int64(100) {
			offset = (39 - i*7%30) * mib
			w.engine.Seek(id, 0, offset)
			time.Sleep(time.Duration(i%3) * 10 * time.Millisecond)
		}
		if took := w.reads(id, offset); took > 3*time.Second {
			t.Errorf("the last came after %v", took)
		}
		if n, peak := len(w.network.Requests()), w.network.Peak(""); n > 40 || peak > engine.DefaultOptions.MaxPerHost {
			t.Errorf("%d requests, %d at once", n, peak)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

func TestSeekWithoutRanges(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(20 * mib), ETag: `"v1"`, Rate: mib}
		w.network.Handle(siteA, func(_ int, init bgfetch.TransferInit) response {
			return file.Respond(bgfetch.TransferInit{Request: init.Request})
		})
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(time.Second)
		for range 10 {
			w.engine.Seek(id, 0, 15*mib)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", file.Body)
		if n := len(w.network.Requests()); n != 2 {
			t.Errorf("%d requests, want 2: the server knows no ranges", n)
		}
	})
}

// TestSeekWhilePaused: the reader that still waits comes first when the background fetch goes on.
func TestSeekWhilePaused(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 40*mib, slow)
		id := w.fetch("f", siteA).UniqueID
		time.Sleep(2 * time.Second)
		w.pause(id)
		time.Sleep(time.Second)
		w.engine.Seek(id, 0, 30*mib)
		if w.engine.ComesSoon(id, 0, 30*mib) || !w.engine.ComesSoon(id, 0, mib) {
			t.Error("what comes soon while it is paused is what is stored")
		}
		time.Sleep(time.Minute)
		w.resume(id)
		if took := w.reads(id, 30*mib); took > 4*time.Second {
			t.Errorf("it came after %v", took)
		}
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", body)
	})
}

// TestVerifiedComesSoonAtItsEnd: what is verified before any of it is read is waited for when little is missing.
func TestVerifiedComesSoonAtItsEnd(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(siteA, 8*mib, slow)
		id := w.fetchChecked("f", siteA, sri256(body)).UniqueID
		time.Sleep(2 * time.Second)
		if w.engine.ComesSoon(id, 0, 0) {
			t.Error("with 6 MiB missing")
		}
		time.Sleep(5500 * time.Millisecond)
		if !w.engine.ComesSoon(id, 0, 0) {
			t.Error("with half a MiB missing")
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
		if !w.engine.ComesSoon(id, 0, 0) || !w.engine.ComesSoon("nobody", 0, 0) {
			t.Error("what is over is told by who is asked")
		}
	})
}

// TestSeekWhereNothingCanBeDone: paused, settled, unknown, or before there is a head.
func TestSeekWhereNothingCanBeDone(t *testing.T) {
	run(t, func(w *world) {
		file := resource{Body: randomBytes(8 * mib), ETag: `"v1"`, Rate: mib}
		w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Delay = time.Second
			}
			return r
		})
		id := w.fetch("f", siteA).UniqueID
		w.engine.Seek(id, 0, 6*mib) // is done when the head is there
		if took := w.reads(id, 6*mib); took > 4*time.Second {
			t.Errorf("it came after %v", took)
		}
		_, _ = w.engine.Pause(id)
		time.Sleep(time.Second)
		before := len(w.network.Requests())
		w.engine.Seek(id, 0, 3*mib)
		time.Sleep(time.Second)
		if n := len(w.network.Requests()); n != before {
			t.Errorf("%d requests while it was paused", n-before)
		}
		_ = w.engine.Resume(id)
		time.Sleep(time.Minute)
		w.wantSuccess("f", file.Body)
		w.engine.Seek(id, 0, 0) // it is over
		w.engine.Seek("nobody", 0, 0)
	})
}
