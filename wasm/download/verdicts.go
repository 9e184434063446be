package download

import (
	"context"
	"errors"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// store stores the record's next state with added segments and makes it what others know.
// When it fails, the verdict says so.
func (a *attempt) store(added ...bgfetch.Segment) (Verdict, bool) {
	err := a.owner.Commit(a.next, added...)
	for errors.Is(err, bgfetch.ErrQuota) && a.owner.MakeRoom(evidence.Missing(&a.next.Response)) {
		err = a.owner.Commit(a.next, added...)
	}
	if err != nil {
		if a.alive.Err() != nil {
			return Verdict{}, false
		}
		why := fmt.Sprintf("its state could not be stored: %v", err)
		reason := bgfetch.ReasonFetchError
		if errors.Is(err, bgfetch.ErrQuota) {
			reason = bgfetch.ReasonQuotaExceeded
		}
		return a.leave(reason, why), false
	}
	if a.owner.Left() < 0 {
		return a.settle(bgfetch.ReasonDownloadTotalExceeded, fmt.Sprintf("more than downloadTotal (%d bytes) arrived", a.DownloadTotal)), false
	}
	return Verdict{}, true
}

// progress sets the counts of failures to zero.
func (a *attempt) progress() {
	a.moved = true
	a.tries = tries{}
	a.asksForAll, a.givesAll = false, false
}

// renew begins new, empty response data: the old ones become redundant.
func (a *attempt) renew() {
	a.next.Response = bgfetch.ResponseData{Generation: a.next.Response.Generation + 1, Length: -1}
	a.next.Digest, a.next.Verified = nil, bgfetch.Verified{}
	a.ends.Forget()
}

// succeed ends the record whose body is whole. Next: verifyAll, where it is checked.
func (a *attempt) succeed() (step, Verdict) {
	if a.Check.Asked() {
		return verifyAll, Verdict{}
	}
	return nil, a.succeeded()
}

// succeeded ends the record, whose bytes are those that they should be.
func (a *attempt) succeeded() Verdict {
	a.next.Response.Result = bgfetch.ResponseSuccess
	if v, ok := a.store(); !ok {
		return v
	}
	return Verdict{Settled: bgfetch.ResponseSuccess}
}

// settle stores that the record has failed, and gives the verdict. Another background fetch
// is not to go on with what is stored.
func (a *attempt) settle(reason bgfetch.FailureReason, why string) Verdict {
	return a.settleBy(func(next bgfetch.RecordState) error { return a.owner.Commit(next) }, reason, why)
}

// leave is settle where another one may go on with what is stored.
func (a *attempt) leave(reason bgfetch.FailureReason, why string) Verdict {
	return a.settleBy(a.owner.Leave, reason, why)
}

func (a *attempt) settleBy(store func(bgfetch.RecordState) error, reason bgfetch.FailureReason, why string) Verdict {
	a.next.Response.Result = bgfetch.ResponseResult(reason)
	err := store(a.next)
	if a.alive.Err() != nil {
		return Verdict{}
	}
	if err != nil {
		return a.settleUnstored(reason, fmt.Sprintf("%s (and the result could not be stored: %v)", why, err))
	}
	return failure(reason, why)
}

// settleUnstored ends the record for this engine only.
func (a *attempt) settleUnstored(reason bgfetch.FailureReason, why string) Verdict {
	a.next.Response.Result = bgfetch.ResponseResult(reason)
	a.owner.Publish(a.next)
	return failure(reason, why)
}

func failure(reason bgfetch.FailureReason, why string) Verdict {
	return Verdict{Settled: bgfetch.ResponseResult(reason), Why: string(reason) + ": " + why}
}

// badStatus ends the record with a response whose body is not kept.
func (a *attempt) badStatus(head bgfetch.Head) Verdict {
	if a.next.Response.Head != nil {
		a.renew() // who reads the response before does not go on with this one
	}
	a.next.Response.Head = &head
	return a.leave(bgfetch.ReasonBadStatus, fmt.Sprintf("the server answered with status %d", head.Status))
}

// restart drops what is stored and asks for all of it again.
func (a *attempt) restart(why string) Verdict {
	if v, ok := a.countRestart(); !ok {
		return v
	}
	a.renew()
	return a.again(why + "; starting again")
}

// again stores the state, which says what has been found out, and asks anew.
func (a *attempt) again(why string) Verdict {
	if v, ok := a.store(); !ok {
		return v
	}
	return Verdict{Wait: a.Retry.Soon(), Why: why}
}

// invalid counts an answer that is not what was asked for. What is stored stays, but for
// what another background fetch has left.
func (a *attempt) invalid(problem string) Verdict {
	if a.next.Response.From != "" {
		return a.restart("the partial response is not valid: " + problem)
	}
	if v, ok := a.countRestart(); !ok {
		return v
	}
	return a.again("the partial response is not valid: " + problem)
}

// withoutRanges asks for all of the body from now on, since the server's ranges are not
// of its bytes as they are read here. What is stored is compared with what comes.
func (a *attempt) withoutRanges(why string) Verdict {
	data := &a.next.Response
	data.Resumable, a.single, a.rangeless = false, true, true
	if evidence.CodingOfBody(data) != evidence.CodingNone {
		data.Length, data.Offsets = -1, false // which ranges told
	}
	if len(data.Seams) > 0 {
		a.rangeless = a.contradictions > 1 // once, it may be another file
		return a.restart(why)              // who reads what ranges brought does not go on with anything else
	}
	return a.again(why + "; asks for all of it")
}

// mismatch judges bytes that are not those that are stored.
func (a *attempt) mismatch(p *part.Part) Verdict {
	if !p.Partial() && len(a.next.Response.Seams) == 0 {
		a.contradictions = 0 // by ranges of that file
		return a.otherFile("the bytes differ from those sent before")
	}
	return a.contradicted(p.Head, "the bytes differ from the stored ones")
}

// contradicted judges a range that is not of the bytes that are stored: either it is of another file, or
// it counts encoded bytes.
func (a *attempt) contradicted(head bgfetch.Head, why string) Verdict {
	if evidence.CodingOfBody(&a.next.Response) == evidence.CodingNone && evidence.CodingOf(head) == evidence.CodingNone {
		return a.otherFile(why)
	}
	a.ends.Told = 0 // it tells the length of something else
	a.contradictions++
	return a.withoutRanges(why)
}

// otherFile starts again.
func (a *attempt) otherFile(why string) Verdict {
	a.trustRanges()
	return a.restart(why)
}

// trustRanges lets ranges be asked for again, since those of another file may be better. Where they
// were contradicted twice they are of encoded bytes, most likely.
func (r *Record) trustRanges() {
	if r.contradictions < 2 {
		r.single, r.rangeless = false, false
	}
}

// Forget drops what was found out about a body of which nothing is stored any more.
func (r *Record) Forget() {
	r.ends.Forget()
	r.trustRanges()
}

// unproved asks for what follows a body that has ended, though nothing proves that this
// is its end. Where the server knows no ranges it sends all of it again; that both end at
// the same byte is then the best proof there is.
func (a *attempt) unproved(p *part.Part) (step, Verdict) {
	data := &a.next.Response
	end := p.Read // less than what is stored, perhaps
	if stored, gap := ranges.FirstGap(data.Segments); (a.repeated || p.Drawn > 0 || end == 0) && end == stored && gap == 0 && a.ends.IsSame(end, p.Head, a.config.Framing, a.Retry.MaxRestarts) {
		data.Length = end
		if len(data.Seams) > 0 {
			return nil, a.again("comparing the bytes where responses meet")
		}
		return a.succeed()
	}
	if a.ends.Add(end, p.Head, p.Partial(), p.Sent); a.ends.Unproved > 1+a.Retry.MaxRestarts {
		return nil, a.settle(bgfetch.ReasonFetchError, "nothing proves that the body is complete")
	}
	data.Compare = true
	return nil, a.again("nothing proves that this is the end; asking whether more follows")
}

// countRestart counts a response that starts the record again. Too many are a
// failure.
func (a *attempt) countRestart() (Verdict, bool) {
	if a.next.Restarts++; a.next.Restarts > a.Retry.MaxRestarts {
		return a.settle(bgfetch.ReasonFetchError, "the server forced too many restarts"), false
	}
	a.ends.Unproved = 0
	return Verdict{}, true
}

// errNoHead: no response came in time.
var errNoHead = errors.New("no response head in time")

// hiddenAnswer is what a site is told where a server can be reached, and has never answered.
const hiddenAnswer = " (its server can be reached; most likely the browser hides the answer: CORS headers are missing, there or where a redirect leads, or a redirect is not allowed)"

// unseenTime bounds the wait for a server that answers, and of which nothing is to be seen: with what
// the browser keeps from us (most likely the error page of a deploy, or a portal, and perhaps a file
// that lacks its CORS headers from now on), or with a head and no byte.
const unseenTime = time.Hour

// countUnseen counts a try that failed, and returns for how long nothing but such answers came.
// unseen: this was one.
func (a *attempt) countUnseen(unseen bool) time.Duration {
	if !unseen {
		a.unseen = bgfetch.Stall{}
		return 0
	}
	return a.unseen.Failed(time.Now(), unseenTime)
}

// broken decides how to go on after a failure of the network, which says nothing
// of its cause. atHead: there was no response.
//
// Source: #complete-a-record ("temporarily unavailable")
func (a *attempt) broken(ctx context.Context, err error, atHead bool) Verdict {
	policy := a.Retry
	switch {
	case ctx.Err() != nil:
		return Verdict{}
	case !a.Request.IsSafe():
		return a.settle(bgfetch.ReasonFetchError, err.Error())
	case a.owner.Interrupted():
		return Verdict{}
	case a.owner.FailedOffline():
		return Verdict{Online: true, Why: err.Error() + "; waiting for the network"}
	case a.repeated:
		return a.brokenAgain(err)
	case a.moved:
		return Verdict{Wait: max(policy.Soon(), a.untilFree()), Why: err.Error() + "; continuing"}
	}
	if atHead && !a.answers(ctx, a.sent().URL) {
		return a.awaitHost(ctx)
	}
	// Where bytes are stored, a network that lets something through is waited for as one that
	// lets nothing through. A body that breaks off at once is the server's.
	patient := len(a.next.Response.Segments) > 0 && errors.Is(err, bgfetch.ErrNetwork) && (atHead || errors.Is(err, part.ErrStalled))
	count, stalled := &a.failures, time.Duration(0)
	if patient {
		count, stalled = &a.unheard, a.countStall()
	}
	if !a.hastened {
		*count++
	}
	a.hastened = false
	tries := *count
	neverAnswered := atHead && a.next.Response.Head == nil
	forbidden := bgfetch.OriginOf(a.sent().URL) != a.config.Origin || a.Request.Redirect == "error"
	isFinal := neverAnswered && forbidden && tries > 1 || tries > policy.FailureTries(patient)
	if unseen := patient && !errors.Is(err, errNoHead); isFinal || stalled >= policy.GiveUpAfter || a.countUnseen(unseen) >= unseenTime {
		why := err.Error()
		if neverAnswered {
			why += hiddenAnswer
		}
		return a.leave(bgfetch.ReasonFetchError, why)
	}
	// The browser may have kept an answer to a request without CORS, also one that it is redirected to.
	a.pastCache = neverAnswered
	if a.ranged && !a.came && tries > 1 && !a.next.Response.Offsets {
		// The browser refuses, perhaps, what it cannot decode: a range of an encoded body.
		switch coding := evidence.CodingOfBody(&a.next.Response); {
		case coding == evidence.CodingSome, coding == evidence.CodingHidden && a.givesAll:
			return a.withoutRanges(err.Error())
		case coding == evidence.CodingHidden:
			a.asksForAll = true
		}
	}
	delay := policy.Soon()
	if tries > 1 {
		delay = policy.PatientWait(tries-1, stalled)
	}
	return Verdict{Wait: delay, Patient: patient, Why: err.Error() + fmt.Sprintf("; next try in %v", delay.Round(time.Millisecond))}
}

// brokenAgain counts a response that began at byte 0 although some of the body was
// stored. One that comes hardly further than the one before, again and again, never will.
func (a *attempt) brokenAgain(err error) Verdict {
	before, now := a.start, int64(0)
	if now, _ = ranges.FirstGap(a.next.Response.Segments); now-before >= before/4 && now > before {
		a.next.Repeats = 0
	} else if a.next.Repeats++; a.next.Repeats > a.Retry.MaxRestarts {
		return a.leave(bgfetch.ReasonFetchError, fmt.Sprintf("%v; the whole file was requested again, and no more than %d bytes arrived", err, now))
	}
	return a.again(err.Error() + "; asking for the whole file again")
}
