package digest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"hash"

	"background-fetch-wasm/wasm/bgfetch"
)

// minPiece bounds the length of pieces: a segment ends with its piece.
const minPiece = 64 << 10

// pieces are parsed Pieces.
type pieces struct {
	*bgfetch.Pieces
	new     func() hash.Hash
	digests [][]byte
}

// parsePieces returns nil for nil. The error says what is wrong.
func parsePieces(p *bgfetch.Pieces) (*pieces, error) {
	switch {
	case p == nil:
		return nil, nil
	case p.Length < minPiece || p.Length > bgfetch.MaxLength:
		return nil, fmt.Errorf("length is not from %d to %d: %d", minPiece, int64(bgfetch.MaxLength), p.Length)
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
		size, parsed.new, parsed.digests[i] = len(one.values[0]), one.new, one.values[0]
	}
	return parsed, nil
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

// WrongPieces is the error of a body of which all but these pieces are right.
type WrongPieces []int

func (w WrongPieces) Error() string {
	return fmt.Sprintf("pieces %v are not what their hashes say", []int(w))
}

// countPieces refuses a body that is not as long as the hashes are many.
func (p *pieces) countPieces(length int64) error {
	if n := (length + p.Length - 1) / p.Length; n != int64(len(p.digests)) {
		return fmt.Errorf("the body has %d pieces, where there are %d hashes", n, len(p.digests))
	}
	return nil
}
