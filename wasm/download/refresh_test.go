package download_test

import (
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

// What may have expired is no verdict: the site is asked. Where it has nothing to give, the
// standard's verdict follows; where it cannot give it now, a wait.
func TestRefused(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			server := func(int, bgfetch.TransferInit) bgfetchtest.Response {
				return bgfetchtest.Response{Head: bgfetch.Head{URL: file, Type: "basic", Status: status}}
			}
			run(t, server, func(w *world) {
				v := w.complete()
				if v.Settled != bgfetch.ResponseNone || v.Refused == nil || v.Refused.Head.Status != status {
					t.Fatalf("%+v", v)
				}
				refusal := v.Refused
				v = w.record.Unrefreshed(t.Context(), t.Context(), refusal, "why")
				if v.Settled != bgfetch.ResponseNone || !v.Refresh || !v.Patient || v.Wait <= 0 {
					t.Errorf("where it cannot be given: %+v", v)
				}
				if v = w.complete(); v.Refused == nil { // asked again after the wait
					t.Errorf("after the wait: %+v", v)
				}
				w.record.WasRefreshed()
				if v = w.complete(); !v.Refresh || v.Wait <= 0 { // and not at once
					t.Errorf("where what was given is refused: %+v", v)
				}
				w.engine.state.Stall.Waited = (8 * 24 * time.Hour).Milliseconds()
				if v = w.record.Unrefreshed(t.Context(), t.Context(), refusal, "why"); v.Settled != "bad-status" {
					t.Errorf("after a week: %+v", v)
				}
				if v = w.record.Declined(t.Context(), t.Context(), refusal); v.Settled != "bad-status" {
					t.Errorf("where there is none: %+v", v)
				}
			})
		})
	}
}
