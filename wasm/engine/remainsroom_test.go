package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// TestRemainsMakeRoom: they go before anything fails for want of room.
func TestRemainsMakeRoom(t *testing.T) {
	for name, test := range map[string]struct {
		hidden bool
		init   func(*bgfetch.FetchInit)
	}{
		"announced":     {},
		"found out":     {hidden: true},
		"downloadTotal": {init: func(f *bgfetch.FetchInit) { f.DownloadTotal = 4 * mib }},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.bodies.Quota, w.bodies.HideRoom = 4*mib+mib/2, test.hidden
				w.signing(2*mib, nil)
				w.fail("f")
				large := w.serve(siteB, 4*mib, func(r *resource) { r.Rate = mib })
				init := fetchInit("large", siteB)
				if test.init != nil {
					test.init(&init)
				}
				if _, err := w.engine.Fetch(context.Background(), init); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				w.wantSuccess("large", large)
				w.wantNothingLeft()
				if left := w.engine.Remains(); len(left) != 0 {
					t.Errorf("still left: %+v", left)
				}
			})
		})
	}
}

// TestRemainsAreRoom: what a background fetch begins with need not fit once more.
func TestRemainsAreRoom(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Quota = 2*mib + mib/4
		body := w.signing(2*mib, nil)
		w.fail("f")
		init := fetchInit("f", signedA)
		init.UniqueID, init.DownloadTotal = "again", 2*mib
		if s, err := w.engine.Fetch(context.Background(), init); err != nil || s.Downloaded != mib {
			t.Fatalf("%+v, %v", s, err)
		}
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
	})
}

// TestRemainsOfAFullDisk: they stay, and are gone on with when there is room.
func TestRemainsOfAFullDisk(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Quota, w.bodies.HideRoom = 2*mib, true
		body := w.serve(siteA, 3*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonQuotaExceeded)
		w.wantNothingLeft()
		w.bodies.Quota = 4 * mib
		if s := w.again("f", siteA); s.Downloaded < mib {
			t.Errorf("it begins with %d bytes", s.Downloaded)
		}
		time.Sleep(time.Minute)
		w.wantAgain("f", body)
	})
}

// TestRemainsGone: what was deleted behind our back is not begun with.
func TestRemainsGone(t *testing.T) {
	for _, restart := range []bool{false, true} {
		run(t, func(w *world) {
			body := w.signing(2*mib, nil)
			w.fail("f")
			w.bodies.LoseSegment("unique-f")
			if restart {
				w.kill()
				w.start()
			}
			if s := w.again("f", signedA); s.Downloaded != 0 {
				t.Errorf("restart %v: it begins with %d bytes", restart, s.Downloaded)
			}
			time.Sleep(time.Minute)
			w.wantAgain("f", body)
		})
	}
}

// TestRemainsOfOneOfSeveral: the others are fetched anew, and the event sees them as ever.
func TestRemainsOfOneOfSeveral(t *testing.T) {
	run(t, func(w *world) {
		body := w.signing(2*mib, nil)
		small := w.serve(siteB, mib)
		w.fetch("f", siteB, siteA)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonBadStatus)
		w.wantBodies("f", small, []byte{})
		if used := w.bodies.Used(); used != mib {
			t.Errorf("%d bytes are stored", used)
		}
		w.again("f", siteB, signedA)
		time.Sleep(time.Minute)
		w.wantBodies("f", small, body)
		w.wantNothingLeft()
	})
}

// TestCrashWithRemains lets the worker die at each write of a failure and of the background
// fetch that goes on with what it left.
func TestCrashWithRemains(t *testing.T) {
	story := func(w *world) (body []byte) {
		body = w.signing(2*mib, nil)
		_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteA))
		for range 10 { // whoever asks asks again
			time.Sleep(time.Minute)
			synctest.Wait()
			if w.revive() {
				if left := w.left(); left != "" && !strings.HasPrefix(left, "rows left") && !strings.HasPrefix(left, "signs") {
					w.t.Error(left)
				}
				time.Sleep(time.Minute)
			}
			if w.last("f").Result == bgfetch.ResultFailure {
				break
			}
			_, _ = w.engine.Fetch(context.Background(), fetchInit("f", siteA))
		}
		init := fetchInit("f", signedA)
		init.UniqueID += "-again"
		for range 10 {
			_, _ = w.engine.Fetch(context.Background(), init)
			time.Sleep(time.Minute)
			synctest.Wait()
			w.revive()
		}
		return body
	}
	writes := 0
	run(t, func(w *world) {
		body := story(w)
		w.wantAgain("f", body)
		writes = w.store.Writes()
	})
	atEveryWrite(t, writes, func(t *testing.T, doom func(*world)) {
		run(t, func(w *world) {
			doom(w)
			body := story(w)
			w.wantAgain("f", body)
			if taken := w.network.Taken(); taken > 2*mib+1200<<10 {
				t.Errorf("%d bytes were taken", taken)
			}
		})
	})
}

// TestRemainsDeletedAtTheEnd: they are deleted while the background fetch that leaves them is,
// between any two steps. The last of both deletes the cache.
func TestRemainsDeletedAtTheEnd(t *testing.T) {
	for between := range 8 {
		t.Run(fmt.Sprintf("in list %d", between), func(t *testing.T) {
			run(t, func(w *world) {
				w.signing(2*mib, nil)
				var once sync.WaitGroup
				var lists atomic.Int64
				w.bodies.OnSegments = func(context.Context) error {
					if lists.Add(1)-1 != int64(between) {
						return nil
					}
					once.Go(func() {
						if n, err := w.engine.DeleteRemains(context.Background(), ""); n > 1 || err != nil {
							t.Errorf("%d are deleted: %v", n, err)
						}
					})
					for range 1000 { // it does what it can do meanwhile
						runtime.Gosched()
					}
					return nil
				}
				w.fetch("f", siteA)
				time.Sleep(time.Minute)
				w.wantFailure("f", bgfetch.ReasonBadStatus)
				once.Wait()
				if _, err := w.engine.DeleteRemains(context.Background(), ""); err != nil {
					t.Error(err)
				}
				if caches, err := w.bodies.UniqueIDs(context.Background()); len(caches) > 0 || err != nil {
					t.Errorf("after %d lists these caches are left: %q, %v", lists.Load(), caches, err)
				}
				w.wantNothingLeft()
			})
		})
	}
}
