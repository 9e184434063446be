package download

import (
	"context"
	"fmt"
	"sync/atomic"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
	"background-fetch-wasm/wasm/verify"
)

// attempt is one round of the algorithm: one request, as much of its body as
// comes. It works on a copy of the record's state and publishes it with store.
type attempt struct {
	*Record
	// alive ends with the engine, later than the attempt's own context: what was put in the
	// cache gets its row even when the background fetch is being aborted.
	alive context.Context
	next  bgfetch.RecordState
	// refreshed is what the record is sent with.
	refreshed *bgfetch.Refreshed
	// start and end are the gap that is to be filled, end 0 for the rest of the body.
	start, end int64
	// from and to are the range asked for, with stored bytes around the gap that are to be
	// compared; to 0 for the rest. Not ranged: all of the body is asked for.
	from, to int64
	ranged   bool
	// drawn is the number of places among which from was drawn. continues and upTo: see part.
	drawn, upTo int64
	continues   bool
	transfer    bgfetch.Transfer
	// moved is set when the attempt stored a byte, came when one came.
	moved, came bool
	// repeated: the response begins at byte 0, though the first bytes are stored.
	repeated bool

	// What follows is for several parts at a time, see parts.go.

	// parts are the requests under way. They report by events.
	parts  part.Parts
	events chan part.Event
	// running is len(parts), and measuring says what the pacer does, for them to read.
	running   atomic.Int32
	measuring atomic.Bool
	// outcome is set when the record is decided while parts still run.
	outcome *Verdict
	// failedParts counts the parts that failed since the last that did not.
	failedParts int
	// stale: a part was refused as if the request had expired, and none is added.
	stale bool
	// usual is what a part brought when only additional ones were left, in bytes per second.
	usual float64
	// seekTo is where a reader waits, -1 for nowhere.
	seekTo int64

	// pieces hashes those that became whole.
	pieces *verify.Queue
}

// step does one thing and names the next; nil ends the attempt with the verdict. What always ends it
// returns a Verdict alone.
type step func(*attempt, context.Context) (step, Verdict)

// Complete is one attempt at completing the record: it runs the steps until one gives a
// verdict. It ends with ctx, and returns when nothing of it goes on. alive ends with the
// engine. It is the only place that ends a transfer.
//
// Source: #complete-a-record
func (r *Record) Complete(ctx, alive context.Context) (v Verdict) {
	a := r.attempt(alive)
	v = a.run(ctx, chooseRange)
	if atOnce := v.Settled == bgfetch.ResponseNone && v.Wait == 0 && !v.Online && !v.Unreachable && v.Refused == nil; atOnce && ctx.Err() == nil {
		return a.notForEver(v)
	}
	return v
}

// run runs the steps from first on, until one gives a verdict or ctx ends.
func (a *attempt) run(ctx context.Context, first step) (v Verdict) {
	for s := first; s != nil && ctx.Err() == nil; {
		s, v = s(a, ctx)
	}
	if a.transfer != nil {
		a.transfer.Close()
	}
	return v
}

func (r *Record) attempt(alive context.Context) *attempt {
	a := &attempt{Record: r, alive: alive, next: r.owner.State(), events: make(chan part.Event), pieces: verify.NewQueue(r.body(), r.config.Go), seekTo: -1}
	a.refreshed = a.next.Refreshed
	return a
}

// notForEver lets time pass before an attempt that moved nothing is followed by another,
// unless somebody wanted it to end, and ends the record when that happens too often.
func (a *attempt) notForEver(v Verdict) Verdict {
	if a.moved || a.owner.Interrupted() {
		return v
	}
	if a.idle++; a.idle > a.Retry.FailureTries(false) {
		v = a.settle(bgfetch.ReasonFetchError, "the server's responses add no missing bytes")
	} else {
		v.Wait = a.Retry.Wait(a.idle)
	}
	return v
}

// interruptible names what breaks off the attempt when its background fetch is paused or its
// place is wanted. A request that may not be sent again runs on.
func (a *attempt) interruptible(stop func()) {
	if a.Request.IsSafe() {
		a.owner.Interruptible(stop)
	}
}

// open sends the request. Next: judgeStart, judgeRange or judgeRepeated.
func open(a *attempt, ctx context.Context) (step, Verdict) {
	if !a.owner.MayAsk() {
		return nil, Verdict{Online: true, Why: "waiting for the network"}
	}
	if a.owner.GivenUp() {
		return nil, a.leave(bgfetch.ReasonFetchError, "the server cannot be reached")
	}
	if !a.Request.IsSafe() {
		if a.next.Sent {
			return nil, a.settle(bgfetch.ReasonFetchError, "the request may have been sent before, and is not sent twice")
		}
		a.next.Sent = true
		if v, ok := a.store(); !ok {
			return nil, v
		}
	}
	head, cancel := context.WithTimeout(ctx, a.Retry.HeadTimeoutOf(&a.Request))
	defer cancel()
	a.interruptible(cancel)
	a.refreshed = a.newest()
	asksForAll := a.asksForAll
	a.asksForAll = false
	transfer, err := a.openTransfer(head, a.from, a.to, a.ranged && a.from+a.to == 0)
	if err != nil {
		if ctx.Err() == nil && head.Err() != nil {
			err = fmt.Errorf("%w: %w", errNoHead, bgfetch.ErrNetwork)
		}
		return nil, a.broken(ctx, err, true)
	}
	a.transfer = transfer
	a.interruptible(transfer.Stop)
	if a.Request.Body != nil {
		a.next.Uploaded = a.Request.Body.Size
	}
	switch head := transfer.Head(); {
	case asksForAll && head.Status >= 200 && head.Status <= 299 && !evidence.StandsIn(&a.next.Response, head):
		a.givesAll = true
		return nil, Verdict{Wait: a.Retry.Soon(), Why: "the whole file is available; asking for the range again"}
	case a.ranged:
		return judgeRange, Verdict{}
	case len(a.next.Response.Segments) > 0:
		return judgeRepeated, Verdict{}
	}
	return judgeStart, Verdict{}
}

// openTransfer sends a request and notes it, and its response.
func (a *attempt) openTransfer(ctx context.Context, start, end int64, ranged bool) (bgfetch.Transfer, error) {
	init := bgfetch.TransferInit{UniqueID: a.Place.UniqueID, Index: a.Place.Index, Request: a.Request.With(a.newest()), RangeStart: start, RangeEnd: end, Ranged: ranged, Priority: a.owner.PriorityHint(), PastCache: a.pastCache, AtOnce: part.AtOnce(a, a.recordOf())}
	a.owner.Note(bgfetch.LogEntry{Event: bgfetch.LogRequest, Range: init.RangeValue(), Detail: a.Request.Method})
	transfer, err := a.config.Network.Open(ctx, init)
	if err != nil {
		return nil, err
	}
	head := transfer.Head()
	a.owner.Note(bgfetch.LogEntry{Event: bgfetch.LogResponse, Status: head.Status, Range: head.Value("Content-Range")})
	a.owner.Answered(head.Status)
	return transfer, nil
}

// finishBody judges a body of which every request has ended well.
func finishBody(a *attempt, _ context.Context) (step, Verdict) {
	if a.next.Response.Result == bgfetch.ResponseSuccess {
		return nil, Verdict{Settled: bgfetch.ResponseSuccess}
	}
	if a.whole() {
		return a.succeed()
	}
	return nil, Verdict{Wait: a.untilFree(), Why: "more bytes are missing"}
}

// whole says whether all of the body is stored.
func (a *attempt) whole() bool {
	data := &a.next.Response
	start, end := ranges.FirstGap(data.Segments)
	return end == 0 && data.Length >= 0 && start >= data.Length && len(data.Seams) == 0
}
