// Package part is one request of a download: it moves a range of a body, segment by segment, compares
// what is stored already, and judges its end.
package part

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/digest"
	"background-fetch-wasm/wasm/evidence"
	"background-fetch-wasm/wasm/ranges"
)

// Attempt is what a part needs of the attempt that it belongs to. Nothing of it waits, but
// for Open.
type Attempt interface {
	// Open sends a request for the range from start to the byte before end, 0 for the rest.
	Open(ctx context.Context, start, end int64) (bgfetch.Transfer, error)
	// SaveLimits are those for the next segment of a part that has read so many bytes which
	// are not stored yet.
	SaveLimits(unstored int64) bgfetch.SaveLimits
	// Charge counts bytes that came, MayRead is the time until a body that comes by one
	// response may be read on.
	Charge(bytes int64)
	MayRead() time.Duration
	// State is the state of the record that is stored.
	State() bgfetch.RecordState
}

// Record is what a part needs to know of its record.
type Record struct {
	Index   int
	Request bgfetch.Request
	Check   digest.Check
	Retry   bgfetch.RetryPolicy
	// Segments says when a segment ends at the latest.
	Segments bgfetch.SaveLimits
	Framing  bgfetch.Framing
	// Go runs a goroutine, for which the engine waits when it ends.
	Go func(func())
}

// Spec is what a part is begun with.
type Spec struct {
	// Start is the first byte asked for, End the byte after the last, or ToEnd. UpTo is where it
	// stops though more may come, 0 for nowhere: what is compared vouches for no more.
	Start, End, UpTo int64
	// Data are the response data that what comes must belong to.
	Data bgfetch.ResponseData
	// Transfer is nil where its request is still to be sent. Head is its head, Drawn the number of
	// places among which its start was drawn, Continues says that its head proves that it is of the same
	// file, and where it begins.
	Transfer  bgfetch.Transfer
	Head      bgfetch.Head
	Drawn     int64
	Continues bool
	// Least is the length that the body has at least, EndedBefore where a response ended
	// before it, and nothing proved that, or 0.
	Least, EndedBefore int64
	// Hash sees the bytes from Hashed on, and has seen all before; nil where they are not to be
	// hashed while they pass.
	Hash   hash.Hash
	Hashed int64
	// Seek: it is begun for a reader. Additional: beside others, for a range of its own, of which
	// nothing is taken away. AsksSent: it is asked how the body was sent. Unlimited: it is begun
	// while the bandwidth is not limited.
	Seek, Additional, AsksSent, Unlimited bool
	// Unproved is how many bytes the pacer was told that it brings.
	Unproved int64
}

// Part is one request of an attempt: it moves a range of the record's body, in a
// goroutine of its own, and tells the attempt of each segment. The attempt may take
// the tail of its range away, and give it back.
type Part struct {
	attempt Attempt
	record  *Record
	events  chan<- Event
	// data are the response data that what comes must belong to.
	data bgfetch.ResponseData
	// Start is the first byte asked for, limit the byte after the last, or ToEnd.
	Start, limit int64
	// compare are the spans of the range that are stored: what comes of them is compared.
	// joins is where the first of them ends, if the range begins with it; else -1.
	compare []ranges.Span
	joins   int64
	// Drawn, least and endedBefore are those of Spec.
	Drawn              int64
	least, endedBefore int64
	// Head is the head of its response, empty until that is there.
	Head bgfetch.Head
	// Sent is how its body was sent, if that was asked for. Answered is the time from the request
	// to when its response began, Took that to the last byte that was read.
	Sent           bgfetch.Sent
	Answered, Took time.Duration
	// Continues: its head proves that it is of the same file, and where it begins.
	Continues bool
	// Seek, Additional and AsksSent are those of Spec. held: it is read no faster than a limit allows.
	Seek, Additional, AsksSent, held bool
	// Unproved is that of Spec.
	Unproved int64
	// Opened: the attempt knows that its response has begun. Flowing: it has had a segment of it.
	Opened, Flowing bool
	// begun is when it was.
	begun time.Time
	// rate is what the attempt had of it lately, in bytes per second; came is what it had after
	// since.
	rate  float64
	since time.Time
	came  int64
	// hash sees the bytes, which are the ones after all that it has seen, hashed; nil where
	// they are not to be hashed while they pass.
	hash   hash.Hash
	hashed int64

	mu sync.Mutex
	// next is the byte after the last that is stored, Read the byte after the last
	// that was taken from the body, claimed the byte after the last that may be before
	// the part can be told anything, end the byte that it stops at.
	next, Read, claimed, end int64
	// unstored is how many bytes have been taken and are not stored yet.
	unstored int64
	// last is the length of the last segment.
	last int64
	// done: no more is moved. ended: the response has ended. discarded: what was read is not wanted.
	done, ended, discarded bool
	// stop ends it at once, see Transfer.Stop. Stopped: it has been called, or is to be.
	stop    func()
	Stopped bool
}

// ToEnd stands for the end of the body, wherever that is.
const ToEnd = math.MaxInt64

// Event is what a part tells its attempt: that its response has begun, a segment that was put, or
// that it has ended.
type Event struct {
	Part   *Part
	Opened bool
	// Segment is the segment, without length where there was none.
	Segment bgfetch.Segment
	Saved   bgfetch.Saved
	Digest  *bgfetch.Digest
	// Last: no other segment comes, since all of the range, or of the body, is there.
	Last bool
	// Compared are bytes of the range that proved to be those that are stored; Joined:
	// they are the last of those that it begins with.
	Compared ranges.Span
	Joined   bool
	// Run, Told and SameOffsets are the part's compares, complete and sameOffsets then.
	Run         ranges.Span
	Told        int64
	SameOffsets bool
	// Proved: Complete is the proved length of the body.
	Proved   bool
	Complete int64
	// Full: the segment is as large as it may be. It came between two times, the first one from
	// when the response began.
	Full     bool
	From, To time.Time
	// Over: the transfer is closed, Err is why if it was not the last segment.
	Over bool
	Err  error
}

// Refused is a response to a Range request that is not what was asked for.
type Refused struct {
	Head bgfetch.Head
	Why  string
}

func (e *Refused) Error() string { return e.Why }

var (
	// ErrMismatch: bytes that came are not those that are stored.
	ErrMismatch = errors.New("the bytes differ from the stored ones")
	// ErrStalled: no byte came in time.
	ErrStalled = errors.New("no bytes arrived in time")
	// ErrUnproved: the body ended, and nothing proves that this is its end.
	ErrUnproved = errors.New("the body ended, and nothing proves that it is complete")
)

// Begin begins a part. It ends with ctx, and tells events of each segment, and then that it
// has ended.
func Begin(ctx context.Context, attempt Attempt, record *Record, events chan<- Event, s Spec) *Part {
	p := &Part{
		attempt: attempt, record: record, events: events, data: s.Data, Start: s.Start, limit: s.End, joins: -1,
		Drawn: s.Drawn, least: s.Least, endedBefore: s.EndedBefore, Head: s.Head, Continues: s.Continues, begun: time.Now(),
		Seek: s.Seek, Additional: s.Additional, AsksSent: s.AsksSent, Unproved: s.Unproved, held: s.Unlimited || s.End == ToEnd, Opened: s.Transfer != nil,
		hash: s.Hash, hashed: s.Hashed, next: s.Start, Read: s.Start, claimed: s.Start, end: min(s.End, cmp.Or(s.UpTo, s.End)),
	}
	if s.Transfer == nil && p.end != ToEnd && !evidence.IsSelfProving(&p.data) && !record.Check.Asked() {
		p.limit = max(p.end, min(p.end+evidence.MinOverlap, evidence.ExpectedLength(&p.data))) // see reachOver
	}
	p.since, p.rate = p.begun, math.Inf(1)
	p.compare = ranges.Within(ranges.Runs(p.data.Segments), p.Start, p.end)
	if len(p.compare) > 0 && p.compare[0].Start == p.Start {
		p.joins = p.compare[0].End
	}
	record.Go(func() { p.run(ctx, s.Transfer) })
	return p
}

// run moves the range to its end. transfer is nil where the request is still to be
// sent.
func (p *Part) run(ctx context.Context, transfer bgfetch.Transfer) {
	var err error
	if transfer == nil {
		if transfer, err = p.open(ctx); err == nil {
			p.Answered = time.Since(p.begun)
			p.events <- Event{Part: p, Opened: true}
		}
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
	if p.AsksSent && err == nil && p.Sent == (bgfetch.Sent{}) && p.hasEnded(ctx, transfer) {
		p.Sent = transfer.Sent(ctx)
	}
	if transfer != nil {
		transfer.Close()
	}
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
	p.events <- Event{Part: p, Over: true, Err: err}
}

// stoppable names what stops it, and calls that if it is to stop already.
func (p *Part) stoppable(stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop = stop
	if p.Stopped {
		stop()
	}
}

// Halt stops it: what it has read is still told, and then that it has ended.
func (p *Part) Halt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Stopped = true
	if p.stop != nil {
		p.stop()
	}
}

// Discard stops it, and nothing of what it has read is stored any more.
func (p *Part) Discard() {
	p.mu.Lock()
	p.discarded = true
	p.mu.Unlock()
	p.Halt()
}

// open sends the request of an additional part, whose answer must be exactly the
// range that it asks for, out of the body that is being fetched.
func (p *Part) open(ctx context.Context) (bgfetch.Transfer, error) {
	head, cancel := context.WithTimeout(ctx, p.record.Retry.HeadTimeout)
	defer cancel()
	p.stoppable(cancel)
	end := p.limit
	if end == ToEnd {
		end = 0
	}
	transfer, err := p.attempt.Open(head, p.Start, end)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Head = transfer.Head()
	if p.Head.Status != http.StatusPartialContent {
		return transfer, &Refused{p.Head, fmt.Sprintf("status %d in answer to a range", p.Head.Status)}
	}
	complete, problem := ranges.ValidatePartial(p.Head, p.Start, end)
	v, placed := evidence.VersionOf(&p.data, p.Head, complete), p.Head.Value("Content-Range") != ""
	p.Continues = v == evidence.VersionSame && placed
	switch {
	case problem != "":
	case evidence.CodingOf(p.Head) == evidence.CodingSome:
		problem = "it has a content coding"
	case evidence.Excludes(&p.data, complete):
		problem = "more bytes are stored than its file has"
	case v == evidence.VersionOther, v == evidence.VersionUnknown && evidence.IsSelfProving(&p.data):
		problem = "nothing proves that it belongs to the same file"
	case !placed && p.Head.ContentLength() < 0:
		problem = "nothing says which bytes it holds"
	case p.Additional && end == 0 && p.data.Length < 0 && cmp.Or(max(0, complete), p.Start+p.Head.ContentLength()) != evidence.ExpectedLength(&p.data):
		problem = "it ends elsewhere than the first response announced"
	}
	if problem != "" {
		return transfer, &Refused{p.Head, "the partial response is not valid: " + problem}
	}
	return transfer, nil
}

// storedBehind says whether bytes are stored behind those that came: then the body that
// has ended is another one.
func (p *Part) storedBehind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ranges.End(p.data.Segments) > p.Read
}

// Span is the range that is the part's: from its start to where it stops. free is
// from where on it can be taken away.
func (p *Part) Span() (s ranges.Span, free int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ranges.Span{Start: p.Start, End: p.end}, p.claimed
}

// Cut takes what is from offset on away, if that is still possible.
func (p *Part) Cut(offset int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done || offset < p.claimed || offset <= p.Read || offset >= p.end {
		return false
	}
	p.end = offset
	return true
}

// Extend gives a gap to the part, if its response brings that, and nothing but bytes that are
// stored lies between, in segments. These are compared on the way.
func (p *Part) Extend(gap ranges.Span, segments []bgfetch.Segment) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	isStored := func(run ranges.Span) bool { return run.Start <= p.end && gap.Start <= run.End }
	if p.done || p.Stopped || gap.Start < p.end || p.limit < gap.End || (gap.Start > p.end && !slices.ContainsFunc(ranges.Runs(segments), isStored)) {
		return false
	}
	more := ranges.Span{Start: p.end, End: gap.End}
	p.end, p.data.Segments = gap.End, segments
	p.compareMore(more)
	return true
}

// compareMore lets the stored bytes in s, with which its range goes on now, be compared.
func (p *Part) compareMore(s ranges.Span) {
	more := ranges.Within(ranges.Runs(p.data.Segments), s.Start, s.End)
	if last := len(p.compare) - 1; last >= 0 && len(more) > 0 && p.compare[last].End == more[0].Start {
		p.compare[last].End = more[0].End
		more = more[1:]
	}
	p.compare = append(p.compare, more...)
}

// Taken says whether it has taken a byte from a body.
func (p *Part) Taken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Read > p.Start
}

// Rest is what the part has not stored.
func (p *Part) Rest() (rest ranges.Span, nothingMoved bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ranges.Span{Start: p.next, End: p.end}, p.next == p.Start
}

// Delay is how long a server that answers so wants to be left alone, at most as long as is waited for.
func (r *Refused) Delay(policy bgfetch.RetryPolicy) time.Duration {
	if !ranges.TemporaryStatus(r.Head.Status) {
		return policy.Soon()
	}
	if delay, ok := ranges.RetryAfter(r.Head, time.Now()); ok {
		return max(policy.Soon(), min(delay, policy.LongestRetryAfter(true)))
	}
	return policy.Wait(1)
}
