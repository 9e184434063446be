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
	if !a.Check.Asked() {
		return nil
	}
	if h, hashed := a.Check.Restore(a.next.Digest); hashed == offset {
		return h
	}
	return nil
}

// storeDigestEvery is the time after which the state of a hash is stored: no more is hashed again
// after the worker was stopped.
const storeDigestEvery = 2 * time.Second

// verify checks the complete, stored body: it hashes what did not pass in order, and goes on another
// time where it was when it is interrupted.
func verify(a *attempt, ctx context.Context) (step, Verdict) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	a.owner.Interruptible(stop)
	h, hashed := a.Check.Restore(a.next.Digest)
	stored := time.Now()
	for _, segment := range a.next.Response.Segments {
		if segment.Offset+segment.Length <= hashed {
			continue
		}
		if segment.Offset != hashed {
			return a.restart(fmt.Sprintf("the stored body has a gap at byte %d", hashed))
		}
		key := segment.Key(a.Place.Index, a.next.Response.Generation)
		switch err := a.config.Bodies.Read(reading, a.Place.UniqueID, key, h); {
		case reading.Err() != nil:
			return a.interrupted(ctx)
		case errors.Is(err, bgfetch.ErrLost):
			return a.fetchLost()
		case err != nil:
			return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("the stored body cannot be read: %v", err))
		}
		hashed += segment.Length
		a.moved, a.next.Digest = true, digest.SaveHash(h, hashed)
		if time.Since(stored) >= storeDigestEvery {
			if v, ok := a.store(); !ok {
				return nil, v
			}
			stored = time.Now()
		}
	}
	return a.judgeBody(a.Check.Judge(h, hashed))
}

// interrupted stores how far the body has been hashed, unless it has to end at once.
func (a *attempt) interrupted(ctx context.Context) (step, Verdict) {
	if ctx.Err() != nil {
		return nil, Verdict{}
	}
	v, _ := a.store()
	return nil, v
}

// judgeBody ends the record, or asks again for what is wrong with it.
func (a *attempt) judgeBody(err error) (step, Verdict) {
	wrong := digest.WrongPieces(nil)
	switch {
	case err == nil:
		return a.succeeded()
	case errors.As(err, &wrong):
		return a.refetch(wrong)
	case errors.Is(err, digest.ErrWrongBody):
		err = fmt.Errorf("%w, and not %s", err, a.Request.Integrity)
	}
	if a.next.Response.Joined {
		a.single = true // what comes by one response is that of one server
		return a.restart(err.Error() + "; several responses were joined")
	}
	return a.settle(bgfetch.ReasonFetchError, err.Error())
}

// refetch drops the segments of wrong pieces, so that they are asked for again.
// Where one was wrong too often the record fails.
func (a *attempt) refetch(wrong digest.WrongPieces) (step, Verdict) {
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
		return nil, v
	}
	if err := a.drop(a.alive, wrong); err != nil {
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("wrong pieces could not be deleted: %v", err))
	}
	return nil, Verdict{Wait: a.Retry.Soon(), Why: wrong.Error() + "; fetched again"}
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
func (a *attempt) fetchLost() (step, Verdict) {
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
		if start, _ := ranges.FirstGap(data.Segments); a.next.Digest != nil && a.next.Digest.Hashed > start {
			a.next.Digest = nil // what is fetched again is also hashed again
		}
	}
	if err != nil {
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("stored segments are gone: %v", err))
	}
	return a.again("stored segments are gone; fetching them again")
}
