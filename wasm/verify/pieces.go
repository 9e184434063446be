package verify

import (
	"context"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// longestDigest is the longest piece that the browser hashes, since it has all of it in memory then. Longer
// ones are hashed here, bit by bit, which takes several times as long.
const longestDigest = 16 << 20

// piece is a stored piece of a body. What it says of itself can be asked while the body changes.
type piece struct {
	Body
	index, generation int
	span              ranges.Span
	stored            []bgfetch.StoredRange
}

// piece returns a piece that is whole.
func (b Body) piece(data *bgfetch.ResponseData, index int) piece {
	span := b.Check.Piece(index, ranges.End(data.Segments))
	return piece{b, index, data.Generation, span, ranges.Stored(data, b.Place.Index, span)}
}

// digest returns its hash. ErrLost: something of it is not stored.
func (p piece) digest(ctx context.Context) ([]byte, error) {
	var length int64
	for _, one := range p.stored {
		length += one.Length
	}
	if length <= longestDigest {
		return p.Bodies.Digest(ctx, p.Place.UniqueID, p.stored, p.Check.PieceAlgorithm())
	}
	h := p.Check.NewPieceHash()
	for _, one := range p.stored {
		if err := p.read(ctx, one, h); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

// Queue hashes pieces while others come, one at a time. It belongs to one goroutine.
type Queue struct {
	body Body
	run  func(func())
	// whole are the pieces that wait, hashing says that one is being hashed.
	whole    []int
	hashing  bool
	stop     context.CancelFunc
	verdicts chan Verdict
}

// Verdict is what a piece proved to be.
type Verdict struct {
	piece
	sum []byte // nil where it could not be read
}

// NewQueue makes a queue that has a goroutine run by run.
func NewQueue(body Body, run func(func())) *Queue {
	return &Queue{body: body, run: run, verdicts: make(chan Verdict)}
}

// Add adds the pieces that are whole and have a byte of a stored segment.
func (q *Queue) Add(data *bgfetch.ResponseData, s bgfetch.Segment) {
	if q.body.Check.PieceCount() == 0 {
		return
	}
	first, last := q.body.Check.PiecesOf(s)
	for _, run := range ranges.Runs(data.Segments) {
		if run.Start <= s.Offset && s.Offset < run.End {
			q.add(data, run, bgfetch.PieceRun{First: first, End: last + 1})
		}
	}
}

// AddAll adds all pieces that are whole.
func (q *Queue) AddAll(data *bgfetch.ResponseData) {
	count := q.body.Check.PieceCount()
	if count == 0 {
		return
	}
	for _, run := range ranges.Runs(data.Segments) {
		q.add(data, run, bgfetch.PieceRun{End: count})
	}
}

// add adds those of some pieces that are whole in a run.
func (q *Queue) add(data *bgfetch.ResponseData, run ranges.Span, some bgfetch.PieceRun) {
	whole := q.body.Check.WholePieces(run, data.Length)
	for index := max(some.First, whole.First); index < min(some.End, whole.End); index++ {
		q.whole = append(q.whole, index)
	}
}

// Next begins to hash a piece that is not known to be right, if none is being hashed. Verdicts tells
// what it proved to be.
func (q *Queue) Next(ctx context.Context, state *bgfetch.RecordState) {
	for !q.hashing && len(q.whole) > 0 && ctx.Err() == nil {
		index := q.whole[0]
		q.whole = q.whole[1:]
		if q.body.Check.IsVerified(state, index) {
			continue
		}
		ctx, stop := context.WithCancel(ctx)
		q.hashing, q.stop = true, stop
		p := q.body.piece(&state.Response, index)
		q.run(func() {
			sum, err := p.digest(ctx)
			if err != nil { // which Body.All tells of
				sum = nil
			}
			q.verdicts <- Verdict{p, sum}
		})
	}
}

// Verdicts tells of each piece that was hashed, for Note.
func (q *Queue) Verdicts() <-chan Verdict { return q.verdicts }

// Note notes in state that a piece is right, and says whether it is. A wrong one is found again when all
// of the body is there.
func (q *Queue) Note(v Verdict, state *bgfetch.RecordState) bool {
	q.hashing = false
	q.stop()
	return v.sum != nil && v.generation == state.Response.Generation && q.body.Check.NotePiece(state, v.index, v.span.End, v.sum)
}

// End waits for the piece that is being hashed, and says whether it noted that it is right. No other
// is hashed. discarded: nothing is noted any more, and it is not waited for long.
func (q *Queue) End(state *bgfetch.RecordState, discarded bool) bool {
	q.whole = nil
	if !q.hashing {
		return false
	}
	if discarded {
		q.stop()
	}
	v := <-q.verdicts
	if discarded {
		v.sum = nil
	}
	return q.Note(v, state)
}
