package engine_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// A worker that dies at any write of a call for a group leaves all of it as it was, or none.
func TestCrashAtEveryWriteOfAGroup(t *testing.T) {
	low := bgfetch.PriorityLow
	for name, call := range map[string]func(*world){
		"pause":   func(w *world) { _, _ = w.engine.PauseGroup("season") },
		"options": func(w *world) { _, _ = w.engine.SetGroupOptions("season", bgfetch.NetworkOptionsInit{Priority: &low}) },
		"abort":   func(w *world) { _, _ = w.engine.AbortGroup(context.Background(), "season", "call") },
	} {
		t.Run(name, func(t *testing.T) {
			atEveryWrite(t, 12, func(t *testing.T, doom func(*world)) {
				run(t, func(w *world) {
					w.season("season", 3*mib, 3*mib, 3*mib)
					time.Sleep(time.Second)
					doom(w)
					call(w)
					time.Sleep(10 * time.Millisecond)
					w.kill()
					w.start()
					synctest.Wait()
					how := map[string]int{}
					for _, snapshot := range w.engine.Active() {
						how[fmt.Sprint(snapshot.Paused, snapshot.Priority)]++
					}
					if len(how) > 1 || len(how) == 1 && len(w.engine.Active()) != 3 {
						t.Errorf("after the crash: %v", how)
					}
					// The sums are of all three, whatever became of them.
					if got := w.group("season"); len(got.IDs) != 3 {
						t.Errorf("after the crash: %+v", got)
					}
					_ = w.engine.ResumeGroup("season")
					time.Sleep(time.Minute)
					got := w.group("season")
					if all := (bgfetch.Results{Success: 3}); got.Results != all && got.Results != (bgfetch.Results{Failure: 3}) {
						t.Errorf("in the end: %+v", got)
					}
					w.wantNothingLeft()
				})
			})
		})
	}
}

// The sums survive a worker that dies at any write of the lives of a group.
func TestCrashAtEveryWriteOfTheLivesOfAGroup(t *testing.T) {
	atEveryWrite(t, 30, func(t *testing.T, doom func(*world)) {
		run(t, func(w *world) {
			doom(w)
			w.season("season", mib, 1000, mib)
			time.Sleep(time.Minute)
			w.kill()
			w.start()
			synctest.Wait()
			stored, err := w.store.Load(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, one := range stored {
				ids[one.State.ID] = true
			}
			for _, ended := range w.history() {
				ids[ended.ID] = true
			}
			if got := w.group("season"); len(got.IDs) != len(ids) {
				t.Errorf("the group has %v, of %v", got.IDs, ids)
			}
			time.Sleep(time.Minute)
			if got := w.group("season"); got.Results.Success != len(ids) || got.Downloaded != got.DownloadTotal {
				t.Errorf("in the end: %+v, of %v", got, ids)
			}
		})
	})
}
