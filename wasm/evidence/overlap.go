package evidence

import (
	"math"
	"math/rand/v2"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// maxOverlap bounds the bytes that are asked for again and compared, see MinOverlap.
const maxOverlap = 64 << 10

// upToBrought is how many times as much as the last range brought may be taken of the next.
const upToBrought = 2

// Overlap is a range that reaches from a gap into what is stored around it.
type Overlap struct {
	// From is the first byte asked for, To the byte after the last, 0 for the rest of the body.
	From, To int64
	// UpTo is where it stops though more may come, 0 for nowhere.
	UpTo int64
	// Drawn is the number of places among which From was drawn at random, 0 where it was not.
	Drawn int64
}

// Reach lets the range of the gap from start to end, 0 for the rest of the body, reach into what
// is stored before and behind it. brings is how many bytes the server brings at a time, 0 where
// it is not known to bring fewer than it is asked for. provesEnd: the bytes before the gap are to
// prove the end of the body.
func Reach(segments []bgfetch.Segment, start, end, brings int64, provesEnd bool) Overlap {
	o := Overlap{From: start, To: end}
	length, among := overlapLength(end-start, brings)
	for _, run := range ranges.Runs(segments) {
		if run.Start < start && start <= run.End {
			o.begin(run, start, length, among, provesEnd)
			if brings > 0 && end == 0 && length < MinOverlap {
				o.UpTo = start + upToBrought*brings // which the length was chosen for
			}
		}
		if end > 0 && run.Start <= end && end < run.End {
			o.To = min(run.End, end+length)
		}
	}
	return o
}

// overlapLength draws how many bytes are compared of a range for missing bytes, less than 1 for an
// unknown number, among so many numbers.
func overlapLength(missing, brings int64) (length, among int64) {
	least, most, comes := int64(MinOverlap), int64(maxOverlap), int64(math.MaxInt64)
	if missing > 0 {
		comes = missing
	}
	if brings > 0 {
		comes = min(comes, brings)
	}
	if comes < 8*most {
		least = min(LeastOverlap, max(1, comes/4))
		most = max(2*least, comes/8)
	}
	among = most - least
	return least + rand.Int64N(among), among
}

// begin makes the range begin within the stored bytes before the gap: with all of them where
// they are few, since that proves most. Not where they are to prove the end: how many are
// asked for is drawn at random then, since a server that brings just these, and no more,
// has no more, and is not one that brings so many at a time.
func (o *Overlap) begin(run ranges.Span, start, length, among int64, provesEnd bool) {
	o.From = max(run.Start, start-length)
	switch n := start - run.Start; {
	case o.From > run.Start:
		o.Drawn = among
	case n > 1 && provesEnd:
		o.Drawn = (n + 1) / 2
		o.From += 1 + rand.Int64N(o.Drawn)
	case run.Length() == 1:
		o.Drawn = 1
	}
}
