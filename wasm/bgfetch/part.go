package bgfetch

import (
	"context"
	"fmt"
	"hash"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// part is one request of an attempt: it moves a range of the record's body, in a
// goroutine of its own, and tells the attempt of each piece. The attempt may take
// the tail of its range away, and give it back.
type part struct {
	attempt *attempt
	// data are the response data that what comes must belong to.
	data ResponseData
	// start is the first byte asked for, limit the byte after the last, or bodyEnd.
	start, limit int64
	// head is the head of its response, empty until that is there.
	head Head
	// seek: it was begun for a reader. flowing: the attempt has had a piece of it.
	seek, flowing bool
	// hash sees the bytes, which are the ones after all that it has seen; nil where
	// they are not to be hashed while they pass.
	hash   hash.Hash
	hashed int64

	mu sync.Mutex
	// next is the byte after the last that is stored, read the byte after the last
	// that was taken from the body, claimed the byte after the last that may be before
	// the part can be told anything, end the byte that it stops at.
	next, read, claimed, end int64
	// last is the length of the last piece.
	last int64
	// done: no more is moved.
	done bool
	// stop ends it at once, see Transfer.Stop.
	stop    func()
	stopped bool
}

// bodyEnd stands for the end of the body, wherever that is.
const bodyEnd = math.MaxInt64

// partEvent is what a part tells its attempt: a piece that was put, or that it has
// ended.
type partEvent struct {
	part *part
	// segment is the piece, without length where there was none.
	segment Segment
	piece   Piece
	digest  *Digest
	// last: no other piece comes, since all of the range, or of the body, is there.
	last bool
	// full: the piece is as large as it may be.
	full bool
	// ended: the transfer is closed, err is why if it was not the last piece.
	ended bool
	err   error
}

// errRefused is a response to a Range request that is not what was asked for.
type errRefused struct {
	head Head
	why  string
}

func (e *errRefused) Error() string { return e.why }

// run moves the range to its end. transfer is nil where the request is still to be
// sent.
func (p *part) run(ctx context.Context, transfer Transfer) {
	var err error
	if transfer == nil {
		transfer, err = p.open(ctx)
	}
	if err == nil {
		waiting, stop := context.WithCancel(ctx)
		defer stop()
		p.stoppable(func() {
			transfer.Stop()
			stop()
		})
		err = p.move(ctx, waiting, transfer)
	}
	if transfer != nil {
		transfer.Close()
	}
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
	p.attempt.events <- partEvent{part: p, ended: true, err: err}
}

// stoppable names what stops it, and calls that if it is to stop already.
func (p *part) stoppable(stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop = stop
	if p.stopped {
		stop()
	}
}

// halt stops it: what it has read is still told, and then that it has ended.
func (p *part) halt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.stop != nil {
		p.stop()
	}
}

// open sends the request of an additional part, whose answer must be exactly the
// range that it asks for, out of the body that is being fetched.
func (p *part) open(ctx context.Context) (Transfer, error) {
	a := p.attempt
	head, cancel := context.WithTimeout(ctx, a.fetch.retry.HeadTimeout)
	defer cancel()
	p.stoppable(cancel)
	end := p.limit
	if end == bodyEnd {
		end = 0
	}
	transfer, err := a.openTransfer(head, p.start, end, false)
	if err != nil {
		return nil, err
	}
	p.head = transfer.Head()
	if p.head.Status != http.StatusPartialContent {
		return transfer, &errRefused{p.head, fmt.Sprintf("status %d in answer to a range", p.head.Status)}
	}
	complete, problem := validatePartial(p.head, p.data, p.start, end)
	if problem == "" && complete < 0 && p.head.contentLength() < 0 {
		problem = "nothing says what it holds"
	}
	if problem != "" {
		return transfer, &errRefused{p.head, "the partial response is not valid: " + problem}
	}
	return transfer, nil
}

// piecesAhead is how many pieces may be read while the one before them is being
// stored: storing one is more waiting than work (docs/decisions/segments.md).
const piecesAhead = 2

// move stores the range piece by piece, and tells of them in their order. waiting
// ends with the part.
func (p *part) move(ctx, waiting context.Context, transfer Transfer) error {
	pieces := make(chan partEvent, piecesAhead-1)
	stored := make(chan error, 1)
	p.attempt.engine.goWork(func() {
		var lost error
		for e := range pieces {
			err := p.stored(ctx, e.piece)
			switch {
			case lost != nil:
				// What comes after a piece that is lost is not told of.
			case err != nil:
				lost = err
				transfer.Stop()
			default:
				if e.last {
					transfer.Close() // its place is given away next, see attempt.givePlace
				}
				p.tell(e)
			}
		}
		stored <- lost
	})
	err := p.readPieces(ctx, waiting, transfer, pieces)
	close(pieces)
	if lost := <-stored; lost != nil {
		return lost
	}
	return err
}

// maxPut is the largest SegmentKey.Put.
const maxPut = 1<<53 - 1

// readPieces takes the pieces of the range from the body, one after the other.
func (p *part) readPieces(ctx, waiting context.Context, transfer Transfer, pieces chan<- partEvent) error {
	for {
		if p.limit == bodyEnd {
			p.waitForLimit(waiting)
		}
		offset, limits, ok := p.claim()
		if !ok {
			return nil
		}
		put := rand.Int64N(maxPut) + 1
		piece, digest, err := p.save(ctx, transfer, SegmentKey{p.attempt.index, p.data.Generation, offset, put}, limits)
		if err != nil {
			return err
		}
		p.attempt.charge(piece.Length)
		last, err := p.moved(piece)
		pieces <- partEvent{part: p, segment: Segment{offset, piece.Length, put}, piece: piece, digest: digest, last: last, full: piece.Length == limits.MaxLength}
		if last || err != nil {
			return err
		}
	}
}

// firstAfterResume is the age of the first segment of a Range request, on a slow
// connection: who waits for it to go on shall soon see that it does.
const firstAfterResume = 500 * time.Millisecond

// claim says what the next piece may be; not ok: all of the range is there.
func (p *part) claim() (offset int64, limits SaveLimits, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limits = p.attempt.saveLimits(p.read - p.next)
	if p.read >= p.end {
		p.done = true
		return 0, limits, false
	}
	if p.start > 0 && p.last == 0 {
		limits.MaxTime = min(limits.MaxTime, firstAfterResume)
	}
	// What is claimed cannot be taken away, so it is no more than may well come. And a
	// small first piece is being stored while the next is read.
	limits.MaxLength = min(limits.MaxLength, 4*max(limits.MinLength, p.last, 1))
	limits.MaxLength = p.attempt.pieces.limit(p.read, min(limits.MaxLength, p.end-p.read))
	p.claimed = p.read + limits.MaxLength
	return p.read, limits, true
}

// moved counts a piece that was read, and says whether it was the last. An error
// says that the body ended before the range.
func (p *part) moved(piece Piece) (last bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read += piece.Length
	p.claimed, p.last = p.read, piece.Length
	p.done = piece.End || p.read >= p.end
	if piece.End && !p.arrived() {
		return false, fmt.Errorf("the body ended at byte %d of %d: %w", p.read, p.data.Length, ErrNetwork)
	}
	return p.done, nil
}

// stored waits until a piece is stored, also after the end of ctx: what is still
// being stored must not outlive what is about to be deleted.
func (p *part) stored(ctx context.Context, piece Piece) error {
	if piece.Stored == nil {
		return nil
	}
	timeout := p.attempt.fetch.retry.StallTimeout
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	err := piece.Stored(storing)
	if err != nil && storing.Err() != nil {
		return fmt.Errorf("a piece was not stored within %v", timeout)
	}
	return err
}

// tell counts a piece that is stored, and tells the attempt of it.
func (p *part) tell(e partEvent) {
	p.mu.Lock()
	p.next += e.piece.Length
	p.mu.Unlock()
	p.attempt.events <- e
}

// arrived says whether a body that ended at p.read may end there. p.mu is held.
func (p *part) arrived() bool {
	switch {
	case p.end != bodyEnd:
		return p.read >= p.end
	case p.data.Length < 0:
		// Only a complete response can tell by its framing alone.
		return p.head.Status != http.StatusPartialContent || !p.data.Resumable
	}
	return p.read >= p.data.Length
}

// tooLong says whether a response brought more than there can be, with a piece
// that ends at end.
func (p *part) tooLong(end int64) bool {
	if p.limit != bodyEnd || p.data.Length < 0 || end <= p.data.Length {
		return false
	}
	_, exact := p.head.bodyLength()
	return exact || p.head.Status == http.StatusPartialContent
}

// save stores the next piece, and gives up when no byte comes for too long.
func (p *part) save(ctx context.Context, transfer Transfer, key SegmentKey, limits SaveLimits) (Piece, *Digest, error) {
	a := p.attempt
	stall := a.fetch.retry.StallTimeout + limits.MaxTime
	stalled, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	var w io.Writer
	if p.hash != nil {
		w = p.hash
	}
	piece, err := transfer.Save(stalled, key, limits, w)
	if err != nil {
		if ctx.Err() == nil && stalled.Err() != nil {
			err = fmt.Errorf("no byte for %v: %w", stall, ErrNetwork)
		}
		return Piece{}, nil, err
	}
	if p.hash == nil {
		return piece, nil, nil
	}
	p.hashed += piece.Length
	return piece, newDigest(p.hash, p.hashed), nil
}

// span is the range that is the part's: from its start to where it stops. free is
// from where on it can be taken away.
func (p *part) span() (s span, free int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return span{p.start, p.end}, p.claimed
}

// cut takes what is from offset on away, if that is still possible.
func (p *part) cut(offset int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done || offset < p.claimed || offset <= p.read || offset >= p.end {
		return false
	}
	p.end = offset
	return true
}

// extend gives s, which begins where the part stops, back to it, if its response
// brings that.
func (p *part) extend(s span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done || p.stopped || p.end != s.start || p.limit < s.end {
		return false
	}
	p.end = s.end
	return true
}

// rest is what the part has not stored.
func (p *part) rest() (rest span, nothingMoved bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return span{p.next, p.end}, p.next == p.start
}

// delay is how long a server that answers so wants to be left alone.
func (r *errRefused) delay(policy RetryPolicy) time.Duration {
	if delay, ok := retryAfter(r.head, time.Now()); ok {
		return delay
	}
	return policy.backOff(1)
}
