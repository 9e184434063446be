package bgfetch

import (
	"context"
	"fmt"
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
	// start and end are the range asked for, end 0 for the rest of the body.
	start, end int64
	transfer   Transfer
	// moved is set when the attempt stored a byte.
	moved bool

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
	return v
}

// chooseRange finds out which bytes are still to come. Next: open.
func chooseRange(a *attempt, _ context.Context) (step, verdict) {
	data := &a.next.Response
	a.start, a.end = firstGap(data.Segments)
	if a.end == 0 && data.Length >= 0 && a.start >= data.Length && a.start > 0 {
		return a.succeed()
	}
	if a.start+a.end > 0 && !data.Resumable {
		a.renew()
		a.next.Ranged = !a.ownRange()
	}
	a.bound()
	return open, verdict{}
}

// open sends the request. Next: judgeStart or judgeResume.
func open(a *attempt, ctx context.Context) (step, verdict) {
	if !a.engine.Network.Online() {
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
	transfer, err := a.openTransfer(head, a.start, a.end, a.next.Ranged)
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
	if a.start == 0 && a.end == 0 {
		return judgeStart, verdict{}
	}
	return judgeResume, verdict{}
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
	init := TransferInit{UniqueID: a.fetch.state.UniqueID, Index: a.index, Request: a.request, RangeStart: start, RangeEnd: end, Ranged: ranged, Priority: a.priorityHint()}
	a.note(LogEntry{Event: logRequest, Range: init.rangeValue(), Detail: a.request.Method})
	transfer, err := a.engine.Network.Open(ctx, init)
	if err != nil {
		return nil, err
	}
	head := transfer.Head()
	a.note(LogEntry{Event: logResponse, Status: head.Status, Range: head.value("Content-Range")})
	a.engine.hostAnswered(a.host)
	return transfer, nil
}

// judgeStart looks at the head of a response to a request without Range. Next: move.
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
	data := &a.next.Response
	if head.Status == http.StatusPartialContent && !a.ownRange() {
		complete, problem := validatePartial(head, ResponseData{Length: -1}, 0, 0)
		if problem != "" {
			return a.fail(ReasonFetchError, "a partial response that nobody asked for is not valid: "+problem)
		}
		data.Length = complete
	} else if a.request.Method != "HEAD" {
		data.Length, _ = head.bodyLength()
	}
	data.Head = &head
	data.ETag = head.value("ETag")
	data.LastModified = head.value("Last-Modified")
	data.Resumable = a.safe() && !a.ownRange() && !head.encoded()
	if v, ok := a.roomFor(ctx, data.Length); !ok {
		return nil, v
	}
	a.publish(0)
	if a.rangeByRange() {
		return nil, verdict{}
	}
	return move, verdict{}
}

// judgeResume looks at the head of a response to a Range request. Next: move.
func judgeResume(a *attempt, ctx context.Context) (step, verdict) {
	head := a.transfer.Head()
	data := &a.next.Response
	switch {
	case head.Status == http.StatusPartialContent:
		complete, problem := validatePartial(head, *data, a.start, a.end)
		if problem != "" {
			return a.restart("the partial response is not valid: " + problem)
		}
		if data.Length < 0 {
			data.Length = complete
		}
		if complete == data.Length && a.rangeByRange() {
			return nil, verdict{}
		}
		return move, verdict{}
	case head.Status >= 200 && head.Status <= 299:
		if v, ok := a.countRestart(); !ok {
			return nil, v
		}
		a.renew()
		return judgeStart, verdict{}
	case head.Status == http.StatusRequestedRangeNotSatisfiable:
		if a.end == 0 && a.complete416(head) {
			data.Length = a.start
			return a.succeed()
		}
		return a.restart("the server has fewer bytes than are stored")
	case temporaryStatus(head.Status):
		delay, ok := retryAfter(head, time.Now())
		if !ok {
			delay = a.fetch.retry.backOff(a.statusRetries + 1)
		}
		if v, ok := a.later(head.Status, delay); ok {
			return nil, v
		}
	}
	a.renew()
	return a.badStatus(head)
}

// complete416 says whether a 416 to a request for the bytes after all stored ones
// means that those are all: their complete length was never known.
func (a *attempt) complete416(head Head) bool {
	if a.next.Response.Length >= 0 {
		return false
	}
	if value, ok := head.get("Content-Range"); ok {
		r, ok := extractContentRange(value)
		return ok && r.first < 0 && r.complete == a.start
	}
	return !head.sameOriginHeaders()
}

// finishBody judges a body of which every request has ended well.
func finishBody(a *attempt, _ context.Context) (step, verdict) {
	if a.next.Response.Result == ResponseSuccess {
		return nil, verdict{settled: ResponseSuccess}
	}
	if length, ok := a.whole(); ok {
		a.next.Response.Length = length
		return a.succeed()
	}
	if a.end > 0 && a.limited() > 0 {
		return nil, verdict{} // and more, when the limit allows it
	}
	return nil, verdict{wait: max(0, time.Until(a.notBefore)), why: "a gap is filled"}
}

// whole says whether all of the body is stored, and its length: known before, or
// told by the clean end of a response for all of the rest.
func (a *attempt) whole() (length int64, ok bool) {
	data := &a.next.Response
	start, end := firstGap(data.Segments)
	if data.Length < 0 {
		return start, end == 0 && a.end == 0
	}
	return start, end == 0 && start >= data.Length
}
