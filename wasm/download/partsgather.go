package download

import (
	"context"
	"errors"
	"fmt"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/pace"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// gather returns what parts have told, e and what others wait to tell; and, after that,
// a part that has ended.
func (a *attempt) gather(e part.Event) (told []part.Event, ended *part.Event) {
	for {
		if e.Over {
			return told, &e
		}
		e.Part.Opened = true
		if e.Segment.Length > 0 || e.Compared.Length() > 0 || e.Proved {
			told = append(told, e)
		}
		select {
		case e = <-a.events:
		default:
			return told, nil
		}
	}
}

// commit stores, in one step, that segments are there.
func (a *attempt) commit(ctx context.Context, told []part.Event) {
	if a.outcome != nil || len(told) == 0 {
		return
	}
	data := &a.next.Response
	var added []bgfetch.Segment
	last, found := false, false
	for _, e := range told {
		if evidence.CloseSeams(data, e.Run, e.Compared.End) {
			found = true
			data.Offsets = data.Offsets || e.Part.Partial()
		}
		if e.Joined {
			evidence.Join(data, e.Part.Head, e.Told)
			data.Offsets = data.Offsets || e.SameOffsets
		}
		if e.Proved {
			data.Length, found = e.Complete, true
		}
		last = last || e.Last
		if e.Segment.Length == 0 {
			continue
		}
		if e.Part.TooLong(e.Segment.Offset + e.Segment.Length) {
			a.decide(a.restart("the server sent more bytes than the stored file has"))
			return
		}
		if offset := e.Segment.Offset; offset > 0 && offset == e.Part.Start && !e.Part.Continues {
			if data.Joined = true; !a.Check.Asked() {
				evidence.AddSeam(data, offset)
			}
		}
		added = append(added, e.Segment)
		data.Segments = ranges.AddSegment(data.Segments, e.Segment)
		data.Whole = e.Saved.Whole && e.Saved.End && e.Segment.Offset == 0
		if e.Saved.Sum != nil {
			a.Check.NoteSegment(&a.next, e.Segment, e.Saved.Sum)
		}
		if e.Digest != nil {
			a.next.Digest = e.Digest
		}
	}
	if a.whole() && last && len(a.parts) == 1 && !a.Check.Asked() {
		data.Result = bgfetch.ResponseSuccess
		a.owner.Release() // its row is written meanwhile
	}
	if len(added) == 0 && !found && data.Result == bgfetch.ResponseNone {
		return
	}
	a.next.Stall = bgfetch.Stall{}
	if v, ok := a.store(added...); !ok {
		a.decide(v)
		return
	}
	a.progress()
	for _, e := range told {
		if e.Segment.Length == 0 {
			continue
		}
		e.Part.Moved(e)
		a.pieces.Add(data, e.Segment)
		a.pacer.Segment(pace.Segment{Part: e.Part.Start, From: e.From, To: e.To, Length: e.Segment.Length, Full: e.Full})
	}
	a.measuring.Store(a.pacer.Measuring())
}

// removeEnded removes a part. What it left is given back to the part that it was taken
// from, or becomes a gap that another one fills.
func (a *attempt) removeEnded(e part.Event) {
	a.remove(e.Part)
	if !errors.Is(e.Err, part.ErrMismatch) {
		a.ends.Told = max(a.ends.Told, e.Part.Told())
	}
	if e.Err == nil {
		before := a.brought
		bytes, said := e.Part.Brought()
		a.brings, a.brought = 0, bytes
		if said || bytes == before {
			a.brings = bytes
		}
		if bytes > 0 && ranges.PartialLength(e.Part.Head) < 0 {
			a.ends.EndedAt = e.Part.Start + bytes
		}
	}
	a.came = a.came || e.Part.Taken()
	if !e.Part.Additional && a.parts.AreAdditional() {
		a.usual = a.pacer.PerPart()
	}
	if e.Part.AsksSent && e.Err == nil {
		if evidence.IsMultiplexed(e.Part.Sent) {
			a.pacer.Multiplexed()
		}
		a.pacer.Received(time.Now(), time.Duration(e.Part.Sent.Duration*float64(time.Millisecond)), e.Part.Took, e.Part.Answered)
	}
	rest, nothingMoved := e.Part.Rest()
	if nothingMoved && e.Part.Additional {
		a.pacer.BroughtNothing(e.Part.Unproved)
	}
	if e.Err != nil && !e.Part.Stopped && a.outcome == nil {
		a.judgeFailed(e, rest, nothingMoved)
	}
	if nothingMoved || a.alone() {
		a.giveBack()
	}
}

// alone says whether nothing more can be asked for, so that what still comes has to do.
func (a *attempt) alone() bool { return a.single || a.stale }

// judgeFailed judges a part that has failed, and left a rest.
func (a *attempt) judgeFailed(e part.Event, rest ranges.Span, nothingMoved bool) {
	othersGoOn := len(a.parts) > 0
	if othersGoOn {
		a.owner.Note(bgfetch.LogEntry{Event: bgfetch.LogAttempt, Detail: fmt.Sprintf("the range from byte %d on failed: %v; the other ranges continue", rest.Start, e.Err)})
	}
	policy := a.Retry
	var refusal *part.Refused
	switch {
	case errors.Is(e.Err, bgfetch.ErrQuota):
		a.decide(a.full(e.Err.Error()))
	case errors.As(e.Err, &refusal) && ranges.TemporaryStatus(refusal.Head.Status):
		// So many at a time are too many.
		delay := refusal.Delay(policy)
		a.leaveAlone(delay)
		a.refusedUntil = time.Now().Add(min(delay, longestRefused))
		a.pacer.Limit(time.Now(), len(a.parts))
	case refusal != nil && bgfetch.Refreshable(refusal.Head.Status):
		a.stale = true // the next attempt asks for the same, and judges the answer
	case refusal != nil:
		// What still comes is of one version, and can become whole without ranges.
		a.single = true
	case rest.Start-e.Part.Start >= evidence.MinOverlap:
		a.failedParts = 0
		if othersGoOn {
			a.leaveAlone(policy.Soon())
		}
	default:
		if a.failedParts++; a.failedParts > policy.FailureTries(false) {
			a.single = true
		}
		if othersGoOn {
			a.leaveAlone(policy.Wait(a.failedParts))
		}
	}
}

// giveBack lets the parts go on over what nobody works on, as far as their responses bring that,
// and over what is stored before it. Of several ranges side by side the last one may be refused
// first. Where nothing more can be asked for, what is unproved is compared so, and what others bring
// before that is given back, too.
func (a *attempt) giveBack() {
	data := &a.next.Response
	if !a.alone() {
		a.parts.GiveBack(a.gaps, data.Segments)
		return
	}
	lacking := func() []ranges.Span { return append(a.gaps(), evidence.Unproved(data)...) }
	a.parts.GiveBack(lacking, data.Segments)
	a.parts.HaltBefore(lacking())
}

// leaveAlone adds no part for so long.
func (a *attempt) leaveAlone(delay time.Duration) {
	if until := time.Now().Add(delay); until.After(a.aloneUntil) {
		a.aloneUntil = until
	}
}

// remove takes a part off the list. The attempt keeps its last place at the
// scheduler, which is the record's.
func (a *attempt) remove(ended *part.Part) {
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
