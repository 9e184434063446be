package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// attempt is one round of the algorithm: one request, as much of its body as
// comes. It works on a copy of the record's state and publishes it with store.
//
// Source: #complete-a-record
type attempt struct {
	*record
	engine *Engine
	next   bgfetch.RecordState
	// start and end are the gap that is to be filled, end 0 for the rest of the body.
	start, end int64
	// from and to are the range asked for, with stored bytes around the gap that are to be
	// compared; to 0 for the rest. Not ranged: all of the body is asked for.
	from, to int64
	ranged   bool
	// drawn: from was drawn at random. continues: see part.
	drawn, continues bool
	transfer         bgfetch.Transfer
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
	if atOnce := v.settled == bgfetch.ResponseNone && v.wait == 0 && !v.online && !v.unreachable; atOnce && ctx.Err() == nil {
		return a.notForEver(v)
	}
	return v
}

// notForEver lets time pass before an attempt that moved nothing is followed by another,
// unless somebody wanted it to end, and ends the record when that happens too often.
func (a *attempt) notForEver(v verdict) verdict {
	if a.moved || a.interrupted() {
		return v
	}
	if a.idle++; a.idle > a.fetch.retry.MaxFailures {
		_, v = a.fail(bgfetch.ReasonFetchError, "its responses bring nothing that is missing")
	} else {
		v.wait = a.fetch.retry.Wait(a.idle)
	}
	return v
}

// chooseRange finds out which bytes are still to come, and what to ask for. Next: open.
func chooseRange(a *attempt, _ context.Context) (step, verdict) {
	data := &a.next.Response
	a.start, a.end = ranges.FirstGap(data.Segments)
	if a.end == 0 && data.Length >= 0 && a.start >= data.Length && a.start > 0 {
		switch {
		case a.start > data.Length:
			return a.restart("more is stored than there is")
		case len(data.Seams) == 0:
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
		if !evidence.IsSelfProving(data) || (data.Length < 0 && a.end == 0) || atSeam {
			a.overlap() // which also proves the end, where no head tells it
		}
	}
	return open, verdict{}
}

const (
	// minOverlap and maxOverlap bound the bytes that are asked for again and compared,
	// where no head proves that a response continues what is stored.
	minOverlap, maxOverlap = 32 << 10, 64 << 10
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
		least = min(evidence.LeastOverlap, max(1, comes/4))
		most = max(2*least, comes/8)
	}
	length := least + rand.Int64N(most-least)
	for _, run := range ranges.Runs(a.next.Response.Segments) {
		if run.Start < a.start && a.start <= run.End {
			a.overlapRun(run, length)
		}
		if a.end > 0 && run.Start <= a.end && a.end < run.End {
			a.to = min(run.End, a.end+length)
		}
	}
}

// overlapRun makes the range reach into the stored bytes before the gap: all of them where
// they are few, since that proves most. Not where they are to prove the end: how many are
// asked for is drawn at random then, since a server that brings just these, and no more,
// has no more, and is not one that brings so many at a time.
func (a *attempt) overlapRun(run ranges.Span, length int64) {
	a.from = max(run.Start, a.start-length)
	if n := a.start - run.Start; a.from == run.Start && n > 1 && a.unprovedEnds+a.idle > 0 {
		a.from += 1 + rand.Int64N((n+1)/2)
	}
	a.drawn = a.from > run.Start || run.Length() == 1
}

// open sends the request. Next: judgeStart, judgeRange or judgeRepeated.
func open(a *attempt, ctx context.Context) (step, verdict) {
	if !a.engine.online() && !a.despiteOffline() {
		return nil, verdict{online: true, why: "waits for the network"}
	}
	if a.givenUp() {
		return a.fail(bgfetch.ReasonFetchError, "the server cannot be reached")
	}
	if !a.safe() {
		if a.next.Sent {
			return a.fail(bgfetch.ReasonFetchError, "the request may have been sent before, and is not sent twice")
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
			err = fmt.Errorf("no response head in time: %w", bgfetch.ErrNetwork)
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
func (a *attempt) openTransfer(ctx context.Context, start, end int64, ranged bool) (bgfetch.Transfer, error) {
	init := bgfetch.TransferInit{UniqueID: a.fetch.state.UniqueID, Index: a.index, Request: a.request, RangeStart: start, RangeEnd: end, Ranged: ranged, Priority: a.priorityHint(), PastCache: a.pastCache}
	a.note(bgfetch.LogEntry{Event: bgfetch.LogRequest, Range: init.RangeValue(), Detail: a.request.Method})
	transfer, err := a.engine.Network.Open(ctx, init)
	if err != nil {
		return nil, err
	}
	head := transfer.Head()
	a.note(bgfetch.LogEntry{Event: bgfetch.LogResponse, Status: head.Status, Range: head.Value("Content-Range")})
	a.answered()
	a.engine.networkWorks()
	return transfer, nil
}

// finishBody judges a body of which every request has ended well.
func finishBody(a *attempt, _ context.Context) (step, verdict) {
	if a.next.Response.Result == bgfetch.ResponseSuccess {
		return nil, verdict{settled: bgfetch.ResponseSuccess}
	}
	if a.whole() {
		return a.succeed()
	}
	return nil, verdict{wait: max(0, time.Until(a.notBefore)), why: "more is to come"}
}

// whole says whether all of the body is stored.
func (a *attempt) whole() bool {
	data := &a.next.Response
	start, end := ranges.FirstGap(data.Segments)
	return end == 0 && data.Length >= 0 && start >= data.Length && len(data.Seams) == 0
}
