package bgfetch

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"log"
	"slices"
)

// Pieces are the hashes of the pieces of a body, all of Length bytes but for the
// last: an addition to the standard. A wrong piece alone is fetched again.
type Pieces struct {
	Length int64 `json:"length"`
	// Hashes are integrity metadata of one digest each, all by the same algorithm.
	Hashes []string `json:"hashes"`
}

const (
	// minPiece bounds the length of pieces: a segment ends with its piece.
	minPiece = 64 << 10
	// maxRefetches is how often a wrong piece is fetched again.
	maxRefetches = 2
)

// pieces are parsed Pieces.
type pieces struct {
	*Pieces
	new     func() hash.Hash
	digests [][]byte
}

// parse returns nil for nil. The error says what is wrong.
func (p *Pieces) parse() (*pieces, error) {
	switch {
	case p == nil:
		return nil, nil
	case p.Length < minPiece || p.Length > maxLength:
		return nil, fmt.Errorf("length is not from %d to %d: %d", minPiece, int64(maxLength), p.Length)
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
		case one == nil || len(one.digests) != 1:
			return nil, fmt.Errorf("hashes[%d] is not one digest: %q", i, metadata)
		case size != 0 && len(one.digests[0]) != size:
			return nil, fmt.Errorf("hashes[%d] is by another algorithm than those before", i)
		}
		size, parsed.new, parsed.digests[i] = len(one.digests[0]), one.new, one.digests[0]
	}
	return parsed, nil
}

// limit is how long a segment that begins at offset may be: it ends with its piece.
func (p *pieces) limit(offset, length int64) int64 {
	if p == nil {
		return length
	}
	return min(length, p.Length-offset%p.Length)
}

// pieceHash is the hash of a body in pieces, and of the whole where that has an
// integrity of its own. It notes the pieces that are wrong.
type pieceHash struct {
	pieces *pieces
	whole  hash.Hash // or nil
	piece  hash.Hash
	hashed int64
	wrong  []int
}

var _ hash.Hash = (*pieceHash)(nil)

func (p *pieces) hash(whole hash.Hash) *pieceHash {
	return &pieceHash{pieces: p, whole: whole, piece: p.new()}
}

func (h *pieceHash) Write(b []byte) (int, error) {
	if h.whole != nil {
		_, _ = h.whole.Write(b) // a hash does not fail
	}
	for rest := b; len(rest) > 0; {
		n := min(int64(len(rest)), h.pieces.Length-h.hashed%h.pieces.Length)
		_, _ = h.piece.Write(rest[:n])
		rest = rest[n:]
		if h.hashed += n; h.hashed%h.pieces.Length == 0 {
			h.endPiece()
		}
	}
	return len(b), nil
}

// endPiece compares the piece that has just ended.
func (h *pieceHash) endPiece() {
	index := int((h.hashed - 1) / h.pieces.Length)
	if index >= len(h.pieces.digests) || !bytes.Equal(h.piece.Sum(nil), h.pieces.digests[index]) {
		h.wrong = append(h.wrong, index)
	}
	h.piece.Reset()
}

// end returns the pieces that are wrong of a body that has ended.
func (h *pieceHash) end() []int {
	if h.hashed%h.pieces.Length != 0 {
		h.endPiece()
	}
	return h.wrong
}

// Sum is that of the whole, nothing where nobody asks for it.
func (h *pieceHash) Sum(b []byte) []byte {
	if h.whole == nil {
		return b
	}
	return h.whole.Sum(b)
}

func (h *pieceHash) Reset() {
	if h.whole != nil {
		h.whole.Reset()
	}
	h.piece.Reset()
	h.hashed, h.wrong = 0, nil
}

func (h *pieceHash) Size() int      { return h.piece.Size() }
func (h *pieceHash) BlockSize() int { return h.piece.BlockSize() }

// pieceHashState is what MarshalBinary makes JSON of.
type pieceHashState struct {
	Whole  []byte `json:"whole,omitempty"`
	Piece  []byte `json:"piece"`
	Hashed int64  `json:"hashed"`
	Wrong  []int  `json:"wrong,omitempty"`
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (h *pieceHash) MarshalBinary() ([]byte, error) {
	state := pieceHashState{Hashed: h.hashed, Wrong: h.wrong}
	var err, wholeErr error
	state.Piece, err = h.piece.(encoding.BinaryMarshaler).MarshalBinary()
	if h.whole != nil {
		state.Whole, wholeErr = h.whole.(encoding.BinaryMarshaler).MarshalBinary()
	}
	if err := errors.Join(err, wholeErr); err != nil {
		return nil, err
	}
	return json.Marshal(state)
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (h *pieceHash) UnmarshalBinary(data []byte) error {
	var state pieceHashState
	if err := json.Unmarshal(data, &state); err != nil {
		return err
	}
	h.hashed, h.wrong = state.Hashed, state.Wrong
	if h.whole != nil {
		if err := h.whole.(encoding.BinaryUnmarshaler).UnmarshalBinary(state.Whole); err != nil {
			return err
		}
	}
	return h.piece.(encoding.BinaryUnmarshaler).UnmarshalBinary(state.Piece)
}

// wrongPieces is the error of a body of which all but these pieces are right.
type wrongPieces []int

func (w wrongPieces) Error() string {
	return fmt.Sprintf("pieces %v are not what their hashes say", []int(w))
}

// countPieces refuses a body that is not as long as the hashes are many.
func (p *pieces) countPieces(length int64) error {
	if n := (length + p.Length - 1) / p.Length; n != int64(len(p.digests)) {
		return fmt.Errorf("the body has %d pieces, where there are %d hashes", n, len(p.digests))
	}
	return nil
}

// refetch drops the segments of wrong pieces, so that they are asked for again.
// Where one was wrong too often the record fails.
func (a *attempt) refetch(wrong wrongPieces) (step, verdict) {
	counts := map[int]int{}
	for _, index := range wrong {
		if counts[index] = a.next.Refetches[index] + 1; counts[index] > maxRefetches {
			return a.fail(ReasonFetchError, fmt.Sprintf("piece %d is not what its hash says, again", index))
		}
	}
	for index, count := range a.next.Refetches {
		counts[index] = max(count, counts[index])
	}
	a.next.Refetches = counts
	a.next.Digest = nil // all is hashed again when it is whole
	if v, ok := a.store(a.engine.ctx); !ok {
		return nil, v
	}
	if err := a.drop(a.engine.ctx, wrong); err != nil {
		return a.fail(ReasonFetchError, fmt.Sprintf("wrong pieces cannot be dropped: %v", err))
	}
	return nil, verdict{wait: a.fetch.retry.soon(), why: wrong.Error() + "; fetched again"}
}

// drop removes the segments of pieces: first their rows.
func (a *attempt) drop(ctx context.Context, wrong wrongPieces) error {
	return a.dropSegments(ctx, func(s Segment) bool {
		first, last := int(s.Offset/a.pieces.Length), int((s.Offset+s.Length-1)/a.pieces.Length)
		return slices.ContainsFunc(wrong, func(index int) bool { return first <= index && index <= last })
	})
}

// dropSegments removes the segments that wrong names: first their rows.
func (a *attempt) dropSegments(ctx context.Context, wrong func(Segment) bool) error {
	dropped, err := a.dropRows(ctx, wrong)
	if err != nil {
		return err
	}
	keys := a.keys(a.next.Response.Generation, dropped)
	if err := a.engine.Bodies.DeleteSegments(ctx, a.fetch.state.UniqueID, keys); err != nil {
		log.Printf("background fetch %q: wrong segments stay for now: %v", a.fetch.state.ID, err)
	}
	return nil
}

// dropRows removes the rows of the segments that lost names, and returns these.
func (a *attempt) dropRows(ctx context.Context, lost func(Segment) bool) ([]Segment, error) {
	data := &a.next.Response
	var kept, dropped []Segment
	for _, s := range data.Segments {
		if lost(s) {
			dropped = append(dropped, s)
		} else {
			kept = append(kept, s)
		}
	}
	if err := a.engine.Store.DropSegments(ctx, a.fetch.state.UniqueID, a.index, data.Generation, dropped); err != nil {
		return nil, err
	}
	before := storedLength(data.Segments)
	data.Segments = kept
	if !a.verified() {
		data.addSeams()
	}
	a.publish(storedLength(kept) - before)
	return dropped, nil
}

// fetchLost lets segments be fetched again that should be stored and are not.
func (a *attempt) fetchLost() (step, verdict) {
	ctx := a.engine.ctx
	keys, err := a.engine.Bodies.Segments(ctx, a.fetch.state.UniqueID)
	if err == nil {
		data := &a.next.Response
		seams := len(data.Seams)
		_, err = a.dropRows(ctx, func(s Segment) bool { return !slices.Contains(keys, a.key(data.Generation, s)) })
		a.next.Digest = nil                       // what is fetched again is also hashed again
		if seams > 0 || len(data.Segments) == 0 { // see mixes
			a.renew()
		}
	}
	if err != nil {
		return a.fail(ReasonFetchError, fmt.Sprintf("stored segments are gone: %v", err))
	}
	return a.again("stored segments are gone; fetched again")
}
