package engine_test

import (
	"context"
	"testing"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// TestRemainsOfAnAbortedGroup: whoever aborts a group wants to be rid of what is under way, with all of its
// records, also those that have failed. What a member had left that had ended before stays: it is another
// background fetch's, and goes like all that one leaves.
func TestRemainsOfAnAbortedGroup(t *testing.T) {
	run(t, func(w *world) {
		ctx := context.Background()
		begin := func(id string, urls ...string) {
			init := fetchInit(id, urls...)
			init.Group = "season"
			if _, err := w.engine.Fetch(ctx, init); err != nil {
				t.Fatal(err)
			}
		}
		body := w.signing(2*mib, nil)
		begin("failed", siteA)
		time.Sleep(time.Minute)
		w.wantFailure("failed", bgfetch.ReasonBadStatus)

		file := resource{Body: randomBytes(2 * mib), ETag: `"v1"`, Rate: mib}
		w.network.Handle(siteB, func(n int, init bgfetch.TransferInit) response {
			r := file.Respond(init)
			if n == 1 {
				r.Cut = mib
			} else {
				r.Head.Status, r.Body = 403, nil
			}
			return r
		})
		w.serve(otherC, 60*mib, func(r *resource) { r.Rate, r.Type = mib, "cors" })
		begin("underway", siteB, otherC)
		time.Sleep(10 * time.Second)
		if rows, err := w.store.Remains(ctx); err != nil || len(rows) != 2 {
			t.Fatalf("before: %+v, %v", rows, err)
		}
		if aborted, err := w.engine.AbortGroup(ctx, "season", ""); err != nil || !aborted {
			t.Fatalf("AbortGroup = %v, %v", aborted, err)
		}
		time.Sleep(time.Minute)
		w.wantFailure("underway", bgfetch.ReasonAborted)
		rows, err := w.store.Remains(ctx)
		if err != nil || len(rows) != 1 || rows[0].ID != "failed" || w.bodies.Used() != mib {
			t.Fatalf("after: %+v, %v, %d bytes", rows, err, w.bodies.Used())
		}
		if s := w.again("failed", signedA); s.Downloaded != mib {
			t.Errorf("it begins with %d bytes", s.Downloaded)
		}
		time.Sleep(time.Minute)
		w.wantAgain("failed", body)
	})
}
