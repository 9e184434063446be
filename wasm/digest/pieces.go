package digest

import (
	"bytes"
	"errors"
	"fmt"
	"hash"
	"slices"

	"background-fetch-wasm/wasm/bgfetch"
	"background-fetch-wasm/wasm/ranges"
)

// The length of pieces is bounded: a segment ends with its piece, and where the worker is stopped a piece
// is hashed from its begin again.
const (
	minPiece = 64 << 10
	maxPiece = 1 << 30
)

// pieces are parsed Pieces.
type pieces struct {
	*bgfetch.Pieces
	digestAlgorithm
	digests [][]byte
}

// parsePieces returns nil for nil. The error says what is wrong.
func parsePieces(p *bgfetch.Pieces) (*pieces, error) {
	switch {
	case p == nil:
		return nil, nil
	case p.Length < minPiece || p.Length > maxPiece:
		return nil, fmt.Errorf("length is not from %d to %d: %d", minPiece, maxPiece, p.Length)
	case len(p.Hashes) == 0:
		return nil, errors.New("hashes is empty")
	}
	parsed := &pieces{Pieces: p, digests: make([][]byte, len(p.Hashes))}
	size := 0
	for i, metadata := range p.Hashes {
		one, err := parseIntegrity(metadata)
		switch {
		case err != nil:
			return nil, fmt.Errorf("hashes[%d]: %w", i, err)
		case one == nil || len(one.values) != 1:
			return nil, fmt.Errorf("hashes[%d] is not one digest: %q", i, metadata)
		case size != 0 && len(one.values[0]) != size:
			return nil, fmt.Errorf("hashes[%d] is by another algorithm than those before", i)
		}
		size, parsed.digestAlgorithm, parsed.digests[i] = len(one.values[0]), one.digestAlgorithm, one.values[0]
	}
	return parsed, nil
}

// PieceCount is the number of pieces that have hashes, 0 where there are none.
func (c Check) PieceCount() int {
	if c.pieces == nil {
		return 0
	}
	return len(c.pieces.digests)
}

// Piece is where the piece lies in a body of that length.
func (c Check) Piece(index int, length int64) ranges.Span {
	start := int64(index) * c.pieces.Length
	return ranges.Span{Start: start, End: min(start+c.pieces.Length, length)}
}

// PieceAt is where the piece begins that has the byte at offset.
func (c Check) PieceAt(offset int64) int64 { return offset - offset%c.pieces.Length }

// PieceAlgorithm is the name of the pieces' hash in Subresource Integrity, such as "sha256", and
// NewPieceHash makes one.
func (c Check) PieceAlgorithm() string  { return c.pieces.name }
func (c Check) NewPieceHash() hash.Hash { return c.pieces.new() }

// DigestOf is the algorithm by which a segment is hashed that is a whole piece of a body of that length,
// which is -1 where it is not known; "" where it is none.
func (c Check) DigestOf(offset, bytes, length int64) string {
	if c.pieces == nil || offset%c.pieces.Length != 0 || bytes != c.pieces.Length && offset+bytes != length {
		return ""
	}
	return c.pieces.name
}

// IsVerified says whether a stored piece proved to be right. The last one did as the end of a body of that
// length.
func (c Check) IsVerified(state *bgfetch.RecordState, index int) bool {
	isEnd := index == len(c.pieces.digests)-1
	return hasPiece(state.Verified.Pieces, index) && (!isEnd || state.Verified.Length == state.Response.Length)
}

// NotePiece notes in state that a piece is right that ends at the byte end, where sum is its hash, and
// says whether it does: not where the body may end elsewhere.
func (c Check) NotePiece(state *bgfetch.RecordState, index int, end int64, sum []byte) bool {
	isEnd := index == len(c.pieces.digests)-1
	if isEnd && end != state.Response.Length || !bytes.Equal(sum, c.pieces.digests[index]) {
		return false
	}
	if isEnd {
		state.Verified.Length = end
	}
	state.Verified.Pieces = addPiece(state.Verified.Pieces, index)
	return true
}

// NoteSegment is NotePiece for a segment, where that is a piece.
func (c Check) NoteSegment(state *bgfetch.RecordState, s bgfetch.Segment, sum []byte) {
	end := s.Offset + s.Length
	whole := c.WholePieces(ranges.Span{Start: s.Offset, End: end}, state.Response.Length)
	if whole.End == whole.First+1 && c.PieceAt(s.Offset) == s.Offset {
		c.NotePiece(state, whole.First, end, sum)
	}
}

// PiecesOf are the indexes of the first and the last piece that the segment has bytes of.
func (c Check) PiecesOf(s bgfetch.Segment) (first, last int) {
	return int(s.Offset / c.pieces.Length), int((s.Offset + s.Length - 1) / c.pieces.Length)
}

// HasAny says whether the segment has bytes of one of the pieces.
func (c Check) HasAny(s bgfetch.Segment, pieces []int) bool {
	first, last := c.PiecesOf(s)
	return slices.ContainsFunc(pieces, func(index int) bool { return first <= index && index <= last })
}

// WholePieces are the pieces of a body all of whose bytes are in span, as a run that may be empty.
// length is that of the body, -1 if it is not known.
func (c Check) WholePieces(span ranges.Span, length int64) bgfetch.PieceRun {
	run := bgfetch.PieceRun{
		First: int((span.Start + c.pieces.Length - 1) / c.pieces.Length),
		End:   int(span.End / c.pieces.Length),
	}
	if length >= 0 && span.End >= length {
		run.End = int((length + c.pieces.Length - 1) / c.pieces.Length)
	}
	run.End = min(run.End, len(c.pieces.digests))
	return run
}

// WrongPieces is the error of a body of which all but these pieces are right.
type WrongPieces []int

func (w WrongPieces) Error() string {
	return fmt.Sprintf("pieces %v are not what their hashes say", []int(w))
}

// CountPieces refuses a body that is not as long as the hashes are many.
func (c Check) CountPieces(length int64) error {
	if c.pieces == nil {
		return nil
	}
	if n := (length + c.pieces.Length - 1) / c.pieces.Length; n != int64(len(c.pieces.digests)) {
		return fmt.Errorf("the body has %d pieces, where there are %d hashes", n, len(c.pieces.digests))
	}
	return nil
}
