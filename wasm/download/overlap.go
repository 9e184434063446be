package download

import (
	"math/rand/v2"

	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/part"
	"background-fetch-wasm/wasm/ranges"
)

// maxOverlap bounds the bytes that are asked for again and compared, see
// evidence.MinOverlap.
const maxOverlap = 64 << 10

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
	if n := a.start - run.Start; a.from == run.Start && n > 1 && a.unprovedEnds+a.idle > 0 {
		a.from += 1 + rand.Int64N((n+1)/2)
	}
	a.drawn = a.from > run.Start || run.Length() == 1
}
