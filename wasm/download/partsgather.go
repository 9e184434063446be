package download

import (
	"context"
	"errors"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// gather returns what parts have told, e and what others wait to tell; and, after that,
// a part that has ended.
func (a *attempt) gather(e partEvent) (pieces []partEvent, ended *partEvent) {
	for {
		if e.ended {
			return pieces, &e
		}
		if e.segment.Length > 0 || e.compared.Length() > 0 || e.proved {
			pieces = append(pieces, e)
		}
		select {
		case e = <-a.events:
		default:
			return pieces, nil
		}
	}
}

// keep stores, in one step, that pieces are there.
func (a *attempt) keep(ctx context.Context, pieces []partEvent) {
	if a.outcome != nil || len(pieces) == 0 {
		return
	}
	data := &a.next.Response
	var added []bgfetch.Segment
	last, found := false, false
	for _, e := range pieces {
		if evidence.CloseSeams(data, e.run, e.compared.End) {
			found = true
			data.Offsets = data.Offsets || e.part.partial()
		}
		if e.joined {
			evidence.Join(data, e.part.head, e.told)
			data.Offsets = data.Offsets || e.sameOffsets
		}
		if e.proved {
			data.Length, found = e.complete, true
		}
		last = last || e.last
		if e.segment.Length == 0 {
			continue
		}
		if e.part.tooLong(e.segment.Offset + e.segment.Length) {
			_, v := a.restart("the server has more bytes than there are of what is stored")
			a.decide(v)
			return
		}
		if offset := e.segment.Offset; offset > 0 && offset == e.part.start && !e.part.continues {
			evidence.AddSeam(data, offset)
		}
		added = append(added, e.segment)
		data.Segments = ranges.AddSegment(data.Segments, e.segment)
		data.Whole = e.piece.Whole && e.piece.End && e.segment.Offset == 0
		if e.digest != nil {
			a.next.Digest = e.digest
		}
	}
	if a.whole() && last && len(a.parts) == 1 && !a.Check.Asked() {
		data.Result = bgfetch.ResponseSuccess
		a.owner.Release() // its row is written meanwhile
	}
	if len(added) == 0 && !found && data.Result == bgfetch.ResponseNone {
		return
	}
	if v, ok := a.store(added...); !ok {
		a.decide(v)
		return
	}
	a.progress()
	for _, e := range pieces {
		if e.segment.Length == 0 {
			continue
		}
		e.part.flowing = true
		if a.pacer != nil {
			a.pacer.Piece(time.Now(), e.segment.Length, e.full, a.flowing())
		}
	}
}

// flowing is the number of parts that bring bytes.
func (a *attempt) flowing() (n int) {
	for _, p := range a.parts {
		if p.flowing {
			n++
		}
	}
	return n
}

// ended removes a part. What it left is given back to the part that it was taken
// from, or becomes a gap that another one fills.
func (a *attempt) ended(e partEvent) {
	a.remove(e.part)
	if !errors.Is(e.err, errMismatch) {
		a.told = max(a.told, e.part.told())
	}
	if e.err == nil {
		before := a.brought
		bytes, said := e.part.brought()
		a.brings, a.brought = 0, bytes
		if said || bytes == before {
			a.brings = bytes
		}
		if bytes > 0 && ranges.PartialLength(e.part.head) < 0 {
			a.endedAt = e.part.start + bytes
		}
	}
	a.came = a.came || e.part.taken()
	rest, nothingMoved := e.part.rest()
	if nothingMoved {
		for _, p := range a.parts {
			if p.extend(rest) {
				break
			}
		}
	}
	if e.err == nil || e.part.stopped || a.outcome != nil {
		return
	}
	if len(a.parts) > 0 {
		a.owner.Note(bgfetch.LogEntry{Event: bgfetch.LogAttempt, Detail: fmt.Sprintf("the range from byte %d on: %v; others go on", rest.Start, e.err)})
	}
	policy := a.Retry
	var refusal *errRefused
	switch {
	case errors.Is(e.err, bgfetch.ErrQuota):
		_, v := a.fail(bgfetch.ReasonQuotaExceeded, e.err.Error())
		a.decide(v)
	case errors.As(e.err, &refusal) && ranges.TemporaryStatus(refusal.head.Status):
		// So many at a time are too many.
		a.leaveAlone(refusal.delay(policy))
		a.pacer.Limit(len(a.parts))
	case refusal != nil:
		// What still comes is of one version, and can become whole without ranges.
		a.single = true
	case !nothingMoved:
		a.failedParts = 0
		a.leaveAlone(policy.Soon())
	default:
		if a.failedParts++; a.failedParts > policy.MaxFailures {
			a.single = true
		}
		a.leaveAlone(policy.Wait(a.failedParts))
	}
}

// leaveAlone adds no part for so long.
func (a *attempt) leaveAlone(delay time.Duration) {
	if until := time.Now().Add(delay); until.After(a.notBefore) {
		a.notBefore = until
	}
}

// remove takes a part off the list. The attempt keeps its last place at the
// scheduler, which is the record's.
func (a *attempt) remove(ended *part) {
	for i, p := range a.parts {
		if p == ended {
			a.parts = append(a.parts[:i:i], a.parts[i+1:]...)
			break
		}
	}
	a.running.Store(int32(len(a.parts)))
	if len(a.parts) > 0 {
		a.owner.Return()
	}
}
