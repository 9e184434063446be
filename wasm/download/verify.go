package download

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/verify"
)

// maxRefetches is how often a wrong piece is fetched again.
const maxRefetches = 2

// storeDigestEvery is the time after which it is stored what has been hashed: no more is hashed again
// after the worker was stopped.
const storeDigestEvery = 2 * time.Second

// body is what is stored of the record.
func (r *Record) body() verify.Body {
	return verify.Body{Bodies: r.config.Bodies, Place: r.Place, Check: r.Check}
}

// verifyAll checks the complete, stored body: it hashes what was not hashed when it came, and goes on
// another time where it was when it is interrupted.
func verifyAll(a *attempt, ctx context.Context) (step, Verdict) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	a.owner.Interruptible(stop)
	kept := time.Now()
	err := a.body().All(reading, &a.next, func() {
		if a.moved = true; time.Since(kept) >= storeDigestEvery {
			a.keepHashed()
			kept = time.Now()
		}
	})
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
	case errors.Is(err, verify.ErrUnreadable):
		return nil, a.unreadable(err)
	case errors.As(err, &wrong):
		return nil, a.refetch(wrong)
	case errors.Is(err, digest.ErrWrongBody):
		err = fmt.Errorf("%w, and not %s", err, a.Request.Integrity)
	}
	if a.next.Response.Joined {
		a.single = true // what comes by one response is that of one server
		return nil, a.restart(err.Error() + "; several responses were joined")
	}
	return nil, a.settle(bgfetch.ReasonFetchError, err.Error())
}

// keepHashed stores what has been hashed. Where that fails it is hashed again, perhaps.
func (a *attempt) keepHashed() {
	if err := a.owner.Commit(a.next); err != nil && a.alive.Err() == nil {
		a.owner.Complain("how far it is verified could not be stored", err)
	}
}

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
	dropped, err := a.dropRows(func(s bgfetch.Segment) bool { return a.Check.HasAny(s, wrong) })
	if err != nil {
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("wrong pieces could not be deleted: %v", err))
	}
	keys := bgfetch.SegmentKeys(a.Place.Index, a.next.Response.Generation, dropped)
	if err := a.config.Bodies.DeleteSegments(a.alive, a.Place.UniqueID, keys); err != nil {
		a.owner.Complain("wrong segments could not be deleted yet", err)
	}
	return Verdict{Wait: a.Retry.Soon(), Why: wrong.Error() + "; fetched again"}
}

// dropRows removes the rows of the segments that lost names, and returns these.
func (a *attempt) dropRows(lost func(bgfetch.Segment) bool) ([]bgfetch.Segment, error) {
	next := a.next
	next.Response.Segments = slices.DeleteFunc(slices.Clone(next.Response.Segments), lost)
	dropped := slices.DeleteFunc(slices.Clone(a.next.Response.Segments), func(s bgfetch.Segment) bool { return !lost(s) })
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

// fetchLost lets segments be fetched again that should be stored and are not. Where all of them are
// there, one is not what its row says, and nobody knows which.
func (a *attempt) fetchLost() Verdict {
	keys, err := a.config.Bodies.AllSegments(a.alive, a.Place.UniqueID)
	var dropped []bgfetch.Segment
	if err == nil {
		data := &a.next.Response
		isLost := func(s bgfetch.Segment) bool { return !slices.Contains(keys, s.Key(a.Place.Index, data.Generation)) }
		if evidence.Mixes(data, slices.DeleteFunc(slices.Clone(data.Segments), isLost)) {
			a.renew()
			a.trustRanges()
			return a.again("stored segments are gone; fetching everything again")
		}
		dropped, err = a.dropRows(isLost)
	}
	switch {
	case err != nil:
		return a.settle(bgfetch.ReasonFetchError, fmt.Sprintf("stored segments are gone: %v", err))
	case len(dropped) == 0:
		return a.restart("a stored segment is shorter than it was")
	}
	return a.again("stored segments are gone; fetching them again")
}
