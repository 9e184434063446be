package bgfetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// attempt is one round of the algorithm: one request, as much of its body as
// comes. It works on a copy of the record's state and publishes it with store.
//
// Source: #complete-a-record
type attempt struct {
	*record
	engine *Engine
	next   RecordState
	// start and end are the gap that is to be filled, end 0 for the rest of the body.
	start, end int64
	// from and to are the range asked for, with stored bytes around the gap that are to be
	// compared; to 0 for the rest. Not ranged: all of the body is asked for.
	from, to int64
	ranged   bool
	// drawn: from was drawn at random. continues: see part.
	drawn, continues bool
	transfer         Transfer
	// moved is set when the attempt stored a byte, came when one came.
	moved, came bool
	// repeated: the response begins at byte 0, though the first bytes are stored.
	repeated bool

	// What follows is for several parts at a time, see parts.go.

	// parts are the requests under way. They report by events.
	parts  []*part
	events chan partEvent
	// running is len(parts), for them to read.
	running atomic.Int32
	// outcome is set when the record is decided while parts still run.
	outcome *verdict
	// notBefore is the time until which no part is added, failedParts counts those
	// that failed since the last that did not.
	notBefore   time.Time
	failedParts int
	// seekTo is where a reader waits, -1 for nowhere.
	seekTo int64
}

// step does one thing and names the next; nil ends the attempt with the verdict.
type step func(*attempt, context.Context) (step, verdict)

// attempt runs the steps until one gives a verdict. It is the only place that
// ends a transfer.
func (r *record) attempt(ctx context.Context) (v verdict) {
	a := &attempt{record: r, engine: r.fetch.engine, next: r.state, events: make(chan partEvent), seekTo: -1}
	for s := chooseRange; s != nil && ctx.Err() == nil; {
		s, v = s(a, ctx)
	}
	if a.transfer != nil {
		a.transfer.Close()
	}
	if atOnce := v.settled == ResponseNone && v.wait == 0 && !v.online && !v.unreachable; atOnce && ctx.Err() == nil {
		return a.notForEver(v)
	}
	return v
}

// notForEver lets time pass before an attempt that moved nothing is followed by another,
// unless somebody wanted it to end, and ends the record when that happens too often.
func (a *attempt) notForEver(v verdict) verdict {
	if a.moved || a.wasInterrupted() {
		return v
	}
	if a.idle++; a.idle > a.fetch.retry.MaxFailures {
		_, v = a.fail(ReasonFetchError, "its responses bring nothing that is missing")
	} else {
		v.wait = a.fetch.retry.backOff(a.idle)
	}
	return v
}

// chooseRange finds out which bytes are still to come, and what to ask for. Next: open.
func chooseRange(a *attempt, _ context.Context) (step, verdict) {
	data := &a.next.Response
	a.start, a.end = firstGap(data.Segments)
	if a.end == 0 && data.Length >= 0 && a.start >= data.Length && a.start > 0 {
		if len(data.Seams) == 0 {
			return a.succeed()
		}
		a.start, a.end = data.Seams[0], data.Seams[0]
	}
	bounded := a.bound()
	a.from, a.to, a.drawn, a.continues = 0, 0, false, false
	// Where all of it came to nothing, and nothing proved it, a range may say more.
	atNothing := a.unprovedEnds > 0 && !a.single
	a.ranged = data.Resumable && (a.start > 0 || a.end > 0 || bounded || atNothing)
	if a.ranged {
		a.from, a.to = a.start, a.end
		atSeam := a.start == a.end
		if !data.selfProving() || (data.Length < 0 && a.end == 0) || atSeam {
			a.overlap() // which also proves the end, where no head tells it
		}
	}
	return open, verdict{}
}

const (
	// minOverlap and maxOverlap bound the bytes that are asked for again and compared,
	// where no head proves that a response continues what is stored.
	minOverlap, maxOverlap = 32 << 10, 64 << 10
	// leastOverlap is for short ranges: of a limited bandwidth, or all that a server brings.
	leastOverlap = 4 << 10
)

// overlap makes the range reach into what is stored before and behind the gap.
func (a *attempt) overlap() {
	least, most, comes := int64(minOverlap), int64(maxOverlap), int64(bodyEnd)
	if n := a.end - a.start; n > 0 {
		comes = n
	}
	if a.brings > 0 {
		comes = min(comes, a.brings)
	}
	if comes < 8*most {
		least = min(leastOverlap, max(1, comes/4))
		most = max(2*least, comes/8)
	}
	length := least + rand.Int64N(most-least)
	for _, run := range runs(a.next.Response.Segments) {
		if run.start < a.start && a.start <= run.end {
			a.overlapRun(run, length)
		}
		if a.end > 0 && run.start <= a.end && a.end < run.end {
			a.to = min(run.end, a.end+length)
		}
	}
}

// overlapRun makes the range reach into the stored bytes before the gap: all of them where
// they are few, since that proves most. Not where they are to prove the end: how many are
// asked for is drawn at random then, since a server that brings just these, and no more,
// has no more, and is not one that brings so many at a time.
func (a *attempt) overlapRun(run span, length int64) {
	a.from = max(run.start, a.start-length)
	if n := a.start - run.start; a.from == run.start && n > 1 && a.unprovedEnds+a.idle > 0 {
		a.from += 1 + rand.Int64N((n+1)/2)
	}
	a.drawn = a.from > run.start || run.length() == 1
}

// open sends the request. Next: judgeStart, judgeRange or judgeRepeated.
func open(a *attempt, ctx context.Context) (step, verdict) {
	if !a.engine.online() && !a.despiteOffline() {
		return nil, verdict{online: true, why: "waits for the network"}
	}
	if a.engine.givenUp(a.record) {
		return a.fail(ReasonFetchError, "the server cannot be reached")
	}
	if !a.safe() {
		if a.next.Sent {
			return a.fail(ReasonFetchError, "the request may have been sent before, and is not sent twice")
		}
		a.next.Sent = true
		if v, ok := a.store(ctx); !ok {
			return nil, v
		}
	}
	head, cancel := context.WithTimeout(ctx, a.headTimeout())
	defer cancel()
	a.interruptible(cancel)
	transfer, err := a.openTransfer(head, a.from, a.to, a.ranged && a.from+a.to == 0)
	if err != nil {
		if ctx.Err() == nil && head.Err() != nil {
			err = fmt.Errorf("no response head in time: %w", ErrNetwork)
		}
		return a.broken(ctx, err, true)
	}
	a.transfer = transfer
	a.interruptible(transfer.Stop)
	if a.request.Body != nil {
		a.next.Uploaded = a.request.Body.Size
	}
	switch {
	case a.ranged:
		return judgeRange, verdict{}
	case len(a.next.Response.Segments) > 0:
		return judgeRepeated, verdict{}
	}
	return judgeStart, verdict{}
}

// rangeValue is the value of the Range header field of a request, or "".
func (init TransferInit) rangeValue() string {
	switch {
	case init.RangeEnd > 0:
		return fmt.Sprintf("bytes=%d-%d", init.RangeStart, init.RangeEnd-1)
	case init.RangeStart > 0 || init.Ranged:
		return fmt.Sprintf("bytes=%d-", init.RangeStart)
	}
	return ""
}

// slowestUpload is what a request body is given time for, bytes per second: how
// much of it has been sent nobody tells a script.
const slowestUpload = 8 << 10

// headTimeout is how long the request may take until the head of its response is there.
func (a *attempt) headTimeout() time.Duration {
	timeout := a.fetch.retry.HeadTimeout
	if body := a.request.Body; body != nil {
		timeout += time.Duration(body.Size/slowestUpload) * time.Second
	}
	return timeout
}

// openTransfer sends a request and notes it, and its response.
func (a *attempt) openTransfer(ctx context.Context, start, end int64, ranged bool) (Transfer, error) {
	init := TransferInit{UniqueID: a.fetch.state.UniqueID, Index: a.index, Request: a.request, RangeStart: start, RangeEnd: end, Ranged: ranged, Priority: a.priorityHint(), PastCache: a.pastCache}
	a.note(LogEntry{Event: logRequest, Range: init.rangeValue(), Detail: a.request.Method})
	transfer, err := a.engine.Network.Open(ctx, init)
	if err != nil {
		return nil, err
	}
	head := transfer.Head()
	a.note(LogEntry{Event: logResponse, Status: head.Status, Range: head.value("Content-Range")})
	a.engine.hostAnswered(a.host)
	a.engine.networkWorks()
	return transfer, nil
}

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
	data.Resumable = a.safe() && !a.ownRange()
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
		a.single = false // its ranges may be better
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
	if v, ok := a.store(ctx); !ok { // what is stored makes room
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

// finishBody judges a body of which every request has ended well.
func finishBody(a *attempt, _ context.Context) (step, verdict) {
	if a.next.Response.Result == ResponseSuccess {
		return nil, verdict{settled: ResponseSuccess}
	}
	if a.whole() {
		return a.succeed()
	}
	return nil, verdict{wait: max(0, time.Until(a.notBefore)), why: "more is to come"}
}

// whole says whether all of the body is stored.
func (a *attempt) whole() bool {
	data := &a.next.Response
	start, end := firstGap(data.Segments)
	return end == 0 && data.Length >= 0 && start >= data.Length && len(data.Seams) == 0
}
