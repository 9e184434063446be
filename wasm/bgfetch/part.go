package bgfetch

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
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
	// compare are the spans of the range that are stored: what comes of them is compared.
	// joins is where the first of them ends, if the range begins with it; else -1.
	compare []span
	joins   int64
	// drawn: its start was drawn at random.
	drawn bool
	// head is the head of its response, empty until that is there.
	head Head
	// sent is how its body was sent, if that was asked for.
	sent Sent
	// continues: its head proves that it is of the same file, and where it begins.
	continues bool
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
	// unstored is how many bytes have been taken and are not stored yet.
	unstored int64
	// last is the length of the last piece.
	last int64
	// done: no more is moved. discarded: what was read is not wanted.
	done, discarded bool
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
	// compared are bytes of the range that proved to be those that are stored; joined:
	// they are the last of those that it begins with.
	compared span
	joined   bool
	// proved: complete is the proved length of the body.
	proved   bool
	complete int64
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

var (
	// errMismatch: bytes that came are not those that are stored.
	errMismatch = errors.New("the bytes are not those that are stored")
	// errUnproved: the body ended, and nothing proves that this is its end.
	errUnproved = errors.New("the body ended, and nothing proves that it is complete")
)

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

// discard stops it, and nothing of what it has read is stored any more.
func (p *part) discard() {
	p.mu.Lock()
	p.discarded = true
	p.mu.Unlock()
	p.halt()
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
	complete, problem := validatePartial(p.head, p.start, end)
	v, placed := p.data.versionOf(p.head, complete), p.head.value("Content-Range") != ""
	p.continues = v == versionSame && placed
	switch {
	case problem != "":
	case p.head.coding() == codingSome:
		problem = "it has a content coding"
	case v == versionOther, v == versionUnknown && p.data.selfProving():
		problem = "nothing proves that it is of the same file"
	case !placed && p.head.contentLength() < 0:
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
		offset, limits, isStored, ok := p.claim()
		if !ok {
			return nil
		}
		if isStored {
			e, err := p.comparePiece(ctx, transfer, offset, limits)
			if err == nil || e.compared.length() > 0 {
				pieces <- e
			}
			if e.last || err != nil {
				return err
			}
			continue
		}
		put := rand.Int64N(maxPut) + 1
		piece, digest, err := p.save(ctx, transfer, SegmentKey{p.attempt.index, p.data.Generation, offset, put}, limits)
		if err != nil {
			return err
		}
		p.attempt.charge(piece.Length)
		e, err := p.took(ctx, transfer, piece.Length, piece.End, false)
		if errors.Is(err, errMismatch) {
			return err // the piece is of another body
		}
		e.segment, e.piece, e.digest, e.full = Segment{offset, piece.Length, put}, piece, digest, piece.Length == limits.MaxLength
		pieces <- e
		if e.last || err != nil {
			return err
		}
	}
}

// firstAfterResume is the age of the first segment of a Range request, on a slow
// connection: who waits for it to go on shall soon see that it does.
const firstAfterResume = 500 * time.Millisecond

// claim says what the next piece may be, and whether it is stored already; not ok: all
// of the range is there.
func (p *part) claim() (offset int64, limits SaveLimits, isStored, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limits = p.attempt.saveLimits(p.unstored)
	if p.read >= p.end || p.discarded {
		p.done = true
		return 0, limits, false, false
	}
	end := p.end
	for _, s := range p.compare {
		switch {
		case s.start > p.read:
			end = min(end, s.start)
		case s.end > p.read:
			limits = p.attempt.engine.options.Segments
			limits.MaxLength = min(limits.MaxLength, s.end-p.read)
			p.claimed = p.read + limits.MaxLength
			return p.read, limits, true, true
		}
	}
	if p.start > 0 && p.last == 0 {
		limits.MaxTime = min(limits.MaxTime, firstAfterResume)
	}
	// What is claimed cannot be taken away, so it is no more than may well come. And a
	// small first piece is being stored while the next is read.
	limits.MaxLength = min(limits.MaxLength, 4*max(limits.MinLength, p.last, 1))
	limits.MaxLength = p.attempt.pieces.limit(p.read, min(limits.MaxLength, end-p.read))
	p.claimed = p.read + limits.MaxLength
	return p.read, limits, false, true
}

// reachOver makes the part go on over the seam that it ends at, if its response does, and
// says so: what another one has stored there is compared. p.mu is held.
func (p *part) reachOver() bool {
	segments := p.attempt.behindSeam(p.end)
	for _, run := range within(runs(segments), p.end, min(p.limit, p.end+minOverlap)) {
		if run.start == p.end && run.length() >= leastOverlap {
			p.data.Segments = segments
			p.compare = append(p.compare, run)
			p.end = run.end
			return true
		}
	}
	return false
}

// behindSeam returns all that is stored where there is a seam at offset, else nil.
func (r *record) behindSeam(offset int64) []Segment {
	r.fetch.engine.mu.Lock()
	defer r.fetch.engine.mu.Unlock()
	data := &r.state.Response
	if !slices.Contains(data.Seams, offset) {
		return nil
	}
	return data.Segments
}

// comparePiece takes a piece of the range that is stored already, and compares it.
func (p *part) comparePiece(ctx context.Context, transfer Transfer, offset int64, limits SaveLimits) (partEvent, error) {
	stalled, cancel, timeout := p.stalled(ctx, limits)
	defer cancel()
	compared, err := transfer.Compare(stalled, p.attempt.storedRanges(&p.data, offset, limits.MaxLength), limits)
	if err != nil {
		return partEvent{}, timeout(err)
	}
	p.attempt.charge(compared.Length)
	if !compared.Equal {
		return partEvent{}, errMismatch
	}
	return p.took(ctx, transfer, compared.Length, compared.End, true)
}

// stalled returns a context that ends when no byte comes for too long, and what makes an
// error say so.
func (p *part) stalled(ctx context.Context, limits SaveLimits) (stalled context.Context, cancel func(), timeout func(error) error) {
	stall := p.attempt.fetch.retry.StallTimeout + limits.MaxTime
	stalled, cancel = context.WithTimeout(ctx, stall)
	return stalled, cancel, func(err error) error {
		if ctx.Err() == nil && stalled.Err() != nil {
			return fmt.Errorf("no byte for %v: %w", stall, ErrNetwork)
		}
		return err
	}
}

// took counts bytes that were taken from the body, and judges its end.
func (p *part) took(ctx context.Context, transfer Transfer, length int64, end, isStored bool) (partEvent, error) {
	p.mu.Lock()
	p.read += length
	p.claimed = p.read
	if !isStored {
		p.last = length
		p.unstored += length
	}
	p.done = end || (p.read >= p.end && !p.reachOver())
	e := partEvent{part: p, last: p.done, joined: isStored && p.read == p.joins}
	if isStored {
		e.compared = span{p.read - length, p.read}
	}
	p.mu.Unlock()
	if !end {
		return e, nil
	}
	switch p.judgeEnd(ctx, transfer) {
	case endOfBody:
		if p.storedBehind() {
			return partEvent{}, errMismatch
		}
		e.proved, e.complete = true, p.read
		return e, nil
	case endOfRange:
		return e, nil
	case endShort:
		e.last = false
		return e, fmt.Errorf("the body ended early, at byte %d: %w", p.read, ErrNetwork)
	}
	e.last = false
	return e, errUnproved
}

// storedBehind says whether bytes are stored behind those that came: then the body that
// has ended is another one.
func (p *part) storedBehind() bool {
	segments := p.data.Segments
	if len(segments) == 0 {
		return false
	}
	last := segments[len(segments)-1]
	return last.Offset+last.Length > p.read
}

// compares is the run of stored bytes that those in s are of, so far as it is compared with
// what follows other bytes of the response.
func (p *part) compares(s span) span {
	for _, run := range p.compare {
		if run.start <= s.start && s.end <= run.end {
			return span{max(run.start, p.start+1), run.end}
		}
	}
	return span{}
}

// partial says whether the response holds a part of the body alone.
func (p *part) partial() bool {
	return p.head.Status == http.StatusPartialContent && !p.attempt.ownRange()
}

// complete is the complete length of the body, as far as it is proved when the part has
// read as far as it has; -1 for not.
func (p *part) complete() int64 {
	told := int64(-1)
	if !p.partial() {
		if p.head.coding() == codingNone {
			told = p.head.contentLength()
		}
	} else if p.head.coding() == codingNone || p.sameOffsets() {
		told, _ = validatePartial(p.head, p.start, 0)
	}
	return max(p.data.Length, told)
}

// sameOffsets says whether the bytes of the range proved to be those that are stored, so
// that the server counts the bytes as they are read. Of a range from byte 0 on the browser
// may have undone the content coding: that proves nothing of the kind.
func (p *part) sameOffsets() bool {
	return p.partial() && p.start > 0 && p.joins >= 0 && p.read >= p.joins
}

// judgeEnd says what the clean end of the response means.
func (p *part) judgeEnd(ctx context.Context, transfer Transfer) ending {
	r := response{
		head: p.head, partial: p.partial(), start: p.start, asked: p.limit, complete: p.complete(), announced: -1, compared: p.start, drawn: p.drawn, told: p.attempt.told,
		framing: p.attempt.engine.options.Framing,
		sent: func() Sent {
			p.sent = transfer.Sent(ctx)
			return p.sent
		},
	}
	if p.joins >= 0 {
		r.compared = p.joins
	}
	if p.data.Length < 0 && p.data.expected() > 0 {
		r.announced = p.data.expected()
	}
	if e := r.judgeEnd(p.read); e != endUnproved || p.attempt.safe() {
		return e
	}
	return endOfBody // it is not asked for twice: what came is what there is
}

// brought is what a range brought that said that it would bring no more, though more was
// asked for; 0 where it did not.
func (p *part) brought() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	brought := p.read - p.start
	all := p.read >= p.end || (p.data.Length >= 0 && p.read >= p.data.Length)
	if p.stopped || !p.partial() || all || p.head.partialLength() != brought {
		return 0
	}
	return brought
}

// told is the length that the body has at least, says the head of a response whose first
// bytes are those that are stored, or the first ones; 0 where it says nothing.
func (p *part) told() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head.Status == 0 || p.read == p.start || (p.start > 0 && (p.joins < 0 || p.head.coding() == codingSome)) {
		return 0
	}
	told := p.head.contentLength()
	if p.partial() {
		complete, _ := validatePartial(p.head, p.start, 0)
		told = max(complete, p.start+p.head.partialLength())
	}
	if p.start == 0 && p.head.coding() != codingNone {
		return leastDecoded(told)
	}
	return told
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
	if e.segment.Length > 0 {
		p.next = e.segment.Offset + e.segment.Length
		p.unstored -= e.segment.Length
	}
	p.mu.Unlock()
	p.attempt.events <- e
}

// tooLong says whether a response brought more than there can be, with a piece that ends
// at end.
func (p *part) tooLong(end int64) bool {
	return p.limit == bodyEnd && p.data.Length >= 0 && end > p.data.Length
}

// save stores the next piece, and gives up when no byte comes for too long.
func (p *part) save(ctx context.Context, transfer Transfer, key SegmentKey, limits SaveLimits) (Piece, *Digest, error) {
	stalled, cancel, timeout := p.stalled(ctx, limits)
	defer cancel()
	var w io.Writer
	if p.hashed != key.Offset {
		p.hash = nil // a stored span lay between
	}
	if p.hash != nil {
		w = p.hash
	}
	piece, err := transfer.Save(stalled, key, limits, w)
	if err != nil {
		return Piece{}, nil, timeout(err)
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

// taken says whether it has taken a byte from a body.
func (p *part) taken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read > p.start
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
