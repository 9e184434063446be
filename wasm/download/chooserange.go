package download

import (
	"context"

	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// chooseRange finds out which bytes are still to come, and what to ask for. Next: open.
func chooseRange(a *attempt, _ context.Context) (step, Verdict) {
	data := &a.next.Response
	a.start, a.end = ranges.FirstGap(data.Segments)
	if a.end == 0 && data.Length >= 0 && a.start >= data.Length && a.start > 0 {
		switch {
		case a.start > data.Length:
			return nil, a.restart("more bytes are stored than the file has")
		case len(data.Seams) == 0:
			return a.succeed()
		}
		a.start, a.end = data.Seams[0], data.Seams[0]
	}
	bounded := a.shorten()
	a.from, a.to, a.upTo, a.drawn, a.continues = 0, 0, 0, 0, false
	// Where all of it came to nothing, and nothing proved it, a range may say more.
	a.ranged = data.Resumable && !a.asksForAll && (a.start > 0 || a.end > 0 || bounded || a.ends.Unproved > 0 && !a.single)
	if a.ranged {
		a.from, a.to = a.start, a.end
		if !evidence.IsSelfProving(data) || (data.Length < 0 && a.end == 0) || a.start == a.end {
			// Which also proves the end, where no head tells it, or a seam.
			o := evidence.Reach(data.Segments, a.start, a.end, a.brings, a.ends.Unproved+a.idle > 0)
			a.from, a.to, a.upTo, a.drawn = o.From, o.To, o.UpTo, o.Drawn
		}
	}
	return open, Verdict{}
}
