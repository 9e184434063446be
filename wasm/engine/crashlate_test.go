package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// What a worker was putting when it died may land after what its successor puts in the
// same place. Here all of it does, for deaths at many moments and puts that take this
// long: the successor, which cuts its pieces otherwise, ends with the bytes of one file.
func TestPutsOfADeadWorkerLandLate(t *testing.T) {
	files := map[string][]resource{ // the one that breaks off at first, and those of the two lives
		"the same file":                          sameFile(3),
		"replaced":                               {Version(1), Version(2), Version(2)},
		"replaced twice, in the same generation": {Version(1), Version(2), Version(3)},
	}
	for name, versions := range files {
		for _, late := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, time.Minute} {
			for at := 100 * time.Millisecond; at < 2*time.Second; at += 130 * time.Millisecond {
				if !bgfetchtest.IsDrawn() {
					continue
				}
				t.Run(fmt.Sprintf("%s, killed after %v, %v late", name, at, late), func(t *testing.T) {
					run(t, func(w *world) { latePuts(w, versions, at, late) })
				})
			}
		}
	}
}

// Version is a file that only its bytes and its ETag tell from others.
func Version(n int) resource {
	body := randomBytes(2 * mib)
	for i := range body {
		body[i] ^= byte(n)
	}
	return resource{Body: body, ETag: fmt.Sprintf(`"v%d"`, n)}
}

func sameFile(n int) (files []resource) {
	for range n {
		files = append(files, Version(0))
	}
	return files
}

func latePuts(w *world, versions []resource, at, late time.Duration) {
	var life, landed atomic.Int32
	begun := time.Now()
	w.network.StoreTime = func(int) time.Duration {
		if life.Load() == 0 && time.Since(begun) > at-300*time.Millisecond {
			return late
		}
		return 50 * time.Millisecond
	}
	w.bodies.OnPut = func() { landed.Add(1) }
	w.network.Handle(siteA, func(n int, init bgfetch.TransferInit) response {
		file := versions[life.Load()+1]
		if n == 1 {
			file = versions[0]
		}
		file.Rate = (mib + int(life.Load())*mib/3)
		answer := file.Respond(init)
		if n == 1 {
			answer.Cut = mib / 2
		}
		return answer
	})
	w.fetch("f", siteA)
	time.Sleep(at)
	w.kill()
	before := landed.Load()
	life.Add(1)
	w.start()
	time.Sleep(2 * time.Minute)
	if landed.Load() == before {
		w.t.Error("nothing was put after the kill")
	}
	w.wantSuccess("f", versions[2].Body)
	w.wantNothingLeft()
}

// TestKeptWithoutOrphans: what such a worker put is not kept for good.
func TestKeptWithoutOrphans(t *testing.T) {
	run(t, func(w *world) {
		var storeTime atomic.Int64
		storeTime.Store(int64(700 * time.Millisecond))
		w.network.StoreTime = func(int) time.Duration { return time.Duration(storeTime.Load()) }
		body := w.serve(siteA, 2*mib, slow)
		init := fetchInit("f", siteA)
		init.Keep = true
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		w.kill()
		storeTime.Store(0)
		w.start()
		time.Sleep(time.Second)
		if w.bodies.Used() <= w.engine.Active()[0].Downloaded {
			t.Error("no put of the dead worker has landed")
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
		if used := w.bodies.Used(); used != int64(len(body)) {
			t.Errorf("%d bytes are kept of a body with %d", used, len(body))
		}
	})
}
