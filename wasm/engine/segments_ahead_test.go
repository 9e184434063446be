package engine_test

import (
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// Segments are read while those before them are being stored.

func TestSegmentsAhead(t *testing.T) {
	run(t, func(w *world) {
		const each = 300 * time.Millisecond // 25 segments of it one after the other: 7.5 s
		w.network.StoreTime = func(int) time.Duration { return each }
		w.options.Segments = bgfetch.SaveLimits{MinLength: 256 << 10, MaxLength: 512 << 10, MinTime: 100 * time.Millisecond, MaxTime: 2 * time.Second}
		w.kill()
		w.start()
		body := w.serve(siteA, 12*mib, func(r *resource) { r.Rate = 5 * mib })
		w.fetch("f", siteA)
		if took := waitFor(time.Minute, w.settled("f")); took > 4*time.Second {
			t.Errorf("it took %v: it has waited for each segment", took)
		}
		w.wantSuccess("f", body)
	})
}

// What is told is told in order, so that a record is never without its front.
func TestSegmentsAreToldInOrder(t *testing.T) {
	run(t, func(w *world) {
		w.network.StoreTime = func(n int) time.Duration { return time.Duration(n%3) * 250 * time.Millisecond }
		body := w.serve(siteA, 10*mib, func(r *resource) { r.Rate = mib })
		w.fetch("f", siteA)
		for range 12 {
			time.Sleep(377 * time.Millisecond)
			w.kill()
			stored, err := w.store.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			next := int64(0)
			for _, segment := range stored[0].Records[0].Response.Segments {
				if segment.Offset != next {
					t.Fatalf("a gap at byte %d before the segment at %d", next, segment.Offset)
				}
				next += segment.Length
			}
			w.start()
		}
		time.Sleep(time.Minute)
		w.wantSuccess("f", body)
	})
}

// The disk is full while later segments are read already.
func TestQuotaWithSegmentsAhead(t *testing.T) {
	run(t, func(w *world) {
		w.network.StoreTime = func(n int) time.Duration { return time.Duration(1+n%2) * 200 * time.Millisecond }
		w.bodies.Quota, w.bodies.HideRoom = 3*mib, true
		w.serve(siteA, 10*mib, func(r *resource) { r.Rate = 2 * mib })
		w.fetch("f", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonQuotaExceeded)
		w.wantNothingLeft()
	})
}

// Storage that never answers is a failure like others: tried again, and bounded.
func TestStorageThatNeverAnswers(t *testing.T) {
	for _, test := range []struct {
		name  string
		hangs func(n int) bool
		want  bgfetch.FailureReason
	}{
		{"once", func(n int) bool { return n == 2 }, bgfetch.ReasonNone},
		{"always", func(int) bool { return true }, bgfetch.ReasonFetchError},
	} {
		t.Run(test.name, func(t *testing.T) {
			run(t, func(w *world) {
				w.network.StoreTime = func(n int) time.Duration {
					if test.hangs(n) {
						return 20 * time.Minute
					}
					return 0
				}
				body := w.serve(siteA, 4*mib, func(r *resource) { r.Rate = mib })
				w.fetch("f", siteA)
				waitFor(10*time.Minute, w.settled("f"))
				if test.want == bgfetch.ReasonNone {
					w.wantSuccess("f", body)
				} else {
					w.wantFailure("f", test.want)
				}
				time.Sleep(time.Hour) // for what is stored in the end
			})
		})
	}
}
