package download

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// maxRefetches is how often a wrong piece is fetched again.
const maxRefetches = 2

// hasher returns the hash that has seen the first offset bytes of the body, nil
// where there is none: then the stored bytes are hashed at the end.
func (a *attempt) hasher(offset int64) hash.Hash {
	if !a.Check.IsHashed() {
		return nil
	}
	if h, hashed := a.Check.Restore(a.next.Digest); hashed == offset {
		return h
	}
	return nil
}

// storeDigestEvery is the time after which it is stored what has been hashed: no more is hashed again
// after the worker was stopped.
const storeDigestEvery = 2 * time.Second

// verify checks the complete, stored body: it hashes what was not hashed when it came, and goes on
// another time where it was when it is interrupted.
func verify(a *attempt, ctx context.Context) (step, Verdict) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	a.owner.Interruptible(stop)
	err := a.Check.CountPieces(a.next.Response.Length)
	if err == nil {
		err = a.verifyPieces(reading)
	}
	if err == nil {
		err = a.verifyWhole(reading)
	}
	wrong := digest.WrongPieces(nil)
	switch {
	case err == nil:
		return nil, a.succeeded()
	case reading.Err() != nil:
		if ctx.Err() == nil {
			a.keepHashed()
		}
		return nil, Verdict{}
	case errors.Is(err, bgfetch.ErrLost):
		return nil, a.fetchLost()
	case errors.Is(err, errUnreadable):
		return nil, a.unreadable(err)
	case errors.As(err, &wrong):
		return nil, a.refetch(wrong)
	case a.next.Response.Joined:
		a.single = true // what comes by one response is that of one server
		return nil, a.restart(err.Error() + "; several responses were joined")
	}
	return nil, a.settle(bgfetch.ReasonFetchError, err.Error())
}

// verifyPieces hashes the pieces that are not known to be right. The error is digest.WrongPieces where
// some are not.
func (a *attempt) verifyPieces(ctx context.Context) error {
	var wrong digest.WrongPieces
	kept := time.Now()
	for index := range a.Check.PieceCount() {
		if bgfetch.HasPiece(a.next.Verified, index) {
			continue
		}
		switch right, err := a.piece(index).isRight(ctx); {
		case err != nil:
			return fmt.Errorf("%w: %w", errUnreadable, err)
		case !right:
			wrong = append(wrong, index)
		default:
			a.next.Verified = bgfetch.AddPiece(a.next.Verified, index)
		}
		kept = a.keepHashedSince(kept)
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// verifyWhole hashes what the hash of the whole body has not seen.
func (a *attempt) verifyWhole(ctx context.Context) error {
	if !a.Check.IsHashed() {
		return nil
	}
	h, hashed := a.Check.Restore(a.next.Digest)
	data := &a.next.Response
	kept := time.Now()
	for _, one := range ranges.Stored(data, a.Place.Index, ranges.Span{Start: hashed, End: data.Length}) {
		if err := a.readRange(ctx, one, h); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		hashed += one.Length
		a.next.Digest = digest.SaveHash(h, hashed)
		kept = a.keepHashedSince(kept)
	}
	err := a.Check.Judge(h)
	if errors.Is(err, digest.ErrWrongBody) {
		return fmt.Errorf("%w, and not %s", err, a.Request.Integrity)
	}
	return err
}

// keepHashed stores what has been hashed. Where that fails it is hashed again, perhaps.
func (a *attempt) keepHashed() {
	if err := a.owner.Commit(a.next); err != nil && a.alive.Err() == nil {
		a.owner.Complain("how far it is verified could not be stored", err)
	}
}

// keepHashedSince is keepHashed where that was done too long ago. It returns when it was done.
func (a *attempt) keepHashedSince(kept time.Time) time.Time {
	a.moved = true
	if time.Since(kept) < storeDigestEvery {
		return kept
	}
	a.keepHashed()
	return time.Now()
}

// errUnreadable: the storage does not give what it has.
var errUnreadable = errors.New("the stored body cannot be read")

// unreadable lets it be tried again, for some time.
func (a *attempt) unreadable(err error) Verdict {
	if a.failures++; a.failures > a.Retry.FailureTries(false) {
		return a.leave(bgfetch.ReasonFetchError, err.Error())
	}
	return Verdict{Wait: a.Retry.Wait(a.failures), Why: err.Error()}
}

// refetch drops the segments of wrong pieces, so that they are asked for again.
// Where one was wrong too often the record fails.
func (a *attempt) refetch(wrong digest.WrongPieces) Verdict {
	counts := map[int]int{}
	for _, index := range wrong {
		if counts[index] = a.next.Refetches[index] + 1; counts[index] > maxRefetches {
			return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("piece %d does not match its hash, again", index))
		}
	}
	for index, count := range a.next.Refetches {
		counts[index] = max(count, counts[index])
	}
	a.next.Refetches = counts
	a.next.Digest = nil // all is hashed again when it is whole
	if v, ok := a.store(); !ok {
		return v
	}
	if err := a.drop(a.alive, wrong); err != nil {
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("wrong pieces could not be deleted: %v", err))
	}
	return Verdict{Wait: a.Retry.Soon(), Why: wrong.Error() + "; fetched again"}
}

// drop removes the segments of pieces: first their rows.
func (a *attempt) drop(ctx context.Context, wrong digest.WrongPieces) error {
	return a.dropSegments(ctx, func(s bgfetch.Segment) bool {
		first, last := a.Check.PiecesOf(s)
		return slices.ContainsFunc(wrong, func(index int) bool { return first <= index && index <= last })
	})
}

// dropSegments removes the segments that wrong names: first their rows.
func (a *attempt) dropSegments(ctx context.Context, wrong func(bgfetch.Segment) bool) error {
	dropped, err := a.dropRows(ctx, wrong)
	if err != nil {
		return err
	}
	keys := bgfetch.SegmentKeys(a.Place.Index, a.next.Response.Generation, dropped)
	if err := a.config.Bodies.DeleteSegments(ctx, a.Place.UniqueID, keys); err != nil {
		a.owner.Complain("wrong segments could not be deleted yet", err)
	}
	return nil
}

// dropRows removes the rows of the segments that lost names, and returns these.
func (a *attempt) dropRows(ctx context.Context, lost func(bgfetch.Segment) bool) ([]bgfetch.Segment, error) {
	data := &a.next.Response
	var kept, dropped []bgfetch.Segment
	for _, s := range data.Segments {
		if lost(s) {
			dropped = append(dropped, s)
		} else {
			kept = append(kept, s)
		}
	}
	next := a.next
	next.Response.Segments = kept
	a.Check.ForgetLost(&next)
	if !a.Check.Asked() {
		evidence.AddSeams(&next.Response)
	}
	if err := a.owner.Drop(next, dropped); err != nil {
		return nil, err
	}
	a.next = next
	return dropped, nil
}

// fetchLost lets segments be fetched again that should be stored and are not.
func (a *attempt) fetchLost() Verdict {
	ctx := a.alive
	keys, err := a.config.Bodies.Segments(ctx, a.Place.UniqueID)
	if err == nil {
		data := &a.next.Response
		isLost := func(s bgfetch.Segment) bool { return !slices.Contains(keys, s.Key(a.Place.Index, data.Generation)) }
		if evidence.Mixes(data, slices.DeleteFunc(slices.Clone(data.Segments), isLost)) {
			a.renew()
			a.trustRanges()
			return a.again("stored segments are gone; fetching everything again")
		}
		_, err = a.dropRows(ctx, isLost)
	}
	if err != nil {
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("stored segments are gone: %v", err))
	}
	return a.again("stored segments are gone; fetching them again")
}
