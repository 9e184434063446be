package download

import (
	"context"
	"math/rand/v2"

	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// chooseRange finds out which bytes are still to come, and what to ask for. Next: open.
func chooseRange(a *attempt, _ context.Context) (step, Verdict) {
	data := &a.next.Response
	a.start, a.end = ranges.FirstGap(data.Segments)
	if a.end == 0 && data.Length >= 0 && a.start >= data.Length && a.start > 0 {
		switch {
		case a.start > data.Length:
			return a.restart("more bytes are stored than the file has")
		case len(data.Seams) == 0:
			return a.succeed()
		}
		a.start, a.end = data.Seams[0], data.Seams[0]
	}
	bounded := a.shorten()
	a.from, a.to, a.upTo, a.drawn, a.continues = 0, 0, 0, false, false
	// Where all of it came to nothing, and nothing proved it, a range may say more.
	atNothing := a.ends.Unproved > 0 && !a.single
	a.ranged = data.Resumable && !a.asksForAll && (a.start > 0 || a.end > 0 || bounded || atNothing)
	if a.ranged {
		a.from, a.to = a.start, a.end
		atSeam := a.start == a.end
		if !evidence.IsSelfProving(data) || (data.Length < 0 && a.end == 0) || atSeam {
			a.overlap() // which also proves the end, where no head tells it
		}
	}
	return open, Verdict{}
}

// maxOverlap bounds the bytes that are asked for again and compared, see
// evidence.MinOverlap.
const maxOverlap = 64 << 10

// upToBrought is how many times as much as the last range brought may be taken of the next.
const upToBrought = 2

// overlap makes the range reach into what is stored before and behind the gap.
func (a *attempt) overlap() {
	least, most, comes := int64(evidence.MinOverlap), int64(maxOverlap), int64(part.ToEnd)
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
	if n := a.start - run.Start; a.from == run.Start && n > 1 && a.ends.Unproved+a.idle > 0 {
		a.from += 1 + rand.Int64N((n+1)/2)
	}
	a.drawn = a.from > run.Start || run.Length() == 1
	if a.brings > 0 && a.end == 0 && length < evidence.MinOverlap {
		a.upTo = a.start + upToBrought*a.brings // which the length was chosen for
	}
}
