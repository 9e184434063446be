package bgfetch

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
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
	// hash has seen the first hashed bytes of the body, see hasher.
	hash   hash.Hash
	hashed int64
}

// step does one thing and names the next; nil ends the attempt with the verdict.
type step func(*attempt, context.Context) (step, verdict)

// attempt runs the steps until one gives a verdict. It is the only place that
// ends a transfer.
func (r *record) attempt(ctx context.Context) (v verdict) {
	a := &attempt{record: r, engine: r.fetch.engine, next: r.state}
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
	a.note(LogEntry{Event: logRequest, Range: a.rangeValue(), Detail: a.request.Method})
	transfer, err := a.engine.Network.Open(head, TransferInit{
		UniqueID: a.fetch.state.UniqueID, Index: a.index, Request: a.request, RangeStart: a.start, RangeEnd: a.end, Ranged: a.next.Ranged,
	})
	if err != nil {
		if ctx.Err() == nil && head.Err() != nil {
			err = fmt.Errorf("no response head in time: %w", ErrNetwork)
		}
		return a.broken(ctx, err, true)
	}
	a.transfer = transfer
	a.note(LogEntry{Event: logResponse, Status: transfer.Head().Status, Range: transfer.Head().value("Content-Range")})
	a.engine.hostAnswered(a.host)
	a.interruptible(transfer.Stop)
	if a.request.Body != nil {
		a.next.Uploaded = a.request.Body.Size
	}
	if a.start == 0 && a.end == 0 {
		return judgeStart, verdict{}
	}
	return judgeResume, verdict{}
}

// rangeValue is the value of the request's Range header field, or "".
func (a *attempt) rangeValue() string {
	switch {
	case a.end > 0:
		return fmt.Sprintf("bytes=%d-%d", a.start, a.end-1)
	case a.start > 0 || a.next.Ranged:
		return fmt.Sprintf("bytes=%d-", a.start)
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

// firstAfterResume is the age of the first segment after a resume, on a slow
// connection: who waits for it to go on shall soon see that it does.
const firstAfterResume = 500 * time.Millisecond

// move stores the body piece by piece. Next: move, or finishBody.
func move(a *attempt, ctx context.Context) (step, verdict) {
	offset, limits := a.start, a.engine.options.Segments
	if a.end > 0 {
		limits.MaxLength = min(limits.MaxLength, a.end-offset)
	}
	limits.MaxLength = a.pieces.limit(offset, limits.MaxLength)
	if offset > 0 && !a.moved {
		limits.MaxTime = min(limits.MaxTime, firstAfterResume)
	}
	a.engine.mu.Lock()
	if total := a.fetch.state.DownloadTotal; total > 0 {
		limits.MaxLength = max(1, min(limits.MaxLength, total-a.fetch.downloaded+1))
	}
	a.engine.mu.Unlock()

	piece, err := a.save(ctx, offset, limits)
	if err != nil {
		if errors.Is(err, ErrQuota) {
			return a.fail(ReasonQuotaExceeded, err.Error())
		}
		return a.broken(ctx, err, false)
	}
	if piece.Length > 0 {
		a.start += piece.Length
		data := &a.next.Response
		data.Whole = piece.Whole && piece.End && offset == 0
		segment := Segment{Offset: offset, Length: piece.Length}
		data.Segments = addSegment(data.Segments, segment)
		if piece.End && a.bodyComplete() && !a.verified() {
			data.Result = ResponseSuccess
			data.Length = a.start
		}
		if v, ok := a.store(ctx, segment); !ok {
			return nil, v
		}
		a.progress()
	}
	if a.tooLong() {
		return a.fail(ReasonFetchError, "the server sent more bytes than it said there are")
	}
	switch {
	case a.end > 0 && a.start >= a.end:
		return nil, verdict{why: "a gap is filled"}
	case piece.End:
		return finishBody, verdict{}
	}
	return move, verdict{}
}

// save stores the next piece, and gives up when no byte comes for too long.
func (a *attempt) save(ctx context.Context, offset int64, limits SaveLimits) (Piece, error) {
	stall := a.fetch.retry.StallTimeout + limits.MaxTime
	stalled, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	hasher := a.hasher(offset)
	var w io.Writer
	if hasher != nil {
		w = hasher
	}
	piece, err := a.transfer.Save(stalled, SegmentKey{a.index, a.next.Response.Generation, offset}, limits, w)
	if err == nil && hasher != nil {
		a.keepHash(piece.Length)
	}
	if err != nil && ctx.Err() == nil && stalled.Err() != nil {
		return Piece{}, fmt.Errorf("no byte for %v: %w", stall, ErrNetwork)
	}
	return piece, err
}

// bodyComplete says whether a body that ended at a.start is proven to be whole.
func (a *attempt) bodyComplete() bool {
	data, head := &a.next.Response, a.transfer.Head()
	if data.Length < 0 {
		// Only a complete response can tell by its framing alone.
		return head.Status != http.StatusPartialContent || !data.Resumable
	}
	if a.start > data.Length {
		_, exact := head.bodyLength()
		return !exact && head.Status != http.StatusPartialContent
	}
	return a.start == data.Length
}

// tooLong says whether more came than there can be.
func (a *attempt) tooLong() bool {
	data, head := &a.next.Response, a.transfer.Head()
	if data.Result == ResponseSuccess || data.Length < 0 || a.start <= data.Length {
		return false
	}
	_, exact := head.bodyLength()
	return exact || head.Status == http.StatusPartialContent
}

// finishBody judges a body that ended cleanly.
func finishBody(a *attempt, ctx context.Context) (step, verdict) {
	if a.next.Response.Result == ResponseSuccess {
		return nil, verdict{settled: ResponseSuccess}
	}
	if a.bodyComplete() {
		a.next.Response.Length = a.start
		return a.succeed()
	}
	return a.broken(ctx, fmt.Errorf("the body ended at byte %d of %d: %w", a.start, a.next.Response.Length, ErrNetwork), false)
}
