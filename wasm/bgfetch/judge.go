package bgfetch

import (
	"context"
	"net/http"
	"time"
)

// judgeStart looks at the head of a response with which the body begins. Next: move.
func judgeStart(a *attempt, ctx context.Context) (step, verdict) {
	head := a.transfer.Head()
	if delay, ok := retryAfter(head, time.Now()); ok && a.safe() && temporaryStatus(head.Status) {
		if v, ok := a.later(head.Status, delay); ok {
			return nil, v
		}
	}
	if head.Status < 200 || head.Status > 299 {
		return a.badStatus(head)
	}
	if head.Status == http.StatusPartialContent && !a.ownRange() {
		if _, problem := validatePartial(head, 0, 0); problem != "" {
			return a.fail(ReasonFetchError, "a partial response that nobody asked for is not valid: "+problem)
		}
	}
	a.begin(head)
	if v, ok := a.roomFor(ctx, a.next.Response.expected()); !ok {
		return nil, v
	}
	a.publish(0)
	if a.askInRanges() {
		a.transfer.Close()
		a.transfer = nil
		return chooseRange, verdict{}
	}
	return move, verdict{}
}

// begin makes the response the one with which the body begins.
func (a *attempt) begin(head Head) {
	data := &a.next.Response
	if probe := (ResponseData{Length: -1}); data.Head != nil {
		probe.announce(head)
		if data.versionOf(head, probe.Length) == versionOther {
			a.renew() // who was told of the one before does not read this one
		}
	}
	announced := max(0, data.expected())
	a.from, a.to, a.start, a.end = 0, 0, 0, 0
	data.Length, data.Announced = -1, 0
	data.ETag = head.value("ETag")
	data.LastModified = head.value("Last-Modified")
	data.Resumable = a.safe() && !a.ownRange() && !a.rangeless
	switch {
	case head.Status == http.StatusPartialContent && !a.ownRange():
		if complete, _ := validatePartial(head, 0, 0); head.coding() == codingNone {
			data.Length = complete
		} else {
			data.Announced = announced // what came before says more than a part does
		}
		head = head.madeWhole()
	case a.request.Method == "HEAD" || head.Status == http.StatusNoContent || head.Status == http.StatusResetContent:
		data.Length = 0
	default:
		data.announce(head)
	}
	data.Head = &head
}

// judgeRange looks at the head of a response to a Range request. Next: move.
func judgeRange(a *attempt, ctx context.Context) (step, verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	switch {
	case head.Status == http.StatusPartialContent:
		return judgePartial(a, ctx)
	case head.Status >= 200 && head.Status <= 299 && len(data.Segments) > 0:
		return judgeRepeated, verdict{}
	case head.Status >= 200 && head.Status <= 299:
		a.single = true // it knows no ranges
		return judgeStart, verdict{}
	case head.Status == http.StatusRequestedRangeNotSatisfiable:
		return a.judge416(head)
	}
	return a.refused(head)
}

// judgePartial looks at the head of a 206. Next: move.
func judgePartial(a *attempt, ctx context.Context) (step, verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	if head.coding() == codingSome {
		return a.withoutRanges("the server's ranges are of an encoded body")
	}
	complete, problem := validatePartial(head, a.from, a.to)
	if problem != "" {
		return a.invalid(problem)
	}
	if len(data.Segments) == 0 && a.from == 0 {
		end := a.end
		a.begin(head)
		a.end, a.to = end, end
		return move, verdict{}
	}
	_, placed := head.get("Content-Range")
	switch v := data.versionOf(head, complete); {
	case v == versionOther && !a.verified():
		a.single, a.rangeless = false, false // its ranges may be better
		return a.restart("the file on the server is another one")
	case v == versionSame && placed:
		a.continues = true
		data.join(head, complete)
		return move, verdict{}
	}
	// The bytes have to decide.
	data.doubt(complete)
	if data.selfProving() { // and none were asked for again
		data.Compare = true
		return a.again("nothing in the partial response proves that it continues what is stored")
	}
	return move, verdict{}
}

// judgeRepeated looks at the head of a response with all of a body of which some is
// stored: that is compared. Next: move.
func judgeRepeated(a *attempt, ctx context.Context) (step, verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	if head.Status < 200 || head.Status > 299 {
		return a.refused(head)
	}
	a.from, a.to = 0, 0
	a.repeated = true
	if data.Head == nil { // its row is gone, and those of its segments are not
		start, end := a.start, a.end
		a.begin(head)
		a.start, a.end = start, end
	}
	probe := ResponseData{Length: -1}
	probe.announce(head)
	if data.versionOf(head, probe.Length) != versionOther || a.verified() {
		data.doubt(probe.Length)
		return move, verdict{}
	}
	if v, ok := a.countRestart(); !ok {
		return nil, v
	}
	a.renew()
	a.repeated = false
	a.single, a.rangeless = false, false // its ranges may be better
	if v, ok := a.store(ctx); !ok {      // what is stored makes room
		return nil, v
	}
	return judgeStart, verdict{}
}

// judge416 judges that the server has nothing from there on.
func (a *attempt) judge416(head Head) (step, verdict) {
	data := &a.next.Response
	r, ok := extractContentRange(head.value("Content-Range"))
	switch {
	case len(data.Segments) == 0 && a.unprovedEnds > 0 && data.Head != nil && ok && r.complete == 0:
		data.Length = 0
		return a.succeed()
	case len(data.Segments) == 0:
		a.single = true // an empty file has no ranges
		return a.again("the server has no such range")
	case ok && r.first < 0 && r.complete == a.start && a.from == a.start && a.start == storedLength(data.Segments):
		// All is there, and the length was told wrong; or it is another file of just
		// that length.
		data.Length, data.Announced, data.Compare = -1, 0, true
		return a.again("the server says that this is all")
	}
	// Perhaps since it counts encoded bytes.
	a.rangeless = a.rangeless || (data.coding() != codingNone && !data.Offsets)
	return a.restart("the server has fewer bytes than are stored")
}

// refused judges a status that says neither yes nor that there is nothing more.
func (a *attempt) refused(head Head) (step, verdict) {
	if temporaryStatus(head.Status) {
		delay, _ := retryAfter(head, time.Now())
		if v, ok := a.later(head.Status, delay); ok {
			return nil, v
		}
	}
	data := &a.next.Response
	if end, gap := firstGap(data.Segments); a.takesEnd && end == a.unprovedEnd && gap == 0 && len(data.Seams) == 0 && !temporaryStatus(head.Status) {
		data.Length = end
		return a.succeed()
	}
	return a.badStatus(head)
}
