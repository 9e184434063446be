package download

import (
	"context"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// sent is the request as it is sent by now.
func (a *attempt) sent() bgfetch.Request { return a.Request.With(a.refreshed) }

// newest is what a request is sent with that is sent now: what the site has given since the
// attempt began, where that is for the same host. The attempt has its place for no other.
func (a *attempt) newest() *bgfetch.Refreshed {
	newest := a.owner.State().Refreshed
	if bgfetch.OriginOf(a.Request.With(newest).URL) != bgfetch.OriginOf(a.sent().URL) {
		return a.refreshed
	}
	return newest
}

// turnedDown judges a status that is no success and says nothing of later. Where the request
// may have expired the site is asked for another one: at once when that may help, else after
// the back-off.
func (a *attempt) turnedDown(head bgfetch.Head) (step, Verdict) {
	switch {
	case !a.Request.IsSafe() || !bgfetch.Refreshable(head.Status):
		return a.badStatus(head)
	case a.refusals > 0 && !a.asked:
		return a.awaitRefresh(head, fmt.Sprintf("status %d, also to the request that the site gave", head.Status))
	}
	a.asked = false
	a.pastCache = true // which may have kept this answer
	return nil, Verdict{Refused: &bgfetch.Refusal{Head: head, Refreshed: a.refreshed}}
}

// awaitRefresh waits before the request is tried again, and the site is asked if that fails, too.
func (a *attempt) awaitRefresh(head bgfetch.Head, why string) (step, Verdict) {
	if !a.hastened {
		a.refusals++
	}
	a.hastened, a.asked = false, true
	stalled := a.stalled()
	if a.alive.Err() != nil {
		return nil, Verdict{}
	}
	if stalled >= a.Retry.GiveUpAfter {
		return a.badStatus(head)
	}
	wait := a.Retry.PatientWait(max(1, a.refusals), stalled)
	why = fmt.Sprintf("%s; the site is asked again in %v", why, wait.Round(time.Millisecond))
	return nil, Verdict{Wait: wait, Patient: true, Refresh: true, Why: why}
}

// Declined is the verdict where the site has no other request in place of one that was answered
// with that head. Nobody works on the record meanwhile; the same holds for the others below.
func (r *Record) Declined(alive context.Context, head bgfetch.Head) Verdict {
	_, v := r.attempt(alive).badStatus(head)
	return v
}

// Unrefreshed is the verdict where it has one, and could not give it.
func (r *Record) Unrefreshed(alive context.Context, head bgfetch.Head, why string) Verdict {
	_, v := r.attempt(alive).awaitRefresh(head, why)
	return v
}

// WasRefreshed tells that it has given one: if that is refused, too, it is not asked at once.
func (r *Record) WasRefreshed() {
	r.refusals++
	r.single = false // which the server of another URL may know
}
