package download

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// judgeStart looks at the head of a response with which the body begins. Next: move.
func judgeStart(a *attempt, ctx context.Context) (step, Verdict) {
	head := a.transfer.Head()
	delay, said := ranges.RetryAfter(head, time.Now())
	if (said || a.next.Response.Answered()) && a.Request.IsSafe() && ranges.TemporaryStatus(head.Status) {
		if v, ok := a.postpone(fmt.Sprintf("status %d", head.Status), delay); ok {
			return nil, v
		}
	}
	if head.Status < 200 || head.Status > 299 {
		return a.turnedDown(head, false)
	}
	if head.Status == http.StatusPartialContent && !a.Request.HasRange() {
		if _, problem := ranges.ValidatePartial(head, 0, 0); problem != "" {
			return nil, a.settle(bgfetch.ReasonFetchError, "an unrequested partial response is not valid: "+problem)
		}
	}
	a.begin(head)
	if v, ok := a.roomFor(ctx, evidence.ExpectedLength(&a.next.Response)); !ok {
		return nil, v
	}
	a.owner.Publish(a.next)
	if a.askInRanges() {
		a.transfer.Close()
		a.transfer = nil
		return chooseRange, Verdict{}
	}
	return move, Verdict{}
}

// begin makes the response the one with which the body begins.
func (a *attempt) begin(head bgfetch.Head) {
	data := &a.next.Response
	if probe := (bgfetch.ResponseData{Length: -1}); data.Head != nil {
		evidence.Announce(&probe, head)
		if evidence.VersionOf(data, head, probe.Length) == evidence.VersionOther {
			a.renew() // who was told of the one before does not read this one
		}
	}
	announced := max(0, evidence.ExpectedLength(data))
	a.from, a.to, a.start, a.end = 0, 0, 0, 0
	data.Length, data.Announced = -1, 0
	data.ETag = head.Value("ETag")
	data.LastModified = head.Value("Last-Modified")
	data.Resumable = a.Request.IsSafe() && !a.Request.HasRange() && !a.rangeless
	switch {
	case head.Status == http.StatusPartialContent && !a.Request.HasRange():
		if complete, _ := ranges.ValidatePartial(head, 0, 0); evidence.CodingOf(head) == evidence.CodingNone {
			data.Length = complete
		} else {
			data.Announced = announced // what came before says more than a part does
		}
		head = ranges.MadeWhole(head)
	case a.Request.Method == "HEAD" || head.Status == http.StatusNoContent || head.Status == http.StatusResetContent:
		data.Length = 0
	default:
		evidence.Announce(data, head)
	}
	data.Head = &head
}

// judgeRange looks at the head of a response to a Range request. Next: move.
func judgeRange(a *attempt, ctx context.Context) (step, Verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	switch {
	case head.Status == http.StatusPartialContent:
		return judgePartial(a, ctx)
	case evidence.StandsIn(data, head):
		return nil, a.awaitFile()
	case head.Status >= 200 && head.Status <= 299 && len(data.Segments) > 0:
		return judgeRepeated, Verdict{}
	case head.Status >= 200 && head.Status <= 299:
		a.single = true // it knows no ranges
		return judgeStart, Verdict{}
	case head.Status == http.StatusRequestedRangeNotSatisfiable:
		return a.judge416(head)
	}
	return a.refused(head)
}

// judgePartial looks at the head of a 206. Next: move.
func judgePartial(a *attempt, ctx context.Context) (step, Verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	if compared := data.Offsets || a.from < a.start; evidence.CodingOf(head) == evidence.CodingSome && !(compared && evidence.MayBeLeft(head)) {
		return nil, a.withoutRanges("the server's ranges count encoded bytes")
	}
	complete, problem := ranges.ValidatePartial(head, a.from, a.to)
	if problem != "" {
		return nil, a.invalid(problem)
	}
	if len(data.Segments) == 0 && a.from == 0 {
		end := a.end
		a.begin(head)
		a.end, a.to = end, end
		return move, Verdict{}
	}
	if evidence.Excludes(data, complete) {
		return nil, a.contradicted(head, "the server has fewer bytes than are stored")
	}
	_, placed := head.Get("Content-Range")
	switch v := evidence.VersionOf(data, head, complete); {
	case v == evidence.VersionOther && !a.Check.Asked():
		return nil, a.otherFile("the file on the server has changed")
	case v == evidence.VersionSame && placed:
		a.continues = true
		evidence.Join(data, head, complete)
		return move, Verdict{}
	}
	// The bytes have to decide.
	evidence.Doubt(data, complete)
	if evidence.IsSelfProving(data) { // and none were asked for again
		data.Compare = true
		return nil, a.again("nothing in the partial response proves that it continues the stored bytes")
	}
	return move, Verdict{}
}

// judgeRepeated looks at the head of a response with all of a body of which some is
// stored: that is compared. Next: move.
func judgeRepeated(a *attempt, ctx context.Context) (step, Verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	if head.Status < 200 || head.Status > 299 {
		return a.refused(head)
	}
	if evidence.StandsIn(data, head) {
		return nil, a.awaitFile()
	}
	a.from, a.to = 0, 0
	a.repeated = true
	if data.Head == nil { // its row is gone, and those of its segments are not
		start, end := a.start, a.end
		a.begin(head)
		a.start, a.end = start, end
	}
	probe := bgfetch.ResponseData{Length: -1}
	evidence.Announce(&probe, head)
	if evidence.VersionOf(data, head, probe.Length) != evidence.VersionOther || a.Check.Asked() {
		evidence.Doubt(data, probe.Length)
		return move, Verdict{}
	}
	if v, ok := a.countRestart(); !ok {
		return nil, v
	}
	a.renew()
	a.repeated = false
	a.contradictions = 0 // by ranges of the file before
	a.trustRanges()
	if v, ok := a.store(); !ok { // what is stored makes room
		return nil, v
	}
	return judgeStart, Verdict{}
}

// awaitFile waits until something else comes than a page that stands in for the file.
func (a *attempt) awaitFile() Verdict {
	const why = "an HTML page came instead of the file"
	if v, ok := a.postpone(why, 0); ok {
		return v
	}
	return a.leave(bgfetch.ReasonFetchError, why)
}

// judge416 judges that the server has nothing from there on.
func (a *attempt) judge416(head bgfetch.Head) (step, Verdict) {
	data := &a.next.Response
	r, ok := ranges.ExtractContentRange(head.Value("Content-Range"))
	switch {
	case len(data.Segments) == 0 && a.ends.Unproved > 0 && data.Head != nil && ok && r.Complete == 0:
		data.Length = 0
		return a.succeed()
	case len(data.Segments) == 0:
		a.single = true // an empty file has no ranges
		return nil, a.again("the server has no such range")
	case ok && r.First < 0 && r.Complete == a.start && a.from == a.start && a.start == ranges.StoredLength(data.Segments):
		// All is there, and the length was told wrong; or it is another file of just
		// that length.
		data.Length, data.Announced, data.Compare = -1, 0, true
		return nil, a.again("the server says that there are no more bytes")
	}
	const why = "the server has fewer bytes than are stored"
	if evidence.CodingOfBody(data) != evidence.CodingNone && !data.Offsets {
		a.contradictions++ // it counts encoded bytes, perhaps
		if a.ends.Unproved > 0 {
			return nil, a.withoutRanges(why) // a body has ended, and this was asked for to prove it
		}
		a.rangeless = true
	}
	return nil, a.restart(why)
}

// refused judges a status that says neither yes nor that there is nothing more.
func (a *attempt) refused(head bgfetch.Head) (step, Verdict) {
	if ranges.TemporaryStatus(head.Status) {
		delay, _ := ranges.RetryAfter(head, time.Now())
		if v, ok := a.postpone(fmt.Sprintf("status %d", head.Status), delay); ok {
			return nil, v
		}
	}
	data := &a.next.Response
	end, gap := ranges.FirstGap(data.Segments)
	atEnd := a.ends.MayTake(end) && gap == 0 && len(data.Seams) == 0 && !ranges.TemporaryStatus(head.Status)
	return a.turnedDown(head, atEnd)
}
