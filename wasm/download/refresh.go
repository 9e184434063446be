package download

import (
	"context"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// sent is the request as it is sent by now.
func (a *attempt) sent() bgfetch.Request { return a.Request.With(a.refreshed) }

// newest is what a request is sent with that is sent now: what the site has given since the
// attempt began, where that is for the same host. The attempt has its place for no other.
func (a *attempt) newest() *bgfetch.Refreshed {
	newest := a.owner.State().Refreshed
	if newest != a.refreshed && bgfetch.OriginOf(a.Request.With(newest).URL) != bgfetch.OriginOf(a.sent().URL) {
		return a.refreshed
	}
	return newest
}

// turnedDown judges a status that is no success and says nothing of later. Where the request
// may have expired the site is asked for another one: at once when that may help, else after
// the back-off. atEnd: see Refusal.
func (a *attempt) turnedDown(head bgfetch.Head, atEnd bool) (step, Verdict) {
	refusal := &bgfetch.Refusal{Head: head, Refreshed: a.refreshed, AtEnd: atEnd}
	switch {
	case !a.Request.IsSafe() || !bgfetch.Refreshable(head.Status):
		return a.declined(refusal)
	case a.refusals >= refusalsOfNothing && !a.asked && !a.next.Response.Answered() && bgfetch.IsGone(head.Status):
		return a.declined(refusal)
	case a.refusals > 0 && !a.asked:
		return a.awaitRefresh(refusal, fmt.Sprintf("status %d, even for the request that the site supplied", head.Status))
	}
	a.asked = false
	a.pastCache = true // which may have kept this answer
	return nil, Verdict{Refused: refusal}
}

// refusalsOfNothing is the count of refusals when a file is taken never to have been there: two
// requests that the site gave, and the wait between them.
const refusalsOfNothing = 3

// declined judges a refusal where there is no other request.
func (a *attempt) declined(refusal *bgfetch.Refusal) (step, Verdict) {
	if refusal.AtEnd {
		a.next.Response.Length, _ = ranges.FirstGap(a.next.Response.Segments)
		return a.succeed()
	}
	return nil, a.badStatus(refusal.Head)
}

// awaitRefresh waits before the request is tried again, and the site is asked if that fails, too.
func (a *attempt) awaitRefresh(refusal *bgfetch.Refusal, why string) (step, Verdict) {
	if !a.hastened {
		a.refusals++
	}
	a.hastened, a.asked = false, true
	stalled := a.countStall()
	if a.alive.Err() != nil {
		return nil, Verdict{}
	}
	if stalled >= a.Retry.GiveUpAfter {
		return a.declined(refusal)
	}
	wait := a.Retry.PatientWait(max(1, a.refusals), stalled)
	why = fmt.Sprintf("%s; the site is asked again in %v", why, wait.Round(time.Millisecond))
	return nil, Verdict{Wait: wait, Patient: true, Refresh: true, Why: why}
}

// Declined is the verdict where the site has no other request in place of one that was refused. ctx
// and alive are those of Complete. Nobody works on the record meanwhile; the same holds for the others
// below.
func (r *Record) Declined(ctx, alive context.Context, refusal *bgfetch.Refusal) Verdict {
	a := r.attempt(alive)
	return a.run(ctx, func(a *attempt, _ context.Context) (step, Verdict) { return a.declined(refusal) })
}

// Unrefreshed is the verdict where it has one, and could not give it.
func (r *Record) Unrefreshed(ctx, alive context.Context, refusal *bgfetch.Refusal, why string) Verdict {
	a := r.attempt(alive)
	return a.run(ctx, func(a *attempt, _ context.Context) (step, Verdict) { return a.awaitRefresh(refusal, why) })
}

// WasRefreshed tells that it has given one: if that is refused, too, it is not asked at once.
func (r *Record) WasRefreshed() {
	r.refusals++
	r.single = false // which the server of another URL may know
}
