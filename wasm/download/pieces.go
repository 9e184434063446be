package download

import (
	"context"
	"io"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// longestDigest is the longest piece that the browser hashes, since it has all of it in memory then. Longer
// ones are hashed here, bit by bit, which takes several times as long.
const longestDigest = 16 << 20

// piece is a stored piece of a body. What it says of itself can be asked beside the attempt.
type piece struct {
	*Record
	index      int
	generation int
	stored     []bgfetch.StoredRange
}

// piece returns a piece that is whole.
func (a *attempt) piece(index int) piece {
	data := &a.next.Response
	stored := ranges.Stored(data, a.Place.Index, a.Check.Piece(index, ranges.End(data.Segments)))
	return piece{a.Record, index, data.Generation, stored}
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
		return p.config.Bodies.Digest(ctx, p.Place.UniqueID, p.stored, p.Check.PieceAlgorithm())
	}
	h := p.Check.NewPieceHash()
	for _, one := range p.stored {
		if err := p.readRange(ctx, one, h); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

// readRange writes the bytes of a stored range to w. ErrLost: they are not all there.
func (r *Record) readRange(ctx context.Context, stored bgfetch.StoredRange, w io.Writer) error {
	window := &window{w: w, skip: stored.Offset, left: stored.Length}
	if err := r.config.Bodies.Read(ctx, r.Place.UniqueID, stored.Key, window); err != nil {
		return err
	}
	if window.left > 0 {
		return bgfetch.ErrLost
	}
	return nil
}

// window passes on the bytes after the first skip, and no more than left.
type window struct {
	w          io.Writer
	skip, left int64
}

func (w *window) Write(b []byte) (int, error) {
	n := len(b)
	skipped := min(w.skip, int64(n))
	w.skip -= skipped
	b = b[skipped:]
	b = b[:min(w.left, int64(len(b)))]
	w.left -= int64(len(b))
	_, err := w.w.Write(b)
	return n, err
}

// pieceVerdict is what a piece proved to be that was hashed while others came.
type pieceVerdict struct {
	piece
	right bool
}

// addUnhashed notes the pieces that a stored segment has made whole, to be hashed.
func (a *attempt) addUnhashed(s bgfetch.Segment) {
	if a.Check.PieceCount() == 0 {
		return
	}
	data := &a.next.Response
	for _, run := range ranges.Runs(data.Segments) {
		if s.Offset < run.Start || run.End <= s.Offset {
			continue
		}
		whole := a.Check.WholePieces(run, data.Length)
		first, last := a.Check.PiecesOf(s)
		for index := max(first, whole.First); index <= last && index < whole.End; index++ {
			a.unhashed = append(a.unhashed, index)
		}
	}
}

// hashNext begins to hash a piece that is whole, one at a time.
func (a *attempt) hashNext(ctx context.Context) {
	for !a.hashing && len(a.unhashed) > 0 && ctx.Err() == nil {
		index := a.unhashed[0]
		a.unhashed = a.unhashed[1:]
		if bgfetch.HasPiece(a.next.Verified, index) {
			continue
		}
		a.hashing = true
		p := a.piece(index)
		a.config.Go(func() {
			right, _ := p.isRight(ctx) // else verify tells what is wrong with it
			a.verdicts <- pieceVerdict{p, right}
		})
	}
}

// judgePiece notes that a piece is right. A wrong one is fetched again when all is there.
func (a *attempt) judgePiece(v pieceVerdict) {
	a.hashing = false
	if v.right && v.generation == a.next.Response.Generation {
		a.next.Verified = bgfetch.AddPiece(a.next.Verified, v.index)
		a.owner.Publish(a.next) // it is stored with what comes next
	}
}

// endHashing waits for the piece that is being hashed.
func (a *attempt) endHashing() {
	if a.hashing {
		a.judgePiece(<-a.verdicts)
	}
	a.unhashed = nil
}
