package evidence

import (
	"strings"

	"background-fetch-wasm/wasm/bgfetch"
)

// Ends is where responses to a record have ended, and nothing proved that the body does. That it
// ended there again and again is the best proof that some servers allow.
type Ends struct {
	// Unproved counts them.
	Unproved int
	// Taken: the last of them is taken for the end if the server answers no more requests.
	Taken bool
	// Told is the length that the body has at least, as ranges of it told.
	Told int64
	// EndedAt is where a response ended last, in order; 0 for nowhere.
	EndedAt int64
	// last is where the last of them was, and same how many in a row were there.
	last int64
	same int
}

// Forget is for another file, which may end elsewhere.
func (e *Ends) Forget() { e.same, e.Told, e.EndedAt = 0, 0, 0 }

// Add takes down one more: at the byte end of a response with that head, a partial one or not.
func (e *Ends) Add(end int64, head bgfetch.Head, partial bool, sent bgfetch.Sent) {
	e.Unproved++
	if e.last != end {
		e.same = 0
	}
	e.last, e.EndedAt = end, end
	e.same++
	// Where a link is good for one request there is no more to learn. A body of another
	// origin has ended in order then, most likely: by its last chunk, which is hidden.
	encoded := CodingOf(head) == CodingSome || sent.Encoded || (sent.EncodedLength > 0 && sent.EncodedLength != end)
	e.Taken = !partial && !encoded && head.ContentLength() < 0 && !head.Shows("Transfer-Encoding")
}

// MayTake says whether the body, of which so much is stored, is taken to end there since the server
// answers no more requests.
func (e *Ends) MayTake(stored int64) bool { return e.Taken && e.last == stored }

// forgottenBlock is the length of the blocks that WebKit hands out of a brotli body: of one that
// breaks off, and of which nothing shows that, what it has of the next block is lost.
const forgottenBlock = 16 << 10

// IsSame says whether a response that ended at the byte end has ended there often enough. Where it
// is perhaps encoded, nothing, and a whole number of blocks, may be all that is handed out wherever
// it breaks off: then more than so many times.
func (e *Ends) IsSame(end int64, head bgfetch.Head, framing bgfetch.Framing, times int) bool {
	encoded := CodingOf(head) != CodingNone
	forgetful := !framing.Chunked && encoded && !strings.Contains(head.Value("Content-Encoding"), "gzip")
	switch {
	case e.same == 0 || e.last != end || end < e.Told, forgetful && end == 0:
		return false
	case encoded && end == 0, forgetful && end%forgottenBlock == 0:
		return e.same > times
	}
	return true
}
