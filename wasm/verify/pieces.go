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
	stored            []bgfetch.StoredRange
}

// piece returns a piece that is whole.
func (b Body) piece(data *bgfetch.ResponseData, index int) piece {
	stored := ranges.Stored(data, b.Place.Index, b.Check.Piece(index, ranges.End(data.Segments)))
	return piece{b, index, data.Generation, stored}
}

// isRight says whether its hash is the right one. ErrLost: something of it is not stored.
func (p piece) isRight(ctx context.Context) (bool, error) {
	sum, err := p.digest(ctx)
	return err == nil && p.Check.IsRightPiece(p.index, sum), err
}

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
	verdicts chan Verdict
}

// Verdict is what a piece proved to be.
type Verdict struct {
	piece
	right bool
}

// NewQueue makes a queue that has a goroutine run by run.
func NewQueue(body Body, run func(func())) *Queue {
	return &Queue{body: body, run: run, verdicts: make(chan Verdict)}
}

// Add adds the pieces that a stored segment has made whole.
func (q *Queue) Add(data *bgfetch.ResponseData, s bgfetch.Segment) {
	check := q.body.Check
	if check.PieceCount() == 0 {
		return
	}
	for _, run := range ranges.Runs(data.Segments) {
		if s.Offset < run.Start || run.End <= s.Offset {
			continue
		}
		whole := check.WholePieces(run, data.Length)
		first, last := check.PiecesOf(s)
		for index := max(first, whole.First); index <= last && index < whole.End; index++ {
			q.whole = append(q.whole, index)
		}
	}
}

// Next begins to hash a piece, if none is being hashed. Verdicts tells what it proved to be.
func (q *Queue) Next(ctx context.Context, state *bgfetch.RecordState) {
	for !q.hashing && len(q.whole) > 0 && ctx.Err() == nil {
		index := q.whole[0]
		q.whole = q.whole[1:]
		if bgfetch.HasPiece(state.Verified, index) {
			continue
		}
		q.hashing = true
		p := q.body.piece(&state.Response, index)
		q.run(func() {
			right, _ := p.isRight(ctx) // Body.All tells what is wrong with it
			q.verdicts <- Verdict{p, right}
		})
	}
}

// Verdicts tells of each piece that was hashed, for Note.
func (q *Queue) Verdicts() <-chan Verdict { return q.verdicts }

// Note notes in state that a piece is right, and says whether it is. A wrong one is found again when all
// of the body is there.
func (q *Queue) Note(v Verdict, state *bgfetch.RecordState) bool {
	q.hashing = false
	if !v.right || v.generation != state.Response.Generation {
		return false
	}
	state.Verified = bgfetch.AddPiece(state.Verified, v.index)
	return true
}

// End waits for the piece that is being hashed, and notes what it proved to be. No other is hashed.
func (q *Queue) End(state *bgfetch.RecordState) {
	q.whole = nil
	if q.hashing {
		q.Note(<-q.verdicts, state)
	}
}
