package engine_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

func sri256(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func sri512(body []byte) string {
	sum := sha512.Sum512(body)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (w *world) fetchChecked(id, url, integrity string) bgfetch.Snapshot {
	w.t.Helper()
	init := fetchInit(id, url)
	init.Requests[0].Integrity = integrity
	snapshot, err := w.engine.Fetch(context.Background(), init)
	if err != nil {
		w.t.Fatal(err)
	}
	return snapshot
}

func TestIntegrity(t *testing.T) {
	right, wrong := randomBytes(mib), randomBytes(mib + 1)[1:]
	for name, test := range map[string]struct {
		integrity string
		want      bgfetch.FailureReason
		is        string
	}{
		"right":                    {integrity: sri256(right)},
		"wrong":                    {sri256(wrong), bgfetch.ReasonFetchError, sri256(right)},
		"one of several":           {integrity: sri256(wrong) + " " + sri256(right)},
		"the strongest counts":     {sri256(right) + " " + sri512(wrong), bgfetch.ReasonFetchError, sri512(right)},
		"the strongest is right":   {integrity: sri256(wrong) + "\n" + sri512(right) + "?option"},
		"unknown ones are skipped": {integrity: "md5-abc " + sri512(right)},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.serve(siteA, len(right), func(r *resource) { r.Body, r.Rate = right, mib })
				snapshot := w.fetchChecked("f", siteA, test.integrity)
				time.Sleep(500 * time.Millisecond)
				record, err := w.engine.Record(context.Background(), snapshot.UniqueID, 0, false)
				if err != nil || record.Head != nil {
					t.Errorf("before it is verified: %+v, %v", record, err)
				}
				plan, err := w.engine.Plan(context.Background(), snapshot.UniqueID, 0, 0, 0, false)
				if err != nil || len(plan.Segments) != 0 {
					t.Errorf("before it is verified: %+v, %v", plan, err)
				}
				time.Sleep(time.Minute)
				if test.want == "" {
					w.wantSuccess("f", right)
				} else {
					w.wantFailure("f", test.want)
					w.wantBodies("f", nil)
					if told := w.history()[0].Detail; !strings.Contains(told, ": its hash is "+test.is+", and not "+test.integrity[:50]) {
						t.Errorf("the site is told: %s", told)
					}
				}
			})
		})
	}
}

// TestIntegrityOverInterruptions: whatever happens in between, the hash is of
// what is stored.
func TestIntegrityOverInterruptions(t *testing.T) {
	body := randomBytes(8 * mib)
	interrupt := map[string]func(w *world, uniqueID string){
		"killed": func(w *world, _ string) { w.kill(); w.start() },
		"a segment is lost": func(w *world, uniqueID string) {
			w.kill()
			keys, _ := w.bodies.Segments(context.Background(), uniqueID)
			slices.SortFunc(keys, func(a, b bgfetch.SegmentKey) int { return int(a.Offset - b.Offset) })
			_ = w.bodies.DeleteSegments(context.Background(), uniqueID, keys[1:2])
			w.start()
		},
		"a segment is lost, and killed again": func(w *world, uniqueID string) {
			w.kill()
			keys, _ := w.bodies.Segments(context.Background(), uniqueID)
			slices.SortFunc(keys, func(a, b bgfetch.SegmentKey) int { return int(a.Offset - b.Offset) })
			_ = w.bodies.DeleteSegments(context.Background(), uniqueID, keys[1:2])
			w.start()
			w.kill()
			w.start()
		},
	}
	for name, interrupt := range interrupt {
		for integrity, want := range map[string]bgfetch.FailureReason{sri256(body): "", sri256(body[1:]): bgfetch.ReasonFetchError} {
			t.Run(name+string(want), func(t *testing.T) {
				run(t, func(w *world) {
					w.serve(siteA, len(body), func(r *resource) { r.Body, r.Rate = body, mib })
					snapshot := w.fetchChecked("f", siteA, integrity)
					for range 3 {
						time.Sleep(2 * time.Second)
						interrupt(w, snapshot.UniqueID)
					}
					time.Sleep(time.Minute)
					if want == "" {
						w.wantSuccess("f", body)
					} else {
						w.wantFailure("f", want)
					}
				})
			})
		}
	}
}

// TestLostSegmentIsHashedAgain: what replaces a lost segment is not trusted because
// its predecessor was right.
func TestLostSegmentIsHashedAgain(t *testing.T) {
	run(t, func(w *world) {
		body := randomBytes(4 * mib)
		served := slices.Clone(body)
		w.serve(siteA, len(body), func(r *resource) { r.Body, r.Rate = served, mib })
		snapshot := w.fetchChecked("f", siteA, sri256(body))
		time.Sleep(2 * time.Second)
		w.kill()
		keys, _ := w.bodies.Segments(context.Background(), snapshot.UniqueID)
		keys = slices.DeleteFunc(keys, func(key bgfetch.SegmentKey) bool { return key.Offset > 0 })
		_ = w.bodies.DeleteSegments(context.Background(), snapshot.UniqueID, keys)
		served[5] ^= 1 // the same validators, another byte
		w.start()
		time.Sleep(time.Minute)
		w.wantFailure("f", bgfetch.ReasonFetchError)
	})
}

func TestMalformedIntegrity(t *testing.T) {
	run(t, func(w *world) {
		for _, integrity := range []string{"sha256-", "sha256-AAAA", "sha512-" + sri256(nil)[7:], "md5-abc", "nonsense", "sha256-!" + sri256(nil)[8:]} {
			init := fetchInit("f", siteA)
			init.Requests[0].Integrity = integrity
			_, err := w.engine.Fetch(context.Background(), init)
			var e *bgfetch.Error
			if !errors.As(err, &e) || e.Name != bgfetch.TypeError {
				t.Errorf("%q: %v, want a TypeError", integrity, err)
			}
		}
	})
}
