package engine_test

import (
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

const other = "https://other.test"

// A server that never answered, while the site's own does, is soon given up, and
// for all records at once.
func TestServerThatNeverAnswered(t *testing.T) {
	run(t, func(w *world) {
		w.network.SetDead(other, true)
		w.fetch("f", otherC, otherC+"?2", otherC+"?3")
		took := waitFor(time.Minute, w.settled("f"))
		w.wantFailure("f", bgfetch.ReasonFetchError)
		if took > 4*time.Second || took < time.Second {
			t.Errorf("it was given up after %v", took)
		}
	})
}

// Where the site's own server is away, too, it is the network that is.
func TestNoServerAnswers(t *testing.T) {
	run(t, func(w *world) {
		w.network.SetDown(true)
		body := w.serve(otherC, 1000, func(r *bgfetchtest.Resource) { r.Type = "cors" })
		w.fetch("f", otherC)
		time.Sleep(90 * time.Second)
		w.network.SetDown(false)
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", body)
	})
}

// A server that has brought something is waited for.
func TestServerThatAnsweredBefore(t *testing.T) {
	run(t, func(w *world) {
		body := w.serve(otherC, 4*mib, func(r *bgfetchtest.Resource) {
			r.Type, r.Rate, r.LastModified = "cors", mib, "Thu, 26 Nov 2026 10:00:00 GMT"
		})
		w.fetch("f", otherC)
		time.Sleep(2500 * time.Millisecond)
		w.network.SetDead(other, true)
		time.Sleep(90 * time.Second)
		w.network.SetDead(other, false)
		time.Sleep(2 * time.Minute)
		w.wantSuccess("f", body)
	})
}
