package download

import (
	"context"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
)

// longestRefused bounds the wait after an additional part was refused, perhaps for their number only.
const longestRefused = time.Minute

// untilFree is the time until the server may be asked again.
func (a *attempt) untilFree() time.Duration { return max(0, time.Until(a.refusedUntil)) }

// countStall counts a try that failed without a byte of progress, and stores that: the next
// engine goes on counting. It returns for how long there has been no progress.
func (a *attempt) countStall() time.Duration {
	stalled := a.next.Stall.Failed(time.Now(), a.Retry.GiveUpAfter)
	if err := a.owner.Commit(a.next); err != nil && a.alive.Err() == nil {
		a.owner.Publish(a.next)
		a.owner.Complain("the time spent waiting for its server could not be stored", err)
	}
	return stalled
}

// postpone waits for a server that said so, as why tells. Not ok: it has said so too often, or for
// too long.
func (a *attempt) postpone(why string, delay time.Duration) (Verdict, bool) {
	policy, answered := a.Retry, a.next.Response.Answered()
	if !a.hastened {
		a.statusRetries++
	}
	a.hastened = false
	var stalled time.Duration
	if answered {
		stalled = a.countStall()
	}
	if a.statusRetries > policy.StatusTries(answered) || stalled >= policy.GiveUpAfter || delay > policy.LongestRetryAfter(answered) {
		return Verdict{}, false
	}
	wait := max(delay, policy.PatientWait(a.statusRetries, stalled))
	why = fmt.Sprintf("%s; next try in %v", why, wait.Round(time.Millisecond))
	return Verdict{Wait: wait, Patient: answered, Least: delay, Why: why}, true
}

// awaitHost waits for a host that does not answer.
func (a *attempt) awaitHost(ctx context.Context) Verdict {
	v := Verdict{Unreachable: true, Why: "the server cannot be reached"}
	a.unseen = bgfetch.Stall{}
	switch {
	case ctx.Err() != nil:
		return Verdict{}
	case a.owner.HasAnswered():
		v.Answered, v.Stalled = true, a.countStall()
	default:
		v.SiteAnswers = a.IsFirstContact(&a.next) && a.answers(ctx, a.config.Origin+"/")
	}
	return v
}

// answers asks whether the server of a URL answers at all, within the time for a head.
func (a *attempt) answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, a.Retry.HeadTimeout)
	defer cancel()
	return a.config.Network.Reachable(ctx, url)
}
