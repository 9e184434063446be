package part

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// segmentsAhead is how many segments may be read while the one before them is being
// stored: storing one is more waiting than work (docs/decisions/segments.md).
const segmentsAhead = 2

// move stores the range segment by segment, and tells of them in their order. waiting
// ends with the part.
func (p *Part) move(ctx, waiting context.Context, transfer bgfetch.Transfer) error {
	taken := make(chan Event, segmentsAhead-1)
	stored := make(chan error, 1)
	p.record.Go(func() {
		var lost error
		for e := range taken {
			sum, err := p.awaitStored(ctx, e.Saved)
			e.Saved.Sum = sum
			switch {
			case lost != nil:
				// What comes after a segment that is lost is not told of.
			case err != nil:
				lost = err
				transfer.Stop()
			default:
				p.tell(e)
			}
		}
		stored <- lost
	})
	err := p.readSegments(ctx, waiting, transfer, taken)
	close(taken)
	if lost := <-stored; lost != nil {
		return lost
	}
	return err
}

// readSegments takes the segments of the range from the body, one after the other.
func (p *Part) readSegments(ctx, waiting context.Context, transfer bgfetch.Transfer, taken chan<- Event) error {
	for since := time.Now(); ; {
		if p.held {
			p.waitForLimit(waiting)
		}
		offset, limits, isStored, ok := p.claim()
		if !ok {
			return nil
		}
		if isStored {
			e, err := p.compareNext(ctx, transfer, offset, limits)
			p.closeLast(transfer, e)
			if err == nil || e.Compared.Length() > 0 {
				taken <- e
			}
			since = time.Now()
			if e.Last || err != nil {
				return err
			}
			continue
		}
		nonce := bgfetch.NewNonce()
		saved, digest, err := p.save(ctx, transfer, bgfetch.SegmentKey{Index: p.record.Index, Generation: p.data.Generation, Offset: offset, Nonce: nonce}, limits)
		if err != nil {
			return err
		}
		p.attempt.Charge(saved.Length)
		e, err := p.take(ctx, transfer, saved.Length, saved.End, false)
		if errors.Is(err, ErrMismatch) {
			return err // the segment is of another body
		}
		e.Segment, e.Saved, e.Digest, e.Full = bgfetch.Segment{Offset: offset, Length: saved.Length, Nonce: cmp.Or(saved.Nonce, nonce)}, saved, digest, saved.Length == limits.MaxLength
		e.From, e.To = since, time.Now()
		since = e.To
		p.Took = since.Sub(p.begun)
		p.closeLast(transfer, e)
		taken <- e
		if e.Last || err != nil {
			return err
		}
	}
}

// closeLast closes the transfer whose last segment that is: its place is given away when that is
// stored, see attempt.commit, and until then a browser would read on in vain.
func (p *Part) closeLast(transfer bgfetch.Transfer, e Event) {
	if e.Last && !p.AsksSent {
		transfer.Close()
	}
}

// firstAfterResume is the age of the first segment of a Range request, on a slow
// connection: who waits for it to go on shall soon see that it does.
const firstAfterResume = 500 * time.Millisecond

// claim takes the next segment, which nobody can take away then: what it may be, and whether it is
// stored already; not ok: all of the range is there.
func (p *Part) claim() (offset int64, limits bgfetch.SaveLimits, isStored, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limits = p.attempt.SaveLimits(p.unstored)
	if p.Read >= p.end || p.discarded {
		p.done = true
		return 0, limits, false, false
	}
	end := p.end
	for _, s := range p.compare {
		switch {
		case s.Start > p.Read:
			end = min(end, s.Start)
		case s.End > p.Read:
			limits = p.record.Segments
			limits.MaxLength = min(limits.MaxLength, min(s.End, p.end)-p.Read)
			p.claimed = p.Read + limits.MaxLength
			return p.Read, limits, true, true
		}
	}
	if p.Start > 0 && p.last == 0 {
		limits.MaxTime = min(limits.MaxTime, firstAfterResume)
	}
	// What is claimed cannot be taken away, so it is no more than may well come. And a
	// small first segment is being stored while the next is read.
	limits.MaxLength = p.record.Check.Limit(p.Read, min(largest(limits, p.last), end-p.Read))
	limits.Digest = p.record.Check.DigestOf(p.Read, limits.MaxLength, p.data.Length)
	p.claimed = p.Read + limits.MaxLength
	return p.Read, limits, false, true
}

// reachOver makes the part go on over the seam that it ends at, if its response does, and
// says so: what another one has stored there is compared. p.mu is held.
func (p *Part) reachOver() bool {
	segments := p.behindSeam(p.end)
	for _, run := range ranges.Within(ranges.Runs(segments), p.end, min(p.limit, p.end+evidence.MinOverlap)) {
		if run.Start == p.end && run.Length() >= evidence.LeastOverlap {
			p.data.Segments = segments
			p.compare = append(p.compare, run)
			p.end = run.End
			return true
		}
	}
	return false
}

// behindSeam returns all that is stored where there is a seam at offset, else nil.
func (p *Part) behindSeam(offset int64) []bgfetch.Segment {
	data := p.attempt.State().Response
	if !slices.Contains(data.Seams, offset) {
		return nil
	}
	return data.Segments
}

// compareNext takes a segment of the range that is stored already, and compares it.
func (p *Part) compareNext(ctx context.Context, transfer bgfetch.Transfer, offset int64, limits bgfetch.SaveLimits) (Event, error) {
	stalled, cancel, timeout := p.boundStall(ctx, limits)
	defer cancel()
	stored := p.storedRanges(offset, limits.MaxLength)
	if len(stored) == 0 {
		return Event{}, bgfetch.ErrLost
	}
	compared, err := transfer.Compare(stalled, stored, limits)
	if err != nil {
		return Event{}, timeout(err)
	}
	p.attempt.Charge(compared.Length)
	if !compared.Equal {
		return Event{}, ErrMismatch
	}
	return p.take(ctx, transfer, compared.Length, compared.End, true)
}

// boundStall returns a context that ends when no byte comes for too long, and what makes an
// error say so.
func (p *Part) boundStall(ctx context.Context, limits bgfetch.SaveLimits) (stalled context.Context, cancel func(), timeout func(error) error) {
	stall := p.record.Retry.StallTimeout + limits.MaxTime
	stalled, cancel = context.WithTimeout(ctx, stall)
	return stalled, cancel, func(err error) error {
		if ctx.Err() == nil && stalled.Err() != nil {
			return fmt.Errorf("%w, %v: %w", ErrStalled, stall, bgfetch.ErrNetwork)
		}
		return err
	}
}

// take counts bytes that were taken from the body, and judges its end.
func (p *Part) take(ctx context.Context, transfer bgfetch.Transfer, length int64, end, isStored bool) (Event, error) {
	p.mu.Lock()
	p.Read += length
	p.claimed = p.Read
	p.ended = end
	if !isStored {
		p.last = length
		p.unstored += length
	}
	p.done = end || (p.Read >= p.end && !p.reachOver())
	e := Event{Part: p, Last: p.done, Joined: isStored && p.Read == p.joins}
	if isStored {
		e.Compared = ranges.Span{Start: p.Read - length, End: p.Read}
		e.Run, e.Told, e.SameOffsets = p.compares(e.Compared), p.complete(), p.sameOffsets()
	}
	p.mu.Unlock()
	if !end {
		return e, nil
	}
	switch p.judgeEnd(ctx, transfer) {
	case evidence.EndOfBody:
		if p.storedBehind() {
			return Event{}, ErrMismatch
		}
		e.Proved, e.Complete = true, p.Read
		return e, nil
	case evidence.EndOfRange:
		return e, nil
	case evidence.EndShort:
		e.Last = false
		return e, fmt.Errorf("the body ended early, at byte %d: %w", p.Read, bgfetch.ErrNetwork)
	}
	e.Last = false
	return e, ErrUnproved
}

// awaitStored waits until a segment is stored, also after the end of ctx: what is still
// being stored must not outlive what is about to be deleted.
func (p *Part) awaitStored(ctx context.Context, saved bgfetch.Saved) (sum []byte, err error) {
	if saved.Stored == nil {
		return saved.Sum, nil
	}
	timeout := p.record.Retry.StallTimeout
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	sum, err = saved.Stored(storing)
	if err != nil && storing.Err() != nil {
		err = fmt.Errorf("a segment was not stored within %v", timeout)
	}
	return sum, err
}

// tell counts a segment that is stored, and tells the attempt of it.
func (p *Part) tell(e Event) {
	p.mu.Lock()
	if e.Segment.Length > 0 {
		p.next = e.Segment.Offset + e.Segment.Length
		p.unstored -= e.Segment.Length
	}
	p.mu.Unlock()
	p.events <- e
}

// save stores the next segment, and gives up when no byte comes for too long.
func (p *Part) save(ctx context.Context, transfer bgfetch.Transfer, key bgfetch.SegmentKey, limits bgfetch.SaveLimits) (bgfetch.Saved, *bgfetch.Digest, error) {
	stalled, cancel, timeout := p.boundStall(ctx, limits)
	defer cancel()
	var w io.Writer
	if p.hashed != key.Offset {
		p.hash = nil // a stored span lay between
	}
	if p.hash != nil {
		w = p.hash
	}
	saved, err := transfer.Save(stalled, key, limits, w)
	if err != nil {
		return bgfetch.Saved{}, nil, timeout(err)
	}
	if p.hash == nil {
		return saved, nil, nil
	}
	p.hashed += saved.Length
	return saved, digest.SaveHash(p.hash, p.hashed), nil
}

// storedRanges names where the bytes from offset on lie, length of them.
func (p *Part) storedRanges(offset, length int64) []bgfetch.StoredRange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ranges.Stored(&p.data, p.record.Index, ranges.Span{Start: offset, End: offset + length})
}

// waitForLimit returns when a body that comes by one response may be read on.
func (p *Part) waitForLimit(ctx context.Context) {
	for {
		wait := p.attempt.MayRead()
		if wait <= 0 {
			return
		}
		// The limit may change meanwhile.
		select {
		case <-time.After(min(wait, time.Second)):
		case <-ctx.Done():
			return
		}
	}
}
